"""Rows of statistics: one record an area, period and indicator, with what was wrong with it."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from wbe.io.header import Column
from wbe.io.indicators.columns import Columns
from wbe.io.indicators.figures import (
    Figure,
    read_against,
    read_basis,
    read_change,
    read_count,
    read_share,
    read_unit,
)
from wbe.io.indicators.windows import Window, read_window
from wbe.io.rows import Body
from wbe.io.words import plain

SMALL = 5
"""Counts below this are small cells; `wbe.indicators.SMALL` is the same number."""
_TEXTS = ("group", "definition", "source", "note")


@dataclass(frozen=True)
class Record:
    """One statistic.

    Attributes
    ----------
    area, period, indicator, unit, against, basis, group, definition, source, note : str
    start, end : date
    days : int [days]
    value : float
        Count, or share [%] where the unit is %; NaN where only a change or a bound is stated.
    of : float
        Denominator, where stated.
    bound : str
        ``at_least``, ``at_most``, ``below`` or "".
    limit : float
        The number of a bound ``below``.
    change : float [%]
    places : int
        Decimals of the change as printed.
    position : int
        Row in the body.
    """

    area: str
    period: str
    start: Any
    end: Any
    days: int
    indicator: str
    value: float
    unit: str
    of: float
    bound: str
    limit: float
    change: float
    places: int
    against: str
    basis: str
    group: str
    definition: str
    source: str
    note: str
    position: int

    @property
    def key(self) -> tuple[str, ...]:
        """What may occur once."""
        return (self.area, self.period, self.indicator, self.unit, self.basis, self.group,
                self.definition)  # fmt: skip

    def row(self) -> dict[str, Any]:
        """The fields as a row of a table."""
        return {k: v for k, v in asdict(self).items() if k != "position"}


class Reader:
    """Makes the records of one table.

    Parameters
    ----------
    body : Body
    columns : Columns
    """

    def __init__(self, body: Body, columns: Columns):
        self.body, self.columns = body, columns
        self.records: list[Record] = []

    def take(self) -> list[Record]:
        """Return the records of all rows; what is wrong is noted in the body."""
        for position in range(len(self.body)):
            self._row(position)
        return self.records

    def _row(self, position: int) -> None:
        area = self._text("area", position)
        if not area:
            self._note("indicator_area_missing", position, self.columns.roles["area"])
            return
        window = read_window(self._text("period", position))
        if window is None:
            self._note("indicator_period_unreadable", position, self.columns.roles["period"])
            return
        if self.columns.long:
            self._long(position, area, window)
        else:
            self._wide(position, area, window)

    def _long(self, position: int, area: str, window: Window) -> None:
        roles = self.columns.roles
        name, value = self._text("indicator", position), roles.get("value")
        if not name:
            self._note("indicator_unnamed", position, roles["indicator"])
            return
        stated = self._text("unit", position)
        unit = read_unit(stated)
        if stated and not unit:
            self._note("indicator_unit_unknown", position, roles["unit"])
            return
        against = ""
        if self._text("against", position):
            against = read_against(self._text("against", position))
            if not against:
                self._note("indicator_against_missing", position, roles["against"])
                return
        self._statistic(position, area, window, name, unit, value, roles.get("change"), against)

    def _wide(self, position: int, area: str, window: Window) -> None:
        for series in self.columns.series:
            cells = [c for c in (series.value, series.change) if c is not None]
            if any(plain(self.body.cells[c.index][position]) for c in cells):
                self._statistic(
                    position, area, window, series.name, series.unit, series.value, series.change,
                    series.against,
                )  # fmt: skip

    def _statistic(
        self, position: int, area: str, window: Window, name: str, unit: str,
        at: Column | None, change_at: Column | None, against: str,
    ) -> None:  # fmt: skip
        value = self._figure(at, position, share=unit == "%")
        change = self._figure(change_at, position, change=True)
        of = self._figure(self.columns.roles.get("of"), position)
        if value is None or change is None or of is None:
            return
        place = at or change_at
        if value.blank and change.blank:
            if self.columns.long:
                self._note("indicator_empty", position, place)
            return
        if value.unit and unit and value.unit != unit:
            self._note("indicator_unit_unknown", position, place)
            return
        unit = unit or value.unit
        if not value.blank and not unit:
            self._note("indicator_unit_missing", position, place)
            return
        against = change.against or against
        if not change.blank and not against:
            self._note("indicator_against_missing", position, change_at)
            return
        total = value.of if math.isnan(of.value) else of.value
        if unit != "%" and value.value > total:
            self._note("indicator_share_invalid", position, at)
            return
        self._keep(position, area, window, name, unit, value, change, against, total)

    def _keep(
        self, position: int, area: str, window: Window, name: str, unit: str, value: Figure,
        change: Figure, against: str, of: float,
    ) -> None:  # fmt: skip
        texts = {key: self._text(key, position) for key in _TEXTS}
        self.records.append(
            Record(
                area, window.label, window.start, window.end, window.days, name, value.value, unit,
                of, value.bound, value.limit, change.value, change.places,
                "" if change.blank else against, read_basis(self._text("basis", position)),
                position=position, **texts,
            )
        )  # fmt: skip

    def _figure(
        self, at: Column | None, position: int, *, share: bool = False, change: bool = False
    ) -> Figure | None:
        """Return what a cell says; None where it is refused, which is noted."""
        if at is None:
            return Figure(blank=True)
        if (position, at.index) in self.body.broken:
            return None
        text = self.body.cells[at.index][position]
        found = read_change(text) if change else read_share(text) if share else read_count(text)
        if found.rule:
            self._note(found.rule, position, at)
            return None
        for rule in found.flags:
            self._note(rule, position, at)
        return found

    def _text(self, role: str, position: int) -> str:
        column = self.columns.roles.get(role)
        return "" if column is None else plain(self.body.cells[column.index][position])

    def _note(self, rule: str, position: int, column: Column | None, **words: Any) -> None:
        self.body.note(rule, position, column, **words)
