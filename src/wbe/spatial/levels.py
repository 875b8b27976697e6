"""The value of an area in a round, as rows and draws.

Two designs. A *county round* has several points an area: its value is the geometric level that a
sewage sample of the area shows, with a t-based uncertainty from the spread of its points and the
errors that its points share. *Plants* measure whole catchments: the value is the mean over dates,
weighted by population over plants. Everything is regenerated from a result Dataset by key.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri

from wbe.backcalc import rows
from wbe.uncertainty import BLOCK, SHARED_BY_AREA, Product, Stream, log_draws, mean_shift

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

MIN_SITES = 3
"""Valid points below which a county round's area has no interval and no tier."""

COUNTY, PLANTS = "county_round", "plants"
GEOMETRIC, ARITHMETIC = "geometric", "arithmetic"


@dataclass(frozen=True)
class Members:
    """The samples behind one area's value of one residue in one round.

    Attributes
    ----------
    area, label : str
        Area, and the key of its own random stream (area, round, residue).
    i, j : ndarray (sample,) of int
        Positions in the result, ordered by site and sample id.
    site : ndarray (sample,) of int
        Number of the site, from 0.
    weights : ndarray (site,)
        Weight of each site, summing to 1; NaN where a population is missing.
    """

    area: str
    label: str
    i: Ints
    j: Ints
    site: Ints
    weights: Floats

    @property
    def n_sites(self) -> int:
        """Number of sites."""
        return len(self.weights)


@dataclass(frozen=True)
class Level:
    """How area values are made from samples: the design, the statistic and the quantity.

    Attributes
    ----------
    design : str
        `COUNTY` or `PLANTS`.
    statistic : str
        `GEOMETRIC` or `ARITHMETIC`.
    base : str
        ``pn_mass_load`` or ``concentration``.
    path : dict or None
        Pathway from residue to drug for consumption; None for the residue itself.
    """

    design: str
    statistic: str
    base: str
    path: dict[str, Any] | None = None


def central(s: rows.Samples, level: Level, m: Members, censored: rows.Censored) -> float:
    """Return an area's value without uncertainty, NaN where it cannot be told."""
    p = _carried(rows.product(s, level.base, m.i, m.j, censored), level)
    with np.errstate(invalid="ignore"):
        if level.design == PLANTS and level.statistic == ARITHMETIC:
            return float(m.weights @ _by_site(np.exp(p.log_central)[:, None], m)[:, 0])
        y = _by_site(p.log_central[:, None], m)[:, 0]
        extra = y.var(ddof=1) / 2 if level.statistic == ARITHMETIC and len(y) > 1 else 0.0
        return float(np.exp(y.mean() + extra))


def draws(
    s: rows.Samples,
    level: Level,
    m: Members,
    stream: Stream,
    block: int,
    censored: rows.Censored = "fit",
) -> Floats:
    """Return one block of draws of the log of an area's value, shape (BLOCK,).

    Notes
    -----
    County round: y_j is the log value of point j (mean over its samples), n the number of points,
    s^2 the variance of y. Each draw takes sigma^2 = (n - 1) s^2 / chi2_(n-1), then
    ln theta = mean(y) + sigma z / sqrt(n) + mean over points of the shared errors (factor,
    laboratory, marker, visit); errors of single points and samples are in s already. The
    arithmetic statistic adds sigma^2 / 2. Plants: all errors of all rows, averaged on the natural
    scale, with the shift of `wbe.uncertainty.mean_shift` taken off.
    """
    p = rows.product(s, level.base, m.i, m.j, censored)
    if level.design == PLANTS and level.statistic == ARITHMETIC:
        return _plants(_carried(p, level), m, stream, block)
    return _county(p, level, m, stream, block)


def _county(p: Product, level: Level, m: Members, stream: Stream, block: int) -> Floats:
    y = _by_site(log_draws(p.only(()), stream, block), m)
    shared = Product(np.zeros(len(p)), p.only(SHARED_BY_AREA).terms)
    out = y.mean(axis=0) + _by_site(log_draws(shared, stream, block), m).mean(axis=0)
    n = len(y)
    if n > 1:
        chi2 = 2.0 * stream.at("area_spread", m.label, block).standard_gamma((n - 1) / 2, BLOCK)
        z = stream.at("area_mean", m.label, block).standard_normal(BLOCK)
        with np.errstate(invalid="ignore"):
            sigma2 = y.var(axis=0, ddof=1) * (n - 1) / chi2
        out += np.sqrt(sigma2 / n) * z
        if level.statistic == ARITHMETIC:
            # scaled so that the median of the added half variance is that of the headline
            out += sigma2 / 2 * chdtri(n - 1, 0.5) / (n - 1)
    if level.path is not None:
        out += _factor(level.path, stream, block)
    return out


def _plants(p: Product, m: Members, stream: Stream, block: int) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = m.weights @ _by_site(np.exp(log_draws(p, stream, block)), m)
        return np.asarray(np.log(mean) - plants_shift(p, m))


def plants_shift(p: Product, m: Members) -> float:
    """Return the shift that keeps an arithmetic mean's median at the plain mean (see mean_shift)."""
    known = np.flatnonzero(np.isfinite(p.log_central))
    if not len(known) or np.isnan(m.weights).any():
        return 0.0
    per_site = np.bincount(m.site, minlength=m.n_sites)
    weight = (m.weights / per_site)[m.site] * np.exp(p.log_central)
    return mean_shift(weight[known], p.take(known).terms)


def _carried(p: Product, level: Level) -> Product:
    if level.path is None:
        return p
    path = level.path
    return rows.with_pathway(
        p, path["factor_id"], path["correction_factor"], path["excretion"], path["logit_sd"]
    )


def _factor(path: dict[str, Any], stream: Stream, block: int) -> Floats:
    """Return one block of the log correction factor; one unknown for everybody."""
    one = rows.with_pathway(
        Product(np.zeros(1)),
        path["factor_id"],
        path["correction_factor"],
        path["excretion"],
        path["logit_sd"],
    )
    return log_draws(one, stream, block)[0]


def _by_site(values: Floats, m: Members) -> Floats:
    """Return the mean over each site's samples, shape (site, ...)."""
    starts = np.flatnonzero(np.diff(m.site, prepend=-1))
    counts = np.bincount(m.site, minlength=m.n_sites)
    return np.asarray(np.add.reduceat(values, starts, axis=0) / counts[:, None])
