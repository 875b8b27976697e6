"""One sweep of the sampler of the county model: every unknown drawn given the others.

Blocked Gibbs. The scales are updated with all location unknowns (mu, beta, u, v, w and the known
errors) integrated out, so that nothing sticks near tau = 0 or omega = 0; then the locations are
drawn together. Scales come in pairs that may show their sum of squares only: (tau, omega) in one
round, (sigma_w, sigma_eps) with one sample a point. Such a pair moves in polar coordinates, others
one by one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wbe.spatial.county.censoring import Below, points_drawn, shifted, truncated_normal
from wbe.spatial.county.data import CountyPriors
from wbe.spatial.county.design import Design
from wbe.spatial.county.elimination import (
    Eliminated,
    Statistics,
    draw_location,
    eliminate,
    fitted,
    statistics_of,
    variances,
)

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

MOVES = (
    "tau, or radius",
    "omega, or angle",
    "sigma_w, or radius",
    "sigma_eps, or angle",
    "mixture",
)
ORDER = (0, 1, 2, 3, 0, 1, 2, 3)
"""Moves of the scales in a sweep; the second four only where mixing is slower: with non-detects,
and for pairs in polar coordinates."""

_QUARTER = np.pi / 2
_AIM = 0.35
"""Share of accepted moves that the step sizes are steered to while warming up."""


@dataclass(frozen=True)
class State:
    """Everything the sampler holds, one column a chain.

    Attributes
    ----------
    z : ndarray (n, chain)
        Log loads, with the censored ones drawn.
    statistics : Statistics
        Of z.
    pair_town, pair_within : ndarray (2, chain)
        (tau, omega) and (sigma_w, sigma_eps).
    weight : ndarray (town, chain)
        Mixture weights lambda of the t distribution: u ~ N(0, tau^2 / lambda).
    local, top : ndarray (q, town, chain), (p, chain)
        Location unknowns.
    """

    z: Floats
    statistics: Statistics
    pair_town: Floats
    pair_within: Floats
    weight: Floats
    local: Floats
    top: Floats


def scales_of(design: Design, pair: Floats, weight: Floats) -> Floats:
    """Return the prior sds of the towns' unknowns, shape (q, town, chain)."""
    out = np.ones((design.n_local, *weight.shape))
    out[0] = pair[0] / np.sqrt(weight)
    out[1 : 1 + design.n_rounds] = pair[1]
    return out


def swept(
    state: State,
    design: Design,
    priors: CountyPriors,
    below: Below,
    steps: Floats,
    rng: np.random.Generator,
) -> tuple[State, Flags]:
    """Return the next state, and which of the `MOVES` were accepted, shape (move, chain).

    Parameters
    ----------
    state : State
    design : Design
    priors : CountyPriors
    below : Below
    steps : ndarray (move, chain)
        Step sizes of the moves.
    rng : numpy.random.Generator
    """
    if below.any:
        state = _uncensored(state, design, priors, below, rng)
    accepted = np.zeros(steps.shape, dtype=bool)
    weight = _weights(state, priors, rng)
    pair_town, weight, accepted[4] = _mixture(state.pair_town, weight, priors, steps[4], rng)
    state = replace(state, weight=weight, pair_town=pair_town)
    state, e = _scales(state, design, priors, below.any, steps, accepted, rng)
    local, top = draw_location(design, e, rng)
    return replace(state, local=local, top=top), accepted


def _uncensored(
    state: State, design: Design, priors: CountyPriors, below: Below, rng: np.random.Generator
) -> State:
    """Move towns given the limits alone, then draw the censored values anew."""
    mean = fitted(design, state.local, state.top)
    w, sd = points_drawn(design, state.z - mean, state.pair_within, rng)
    local, mean = shifted(
        state.z, state.local, state.pair_town, priors.df, below, design, mean + w, sd, rng
    )
    z, at = state.z.copy(), below.where
    z[at] = truncated_normal(mean[at], sd[at], below.lower[at], below.upper[at], rng)
    return replace(state, z=z, statistics=statistics_of(design, z), local=local)


def _weights(state: State, priors: CountyPriors, rng: np.random.Generator) -> Floats:
    """Draw lambda_a given u_a: gamma with shape (df + 1)/2 and rate (df + (u/tau)^2)/2."""
    u = state.local[0] / np.maximum(state.pair_town[0], 1e-150)
    rate = (priors.df + u**2) / 2
    return np.asarray(rng.standard_gamma((priors.df + 1) / 2, u.shape) / rate)


def _mixture(
    pair: Floats, weight: Floats, priors: CountyPriors, step: Floats, rng: np.random.Generator
) -> tuple[Floats, Floats, Flags]:
    """Scale tau by c and every lambda by c^2, which leaves the towns' sds as they are."""
    log_c = step * rng.standard_normal(len(step))
    c = np.exp(log_c)
    n, half = len(weight), priors.df / 2
    log_ratio = log_c + 2 * n * log_c  # Jacobian
    log_ratio += n * (half - 1) * 2 * log_c - half * (c**2 - 1) * weight.sum(axis=0)
    log_ratio -= (c**2 - 1) * pair[0] ** 2 / (2 * priors.tau**2)
    accepted = np.log(1 - rng.random(len(step))) < log_ratio
    c = np.where(accepted, c, 1.0)
    return np.stack([pair[0] * c, pair[1]]), weight * c**2, accepted


def _scales(
    state: State,
    design: Design,
    priors: CountyPriors,
    censored: bool,
    steps: Floats,
    accepted: Flags,
    rng: np.random.Generator,
) -> tuple[State, Eliminated]:
    """Move both pairs of scales, each first in radius and then in angle."""

    def eliminated() -> Eliminated:
        noise = variances(design, *pairs[1])
        scale = scales_of(design, pairs[0], state.weight)
        return eliminate(design, state.statistics, noise, scale)

    pairs = [state.pair_town, state.pair_within]
    limits = ((priors.tau, priors.omega), (priors.sigma_point, priors.sigma_sample))
    apart = (design.n_rounds > 1, design.points_repeat)
    now = eliminated().log_density
    for k, move in enumerate(ORDER):
        which, second = divmod(move, 2)
        if not limits[which][second] or (k >= 4 and apart[which] and not censored):
            continue
        old = pairs[which]
        turn = _one if apart[which] else (_radius, _angle)[second]
        pairs[which], log_ratio = turn(old, limits[which], second, steps[move], rng)
        # z shows the sum of squares of (sigma_w, sigma_eps) only, where no point has two samples
        new = eliminated().log_density if move < 3 or apart[1] else now
        take = np.log(1 - rng.random(len(now))) < log_ratio + new - now
        pairs[which], accepted[move] = np.where(take, pairs[which], old), take
        now = np.where(take, new, now)
    return replace(state, pair_town=pairs[0], pair_within=pairs[1]), eliminated()


def _log_prior(pair: Floats, limits: tuple[float, float]) -> Floats:
    """Log density of two half-normals, up to a constant; a scale of 0 is no unknown."""
    out = -(pair[0] ** 2) / (2 * limits[0] ** 2)
    return np.asarray(out - pair[1] ** 2 / (2 * limits[1] ** 2) if limits[1] else out)


def _one(
    pair: Floats, limits: tuple[float, float], which: int, step: Floats, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Propose another value of one of the two, reflected at 0."""
    proposed = pair.copy()
    proposed[which] = np.abs(pair[which] + step * rng.standard_normal(len(step)))
    return proposed, _log_prior(proposed, limits) - _log_prior(pair, limits)


def _radius(
    pair: Floats, limits: tuple[float, float], which: int, step: Floats, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Propose another radius, reflected at 0; the area element of polar coordinates is r."""
    r = np.maximum(np.hypot(*pair), 1e-150)
    new = np.abs(r + step * rng.standard_normal(len(step)))
    proposed = pair * (new / r)
    log_ratio = _log_prior(proposed, limits) - _log_prior(pair, limits)
    if limits[1]:  # without a second scale the radius is the first one itself
        log_ratio = log_ratio + np.log(np.maximum(new, 1e-300) / r)
    return proposed, np.asarray(log_ratio)


def _angle(
    pair: Floats, limits: tuple[float, float], which: int, step: Floats, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Propose another angle at the same radius, reflected at 0 and a quarter turn."""
    turn = np.arctan2(pair[1], pair[0]) + step * rng.standard_normal(len(step))
    turn = np.abs((turn + _QUARTER) % (2 * _QUARTER) - _QUARTER)
    proposed = np.hypot(*pair) * np.stack([np.cos(turn), np.sin(turn)])
    return proposed, _log_prior(proposed, limits) - _log_prior(pair, limits)


def adapted(steps: Floats, accepted: Flags, sweep: int) -> Floats:
    """Return step sizes after a sweep of the warm-up (Robbins-Monro)."""
    rate = 1.0 / np.sqrt(sweep + 1.0)
    out = steps * np.exp(rate * (accepted - _AIM))
    out[[1, 3]] = np.minimum(out[[1, 3]], _QUARTER)
    return np.asarray(np.clip(out, 1e-4, 10.0))
