"""Values of spreadsheet cells as the text that a person sees or would type; dates in ISO form."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from functools import lru_cache
from typing import Any

PERCENT, DATE, ELAPSED = "percent", "date", "elapsed"

# The formats every workbook knows by number; 27 to 36 and 50 to 58 are Chinese and Japanese dates.
_BUILT_IN = {
    **dict.fromkeys((9, 10), PERCENT),
    **dict.fromkeys((*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)), DATE),
    46: ELAPSED,
}
_LITERAL = re.compile(r'"[^"]*"?|\\.|_.|\*.|\[[^\]]*\]')
_ELAPSED = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)
_CALENDAR = re.compile(r"[ymdhs]", re.IGNORECASE)
_ZEROS = re.compile(r"0{2,20}")
_LAST_SERIAL = 2_958_466  # 9999-12-31
_EXACT = 1e15


@lru_cache(maxsize=4096)
def shape_of(code: str, number: int = 0) -> str:
    """What a number format makes of a number.

    Parameters
    ----------
    code : str
        The format, such as ``yyyy-mm-dd``; "" where it is one of the built-in ones.
    number : int
        Its number, for the built-in ones.

    Returns
    -------
    str
        ``percent``, ``date``, ``elapsed`` (a duration), the zeros of a format such as ``0000``, or
        "" for any other.
    """
    if not code:
        return _BUILT_IN.get(number, "")
    first = code.split(";")[0]
    if _ELAPSED.search(first):
        return ELAPSED
    bare = _LITERAL.sub("", first)
    if _ZEROS.fullmatch(bare) and bare == first:
        return bare
    if "%" in bare:
        return PERCENT
    return DATE if bare.casefold() != "general" and _CALENDAR.search(bare) else ""


def number_text(value: float, shape: str = "", epoch_1904: bool = False) -> str:
    """A number under its format.

    Parameters
    ----------
    value : float
        As stored.
    shape : str
        See `shape_of`.
    epoch_1904 : bool
        Whether date serials count from 1904.

    Returns
    -------
    str
        All digits that are stored, whatever the format rounds.
    """
    if shape == PERCENT:
        return f"{Decimal(repr(value)).scaleb(2).normalize():f}%"
    if shape in (DATE, ELAPSED) and 0 <= value < _LAST_SERIAL:
        return duration_text(value) if shape == ELAPSED else as_text(moment(value, epoch_1904))
    text = as_text(value)
    return text.zfill(len(shape)) if shape.startswith("0") and text.isdecimal() else text


def moment(serial: float, epoch_1904: bool = False) -> dt.datetime | dt.time:
    """A date serial [days] as a local time, to the millisecond; below one day a time of day."""
    thousandths = round(serial * 86_400_000)
    span = dt.timedelta(milliseconds=thousandths)
    if span < dt.timedelta(days=1):
        return (dt.datetime.min + span).time()
    if epoch_1904:
        return dt.datetime(1904, 1, 1) + span
    # before 1900-03-01 the serials allow for a leap day that never was
    return dt.datetime(1899, 12, 30 if serial >= 60 else 31) + span


def duration_text(days: float) -> str:
    """A duration [days] as ``36:00:00``."""
    seconds = round(days * 86_400)
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def as_text(value: Any) -> str:
    """A cell's value as a person would type it; dates in ISO form."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _EXACT else repr(value)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value)
