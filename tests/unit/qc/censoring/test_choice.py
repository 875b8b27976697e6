"""Which method is chosen, and what every table of answers holds."""

import math

import numpy as np
import pytest

from wbe.errors import UsageError
from wbe.qc.censoring import (
    MEAN,
    METHODS,
    SD,
    Quantity,
    bounds,
    censored,
    choose,
    robust_ros,
    substitution,
    summarize,
)


def sample(detects, below, limit=0.5):
    return censored(
        [limit] * below + [1.0 + k for k in range(detects)], [1] * below + [0] * detects
    )


@pytest.mark.parametrize(
    ("detects", "below", "method"),
    [
        (5, 0, "ros"),
        (5, 20, "ros"),  # 80 %
        (5, 21, "bayes"),
        (4, 0, "bayes"),
        (4, 4, "bayes"),
        (2, 30, "bayes"),
        (1, 4, "bounds"),
        (0, 5, "bounds"),
    ],
)
def test_the_choice_by_counts(detects, below, method):
    x = sample(detects, below)
    assert choose(x)[0] == method
    summary = summarize(x)
    assert (summary.method, summary.reason) == choose(x)
    assert (summary.n, summary.n_below) == (detects + below, below)
    assert summary.testable == (method != "bounds")


def test_equal_detects_give_no_line_and_go_to_the_bayesian_fit():
    x = censored([1.0] + [2.0] * 6, [True] + [False] * 6)
    assert choose(x)[0] == "bayes"
    assert math.isfinite(summarize(x).mean.value)


def test_the_choice_is_the_method_called_by_name():
    x = sample(6, 3)
    summary, fit = summarize(x, percentiles=(0.75,), thresholds=(2.0,)), robust_ros(x)
    for answer in summary.answers:
        assert answer.value == fit.value(answer.quantity)
        assert (answer.lower, answer.upper) == fit.interval(answer.quantity)
        assert (answer.least, answer.most) == bounds(x, answer.quantity)
    assert [a.quantity.name for a in summary.answers] == ["mean", "sd", "median", "p75", "above 2"]
    assert summary["p75"] is summary.answers[3]


@pytest.mark.parametrize("method", METHODS)
def test_every_method_gives_bounds_with_every_answer_and_says_what_it_did(method):
    summary = summarize(sample(6, 4), method=method, thresholds=(3.0,))
    assert summary.method == ("ros" if method == "auto" else method)
    assert summary.convention and summary.reason
    for answer in summary.answers:
        assert answer.least <= answer.most
        assert math.isnan(answer.value) == (method == "bounds")
    estimated = method in ("auto", "ros", "lognormal", "gamma", "bayes", "kaplan_meier")
    assert bool(summary.interval_method) == estimated
    assert math.isfinite(summary.mean.lower) == estimated


@pytest.mark.parametrize("method", ["ros", "kaplan_meier", "lognormal", "gamma", "bayes"])
def test_a_method_that_cannot_tell_leaves_bounds_and_the_reason(method):
    summary = summarize(sample(0, 4), method=method)
    assert not summary.testable
    assert summary.method == "bounds" and summary.reason.startswith(f"{method} refused: ")
    assert math.isnan(summary.mean.value)
    assert (summary.mean.least, summary.mean.most) == (0.0, 0.5)


def test_the_convention_is_kept():
    x = sample(6, 4, limit=2.5)
    assert summarize(x, method="ros", convention="nada").convention == "nada"
    assert summarize(x, method="kaplan_meier").convention == "restricted"
    assert "median 0.7" in summarize(x, method="bayes").convention


def test_substitutions_of_chinese_practice():
    x = sample(2, 2, limit=0.5)
    assert substitution(x, "sl219").mean == pytest.approx((0.25 * 2 + 1 + 2) / 4)
    assert substitution(x, "sl219").total == 3.0
    assert substitution(x, "limit/2").total == 3.5
    assert substitution(x, "soil_hjt166").mean == substitution(x, "surface_2020_82").mean
    stored = substitution(x, "hj91_L")
    assert (stored.mean, stored.total) == (1.0, 3.0)
    assert np.isnan(stored.in_totals[:2]).all()


def test_a_result_between_lod_and_loq_takes_its_own_limits():
    x = censored([3.0, 1.0, 5.0], [True, True, False], lod=1.0)
    assert substitution(x, "lod/2").filled.tolist() == [0.5, 0.5, 5.0]
    assert substitution(x, "loq/2").filled.tolist() == [1.5, 0.5, 5.0]


def test_bounds_of_the_sd_are_reached():
    x = censored([4.0, 4.0, 9.0, 1.0], [True, True, False, False])
    least, most = bounds(x, SD)
    grid = np.linspace(0, 4, 201)
    sds = [np.std([a, b, 9.0, 1.0], ddof=1) for a in grid for b in grid]
    assert (least, most) == pytest.approx((min(sds), max(sds)), rel=1e-6)
    assert np.isnan(bounds(censored([1.0], [True]), SD)).all()


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"method": "half"}, "bounds"),
        ({"method": "bayes", "convention": "nada"}, "ros and kaplan_meier only"),
        ({"method": "ros", "convention": "restricted"}, "is none of"),
        ({"percentiles": (90,)}, "share between 0 and 1"),
        ({"thresholds": (0.0,)}, "positive"),
        ({"level": 95}, "between 0 and 1"),
    ],
)
def test_wrong_options_are_refused(options, why):
    with pytest.raises(UsageError, match=why):
        summarize(sample(6, 4), **options)


def test_an_answer_that_was_not_asked_is_an_error_that_lists_those_asked():
    with pytest.raises(UsageError, match="mean, sd, median, p90"):
        summarize(sample(6, 4))["p95"]
    with pytest.raises(UsageError, match="percentile"):
        Quantity("quantile", 0.5)
    assert MEAN.name == "mean" and Quantity("exceedance", 20.0).name == "above 20"
