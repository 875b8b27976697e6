"""Measurement error carried into the statistics of censored results."""

from __future__ import annotations

import math

import numpy as np
import pytest

from wbe.errors import UsageError
from wbe.qc.censoring import (
    CarriedErrors,
    Censored,
    carried_errors,
    carry,
    censored,
    fit_likelihood,
)
from wbe.qc.censoring.quantities import MEAN, Quantity
from wbe.uncertainty import Product, Term


class Plain:
    """The mean of the upper ends, with an interval that a test knows."""

    def __init__(self, data: Censored, ends: tuple[float, float] = (math.nan, math.nan)):
        self.data, self.ends = data, ends

    def value(self, quantity: Quantity) -> float:
        return float(self.data.high.mean())

    def interval(self, quantity: Quantity, level: float = 0.95) -> tuple[float, float]:
        return self.ends


X = censored([3, 5, 4, 8, 2, 6, 9, 2], [False] * 4 + [True] + [False] * 2 + [True])


def lab(sd: float, n: int = 8, draws: int = 4000, seed: int = 1) -> CarriedErrors:
    drawn = np.exp(sd * np.random.default_rng(seed).standard_normal((1, draws)))
    return CarriedErrors(np.repeat(drawn, n, axis=0), np.ones((n, draws)))


def test_without_errors_the_interval_is_the_estimators_own() -> None:
    got = carry(X, lab(0.0, draws=20_000), estimator="lognormal")
    lower, upper = fit_likelihood(X).interval(MEAN, 0.95)
    assert (got.sampling_lower, got.sampling_upper) == (lower, upper)
    assert got.lower == pytest.approx(lower, rel=0.02)
    assert got.upper == pytest.approx(upper, rel=0.03)
    assert got.measurement_share == 0


def test_shared_and_sampling_variances_add_on_the_log_scale() -> None:
    # an estimator with a symmetric interval on the log scale, so that the answer is a formula
    x = censored([4.0, 4.0], [False, False])
    got = carry(x, lab(0.3, 2, 200_000), estimator=lambda x: Plain(x, (4 / 1.5, 4 * 1.5)))
    sd = math.hypot(0.3, math.log(1.5) / 1.959964)
    assert got.lower == pytest.approx(4 * math.exp(-1.959964 * sd), rel=0.01)
    assert got.upper == pytest.approx(4 * math.exp(1.959964 * sd), rel=0.01)
    assert got.measurement_share == pytest.approx(0.3**2 / sd**2, rel=0.02)


def test_larger_shared_errors_never_narrow_the_interval() -> None:
    widths = []
    for sd in (0.0, 0.1, 0.2, 0.4):
        got = carry(X, lab(sd), estimator="lognormal")
        widths.append(math.log(got.upper / got.lower))
    assert widths == sorted(widths)


@pytest.mark.parametrize(
    "quantity", [MEAN, Quantity("percentile", 0.5), Quantity("exceedance", 4.0)]
)
def test_more_errors_never_make_an_interval_narrower_than_sampling_alone(quantity) -> None:
    for seed in range(8):
        for sd in (0.0, 0.02):
            errors = lab(sd, draws=300, seed=seed)
            got = carry(X, errors, quantity, estimator="kaplan_meier", seed=seed)
            assert got.testable
            assert got.lower <= got.sampling_lower <= got.sampling_upper <= got.upper


def test_what_sampling_leaves_open_stays_open_with_other_errors() -> None:
    x = censored([1, 1, 1, 1, 3, 7], [True] * 4 + [False] * 2)
    assert fit_likelihood(x).interval(MEAN)[1] == math.inf
    got = carry(x, lab(0.2, 6), estimator="lognormal")
    assert (got.upper, got.sampling_upper) == (math.inf, math.inf)
    assert 0 < got.lower < got.sampling_lower and math.isnan(got.measurement_share)
    median = carry(X, lab(0.2), Quantity("percentile", 0.05), estimator=lambda x: Plain(x, (0, 9)))
    assert median.lower == 0.0 and 9 < median.upper < math.inf


def test_of_the_results_alone_own_errors_shrink_with_their_number_and_shared_do_not() -> None:
    n, draws = 25, 4000
    rng = np.random.default_rng(1)
    x = censored(np.full(n, 2.0), np.zeros(n, bool))
    own = CarriedErrors(np.ones((n, draws)), np.exp(0.2 * rng.standard_normal((n, draws))))
    got = carry(x, own, estimator=Plain, target="results")
    assert math.log(got.upper / got.lower) == pytest.approx(2 * 1.96 * 0.2 / 5, rel=0.06)
    assert math.isnan(got.sampling_lower)
    shared = carry(x, lab(0.2, n), estimator=Plain, target="results")
    assert math.log(shared.upper / shared.lower) == pytest.approx(2 * 1.96 * 0.2, rel=0.06)


def test_a_product_is_told_apart_by_who_shares_its_errors() -> None:
    labels = np.array(["a", "a", "b", "c"])
    meter = Term("flow", "site", labels, np.full(4, 0.3))
    bottle = Term("sampling", "sample", np.array(list("1234")), np.full(4, 0.1))
    errors = carried_errors(Product(np.zeros(4), (meter, bottle)), draws=3000, seed=5)
    logs = np.log(errors.shared), np.log(errors.own)
    assert (errors.shared[0] == errors.shared[1]).all()
    assert (errors.shared[2:] == 1).all()  # a meter of one row is an error of its own
    assert logs[0][0].std() == pytest.approx(0.3, rel=0.05)
    assert logs[1].std(axis=1) == pytest.approx(np.hypot([0, 0, 0.3, 0.3], 0.1), rel=0.05)
    assert not errors.alike
    again = carried_errors(Product(np.zeros(4), (meter, bottle)), draws=100, seed=5)
    assert (again.own == errors.own[:, :100]).all()


def test_partly_shared_errors_move_their_rows_only() -> None:
    half = np.where(np.arange(8)[:, None] < 4, 2.0, 1.0) * np.ones((8, 50))
    x = censored([1.0] * 8, [False] * 8)
    got = carry(x, CarriedErrors(half, np.ones_like(half)), estimator=Plain, target="results")
    assert (got.lower, got.upper) == pytest.approx((1.5, 1.5))


def test_limits_move_with_their_results() -> None:
    seen: list[Censored] = []

    def look(data: Censored) -> Plain:
        seen.append(data)
        return Plain(data)

    carry(X, lab(0.5, draws=2), estimator=look, target="results")
    for data in seen[1:]:
        assert (data.below == X.below).all()
        assert np.ptp(data.high / X.high) < 1e-12
        assert data.high[4] != X.high[4]


def test_the_automatic_choice_is_made_once_and_named() -> None:
    assert carry(X, lab(0.2, draws=50)).method == "ros"
    few = carry(censored([1, 2, 3], [True, False, False]), lab(0.2, 3, 50))
    assert few.method == "bayes"
    assert few.testable
    none = carry(censored([1, 2], [True, False]), lab(0.2, 2, 50))
    assert (none.method, none.testable) == ("bounds", False)
    assert "1 detect" in none.reason


def test_an_estimator_without_an_interval_says_so_unless_rows_are_resampled() -> None:
    told = carry(X, lab(0.1, draws=50), estimator=Plain)
    assert "no interval" in told.reason
    assert carry(X, lab(0.1, draws=50), estimator=Plain, sampling="rows").testable


def test_same_seed_same_bytes_and_rows_in_any_order() -> None:
    first, again = (
        carry(X, lab(0.2, draws=400), estimator="ros", sampling="rows", seed=4) for _ in range(2)
    )
    assert first == again
    order = np.random.default_rng(0).permutation(8)
    moved = carry(X.take(order), lab(0.2), estimator="lognormal", seed=4)
    plain = carry(X, lab(0.2), estimator="lognormal", seed=4)
    assert (moved.lower, moved.upper) == pytest.approx((plain.lower, plain.upper), rel=1e-6)


def test_unit_of_the_results_is_that_of_the_answer() -> None:
    plain, scaled = (
        carry(v, lab(0.2), estimator="lognormal")
        for v in (X, Censored(1000 * X.low, 1000 * X.high))
    )
    assert scaled.lower == pytest.approx(1000 * plain.lower, rel=1e-6)
    assert scaled.most == pytest.approx(1000 * plain.most)


@pytest.mark.parametrize(
    ("quantity", "truth"),
    [
        (MEAN, math.exp(0.18)),
        (Quantity("percentile", 0.9), math.exp(0.6 * 1.2815516)),
    ],
    ids=["mean", "90th percentile"],
)
def test_the_one_interval_covers_the_truth_and_that_of_sampling_does_not(quantity, truth) -> None:
    rng, hits, sampling, told = np.random.default_rng(5), 0, 0, 0
    for k in range(160):
        shared, own = np.exp(0.25 * rng.standard_normal()), np.exp(0.15 * rng.standard_normal(20))
        y = np.exp(0.6 * rng.standard_normal(20)) / shared / own
        x = censored(np.maximum(y, 0.8), y < 0.8)  # about 35 % below
        got = carry(x, lab(0.25, 20, 400, k), quantity, estimator="lognormal", seed=k)
        if got.testable:
            told += 1
            hits += got.lower <= truth <= got.upper
            sampling += got.sampling_lower <= truth <= got.sampling_upper
    assert told > 150
    assert 0.92 <= hits / told <= 0.98
    assert sampling / told < 0.85


def test_an_exceedance_probability_stays_between_0_and_1() -> None:
    got = carry(X, lab(0.4, draws=150), Quantity("exceedance", 4.0), estimator="lognormal")
    assert 0 < got.lower < got.value < got.upper < 1
    assert (got.least, got.most) == (0.5, 0.5)  # 4 of 8 lie above 4, whatever the limits hide


def test_too_few_detects_leave_the_bounds_and_say_why() -> None:
    x = censored([1, 1, 1, 2], [True, True, True, False])
    got = carry(x, lab(0.2, 4, 10), estimator="lognormal")
    assert not got.testable
    assert "detect" in got.reason
    assert math.isnan(got.value)
    assert (got.least, got.most) == (0.5, 1.25)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: carry(X, lab(0.1, 3)), "rows of errors"),
        (lambda: carry(X, lab(0.1), target="week"), "population"),
        (lambda: carry(X, lab(0.1), sampling="days"), "rows"),
        (lambda: carry(X, lab(0.1), estimator="mle"), "lognormal"),
        (lambda: carry(X, lab(0.1), level=1), "level"),
        (lambda: CarriedErrors(np.ones((2, 3)), np.ones((3, 3))), "one shape"),
        (lambda: CarriedErrors(np.zeros((2, 3)), np.ones((2, 3))), "positive"),
        (lambda: carried_errors(Product(np.zeros(2)), draws=0), "draws"),
    ],
)
def test_what_cannot_be_meant_is_refused(call, said) -> None:
    with pytest.raises(UsageError, match=said):
        call()
