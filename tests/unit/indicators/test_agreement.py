"""Ranks, lags and tiers set beside each other: reference values, chance, what is left out."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from interlab_sets import published
from scipy import stats

from wbe import qc
from wbe.errors import UsageError
from wbe.indicators import agreement_of_ranks, agreement_of_tiers, agreement_with_lags
from wbe.indicators.drawing import row_ranks
from wbe.indicators.rank_agreement import rowwise

MEASURES = ("spearman", "kendall")


def names(n: int) -> list[str]:
    return [f"area {i:02d}" for i in range(n)]


def test_spearman_of_the_reference_set() -> None:
    given = published("spearman_iq_tv")
    found = agreement_of_ranks(names(10), given["iq"], given["tv"])
    assert found.value == pytest.approx(given["expected"]["rho"], rel=1e-9)
    assert found.p == pytest.approx(given["expected"]["p_t_approx"], abs=0.02)
    assert found.lower == qc.spearman(given["iq"], given["tv"]).lower


@pytest.mark.parametrize("seed", range(6))
def test_rows_agree_with_scipy_with_ties(seed: int) -> None:
    r = np.random.default_rng(seed)
    x, y = r.integers(0, 6, (2, 4, 12)).astype(float)
    for i in range(4):
        assert row_ranks(x)[i].tolist() == stats.rankdata(x[i]).tolist()
        rho, tau = stats.spearmanr(x[i], y[i]).statistic, stats.kendalltau(x[i], y[i]).statistic
        assert rowwise(x, y, "spearman")[i] == pytest.approx(rho)
        assert rowwise(x, y, "kendall")[i] == pytest.approx(tau)


@pytest.mark.parametrize("measure", MEASURES)
def test_p_is_the_share_of_all_orders(measure: str) -> None:
    x, y = [3.0, 1.0, 4.0, 1.5, 5.0, 9.0], [2.0, 7.0, 1.0, 8.0, 2.5, 8.5]
    found = agreement_of_ranks(names(6), x, y, measure=measure)
    of = {"spearman": stats.spearmanr, "kendall": stats.kendalltau}[measure]
    values = np.array([of(x, order).statistic for order in permutations(y)])
    assert found.exact
    assert found.p == pytest.approx((np.abs(values) >= abs(found.value) - 1e-9).mean())
    ends = np.quantile(values, [0.025, 0.975])
    assert (found.chance_lower, found.chance_upper) == pytest.approx(tuple(ends))


def test_false_alarms_are_as_promised() -> None:
    r = np.random.default_rng(11)
    p = [agreement_of_ranks(names(6), *r.normal(size=(2, 6))).p for _ in range(200)]
    assert np.mean(np.array(p) <= 0.05) < 0.09


def test_areas_placed_by_suspicion_and_areas_without_are_left_out_by_name() -> None:
    x, y = np.arange(9.0), np.arange(9.0)[::-1].copy()
    x[1], y[2] = np.nan, np.nan
    by_suspicion = [True] + [False] * 8
    found = agreement_of_ranks(names(9), x, y, by_suspicion=by_suspicion)
    assert found.left_out == (
        ("area 00", "sites_by_suspicion"), ("area 01", "no_load"), ("area 02", "no_rate"),
    )  # fmt: skip
    assert found.n == 6 and found.value == -1
    assert "circular_sites" in found.cautions and "effort" in found.cautions


def test_a_suspected_area_changes_nothing_of_the_rest() -> None:
    r = np.random.default_rng(2)
    x, y = r.normal(size=(2, 8))
    without = agreement_of_ranks(names(8), x, y)
    mask = [False] * 8 + [True]
    beside = agreement_of_ranks(names(9), [*x, 100], [*y, 100], by_suspicion=mask)
    assert (beside.value, beside.p, beside.without_one) == (
        without.value, without.p, without.without_one,
    )  # fmt: skip


@pytest.mark.parametrize("measure", MEASURES)
def test_leaving_one_out_names_the_most_telling_area(measure: str) -> None:
    x = np.array([1.0, 2, 3, 4, 5, 6, 50])
    y = np.array([4.0, 1, 6, 3, 2, 5, 50])
    found = agreement_of_ranks(names(7), x, y, measure=measure)
    rest = [np.arange(7) != i for i in range(7)]
    of = {"spearman": stats.spearmanr, "kendall": stats.kendalltau}[measure]
    assert found.without_one == pytest.approx([of(x[k], y[k]).statistic for k in rest])
    assert found.most_telling == "area 06"
    turned = agreement_of_ranks(names(6), [1, 2, 3, 4, 5, 90], [5, 4, 3, 2, 1, 90])
    assert turned.value > -0.5 and not turned.sign_holds


def test_the_uncertainty_of_loads_is_carried_through_draws() -> None:
    r = np.random.default_rng(5)
    x = np.arange(10.0)
    sharp = agreement_of_ranks(names(10), x, x, load_draws=x + 0.01 * r.normal(size=(500, 10)))
    dull = agreement_of_ranks(names(10), x, x, load_draws=x + 4 * r.normal(size=(500, 10)))
    assert sharp.carried == sharp.carried_lower == 1
    assert dull.carried_lower < dull.carried < 1 and dull.draws == 500
    assert "uncertainty_not_carried" not in dull.cautions
    assert "uncertainty_not_carried" in agreement_of_ranks(names(10), x, x).cautions


def test_too_few_areas_and_equal_values_are_results_with_a_reason() -> None:
    few = agreement_of_ranks(names(4), range(4), range(4))
    flat = agreement_of_ranks(names(6), [1] * 6, range(6))
    assert not few.testable and "at least 5" in few.reason and np.isnan(few.p)
    assert not flat.testable and np.isnan(flat.value) and flat.most_telling == ""


def test_a_true_lag_is_found_and_the_number_of_lags_is_paid_for() -> None:
    r = np.random.default_rng(8)
    load = r.normal(size=(5, 13))
    rate = np.vstack([r.normal(size=(1, 13)), load[:4] + 0.4 * r.normal(size=(4, 13))])
    found = agreement_with_lags(names(13), load, rate, lags=(0, 1, 2))
    assert [lag.pairs for lag in found.lags] == [5, 4, 3]
    best = max(found.lags, key=lambda lag: lag.value)
    assert best.lag == 1 and best.p_adjusted < 0.01
    assert all(lag.p_adjusted >= lag.p for lag in found.lags)
    assert "several_lags" in found.cautions
    alone = agreement_with_lags(names(13), load, rate, lags=(1,))
    assert alone.lags[0].p == alone.lags[0].p_adjusted
    assert "several_lags" not in alone.cautions


def test_a_lag_is_the_mean_over_pairs_of_rounds() -> None:
    r = np.random.default_rng(1)
    load, rate = r.normal(size=(2, 4, 8))
    found = agreement_with_lags(names(8), load, rate, lags=(2,), measure="kendall").lags[0]
    each = [stats.kendalltau(load[k], rate[k + 2]).statistic for k in range(2)]
    assert found.value == pytest.approx(np.mean(each))


def test_lags_leave_out_areas_placed_by_suspicion() -> None:
    load, rate = np.random.default_rng(2).normal(size=(2, 3, 8))
    far = load.copy()
    far[:, 7] = [50.0, -50.0, 50.0]
    suspected = np.arange(8) == 7
    one, other = (
        agreement_with_lags(names(8), x, rate, lags=(1,), by_suspicion=suspected)
        for x in (load, far)
    )
    assert one == other and one.left_out == ((names(8)[7], "sites_by_suspicion"),)
    assert "circular_sites" in one.cautions and len(one.areas) == 7


def test_of_random_orders_the_one_found_is_one_more() -> None:
    found = agreement_of_ranks(names(14), np.arange(14.0), np.arange(14.0))
    assert not found.exact and found.p == 1 / 10_000


def test_a_negative_lag_sets_counts_before_the_sample() -> None:
    areas = [f"a{i}" for i in range(8)]
    loads = np.random.default_rng(1).permuted(np.tile(np.arange(8.0), (3, 1)), axis=1)
    rates = np.vstack([loads[1:], loads[:1] * 0 + np.arange(8.0)])  # counts foresee the water
    (before,) = agreement_with_lags(areas, loads, rates, lags=[-1]).lags
    assert (before.pairs, before.value) == (2, pytest.approx(1.0))
    (after,) = agreement_with_lags(areas, loads, rates, lags=[1]).lags
    assert after.value < 0.9


def test_the_best_of_several_lags_is_no_false_alarm() -> None:
    r = np.random.default_rng(3)
    false = adjusted = 0
    for k in range(120):
        level = r.normal(size=6)  # areas that stay what they are
        load = level + 0.3 * r.normal(size=(4, 6))
        rate = r.normal(size=6) + 0.3 * r.normal(size=(4, 6))
        found = agreement_with_lags(names(6), load, rate, lags=(0, 1, 2), seed=k)
        false += min(lag.p for lag in found.lags) <= 0.05
        adjusted += min(lag.p_adjusted for lag in found.lags) <= 0.05
    assert adjusted / 120 < 0.1
    assert false >= adjusted


def test_gaps_and_impossible_lags() -> None:
    r = np.random.default_rng(0)
    load, rate = r.normal(size=(2, 3, 7))
    load[1, 4] = np.nan
    found = agreement_with_lags(names(7), load, rate)
    assert found.left_out == (("area 04", "no_load"),)
    assert not agreement_with_lags(names(4), load[:, :4], rate[:, :4]).testable
    for lags in ((5,), (), (1, 1)):
        with pytest.raises(UsageError):
            agreement_with_lags(names(7), load, rate, lags=lags)


def test_carried_intervals_of_lags() -> None:
    r = np.random.default_rng(0)
    load, rate = r.normal(size=(2, 3, 7))
    draws = load + 0.5 * r.normal(size=(200, 3, 7))
    found = agreement_with_lags(names(7), load, rate, lags=(0,), load_draws=draws).lags[0]
    values = [np.mean([stats.spearmanr(d[k], rate[k]).statistic for k in range(3)]) for d in draws]
    ends = np.quantile(values, [0.025, 0.975])
    assert (found.carried_lower, found.carried_upper) == pytest.approx(tuple(ends))


def test_tiers_agree_as_the_reference_says_with_the_declared_categories() -> None:
    said = published("absent_category")["expected"]
    a, b = (["low" if x == 0 else "high" for x in said[k]] for k in ("a", "b"))
    for weights in ("linear", "quadratic"):
        found = agreement_of_tiers(names(6), a, b, ["low", "mid", "high"], weights=weights)
        assert found.kappa.value == pytest.approx(said[f"{weights}_with_declared"], rel=1e-9)


def test_kappa_of_the_reference_table() -> None:
    said = published("table3x3")["expected"]
    cells = [(i, j) for i in range(3) for j in range(3) for _ in range(said["table"][i][j])]
    a, b = ([str(c) for c in side] for side in zip(*cells, strict=True))
    for weights in ("unweighted", "linear", "quadratic"):
        found = agreement_of_tiers(names(len(a)), a, b, ["0", "1", "2"], weights=weights)
        assert found.kappa.value == pytest.approx(said[weights], rel=1e-9)


@pytest.mark.parametrize("weights", ["unweighted", "linear", "quadratic"])
def test_kappa_over_draws_is_kappa_of_each_draw(weights: str) -> None:
    r = np.random.default_rng(4)
    labels = ["low", "mid", "high"]
    classes = [labels[i] for i in r.integers(0, 3, 12)]
    codes = r.integers(-1, 3, (60, 12))
    tiers = [labels[i] for i in r.integers(0, 3, 12)]
    found = agreement_of_tiers(names(12), tiers, classes, labels, tier_draws=codes, weights=weights)
    each = []
    for row in codes:
        kept = [i for i in range(12) if row[i] >= 0]
        one = qc.kappa([labels[row[i]] for i in kept], [classes[i] for i in kept], labels,
                       weights=weights)  # fmt: skip
        each.append(one.value)
    ends = np.nanquantile(each, [0.5, 0.025, 0.975])
    assert (found.carried, found.carried_lower, found.carried_upper) == pytest.approx(tuple(ends))


def test_areas_without_a_tier_are_left_out_by_name() -> None:
    found = agreement_of_tiers(
        names(4), ["low", "", "high", "low"], ["low", "low", "", "high"], ["low", "high"],
        by_suspicion=[True, False, False, False],
    )  # fmt: skip
    assert found.left_out == (
        ("area 00", "sites_by_suspicion"), ("area 01", "no_tier"), ("area 02", "no_class"),
    )  # fmt: skip
    assert found.areas == ("area 03",)


def test_misuse_is_refused() -> None:
    with pytest.raises(UsageError, match="twice"):
        agreement_of_ranks(["a"] * 6, range(6), range(6))
    with pytest.raises(UsageError, match="measure"):
        agreement_of_ranks(names(6), range(6), range(6), measure="pearson")
    with pytest.raises(UsageError, match="shape"):
        agreement_of_ranks(names(6), range(5), range(6))
    with pytest.raises(UsageError, match="pair them"):
        agreement_of_ranks(names(6), range(6), range(6), load_draws=np.ones((3, 6)),
                           rate_draws=np.ones((4, 6)))  # fmt: skip
    with pytest.raises(UsageError, match="integers"):
        agreement_of_tiers(names(2), ["a", "b"], ["a", "b"], ["a", "b"],
                           tier_draws=np.ones((3, 2)))  # fmt: skip
