"""Scores, assigned values, materials and tables of interlaboratory exercises."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interlab_sets import published
from scipy import stats

from wbe import qc
from wbe.errors import SchemaError, UsageError
from wbe.qc.assigned import FEWEST
from wbe.qc.material import homogeneity_factors

LABS = [f"laboratory {i}" for i in range(8)]
CODES = qc.code_labs(LABS, seed=3)
FIFTH = qc.Target("relative", 0.2)


def round_of(values: list[float], **columns: Any) -> pd.DataFrame:
    labs = LABS[: len(values)]
    base = {"round": 1, "analyte": "cotinine", "lab": labs, "value": values}
    return pd.DataFrame({**base, **columns})


# -- scores -----------------------------------------------------------------------------------


def test_the_scores_of_the_reference_case() -> None:
    said = published("scores_formulae")["expected"]
    for case in said["cases"]:
        x, value, sigma = case["x"], case["xpt"], case["sigma_pt"]
        u, own = case["u_xpt"], case["u_x"]
        assert float(qc.z_score(x, value, sigma)) == pytest.approx(case["z"], rel=1e-12)
        assert float(qc.z_prime(x, value, sigma, u)) == pytest.approx(case["z_prime"], rel=1e-9)
        assert float(qc.zeta_score(x, value, own, u)) == pytest.approx(case["zeta"], rel=1e-9)
        found = float(qc.en_score(x, value, 2 * own, 2 * u))
        assert found == pytest.approx(case["En_with_k2"], rel=1e-9)
    assert qc.u_is_negligible(0.2, 1.0) and not qc.u_is_negligible(0.3, 1.0)


@pytest.mark.parametrize("name", ["abbey", "amc_brief6"])
def test_the_scores_of_the_reference_sets(name: str) -> None:
    x, said = (published(name)[key] for key in ("values", "expected"))
    found = qc.consensus(x)
    z = qc.z_score(x, found.value, found.sd)
    assert z == pytest.approx(said["z_scores_sigma_pt_s_star"], rel=1e-9, abs=1e-11)
    z = qc.z_prime(x, found.value, found.sd, found.u)
    assert z == pytest.approx(said["z_prime"], rel=1e-9, abs=1e-11)


@pytest.mark.parametrize(
    ("score", "value", "decision"),
    [
        ("z", 2.0, "satisfactory"), ("z", np.nextafter(2, 3), "warning"), ("z", -2.5, "warning"),
        ("z_prime", np.nextafter(3, 2), "warning"), ("z", 3.0, "action"), ("zeta", -4, "action"),
        ("en", 0.999, "satisfactory"), ("en", 1.0, "action"), ("en", -1.0, "action"),
        ("z", np.nan, "not_assessed"),
    ],
)  # fmt: skip
def test_decision_limits(score: str, value: float, decision: str) -> None:
    assert qc.decide([value], score=score).tolist() == [decision]


@settings(max_examples=100, deadline=None)
@given(st.floats(-8, 8), st.floats(0, 6), st.floats(0, 1))
def test_a_decision_on_an_interval_holds_for_every_value_in_it(
    low: float, width: float, where: float
) -> None:
    order = ["satisfactory", "warning", "action"]
    decision = str(qc.decide([low], [low + width])[0])
    inside = order.index(str(qc.decide([low + where * width])[0]))
    if decision == "satisfactory":
        assert inside == 0
    elif decision != "not_assessed":
        assert inside >= order.index(decision)


def test_decisions_on_ranges_by_hand() -> None:
    low, high = [-5.0, -5, -5, -1, 1, 2.5], [5.0, -3, -2.5, 1, 2.5, 2.9]
    assert qc.decide(low, high).tolist() == [
        "not_assessed", "action", "warning", "satisfactory", "not_assessed", "warning",
    ]  # fmt: skip


def test_scores_without_a_target_are_refused() -> None:
    with pytest.raises(UsageError, match="target sd above 0"):
        qc.z_score([1.0], 1.0, 0.0)
    with pytest.raises(UsageError, match="not negative and not both 0"):
        qc.zeta_score([1.0], 1.0, [0.0], 0.0)
    with pytest.raises(UsageError, match="none of z, z_prime"):
        qc.decide([1.0], score="q")


# -- assigned value and target ----------------------------------------------------------------


def test_a_consensus_is_the_robust_mean_with_its_uncertainty() -> None:
    x = np.array([95.0, 98, 101, 104, 150, 99])
    for method in qc.ROBUST_METHODS:
        own, found = qc.ROBUST_METHODS[method](x), qc.consensus(x, method=method)
        assert (found.value, found.u, found.sd) == (own.mean, own.u, own.sd)
        assert (found.low, found.high, found.n_below) == (own.mean, own.mean, 0)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.floats(0, 1))
def test_results_below_a_limit_leave_a_range_that_holds_whatever_they_were(
    seed: int, where: float
) -> None:
    r = np.random.default_rng(seed)
    x = r.lognormal(3, 0.3, 12)
    low, high = x.copy(), x.copy()
    low[:2], high[:2] = 0.0, r.uniform(5, 30, 2)
    found = qc.consensus(low, high, method="median_mad")
    truth = low + where * (high - low)
    assert found.low - 1e-9 <= qc.median_mad(truth).mean <= found.high + 1e-9
    assert found.value == pytest.approx((found.low + found.high) / 2)
    assert found.u**2 == pytest.approx(
        (1.25 * found.sd) ** 2 / 12 + (found.high - found.low) ** 2 / 12
    )


def test_a_consensus_of_few_or_of_non_detects_is_none_and_says_why() -> None:
    few = qc.consensus([1.0, 2.0, 3.0, 4.0])
    assert not few.testable and np.isnan(few.value) and str(FEWEST) in few.reason
    x = np.arange(10.0, 20.0)
    below = np.where(np.arange(10) < 3, 0.0, x)
    found = qc.consensus(below, x)
    assert found.reason == "3 of 10 results are below their limit; at most 20% may be"
    assert qc.consensus(below, x, most_below=0.3).testable
    with pytest.raises(UsageError, match="lower end"):
        qc.consensus([2.0] * 6, [1.0] * 6)
    with pytest.raises(UsageError, match="above 0"):
        qc.reference(0.0, 1.0)


def test_targets_by_hand() -> None:
    value = qc.consensus([95.0, 98, 101, 104, 150])
    assert qc.Target("absolute", 7.0).sigma(value) == 7.0
    assert FIFTH.sigma(value) == pytest.approx(0.2 * value.value)
    assert qc.Target("robust").sigma(value) == value.sd
    at = qc.reference
    # 200 ng/L is 2e-10: 22 %. 1 mg/kg: 16 %, Horwitz' own. Half of the mass: 1 %/sqrt(2) of it.
    assert qc.Target("horwitz", 1e-12).sigma(at(200, 1)) == pytest.approx(44)
    assert qc.Target("horwitz", 1e-6).sigma(at(1, 0)) == pytest.approx(0.16, rel=0.001)
    assert qc.Target("horwitz", 1.0).sigma(at(0.5, 0)) == pytest.approx(0.01 * 0.5**0.5)
    with pytest.raises(UsageError, match="needs a size"):
        qc.Target("relative")
    with pytest.raises(UsageError, match="has none"):
        qc.Target("robust").sigma(at(1, 0))


# -- material ---------------------------------------------------------------------------------


def test_homogeneity_is_the_analysis_of_variance_of_the_bottles() -> None:
    r = np.random.default_rng(4)
    pairs = np.linspace(94, 106, 10)[:, None] + r.normal(0, 2, (10, 2))
    found = qc.homogeneity(pairs, sigma_pt=20)
    f: Any = stats.f_oneway(*pairs)
    # F = (s_w^2 + 2 s_s^2) / s_w^2
    assert found.between == pytest.approx(found.within * np.sqrt((f.statistic - 1) / 2))
    assert found.homogeneous and found.sigma_pt == pytest.approx(np.hypot(20, found.between))
    assert not qc.homogeneity(pairs, sigma_pt=3).homogeneous
    # the check turns where s_s^2 = F1 (0.3 sigma)^2 + F2 s_w^2
    f1, f2 = stats.chi2.ppf(0.95, 9) / 9, (stats.f.ppf(0.95, 9, 10) - 1) / 2
    turns = np.sqrt((found.between**2 - f2 * found.within**2) / f1) / 0.3
    assert qc.homogeneity(pairs, sigma_pt=turns * 1.000001).not_contradicted
    assert not qc.homogeneity(pairs, sigma_pt=turns * 0.999999).not_contradicted
    # IUPAC harmonised protocol 2006, table of F1 and F2
    for bottles, f1, f2 in ((20, 1.59, 0.57), (10, 1.88, 1.01), (8, 2.01, 1.25), (7, 2.10, 1.43)):
        assert homogeneity_factors(bottles) == pytest.approx((f1, f2), abs=0.005)
    with pytest.raises(UsageError, match="7 bottles"):
        qc.homogeneity(pairs[:6], 20)


def test_bottles_that_do_not_differ_pass_the_check_that_allows_for_its_error() -> None:
    """Synthetic: between-bottle sd at its allowed limit is accepted in 95 % of checks."""
    r = np.random.default_rng(8)
    passed = 0
    for _ in range(800):
        pairs = 50 + r.normal(0, 3, (10, 1)) + r.normal(0, 4, (10, 2))
        passed += qc.homogeneity(pairs, sigma_pt=10).not_contradicted
    assert 0.92 < passed / 800 < 0.99


def test_stability_by_hand() -> None:
    found = qc.stability([10.0, 12.0], [12.0, 16.0], sigma_pt=5)
    assert (found.change, found.allowed) == (3.0, 1.5)
    assert found.u == pytest.approx(np.sqrt(2 / 2 + 8 / 2))
    assert not found.stable and found.not_contradicted
    with pytest.raises(UsageError, match="two finite results"):
        qc.stability([1.0], [1.0, 2.0], 1)


# -- tables -----------------------------------------------------------------------------------


def test_codes_say_nothing_and_are_the_same_again() -> None:
    assert sorted(CODES.values()) == [f"L{i:02d}" for i in range(1, 9)]
    assert qc.code_labs(reversed(LABS), seed=3) == CODES
    others = [qc.code_labs(LABS, seed=s) for s in range(6)]
    assert len({tuple(c[lab] for lab in LABS) for c in others}) == 6
    assert any(list(c.values()) != sorted(c.values()) for c in
               ({lab: o[lab] for lab in LABS} for o in others))  # fmt: skip


def test_a_table_of_scores_by_hand() -> None:
    results = pd.concat([
        round_of([95.0, 98, 101, 104, 150], round=2, u=[5.0, 5, 5, 5, np.nan]),
        round_of([10.0, 11, 9, 10, 10, 30], analyte="ketamine"),
    ])  # fmt: skip
    table = qc.score_table(
        results, codes=CODES, target={"cotinine": FIFTH, "ketamine": qc.Target("absolute", 2)}
    )
    assert list(table["lab"]) == sorted(CODES[lab] for lab in LABS[:6]) + sorted(
        CODES[lab] for lab in LABS[:5]
    )
    own = table.set_index(["analyte", "lab"])
    value = qc.consensus([95, 98, 101, 104, 150])
    row = own.loc[("cotinine", CODES[LABS[0]])]
    sigma = 0.2 * value.value
    assert value.u > 0.3 * sigma and row["kind"] == "z_prime"
    assert row["score"] == pytest.approx((95 - value.value) / np.hypot(sigma, value.u))
    assert row["zeta"] == pytest.approx((95 - value.value) / np.hypot(5, value.u))
    assert np.isnan(own.loc[("cotinine", CODES[LABS[4]]), "zeta"])
    last = own.loc[("ketamine", CODES[LABS[5]])]
    assert (last["decision"], last["kind"], last["n"]) == ("action", "z_prime", 6)
    assert last["score"] == pytest.approx(
        (30 - last["assigned"]) / np.hypot(2, last["u_assigned"])
    )  # fmt: skip
    plain = qc.score_table(results, codes=CODES, target=qc.Target("absolute", 4), score="z")
    assert set(plain["kind"]) == {"z"}
    assert not set(LABS) & set(table.astype(str).to_numpy().ravel())
    grid = qc.score_grid(table)
    assert grid.shape == (6, 2)
    assert np.isnan(grid.loc[CODES[LABS[5]], (2, "cotinine", "")])
    with pytest.raises(UsageError, match="has no 'q'"):
        qc.score_grid(table, "q")


def test_results_below_a_limit_are_scored_only_where_the_score_is_sure() -> None:
    values = [100.0, 98, 102, 101, 99, 100, 20.0, 90.0]
    below = [False] * 6 + [True, True]
    how: dict[str, Any] = {
        "codes": CODES, "target": FIFTH, "most_below": 0.25, "method": "q_hampel",
    }  # fmt: skip
    table = qc.score_table(round_of(values, below=below), **how).set_index("lab")
    missed, unknown = (table.loc[CODES[LABS[i]]] for i in (6, 7))
    assert missed["decision"] == "action"  # below 20 where 100 was there
    assert unknown["decision"] == "not_assessed"  # below 90 may be 90, or 0
    assert np.isnan(missed["score"]) and missed["score_high"] < -3
    assert (table["n_below"] == 2).all()
    assert (missed["low"], missed["high"]) == (0.0, 20.0)
    between = round_of(values, below=below, lod=[np.nan] * 6 + [5.0, 85.0])
    found = qc.score_table(between, **how).set_index("lab")
    assert found.loc[CODES[LABS[7]], "decision"] == "satisfactory"  # between 85 and 90


def test_replicates_are_averaged_and_one_below_its_limit_makes_a_range() -> None:
    results = pd.concat([round_of([100.0, 98, 102, 101, 99, 60.0]), round_of([104.0])])
    results["below"] = [False] * 5 + [True, False]
    table = qc.score_table(results, codes=CODES, target=FIFTH).set_index("lab")
    assert table.loc[CODES[LABS[0]], ["replicates", "high"]].tolist() == [2, 102.0]
    extra = round_of([100.0])[["round", "analyte", "value"]].assign(lab=LABS[5], below=False)
    table = qc.score_table(
        pd.concat([results, extra]), codes=CODES, target=FIFTH
    ).set_index("lab")  # fmt: skip
    assert table.loc[CODES[LABS[5]], ["low", "high"]].tolist() == [50.0, 80.0]


def test_a_reference_value_and_materials() -> None:
    results = pd.concat([
        round_of([10.0, 11, 9], material="spiked"), round_of([20.0, 21, 19], material="raw"),
    ])  # fmt: skip
    known = {(1, "cotinine", "spiked"): qc.reference(10.0, 0.1)}
    table = qc.score_table(results, codes=CODES, target=FIFTH, assigned=known)
    spiked = table[table["material"] == "spiked"]
    assert sorted(spiked["score"]) == pytest.approx([-0.5, 0, 0.5])
    assert set(spiked["method"]) == {"reference"}
    raw = table[table["material"] == "raw"]
    assert set(raw["decision"]) == {"not_assessed"} and raw["reason"].str.contains("needs 5").all()
    plain = qc.score_table(round_of([10.0, 11, 9]), codes=CODES, target=FIFTH,
                           assigned={(1, "cotinine"): qc.reference(10.0, 0.1)})  # fmt: skip
    assert plain["score"].notna().all()


def test_identical_results_with_a_robust_target_are_not_scored() -> None:
    table = qc.score_table(round_of([7.0] * 6), codes=CODES, target=qc.Target("robust"))
    assert set(table["decision"]) == {"not_assessed"}
    assert table["reason"].str.contains("identical").all()


def test_performance_counts_decisions_and_shows_a_bias() -> None:
    table = pd.DataFrame({
        "lab": ["a"] * 4 + ["b"], "analyte": "cotinine",
        "score": [1.0, 1.5, 2.5, np.nan, np.nan],
        "decision": ["satisfactory", "satisfactory", "warning", "action", "not_assessed"],
    })  # fmt: skip
    found = qc.performance(table)
    a, b = found.loc["a"], found.loc["b"]
    assert a[["satisfactory", "warning", "action", "not_assessed", "scored"]].tolist() == [
        2, 1, 1, 0, 3,
    ]  # fmt: skip
    assert a["satisfactory_share"] == pytest.approx(0.5)
    assert (a["mean_score"], a["mean_score_u"]) == pytest.approx((5 / 3, 1 / np.sqrt(3)))
    assert a["rms_score"] == pytest.approx(np.sqrt((1 + 2.25 + 6.25) / 3))
    assert np.isnan(b["satisfactory_share"]) and np.isnan(b["mean_score_u"])
    assert len(qc.performance(table, by=("lab", "analyte"))) == 2


def test_tables_that_cannot_be_read_are_refused() -> None:
    good = round_of([1.0] * 6)

    def refused(table: pd.DataFrame, error: type[Exception], why: str, **options: Any) -> None:
        with pytest.raises(error, match=why):
            qc.score_table(table, **{"codes": CODES, "target": FIFTH, **options})

    refused(good.drop(columns="value"), SchemaError, "lacks value")
    refused(good.iloc[:0], SchemaError, "no result")
    refused(good.assign(value=-1.0), SchemaError, "0 or more")
    refused(good.assign(below=True, lod=2.0), SchemaError, "above that limit")
    refused(good, UsageError, "6 laboratories have no code", codes={})
    refused(good, UsageError, "no target", target={"ketamine": FIFTH})
    refused(good, UsageError, "none of auto", score="q")


@pytest.mark.parametrize("cell", [float("nan"), None, "no", "False", 2])
def test_a_cell_that_is_neither_true_nor_false_puts_no_result_below_a_limit(cell: object) -> None:
    rows = round_of([95.0, 98.0, 101.0, 104.0, 99.0], below=[False, False, False, False, cell])
    with pytest.raises(SchemaError, match="neither true nor false"):
        qc.score_table(rows, target=FIFTH, codes=CODES)


def test_a_share_in_per_cent_is_refused() -> None:
    with pytest.raises(UsageError, match="most_below = 20"):
        qc.consensus([0.0, 2.0, 3.0, 4.0, 5.0, 6.0], [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], most_below=20)
