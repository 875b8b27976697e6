"""Dates, times of collection and rounds, as laboratories write them.

Only what has one meaning is read: ``03/04/2024`` and ``18.3.12`` are refused. Clock times stay as
written (local time); a zone behind them is named in a flag and not applied.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache

from wbe.io.words import plain

_CLOCK = (
    r"(?P<hour>[0-9]{1,2})\s*(?::|时|點|点)\s*(?:(?P<minute>[0-9]{1,2})\s*分?)?"
    r"(?::(?P<second>[0-9]{2})(?:\.0+)?)?"
)
_DAY = (
    r"(?P<year>(?:19|20)[0-9]{2})\s*(?:[-/.]|年)\s*(?P<month>[0-9]{1,2})\s*(?:[-/.]|月)\s*"
    r"(?P<day>[0-9]{1,2})\s*(?:日|号)?"
)
# a minus before a clock is a span (9:00-12:00) unless the text is ISO with its T
_OFFSET = "[0-9]{2}:?[0-9]{2}"
_ZONE = rf"(?P<zone>\s*(?:Z|UTC|\+{_OFFSET}|(?<=T.{{5}})-{_OFFSET}|(?<=T.{{8}})-{_OFFSET}))?"
_WHEN = re.compile(rf"{_DAY}(?:[T\s]*{_CLOCK}{_ZONE})?")
_COMPACT = re.compile(r"(?P<year>(?:19|20)[0-9]{2})(?P<month>[0-9]{2})(?P<day>[0-9]{2})")
_SERIAL = re.compile(r"[2-7][0-9]{4}(?:\.[0-9]+)?")
_NO_YEAR = re.compile(rf"(?P<month>[0-9]{{1,2}})月(?P<day>[0-9]{{1,2}})[日号]?(?:\s*{_CLOCK})?")
_DAY_FIRST = re.compile(
    rf"(?P<first>[0-9]{{1,2}})[-/.](?P<second_part>[0-9]{{1,2}})[-/.](?P<year>(?:19|20)[0-9]{{2}})(?:[T\s]+{_CLOCK})?"
)
_SHORT_YEAR = re.compile(r"[0-9]{1,2}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}日?")
_FAR_YEAR = re.compile(
    r"(?:[03-9][0-9]|1[0-8]|2[1-9])[0-9]{2}(?:[-/.]|年)[0-9]{1,2}(?:[-/.]|月)[0-9]"
)
_SPAN_MARK = re.compile("[-–—~～至到]")
_SPAN_END = re.compile(r"\s*(?P<next>次日|翌日|第二天|next day)?\s*(?P<end>.+)")
_CLOCK_ONLY = re.compile(_CLOCK)

# no programme has measured drugs in wastewater before, and no file can hold later samples
FIRST_YEAR, LAST_YEAR = 1990, 2049

_QUARTERS = {"一": 1, "二": 2, "三": 3, "四": 4, "1": 1, "2": 2, "3": 3, "4": 4}
_YEAR = r"(?P<year>(?:19|20)[0-9]{2})"
_ROUNDS = (
    re.compile(rf"{_YEAR}年?度?第?(?P<quarter>[一二三四1-4])季度?"),
    re.compile(rf"{_YEAR}[-_ /]?Q(?P<quarter>[1-4])", re.IGNORECASE),
    re.compile(rf"Q(?P<quarter>[1-4])[-_ /]?{_YEAR}", re.IGNORECASE),
    re.compile(rf"{_YEAR}年(?P<month>0?[1-9]|1[0-2])月份?"),
    re.compile(rf"{_YEAR}[-/.](?P<month>0[1-9]|1[0-2])"),  # 2018-1 may be a first round: kept
    re.compile(rf"{_YEAR}年?(?P<half>[上下])半年"),
    re.compile(rf"{_YEAR}[-_ /]?H(?P<half>[12])", re.IGNORECASE),
    re.compile(rf"{_YEAR}年?"),
)
_YEARLESS = re.compile(r"第?(?P<quarter>[一二三四1-4])季度?|Q(?P<q>[1-4])", re.IGNORECASE)


@dataclass(frozen=True)
class When:
    """Time of collection.

    Attributes
    ----------
    start : datetime or None
        Begin of collection, local clock; None where the cell gives no day.
    hours : float
        Duration [h]; NaN where not stated.
    clock : bool
        Whether a clock time was written.
    round : str
        Canonical round where the cell holds a quarter or a month instead of a day.
    flags : tuple of str
        Rules to flag.
    rule : str
        Rule that refuses the cell; "" if it was read.
    """

    start: dt.datetime | None = None
    hours: float = math.nan
    clock: bool = False
    round: str = ""
    flags: tuple[str, ...] = ()
    rule: str = ""


@lru_cache(maxsize=8192)
def read_when(text: str, year: int | None = None, epoch_1904: bool = False) -> When:
    """Read a day, a time, or a span of collection.

    Parameters
    ----------
    text : str
        Cell as written, not blank.
    year : int, optional
        Year stated elsewhere (a title line or the round), for ``3月12日``.
    epoch_1904 : bool
        Whether the workbook counts date serials from 1904.

    Returns
    -------
    When
    """
    shown = plain(text)
    single = _single(shown, year, epoch_1904)
    if single is not None:
        return _within(single)
    span = _span(shown, year, epoch_1904)
    if span is not None:
        return _within(span)
    if _FAR_YEAR.match(shown):
        return When(rule="date_out_of_range")
    canonical = read_round(shown)
    if canonical:
        return When(round=canonical, flags=("date_is_round",))
    return When(rule="date_ambiguous" if _SHORT_YEAR.fullmatch(shown) else "date_unreadable")


def _within(when: When) -> When:
    """Refuse years in which no sample can have been taken, whatever today's date is."""
    if when.start is not None and not FIRST_YEAR <= when.start.year <= LAST_YEAR:
        return When(rule="date_out_of_range")
    return when


def _single(shown: str, year: int | None, epoch_1904: bool) -> When | None:
    found = _WHEN.fullmatch(shown) or _COMPACT.fullmatch(shown)
    if found:
        return _made(found, int(found["year"]), int(found["month"]), int(found["day"]))
    if _SERIAL.fullmatch(shown):
        return _serial(float(shown), epoch_1904)
    found = _NO_YEAR.fullmatch(shown)
    if found:
        if year is None:
            return When(rule="date_without_year")
        made = _made(found, year, int(found["month"]), int(found["day"]))
        return _flagged(made, "year_from_elsewhere")
    found = _DAY_FIRST.fullmatch(shown)
    return _ordered(found) if found else None


def _ordered(found: re.Match[str]) -> When:
    """Day and month in one of two orders; only a number above 12 tells which."""
    first, second = int(found["first"]), int(found["second_part"])
    if first <= 12 and second <= 12 and first != second:
        return When(rule="date_ambiguous")
    day, month = (first, second) if first > 12 else (second, first)
    made = _made(found, int(found["year"]), month, day)
    return _flagged(made, "date_order_from_value")


def _flagged(made: When, flag: str) -> When:
    """Say how a date was read; one that was refused was not read."""
    return made if made.rule else replace(made, flags=(*made.flags, flag))


def _made(found: re.Match[str], year: int, month: int, day: int) -> When:
    parts = found.groupdict()
    clock = parts.get("hour") is not None
    hour, minute = int(parts.get("hour") or 0), int(parts.get("minute") or 0)
    next_day = dt.timedelta(days=1 if hour == 24 and minute == 0 else 0)
    try:
        start = dt.datetime(
            year, month, day, 0 if next_day else hour, minute, int(parts.get("second") or 0)
        )
    except ValueError:
        return When(rule="date_unreadable")
    flags = ("time_zone_not_applied",) if parts.get("zone") else ()
    return When(start + next_day, clock=clock, flags=flags)


def _serial(number: float, epoch_1904: bool) -> When:
    epoch = dt.datetime(1904, 1, 1) if epoch_1904 else dt.datetime(1899, 12, 30)
    start = epoch + dt.timedelta(seconds=round(number * 86_400))
    return When(start, clock=not number.is_integer(), flags=("excel_serial_date",))


def _span(shown: str, year: int | None, epoch_1904: bool) -> When | None:
    """``2024年3月12日 9:00-次日9:00`` and two times joined by a dash."""
    for mark in _SPAN_MARK.finditer(shown):  # ISO dates hold dashes themselves: try each
        start = _single(shown[: mark.start()].strip(), year, epoch_1904)
        rest = _SPAN_END.fullmatch(shown[mark.end() :])
        if start is None or start.start is None or not start.clock or rest is None:
            continue
        end = _end(rest, start.start, epoch_1904)
        if end is None:
            continue
        if end <= start.start:
            return When(rule="end_before_start")
        return replace(start, hours=(end - start.start).total_seconds() / 3600)
    return None


def _end(rest: re.Match[str], start: dt.datetime, epoch_1904: bool) -> dt.datetime | None:
    text = rest["end"].strip()
    clock = _CLOCK_ONLY.fullmatch(text)
    if not clock:
        end = _single(text, start.year, epoch_1904)
        return end.start if end and end.clock else None
    hour, minute = int(clock["hour"]), int(clock["minute"] or 0)
    if hour > 24 or minute > 59:
        return None
    midnight = start.replace(hour=0, minute=0, second=0)
    return midnight + dt.timedelta(days=1 if rest["next"] else 0, hours=hour, minutes=minute)


@lru_cache(maxsize=2048)
def read_round(text: str, year: int | None = None) -> str:
    """Canonical name of a round.

    Parameters
    ----------
    text : str
        ``2018年第二季度``, ``2018Q2``, ``第二季度``, ``2018-05``, ``2018``.
    year : int, optional
        Year stated elsewhere, for a quarter without one.

    Returns
    -------
    str
        ``2018Q2``, ``2018-05``, ``2018H1`` or ``2018``; "" if the text is none of these.
    """
    shown = "".join(unicodedata.normalize("NFKC", text).split())
    for pattern in _ROUNDS:
        found = pattern.fullmatch(shown)
        if found:
            return _canonical(found.groupdict())
    found = _YEARLESS.fullmatch(shown)
    if found and year is not None:
        return f"{year}Q{_QUARTERS[found['quarter'] or found['q']]}"
    return ""


def is_yearless_quarter(text: str) -> bool:
    """Whether a text names a quarter and no year."""
    return bool(_YEARLESS.fullmatch("".join(unicodedata.normalize("NFKC", text).split())))


def _canonical(parts: dict[str, str | None]) -> str:
    year = parts["year"]
    if parts.get("quarter"):
        return f"{year}Q{_QUARTERS[str(parts['quarter'])]}"
    if parts.get("month"):
        return f"{year}-{int(str(parts['month'])):02d}"
    if parts.get("half"):
        return f"{year}H{1 if parts['half'] in ('上', '1') else 2}"
    return str(year)


def years_in(texts: list[str]) -> set[int]:
    """Years named in title lines: ``2018年`` or ``2018Q2``."""
    found = re.findall(r"(?<![0-9])((?:19|20)[0-9]{2})(?=\s*(?:年|Q|[-/.][0-9]))", " ".join(texts))
    return {int(year) for year in found}
