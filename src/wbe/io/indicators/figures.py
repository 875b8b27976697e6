"""Cells of statistics: counts, shares, and changes in per cent."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache

from wbe.io.cells import read_quantity
from wbe.io.indicators.windows import read_window
from wbe.io.words import load, plain, squeezed

_CHANGE = re.compile(
    r"(?P<word>上升|增长|增加|下降|减少|降低|↑|↓|up|down)?\s*(?P<sign>[+\-−–])?\s*"
    r"(?P<number>[0-9]+(?:\.(?P<places>[0-9]+))?)\s*%\s*(?:[(（](?P<against>[^()（）]+)[)）])?"
)
_SYMBOLS = {"≥": "at_least", ">=": "at_least", "≤": "at_most", "<=": "at_most"}
_DOWN = ("下降", "减少", "降低", "↓", "down")
_FEWER = re.compile(r"(?:<|不足|少于|fewer than )\s*(?P<number>[0-9]+)")
_SHARE = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?)\s*(?P<percent>%)?")
_OF = re.compile(r"(?P<count>[0-9]+)\s*/\s*(?P<of>[0-9]+)")


@dataclass(frozen=True)
class Figure:
    """What a cell says.

    Attributes
    ----------
    value : float
        The count, share [%] or change [%]; NaN where the cell gives a bound alone.
    unit : str
        Unit that the cell itself states, ours; else "".
    bound : str
        ``at_least``, ``at_most``; of a count ``below`` with the limit in `limit`; else "".
    limit : float
        The number of a bound.
    places : int
        Decimals of a change as printed.
    against : str
        What a change is against, where the cell says.
    of : float
        Denominator of ``9/300``.
    flags : tuple of str
        Rules to flag.
    rule : str
        Rule that refuses the cell; "" if it was read.
    blank : bool
    """

    value: float = math.nan
    unit: str = ""
    bound: str = ""
    limit: float = math.nan
    places: int = 0
    against: str = ""
    of: float = math.nan
    flags: tuple[str, ...] = ()
    rule: str = ""
    blank: bool = False


@lru_cache(maxsize=4096)
def read_count(text: str) -> Figure:
    """Read a count, possibly with its unit behind it, or ``<5``.

    Examples
    --------
    >>> read_count("630人次").unit, read_count("12.5").rule
    ('person_times', 'indicator_count_invalid')
    """
    shown = plain(text)
    if not shown:
        return Figure(blank=True)
    below = _FEWER.fullmatch(shown)
    if below:
        return Figure(bound="below", limit=float(below["number"]), flags=("indicator_bound",))
    number, unit = _without_unit(shown)
    found = read_quantity(number)
    if found.kind in ("blank", "dash", "missing"):
        return Figure(blank=True, flags=found.flags)
    if found.kind == "bad":
        return Figure(rule=found.rule)
    if found.unit or found.value < 0 or not found.value.is_integer():
        return Figure(rule="indicator_count_invalid")
    return Figure(found.value, unit, flags=found.flags)


@lru_cache(maxsize=4096)
def read_share(text: str) -> Figure:
    """Read a share: ``97%``, ``97%以上``, ``9/300``; a number without sign stands for per cent.

    Examples
    --------
    >>> read_share("97%以上").bound, read_share("9/300").value, read_share("120%").rule
    ('at_least', 3.0, 'indicator_share_invalid')
    """
    shown = plain(text)
    if not shown or read_quantity(shown).kind in ("blank", "dash", "missing"):
        return Figure(blank=True, unit="%")
    parts = _OF.fullmatch(shown)
    if parts:
        count, of = int(parts["count"]), int(parts["of"])
        if of == 0 or count > of:
            return Figure(rule="indicator_share_invalid")
        return Figure(100 * count / of, "%", of=float(of))
    bare, bound = _without_bound(shown)
    found = _SHARE.fullmatch(bare)
    if not found or float(found["number"]) > 100:
        return Figure(rule="indicator_share_invalid")
    if not found["percent"] and 0 < float(found["number"]) <= 1:  # per cent, or a fraction of 1?
        return Figure(rule="indicator_share_invalid")
    flags = ("indicator_bound",) if bound else ()
    return Figure(float(found["number"]), "%", bound=bound, flags=flags)


@lru_cache(maxsize=4096)
def read_change(text: str) -> Figure:
    """Read a change in per cent: ``+22%``, ``下降33.9%``, ``-93.4%（较2016年）``.

    Examples
    --------
    >>> read_change("-93.4%（较2016年）").against, read_change("下降33.9%").value
    ('2016', -33.9)
    """
    shown = plain(text)
    if not shown or read_quantity(shown).kind in ("blank", "dash", "missing"):
        return Figure(blank=True)
    found = _CHANGE.fullmatch(shown)
    if not found:
        return Figure(rule="indicator_change_unreadable")
    minus = found["sign"] in ("-", "−", "–")
    if (found["word"] in _DOWN and found["sign"]) or (found["word"] and minus):
        return Figure(rule="indicator_change_unreadable")  # "fell by -5 %" says two things
    value = float(found["number"]) * (-1 if minus or found["word"] in _DOWN else 1)
    if value < -100:
        return Figure(rule="indicator_change_unreadable")
    against = read_against(found["against"] or "")
    if found["against"] and not against:
        return Figure(rule="indicator_change_unreadable")
    return Figure(value, "%", places=len(found["places"] or ""), against=against)


@lru_cache(maxsize=512)
def read_against(text: str) -> str:
    """What a change is against: our word, or the label of a window; "" if the text says neither.

    Examples
    --------
    >>> read_against("同比"), read_against("较2016年")
    ('same_period_last_year', '2016')
    """
    shown = squeezed(text).removeprefix("较").removeprefix("比")
    whole = squeezed(text)
    for ours, words in load("indicators")["against"].items():
        known = {squeezed(word) for word in words}
        if {shown, whole, whole.replace("-", "")} & known:
            return str(ours)
    window = read_window(shown) if shown else None
    return window.label if window is not None else ""


@lru_cache(maxsize=512)
def read_unit(text: str) -> str:
    """Our word of a unit; "" for one that is not known."""
    shown = squeezed(text)
    for ours, words in load("indicators")["units"].items():
        if shown in {squeezed(word) for word in words}:
            return str(ours)
    return ""


@lru_cache(maxsize=512)
def read_basis(text: str) -> str:
    """Our word of who belongs to an area; any other text as written."""
    shown = squeezed(text)
    for ours, words in load("indicators")["basis"].items():
        if shown in {squeezed(word) for word in words}:
            return str(ours)
    return plain(text)


def _without_unit(shown: str) -> tuple[str, str]:
    known = sorted(
        (word for words in load("indicators")["units"].values() for word in words if word != "%"),
        key=len, reverse=True,
    )  # fmt: skip
    for word in known:
        if shown.endswith(word) and shown != word:
            return shown.removesuffix(word).strip(), read_unit(word)
    return shown, ""


def _without_bound(shown: str) -> tuple[str, str]:
    for symbol, bound in _SYMBOLS.items():
        if shown.startswith(symbol):
            return shown.removeprefix(symbol).strip(), bound
    for bound, words in load("indicators")["bounds"].items():
        for word in sorted(words, key=len, reverse=True):
            if shown.endswith(word):
                return shown.removesuffix(word).strip(), str(bound)
    return shown, ""
