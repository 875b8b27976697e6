"""Bias, error and coverage of the estimators of results with limits, on synthetic samples.

docs/censored.md has the same study with more samples and all shares below limits. The automatic
choice is measured against robust ROS and the lognormal likelihood only: substitution is nearer to
the truth where the truth happens to lie at the number put in.
"""

from __future__ import annotations

import csv
import math
from functools import cache

import numpy as np
import pytest
from censored_study import (
    DISTRIBUTIONS,
    PERCENTS,
    SIZES,
    Case,
    Estimates,
    one_limit_mean,
    ratio,
    study,
)
from scipy.special import ndtr, ndtri

from wbe.qc.censoring import summarize

pytestmark = pytest.mark.slow

SHARES = (10, 30, 50, 70, 80, 90)
NO_WORSE = 1.5
EACH = [(d, n) for d in DISTRIBUTIONS for n in SIZES]


@cache
def simulated(distribution: str, n: int, percent: int) -> dict[str, Estimates]:
    answers, fits = (100, 25) if n == 100 else (200, 40)
    return study(Case(distribution, n, percent), answers, fits)


@pytest.fixture(scope="module")
def published(root) -> list[dict[str, str]]:
    path = root / "docs" / "_static" / "censored-estimators.csv"
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(("distribution", "n"), EACH)
def test_choice_errs_at_most_half_more_than_the_better_of_ros_and_likelihood(
    distribution: str, n: int
) -> None:
    for percent in SHARES:
        got = ratio(simulated(distribution, n, percent))
        assert got.samples >= 25, (percent, got)
        assert got.plain <= NO_WORSE, (percent, got)
        assert got.log <= NO_WORSE, (percent, got)


def test_a_choice_of_kaplan_meier_would_not_pass() -> None:
    found = simulated("lognormal 1", 100, 90)
    wrong = ratio(found | {"auto": found["km"]})
    assert wrong.plain > NO_WORSE
    assert wrong.log > NO_WORSE


def test_the_page_shows_every_case_and_none_beyond_half_more(published) -> None:
    rows = [r for r in published if r["method"] == "auto"]
    cases = {(r["distribution"], int(r["n"]), int(r["percent"])) for r in rows}
    assert cases == {(d, n, p) for d, n in EACH for p in PERCENTS}
    assert max(float(r["ratio"]) for r in rows) <= NO_WORSE
    assert max(float(r["ratio_log"]) for r in rows) <= NO_WORSE


def test_the_page_shows_what_the_study_gives(published) -> None:
    again = study(Case("lognormal 1", 10, 60), 400, 0)
    for name in ("ros", "mle", "km"):
        (row,) = [
            r
            for r in published
            if (r["distribution"], r["n"], r["percent"], r["method"])
            == ("lognormal 1", "10", "60", name)
        ]
        assert int(row["answered"]) == again[name].answered
        for key in ("refused", "bias", "rmse", "rmse_log"):
            assert float(row[key]) == pytest.approx(getattr(again[name], key), abs=2e-4)


def pooled(distribution: str, n: int, shares: tuple[int, ...]) -> float:
    """Coverage of the intervals of the automatic choice over shares below limits."""
    got = [simulated(distribution, n, p)["auto"] for p in shares]
    return sum(e.coverage * e.intervals for e in got) / sum(e.intervals for e in got)


@pytest.mark.parametrize("distribution", DISTRIBUTIONS[:2])
@pytest.mark.parametrize("n", SIZES)
def test_intervals_of_the_choice_hold_lognormal_means_up_to_70_percent_below(
    distribution: str, n: int
) -> None:
    assert pooled(distribution, n, (10, 30, 50, 70)) >= 0.92


def test_intervals_of_the_choice_hold_lognormal_means_beyond_from_ten_results_on() -> None:
    every = [pooled(d, n, (80, 90)) for d in DISTRIBUTIONS[:2] for n in SIZES[1:]]
    assert min(every) >= 0.85
    assert np.mean(every) >= 0.90


def test_intervals_of_the_choice_hold_gamma_means_up_to_half_below() -> None:
    assert min(pooled("gamma 1", n, (10, 30, 50)) for n in SIZES) >= 0.92


def test_intervals_of_the_choice_fail_where_the_page_says_so() -> None:
    few = simulated("lognormal 1", 5, 90)["auto"]
    assert few.refused > 0.8
    assert few.coverage < 0.9
    assert pooled("gamma 1", 100, (70, 80, 90)) < 0.9


def test_profile_intervals_hold_the_mean_of_thirty_and_not_of_five_nearly_all_below() -> None:
    thirty = study(Case("lognormal 1", 30, 50), 100, 0, profiles=100)["mle"]
    five = study(Case("lognormal 1", 5, 90), 100, 0, profiles=100)["mle"]
    assert thirty.coverage >= 0.88 > 0.75 > five.coverage


@pytest.mark.parametrize("log_sd", [0.5, 1.0])
@pytest.mark.parametrize("n", [30, 400])
def test_kaplan_meier_mean_with_one_limit_is_too_high_however_many_results(
    log_sd: float, n: int
) -> None:
    got = one_limit_mean(Case(f"lognormal {log_sd:g}", n, 75, limit_log_sd=0.0), 150)
    z = ndtri(0.75)
    # mean of the larger of value and limit, over the mean
    expected = ndtr(log_sd - z) + 0.75 * math.exp(log_sd * z - log_sd**2 / 2) - 1
    assert expected == pytest.approx({0.5: 0.36, 1.0: 0.52}[log_sd], abs=0.01)
    error = float(np.nanstd(got.value)) / math.sqrt(got.answered)
    assert abs(got.bias - expected) < 4 * error


def test_kaplan_meier_interval_with_one_limit_holds_next_to_nothing() -> None:
    got = one_limit_mean(Case("lognormal 1", 100, 80, limit_log_sd=0.0), 200)
    assert got.coverage < 0.25


def test_kaplan_meier_mean_is_too_high_also_with_limits_that_vary_little() -> None:
    found = simulated("lognormal 1", 100, 80)
    assert found["km"].bias > 0.15 > abs(found["ros"].bias)


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
@pytest.mark.parametrize("percent", [10, 50, 90])
def test_limits_put_the_expected_share_below(distribution: str, percent: int) -> None:
    shares = [d.share_below for d in Case(distribution, 100, percent).samples(300)]
    assert np.mean(shares) == pytest.approx(percent / 100, abs=0.01)


def test_truth_is_the_mean_of_what_is_drawn() -> None:
    for distribution in DISTRIBUTIONS:
        case = Case(distribution, 100, 10)
        score = ndtri((np.arange(100_000) + 0.5) / 100_000)
        assert case.quantile(score).mean() == pytest.approx(case.truth, rel=2e-3)


def test_first_samples_do_not_depend_on_how_many_are_drawn() -> None:
    case = Case("gamma 1", 10, 50)
    few, many = list(case.samples(3)), list(case.samples(9))
    assert all((a.high == b.high).all() for a, b in zip(few, many, strict=False))


def test_the_study_follows_the_choice_that_users_get() -> None:
    case = Case("lognormal 1", 10, 60)
    got = study(case, 12, 100)["auto"]
    used = set()
    for value, lower, data in zip(got.value, got.lower, case.samples(len(got.value)), strict=True):
        summary = summarize(data)
        used.add(summary.method)
        expected = [summary.mean.value / case.truth, summary.mean.lower / case.truth]
        np.testing.assert_allclose([value, lower], expected, rtol=1e-9)
    assert used >= {"ros", "bayes"}
