"""The grammar of unit spellings: from what people write to one canonical string.

A spelling is a row of factors, each an optional power of ten, a word and an optional exponent,
joined by ``/``, ``per``, a point or a blank. What follows the first ``/`` is below the line, as
chemists mean ``mg/千人·天``. Standard library only.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final, NamedTuple

from wbe.errors import UnitError

_WORDS: Final = {
    # mass
    "fg": "fg", "pg": "pg", "ng": "ng", "ug": "ug", "μg": "ug", "mcg": "ug", "mg": "mg", "g": "g",
    "kg": "kg", "nanogram": "ng", "nanograms": "ng", "microgram": "ug", "micrograms": "ug",
    "milligram": "mg", "milligrams": "mg", "gram": "g", "grams": "g", "kilogram": "kg",
    "kilograms": "kg", "picogram": "pg",
    "皮克": "pg", "纳克": "ng", "微克": "ug", "毫克": "mg", "克": "g", "千克": "kg", "公斤": "kg",
    # volume and flow
    "L": "L", "l": "L", "litre": "L", "litres": "L", "liter": "L", "liters": "L", "升": "L",
    "mL": "mL", "ml": "mL", "millilitre": "mL", "milliliter": "mL", "毫升": "mL",
    "uL": "uL", "μL": "uL", "ul": "uL", "μl": "uL", "microliter": "uL",
    "kL": "kL", "kl": "kL", "kiloliter": "kL",
    "ML": "ML", "Ml": "ML", "megalitre": "ML", "megaliter": "ML",
    "立方米": "m^3", "立方": "m^3", "方": "m^3", "立方公尺": "m^3", "cbm": "m^3", "CBM": "m^3",
    "t": "water_tonne", "tonne": "water_tonne", "tonnes": "water_tonne", "ton": "water_tonne",
    "tons": "water_tonne", "吨": "water_tonne", "water_tonne": "water_tonne",
    "gallon": "gallon", "gallons": "gallon", "gal": "gallon", "Mgal": "million_gallon",
    "million_gallon": "million_gallon",
    # length
    "m": "m", "meter": "m", "metre": "m", "米": "m", "mm": "mm", "毫米": "mm", "cm": "cm",
    "km": "km", "ft": "foot", "foot": "foot", "millimeter": "mm",
    # time
    "d": "day", "day": "day", "days": "day", "日": "day", "天": "day",
    "h": "hour", "hr": "hour", "hrs": "hour", "hour": "hour", "hours": "hour", "时": "hour",
    "小时": "hour", "min": "minute", "minute": "minute", "minutes": "minute", "分钟": "minute",
    "s": "second", "sec": "second", "second": "second", "seconds": "second", "秒": "second",
    "week": "week", "weeks": "week", "周": "week", "year": "year", "years": "year", "yr": "year",
    "a": "year", "年": "year",
    # people and doses
    "inhabitant": "inhabitant", "inhabitants": "inhabitant", "inh": "inhabitant",
    "person": "inhabitant", "persons": "inhabitant", "people": "inhabitant", "p": "inhabitant",
    "pers": "inhabitant", "capita": "inhabitant", "cap": "inhabitant", "hab": "inhabitant",
    "resident": "inhabitant", "residents": "inhabitant", "人": "inhabitant", "居民": "inhabitant",
    "kiloinhabitant": "kiloinhabitant", "kiloinhabitants": "kiloinhabitant",
    "dose": "dose", "doses": "dose", "剂": "dose", "剂次": "dose", "剂量": "dose",
    "cigarette": "cigarette", "cigarettes": "cigarette", "cig": "cigarette", "cigs": "cigarette",
    "支": "cigarette", "根": "cigarette",
    # plain numbers
    "%": "percent", "percent": "percent", "pct": "percent", "‰": "permille",
    "permille": "permille", "dimensionless": "dimensionless",
}  # fmt: skip

_PARTS: Final = ("percent", "permille")

_COUNTS: Final = {
    "thousand": 10**3, "thousands": 10**3, "千": 10**3, "wan": 10**4, "万": 10**4,
    "hundred_thousand": 10**5, "million": 10**6, "百万": 10**6,
}  # fmt: skip
_COUNT_NAMES: Final = {10**3: "thousand", 10**4: "wan", 10**5: "hundred_thousand", 10**6: "million"}

# whole spellings that the grammar would read differently or not at all
_WHOLE: Final = {
    "1": "dimensionless", "NG/L": "ng/L", "UG/L": "ug/L", "MG/L": "mg/L",
    "MGD": "million_gallon/day", "mgd": "million_gallon/day", "MLD": "ML/day", "CMD": "m^3/day",
    "cmd": "m^3/day", "cfs": "foot^3/second", "gpd": "gallon/day", "gpm": "gallon/minute",
}  # fmt: skip

_DRY: Final = re.compile(
    r"[\s,;(]*(?:d\.?\s?w\.?|dry[\s_-]*(?:weight|wt\.?|mass|matter)|d\.?m\.?|干重|干基)\s*\)?$",
    re.I,
)
_WET: Final = re.compile(
    r"[\s,;(]*(?:w\.?w\.?|(?:wet|fresh)[\s_-]*(?:weight|wt\.?|mass)|f\.?w\.?|湿重|湿基|鲜重)\s*\)?$",
    re.I,
)
_AS_N: Final = re.compile(r"[\s,;(]*(?:as\s+N|以\s*N\s*计)\s*\)?$", re.I)
_PARTS_PER: Final = re.compile(r"pp[mbtq]|ppmv?", re.I)

_SUPERSCRIPT: Final = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+", strict=True))
_TOKEN: Final = re.compile(
    r"\s*(?:(?P<count>10\^\d|1e\d|1[\d,]*)(?![\d.])|(?P<word>[A-Za-zμ_]+\.?|[%‰]|[一-鿿]+)"
    r"(?P<exponent>(?:\^|\*\*)[+-]?\d|-\d|\d(?!\d))?|(?P<mark>[/()·*]))"
)


class _Factor(NamedTuple):
    unit: str
    power: int
    times: int  # the power of ten in front: 10**4 for 万


@lru_cache(maxsize=2048)
def canonical(text: str) -> str:
    """Return the canonical string of a unit spelling; UnitError with the remedy otherwise."""
    plain = _plain(text)
    if not plain:
        raise UnitError("the unit is empty; write for example 'ng/L', or '1' for a plain number")
    if plain in _WHOLE:
        return _WHOLE[plain]
    factors = _factors(_qualified(plain, text), text)
    if len(factors) > 1 and any(factor.unit in _PARTS for factor in factors):
        raise UnitError(f"{text!r} mixes a share with a unit; write for example 'ng/L', or '%'")
    if "//" in "".join(text.split()).replace("／", "/"):
        raise UnitError(f"{text!r} has two strokes in a row; write for example 'ng/L'")
    _check_water(factors, text)
    return _written(factors)


def _plain(text: str) -> str:
    """Undo typography: superscripts, full-width characters, kinds of dashes and points."""
    superscript = "".join(_SUPERSCRIPT)
    spelt = re.sub(
        f"[{superscript}]+", lambda m: "^" + "".join(_SUPERSCRIPT[c] for c in m[0]), text
    )
    spelt = unicodedata.normalize("NFKC", spelt)
    spelt = re.sub("[‐‑‒–—−]", "-", spelt)
    spelt = re.sub("[⋅∙•・‧]", "·", spelt).replace("∕", "/").replace("⁄", "/")
    spelt = re.sub(r"^[×x]\s*(?=10)", "", spelt.strip())
    spelt = re.sub(r"(?<=\d)\s*[×x]\s*(?=\D)", " ", spelt)
    spelt = re.sub(r"\bper\b|每", "/", spelt, flags=re.IGNORECASE)
    return spelt.strip()


def _qualified(plain: str, text: str) -> str:
    """Take off what qualifies a unit without changing it, and refuse what changes it."""
    if _WET.search(plain):
        raise UnitError(
            f"{text!r} is per wet weight; contents are per dry weight. Convert with the moisture "
            "content and write 'ng/g dw'"
        )
    if _PARTS_PER.fullmatch(plain):
        raise UnitError(
            f"{text!r} does not say of what; write 'ug/L' or 'ng/L' for water, 'ng/g' for solids"
        )
    without = _AS_N.sub("", _DRY.sub("", plain))
    return without if without else plain


def _factors(plain: str, text: str) -> list[_Factor]:
    """Read the factors of a spelling from left to right."""
    found: list[_Factor] = []
    position, sign, count, depth = 0, 1, 1, 0
    while position < len(plain):
        token = _TOKEN.match(plain, position)
        if not token:
            raise _unknown(plain[position:].strip(), text)
        position = token.end()
        if token["count"]:
            count *= _count(token["count"], text)
        elif token["word"]:
            power = sign * _exponent(token["exponent"], sign, text)
            words = _words(token["word"], text)
            for word in words[:-1]:
                count = _take(word, sign, count, found)
            if words[-1] in _COUNTS:
                count *= _COUNTS[words[-1]]
            else:
                found.append(_Factor(_WORDS[words[-1]], power, count))
                count = 1
        else:
            sign, depth = _marked(token["mark"], sign, depth, count, text)
    if count != 1:
        raise _lost_count(text)
    if depth != 0 or not found or plain.endswith("/"):
        raise _unknown(plain, text)
    return found


def _exponent(written: str | None, sign: int, text: str) -> int:
    """Read an exponent; below the line it must not be negative, which would be twice said."""
    exponent = int((written or "1").lstrip("^*"))
    if exponent == 0 or (exponent < 0 and sign < 0):
        raise UnitError(f"{text!r} is ambiguous; write either 'ng/L' or 'ng L-1', not both")
    return exponent


def _take(word: str, sign: int, count: int, found: list[_Factor]) -> int:
    """Add one word of a run of Chinese words; return the count that waits for the next."""
    if word in _COUNTS:
        return count * _COUNTS[word]
    found.append(_Factor(_WORDS[word], sign, count))
    return 1


def _marked(mark: str, sign: int, depth: int, count: int, text: str) -> tuple[int, int]:
    """Follow a mark: a solidus puts the rest below the line."""
    if mark == "/":
        if count != 1:
            raise _lost_count(text)
        if depth:
            raise UnitError(f"{text!r} has a solidus inside brackets; write 'mg/day/inhabitant'")
        return -1, depth
    if mark == "*" and sign < 0 and not depth:
        raise UnitError(f"{text!r} is ambiguous; put what is below the line in brackets")
    return sign, depth + {"(": 1, ")": -1}.get(mark, 0)


def _words(run: str, text: str) -> list[str]:
    """Split a run of letters into known words; Chinese is written without blanks."""
    for word in (run, run.rstrip("."), run.rstrip(".").lower()):
        if word in _WORDS or word in _COUNTS:
            return [word]
    words: list[str] = []
    rest = run
    while rest and not rest.isascii():
        length = next((n for n in (4, 3, 2, 1) if rest[:n] in _WORDS or rest[:n] in _COUNTS), 0)
        if not length:
            raise _unknown(rest, text)
        words.append(rest[:length])
        rest = rest[length:]
    if rest or not words:
        raise _unknown(run, text)
    return words


def _count(written: str, text: str) -> int:
    digits = written.replace(",", "").replace("1e", "10^")
    if "^" in digits:
        return int(10 ** int(digits.split("^")[1]))
    if not re.fullmatch("10*", digits):
        raise _unknown(written, text)
    return int(digits)


def _check_water(factors: list[_Factor], text: str) -> None:
    """Tonnes are tonnes of water, so they only stand on top of a time."""
    if not any(f.unit == "water_tonne" for f in factors):
        return
    times = {"day", "hour", "minute", "second", "week", "year"}
    above = [f.unit for f in factors if f.power > 0]
    below = [f.unit for f in factors if f.power < 0]
    if above != ["water_tonne"] or len(below) != 1 or below[0] not in times:
        raise UnitError(
            f"{text!r}: tonnes are accepted as tonnes of water in a flow only; write 't/d' or "
            "'万吨/日', and masses in kg"
        )


def _written(factors: list[_Factor]) -> str:
    """Write factors canonically: above the line, then people last below it."""
    above = [f for f in factors if f.power > 0]
    below = sorted((f for f in factors if f.power < 0), key=lambda f: "inhabitant" in f.unit)
    top = "*".join(_part(f) for f in above) or "1"
    bottom = [_part(f) for f in below]
    return "".join([top, *(f"/({part})" if "*" in part else f"/{part}" for part in bottom)])


def _part(factor: _Factor) -> str:
    unit, power, count = factor.unit, abs(factor.power), factor.times
    if unit == "inhabitant" and count == 10**3:
        unit, count = "kiloinhabitant", 1
    if count != 1 and count not in _COUNT_NAMES:
        raise UnitError(f"a count of {count} is not used in units; use 1000 or 10000")
    if unit.endswith("^3") and power > 1:
        raise UnitError(f"'{unit}' to the power {power} is no unit of this field")
    written = unit if power == 1 else f"{unit}^{power}"
    return written if count == 1 else f"{_COUNT_NAMES[count]}*{written}"


def _unknown(part: str, text: str) -> UnitError:
    return UnitError(
        f"{part!r} in the unit {text!r} is not known; write for example ng/L, ug/L, ng/g, "
        "m^3/day, mg/day or mg/day/1000 inhabitants"
    )


def _lost_count(text: str) -> UnitError:
    return UnitError(
        f"{text!r} has a number that belongs to nothing; write 'mg/day/1000 inhabitants', "
        "with the inhabitants after the number"
    )
