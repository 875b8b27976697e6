"""What must hold for every plan: more error never helps, more effort never harms."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from wbe.trends.design import (
    Catchment,
    DayVariation,
    RoundSpread,
    Sampler,
    TownSpread,
    detectable_change,
    mean_error,
    plan_sampler,
    sampling_error,
    tier_chances,
)

ROUGH = 1 + 1e-3  # quantiles are interpolated
APART = {"season": 0.0, "autocorrelation": 0.0}  # days in a row that tell as much as any
sds = st.floats(0.05, 1.5)
cvs = st.floats(0.05, 1.2)
designs = st.sampled_from(["random", "stratified", "weeks", "consecutive"])


@settings(max_examples=40, deadline=None)
@given(cvs, st.floats(0, 0.3), designs, st.floats(1.01, 2))
def test_a_larger_cv_or_shared_error_never_narrows_the_error_of_a_mean(
    cv: float, shared: float, design: str, times: float
) -> None:
    def upper(cv: float, shared: float) -> float:
        got = mean_error([28], DayVariation(cv, **APART), design=design, shared_cv=shared)
        return float(got.upper[0])

    now = upper(cv, shared)
    assert upper(cv * times, shared) >= now / ROUGH
    assert upper(cv, shared * times + 0.01) >= now / ROUGH


@settings(max_examples=30, deadline=None)
@given(cvs, st.floats(0, 0.3), designs)
def test_intervals_nest_and_never_fall_below_the_floor(
    cv: float, shared: float, design: str
) -> None:
    v = DayVariation(cv, **APART)
    half, most, all_but = (
        mean_error([14, 56, 364], v, design=design, shared_cv=shared, level=level)
        for level in (0.5, 0.8, 0.95)
    )
    assert (half.upper <= most.upper * ROUGH).all() and (most.upper <= all_but.upper * ROUGH).all()
    assert (all_but.upper * ROUGH >= all_but.floor).all()
    assert (np.diff(all_but.upper) <= 1e-9).all()


@settings(max_examples=30, deadline=None)
@given(cvs, st.floats(0, 0.95))
def test_autocorrelation_never_harms_random_days_and_always_harms_a_run(
    cv: float, rho: float
) -> None:
    def error(design: str, rho: float) -> float:
        v = DayVariation(cv, season=0.0, autocorrelation=rho)
        return float(mean_error([28], v, design=design).sampling_cv[0])

    assert error("random", rho) <= error("random", 0) * (1 + 1e-9)
    assert error("consecutive", rho) >= error("consecutive", 0) * (1 - 1e-9)


@settings(max_examples=20, deadline=None)
@given(sds, sds, st.floats(0, 0.8), st.floats(1, 200))
def test_chances_are_chances_and_points_and_visits_never_harm_the_right_tier(
    place: float, sample: float, visit: float, truth: float
) -> None:
    breaks = [20.0, 60.0]
    assume(all(abs(np.log(truth / b)) > 0.01 for b in breaks))
    spread = TownSpread(place, sample, visit)
    got = tier_chances([3, 5, 12], truth, breaks, spread)
    for values in (got.right, got.resolved, got.misled):
        assert ((values >= -1e-12) & (values <= 1)).all()
    assert (got.resolved + got.misled <= 1 + 1e-9).all()
    assert (np.diff(got.right) >= -1e-12).all()
    assert (got.right <= got.right_at_most + 1e-12).all()
    again = tier_chances([5], truth, breaks, spread, visits=3)
    assert again.right[0] >= got.right[1] - 1e-12


@settings(max_examples=20, deadline=None)
@given(sds, sds, st.floats(0, 0.8))
def test_detectable_changes_fall_with_points_to_their_best(
    place: float, sample: float, visit: float
) -> None:
    got = detectable_change([3, 6, 20], RoundSpread(place, sample, visit))
    assert (np.diff(got.ratio) < 0).all()
    assert (got.ratio >= got.ratio_at_best / ROUGH).all()
    apart = detectable_change([20], RoundSpread(place, sample, visit), paired=False)
    together = detectable_change([20], RoundSpread(0.0, sample, visit), paired=False)
    assert apart.ratio[0] >= together.ratio[0]


@settings(max_examples=40, deadline=None)
@given(st.floats(0.5, 20), st.floats(0, 2), st.floats(20, 1e5), st.floats(1.1, 10))
def test_the_sampling_error_goes_as_one_over_the_root_of_the_pulses(
    duration: float, mass_cv: float, pulses: float, times: float
) -> None:
    sampler = Sampler(duration, mass_cv)
    one = sampling_error([1, 5, 30], pulses, sampler).cv
    more = sampling_error([1, 5, 30], pulses * times, sampler).cv
    np.testing.assert_allclose(more * np.sqrt(times), one, rtol=1e-9, atol=1e-15)
    assert (np.diff(one) >= 0).all()


@settings(max_examples=20, deadline=None)
@given(st.floats(2, 20), st.floats(0.05, 0.5), st.floats(2_000, 1e6))
def test_a_looser_error_allows_a_longer_interval(
    duration: float, error: float, population: float
) -> None:
    place = Catchment(population, 2, 4)
    tight, loose = (plan_sampler(e, place, Sampler(duration)) for e in (error, 1.5 * error))
    assert (loose.interval or 0) >= (tight.interval or 0)
    assert (loose.population_needed <= tight.population_needed).all()
