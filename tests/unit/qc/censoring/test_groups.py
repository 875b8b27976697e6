"""Censored groups compared: against R's survival, the classical tests, and counting by hand."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import scipy.stats
from builders import reference_file

from wbe.errors import UsageError
from wbe.qc.censoring import Censored, censored, compare_groups, holm, superiority
from wbe.qc.censoring.regrouping import regroupings


def table(name: str) -> Censored:
    rows = np.genfromtxt(reference_file("reference", "censored", name), delimiter=",")[1:]
    return censored(rows[:, 0], rows[:, 1].astype(bool))


# survdiff(Surv(M - value, 1 - censored) ~ group, rho = 1) of R 4.2, survival 3.5-3; the groups
# are row numbers, so that they mean nothing but have ties, many limits and unequal censoring.
SURVDIFF = [
    ("cadmium.csv", lambda n: np.arange(n) < 9, 12.2046138415246),
    ("mdcu.csv", lambda n: np.arange(n) % 3, 0.333830378683148),
    ("shepyrene.csv", lambda n: np.arange(n) % 2, 0.116844086148271),
    ("oahu_as.csv", lambda n: np.arange(n) % 4, 0.891993559876475),
]


@pytest.mark.parametrize(("name", "groups", "statistic"), SURVDIFF)
def test_peto_peto_is_that_of_r_survival(name, groups, statistic) -> None:
    x = table(name)
    got = compare_groups(x, groups(x.n).astype(str))
    assert got.statistic == pytest.approx(statistic, rel=1e-9)
    assert got.p == pytest.approx(scipy.stats.chi2.sf(statistic, got.df), rel=1e-9)
    assert got.method == "chi-squared"


def test_observed_expected_and_covariance_are_those_of_r_survival() -> None:
    x = table("mdcu.csv")
    got = compare_groups(x, (np.arange(x.n) % 3).astype(str))
    assert got.observed == pytest.approx(
        [8.32042247067449, 10.98098071283555, 12.87834740863975], rel=1e-9
    )
    assert got.expected == pytest.approx(
        [9.37646980036093, 10.78910197665238, 12.01417881513648], rel=1e-9
    )
    assert np.diag(got.covariance) == pytest.approx(
        [3.70735930533843, 3.89905873199928, 4.03523852874679], rel=1e-9
    )


@pytest.mark.parametrize("test", ["peto_peto", "gehan"])
def test_without_limits_it_is_the_classical_rank_test(test) -> None:
    value = np.round(np.random.default_rng(1).lognormal(size=40), 1) + 0.1  # with ties
    group = np.arange(40) % 3
    got = compare_groups(
        censored(value, np.zeros(40, bool)), group, test=test, variance="permutation"
    )
    expected = scipy.stats.kruskal(*(value[group == k] for k in range(3)))
    assert got.statistic == pytest.approx(expected.statistic, rel=1e-9)
    assert got.p == pytest.approx(expected.pvalue, rel=1e-9)
    for pair in got.pairs:
        a, b = (value[group == int(name)] for name in (pair.first, pair.second))
        classical = scipy.stats.mannwhitneyu(a, b, use_continuity=False, method="asymptotic")
        assert pair.p == pytest.approx(classical.pvalue, rel=1e-9)
        assert pair.effect.probability == pytest.approx(classical.statistic / len(a) / len(b))
        assert pair.effect.undecided == 0


def test_gehan_counts_pairs_and_its_variance_is_that_over_all_regroupings() -> None:
    x = censored([3, 1, 4, 2, 2, 5, 3], [False, True, False, True, False, False, True])
    group = np.array(list("aabbbab"))

    def wins(k: int) -> int:
        """Results surely smaller than k, less those surely larger."""
        total = 0
        for other in range(x.n):
            if other == k:
                continue
            larger = x.detected[k] and (x.high[other] < x.high[k])
            larger |= x.detected[k] and x.below[other] and x.high[other] == x.high[k]
            smaller = x.detected[other] and (x.high[k] < x.high[other])
            smaller |= x.detected[other] and x.below[k] and x.high[other] == x.high[k]
            total += int(larger) - int(smaller)
        return total

    score = np.array([wins(k) for k in range(x.n)])
    got = compare_groups(x, group, test="gehan", variance="permutation")
    assert got.observed[0] - got.expected[0] == pytest.approx(score[group == "a"].sum())
    sums = [score[list(chosen)].sum() for chosen in itertools.combinations(range(x.n), 3)]
    assert got.covariance[0, 0] == pytest.approx(np.var(sums), rel=1e-12)


def test_effect_is_bounded_by_what_hidden_pairs_could_be() -> None:
    first, second = censored([4, 5, 2], [False, False, True]), censored([3, 1], [True, False])
    got = superiority(first, second)
    # 4 and 5 exceed both; "< 2" against "< 3" and against 1 is hidden
    assert (got.probability, got.least, got.most) == pytest.approx((5 / 6, 4 / 6, 1.0))
    assert got.undecided == pytest.approx(2 / 6)


def test_interval_of_the_effect_covers_at_its_level() -> None:
    rng = np.random.default_rng(3)
    truth, hits = scipy.stats.norm.cdf(0.8 / np.sqrt(2)), 0
    nothing = np.zeros(15, bool)
    for _ in range(600):
        a, b = np.exp(rng.standard_normal(15) + 0.8), np.exp(rng.standard_normal(15))
        got = superiority(censored(a, nothing), censored(b, nothing))
        hits += got.lower <= truth <= got.upper
    assert 0.92 <= hits / 600 <= 0.99


def test_complete_separation_has_an_open_interval() -> None:
    nothing = np.zeros(3, bool)
    got = superiority(censored([4, 5, 6], nothing), censored([1, 2, 3], nothing))
    assert got.probability == got.upper == 1.0
    assert 0.3 < got.lower < 0.8


@pytest.mark.parametrize("variance", ["hypergeometric", "permutation"])
@pytest.mark.parametrize("test", ["peto_peto", "gehan"])
def test_false_alarms_are_as_many_as_stated(test, variance) -> None:
    rng, alarms = np.random.default_rng(7), 0
    group = np.repeat(["a", "b"], 20)
    limits = np.where(group == "a", 0.5, 1.0) if variance == "hypergeometric" else np.full(40, 0.8)
    for _ in range(500):
        value = rng.lognormal(size=40)
        below = value < limits
        x = censored(np.where(below, limits, value), below)
        alarms += compare_groups(x, group, test=test, variance=variance).p < 0.05
    assert 0.02 <= alarms / 500 <= 0.08


@pytest.mark.parametrize("share", [0.0, 0.7])
def test_interval_of_the_effect_covers_the_truth_however_much_is_hidden(share: float) -> None:
    # hidden pairs counted as ties alone would cover 40 % at 70 % below
    rng, n, hits, truth = np.random.default_rng(11), 150, 0, scipy.stats.norm.cdf(0.8 / np.sqrt(2))
    limit = np.exp(0.95) if share else 1e-9  # 70 % of both groups together lie below
    for _ in range(100):
        a, b = np.exp(rng.standard_normal(n) + 0.8), np.exp(rng.standard_normal(n))
        first, second = (censored(np.maximum(v, limit), v < limit) for v in (a, b))
        got = superiority(first, second)
        hits += got.lower <= truth <= got.upper
        assert got.lower <= got.least <= got.probability <= got.most <= got.upper
    assert (first.share_below + second.share_below) / 2 == pytest.approx(share, abs=0.1)
    assert hits >= 92


def test_ends_of_the_effect_are_those_of_its_bounds() -> None:
    first, second = censored([4, 5, 2], [False, False, True]), censored([3, 1], [True, False])
    got = superiority(first, second)
    # all hidden pairs decided: the same shares of pairs without a limit
    known = censored([4, 5, 1], [False] * 3), censored([3, 2], [False] * 2)
    assert superiority(*known).least == pytest.approx(got.least)
    assert got.lower == pytest.approx(superiority(*known).lower)
    assert got.upper == 1.0


@pytest.mark.parametrize("variance", ["hypergeometric", "permutation"])
def test_few_results_have_the_exact_p_of_all_regroupings(variance: str) -> None:
    value = np.array([3.0, 9, 4, 8, 2, 7, 1, 5, 6])
    group = np.array(list("aabbbaaba"))
    nothing = np.zeros(9, bool)
    got = compare_groups(censored(value, nothing), group, test="gehan", variance=variance)
    exact = scipy.stats.mannwhitneyu(value[group == "a"], value[group == "b"], method="exact")
    assert got.p == got.pairs[0].p == pytest.approx(exact.pvalue, rel=1e-12)
    assert got.method == got.pairs[0].method == "exact permutation"
    assert "exact permutation" in got.convention


def test_exact_p_of_three_groups_with_limits_is_that_counted_by_hand() -> None:
    x = censored([5, 3, 4, 1, 2, 2, 1, 6], [False, True, False, False, True, False, True, False])
    group = np.array(list("aabbccca"))
    score = compare_groups(x, np.arange(8), test="gehan", variance="permutation")
    each = score.observed - score.expected  # a result a group: its score

    def spread(labels: np.ndarray) -> float:
        return sum(each[labels == g].sum() ** 2 / (labels == g).sum() for g in "abc")

    every = np.array([spread(np.array(p)) for p in set(itertools.permutations(group.tolist()))])
    got = compare_groups(x, group, test="gehan")
    assert len(every) == 560
    assert got.p == pytest.approx((every >= spread(group) - 1e-9).mean(), rel=1e-12)
    assert 0.05 < got.p < 1


def test_regroupings_are_counted_and_many_of_them_leave_chi_squared() -> None:
    assert [regroupings(s) for s in ([3, 3], [8, 8], [9, 9], [3, 2, 3])] == [20, 12870, 48620, 560]
    value, group = np.arange(1.0, 19), np.arange(18) % 2
    got = compare_groups(censored(value, np.zeros(18, bool)), group)
    assert got.method == got.pairs[0].method == "chi-squared"
    assert compare_groups(censored(value[2:], np.zeros(16, bool)), group[2:]).method.startswith("e")


def test_groups_too_small_for_the_level_are_not_tested_but_have_an_effect() -> None:
    x, group = censored([4, 5, 6, 1, 2, 3], [False] * 6), list("aaabbb")
    got = compare_groups(x, group)
    assert (got.testable, got.pairs[0].testable) == (False, False)
    assert math.isnan(got.p) and math.isnan(got.statistic) and math.isnan(got.pairs[0].z)
    assert "3 and 3" in got.reason and "0.1" in got.reason
    assert got.method == got.pairs[0].method == ""
    assert got.pairs[0].effect.probability == 1.0
    wider = compare_groups(x, group, level=0.9)
    assert wider.testable
    assert wider.p == pytest.approx(0.1)


@pytest.mark.parametrize("size", [3, 4, 6])
def test_small_groups_raise_no_more_false_alarms_than_stated(size: int) -> None:
    rng, group, runs = np.random.default_rng(5), np.repeat(["a", "b"], size), 400
    nothing = np.zeros(2 * size, bool)
    alarms = sum(
        compare_groups(censored(rng.lognormal(size=2 * size), nothing), group).p <= 0.05
        for _ in range(runs)
    )
    assert alarms <= 0.075 * runs  # 0.05 and 2.3 standard errors
    assert (alarms == 0) == (size == 3)


def test_exact_p_errs_on_the_side_of_no_difference_where_limits_differ() -> None:
    rng, group, runs = np.random.default_rng(6), np.repeat(["a", "b"], 6), 300
    limit = np.repeat([0.3, 1.5], 6)
    alarms = 0
    for _ in range(runs):
        value = rng.lognormal(size=12)
        x = censored(np.maximum(value, limit), value < limit)
        alarms += compare_groups(x, group).p <= 0.05
    assert 0 < alarms <= 0.05 * runs


def test_groups_that_cannot_be_ranked_are_said_so_and_the_batch_goes_on() -> None:
    x = censored([1, 1, 2, 2], [True] * 4)
    got = compare_groups(x, ["a", "b", "a", "b"])
    assert not got.testable
    assert np.isnan(got.p)
    assert "above its limit" in got.reason
    assert not got.pairs[0].testable
    equal = compare_groups(censored([2.0] * 4, [False] * 4), ["a", "b", "a", "b"])
    assert "equal" in equal.reason


def test_holm_leaves_out_what_was_not_tested() -> None:
    got = holm([0.02, np.nan, 0.01, 0.5])
    assert got[[0, 2, 3]] == pytest.approx([0.04, 0.03, 0.5])
    assert np.isnan(got[1])


@pytest.mark.parametrize(
    ("groups", "options", "said"),
    [
        (["a", "a"], {}, "two"),
        (["a"], {}, "one a result"),
        (["a", "b"], {"test": "t"}, "peto_peto"),
        (["a", "b"], {"variance": "x"}, "hypergeometric"),
        (["a", "b"], {"level": 1.0}, "level"),
    ],
)
def test_what_cannot_be_meant_is_refused(groups, options, said) -> None:
    with pytest.raises(UsageError, match=said):
        compare_groups(censored([1.0, 2.0], [False, True]), groups, **options)
