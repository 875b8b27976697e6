"""The error model: which error, how large, shared by whom. Data, not code.

Each row of the table says which term of the equation an error belongs to, its level (who shares
one and the same unknown) and its spread, with its source. Users edit spreads, sources and the
rows of a component, and hand the table back; the run record keeps the one that was used.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from wbe.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

LEVELS = ("global", "lab", "area", "area_visit", "site", "site_day", "sample")
"""Who shares one unknown, from everybody to one sample."""

SHARED_BY_AREA = ("global", "lab", "area", "area_visit")
"""Levels whose errors do not shrink with the number of points of an area."""

MEASURES = ("rsd", "gsd", "log_sd", "calibrated", "factor")


@dataclass(frozen=True)
class Component:
    """One row of the error model.

    Attributes
    ----------
    component : str
        Name of the error; the first part of its random stream's name.
    level : str
        One of `LEVELS`.
    term : str
        The term of the equation that carries it (concentration, flow, population, ...).
    when : str
        ``""`` or ``"coordinate=value"``: the samples it holds for.
    distribution : str
        lognormal or logit_normal, with its median at the published central value.
    measure : str
        What `spread` is: ``rsd``, ``gsd`` or ``log_sd`` (sd of the natural log); ``calibrated`` and
        ``factor`` come with the marker calibration and the factor row.
    spread : float or None
        Size [1].
    source, verified, note : str
        Who said so and how far it was checked.
    """

    component: str
    level: str
    term: str
    when: str
    distribution: str
    measure: str
    spread: float | None
    source: str
    verified: str
    note: str

    def __post_init__(self) -> None:
        if self.level not in LEVELS:
            raise UsageError(f"{self.component}: level {self.level!r} is none of {LEVELS}")
        if self.measure not in MEASURES:
            raise UsageError(f"{self.component}: measure {self.measure!r} is none of {MEASURES}")
        if self.spread is not None and not (math.isfinite(self.spread) and self.spread >= 0):
            raise UsageError(f"{self.component}: spread {self.spread} must be finite and >= 0")
        if self.measure == "gsd" and self.spread is not None and self.spread < 1:
            raise UsageError(f"{self.component}: a geometric sd is at least 1, not {self.spread}")

    @property
    def frame(self) -> tuple[str, str, str, str]:
        """Level, term, distribution, and the coordinate that `when` asks for."""
        return self.level, self.term, self.distribution, self.when.partition("=")[0]

    @property
    def log_sd(self) -> float:
        """Standard deviation of the natural logarithm [1]."""
        if self.spread is None:
            return math.nan
        return log_sd(self.spread, self.measure)


@dataclass(frozen=True)
class ErrorModel:
    """The whole table; immutable."""

    components: tuple[Component, ...]

    def of(self, component: str) -> tuple[Component, ...]:
        """Return the rows of one component."""
        return tuple(c for c in self.components if c.component == component)

    def spread(self, component: str, values: Mapping[str, str]) -> float:
        """Return the log-sd of a component for a sample with the given coordinate values.

        Raises
        ------
        UsageError
            If no row of the component fits: a missing spread is never taken as zero.
        """
        for row in self.of(component):
            name, _, value = row.when.partition("=")
            if not row.when or values.get(name, "") == value:
                return row.log_sd
        stated = ", ".join(f"{k}={v!r}" for k, v in values.items())
        raise UsageError(f"the error model has no row of {component!r} for {stated}")

    def require_same_frame(self, known: ErrorModel) -> None:
        """Check that only what may be edited was edited: spreads, their source, rows by `when`.

        Which term carries an error and who shares it is fixed in the calculation of this version;
        a table that says otherwise would be a claim that no draw keeps.

        Raises
        ------
        UsageError
            If a component is unknown or missing, or its level, term, distribution or the
            coordinate of its `when` differs.
        """
        frames = {c.component: c.frame for c in known.components}
        for row in self.components:
            if row.component not in frames:
                there = ", ".join(frames)
                raise UsageError(f"the error model knows no {row.component!r}; it has {there}")
            if row.frame != frames[row.component]:
                raise UsageError(
                    f"error model, {row.component}: level, term, distribution and the coordinate "
                    f"of when are {frames[row.component]} and cannot be changed to {row.frame}"
                )
        if lost := sorted(set(frames) - {c.component for c in self.components}):
            raise UsageError(f"the error model lacks {', '.join(lost)}; a spread of 0 removes one")

    def scaled(self, component: str, by: float) -> ErrorModel:
        """Return a model with every log-sd of `component` multiplied by `by` (0 removes it)."""
        return ErrorModel(
            tuple(
                replace(c, measure="log_sd", spread=c.log_sd * by)
                if c.component == component and c.spread is not None
                else c
                for c in self.components
            )
        )

    def to_records(self) -> list[dict[str, Any]]:
        """Return the table as a list of dicts."""
        return [asdict(c) for c in self.components]

    def to_frame(self) -> pd.DataFrame:
        """Return the table as a DataFrame, for reading and editing."""
        import pandas as pd

        return pd.DataFrame(self.to_records())

    def to_json(self) -> str:
        """Return the table as JSON, for the run record and Dataset attributes."""
        return json.dumps(self.to_records(), ensure_ascii=False)

    @classmethod
    def from_records(cls, records: Iterable[Mapping[str, Any]]) -> ErrorModel:
        """Build a model from rows, as `to_records` gives them.

        Raises
        ------
        UsageError
            If a row lacks a column, or a level, measure or spread is not usable.
        """
        names = [f.name for f in fields(Component)]
        rows = []
        for record in records:
            missing = [n for n in names if n not in record]
            if missing:
                raise UsageError(f"error model row {dict(record)} lacks {', '.join(missing)}")
            spread = record["spread"]
            blank = spread is None or spread == "" or spread != spread
            values = {n: str(record[n]) for n in names if n != "spread"}
            rows.append(Component(spread=None if blank else float(spread), **values))
        return cls(tuple(rows))

    @classmethod
    def from_json(cls, text: str) -> ErrorModel:
        """Build a model from `to_json`."""
        return cls.from_records(json.loads(text))


def log_sd(spread: float, measure: str) -> float:
    """Return the sd of the natural log of a median-1 lognormal factor [1].

    ``rsd``: sigma = sqrt(ln(1 + rsd^2)); ``gsd``: sigma = ln(gsd); ``log_sd``: as it is.
    """
    if measure == "rsd":
        return math.sqrt(math.log1p(spread * spread))
    if measure == "gsd":
        return math.log(spread)
    if measure == "log_sd":
        return spread
    raise UsageError(f"a spread of measure {measure!r} has no size of its own")


@cache
def default_model() -> ErrorModel:
    """Return the package's error model (``error_model.csv``)."""
    text = resources.files(__package__).joinpath("error_model.csv").read_text(encoding="utf-8")
    return ErrorModel.from_records(csv.DictReader(io.StringIO(text)))
