"""Censored groups compared: against R's survival, the classical tests, and counting by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import scipy.stats
from builders import reference_file

from wbe.errors import UsageError
from wbe.qc.censoring import Censored, censored, compare_groups, holm, superiority


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
