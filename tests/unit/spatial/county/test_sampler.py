"""The sampler against the joint distribution, a grid, and plain properties."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import log_ndtr, ndtr

from wbe.errors import UsageError
from wbe.spatial.county import (
    CountyData,
    CountyPriors,
    NotConvergedError,
    NotConvergedWarning,
    county_design,
    draw_loads,
    draw_truth,
    sample_posterior,
    sample_posteriors,
)
from wbe.spatial.county.censoring import Below, truncated_normal
from wbe.spatial.county.convergence import effective_size, split_rhat
from wbe.spatial.county.design import design_of
from wbe.spatial.county.elimination import eliminate, fitted, statistics_of, variances
from wbe.spatial.county.sweep import State, scales_of, swept

PRIORS = CountyPriors(mean_sd=1.0, level=0.0)


def county(seed=1, log_limit=-np.inf, n_rounds=1, **options):
    places = county_design(n_rounds=n_rounds, **options)
    rng = np.random.default_rng(seed)
    towns = places.n_towns
    truth = draw_truth(1, towns, n_rounds, PRIORS, rng, tau=0.8, sigma_within=1.0, omega=0.4)
    return draw_loads(truth, places, rng, log_limit=log_limit).county(0), truth


def quick(data, **options):
    """A short run: enough for means and spreads within a tenth."""
    return sample_posterior(data, **{"seed": 1, "draws": 1_600, "warm_up": 150,
                                     "unconverged": "flag", **options})  # fmt: skip


def test_marginal_density_is_that_of_the_normal_it_claims_to_be():
    """Against the dense covariance of z, points with one, two and three samples, known errors."""
    rng = np.random.default_rng(3)
    data = CountyData(
        rng.standard_normal(8), np.zeros(8, dtype=bool), np.array([0, 0, 0, 0, 1, 1, 1, 1]),
        np.array([0, 1, 2, 0, 0, 1, 1, 2]), np.array([0, 0, 0, 1, 2, 2, 3, 4]),
        np.array([0, 0, 0, 1, 1, 1, 0, 0]), 2, 3, 5,
        shared=np.column_stack([np.full(8, 0.1), [0.3] * 4 + [0] * 4, [0] * 4 + [0.2] * 4,
                                [0, 0.5, 0, 0, 0.5, 0, 0, 0]]),
    )  # fmt: skip
    design = design_of(data, PRIORS)
    tau, omega, w, e, weight = 0.7, 0.3, 0.6, 0.4, np.array([[0.5], [2.0]])
    same = [np.equal.outer(x, x) for x in (data.round, data.town, data.point, np.arange(8))]
    open_ = data.kind[:, None] * data.kind[None, :]
    covariance = (
        PRIORS.mean_sd**2 * same[0] + PRIORS.kind**2 * open_ + data.shared @ data.shared.T
        + tau**2 * same[1] / weight[data.town] + omega**2 * (same[0] & same[1])
        + w**2 * same[2] + e**2 * same[3]
    )  # fmt: skip
    z = data.log_load[:, None]
    expected = -0.5 * (np.linalg.slogdet(covariance)[1] + z[:, 0] @ np.linalg.solve(covariance, z))
    pair = np.array([[tau], [omega]])
    found = eliminate(
        design, statistics_of(design, z), variances(design, np.array([w]), np.array([e])),
        scales_of(design, pair, weight),
    )  # fmt: skip
    assert found.log_density == pytest.approx(expected, rel=1e-12)


def _z_given_rest(state, design, limit, rng):
    """Draw the data given the unknowns, and censor them at the limit."""
    w = state.pair_within[0] * rng.standard_normal((len(design.counts), state.z.shape[1]))
    z = fitted(design, state.local, state.top) + w[design.point]
    z = z + state.pair_within[1] * rng.standard_normal(z.shape)
    return z, z < limit


def _below(data, z, low, limit):
    upper = np.where(low, limit, np.inf)
    towns = (data.town == np.arange(data.n_towns)[:, None]).astype(float)
    visit = data.round * data.n_towns + data.town
    visits = (visit == np.arange(data.n_towns * data.n_rounds)[:, None]).astype(float)
    return Below(low, upper, np.full(z.shape, -np.inf), towns, visits)


@pytest.mark.parametrize("n_rounds", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_getting_it_right(n_rounds):
    """Geweke's test: sweeps that alternate with new data leave the prior as it is.

    A second way to the joint distribution of unknowns and data: any error in a conditional, a
    Jacobian or a proposal moves the scales away from their priors.
    """
    places = county_design(n_towns=3, n_points=2, n_rounds=n_rounds, open_channels=1)
    data = draw_loads(
        draw_truth(1, 3, n_rounds, PRIORS, np.random.default_rng(0)), places,
        np.random.default_rng(0),
    ).county(0)  # fmt: skip
    shared = 0.3 * np.eye(3)[data.town]
    shared = np.hstack([shared, np.full((len(shared), 1), 0.2)])
    data = replace(data, shared=shared)
    design, rng, n, limit = design_of(data, PRIORS), np.random.default_rng(11), 2_500, -0.5
    limits = np.array([[PRIORS.tau, PRIORS.omega], [PRIORS.sigma_point, PRIORS.sigma_sample]])
    pairs = np.abs(rng.standard_normal((2, 2, n))) * limits[:, :, None]
    weight = rng.standard_gamma(PRIORS.df / 2, (3, n)) * 2 / PRIORS.df
    scale = scales_of(design, pairs[0], weight)
    local = scale * rng.standard_normal(scale.shape)
    top = design.top_sd[:, None] * rng.standard_normal((design.n_top, n))
    z = np.zeros((len(data.town), n))
    state = State(z, statistics_of(design, z), pairs[0], pairs[1], weight, local, top)
    steps = np.repeat(np.array([[0.5], [0.4], [0.5], [0.4], [0.3]]), n, axis=1)
    for _ in range(20):
        z, low = _z_given_rest(state, design, limit, rng)
        state = replace(state, z=z, statistics=statistics_of(design, z))
        state, _ = swept(state, design, PRIORS, _below(data, z, low, limit), steps, rng)
    scales = np.concatenate([state.pair_town, state.pair_within])
    for drawn, prior in zip(scales, limits.ravel(), strict=True):
        _is_uniform(2 * ndtr(drawn / prior) - 1)
    _is_uniform(ndtr(state.top[0] / PRIORS.mean_sd))
    _is_uniform(ndtr(state.top[n_rounds] / PRIORS.kind))
    _is_uniform(ndtr(state.local[1, 0] / state.pair_town[1]))
    _is_uniform(_t4_cdf(state.local[0, 1] / state.pair_town[0]))
    _is_uniform(ndtr(state.top[-1]))
    _is_uniform(ndtr(state.local[-1, 2]))


def _t4_cdf(t):
    y = t / np.sqrt(4 + t**2)
    return 0.5 + 0.75 * (y - y**3 / 3)


def _is_uniform(p):
    """Kolmogorov's distance at a level of 1e-4."""
    x = np.sort(p)
    distance = np.abs(x - (np.arange(len(x)) + 0.5) / len(x)).max()
    assert distance < 2.23 / np.sqrt(len(x))


@pytest.mark.slow
def test_getting_it_right_sees_a_wrong_jacobian(monkeypatch):
    """Negative control: the area element of polar coordinates left out."""
    from wbe.spatial.county import sweep

    def wrong(pair, limits, which, step, rng):
        r = np.hypot(*pair)
        new = np.abs(r + step * rng.standard_normal(len(step)))
        proposed = pair * (new / r)
        return proposed, sweep._log_prior(proposed, limits) - sweep._log_prior(pair, limits)

    monkeypatch.setattr(sweep, "_radius", wrong)
    with pytest.raises(AssertionError):
        test_getting_it_right(1)


def test_a_tiny_county_agrees_with_a_grid():
    """Two towns, two points each, a non-detect among them: every unknown integrated by sums.

    The t density is used as it is, not as a mixture, and nothing of the sampler's algebra.
    """
    priors = CountyPriors(mean_sd=1.0, level=0.0, omega=0.0)
    z, limit = np.array([1.2, 0.4, -0.9, -0.5]), -0.5
    data = CountyData(
        z, np.array([False, False, False, True]), np.array([0, 0, 1, 1]), np.zeros(4, dtype=int),
        np.arange(4), np.zeros(4, dtype=int), 2, 1, 4,
    )  # fmt: skip
    found = sample_posterior(data, priors, seed=4, draws=24_000, chains=32, unconverged="flag")
    nodes, weights = np.polynomial.legendre.leggauss(32)
    tau, w_tau = 2.0 * (nodes + 1), 2.0 * weights
    sigma, w_sigma = 2.0 * (nodes + 1), 2.0 * weights
    # sigma^2 = a^2 + b^2 of two half-normals of scales 1 and 0.5: density by the angle between
    angle = np.linspace(0, np.pi / 2, 401)
    a, b = sigma[:, None] * np.cos(angle), sigma[:, None] * np.sin(angle)
    prior_sigma = sigma * np.exp(-(a**2) / 2 - b**2 / (2 * 0.25)).mean(axis=1)
    # t with 4 degrees of freedom by its distribution function (3 y - y^3) / 4, t = 2 y/sqrt(1-y^2)
    y, w_y = np.polynomial.legendre.leggauss(64)
    t, w_t = 2 * y / np.sqrt(1 - y**2), 0.75 * (1 - y**2) * w_y
    mu = np.linspace(-4, 4, 61)
    theta = mu[:, None] + tau[:, None, None] * t  # tau, mu, t
    total, first, second = 0.0, np.zeros(2), np.zeros(2)
    for s, weight in zip(sigma, w_sigma * prior_sigma, strict=True):
        log = [-0.5 * ((x - theta) / s) ** 2 - np.log(s) for x in z[:3]]
        log.append(log_ndtr((limit - theta) / s))
        like = [np.exp(log[0] + log[1]) * w_t, np.exp(log[2] + log[3]) * w_t]
        moments = [[(x * theta**k).sum(axis=-1) for k in (0, 1, 2)] for x in like]
        outer = weight * w_tau[:, None] * np.exp(-(tau[:, None] ** 2) / 2 - mu**2 / 2)
        total += (outer * moments[0][0] * moments[1][0]).sum()
        for town in (0, 1):
            other = outer * moments[1 - town][0]
            first[town] += (other * moments[town][1]).sum()
            second[town] += (other * moments[town][2]).sum()
    mean = first / total
    sd = np.sqrt(second / total - mean**2)
    error = 4 * sd / np.sqrt(found.ess["typical"])
    assert (np.abs(found.typical.mean(axis=0) - mean) < error).all()
    assert found.typical.std(axis=0) == pytest.approx(sd, rel=0.05)


def test_draws_are_the_same_for_a_seed_and_a_prefix_of_longer_runs():
    data, _ = county()
    one, two = (
        sample_posterior(data, seed=5, draws=d, warm_up=50, unconverged="flag") for d in (400, 800)
    )
    again = sample_posterior(data, seed=5, draws=400, warm_up=50, unconverged="flag")
    other = sample_posterior(data, seed=6, draws=400, warm_up=50, unconverged="flag")
    assert one.typical.tobytes() == again.typical.tobytes()
    assert (one.visit == two.visit[:400]).all()
    assert (one.typical != other.typical).any()


def test_a_change_of_unit_shifts_logs_and_nothing_else():
    data, _ = county(log_limit=-0.5)
    moved = replace(data, log_load=data.log_load + np.log(1000.0))
    one, two = (
        sample_posterior(d, seed=5, draws=400, warm_up=50, unconverged="flag")
        for d in (data, moved)
    )
    assert two.typical == pytest.approx(one.typical + np.log(1000.0), abs=1e-6)


@pytest.mark.slow
def test_the_known_error_of_a_town_widens_it_and_a_common_one_does_not_part_towns():
    data, _ = county(n_points=3)
    own = (data.town == 4).astype(float)[:, None] * 0.8
    plain = quick(data)
    marked = quick(replace(data, shared=own))
    common = quick(replace(data, shared=np.full((len(own), 1), 0.8)))
    spread = [p.typical.std(axis=0) for p in (plain, marked, common)]
    assert spread[1][4] > 1.15 * spread[0][4]
    assert spread[1][[0, 7]] == pytest.approx(spread[0][[0, 7]], rel=0.15)
    assert (spread[2] > 1.3 * spread[0]).all()
    assert np.std(common.common) == pytest.approx(0.8, rel=0.1)
    apart = [(p.typical[:, 0] - p.typical[:, 1]).std() for p in (plain, common)]
    assert apart[1] == pytest.approx(apart[0], rel=0.15)


def test_a_town_without_a_sample_is_the_prior_and_a_clean_town_is_low():
    data, _ = county(log_limit=-1.0)
    keep = data.town != 3
    clean = data.town == 5
    log_load = np.where(clean, -4.0, data.log_load)
    some = replace(
        data, log_load=log_load[keep], censored=(data.censored | clean)[keep],
        **{k: getattr(data, k)[keep] for k in ("town", "round", "point", "kind")},
    )  # fmt: skip
    p = quick(some)
    assert p.typical[:, 3].std() > 1.3 * p.typical[:, 0].std()
    assert p.typical[:, 5].mean() < p.typical[:, [0, 1, 2, 4]].mean(axis=0).min() - 1
    assert p.n_points[0, 3] == 0 and np.isnan(p.plain[0, 3])
    assert p.n_censored[0, 5] == 5


@pytest.mark.slow
def test_several_rounds_tell_points_from_samples_and_narrow_the_typical_value():
    one, _ = county(seed=8)
    four, truth = county(seed=8, n_rounds=4)
    short, long = quick(one), quick(four)
    assert long.typical.std(axis=0).mean() < 0.8 * short.typical.std(axis=0).mean()
    flag = "point_and_sample_not_separated"
    assert flag in short.flags and flag not in long.flags
    assert long.visit.shape[1:] == (4, 13)
    assert long.sigma_sample.std() < 0.5 * short.sigma_sample.std()
    assert np.corrcoef(long.visit.mean(axis=0).ravel(), truth.visit[0].ravel())[0, 1] > 0.8


def test_kinds_that_never_meet_are_flagged():
    data, _ = county()
    apart = replace(data, kind=(data.town % 2).astype(int))
    assert "kinds_not_compared" in quick(apart, draws=40, warm_up=2).flags
    assert "kinds_not_compared" not in quick(data, draws=40, warm_up=2).flags


def test_a_run_that_is_too_short_says_so():
    data, _ = county(n_rounds=2, log_limit=0.0)
    with pytest.warns(NotConvergedWarning, match="R-hat"):
        p = sample_posterior(data, seed=1, draws=40, warm_up=2)
    assert not p.converged
    with pytest.raises(NotConvergedError):
        sample_posterior(data, seed=1, draws=40, warm_up=2, unconverged="raise")


def test_a_batch_gives_each_county_its_own_posterior():
    places = county_design(n_towns=4)
    rng = np.random.default_rng(2)
    truth = draw_truth(3, 4, 1, replace(PRIORS, mean_sd=5.0), rng, tau=0.1, sigma_within=0.1)
    found = sample_posteriors(draw_loads(truth, places, rng), seed=1, draws=800, chains=4,
                              unconverged="flag")  # fmt: skip
    for p, mu in zip(found, truth.mu[:, 0], strict=True):
        assert p.typical.mean() == pytest.approx(mu, abs=1.0)


def test_split_rhat_and_effective_size_on_known_chains():
    rng = np.random.default_rng(1)
    independent = rng.standard_normal((1000, 4))
    assert split_rhat(independent) == pytest.approx(1.0, abs=0.01)
    assert effective_size(independent) == pytest.approx(4000, rel=0.1)
    assert split_rhat(independent + np.arange(4)) > 1.3
    assert effective_size(independent + np.arange(4)) < 20
    x = np.zeros((4000, 4))
    for k in range(1, 4000):
        x[k] = 0.8 * x[k - 1] + rng.standard_normal(4)
    assert effective_size(x) == pytest.approx(16_000 * 0.2 / 1.8, rel=0.15)


def test_truncated_normals_far_out_stay_below_their_limit():
    rng = np.random.default_rng(1)
    upper = np.full(1000, -40.0)
    x = truncated_normal(np.zeros(1000), np.ones(1000), np.full(1000, -np.inf), upper, rng)
    assert (x <= -40).all() and x.mean() == pytest.approx(-40 - 1 / 40, abs=0.005)
    x = truncated_normal(np.zeros(1000), np.ones(1000), np.full(1000, -1.0), np.ones(1000), rng)
    assert np.abs(x).max() <= 1 and abs(x.mean()) < 0.1


def test_points_in_two_towns_and_missing_numbers_are_refused():
    data, _ = county(n_rounds=2)
    with pytest.raises(UsageError, match="one town"):
        replace(data, town=np.where(np.arange(130) == 3, 5, data.town))
    with pytest.raises(UsageError, match="finite"):
        replace(data, log_load=np.where(np.arange(130) == 3, np.nan, data.log_load))
    with pytest.raises(UsageError, match="above 0"):
        CountyPriors(tau=0.0)
