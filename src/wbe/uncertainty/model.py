"""The error model: which error, how large, shared by whom. Data, not code.

Each row of the table says which term of the equation an error belongs to, its level (who shares
one and the same unknown), its distribution and its size, with its source; rows of measure
``correlation`` say which two errors are correlated. Users edit the table and hand it back; the run
record keeps the one that was used.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache, cached_property
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from wbe.errors import ConfigError, UsageError
from wbe.uncertainty.component import (
    ELSEWHERE,
    LEVELS,
    SHARED_BY_AREA,
    Component,
    log_sd,
)
from wbe.uncertainty.component_rows import COLUMNS, OPTIONAL, PARTNER, REQUIRED, row_of
from wbe.uncertainty.distribution import Distribution
from wbe.uncertainty.streams import Correlation, mixtures

if TYPE_CHECKING:
    import pandas as pd


class Problem(NamedTuple):
    """What is wrong with a row of the table: the row, its column, and what to mend."""

    row: Component | Correlation | None
    column: str
    message: str


@dataclass(frozen=True)
class ErrorModel:
    """The whole table; immutable.

    Attributes
    ----------
    components : tuple of Component
    correlations : tuple of Correlation
        Pairs of components of one level, whose scores are correlated where they have one label.
    """

    components: tuple[Component, ...]
    correlations: tuple[Correlation, ...] = ()

    def of(self, component: str) -> tuple[Component, ...]:
        """Return the rows of one component."""
        return self._by_name.get(component, ())

    @cached_property
    def _by_name(self) -> dict[str, tuple[Component, ...]]:
        found: dict[str, tuple[Component, ...]] = {}
        for row in self.components:
            found[row.component] = (*found.get(row.component, ()), row)
        return found

    def row(self, component: str, values: Mapping[str, str]) -> Component:
        """Return the row of a component for a sample with the given coordinate values.

        Raises
        ------
        UsageError
            If no row of the component fits: a missing spread is never taken as zero.
        """
        for row in self.of(component):
            name, _, value = row.when.partition("=")
            if not row.when or values.get(name, "") == value:
                return row
        stated = ", ".join(f"{k}={v!r}" for k, v in values.items())
        raise UsageError(f"the error model has no row of {component!r} for {stated}")

    def spread(self, component: str, values: Mapping[str, str]) -> float:
        """Return the sd of the natural log of a component for coordinate values [1]; see `row`."""
        return self.row(component, values).log_sd

    def distribution(
        self, component: str, values: Mapping[str, str], rsd: float | None = None
    ) -> Distribution:
        """Return the distribution of a component, its median at 1, for coordinate values.

        Parameters
        ----------
        component : str
        values : mapping of str to str
            Coordinate -> value.
        rsd : float, optional
            Relative sd that the data state instead of the model's spread [1].

        Raises
        ------
        UsageError
            If no row fits, its size is stated elsewhere, or an rsd cannot describe it.
        """
        return self.row(component, values).error(rsd)

    def level(self, component: str) -> str:
        """Return the level of a component.

        Raises
        ------
        UsageError
            If the model has no such component.
        """
        rows = self.of(component)
        if not rows:
            raise UsageError(f"the error model has no {component!r}")
        return rows[0].level

    def problems(self) -> Iterator[Problem]:
        """Yield what contradicts itself: rows that never count, levels, impossible correlations."""
        for name in dict.fromkeys(c.component for c in self.components):
            yield from _contradictions(self.of(name))
        levels = {c.component: c.level for c in self.components}
        for pair in self.correlations:
            for column, name in (("component", pair.a), (PARTNER, pair.b)):
                if name not in levels:
                    yield Problem(pair, column, f"correlates {name!r}, which no row describes")
                    break
            else:
                if levels[pair.a] != levels[pair.b]:
                    both = f"{levels[pair.a]} and {levels[pair.b]}"
                    why = f"{pair.a} and {pair.b} are shared by {both}; they need one level"
                    yield Problem(pair, PARTNER, why)
        if self.correlations:
            try:
                mixtures(self.correlations)
            except UsageError as error:
                yield Problem(self.correlations[-1], "spread", str(error))

    def scaled(self, component: str, by: float) -> ErrorModel:
        """Return a model with every log-sd of `component` multiplied by `by` (0 removes it).

        Raises
        ------
        UsageError
            If a row is not lognormal and `by` is not 0: its shape is not a multiple of another.
        """
        own = (
            _scaled(c, by) if c.component == component and c.is_stated else c
            for c in self.components
        )
        return replace(self, components=tuple(own))

    def to_records(self) -> list[dict[str, Any]]:
        """Return the table as a list of dicts, correlations last.

        Columns that most models do not need (range, values, partner) are there where a row fills
        them.
        """
        rows = [asdict(c) for c in self.components] + [_pair(c, self) for c in self.correlations]
        used = [
            n for n in (*OPTIONAL, PARTNER) if any(r.get(n) not in (None, (), "") for r in rows)
        ]
        return [
            {n: _plain(row.get(n, "" if n == PARTNER else None)) for n in (*REQUIRED, *used)}
            for row in rows
        ]

    def to_frame(self) -> pd.DataFrame:
        """Return the table as a DataFrame, for reading and editing."""
        import pandas as pd

        return pd.DataFrame(self.to_records())

    def to_json(self) -> str:
        """Return the table as JSON, for the run record and Dataset attributes."""
        return json.dumps(self.to_records(), ensure_ascii=False)

    def to_csv(self, path: str | Path) -> None:
        """Write the table as CSV (UTF-8), as `read_csv` reads it."""
        records = self.to_records()
        text = io.StringIO()
        writer = csv.DictWriter(text, list(records[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({k: _text(v) for k, v in row.items()} for row in records)
        Path(path).write_text(text.getvalue(), encoding="utf-8", newline="\n")

    @classmethod
    def from_records(cls, records: Iterable[Mapping[str, Any]]) -> ErrorModel:
        """Build a model from rows, as `to_records` gives them.

        Raises
        ------
        UsageError
            If a row lacks a column, has an unknown one, or says what cannot be used.
        """
        rows = [row_of(dict(record)) for record in records]
        return cls(
            tuple(r for r in rows if isinstance(r, Component)),
            tuple(r for r in rows if isinstance(r, Correlation)),
        )

    @classmethod
    def from_frame(cls, table: pd.DataFrame) -> ErrorModel:
        """Build a model from `to_frame`, edited or read from a file; see `from_records`."""
        records: list[dict[str, Any]] = table.to_dict("records")  # type: ignore[assignment]
        return cls.from_records(records)

    @classmethod
    def from_json(cls, text: str) -> ErrorModel:
        """Build a model from `to_json`."""
        return cls.from_records(json.loads(text))

    @classmethod
    def read_csv(cls, path: str | Path) -> ErrorModel:
        """Read a table from a CSV file; see `read_table`."""
        return read_table(Path(path))[0]


def read_table(path: Path) -> tuple[ErrorModel, dict[Component | Correlation, int]]:
    """Read an error model and the line of each of its rows.

    Parameters
    ----------
    path : Path
        CSV with the columns `COLUMNS` (those after ``note`` only where needed), UTF-8, or GB 18030
        as Excel writes it on a Chinese machine.

    Returns
    -------
    tuple of ErrorModel and dict
        Row -> line of the file.

    Raises
    ------
    ConfigError
        With file, line and column of the first row that cannot be used.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror or error}", path.name) from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030", errors="replace")
    reader = csv.DictReader(io.StringIO(text, newline=""))
    lines: dict[Component | Correlation, int] = {}
    rows = []
    for record in reader:
        if not any(record.values()):
            continue
        try:
            row = row_of(record)
        except UsageError as error:
            column = getattr(error, "column", "")
            raise ConfigError(str(error), path.name, column, reader.line_num) from None
        lines.setdefault(row, reader.line_num)
        rows.append(row)
    if not rows:
        raise ConfigError(f"holds no row; the columns are {', '.join(REQUIRED)}", path.name)
    pairs = tuple(r for r in rows if isinstance(r, Correlation))
    return ErrorModel(tuple(r for r in rows if isinstance(r, Component)), pairs), lines


def _contradictions(rows: tuple[Component, ...]) -> Iterator[Problem]:
    first, seen, closed = rows[0], set(), False
    for row in rows:
        for column in ("level", "term"):
            one, other = getattr(first, column), getattr(row, column)
            if one != other:
                why = f"{row.component} has the {column} {one} in one row and {other} in another"
                yield Problem(row, column, why)
        if row.when in seen:
            why = f"{row.component} has two rows for {row.when or 'all samples'}; keep one"
            yield Problem(row, "when", why)
        elif closed:
            why = f"{row.component}: a row before holds for all samples; put {row.when} before it"
            yield Problem(row, "when", why)
        seen.add(row.when)
        closed |= not row.when


def _scaled(c: Component, by: float) -> Component:
    if c.distribution != "lognormal" and by != 0:
        raise UsageError(f"{c.component}: a {c.distribution} error cannot be scaled, only removed")
    plain = {name: getattr(c, name) for name in REQUIRED}
    size = c.log_sd * by if by else 0.0
    return Component(**{**plain, "distribution": "lognormal", "measure": "log_sd", "spread": size})


def _pair(c: Correlation, model: ErrorModel) -> dict[str, Any]:
    """Return a correlation as a row of the table."""
    own = {"component": c.a, PARTNER: c.b, "measure": "correlation", "spread": c.rho}
    said = {"source": c.source, "verified": c.verified, "note": c.note}
    held = model.of(c.a)
    blank = {"level": held[0].level if held else "", "term": "", "when": "", "distribution": ""}
    return {**blank, **own, **said}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _text(value: Any) -> str:
    if value is None:
        return ""
    return " ".join(map(repr, value)) if isinstance(value, list) else str(value)


@cache
def default_model() -> ErrorModel:
    """Return the package's error model (``error_model.csv``).

    Returns
    -------
    ErrorModel
        One component a row: level, distribution and spread, with its source.

    Examples
    --------
    >>> from wbe import uncertainty
    >>> visit = uncertainty.default_model().of("visit")[0]
    >>> visit.level, visit.measure, visit.spread
    ('area_visit', 'log_sd', 0.4)
    """
    text = resources.files(__package__).joinpath("error_model.csv").read_text(encoding="utf-8")
    return ErrorModel.from_records(csv.DictReader(io.StringIO(text)))


__all__ = [
    "COLUMNS", "ELSEWHERE", "LEVELS", "SHARED_BY_AREA", "Component", "ErrorModel", "Problem",
    "default_model", "log_sd", "read_table",
]  # fmt: skip
