"""Within-matrix index of samples that allow no per-capita value: streams, soil, sediment."""

from __future__ import annotations

import json

import numpy as np
import xarray as xr

from wbe import qc
from wbe.backcalc import rows
from wbe.errors import UsageError
from wbe.schema import CENSORED


def with_index_fits(result: xr.Dataset) -> xr.Dataset:
    """Add centre and scale of every matrix and analyte, as ``attrs["index_fits"]``.

    Parameters
    ----------
    result : Dataset (sample, analyte)
        With the ``method`` of each sample.

    Notes
    -----
    They come from a censored lognormal fitted to the first round and stay frozen:
    re-standardising each round would erase change. Values of different matrices share no scale.
    """
    s = rows.extract(result)
    fits: dict[str, dict[str, float]] = {}
    for matrix in sorted(set(s.matrix[s.method == "none"].tolist())):
        here = (s.matrix == matrix) & (s.method == "none")
        first = rows.ordered_rounds(s)[0]
        for j, analyte in enumerate(s.analyte):
            fit = _reference(s, here & (s.round == first), j)  # of the campaign's first round
            if fit is not None:
                fits[f"{matrix}|{analyte}"] = {"centre": fit.mu, "scale": fit.sd, "n": fit.n}
    return result.assign_attrs(index_fits=json.dumps(fits))


def with_index(result: xr.Dataset) -> xr.Dataset:
    """Add ``index`` = (ln C - centre) / scale within matrix and analyte.

    Parameters
    ----------
    result : Dataset (sample, analyte)
        With ``concentration_lower`` and so on, and ``attrs["index_fits"]``.

    Returns
    -------
    Dataset
        ``index``, ``index_lower``, ``index_upper`` (sample, analyte) [1], for samples without a
        per-capita route; NaN where the first round carries no fit, or the value is a non-detect.
    """
    s = rows.extract(result)
    shape = (len(s.sample), len(s.analyte))
    out = {name: np.full(shape, np.nan) for name in ("index", "index_lower", "index_upper")}
    low, high = (_log(result, end) for end in ("lower", "upper"))
    with np.errstate(divide="ignore"):
        centre_of = np.log(s.amount)
    for group, fit in json.loads(result.attrs["index_fits"]).items():
        matrix, _, analyte = group.partition("|")
        j = s.column(analyte)
        here = (s.matrix == matrix) & (s.method == "none")
        at = np.flatnonzero(here & np.isfinite(s.amount[:, j]))
        for name, log in (("index", centre_of), ("index_lower", low), ("index_upper", high)):
            out[name][at, j] = (log[at, j] - fit["centre"]) / fit["scale"]
    dims, attrs = ("sample", "analyte"), {"units": "1"}
    return result.assign({name: (dims, value, attrs) for name, value in out.items()})


def _log(result: xr.Dataset, end: str) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(result[f"concentration_{end}"].values))


def _reference(s: rows.Samples, here: np.ndarray, j: int) -> qc.LognormalFit | None:
    # a non-detect without a limit stays in: the fit refuses it, rather than forget it
    at = np.flatnonzero(here & (np.isfinite(s.amount[:, j]) | np.isin(s.status[:, j], CENSORED)))
    at = at[np.argsort(s.sample[at], kind="stable")]
    try:
        return qc.fit_lognormal(s.amount[at, j], s.limit[at, j], s.least[at, j])
    except UsageError:  # too few values to tell centre and scale: no index, as documented
        return None
