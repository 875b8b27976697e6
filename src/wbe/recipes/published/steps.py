"""The steps of Castiglioni 2013, each with a relative sd, as errors of rows."""

from __future__ import annotations

from functools import cache
from importlib import resources

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from wbe.errors import UsageError
from wbe.qc import reporting_limit
from wbe.schema import CENSORED
from wbe.uncertainty import ErrorModel, Term

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

STEPS = ("sampling", "analysis", "stability", "back_calculation", "population")
STATED = {"analysis": "concentration_rsd", "population": "population_rsd"}
"""Step -> variable of the samples that states its relative sd where the laboratory or plant did."""

_WHO = {"sample": "sample", "lab": "lab", "site": "site"}


@cache
def castiglioni_errors() -> ErrorModel:
    """Return the five uncertainties of Castiglioni 2013 as a table.

    Returns
    -------
    ErrorModel
        ``sampling``, ``analysis``, ``stability``, ``back_calculation`` and ``population``, each
        with the lowest and the highest end of its range (``when`` is ``case=lowest`` and
        ``case=highest``), its source, and whether the number was read or recalled.

    References
    ----------
    Castiglioni 2013, 10.1021/es302722f

    Examples
    --------
    >>> from wbe.recipes import published
    >>> row = published.castiglioni_errors().row("analysis", {"case": "highest"})
    >>> row.spread, row.verified
    (0.26, 'confirmed')
    """
    place = resources.files(__package__).joinpath("castiglioni_2013.csv")
    with resources.as_file(place) as path:
        return ErrorModel.read_csv(path)


def found_or_limit(samples: xr.Dataset, analyte: str) -> tuple[xr.Dataset, xr.DataArray, Flags]:
    """Return the samples of one analyte, its concentrations with limits, and which are limits.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
    analyte : str

    Returns
    -------
    tuple of (Dataset (sample,), DataArray (sample,) [ng/L], ndarray (sample,) of bool)
        Samples without a result, limit, flow or population are left out.

    Raises
    ------
    UsageError
        If the samples do not hold the analyte.
    """
    if analyte not in samples["analyte"]:
        raise UsageError(f"the samples hold no {analyte}")
    one = samples.sel(analyte=analyte)
    below = np.isin(one["status"].values.astype(str), CENSORED)
    limit = reporting_limit(one["status"].values.astype(str), one["lod"].values, one["loq"].values)
    amount = one["concentration"].copy(data=np.where(below, limit, one["concentration"].values))
    known = (amount.values > 0) & (one["flow"].values > 0) & (one["population"].values > 0)
    at = np.flatnonzero(known)
    return one.isel(sample=at), amount.isel(sample=at), below[at]


def step_terms(samples: xr.Dataset, errors: ErrorModel, case: str) -> tuple[Term, ...]:
    """Return the error of each step, shared by whom its level says.

    Parameters
    ----------
    samples : Dataset (sample,)
    errors : ErrorModel
        A lognormal row for each of `STEPS`.
    case : str
        Which rows count: those of ``case=`` and this.

    Returns
    -------
    tuple of Term

    Raises
    ------
    UsageError
        If a step is missing, or is not lognormal or of a level that the samples do not have.
    """
    found = []
    for step in STEPS:
        row = errors.row(step, {"case": case})
        if row.distribution != "lognormal" or row.level not in ("global", *_WHO):
            raise UsageError(f"{step} must be lognormal, and global or of a lab, site or sample")
        size = np.full(samples.sizes["sample"], row.log_sd)
        stated = samples[STATED[step]].values if step in STATED else np.full(len(size), np.nan)
        size = np.where(np.isfinite(stated), np.sqrt(np.log1p(stated**2)), size)
        who = samples[_WHO[row.level]].values.astype(str) if row.level in _WHO else step
        found.append(Term(step, row.level, np.broadcast_to(who, size.shape), size))
    return tuple(found)


def root_of_squares(terms: tuple[Term, ...]) -> Floats:
    """Return the root of the sum of squares of the relative sds of steps [1], (row,).

    Parameters
    ----------
    terms : tuple of Term
        Lognormal.

    Notes
    -----
    U = sqrt(sum RSD_i^2) with RSD = sqrt(exp(s^2) - 1) of a lognormal of log-sd s: the sum for
    independent steps, to first order.
    """
    squares = sum((np.expm1(term.size**2) for term in terms), np.zeros(len(terms[0].size)))
    return np.asarray(np.sqrt(squares))
