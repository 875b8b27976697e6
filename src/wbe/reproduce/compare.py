"""The runner: tables recomputed, and held against what was published."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from wbe.reproduce import rounding
from wbe.reproduce.computing import Computed, computed
from wbe.reproduce.outcomes import Outcome, outcomes
from wbe.reproduce.rows import Row, joined, key_of, meets
from wbe.reproduce.study import Exempt, Study, StudyTable, studies

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

SLACK: Final = 1e-12
"""Of binary arithmetic, relative."""
ENOUGH: Final = 0.95
"""Share of a study's recomputed values that must agree without an exception."""


@dataclass(frozen=True)
class ExceptionResult:
    """What one exception of the catalogue was needed for.

    Attributes
    ----------
    reason : str
    rows : tuple of str
        Rows that do not reproduce, and that it explains.
    largest : float
        Their largest relative deviation [1]; NaN without rows.
    unneeded : tuple of str
        Rows it names that do reproduce; ``*`` where it explains none at all.
    """

    reason: str
    rows: tuple[str, ...]
    largest: float
    unneeded: tuple[str, ...]


@dataclass(frozen=True)
class TableResult:
    """A table of the catalogue, recomputed.

    Attributes
    ----------
    study, table, status : str
    available : bool
        Whether its data are at hand; without them all that follows is empty.
    keys : tuple of str
        One a row.
    ours, published : ndarray (row,)
        In the table's unit; of ``within`` the nearer published end.
    lower, upper : ndarray (row,) [unit of the table]
        What the rounding of the inputs allows for ours.
    agree : ndarray (row,) of bool
    deviation : ndarray (row,)
        ``|ours / published - 1|`` [1].
    unexplained : tuple of str
        Rows that neither reproduce nor have a reason.
    exceptions : tuple of ExceptionResult
    keys_zh : tuple of str
        Of a table that is only cited: its keys in Chinese.
    """

    study: str
    table: StudyTable
    available: bool
    keys: tuple[str, ...] = ()
    ours: Floats = field(default_factory=lambda: np.zeros(0))
    published: Floats = field(default_factory=lambda: np.zeros(0))
    lower: Floats = field(default_factory=lambda: np.zeros(0))
    upper: Floats = field(default_factory=lambda: np.zeros(0))
    agree: Flags = field(default_factory=lambda: np.zeros(0, dtype=bool))
    deviation: Floats = field(default_factory=lambda: np.zeros(0))
    unexplained: tuple[str, ...] = ()
    exceptions: tuple[ExceptionResult, ...] = ()
    keys_zh: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """Share of the rows that agree [1]; NaN without rows."""
        return float(self.agree.mean()) if len(self.agree) else float("nan")

    @property
    def largest(self) -> tuple[float, str]:
        """Largest relative deviation among the rows that agree, and where; none of a bound."""
        if self.table.relation != "equals":
            return float("nan"), ""
        inside = np.where(self.agree & np.isfinite(self.deviation), self.deviation, -1.0)
        if not len(inside) or inside.max() < 0:
            return float("nan"), ""
        at = int(inside.argmax())
        return float(inside[at]), self.keys[at]

    @property
    def sound(self) -> bool:
        """Whether every row agrees or has a reason, and every reason is needed."""
        return not self.unexplained and not any(each.unneeded for each in self.exceptions)


@dataclass(frozen=True)
class StudyResult:
    """A study with its tables, recomputed.

    Attributes
    ----------
    study : Study
    tables : tuple of TableResult
    outcomes : tuple of Outcome
        What other factors would have made of its conclusions.
    """

    study: Study
    tables: tuple[TableResult, ...]
    outcomes: tuple[Outcome, ...] = ()

    @property
    def share(self) -> float:
        """Share of the values of its recomputed tables that agree [1]; NaN without values."""
        agree = [t.agree for t in self.tables if t.available and t.table.status == "recomputed"]
        return float(np.concatenate(agree).mean()) if agree else float("nan")

    @property
    def too_few(self) -> bool:
        """Whether fewer than `ENOUGH` of its recomputed values agree."""
        return self.share < ENOUGH

    @property
    def sound(self) -> bool:
        """Whether its tables are, and enough of its recomputed values agree."""
        return not self.too_few and all(table.sound for table in self.tables)


def reproduce(
    chosen: Iterable[Study] | None = None, *, folder: Path | None = None
) -> list[StudyResult]:
    """Recompute published tables and compare.

    Parameters
    ----------
    chosen : iterable of Study, optional
        Default: all of the catalogue.
    folder : Path, optional
        Of the catalogue; default: the package's.

    Returns
    -------
    list of StudyResult

    Raises
    ------
    ConfigError
        If the catalogue states what cannot be read.

    Notes
    -----
    A value agrees if it lies within half a unit of its last printed digit of what the rounding of
    the inputs allows (`wbe.reproduce.rounding.enclosure`).

    Examples
    --------
    >>> from wbe.reproduce import read_study, reproduce
    >>> [korea] = reproduce([read_study("korea_2015")])
    >>> table = korea.tables[0]
    >>> len(table.keys), int(table.agree.sum()), table.sound
    (30, 29, True)
    """
    found = studies(folder) if chosen is None else chosen
    return [
        StudyResult(
            study, tuple(_result(study, table) for table in study.tables), tuple(outcomes(study))
        )
        for study in found
    ]


def _result(study: Study, table: StudyTable) -> TableResult:
    rows = joined(study, table)
    if rows is None:
        return TableResult(study.key, table, available=False)
    if table.status == "cited_only":
        keys = tuple("/".join(key_of(row, table.keys)) for row in rows)
        chinese = tuple("/".join(row.get(f"{k}_zh", row[k]) for k in table.keys) for row in rows)
        return TableResult(study.key, table, available=True, keys=keys, keys_zh=chinese)
    made = computed(study, table, rows)
    rows, made = _one_a_key(table, rows, made)
    agree, published = agreement(table, rows, made)
    with np.errstate(divide="ignore", invalid="ignore"):
        off = np.where(made.value == published, 0.0, np.abs(made.value / published - 1))
    keys = tuple("/".join(key_of(row, table.keys)) for row in rows)
    explained, exceptions = _exceptions(study, table, rows, agree, off)
    left = tuple(keys[i] for i in np.flatnonzero(~agree & ~explained))
    return TableResult(
        study.key, table, True, keys, made.value, published, made.lower, made.upper, agree, off,
        left, exceptions,
    )  # fmt: skip


def _one_a_key(table: StudyTable, rows: list[Row], made: Computed) -> tuple[list[Row], Computed]:
    """Return the first row of each key: those of an aggregate repeat its value."""
    if not table.aggregate:
        return rows, made
    first: dict[tuple[str, ...], int] = {}
    for i, row in enumerate(rows):
        first.setdefault(key_of(row, table.keys), i)
    at = np.array(list(first.values()), dtype=np.intp)
    return [rows[i] for i in at], made.take(at)


def agreement(table: StudyTable, rows: Sequence[Row], made: Computed) -> tuple[Flags, Floats]:
    """Tell which rows agree, and return the published values they were held against.

    Parameters
    ----------
    table : StudyTable
    rows : sequence of dict
    made : Computed

    Returns
    -------
    tuple of ndarray (row,)
    """
    printed = [[row[name] for row in rows] for name in table.output]
    value = [np.array([rounding.number(text) for text in column]) for column in printed]
    half = [rounding.halves(column, table.output_rounded) for column in printed]
    low = value[0] - half[0] - SLACK * np.abs(value[0])
    high = value[-1] + half[-1] + SLACK * np.abs(value[-1])
    above, below = made.upper >= low, made.lower <= high
    match table.relation:
        case "at_most":
            agree = made.upper >= low
        case "at_least":
            agree = made.lower <= high
        case _:  # equals, within
            agree = above & below
    first = np.abs(made.value - value[0]) < np.abs(made.value - value[-1])
    return agree, np.where(first, value[0], value[-1])


def _exceptions(
    study: Study, table: StudyTable, rows: Sequence[Row], agree: Flags, off: Floats
) -> tuple[Flags, tuple[ExceptionResult, ...]]:
    """Return which disagreeing rows have a reason, and what each reason was needed for."""
    explained = np.zeros(len(rows), dtype=bool)
    keys = [key_of(row, table.keys) for row in rows]
    found = []
    for exempt in table.exempt:
        named = _named(exempt, rows, keys)
        fits = named & ~agree & ~explained
        if exempt.instead and fits.any():
            fits &= _agrees_instead(study, table, rows, exempt, fits)
        at = np.flatnonzero(fits)
        unneeded = tuple(
            "/".join(row) for row in exempt.rows if row not in keys or agree[keys.index(row)]
        )
        if not len(at) and not unneeded:
            unneeded = ("*",)
        far = float(np.nanmax(off[at])) if len(at) and np.isfinite(off[at]).any() else float("nan")
        found.append(
            ExceptionResult(exempt.reason, tuple("/".join(keys[i]) for i in at), far, unneeded)
        )
        explained |= fits
    return explained, tuple(found)


def _named(exempt: Exempt, rows: Sequence[Row], keys: Sequence[tuple[str, ...]]) -> Flags:
    by_key = np.array([key in exempt.rows for key in keys], dtype=bool)
    if not exempt.match:
        return by_key
    return by_key | np.array([meets(row, exempt.match) for row in rows], dtype=bool)


def _agrees_instead(
    study: Study, table: StudyTable, rows: Sequence[Row], exempt: Exempt, asked: Flags
) -> Flags:
    """Tell which of the rows that are asked about agree with an argument from another column."""
    other = replace(table, arguments={**(table.arguments or {}), **(exempt.instead or {})})
    readable = np.array(
        [all(_is_number(row.get(c, "")) for c in (exempt.instead or {}).values()) for row in rows]
    )
    # A row of an aggregate is computed from all rows of its key, any other from itself.
    used = readable if table.aggregate else readable & asked
    out = np.zeros(len(rows), dtype=bool)
    chosen = [row for row, fine in zip(rows, used, strict=True) if fine]
    out[used] = agreement(other, chosen, computed(study, other, chosen))[0]
    return out


def _is_number(text: str) -> bool:
    return not np.isnan(rounding.number(text))
