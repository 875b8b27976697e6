"""What each column of a table of statistics holds."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from wbe.io.header import Column, Header, split_unit
from wbe.io.indicators.figures import read_against, read_unit
from wbe.io.words import load, plain, squeezed, word_set

_NUMBERED = re.compile(r"(.+?)[._ ]?[0-9]+")


@dataclass
class Series:
    """The columns of one indicator in a wide table.

    Attributes
    ----------
    name : str
        As the header has it, without unit.
    unit : str
        Ours, "" unstated.
    value, change : Column or None
    against : str
        What the change is against.
    """

    name: str
    unit: str = ""
    value: Column | None = None
    change: Column | None = None
    against: str = ""


@dataclass
class Columns:
    """The columns of a table.

    Attributes
    ----------
    roles : dict of str to Column
        Role (``area``, ``period`` ...) to the first column that has it.
    series : list of Series
        Of a wide table; empty where a column names the indicator.
    unused : list of Column
    below_area : list of Column
        Columns about less than an area.
    """

    roles: dict[str, Column] = field(default_factory=dict)
    series: list[Series] = field(default_factory=list)
    unused: list[Column] = field(default_factory=list)
    below_area: list[Column] = field(default_factory=list)

    @property
    def long(self) -> bool:
        """Whether a column names the indicator."""
        return "indicator" in self.roles


def columns_of(header: Header) -> Columns:
    """Sort out the columns of a table of statistics.

    Parameters
    ----------
    header : Header

    Returns
    -------
    Columns
    """
    found = Columns()
    rest = []
    for column in header.columns:
        shown = plain(column.text)
        if not shown:
            continue
        role = _role(shown)
        if squeezed(split_unit(shown)[0]) in word_set("indicators", "below_area", "words"):
            found.below_area.append(column)
        elif role and role not in found.roles:
            found.roles[role] = column
        else:
            rest.append(column)
    if found.long:
        found.unused = rest
        return found
    # only a table with a column of indicators has its values in a column of that name
    for role in ("value", "unit", "of", "change", "against"):
        if role in found.roles:
            rest.append(found.roles.pop(role))
    for column in sorted(rest, key=lambda c: c.index):
        _place(column, found)
    return found


def _role(shown: str) -> str:
    base = squeezed(split_unit(shown)[0])
    written = {base, squeezed(shown)}
    roles = load("indicators")["roles"]
    return next((r for r in roles if written & word_set("indicators", "roles", r)), "")


def _place(column: Column, found: Columns) -> None:
    """Values, changes behind them (``同比``), and changes with a name of their own."""
    shown = plain(column.text)
    base, inner = split_unit(shown)
    if _against(shown):
        if found.series and found.series[-1].change is None:
            found.series[-1].change, found.series[-1].against = column, _against(shown)
        else:
            found.unused.append(column)
        return
    for words in load("indicators")["against"].values():
        for word in words:
            if base.endswith(word):
                name = base.removesuffix(word)
                found.series.append(Series(name, change=column, against=_against(word)))
                return
    unit = read_unit(inner)
    if not unit and squeezed(base).endswith(tuple(load("indicators")["shares"]["endings"])):
        unit = "%"
    if not unit and not any(w in shown.casefold() for w in load("words")["indicators"]["contains"]):
        found.unused.append(column)
        return
    # a bracket that holds no unit belongs to the name
    found.series.append(Series(base if unit or not inner else shown, unit, value=column))


def _against(shown: str) -> str:
    """``同比``, ``同比.1`` as spreadsheets number repeated headers."""
    numbered = _NUMBERED.fullmatch(shown)
    return read_against(shown) or (read_against(numbered[1]) if numbered else "")
