"""Samples as a table of EUDA's shape: seven daily loads a year, residue and place.

The means are those of the seven loads written, by the rule of the release: weekday Tuesday to
Thursday, weekend Friday to Monday, over the days that have a sample; the rows of 2021 count Friday
among the weekdays, as every release prints them.
"""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from wbe import names
from wbe.errors import UsageError
from wbe.io.euda.results import Carried, carried
from wbe.io.words import load
from wbe.io.write import safe_text

if TYPE_CHECKING:
    import xarray as xr

_KEYS: Final = ["year", "name", "country", "city"]
_WEEK: Final = np.timedelta64(7, "D")
_CENT: Final = Decimal("0.01")


@dataclass(frozen=True)
class EudaTable:
    """A table of EUDA's shape.

    Attributes
    ----------
    rows : list of list of str
        Cells under `HEADER`.
    lost : Counter of str
        What of the samples it does not hold, and how many values of it.
    computed : int
        Loads that were computed from concentration, flow and population.
    """

    rows: list[list[str]]
    lost: Counter[str] = field(default_factory=Counter)
    computed: int = 0


def write_euda(
    samples: xr.Dataset, path: str | os.PathLike[str], *, country: str = ""
) -> EudaTable:
    """Write samples as a CSV of EUDA's shape, whole or not at all.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
        From `wbe.read`. A load per inhabitant is taken as stated, or computed with
        `wbe.backcalc.mass_load` and `wbe.backcalc.per_1000` where concentration, flow and
        population are.
    path : path
        File to write; UTF-8 with a byte-order mark, LF.
    country : str, optional
        Country of sites that are not called ``CC|City``.

    Returns
    -------
    EudaTable
        ``lost`` says what it does not hold (see `wbe.io.euda.results.REASONS`): dates (a year and a
        day of the week remain), limits (a non-detect is 0, as EUDA writes it), flows, populations,
        uncertainties, other residues, other waters, and days outside the week that has most
        results of its place and year.

    Raises
    ------
    UsageError
        If no result has a load per inhabitant, a site has no country, or what was given is no
        code, a day has two samples, or what was written reads differently. Nothing is written then.

    Notes
    -----
    Means are rounded to two decimals. The published means of a table that was read
    (``attrs["published_means"]``) are not written: some are of more samples than are printed.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import wbe
    >>> from wbe.io import write_euda
    >>> days = wbe.read("data/samples/published/euda2024/excerpt/ww2025-all-data-excerpt.csv")
    >>> target = Path(tempfile.mkdtemp()) / "again.csv"
    >>> written = write_euda(days, target)
    >>> len(written.rows), written.computed
    (36, 0)
    """
    table = euda_table(samples, country)
    target = Path(path)
    part = target.with_name(f".{target.name}.part.csv")
    try:
        part.write_bytes(content_of(table))
        _compare(table, part)
        part.replace(target)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    return table


def euda_table(samples: xr.Dataset, country: str = "") -> EudaTable:
    """Samples as the cells of a table of EUDA's shape.

    Parameters
    ----------
    samples, country
        As in `write_euda`.

    Returns
    -------
    EudaTable

    Raises
    ------
    UsageError
        As `write_euda`.
    """
    found = carried(samples, country)
    rows = _one_week_each(found)
    if rows.empty:
        raise UsageError(names.both("euda.nothing"))
    twice = rows[rows.duplicated([*_KEYS, "weekday"])]
    if len(twice):
        one = twice.iloc[0]
        told = {key: one[key] for key in ("city", "name", "weekday", "year", "sample")}
        raise UsageError(names.both("euda.twice", **told))
    return EudaTable(_cells(rows), +found.lost, found.computed)


def content_of(table: EudaTable) -> bytes:
    """A table as the bytes of a file; texts are quoted and numbers are not, as EUDA writes them."""
    lines = [",".join(f'"{name}"' for name in header())]
    for year, *texts_and_numbers in table.rows:
        texts = (_quoted(text) for text in texts_and_numbers[:4])
        lines.append(",".join([year, *texts, *texts_and_numbers[4:]]))
    return ("\n".join(lines) + "\n").encode("utf-8-sig")


def header() -> list[str]:
    """Columns of the table."""
    words = load("euda")
    return [*words["loads"], *words["days"], *words["means"]]


def _quoted(text: str) -> str:
    return '"' + safe_text(text).replace('"', '""') + '"'


def _one_week_each(found: Carried) -> pd.DataFrame:
    """Of each place and year the seven days in a row that have most results, the earliest such."""
    kept = []
    for _, group in found.rows.groupby(["year", "country", "city"], sort=True):
        if group["date"].isna().any():  # undated samples have one week a year
            kept.append(group)
            continue
        dates = np.sort(group["date"].to_numpy())
        ends = np.searchsorted(dates, dates + _WEEK, side="left")
        first = dates[int(np.argmax(ends - np.arange(len(dates))))]
        inside = (group["date"] >= first) & (group["date"] < first + _WEEK)
        found.lost["other_days"] += int((~inside).sum())
        kept.append(group[inside])
    return pd.concat(kept) if kept else found.rows


def _cells(rows: pd.DataFrame) -> list[list[str]]:
    days = load("euda")["days"]
    written = []
    for (year, name, country, city), group in rows.groupby(_KEYS, sort=True):
        loads = dict(zip(group["weekday"], map(_number, group["load"]), strict=True))
        ids = [site_id for site_id in group["site_id"] if site_id]
        written.append(
            [str(year), name, ids[0] if ids else "", country, city,
             *(loads.get(day, "") for day in days), *_means(str(year), loads)]
        )  # fmt: skip
    return sorted(written, key=lambda row: (-int(row[0]), row[1].casefold(), row[3], row[4]))


def _number(value: float) -> str:
    """The shortest text that reads as the same number; whole numbers without a point."""
    return repr(float(value)).removesuffix(".0")


def _means(year: str, loads: dict[str, str]) -> list[str]:
    words = load("euda")
    weekdays = words["weekdays"].get(year, words["weekdays"][""])
    weekend = [day for day in words["days"] if day not in weekdays]
    return [_mean([loads[d] for d in days if d in loads]) for days in (weekdays, weekend, loads)]


def _mean(texts: Sequence[str]) -> str:
    if not texts:
        return ""
    mean = sum(map(Decimal, texts)) / Decimal(len(texts))
    rounded = mean.quantize(_CENT, ROUND_HALF_EVEN) if mean < Decimal(10) ** 20 else mean
    return f"{rounded.normalize():f}"


def _compare(table: EudaTable, path: Path) -> None:
    """Refuse a file that reads otherwise than it was meant."""
    from wbe.io.read import read

    again = euda_table(read(path, layout="euda", errors="reject"))
    if again.rows != table.rows:
        apart = [f"{a[0]} {a[1]} {a[4]}" for a, b in zip(table.rows, again.rows, strict=False)
                 if a != b]  # fmt: skip
        raise UsageError(names.both("euda.differs", what=(apart or [names.both("euda.row")])[0]))
