"""What a finished run says of one drug: per-capita values of areas, residues of samples.

Read from ``run.json``, ``tiers.csv`` and, where it lies there, ``estimates.csv``; nothing is
calculated again.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from wbe.errors import Said, UsageError
from wbe.run import record
from wbe.run.words import both
from wbe.units import PN_UNIT

Place = tuple[str, str]
"""Round and area."""

TIER_COLUMNS: Final = ("area", "name", "round", "drug", "quantity", "unit", "value", "flags")
"""Columns without which a row of tiers.csv says nothing."""
TIER_NUMBERS: Final = ("value", "lower", "upper", "rank")
"""Numbers in it, where a cell is stated."""

GIVEN: Final = ("consumption", "load", "net")
"""What stands for a drug, best first."""


@dataclass(frozen=True)
class RunValues:
    """A run folder, read.

    Attributes
    ----------
    folder : Path
    about : mapping
        The run record.
    """

    folder: Path
    about: Mapping[str, Any]

    @classmethod
    def of(cls, folder: Path) -> RunValues:
        """Read the record of a run or publication.

        Raises
        ------
        UsageError
            If the folder holds none, or its values changed since they were written.
        """
        return cls(folder, record.read(folder))

    @property
    def factors(self) -> dict[str, dict[str, Any]]:
        """Drug -> the factor that stands for it in this run."""
        found: dict[str, dict[str, Any]] = {}
        for row in self.about["factors"]:
            if row["gives"] not in GIVEN:
                continue
            old = found.get(row["drug"])
            if old is None or GIVEN.index(row["gives"]) < GIVEN.index(old["gives"]):
                found[row["drug"]] = row
        return found

    @cached_property
    def names(self) -> dict[str, str]:
        """Area -> its name."""
        return {row["area"]: row["name"] or row["area"] for row in self._tiers}

    def loads(self, drug: str) -> dict[Place, float]:
        """Return the per-capita load of a drug's residue by place [mg/day/1000 inhabitants].

        As `tiers.csv` has it; for a drug that is not there the geometric mean over samples. Areas
        that are suppressed stay out.
        """
        factor = self.factors[drug]
        by_place = {}
        for row in self._tiers:
            if row["drug"] == drug and row["value"] and row["unit"] == PN_UNIT:
                consumed = row["quantity"] == "pn_consumption"
                by = float(factor["correction_factor"]) if consumed else 1.0
                by_place[row["round"], row["area"]] = float(row["value"]) / by
        if by_place:
            return by_place
        return {place: _level(values) for place, values in self._samples(factor["analyte"]).items()}

    def residue_ratios(self, top: str, bottom: str) -> dict[Place, float]:
        """Return the ratio of two residues' loads by place: geometric mean over shared samples.

        A sample counts where both were quantified; flow and population cancel.
        """
        over, under = self._samples(top), self._samples(bottom)
        found = {}
        for place in over.keys() & under.keys():
            both = over[place].keys() & under[place].keys()
            if both:
                ratios = {one: over[place][one] / under[place][one] for one in both}
                found[place] = _level(ratios)
        return found

    def measures(self, analyte: str) -> bool:
        """Tell whether the run's samples have per-capita loads of a residue."""
        return bool(self._samples(analyte))

    @cached_property
    def _tiers(self) -> list[dict[str, str]]:
        return tier_rows(self.folder / "tiers.csv")

    @cached_property
    def _hidden(self) -> frozenset[str]:
        return frozenset(r["area"] for r in self._tiers if "suppressed" in r["flags"].split(";"))

    @cached_property
    def _estimates(self) -> list[dict[str, str]]:
        file = self.folder / "estimates.csv"  # a publication has none
        rows = table_rows(file) if file.is_file() else iter(())
        return [r for r in rows if r["quantity"] == "pn_mass_load" and r["status"] == "quantified"]

    def _samples(self, analyte: str) -> dict[Place, dict[str, float]]:
        found: dict[Place, dict[str, float]] = {}
        for row in self._estimates:
            value = float(row["value"] or "nan")
            if row["analyte"] == analyte and row["area"] not in self._hidden and value > 0:
                found.setdefault((row["round"], row["area"]), {})[row["sample_id"]] = value
        return found


def _level(values: Mapping[str, float]) -> float:
    return math.exp(math.fsum(map(math.log, values.values())) / len(values))


def table_rows(file: Path) -> Iterator[dict[str, str]]:
    """Read a table of a run row by row, as text.

    Raises
    ------
    UsageError
        If it cannot be read.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            yield from csv.DictReader(lines)
    except OSError as error:
        raise UsageError(both("usage.run_table", file=file, why=error.strerror)) from None
    except UnicodeDecodeError:
        why = both("usage.run_table.encoding")
        raise UsageError(both("usage.run_table", file=file, why=why)) from None


def tier_rows(file: Path) -> list[dict[str, str]]:
    """Read the tiers of a run, as text; the record does not vouch for a table edited since.

    Raises
    ------
    UsageError
        If it cannot be read, or a line lacks a cell or holds a word where a number belongs.
    """
    rows = list(table_rows(file))
    for line, row in enumerate(rows, start=2):
        if why := _damage(row, line):
            raise UsageError(both("usage.run_table", file=file, why=why))
    return rows


def _damage(row: Mapping[str, str | None], line: int) -> Said | None:
    if lacking := [name for name in TIER_COLUMNS if row.get(name) is None]:
        return both("usage.run_table.columns", line=line, columns=", ".join(lacking))
    for column in TIER_NUMBERS:
        cell = row.get(column)
        try:
            float(cell or "nan")
        except ValueError:
            return both("usage.run_table.number", line=line, column=column, cell=repr(cell))
    return None
