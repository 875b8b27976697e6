"""One cell: a result, a quantity, a share. Every cell is read alone; nothing is guessed.

What can be checked is read with a flag (blanks as digit groups, full-width digits, a unit in the
cell); what has two meanings (``1,250``) or is no single number (``12.5±0.8``) is refused by name.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from functools import lru_cache

from wbe.errors import UnitError
from wbe.io.words import load, plain, squeezed, word_set
from wbe.units import normalise

_N = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_NUMBER = re.compile(_N)
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?: [0-9]{3})+(?:\.[0-9]+)?")
_NUMBER_REST = re.compile(rf"({_GROUPED.pattern}|{_N})\s*(\D.*|[^0-9\s].*)")
_BELOW = re.compile(r"(?:<|≤|<=|⩽|≦)\s*(.+)")
_ABOVE = re.compile(r"(?:>|≥|>=|⩾|≧)\s*(.+)")
_LIMIT_L = re.compile(rf"({_N})\s*(?:L|\(\s*L\s*\)|l|\(\s*l\s*\))")
_NAMED_LIMIT = re.compile(rf"<?\s*(\D{{2,6}}?)\s*[(=<]\s*({_N})\s*\)?", re.IGNORECASE)
_FULL_WIDTH_DIGIT = re.compile("[０-９．]")

# What a cell looks like that is no single number -> the rule that names it. First match counts.
_REFUSALS = (
    ("not_finite", re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)),
    ("underscore_in_number", re.compile(r"[+-]?[0-9.]*_[0-9._]*")),
    ("value_with_uncertainty", re.compile(r".*(±|\+/-|\+-).*")),
    ("comma_in_number", re.compile(r"[<>]?\s*[+-]?[0-9]+(,[0-9]+)+(\.[0-9]+)?(\s.*)?")),
    ("comma_in_number", re.compile(r"[+-]?[0-9.]+,[0-9]+")),
    ("value_range", re.compile(rf"{_N}\s*(-|–|—|~|～|至|到|to|\.\.)\s*{_N}\s*\D*", re.IGNORECASE)),
    ("approximate_value", re.compile(r"(~|≈|约|大约|ca\.?|about|approx\.?).*", re.IGNORECASE)),
    ("value_marked", re.compile(rf"{_N}\s*([*†‡#^]+|[A-Za-z]{{1,2}}|\[[0-9]+\])")),
)  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """What a cell says.

    Attributes
    ----------
    kind : str
        ``number``; ``nondetect``; ``above``; ``blank``; ``dash`` (not measured or not applicable);
        ``missing``; ``not_taken``; ``bad``.
    value : float
        The number, or the limit that the cell itself states; else NaN.
    limit : str
        For a non-detect: ``lod`` or ``loq``.
    unit : str
        Unit written in the cell, as written; ``%`` for a percentage.
    flags : tuple of str
        Rules to flag.
    rule : str
        For ``bad``: the rule that refuses the cell.
    """

    kind: str
    value: float = math.nan
    limit: str = ""
    unit: str = ""
    flags: tuple[str, ...] = ()
    rule: str = ""


@lru_cache(maxsize=8192)
def read_result(text: str) -> Reading:
    """Read a cell of results: a number, a non-detect in any spelling, or why there is none.

    Parameters
    ----------
    text : str
        Cell as written.

    Returns
    -------
    Reading
    """
    if _NUMBER.fullmatch(text):
        return _number(text, ())
    shown = plain(text)
    if not shown:
        return Reading("blank")
    word = _word(shown)
    if word:
        return word
    flags = ("full_width_digits",) if _FULL_WIDTH_DIGIT.search(text) else ()
    return _limited(shown, flags) or _quantity(shown, flags)


@lru_cache(maxsize=8192)
def read_quantity(text: str) -> Reading:
    """Read a cell that holds a number, possibly with its unit: a flow, a population, a share.

    Parameters
    ----------
    text : str
        Cell as written.

    Returns
    -------
    Reading
        ``number``, ``blank``, ``dash``, ``missing`` or ``bad``.
    """
    if _NUMBER.fullmatch(text):
        return _number(text, (), signed=True)
    shown = plain(text)
    if not shown:
        return Reading("blank")
    squeezed_text = squeezed(shown)
    if squeezed_text in word_set("words", "absent", "dash"):
        return Reading("dash", flags=("dash_not_measured",))
    if squeezed_text in word_set("words", "absent", "missing"):
        return Reading("missing", flags=("na_is_missing",))
    if squeezed_text in word_set("words", "excel_errors", "values"):
        return Reading("bad", rule="excel_error_value")
    flags = ("full_width_digits",) if _FULL_WIDTH_DIGIT.search(text) else ()
    return _quantity(shown, flags, signed=True)


def _word(shown: str) -> Reading | None:
    text = squeezed(shown)
    for limit in ("lod", "loq"):
        if text in word_set("words", "nondetect", limit):
            return Reading("nondetect", limit=limit)
    if text in word_set("words", "absent", "dash"):
        return Reading("dash", flags=("dash_not_measured",))
    if text in word_set("words", "absent", "missing"):
        return Reading("missing", flags=("na_is_missing",))
    if text in word_set("words", "excel_errors", "values") or set(text) == {"#"}:
        return Reading("bad", rule="excel_error_value")
    lower = shown.casefold()
    if any(word in lower for word in load("words")["not_taken"]["contains"]):
        return Reading("not_taken", flags=("sample_not_taken",))
    return None


def _limited(shown: str, flags: tuple[str, ...]) -> Reading | None:
    """``<3``, ``0.5L``, ``ND(0.5)``, ``<LOQ (3)``, ``>1000``."""
    found = _LIMIT_L.fullmatch(shown)
    if found:
        return _limit(_number(found[1], flags), "lod")
    found = _NAMED_LIMIT.fullmatch(shown)
    if found:
        for limit in ("lod", "loq"):
            words = word_set("words", "nondetect", limit)
            if squeezed(found[1]) in words or "<" + squeezed(found[1]) in words:
                return _limit(_number(found[2], flags), limit)
    found = _BELOW.fullmatch(shown)
    if found:
        return _limit(_quantity(found[1], flags), "loq")
    found = _ABOVE.fullmatch(shown)
    if found:
        inner = _quantity(found[1], flags)
        return inner if inner.kind == "bad" else replace(
            inner, kind="above", flags=(*inner.flags, "above_range")
        )  # fmt: skip
    return None


def _limit(inner: Reading, limit: str) -> Reading:
    if inner.kind == "bad":
        return inner
    if not inner.value > 0:
        return Reading("bad", rule="limit_not_positive")
    return replace(inner, kind="nondetect", limit=limit)


def _quantity(shown: str, flags: tuple[str, ...], signed: bool = False) -> Reading:
    """A number with what may stand behind it: ``2 350``, ``9800m3/d``, ``85%``, ``21.5万``."""
    if _NUMBER.fullmatch(shown):
        return _number(shown, flags, signed)
    if _GROUPED.fullmatch(shown):
        return _number(shown.replace(" ", ""), (*flags, "blank_digit_groups"), signed)
    for rule, pattern in _REFUSALS:
        if pattern.fullmatch(shown) and not (signed and _unit_behind(shown)):
            return Reading("bad", rule=rule)
    found = _NUMBER_REST.fullmatch(shown)
    unit = _known_unit(found[2]) if found else ""
    if not found or not unit:
        return Reading("bad", rule="not_a_number")
    inner = _quantity(found[1], flags, signed)
    if inner.kind == "bad" or unit == "%":
        return replace(inner, unit=unit)
    return replace(inner, unit=unit, flags=(*inner.flags, "unit_in_cell"))


def _unit_behind(shown: str) -> str:
    """Unit of a quantity such as ``5 d``, which in a result cell would look like a mark."""
    found = _NUMBER_REST.fullmatch(shown)
    return _known_unit(found[2]) if found else ""


@lru_cache(maxsize=512)
def _known_unit(text: str) -> str:
    text = text.strip()
    if text in ("%", "％"):
        return "%"
    if text in ("万", "千", "百万"):  # 21.5万 can only count people
        text += "人"
    try:
        normalise(text)
    except UnitError:
        return ""
    return text


def _number(text: str, flags: tuple[str, ...], signed: bool = False) -> Reading:
    value = float(text)
    if not math.isfinite(value):
        return Reading("bad", rule="not_finite")
    if value < 0 and not signed:
        return Reading("bad", rule="negative_value")
    return Reading("number", value + 0.0, flags=flags)
