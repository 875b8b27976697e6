"""Slips of units by their numbers alone: results, files and sites a known factor off the rest.

All on the log scale. A deviation counts as a slip if it exceeds what natural variation gives (a
multiple of a robust spread that never counts as less than a log-sd of 1, widened where a median
rests on few values); the factor named is the nearest of the list. ``thresholds.csv`` says how
often that errs, and a simulation holds it to its word.
"""

from __future__ import annotations

import numpy as np

from wbe.io.plausibility.groups import (
    MEDIAN_VARIANCE,
    Floats,
    Ints,
    group_median,
    nearest_factor,
    spread,
)
from wbe.thresholds import number, numbers

_SPREAD_SIZE = 4  # values of a group whose residuals tell a spread


def log_factors() -> Floats:
    """Log factors between units of results that laboratories confuse."""
    return np.log(numbers("slip_factors"))


def result_slips(logs: Floats, site: Ints, level: Floats) -> tuple[Floats, Floats]:
    """Results that lie a factor of units from the median of their site.

    Parameters
    ----------
    logs : ndarray (result,)
        Natural logarithms of the results of one analyte.
    site : ndarray (result,) of int
        Code of the site and matrix.
    level : ndarray (site,)
        Median of the logarithms at each site.

    Returns
    -------
    deviation : ndarray (result,)
        Log ratio to the median of the site.
    factor : ndarray (result,)
        Log factor of the likely slip; 0 where none is likely.
    """
    size = np.bincount(site)[site]
    deviation = logs - level[site]
    sd = spread(deviation[size >= _SPREAD_SIZE], number("slip_log_sd"))
    others = np.maximum(size - 1, 1)
    limit = number("slip_z") * sd * np.sqrt(1 + MEDIAN_VARIANCE / others)
    likely = (size > number("slip_least")) & (np.abs(deviation) >= limit)
    factor = np.zeros(len(logs))
    factor[likely] = nearest_factor(deviation[likely], log_factors())
    return deviation, factor


def file_shifts(logs: Floats, site: Ints, file: Ints) -> dict[int, tuple[float, float]]:
    """Files whose results of one analyte lie a factor of units from those of the other files.

    Files are compared at the sites that they share with others; a file that shares none by the
    levels of its sites.

    Parameters
    ----------
    logs, site
        As in `result_slips`.
    file : ndarray (result,) of int
        Code of the file, not negative.

    Returns
    -------
    dict of int to (float, float)
        File to its log ratio to the others, and the log factor that explains it. Of two files that
        contradict each other the one with fewer results.
    """
    found = _deviating_files(logs, site, file) if len(np.unique(file)) > 1 else {}
    size = {sign: 0 for sign in (1, -1)}
    for code, (_, factor) in found.items():
        size[1 if factor > 0 else -1] += int((file == code).sum())
    if all(size.values()):  # each side is off against the other: the smaller one is told
        fewer = 1 if size[1] < size[-1] else -1
        found = {code: shift for code, shift in found.items() if shift[1] * fewer > 0}
    return found


def _deviating_files(logs: Floats, site: Ints, file: Ints) -> dict[int, tuple[float, float]]:
    width = int(file.max()) + 1
    blocks, inverse = np.unique(site * width + file, return_inverse=True)
    level, size = group_median(logs, inverse, len(blocks)), np.bincount(inverse)
    of_site, of_file = np.divmod(blocks, width)
    deviation, rest = _against_other_files(level, size, of_site)
    residual = (logs - level[inverse])[size[inverse] >= _SPREAD_SIZE]
    sd = spread(residual, number("slip_log_sd"))
    found = {}
    for code in np.unique(of_file).tolist():
        here = of_file == code
        if size[here].sum() < number("slip_least"):
            continue
        shared = here & (rest > 0)
        if shared.any():
            ratio = float(np.median(deviation[shared]))
            share = 1 / size[shared].sum() + 1 / rest[shared].sum()
            limit = number("slip_z") * sd * np.sqrt(MEDIAN_VARIANCE * share)
        else:
            ratio, limit = _against_other_sites(level, of_file, code)
        factor = float(nearest_factor(np.array([ratio]), log_factors())[0])
        # a difference of two medians of many values may be sure and yet no slip of units
        if abs(ratio) >= max(limit, abs(factor) / 2):
            found[code] = (ratio, factor)
    return found


def _against_other_files(level: Floats, size: Ints, site: Ints) -> tuple[Floats, Ints]:
    """Of each block the log ratio to the level of its site, and how many results others have."""
    n = int(site.max()) + 1
    files = np.bincount(site, minlength=n)[site]
    deviation = level - group_median(level, site, n)[site]
    # the median of two blocks lies in their middle
    deviation = np.where(files == 2, 2 * deviation, deviation)
    rest = np.bincount(site, weights=size, minlength=n)[site].astype(np.int64) - size
    return deviation, rest


def _against_other_sites(level: Floats, file: Ints, code: int) -> tuple[float, float]:
    """Log ratio of a file's sites to those of the other files, and the least that counts."""
    own, others = level[file == code], level[file != code]
    middle = group_median(level, file, int(file.max()) + 1)
    sd = spread(level - middle[file], number("slip_log_sd"))
    share = 1 / len(own) + 1 / len(others)
    limit = number("slip_z") * sd * np.sqrt(1 + MEDIAN_VARIANCE * share)
    return float(np.median(own) - np.median(others)), float(limit)


def site_shifts(level: Floats, kind: Ints) -> tuple[Floats, Floats]:
    """Sites whose level of one analyte lies a factor of units from that of the other sites.

    Parameters
    ----------
    level : ndarray (site,)
        Median of the logarithms at each site; NaN where too few were found.
    kind : ndarray (site,) of int
        Code of the matrix; sites are compared within one.

    Returns
    -------
    deviation : ndarray (site,)
        Log ratio to the median of the sites of the same matrix; NaN where not compared.
    factor : ndarray (site,)
        Log factor of the likely slip; 0 where none is likely.
    """
    deviation, factor = np.full(len(level), np.nan), np.zeros(len(level))
    known = np.isfinite(level)
    for matrix in np.unique(kind[known]).tolist():
        here = np.flatnonzero(known & (kind == matrix))
        if len(here) < number("site_least"):
            continue
        off = level[here] - np.median(level[here])
        sd = spread(off, number("slip_log_sd"))
        limit = number("slip_z") * sd * np.sqrt(1 + MEDIAN_VARIANCE / (len(here) - 1))
        deviation[here] = off
        likely = here[np.abs(off) >= limit]
        factor[likely] = nearest_factor(deviation[likely], log_factors())
    return deviation, factor
