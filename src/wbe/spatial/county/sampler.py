"""Draws from the posterior of the county model."""

from __future__ import annotations

import math
import warnings
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from wbe.errors import UsageError
from wbe.options import require_choice
from wbe.spatial.county.censoring import Below
from wbe.spatial.county.convergence import ESS, RHAT, effective_size, split_rhat
from wbe.spatial.county.data import OPEN_CHANNEL, CountyData, CountyPriors
from wbe.spatial.county.design import Design, design_of
from wbe.spatial.county.elimination import draw_location, eliminate, statistics_of, variances
from wbe.spatial.county.posterior import CountyPosterior
from wbe.spatial.county.sweep import State, adapted, scales_of, swept
from wbe.uncertainty import Stream

Floats = NDArray[np.float64]
Unconverged = Literal["warn", "raise", "flag"]
Kept = dict[str, list[Floats]]

CHAINS, WARM_UP = 8, 300
"""Chains of a single county, and sweeps thrown away: many short chains cost what one costs."""

_FIRST_STEPS = (0.3, 0.3, 0.15, 0.3, 0.2)


class NotConvergedError(ValueError):
    """Chains that do not agree, or too few effective draws."""


class NotConvergedWarning(UserWarning):
    """Chains that do not agree, or too few effective draws."""


def sample_posterior(
    data: CountyData,
    priors: CountyPriors | None = None,
    *,
    seed: int,
    draws: int = 4_000,
    chains: int = CHAINS,
    warm_up: int = WARM_UP,
    unconverged: Unconverged = "warn",
) -> CountyPosterior:
    """Draw from the posterior of the county model of one drug.

    Parameters
    ----------
    data : CountyData
        Of one county.
    priors : CountyPriors, optional
        `CountyPriors()` where not given.
    seed : int
    draws : int
        Kept draws over all chains; rounded up to a multiple of `chains`.
    chains : int
    warm_up : int
        Sweeps thrown away, in which step sizes are found.
    unconverged : str
        What happens where split R-hat is above 1.02 or an effective sample size below 400 (or a
        tenth of the draws, where that is less): ``warn``, ``raise``, or only ``flag``.

    Returns
    -------
    CountyPosterior

    Raises
    ------
    NotConvergedError
        If chains do not agree and `unconverged` is ``raise``.
    UsageError
        If an option is unknown, or `data` holds several counties.

    Notes
    -----
    z = mu_r + beta_s + u_a + v_ar + w_j + eps, u ~ t_df(0, tau), v ~ N(0, omega),
    w ~ N(0, sigma_w), eps ~ N(0, sigma_eps), scales half-normal; a censored sample contributes
    the normal probability below its limit, by imputing it in every sweep. See
    `wbe.spatial.county.sweep` for the algorithm and docs/county-model.md for its limits.

    References
    ----------
    Half-normal priors of scales: Gelman (2006), doi:10.1214/06-BA117A. The test of the sampler
    against the joint distribution: Geweke (2004), doi:10.1198/016214504000001132.

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.spatial import county
    >>> at = np.arange(9)
    >>> loads = np.log([20.0, 25.0, 30.0, 60.0, 70.0, 90.0, 8.0, 10.0, 9.0])
    >>> data = county.CountyData(
    ...     loads, censored=at < 0, town=at // 3, round=at * 0, point=at, kind=at * 0,
    ...     n_towns=3, n_rounds=1, n_points=9,
    ... )
    >>> found = county.sample_posterior(data, seed=1, draws=400, unconverged="flag")
    >>> found.tau.size, np.exp(np.median(found.typical, axis=0)).round(0).tolist()
    (400, [25.0, 63.0, 11.0])
    """
    if data.n_counties != 1 or np.ndim(data.log_load) != 1:
        raise UsageError("data hold several counties; use sample_posteriors")
    return sample_posteriors(
        data, priors, seed=seed, draws=draws, chains=chains, warm_up=warm_up,
        unconverged=unconverged,
    )[0]  # fmt: skip


def sample_posteriors(
    data: CountyData,
    priors: CountyPriors | None = None,
    *,
    seed: int,
    draws: int = 4_000,
    chains: int = CHAINS,
    warm_up: int = WARM_UP,
    unconverged: Unconverged = "warn",
) -> tuple[CountyPosterior, ...]:
    """Draw from the posteriors of many counties of one design side by side.

    Parameters
    ----------
    data : CountyData
        With a leading axis of counties.
    priors : CountyPriors, optional
        As in `sample_posterior`.
    seed : int
        One for all counties.
    draws, chains, warm_up : int
        As in `sample_posterior`.
    unconverged : str
        As in `sample_posterior`.

    Returns
    -------
    tuple of CountyPosterior
        One a county. They are no joint posterior: counties know nothing of each other.

    Raises
    ------
    NotConvergedError, UsageError
        As `sample_posterior`.

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.spatial import county
    >>> places, rng = county.county_design(n_towns=4, n_points=3), np.random.default_rng(1)
    >>> truth = county.draw_truth(2, 4, 1, county.CountyPriors(), rng, tau=0.8)
    >>> data = county.draw_loads(truth, places, rng)
    >>> many = county.sample_posteriors(data, seed=1, draws=400, unconverged="flag")
    >>> len(many)
    2
    """
    _require(draws, chains, unconverged)
    priors = priors or CountyPriors()
    rng = Stream(seed).at("county_model", "", 0)
    rng = np.random.Generator(np.random.SFC64(rng.integers(2**63)))
    design = design_of(data, priors)
    z, level = _columns_of(data, priors, chains)
    below = _below(data, level, chains)
    state = _start(design, priors, z, below, rng)
    steps = np.repeat(np.array(_FIRST_STEPS)[:, None], z.shape[1], axis=1)
    for k in range(warm_up):
        state, accepted = swept(state, design, priors, below, steps, rng)
        steps = adapted(steps, accepted, k)
    kept: Kept = {}
    for _ in range(math.ceil(draws / chains)):
        state, _ = swept(state, design, priors, below, steps, rng)
        _keep(kept, state, design)
    stacked = {name: np.stack(values) for name, values in kept.items()}
    found = tuple(
        _posterior(data, design, stacked, level, c, chains) for c in range(data.n_counties)
    )
    complain(found, unconverged)
    return found


def _require(draws: int, chains: int, unconverged: str) -> None:
    if chains < 2 or draws < 4 * chains:
        raise UsageError(f"draws = {draws}, chains = {chains}: at least 2 chains of 4 draws")
    require_choice("unconverged", unconverged, get_args(Unconverged))


def _columns_of(data: CountyData, priors: CountyPriors, chains: int) -> tuple[Floats, Floats]:
    """Return log loads less the level of their county, one column a chain, and the levels."""
    rows = np.atleast_2d(data.log_load)
    level = rows.mean(axis=1) if priors.level is None else np.full(len(rows), priors.level)
    return np.repeat((rows - level[:, None]).T, chains, axis=1), level


def _below(data: CountyData, level: Floats, chains: int) -> Below:
    where = np.repeat(np.atleast_2d(data.censored).T, chains, axis=1)
    upper = np.atleast_2d(data.log_load) - level[:, None]
    lower = np.full(upper.shape, -np.inf)
    if data.log_least is not None:
        lower = np.atleast_2d(data.log_least) - level[:, None]
    upper, lower = (np.repeat(x.T, chains, axis=1) for x in (upper, lower))
    towns = (data.town == np.arange(data.n_towns)[:, None]).astype(float)
    visit = data.round * data.n_towns + data.town
    visits = (visit == np.arange(data.n_rounds * data.n_towns)[:, None]).astype(float)
    return Below(where, upper, lower, towns, visits)


def _start(
    design: Design, priors: CountyPriors, z: Floats, below: Below, rng: np.random.Generator
) -> State:
    """Return overdispersed first states: scales from their priors, non-detects just below."""
    n = z.shape[1]
    limits = np.array([[priors.tau, priors.omega], [priors.sigma_point, priors.sigma_sample]])
    pairs = np.abs(rng.standard_normal((2, 2, n))) * limits[:, :, None]
    pairs = np.maximum(pairs, 1e-3 * limits[:, :, None])
    guess = np.maximum(z - 0.5 * rng.random(z.shape), below.lower)
    z = np.where(below.where, guess, z)
    weight = np.ones((design.n_towns, n))
    s = statistics_of(design, z)
    e = eliminate(design, s, variances(design, *pairs[1]), scales_of(design, pairs[0], weight))
    local, top = draw_location(design, e, rng)
    return State(z, s, pairs[0], pairs[1], weight, local, top)


def _keep(kept: Kept, state: State, design: Design) -> None:
    r = design.n_rounds
    values = {
        "tau": state.pair_town[0], "omega": state.pair_town[1],
        "sigma_point": state.pair_within[0], "sigma_sample": state.pair_within[1],
        "u": state.local[0], "v": state.local[1 : 1 + r], "mu": state.top[:r],
        "top": state.top[r:],
    }  # fmt: skip
    for name, value in values.items():
        kept.setdefault(name, []).append(value.copy())


def _posterior(
    data: CountyData, design: Design, kept: dict[str, Floats], level: Floats, c: int, chains: int
) -> CountyPosterior:
    mine = slice(c * chains, (c + 1) * chains)  # (draw, ..., chain) -> (draw, chain, ...)
    own = {k: np.moveaxis(x[..., mine], -1, 1) for k, x in kept.items()}
    typical_of_round = own["mu"][..., None] + level[c] + own["u"][:, :, None, :]
    visit = typical_of_round + own["v"]
    one = data.county(c)
    seen = np.bincount(one.round, minlength=one.n_rounds) > 0
    typical = typical_of_round[:, :, seen].mean(axis=2)
    common = -(own["top"][..., 1:] @ _carried(one, design))
    watched = {
        "tau": own["tau"], "omega": own["omega"],
        "sigma": np.hypot(own["sigma_point"], own["sigma_sample"]),
        "typical": typical, "visit": visit[:, :, seen],
    }  # fmt: skip
    rhat = {k: split_rhat(x) for k, x in watched.items()}
    ess = {k: effective_size(x) for k, x in watched.items()}
    typical, typical_of_round, visit, tau, omega, point, sample, kind, common = (
        x.reshape(-1, *x.shape[2:])
        for x in (typical, typical_of_round, visit, own["tau"], own["omega"], own["sigma_point"],
                  own["sigma_sample"], own["top"][..., 0], common)
    )  # fmt: skip
    n_points, plain, n_censored = counted(one)
    return CountyPosterior(
        typical, typical_of_round, visit, tau, omega, point, sample, kind, common,
        rhat, ess, _flags(one, rhat, ess, tau), n_points, plain, n_censored,
    )  # fmt: skip


def _carried(data: CountyData, design: Design) -> Floats:
    """Return the size of each of the county's known errors that all samples carry alike, else 0."""
    wide = np.flatnonzero(design.known >= 0)
    out = np.zeros(len(wide))
    for k in wide:
        assert data.shared is not None
        column = data.shared[:, k]
        out[design.known[k]] = column[0] if (column == column[0]).all() else 0.0
    return out


def counted(data: CountyData) -> tuple[NDArray[np.intp], Floats, NDArray[np.intp]]:
    """Return points, mean of the points' logs and non-detects by round and town.

    Parameters
    ----------
    data : CountyData
        Of one county.

    Returns
    -------
    tuple of ndarray (round, town)
        Points with a sample; mean over points of the mean over their samples, NaN without one,
        non-detects at their limit; non-detects.
    """
    shape = (data.n_rounds, data.n_towns)
    cell = data.round * data.n_towns + data.town
    key, inverse = np.unique(cell * data.n_points + data.point, return_inverse=True)
    by_point = np.bincount(inverse, data.log_load) / np.bincount(inverse)
    at = key // data.n_points
    n_points = np.bincount(at, minlength=shape[0] * shape[1])
    with np.errstate(invalid="ignore"):
        plain = np.bincount(at, by_point, minlength=len(n_points)) / n_points
    low = np.bincount(cell, data.censored, minlength=len(n_points)).astype(np.intp)
    return n_points.reshape(shape), plain.reshape(shape), low.reshape(shape)


def _flags(
    data: CountyData, rhat: dict[str, Floats], ess: dict[str, Floats], tau: Floats
) -> tuple[str, ...]:
    least = min(ESS, len(tau) / 10)
    good = all((r <= RHAT).all() for r in rhat.values())
    good &= all((e >= least).all() for e in ess.values())
    flags = {
        "not_converged": not good,
        "kinds_not_compared": not data.kinds_meet and bool((data.kind == OPEN_CHANNEL).any()),
        "point_and_sample_not_separated": not data.points_repeat,
    }  # fmt: skip
    return tuple(name for name, holds in flags.items() if holds)


def complain(found: tuple[CountyPosterior, ...], unconverged: Unconverged) -> None:
    """Warn of posteriors that have not converged, or raise.

    Parameters
    ----------
    found : tuple of CountyPosterior
    unconverged : str
        ``warn``, ``raise``, or ``flag``: neither.

    Raises
    ------
    NotConvergedError
        If `unconverged` is ``raise``.
    """
    bad = [p for p in found if not p.converged]
    if not bad or unconverged == "flag":
        return
    worst = max(float(r.max()) for p in bad for r in p.rhat.values())
    least = min(float(e.min()) for p in bad for e in p.ess.values())
    text = (
        f"the county model did not converge for {len(bad)} of {len(found)}: split R-hat up to "
        f"{worst:.3f}, effective sample size down to {least:.0f}; ask for more draws"
    )
    if unconverged == "raise":
        raise NotConvergedError(text)
    warnings.warn(text, NotConvergedWarning, stacklevel=4)
