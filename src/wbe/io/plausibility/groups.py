"""What belongs together: samples of one site, one day, one file; medians and spreads of groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from wbe.findings import Findings

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Place(Protocol):
    """Where something stands."""

    def __call__(self, row: int, result: int | None = None, field: str = "") -> Mapping[str, Any]:
        """Arguments of `Findings.add` for a sample or one of its results.

        Parameters
        ----------
        row : int
            Position of the sample.
        result : int, optional
            Position of the analyte; without it the sample as a whole is meant.
        field : str
            Our name of the column that is meant, such as ``flow``; without it that of the result.

        Returns
        -------
        mapping of str to str or int
            ``file``, ``sheet``, ``line``, ``column`` (header as written), ``cell``,
            ``sample_id`` and ``site``, where known.
        """


NORMAL_MAD: Final = 1.4826
"""Standard deviation of a normal distribution in units of its median absolute deviation."""
MEDIAN_VARIANCE: Final = np.pi / 2
"""Variance of a median of n normal values, in units of that of their mean."""
_SPREAD_LEAST: Final = 8  # residuals that a measured spread needs
_RADIX: Final = 2**16


@dataclass(frozen=True)
class Groups:
    """Codes of what the samples of a Dataset have in common.

    Attributes
    ----------
    site : ndarray (sample,) of int
        Site and matrix: what is compared over time. Numbered in order of their first sample.
    first : ndarray (group,) of int
        First sample of each group of `site`.
    names, matrices : ndarray (group,) of str
        Name of the site and matrix of each group of `site`.
    kind : ndarray (group,) of int
        Code of its matrix: sites are compared within one.
    day : ndarray (sample,) of int
        Days since 1970; `NO_DAY` where unknown.
    file : ndarray (sample,) of int
        Index into ``attrs["files"]`` of the first file that holds the sample, or -1.
    """

    site: Ints
    first: Ints
    names: NDArray[np.str_]
    matrices: NDArray[np.str_]
    kind: Ints
    day: Ints
    file: Ints


NO_DAY: Final = np.iinfo(np.int64).min


def groups_of(samples: xr.Dataset) -> Groups:
    """Group the samples of a Dataset.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
        With at least one sample.

    Returns
    -------
    Groups
    """
    site_code, sites = codes_of(samples["site"].values)
    kind_code, kinds = codes_of(samples["matrix"].values)
    code, pairs = pd.factorize(site_code * len(kinds) + kind_code)
    time = samples["time"].values
    day = time.astype("datetime64[D]").astype(np.int64)
    files = samples["source_file"].values
    first = np.argmax(files >= 0, axis=1) if files.shape[1] else np.zeros(len(files), int)
    file = files[np.arange(len(files)), first] if files.shape[1] else np.full(len(files), -1)
    return Groups(
        code.astype(np.int64),
        first_of(code),
        sites[pairs // len(kinds)],
        kinds[pairs % len(kinds)],
        (pairs % len(kinds)).astype(np.int64),
        np.where(np.isnat(time), NO_DAY, day),
        file.astype(np.int64),
    )


def first_of(code: Ints) -> Ints:
    """Position of the first of each code, for codes numbered in order of their first.

    Examples
    --------
    >>> first_of(np.array([0, 0, 1, 0, 2]))
    array([0, 2, 4])
    """
    return np.flatnonzero(np.diff(np.maximum.accumulate(code), prepend=-1))


def codes_of(texts: NDArray[np.str_]) -> tuple[Ints, NDArray[np.str_]]:
    """Number equal texts alike, in order of their first; the numbers and the distinct texts."""
    if (texts == texts[0]).all():  # the usual case of a matrix or a basis
        return np.zeros(len(texts), np.int64), texts[:1].astype(np.str_)
    code, distinct = pd.factorize(texts.astype(object))
    return code.astype(np.int64), distinct.astype(np.str_)


def note(
    findings: Findings, rule: str, place: Place, row: int, result: int | None = None, *,
    column: str = "", **more: Any,
) -> None:  # fmt: skip
    """Add a finding where a sample or one of its results stands; `more` comes before the place."""
    findings.add(rule, **{**place(row, result, column), **more})


def note_file(
    findings: Findings, rule: str, place: Place, row: int, result: int | None = None, *,
    column: str = "", **more: Any,
) -> None:  # fmt: skip
    """Add a finding about the table that holds a sample or result, and a column if one is named."""
    where = place(row, result, column)
    kept = ("file", "sheet", "column") if column else ("file", "sheet")
    findings.add(rule, **{**{name: where.get(name, "") for name in kept}, **more})


def group_median(values: Floats, code: Ints, n: int) -> Floats:
    """Median of each group.

    Parameters
    ----------
    values : ndarray (value,)
    code : ndarray (value,) of int
        Group of each value, 0 to n - 1.
    n : int
        Number of groups.

    Returns
    -------
    ndarray (group,)
        In the unit of `values`; NaN for a group without values.

    Examples
    --------
    >>> group_median(np.array([1.0, 5.0, 2.0, 4.0]), np.array([0, 0, 0, 2]), 3)
    array([ 2., nan,  4.])
    """
    medians = np.full(n, np.nan)
    if not len(values):
        return medians
    by_value = np.argsort(values)
    # numpy sorts 16-bit integers by radix, six times as fast as longer ones
    narrow = code[by_value].astype(np.uint16 if n <= _RADIX else np.int64)
    ordered = values[by_value[np.argsort(narrow, kind="stable")]]
    count = np.bincount(code, minlength=n)
    end = np.cumsum(count)
    held = count > 0
    low = (end - count + (count - 1) // 2)[held]
    high = (end - count + count // 2)[held]
    medians[held] = (ordered[low] + ordered[high]) / 2
    return medians


def spread(residuals: Floats, least: float) -> float:
    """Robust standard deviation of residuals, at least `least`; `least` where they are few."""
    if len(residuals) < _SPREAD_LEAST:
        return least
    return max(least, NORMAL_MAD * float(np.median(np.abs(residuals))))


def nearest_factor(deviation: Floats, factors: Floats) -> Floats:
    """The log factor, up or down, that comes nearest to each log deviation.

    Examples
    --------
    >>> nearest_factor(np.array([-6.0, 8.0]), np.log([1000, 1e6])).round(2)
    array([-6.91,  6.91])
    """
    signed = np.concatenate([factors, -factors])
    return signed[np.argmin(np.abs(deviation[:, None] - signed), axis=1)]


def shown_factor(log_factor: float) -> str:
    """A log factor as people write it: ``1000``, ``1/1000``."""
    size = f"{np.exp(abs(log_factor)):g}" if abs(log_factor) < 100 else "inf"
    size = f"{round(float(size), 6):.10g}"
    return size if log_factor > 0 else f"1/{size}"


def shown_ratio(log_ratio: float) -> str:
    """A measured ratio in three digits, without an exponent where it can be read so."""
    ratio = float(f"{np.exp(log_ratio):.3g}")
    return f"{ratio:.10g}"
