"""Are neighbouring areas alike? Moran's I, with the uncertainty of the areas' values.

Thirteen towns say little about spatial structure: with n areas the largest attainable significance
is that of n! arrangements, and a p-value is about exchangeability of the *measured* values. Area
values that are uncertain pull I towards zero; the interval over draws shows how far it moves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from wbe.errors import UsageError
from wbe.options import require_choice, require_level
from wbe.spatial.drawn import draws_of
from wbe.spatial.neighbours import Neighbours
from wbe.spatial.series_draws import series_draws

Floats = NDArray[np.float64]

ALTERNATIVES = ("greater", "two_sided")
MIN_AREAS = 4
"""Areas below which the variance under randomisation does not exist."""
_SAME = 1e-14  # rounding of a variance that is zero


@dataclass(frozen=True)
class Moran:
    """Moran's I and three tests of it.

    Attributes
    ----------
    statistic, expected : float
        I and its mean -1 / (n - 1) where areas are exchangeable [1].
    variance_normal, variance_random : float [1]
        Variance for normal values, and over all arrangements of the values.
    p_normal, p_random : float [1]
        From the standard normal of (I - expected) / sd.
    p_permuted : float [1]
        Share of arrangements at least as extreme, the observed one counted.
    alternative : str
    n, permutations, seed : int
    alone : tuple of str
        Areas without neighbours, left out.
    """

    statistic: float
    expected: float
    variance_normal: float
    variance_random: float
    p_normal: float
    p_random: float
    p_permuted: float
    alternative: str
    n: int
    permutations: int
    seed: int
    alone: tuple[str, ...]


@dataclass(frozen=True)
class MoranOfDraws:
    """Moran's I of uncertain area values.

    Attributes
    ----------
    central : Moran
        Of the central values.
    median, lower, upper : float [1]
        Of I over draws, at `level`.
    share_significant : float [1]
        Share of draws that are significant at `alpha` themselves (normal approximation under
        randomisation); far below 1 means that the structure is not certain.
    level, alpha : float [1]
    draws : int
    """

    central: Moran
    median: float
    lower: float
    upper: float
    share_significant: float
    level: float
    alpha: float
    draws: int


def moran(
    values: ArrayLike,
    neighbours: Neighbours,
    *,
    seed: int,
    alternative: str = "two_sided",
    permutations: int = 9_999,
) -> Moran:
    r"""Return Moran's I of area values.

    Parameters
    ----------
    values : array_like (area,) [1]
        In the order of `neighbours.areas`; logs of loads, so that errors that all areas share
        cancel (I does not change under a x + b).
    neighbours : Neighbours
    seed : int
    alternative : str
        ``greater`` (neighbours alike) or ``two_sided``.
    permutations : int

    Returns
    -------
    Moran
        I with its probabilities under three null hypotheses.

    Raises
    ------
    UsageError
        If values are missing, all equal, fewer than four, or not one an area, an option is
        unknown, or there are no permutations.

    Notes
    -----
    .. math:: I = \frac{n}{S_0} \frac{\sum_{ij} w_{ij} z_i z_j}{\sum_i z_i^2},
              \quad E[I] = \frac{-1}{n-1}

    with z the deviations from the mean and S0 the sum of weights. The variances are those of Cliff
    and Ord for normality and for randomisation. Validity: p_normal needs normal values; p_random
    about 20 areas or more; p_permuted any number.

    References
    ----------
    Moran 1950, 10.2307/2332142; Cliff and Ord 1981, Spatial Processes, chapter 2

    Examples
    --------
    >>> from wbe.spatial import neighbours_from_pairs
    >>> line = neighbours_from_pairs("abcdef", zip("abcde", "bcdef"))
    >>> round(moran([1, 2, 3, 4, 5, 6], line, seed=1).statistic, 4)
    0.7143
    """
    require_choice("alternative", alternative, ALTERNATIVES)
    require_arrangements(permutations)
    z, near = deviations(values, neighbours)
    n, w = len(z), near.weights
    observed = float(statistic_of(z, w))
    expected = -1 / (n - 1)
    normal, random = _variances(z, w)
    rng = np.random.default_rng([seed, n, permutations])
    arranged = statistic_of(rng.permuted(np.tile(z, (permutations, 1)), axis=1), w)
    return Moran(
        observed,
        expected,
        normal,
        random,
        _p(observed, expected, normal, alternative),
        _p(observed, expected, random, alternative),
        permuted_p(observed, arranged, alternative),
        alternative,
        n,
        permutations,
        seed,
        neighbours.alone,
    )


def moran_of_draws(
    draws: ArrayLike,
    neighbours: Neighbours,
    *,
    seed: int,
    alternative: str = "two_sided",
    permutations: int = 9_999,
    level: float = 0.95,
    alpha: float = 0.05,
) -> MoranOfDraws:
    """Return Moran's I of area values given as draws.

    Parameters
    ----------
    draws : array_like (draw, area) [1]
        Logs of area values with shared draws shared, as `wbe.by_area` makes them.
    neighbours : Neighbours
        Of the areas, in their order.
    seed : int
        Of the permutations.
    alternative : str
        As in `moran`.
    permutations : int
        As in `moran`.
    level : float
        Probability of the interval over the draws [1].
    alpha : float
        Level of each draw's own test [1].

    Returns
    -------
    MoranOfDraws

    Raises
    ------
    UsageError
        As `moran`; or if draws are not a table of at least 100 draws, or `level` or `alpha` is no
        probability.

    Notes
    -----
    Draws of values that are estimated town by town hold the estimation error twice (the estimate
    moves, then the draw moves about it), so that I over draws is closer to zero than I of the true
    values; draws of the county model hold it once. Both are no test: the test is `central`.

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.spatial import moran_of_draws, neighbours_from_pairs
    >>> line = neighbours_from_pairs("abcdef", zip("abcde", "bcdef"))
    >>> shared = np.linspace(-0.2, 0.2, 100)[:, None]
    >>> found = moran_of_draws(np.arange(1.0, 7.0) + shared, line, seed=1, permutations=99)
    >>> round(found.central.statistic, 4)
    0.7143
    """
    require_level(level)
    require_level(alpha)
    x = np.asarray(draws, float)
    if x.ndim != 2 or len(x) < 100:
        raise UsageError(f"draws must be a table (draw, area) of 100 or more, not {x.shape}")
    central = moran(
        np.median(x, axis=0),
        neighbours,
        seed=seed,
        alternative=alternative,
        permutations=permutations,
    )
    keep = [i for i, a in enumerate(neighbours.areas) if a not in neighbours.alone]
    near = neighbours.among([neighbours.areas[i] for i in keep])
    z = x[:, keep] - x[:, keep].mean(axis=1, keepdims=True)
    each = statistic_of(z, near.weights)
    tails = np.array([1 - level, 1 + level]) / 2
    lower, median, upper = np.quantile(each, [tails[0], 0.5, tails[1]])
    variance = np.array([_variances(one, near.weights)[1] for one in z])
    p = _p_array((each - central.expected) / np.sqrt(np.maximum(variance, _SAME)), alternative)
    share = float(np.mean(p < alpha))
    return MoranOfDraws(
        central, float(median), float(lower), float(upper), share, level, alpha, len(x)
    )


def moran_of_areas(
    values: xr.Dataset,
    neighbours: Neighbours,
    drug: str,
    round_: str,
    *,
    quantity: str = "pn_mass_load",
    alternative: str = "two_sided",
) -> MoranOfDraws:
    """Return Moran's I of the areas of a round, from the draws behind their values.

    Parameters
    ----------
    values : Dataset
        From `wbe.by_area` with draws.
    neighbours : Neighbours
        Areas without a value in the round are left out.
    drug, round_ : str
        Which values.
    quantity : str
        ``pn_mass_load``, ``pn_consumption`` or ``concentration``.
    alternative : str
        As in `moran`.

    Returns
    -------
    MoranOfDraws

    Raises
    ------
    UsageError
        If the drug has no such values, or fewer than four areas have one.

    Examples
    --------
    >>> import wbe
    >>> folder = "data/samples/example-county"
    >>> samples = wbe.read(f"{folder}/lab/2018Q1_plants_synthetic.csv")
    >>> sites = wbe.read_sites(f"{folder}/sites.csv")
    >>> areas = wbe.read_areas(f"{folder}/areas.geojson")
    >>> located = wbe.locate(samples, sites, areas)
    >>> values = wbe.by_area(wbe.estimate(located, draws=500))
    >>> near = wbe.spatial.neighbours_by_border(areas)
    >>> found = wbe.spatial.moran_of_areas(values, near, "methamphetamine", "2018Q1")
    >>> round(found.central.statistic, 2), round(found.central.p_permuted, 2)
    (-0.22, 0.41)
    """
    areas, log_draws = log_draws_of_areas(values, neighbours, drug, round_, quantity)
    near = neighbours.among(areas)
    return moran_of_draws(log_draws, near, seed=int(values.attrs["seed"]), alternative=alternative)


def log_draws_of_areas(
    values: xr.Dataset, neighbours: Neighbours, drug: str, round_: str, quantity: str
) -> tuple[list[str], Floats]:
    """Return the areas of a round that have a value and neighbours' data, and their log draws.

    Raises
    ------
    UsageError
        If the drug has no such values, the round is unknown or the result has no draws.
    """
    series = series_draws(values, quantity)
    if drug not in series:
        raise UsageError(f"no {quantity} of {drug!r}; there are: {', '.join(series) or 'none'}")
    if round_ not in values["round"].values.astype(str):
        raise UsageError(f"no round {round_!r} in the area values")
    if not values.attrs["draws"]:
        raise UsageError("the area values have no draws; run wbe.estimate with draws")
    here = values["value"].sel(quantity=quantity, drug=drug, round=round_)
    known = {str(a) for a, v in zip(here["area"].values, here.values, strict=True) if v > 0}
    areas = [a for a in neighbours.areas if a in known]
    return areas, draws_of(series[drug], areas, round_)


def deviations(values: ArrayLike, neighbours: Neighbours) -> tuple[Floats, Neighbours]:
    """Return deviations from the mean of the areas that have neighbours, and those neighbours.

    Raises
    ------
    UsageError
        If values are missing, all equal, fewer than four, or not one an area.
    """
    x = np.asarray(values, float)
    if x.shape != (len(neighbours.areas),):
        raise UsageError(f"{len(neighbours.areas)} areas need as many values, not {x.shape}")
    if not np.isfinite(x).all():
        raise UsageError("values are missing; leave those areas out of neighbours (`among`)")
    keep = [i for i, area in enumerate(neighbours.areas) if area not in neighbours.alone]
    near = neighbours.among([neighbours.areas[i] for i in keep])
    z = x[keep] - x[keep].mean() if keep else x[:0]
    if len(z) < MIN_AREAS:
        raise UsageError(f"{len(z)} areas with neighbours; at least {MIN_AREAS} are needed")
    if not np.ptp(x[keep]) > 0:
        raise UsageError("all values are equal: there is no structure to look for")
    return z, near


def require_arrangements(permutations: int) -> None:
    """Refuse a number of arrangements from which no p-value follows.

    Raises
    ------
    UsageError
        If there is none.
    """
    if permutations < 1:
        raise UsageError(f"permutations = {permutations}; a p-value needs at least one")


def statistic_of(z: Floats, weights: Floats) -> Floats:
    """Return Moran's I of deviations (..., area)."""
    lagged = z @ weights.T
    n = z.shape[-1]
    return np.asarray(n / weights.sum() * (z * lagged).sum(-1) / (z * z).sum(-1))


def permuted_p(observed: float, arranged: Floats, alternative: str) -> float:
    """Return the permutation p-value, the observed arrangement counted among them.

    Two-sided: twice the smaller tail, at most 1. Ties within 1e-12 count as extreme.
    """
    slack = 1e-12 * max(1.0, abs(observed))
    above = (1 + np.count_nonzero(arranged >= observed - slack)) / (1 + len(arranged))
    below = (1 + np.count_nonzero(arranged <= observed + slack)) / (1 + len(arranged))
    return float(above if alternative == "greater" else min(1.0, 2 * min(above, below)))


def _variances(z: Floats, w: Floats) -> tuple[float, float]:
    n = len(z)
    s0 = w.sum()
    s1 = ((w + w.T) ** 2).sum() / 2
    s2 = ((w.sum(axis=0) + w.sum(axis=1)) ** 2).sum()
    square = (1 / (n - 1)) ** 2
    normal = (n**2 * s1 - n * s2 + 3 * s0**2) / ((n**2 - 1) * s0**2) - square
    peaked = (z**4).mean() / (z**2).mean() ** 2
    random = n * ((n**2 - 3 * n + 3) * s1 - n * s2 + 3 * s0**2)
    random -= peaked * ((n**2 - n) * s1 - 2 * n * s2 + 6 * s0**2)
    random = random / ((n - 1) * (n - 2) * (n - 3) * s0**2) - square
    return float(normal), float(random)


def _p(observed: float, expected: float, variance: float, alternative: str) -> float:
    if variance <= _SAME:  # a single value that differs: every arrangement has the same I
        return 1.0
    return float(_p_array(np.array((observed - expected) / np.sqrt(variance)), alternative))


def _p_array(z: Floats, alternative: str) -> Floats:
    return np.asarray(ndtr(-z) if alternative == "greater" else 2 * ndtr(-np.abs(z)))
