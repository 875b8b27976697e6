"""What must hold for any sample with limits, whatever its numbers (properties 22 to 26)."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from wbe.qc.censoring import (
    KM_CONVENTIONS,
    MEAN,
    MEDIAN,
    METHODS,
    ROS_CONVENTIONS,
    SD,
    Censored,
    Quantity,
    bayes_lognormal,
    bounds,
    censored,
    fit_likelihood,
    kaplan_meier,
    robust_ros,
    substitution,
    summarize,
)

P90, ABOVE = Quantity("percentile", 0.9), Quantity("exceedance", 2.5)
QUANTITIES = (MEAN, SD, MEDIAN, P90, ABOVE)
RISING = (MEAN, MEDIAN, P90, ABOVE)
SUBSTITUTIONS = METHODS[METHODS.index("bounds") + 1 :]

amounts = st.floats(0.05, 200.0).map(lambda v: float(f"{v:.3g}"))
result = st.tuples(amounts, st.booleans())


@st.composite
def samples(draw, least_detects=2, most=14, non_detects=True) -> Censored:
    """Draw results with any limits; the detects are not all equal."""
    some = draw(st.lists(result, min_size=max(3, least_detects), max_size=most))
    value, below = (np.array(x) for x in zip(*some, strict=True))
    below = below if non_detects else np.zeros(len(value), dtype=bool)
    assume((~below).sum() >= least_detects)
    assume(least_detects < 2 or np.ptp(np.log(value[~below])) > 0.05)
    return censored(value, below)


def same(a: float, b: float, rel: float = 1e-9) -> bool:
    return a == pytest.approx(b, rel=rel, abs=1e-12, nan_ok=True)


# 22: intervals nest

FITTERS = {
    "kaplan_meier": kaplan_meier,
    "ros": robust_ros,
    "lognormal": fit_likelihood,
    "gamma": lambda x: fit_likelihood(x, "gamma"),
    "bayes": bayes_lognormal,
}
# incomplete gamma functions are slow: two quantities stand for all
ASKED = dict.fromkeys(FITTERS, QUANTITIES) | {"gamma": (MEAN, P90)}


@pytest.mark.slow
@pytest.mark.parametrize("method", FITTERS)
@given(x=samples())
@settings(max_examples=8, deadline=None)
def test_the_interval_of_half_lies_in_that_of_80_and_95_percent(method, x) -> None:
    fit = FITTERS[method](x)
    for quantity in ASKED[method]:
        ends = np.array([fit.interval(quantity, level) for level in (0.5, 0.8, 0.95)])
        lower, upper = ends.T
        assert np.isnan(ends).all() or (
            (np.diff(lower) <= 1e-9 * lower[:-1]).all()
            and (upper[1:] >= upper[:-1] * (1 - 1e-9)).all()
        ), (quantity, ends)


@pytest.mark.parametrize("method", ["ros", "lognormal", "gamma", "bayes"])
@given(x=samples())
@settings(max_examples=8, deadline=None)
def test_the_interval_holds_the_value(method, x) -> None:
    fit = FITTERS[method](x)
    for quantity in ASKED[method]:
        (lower, upper), value = fit.interval(quantity, 0.8), fit.value(quantity)
        assert lower * (1 - 1e-9) <= value <= upper * (1 + 1e-9), quantity


# 23: all-zero <= estimate <= all-limit


@given(x=samples())
@settings(max_examples=80, deadline=None)
def test_means_lie_between_all_zero_and_all_limit(x) -> None:
    least, most = bounds(x, MEAN)
    given = [kaplan_meier(x).mean, robust_ros(x).mean]
    given += [substitution(x, rule).mean for rule in SUBSTITUTIONS]
    assert least * (1 - 1e-12) <= min(given) and max(given) <= most * (1 + 1e-12)


@given(x=samples())
@settings(max_examples=60, deadline=None)
def test_percentiles_shares_and_sds_of_filled_samples_lie_in_their_bounds(x) -> None:
    for fit in (robust_ros(x), *(substitution(x, rule) for rule in SUBSTITUTIONS)):
        for quantity in QUANTITIES:
            least, most = bounds(x, quantity)
            slack = 1e-9 * max(1.0, most)
            assert least - slack <= fit.value(quantity) <= most + slack, quantity


@given(x=samples(), position=st.lists(st.floats(0, 1), min_size=14, max_size=14))
@settings(max_examples=80, deadline=None)
def test_no_values_that_agree_with_the_results_pass_the_bounds(x, position) -> None:
    truth = x.low + (x.high - x.low) * np.array(position[: x.n])
    values = {
        MEAN: truth.mean(),
        SD: truth.std(ddof=1),
        MEDIAN: np.median(truth),
        P90: np.quantile(truth, 0.9),
        ABOVE: (truth > ABOVE.at).mean(),
    }
    for quantity, value in values.items():
        least, most = bounds(x, quantity)
        slack = 1e-9 * max(1.0, most)
        assert least - slack <= value <= most + slack, quantity


# 24: what a worse limit may do to the bounds


@given(x=samples(least_detects=1), by=st.floats(1.0, 5.0))
@settings(max_examples=60, deadline=None)
def test_a_higher_limit_never_lowers_the_upper_bound(x, by) -> None:
    raised = Censored(x.low, np.where(x.below, x.high * by, x.high))
    for quantity in RISING:
        assert bounds(raised, quantity)[1] >= bounds(x, quantity)[1] * (1 - 1e-12), quantity


@given(x=samples(least_detects=1), which=st.integers(0, 13))
@settings(max_examples=60, deadline=None)
def test_a_detect_turned_into_its_limit_never_raises_the_lower_bound(x, which) -> None:
    low = x.low.copy()
    low[np.flatnonzero(x.detected)[which % x.n_detected]] = 0.0
    hidden = Censored(low, x.high)
    for quantity in QUANTITIES:
        wide, narrow = bounds(hidden, quantity), bounds(x, quantity)
        assert wide[0] <= narrow[0] + 1e-9 * max(1.0, narrow[0]), quantity
        assert wide[1] >= narrow[1] - 1e-9 * max(1.0, narrow[1]), quantity


# 25: nothing below a limit


@given(x=samples(non_detects=False))
@settings(max_examples=40, deadline=None)
def test_without_non_detects_every_method_is_the_textbook(x) -> None:
    y = np.log(x.values)
    for convention in ("restricted", "unrestricted"):
        fit = kaplan_meier(x, convention)
        assert same(fit.mean, x.values.mean())
        assert same(fit.sd, x.values.std(ddof=1))
        assert same(fit.se_mean, x.values.std(ddof=1) / math.sqrt(x.n))
    for convention in ROS_CONVENTIONS:
        fit = robust_ros(x, convention)
        assert same(fit.mean, x.values.mean()) and same(fit.sd, x.values.std(ddof=1))
    fit = fit_likelihood(x)
    assert fit.location == pytest.approx(y.mean(), abs=1e-7)
    assert same(math.exp(fit.shape), y.std(), rel=1e-6)
    assert same(substitution(x, "sl219").mean, x.values.mean())


# 26: units


@given(x=samples(), k=st.sampled_from([1e-6, 0.125, 3.0, 1e3]))
@settings(max_examples=30, deadline=None)
def test_amounts_scale_with_the_unit(x, k) -> None:
    y = Censored(x.low * k, x.high * k)
    for convention in KM_CONVENTIONS:
        one, two = kaplan_meier(x, convention), kaplan_meier(y, convention)
        for a, b in ((one.mean, two.mean), (one.sd, two.sd), (one.se_mean, two.se_mean)):
            assert same(b, k * a)
    for convention in ROS_CONVENTIONS:
        one, two = robust_ros(x, convention), robust_ros(y, convention)
        assert same(two.mean, k * one.mean) and same(two.sd, k * one.sd)
        assert same(two.slope, one.slope)
    one, two = fit_likelihood(x), fit_likelihood(y)
    assert same(two.mean, k * one.mean, rel=1e-6)
    one, two = bayes_lognormal(x), bayes_lognormal(y)
    assert same(two.value(MEAN), k * one.value(MEAN), rel=1e-6)


@given(x=samples(least_detects=1), k=st.sampled_from([0.125, 8.0]))
@settings(max_examples=15, deadline=None)
def test_the_choice_and_its_whole_table_scale_with_the_unit(x, k) -> None:
    one = summarize(x, thresholds=(2.5,))
    two = summarize(Censored(x.low * k, x.high * k), thresholds=(2.5 * k,))
    assert (one.method, one.reason) == (two.method, two.reason)
    for a, b in zip(one.answers, two.answers, strict=True):
        by = 1.0 if a.quantity.kind == "exceedance" else k
        for name in ("value", "lower", "upper", "least", "most"):
            assert same(getattr(b, name), by * getattr(a, name), rel=1e-6), (name, a.quantity)


@given(x=samples(least_detects=1), seed=st.integers(0, 9))
@settings(max_examples=20, deadline=None)
def test_the_order_of_results_changes_nothing(x, seed) -> None:
    order = np.random.default_rng(seed).permutation(x.n)
    one, two = summarize(x), summarize(x.take(order))
    for a, b in zip(one.answers, two.answers, strict=True):
        assert same(a.value, b.value) and same(a.least, b.least) and same(a.most, b.most)
        assert same(a.lower, b.lower, rel=1e-6) and same(a.upper, b.upper, rel=1e-6)
