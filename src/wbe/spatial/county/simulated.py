"""Counties drawn from the model itself: for calibration, planning and the sampler's own tests."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbe.spatial.county.data import INFLUENT, OPEN_CHANNEL, CountyData, CountyPriors

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass(frozen=True)
class CountyTruth:
    """What a simulated county really was, one row a county.

    Attributes
    ----------
    mu : ndarray (county, round) [1]
    beta : ndarray (county,) [1]
    u : ndarray (county, town) [1]
    v : ndarray (county, round, town) [1]
    tau, omega, sigma_point, sigma_sample : ndarray (county,) [1]
    """

    mu: Floats
    beta: Floats
    u: Floats
    v: Floats
    tau: Floats
    omega: Floats
    sigma_point: Floats
    sigma_sample: Floats

    @property
    def typical(self) -> Floats:
        """Mean over rounds of mu plus u, ln theta, shape (county, town)."""
        return np.asarray(self.mu.mean(axis=1)[:, None] + self.u)

    @property
    def visit(self) -> Floats:
        """What a visit meets, mu + u + v, shape (county, round, town)."""
        return np.asarray(self.mu[:, :, None] + self.u[:, None] + self.v)


@dataclass(frozen=True)
class CountyPlaces:
    """Where and when a county is sampled: the fields of `CountyData` but for the values.

    Attributes
    ----------
    town, round, point, kind : ndarray (n,) of int
        As in `CountyData`.
    n_towns, n_rounds, n_points : int
        As in `CountyData`.
    """

    town: Ints
    round: Ints
    point: Ints
    kind: Ints
    n_towns: int
    n_rounds: int
    n_points: int


def county_design(
    n_towns: int = 13, n_points: int = 5, n_rounds: int = 1, open_channels: int = 2
) -> CountyPlaces:
    """Return the places of a county in which every town has as many points, sampled each round.

    Parameters
    ----------
    n_towns, n_points, n_rounds : int
        Points: of each town.
    open_channels : int
        How many points of a town lie in an open channel.

    Returns
    -------
    CountyPlaces

    Examples
    --------
    >>> from wbe.spatial import county
    >>> places = county.county_design(n_towns=4, n_points=3)
    >>> places.town.tolist()
    [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    """
    axes = (np.arange(k) for k in (n_rounds, n_towns, n_points))
    round_, town, place = (x.ravel() for x in np.meshgrid(*axes, indexing="ij"))
    kind = np.where(place < open_channels, OPEN_CHANNEL, INFLUENT)
    point = town * n_points + place
    return CountyPlaces(town, round_, point, kind, n_towns, n_rounds, n_towns * n_points)


def draw_truth(
    n: int, n_towns: int, n_rounds: int, priors: CountyPriors, rng: np.random.Generator,
    *, tau: float | None = None, sigma_within: float | None = None, omega: float | None = None,
) -> CountyTruth:  # fmt: skip
    """Draw counties from the prior, or at stated scales.

    Parameters
    ----------
    n : int
        Counties.
    n_towns, n_rounds : int
    priors : CountyPriors
        `level` None stands for 0.
    rng : numpy.random.Generator
    tau, sigma_within, omega : float, optional [1]
        Instead of draws; `sigma_within` is split evenly between points and samples.

    Returns
    -------
    CountyTruth

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.spatial import county
    >>> truth = county.draw_truth(2, 4, 1, county.CountyPriors(), np.random.default_rng(1), tau=0.8)
    >>> truth.tau.tolist()
    [0.8, 0.8]
    """

    def scale(limit: float, stated: float | None) -> Floats:
        drawn = np.abs(rng.standard_normal(n)) * limit
        return drawn if stated is None else np.full(n, float(stated))

    t = scale(priors.tau, tau)
    o = scale(priors.omega, omega)
    half = None if sigma_within is None else sigma_within / np.sqrt(2.0)
    w, e = scale(priors.sigma_point, half), scale(priors.sigma_sample, half)
    u = t[:, None] * rng.standard_t(priors.df, (n, n_towns))
    v = o[:, None, None] * rng.standard_normal((n, n_rounds, n_towns))
    mu = (priors.level or 0.0) + priors.mean_sd * rng.standard_normal((n, n_rounds))
    return CountyTruth(mu, priors.kind * rng.standard_normal(n), u, v, t, o, w, e)


def draw_loads(
    truth: CountyTruth, places: CountyPlaces, rng: np.random.Generator,
    *, log_limit: float = -np.inf, shared: Floats | None = None,
) -> CountyData:  # fmt: skip
    """Draw a batch of counties' samples.

    Parameters
    ----------
    truth : CountyTruth
    places : CountyPlaces
        From `county_design`.
    rng : numpy.random.Generator
    log_limit : float [1]
        Log of the limit below which a sample is censored.
    shared : ndarray (n, unknown), optional [1]
        Known errors, as in `CountyData`.

    Returns
    -------
    CountyData

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.spatial import county
    >>> places, rng = county.county_design(n_towns=4, n_points=3), np.random.default_rng(1)
    >>> truth = county.draw_truth(1, 4, 1, county.CountyPriors(), rng, tau=0.8)
    >>> county.draw_loads(truth, places, rng).log_load.shape
    (1, 12)
    """
    counties, n = len(truth.tau), len(places.town)
    w = truth.sigma_point[:, None] * rng.standard_normal((counties, places.n_points))
    z = truth.visit[:, places.round, places.town]
    z = z + truth.beta[:, None] * (places.kind == OPEN_CHANNEL) + w[:, places.point]
    z = z + truth.sigma_sample[:, None] * rng.standard_normal((counties, n))
    if shared is not None:
        z = z + rng.standard_normal((counties, shared.shape[1])) @ shared.T
    low = z < log_limit
    return CountyData(
        np.where(low, log_limit, z), low, places.town, places.round, places.point, places.kind,
        places.n_towns, places.n_rounds, places.n_points, shared=shared,
    )  # fmt: skip
