"""The notation of a laboratory in ours: decimal marks, groups of digits, order of day and month.

Only what a layout states is applied; a number that does not follow it is refused, never guessed.
"""

from __future__ import annotations

import math
import re
from decimal import Context, Decimal
from functools import lru_cache

from wbe.errors import UnitError
from wbe.units import normalise

#: Every decimal of so many digits survives binary floating point (IEEE 754 double, DBL_DIG).
_ROUNDED = Context(prec=15)
_BLANKS = " \u00a0\u2009\u202f"
_DAY = re.compile(r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]((?:19|20)[0-9]{2})(?=\D|$)")
_TOKEN = re.compile(rf"[0-9][0-9.,'{_BLANKS}]*[0-9]|[0-9]")


def in_order(text: str, order: str) -> str:
    """``03/04/2024`` to ``2024-04-03`` (DMY) or ``2024-03-04`` (MDY); anything else as it is."""
    found = _DAY.match(text.strip()) if order else None
    if not found:
        return text
    day, month = (found[1], found[2]) if order == "DMY" else (found[2], found[1])
    return f"{found[3]}-{int(month):02d}-{int(day):02d}{text.strip()[found.end() :]}"


@lru_cache(maxsize=8192)
def in_points(text: str, decimal: str, thousands: str, typed: bool = False) -> tuple[str, str]:
    """The numbers of a cell with a decimal point and without groups.

    Parameters
    ----------
    text : str
        Cell as written; words and units around the number stay.
    decimal, thousands : str
        Marks of the layout; no groups are allowed where `thousands` is "".
    typed : bool
        Whether a cell may be a typed number of a spreadsheet, which has a point.

    Returns
    -------
    text : str
    rule : str
        ``decimal_mark_unclear`` if a number does not follow the marks; else "".

    Examples
    --------
    >>> in_points("<1.234,5 ng/L", ",", "."), in_points("1.25", ",", ".")
    (('<1234.5 ng/L', ''), ('1.25', 'decimal_mark_unclear'))
    """
    if typed and is_typed(text):
        return text, ""
    group = f"[{_BLANKS}]" if thousands == " " else re.escape(thousands)
    whole = rf"[0-9]{{1,3}}(?:{group}[0-9]{{3}})+" if thousands else "(?!)"
    number = re.compile(rf"({whole}|[0-9]+)(?:{re.escape(decimal)}([0-9]+))?")
    parts, end = [], 0
    for token in _TOKEN.finditer(text):
        found = number.fullmatch(token[0])
        if not found and not re.search("[.,']", token[0]) and thousands != " ":
            continue  # "2 350": blanks are a matter of the general rules
        if not found:
            return text, "decimal_mark_unclear"
        digits = "".join(c for c in found[1] if c.isdigit())
        parts += [text[end : token.start()], digits + (f".{found[2]}" if found[2] else "")]
        end = token.end()
    return "".join(parts) + text[end:], ""


def in_commas(text: str) -> str:
    """The decimal points of a cell as commas."""
    return re.sub(r"(?<=[0-9])\.(?=[0-9])", ",", text)


def computed(number: Decimal) -> str:
    """A product without the digits that binary floating point added to it or to a factor.

    It is rounded to 15 significant digits, more than any measurement has and fewer than where the
    noise begins: an exact product of decimals comes out whole, and what it is read back as differs
    by less than one part in 10^14.

    Parameters
    ----------
    number : Decimal

    Returns
    -------
    str
        Without exponent and trailing zeros.

    Examples
    --------
    >>> computed(Decimal("2.3680000000000003")), computed(Decimal("1.2") * 1000)
    ('2.368', '1200')
    """
    return format(_ROUNDED.plus(number).normalize(), "f")


def is_typed(text: str) -> bool:
    """Whether a text is just what a typed number of a spreadsheet comes out as."""
    try:
        value = float(text)
    except ValueError:
        return False
    if not math.isfinite(value):  # Python reads "nan" and "inf"; no cell can hold them as numbers
        return False
    return text == (str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value))


def typed_cell(text: str) -> str | float | None:
    """What a cell of a spreadsheet holds for a reader to get the same text: a number, or the text.

    Examples
    --------
    >>> [typed_cell(text) for text in ("12", "0.5", "0.50", "nan", "")]
    [12, 0.5, '0.50', 'nan', None]
    """
    if not is_typed(text):
        return text or None
    return int(text) if text.lstrip("-").isdigit() else float(text)


def same_unit(first: str, second: str) -> bool:
    """Whether two texts spell one unit."""
    return first == second or (is_unit(first) and is_unit(second)
                               and normalise(first) == normalise(second))  # fmt: skip


def is_unit(text: str) -> bool:
    """Whether a text spells a unit that is known."""
    try:
        normalise(text)
    except UnitError:
        return False
    return True
