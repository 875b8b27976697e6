"""The value of an area in a round, as a model that can be drawn from.

Two designs. A *county round* has several points an area: its value is the geometric level that a
sewage sample of the area shows, with a t-based uncertainty from the spread of its points and the
errors that its points share. *Plants* measure whole catchments: the value is the mean over dates,
weighted by population over plants. Everything is regenerated from a result Dataset by key.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from wbe.backcalc import rows
from wbe.spatial.shared import Shared, Unknown, averaged, variance_of
from wbe.uncertainty import (
    BLOCK,
    SHARED_BY_AREA,
    Product,
    Stream,
    Term,
    half_variance_shift,
    log_draws,
    log_fraction,
    mean_shift,
    natural,
    student_quantiles,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

MIN_SITES = 3
"""Valid points below which a county round's area has no interval and no tier."""

COUNTY, PLANTS = "county_round", "plants"
GEOMETRIC, ARITHMETIC = "geometric", "arithmetic"


@dataclass(frozen=True)
class Level:
    """How area values are made from samples.

    Attributes
    ----------
    design : str
        `COUNTY` or `PLANTS`.
    statistic : str
        `GEOMETRIC` or `ARITHMETIC`.
    base : str
        ``pn_mass_load`` or ``concentration``.
    """

    design: str
    statistic: str
    base: str

    @property
    def weighted(self) -> bool:
        """Whether the value is the mean on the natural scale, weighted by population."""
        return self.design == PLANTS and self.statistic == ARITHMETIC


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

    def by_site(self, values: Floats) -> Floats:
        """Return the mean over each site's samples, shape (site, ...)."""
        if len(values) == self.n_sites:  # one sample a site
            return values
        starts, counts = self._runs
        shape = (-1,) + (1,) * (values.ndim - 1)
        return np.asarray(np.add.reduceat(values, starts, axis=0) / counts.reshape(shape))

    @property
    def first(self) -> Ints:
        """Position of each site's first sample."""
        return self._runs[0]

    @property
    def shares(self) -> Floats:
        """Weight of each sample in the mean over points of the mean over each point's samples."""
        return np.asarray(
            (1.0 / self.n_sites / np.bincount(self.site, minlength=self.n_sites))[self.site]
        )

    @cached_property
    def _runs(self) -> tuple[Ints, Ints]:
        """First position and number of samples of each site."""
        counts = np.bincount(self.site, minlength=self.n_sites)
        return np.cumsum(counts) - counts, counts


@dataclass(frozen=True)
class AreaModel:
    """An area's value, ready to be drawn.

    Attributes
    ----------
    members : Members
    level : Level
    own : Product
        Rows with the errors that do not multiply the whole value.
    shared : tuple of Shared
        Errors that do.
    mean, variance : float
        Of the points' logs, where no non-detect has to be drawn; geometric values only [1].
    shift : float
        Taken off the log of a mean on the natural scale (see `wbe.uncertainty.mean_shift`).
    """

    members: Members
    level: Level
    own: Product
    shared: tuple[Shared, ...]
    mean: float = np.nan
    variance: float = np.nan
    shift: float = 0.0

    def bound(self, path: dict[str, Any] | None, outside: float) -> float:
        """Return the upper bound of a value whose non-detects stand at their limits.

        The shared errors go out to the probability `outside`, the t of the points to 2.5 %: with
        three points a t of 0.1 % is no bound but a multiple of ten thousand. Both are added: a
        bound allows for the worst of each. Shared errors that are not lognormal count with the sd
        of their log.
        """
        n, centre, variance = (
            self.members.n_sites,
            self.mean,
            variance_of(self.shared, self.own.correlations),
        )
        if path is not None:
            centre += np.log(path["correction_factor"])
            variance += (path["logit_sd"] * (1 - path["excretion"])) ** 2
        scale = np.array([np.sqrt(self.variance / n)])
        own = student_quantiles(scale, np.array([n - 1]), np.zeros(1), None, (0.5, 0.975))[0, 1]
        return float(np.exp(centre + own + ndtri(1 - outside) * np.sqrt(variance)))

    def own_draws(self, stream: Stream, block: int) -> Floats:
        """Return one block of draws of the log without the shared errors, shape (BLOCK,)."""
        return (self._weighted if self.level.weighted else self._geometric)(stream, block)

    @property
    def is_student(self) -> bool:
        """Whether it is a geometric county value with nothing to impute and a spread."""
        plain = self.level.design == COUNTY and self.level.statistic == GEOMETRIC
        return plain and self.own.below is None and self.members.n_sites > 1

    @property
    def is_exact(self) -> bool:
        """Whether `exact` holds: Student's t of the points, and lognormal shared errors."""
        return self.is_student and all(e.unknown.shape is None for e in self.shared)

    def exact(self, path: dict[str, Any] | None, at: tuple[float, ...]) -> Floats:
        """Return the quantiles `at` of the value, without drawing."""
        n, factor, centre = self.members.n_sites, None, self.mean
        if path is not None:
            centre += np.log(path["correction_factor"])
            factor = (path["excretion"], -path["logit_sd"])
        sd = np.sqrt(variance_of(self.shared, self.own.correlations))
        scale = np.sqrt(self.variance / n)
        if not np.isfinite(scale):
            return np.full(len(at), np.nan)
        log = student_quantiles(np.array([scale]), np.array([n - 1]), np.array([sd]), factor, at)
        return natural(centre + log[0])

    def _weighted(self, stream: Stream, block: int) -> Floats:
        m = self.members
        with np.errstate(invalid="ignore", divide="ignore"):
            by_site = m.by_site(np.exp(log_draws(self.own, stream, block)))
            mean = (m.weights[:, None] * by_site).sum(axis=0)
            return np.asarray(np.log(mean) - self.shift)

    def _geometric(self, stream: Stream, block: int) -> Floats:
        """Mean of the points' logs with its t-based error: see `compile_areas`."""
        if self.level.design == PLANTS:  # whole catchments: their errors are all in `shared`
            return np.asarray(self.members.by_site(log_draws(self.own, stream, block)).mean(axis=0))
        mean: Floats | float = self.mean
        variance: Floats | float = self.variance
        n = self.members.n_sites
        if self.own.below is not None:
            y = self.members.by_site(log_draws(self.own, stream, block))
            mean = y.mean(axis=0)
            variance = np.square(y - mean).sum(axis=0) / (n - 1) if n > 1 else np.nan
        if n < 2:
            return np.zeros(BLOCK) + mean
        t, w = stream.students("area_level", self.members.label, n - 1, block)
        out = t * np.sqrt(variance / n)
        out += mean
        if self.level.statistic == ARITHMETIC:
            out += variance / w / 2 - self.shift
        return out


def log_draws_of(models: list[AreaModel], stream: Stream, block: int) -> Floats:
    """Return one block of draws of the logs of several values.

    Parameters
    ----------
    models : list of AreaModel
    stream : Stream
    block : int

    Returns
    -------
    ndarray (area, BLOCK)
        Each row is the same whatever other areas are asked for with it: shared errors are added
        in the order of their names.
    """
    out = np.empty((len(models), BLOCK))
    for row, model in zip(out, models, strict=True):
        row[:] = model.own_draws(stream, block)
        for unknown, coefficient in sorted(model.shared, key=_by_name):
            row += coefficient * unknown.log_error(stream, block)
    return out


def _by_name(e: Shared) -> tuple[str, str, str]:
    return e.unknown.key()


def compile_areas(
    s: rows.Samples, level: Level, group: list[Members], censored: rows.Censored = "fit"
) -> list[AreaModel]:
    """Return areas' values as models to draw from.

    Parameters
    ----------
    s : Samples
    level : Level
    group : list of Members
        One an area.
    censored : str
        What non-detects stand for, as in `wbe.backcalc.rows.product`.

    Returns
    -------
    list of AreaModel

    Notes
    -----
    County round: y_j is the log value of point j (mean over its samples), n the number of points,
    s^2 the variance of y. Each draw is ln theta = mean(y) + t_(n-1) s / sqrt(n) + mean over points
    of the shared errors (laboratory, marker, visit); errors of single points and samples are in s
    already. The arithmetic statistic adds sigma^2 / 2 with sigma^2 = (n - 1) s^2 / chi2_(n-1), the
    chi-squared of the same t, less the shift that keeps its median at mean(y) + s^2 / 2. Plants:
    all errors of all rows, averaged on the natural scale, less a shift that keeps the median of
    the mean at the plain mean; errors that all rows carry alike are taken out of the mean.
    """
    if not group:
        return []
    i, j = (np.concatenate([getattr(m, name) for m in group]) for name in ("i", "j"))
    whole = rows.product(s, level.base, i, j, censored)
    ends = np.cumsum([len(m.i) for m in group])
    build = _weighted_model if level.weighted else _geometric_model
    return [
        build(whole, slice(int(end) - len(m.i), int(end)), level, m)
        for m, end in zip(group, ends, strict=True)
    ]


def _geometric_model(whole: Product, at: slice, level: Level, m: Members) -> AreaModel:
    if level.design == PLANTS:
        return _unweighted_plants(whole, at, level, m)
    shared = shared_errors(whole, at, m)
    log = whole.log_central[at]
    own = Product(log, correlations=whole.correlations)
    if whole.below is not None and not np.isfinite(log).all():
        own = whole.only(()).take(np.arange(at.start, at.stop))
    with np.errstate(invalid="ignore"):
        y = m.by_site(log)
        variance = float(y.var(ddof=1)) if len(y) > 1 else np.nan
        arithmetic = level.statistic == ARITHMETIC and len(y) > 1
        shift = half_variance_shift(variance, len(y)) if arithmetic else 0.0
        return AreaModel(m, level, own, shared, float(y.mean()), variance, shift)


def shared_errors(whole: Product, at: slice, m: Members) -> tuple[Shared, ...]:
    """Return the errors that all points of an area carry in a county round.

    Parameters
    ----------
    whole : Product
        Rows of several areas.
    at : slice
        Those of this area.
    m : Members
    """
    carried = [t for t in whole.terms if t.level in SHARED_BY_AREA]
    return averaged(carried, at, m.shares)


def _unweighted_plants(whole: Product, at: slice, level: Level, m: Members) -> AreaModel:
    p = whole.take(np.arange(at.start, at.stop))
    shared = averaged(list(p.terms), slice(None), m.shares)
    return AreaModel(m, level, p.only(()), shared)


def _weighted_model(whole: Product, at: slice, level: Level, m: Members) -> AreaModel:
    p = whole.take(np.arange(at.start, at.stop))
    alike = [t for t in p.terms if _is_alike(t)]
    rest = replace(p, terms=tuple(t for t in p.terms if not _is_alike(t)))
    shared = (Shared(Unknown(t.name, str(t.labels[0]), t.shape), float(t.size[0])) for t in alike)
    carried = tuple(e for e in shared if e.coefficient)
    return AreaModel(m, level, rest, carried, shift=_shift(rest, m))


def central(s: rows.Samples, level: Level, m: Members, censored: rows.Censored) -> float:
    """Return an area's value without uncertainty, NaN where it cannot be told.

    Parameters
    ----------
    s : Samples
    level : Level
    m : Members
    censored : str
        What non-detects stand for.

    Returns
    -------
    float [unit of the base quantity]
    """
    log = rows.product(s, level.base, m.i, m.j, censored).log_central
    with np.errstate(invalid="ignore"):
        if level.weighted:
            return float((m.weights * m.by_site(np.exp(log))).sum())
        y = m.by_site(log)
        extra = y.var(ddof=1) / 2 if level.statistic == ARITHMETIC and len(y) > 1 else 0.0
        return float(np.exp(y.mean() + extra))


def factor_draws(path: dict[str, Any], stream: Stream, block: int) -> Floats:
    """Return one block of the log correction factor; one unknown for everybody.

    Parameters
    ----------
    path : dict
        Pathway: factor_id, correction_factor, excretion, logit_sd.
    stream : Stream
    block : int

    Returns
    -------
    ndarray (BLOCK,)
    """
    out = np.full(BLOCK, np.log(path["correction_factor"]))
    if path["logit_sd"]:
        z = stream.shared("excretion", path["factor_id"], block)
        out += log_fraction(z, path["excretion"], -path["logit_sd"])
    return out


def _is_alike(term: Term) -> bool:
    same_label = bool((term.labels == term.labels[0]).all())
    return same_label and bool((term.size == term.size[0]).all())


def _shift(p: Product, m: Members) -> float:
    known = np.flatnonzero(np.isfinite(p.log_central))
    if not len(known) or np.isnan(m.weights).any():
        return 0.0
    per_site = np.bincount(m.site, minlength=m.n_sites)
    weight = (m.weights / per_site)[m.site] * np.exp(p.log_central)
    return mean_shift(weight[known], p.take(known).terms, p.correlations)
