"""What each cell of the lab table states, its limit, and the fits that draws of non-detects use."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import xarray as xr

from wbe import qc, schema
from wbe.backcalc import rows
from wbe.errors import SchemaError, UsageError


def with_amounts(samples: xr.Dataset, rule: str, unstated: str | None = None) -> xr.Dataset:
    """Add what each cell states, in which kind of unit, and the limit of each non-detect.

    `unstated` is `wbe.backcalc.arrays.unstated_kind` of the campaign, where these are some of
    its samples.
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
    filled = qc.substitute(rule, limits["limit"], limits["lod"], limits["loq"])
    cells = ("sample", "analyte")
    return samples.assign(
        amount=(cells, amount),
        limit=(cells, limits["limit"]),
        substituted=(cells, filled),
        kind=(cells, kind),
    )


def with_fits(result: xr.Dataset) -> xr.Dataset:
    """Fit a censored lognormal to every group (matrix, unit, analyte) that can carry one."""
    fits: dict[str, Any] = {}
    reasons: dict[str, str] = {}
    if result.attrs["nondetects"] == "censored" and result.attrs["draws"] > 0:
        s = rows.extract(result.assign_attrs(markers="{}", nondetect_fits="{}"))
        low = np.isin(s.status, schema.CENSORED)
        i, j = np.nonzero(low | np.isfinite(s.amount))
        groups = rows.nondetect_group(s, i, j)
        for group in sorted(set(groups[low[i, j]].tolist())):
            ii, jj = i[groups == group], j[groups == group]
            order = np.argsort(s.sample[ii], kind="stable")
            ii, jj = ii[order], jj[order]
            try:
                fit = qc.fit_lognormal(s.amount[ii, jj], s.limit[ii, jj])
            except UsageError as refusal:
                reasons[group] = str(refusal)
                continue
            fits[group] = {
                "mu": fit.mu,
                "log_sd": fit.log_sd,
                "covariance": fit.covariance.tolist(),
                "n": fit.n,
                "n_censored": fit.n_censored,
            }
    return result.assign_attrs(
        nondetect_fits=json.dumps(fits), nondetect_refusals=json.dumps(reasons)
    )
