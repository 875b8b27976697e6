"""Streams and soil of a county: symbols of their own, never part of a town's value."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from wbe.backcalc import rows
from wbe.errors import UsageError
from wbe.schema import CENSORED
from wbe.uncertainty import Stream, blocks, log_draws

PERCENTILE = 0.9
"""Percentile of the reference round's points that marks a stream as high."""

SURFACE_WATER = "surface_water"


def stream_symbols(
    values: xr.Dataset, analyte: str, *, reference_round: str = "first"
) -> pd.DataFrame:
    """Return the probability that any stream point of an area is high, by round.

    Parameters
    ----------
    values : Dataset
        From `wbe.by_area`.
    analyte : str
        Residue.
    reference_round : str
        ``first``, or the round whose points set the percentile.

    Returns
    -------
    DataFrame
        area, round, reference_round, n_points, n_censored, threshold [ng/L], p_any_high [1] (NaN
        without draws), highest [ng/L] (non-detects at their limit). One row an area and round with
        surface water.

    Raises
    ------
    UsageError
        If the analyte or the reference round is unknown.

    Notes
    -----
    p = Pr(max_j C_j > q90), q90 the 90th percentile of the reference round's stream points as
    measured (non-detects at their limit), frozen. Streams stand where suspicion was: the number
    says where somebody looked and what was found there, and nothing of the town's sewage.
    Non-detects without a fit count at their limit, which makes p an upper bound.

    Examples
    --------
    >>> import wbe
    >>> folder = "data/samples/example-county"
    >>> samples = wbe.read(f"{folder}/lab/2018Q1_streams_soil_synthetic.tsv")
    >>> sites = wbe.read_sites(f"{folder}/sites.csv")
    >>> areas = wbe.read_areas(f"{folder}/areas.geojson")
    >>> located = wbe.locate(samples, sites, areas)
    >>> values = wbe.by_area(wbe.estimate(located, draws=500))
    >>> table = wbe.spatial.stream_symbols(values, "methamphetamine")
    >>> table[["area", "n_points", "threshold", "highest"]].head(2).round(1)
       area  n_points  threshold  highest
    0  EX02         1     1975.0   2260.0
    1  EX04         1     1975.0   1690.0
    """
    s, i, j = _found(values, analyte, (SURFACE_WATER,))
    measured = _at_limit(s, i, j)
    rounds = values["round"].values.astype(str).tolist()
    wanted = _reference(reference_round, rounds, s.round[i])
    at_reference = measured[s.round[i] == wanted]
    threshold = float(np.quantile(at_reference, PERCENTILE)) if len(at_reference) else np.nan
    high = _above(values, s, i, j, measured, threshold)
    out = []
    for area, round_ in sorted(set(zip(s.area[i].tolist(), s.round[i].tolist(), strict=True))):
        here = (s.area[i] == area) & (s.round[i] == round_)
        p = float(high[here].any(axis=0).mean()) if high.shape[1] else np.nan
        out.append({
            "area": area, "round": round_, "reference_round": wanted,
            "n_points": len(set(s.site[i][here].tolist())),
            "n_censored": int(np.isin(s.status[i, j], CENSORED)[here].sum()),
            "threshold": threshold, "p_any_high": p if np.isfinite(threshold) else np.nan,
            "highest": float(measured[here].max()),
        })  # fmt: skip
    return pd.DataFrame(out, columns=["area", "round", "reference_round", "n_points", "n_censored",
                                      "threshold", "p_any_high", "highest"])  # fmt: skip


def legacy_residue(values: xr.Dataset, analyte: str) -> pd.DataFrame:
    """Return what soil and sediment of each area hold, by round; no tier.

    Parameters
    ----------
    values : Dataset
        From `wbe.by_area`.
    analyte : str
        Residue.

    Returns
    -------
    DataFrame
        area, round, matrix, n_points, n_censored, lowest, median, highest [ng/g dry weight],
        non-detects at their limit: ``median`` and ``lowest`` are upper bounds where there are any.

    Raises
    ------
    UsageError
        If the analyte is unknown.

    Notes
    -----
    Soil keeps what was spilt years ago; nothing ties it to the use of the present.

    Examples
    --------
    >>> import wbe
    >>> folder = "data/samples/example-county"
    >>> samples = wbe.read(f"{folder}/lab/2018Q1_streams_soil_synthetic.tsv")
    >>> sites = wbe.read_sites(f"{folder}/sites.csv")
    >>> areas = wbe.read_areas(f"{folder}/areas.geojson")
    >>> located = wbe.locate(samples, sites, areas)
    >>> values = wbe.by_area(wbe.estimate(located, draws=500))
    >>> table = wbe.spatial.legacy_residue(values, "methamphetamine")
    >>> table[["area", "matrix", "n_points", "median"]].head(2)
       area matrix  n_points  median
    0  EX03   soil         1    9.08
    1  EX06   soil         1   22.70
    """
    s, i, j = _found(values, analyte, rows.SOLIDS)
    measured = _at_limit(s, i, j)
    keys = zip(s.area[i].tolist(), s.round[i].tolist(), s.matrix[i].tolist(), strict=True)
    out = []
    for area, round_, matrix in sorted(set(keys)):
        here = (s.area[i] == area) & (s.round[i] == round_) & (s.matrix[i] == matrix)
        out.append({
            "area": area, "round": round_, "matrix": matrix,
            "n_points": len(set(s.site[i][here].tolist())),
            "n_censored": int(np.isin(s.status[i, j], CENSORED)[here].sum()),
            "lowest": float(measured[here].min()), "median": float(np.median(measured[here])),
            "highest": float(measured[here].max()),
        })  # fmt: skip
    return pd.DataFrame(out, columns=["area", "round", "matrix", "n_points", "n_censored",
                                      "lowest", "median", "highest"])  # fmt: skip


def _found(
    values: xr.Dataset, analyte: str, matrices: tuple[str, ...]
) -> tuple[rows.Samples, NDArray[np.intp], NDArray[np.intp]]:
    s = rows.extract(values)
    j = s.column(analyte)
    if j < 0:
        raise UsageError(f"no residue {analyte!r}; there are {', '.join(s.analyte.tolist())}")
    low = np.isin(s.status[:, j], CENSORED) & np.isfinite(s.limit[:, j])
    known = np.isfinite(s.amount[:, j]) | low
    i = np.flatnonzero(np.isin(s.matrix, matrices) & known & (s.area != ""))
    return s, i, np.full(len(i), j)


def _at_limit(s: rows.Samples, i: NDArray[np.intp], j: NDArray[np.intp]) -> NDArray[np.float64]:
    return np.exp(rows.product(s, "concentration", i, j, "limit").log_central)


def _reference(wanted: str, rounds: list[str], used: NDArray[np.str_]) -> str:
    if wanted == "first":
        return next((r for r in rounds if (used == r).any()), rounds[0])
    if wanted not in rounds:
        raise UsageError(f"reference_round = {wanted!r}; the rounds are {', '.join(rounds)}")
    return wanted


def _above(
    values: xr.Dataset, s: rows.Samples, i: NDArray[np.intp], j: NDArray[np.intp],
    measured: NDArray[np.float64], threshold: float,
) -> NDArray[np.bool_]:  # fmt: skip
    """Return which points are above the threshold in which draw, shape (row, draw)."""
    n = int(values.attrs["draws"])
    out = np.zeros((len(i), n), dtype=bool)
    if not len(i) or not np.isfinite(threshold):
        return out
    p, stream = rows.product(s, "concentration", i, j), Stream(values.attrs["seed"],
                                                                s.model.correlations)  # fmt: skip
    unfit = np.isnan(p.log_central)
    for block, span in blocks(n):
        drawn = log_draws(p, stream, block)[:, : span.stop - span.start]
        log = np.where(np.isnan(drawn) & unfit[:, None], np.log(measured)[:, None], drawn)
        out[:, span] = log > np.log(threshold)
    return out
