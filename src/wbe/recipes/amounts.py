"""What each cell of the lab table states, its limit, and the fits that draws of non-detects use."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from wbe import qc, schema
from wbe.backcalc import rows
from wbe.errors import SchemaError, UsageError
from wbe.qc.censoring import Censored
from wbe.qc.censoring.site_levels import fit_site_levels

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Strings = NDArray[np.str_]

MIN_A_SITE = 3
"""Results a site and round, on average, from which each has a level of its own."""


def with_amounts(
    samples: xr.Dataset,
    rule: str,
    unstated: str | None = None,
    telling: frozenset[tuple[str, str]] | None = None,
) -> xr.Dataset:
    """Add what each cell states, in which kind of unit, and the limit of each non-detect.

    `unstated` is `wbe.backcalc.arrays.unstated_kind` of the campaign, and `telling` its
    `telling_labs`, where these are some of its samples.
    """
    shape = (samples.sizes["sample"], samples.sizes["analyte"])
    status = samples["status"].values.astype(str)
    amount = np.full(shape, np.nan)
    limits = {name: np.full(shape, np.nan) for name in ("limit", "lod", "loq")}
    kind = rows.kinds(samples, unstated)
    for name in rows.AMOUNTS:
        if name not in samples:
            continue
        here = kind == name
        amount = np.where(here, samples[name].values, amount)
        lod, loq = (rows.limits(samples, name, which) for which in ("lod", "loq"))
        limit = qc.reporting_limit(status, lod, loq)
        for key, value in (("limit", limit), ("lod", lod), ("loq", loq)):
            limits[key] = np.where(here, value, limits[key])
    amount = np.where(status == "quantified", amount, np.nan)
    if (amount <= 0).any():
        raise SchemaError(
            "a quantified value is zero or negative; a result that was not found has a status "
            "below_loq or below_lod and no value"
        )
    least = _least(samples, telling_labs(samples) if telling is None else telling, limits)
    filled = qc.substitute(rule, limits["limit"], limits["lod"], limits["loq"])
    cells = ("sample", "analyte")
    return samples.assign(
        amount=(cells, amount),
        limit=(cells, limits["limit"]),
        least=(cells, least),
        substituted=(cells, filled),
        kind=(cells, kind),
    )


def telling_labs(samples: xr.Dataset) -> frozenset[tuple[str, str]]:
    """Return the (laboratory, analyte) whose results below the LOQ are known to exceed the LOD.

    A laboratory that writes "< LOQ" for whatever it cannot quantify says nothing about the LOD:
    one that tells has results below the LOD as well as results below the LOQ.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
        Of the whole campaign.
    """
    status, lab = samples["status"].values.astype(str), _labs(samples)
    analytes = samples["analyte"].values.astype(str)
    found = []
    for name in np.unique(lab):
        here = status[lab == name]
        both = (here == "below_lod").any(axis=0) & (here == "below_loq").any(axis=0)
        found += [(str(name), str(analyte)) for analyte in analytes[both]]
    return frozenset(found)


def _labs(samples: xr.Dataset) -> Strings:
    if "lab" in samples:
        return np.asarray(samples["lab"].values.astype(str))
    return np.full(samples.sizes["sample"], "")


def _least(
    samples: xr.Dataset, telling: frozenset[tuple[str, str]], limits: dict[str, Floats]
) -> Floats:
    """Return what each non-detect is known to exceed: the LOD of a result below the LOQ, else 0."""
    lab, analytes = _labs(samples), samples["analyte"].values.astype(str).tolist()
    told = {name: [(name, a) in telling for a in analytes] for name in set(lab.tolist())}
    between = samples["status"].values.astype(str) == "below_loq"
    between &= np.array([told[name] for name in lab.tolist()], dtype=bool).reshape(between.shape)
    between &= limits["lod"] < limits["limit"]
    out = np.where(np.isfinite(limits["limit"]), 0.0, np.nan)
    return np.where(between, limits["lod"], out)


def with_fits(result: xr.Dataset) -> xr.Dataset:
    """Fit a censored lognormal to every group (matrix, unit, analyte) that can carry one."""
    fits: dict[str, Any] = {}
    reasons: dict[str, str] = {}
    if result.attrs["nondetects"] == "censored" and result.attrs["draws"] > 0:
        s = rows.extract(result.assign_attrs(markers="{}", nondetect_fits="{}"))
        low = np.isin(s.status, schema.CENSORED)
        once = np.zeros(len(s.sample), dtype=bool)  # a plant of several areas has a row in each
        once[np.unique(s.sample, return_index=True)[1]] = True
        i, j = np.nonzero((low | np.isfinite(s.amount)) & once[:, None])
        groups = rows.nondetect_group(s, i, j)
        for group in sorted(set(groups[low[i, j]].tolist())):
            ii, jj = i[groups == group], j[groups == group]
            order = np.argsort(s.sample[ii], kind="stable")
            ii, jj = ii[order], jj[order]
            try:
                fit = qc.fit_lognormal(s.amount[ii, jj], s.limit[ii, jj], s.least[ii, jj])
            except UsageError as refusal:
                reasons[group] = str(refusal)
                continue
            fits[group] = {
                "mu": fit.mu,
                "log_sd": fit.log_sd,
                "covariance": fit.covariance.tolist(),
                "n": fit.n,
                "n_censored": fit.n_censored,
            } | _site_levels(s, ii, jj)
    return result.assign_attrs(
        nondetect_fits=json.dumps(fits), nondetect_refusals=json.dumps(reasons)
    )


def _site_levels(s: rows.Samples, i: Ints, j: Ints) -> dict[str, Any]:
    """Return the levels of a group's sites in their rounds; nothing where these have few samples.

    Where all rows have flow and population the levels are those of the load a person, not of the
    concentration: rain that dilutes a sample lowers its concentration, and so the limit of its
    load moves while the load does not.
    """
    sites = rows.site_round(s, i)
    if len(i) < MIN_A_SITE * len(set(sites.tolist())):
        return {}
    offset = rows.load_offset(s, i, j)
    on_load = bool(np.isfinite(offset).all())
    factor = np.exp(offset if on_load else np.zeros(len(i)))
    found = np.isfinite(s.amount[i, j])
    high = np.where(found, s.amount[i, j], s.limit[i, j]) * factor
    low = np.where(found, high, s.least[i, j] * factor)
    try:
        fit = fit_site_levels(Censored(low, high), sites)
    except UsageError:  # nothing tells levels and spread apart: one fit for all stays
        return {}
    return {
        "between": fit.between,
        "on_load": on_load,
        "site_log_sd": fit.log_sd,
        "sites": {
            name: [float(mu), *covariance.ravel().tolist()]
            for name, mu, covariance in zip(fit.sites, fit.mu, fit.covariance, strict=True)
        },
    }
