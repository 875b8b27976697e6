"""Several residues of one drug: weights, shared errors, the test, bounds; amphetamine net."""

import csv
from pathlib import Path

import numpy as np
import pytest

from wbe import backcalc, factors
from wbe.backcalc.residues_weights import least_variance
from wbe.errors import MissingFactorError, UsageError
from wbe.uncertainty import Product, Term, propagate

BE, NORBE, COC = "cocaine|BE|Castiglioni2013", "cocaine|norBE|Jones2014", "cocaine|COC|Zuccato2008"
PUBLISHED = Path(__file__).resolve().parents[2] / "published" / "kim2015_table.csv"


def loads(values, name, shared=0.1, own=0.15):
    """Loads with an error that residues of a sample share, and one of their own."""
    n = len(values)
    site = np.array([f"s{k}" for k in range(n)])
    terms = (
        Term("flow", "site", site, np.full(n, shared)),
        Term("repeatability", "sample", np.char.add(site, name), np.full(n, own)),
    )
    return Product(np.log(np.array(values, dtype=float)), terms)


def two(be, norbe, below=None, **errors):
    return [
        backcalc.evidence(loads(be, "be", **errors), BE),
        backcalc.evidence(loads(norbe, "norbe", **errors), NORBE, below=below),
    ]


def test_korean_factors_reproduce_every_printed_consumption_within_its_rounding():
    ids = {"methamphetamine": "methamphetamine|METH|Kim2015KR", "codeine": "codeine|COD|Kim2015KR"}
    rows = list(csv.DictReader(PUBLISHED.open(encoding="utf-8")))
    rows = [r for r in rows if r["consumption"][0] != "<"]
    assert len(rows) == 28
    for row in rows:
        one = backcalc.evidence(loads([float(row["pn_load"])], "x"), ids[row["analyte"]])
        got = backcalc.joint_consumption([one], disagreement="shown")
        assert got.value[0] == pytest.approx(float(row["consumption"]), rel=0.005)
        assert got.agreement[0] == "not testable"
    one = backcalc.evidence(loads([5.18], "x"), ids["methamphetamine"])
    assert round(backcalc.joint_consumption([one], disagreement="shown").value[0], 1) == 12.0


def test_residues_of_one_consumption_give_it_back():
    factors = {i: backcalc.evidence(loads([1.0], "x"), i).factor for i in (BE, NORBE, COC)}
    used = np.array([100.0, 250.0, 3.0])
    found = [
        backcalc.evidence(loads(used / f.correction_factor, f.analyte), i)
        for i, f in factors.items()
    ]
    for convention in ("shown", "widened"):
        got = backcalc.joint_consumption(found, disagreement=convention)
        assert got.value == pytest.approx(used, rel=1e-9)
        assert got.q == pytest.approx(0.0, abs=1e-9) and (got.agreement == "agree").all()
        assert got.weights.sum(axis=1) == pytest.approx(1.0, rel=1e-12)


def test_weights_are_those_of_least_variance_and_shared_errors_change_none():
    found = two([125.0], [8.0], shared=0.05)
    variances = [0.0, 0.0]
    for k, e in enumerate(found):
        shaped = next(t for t in e.consumption.terms if t.shape is not None)
        variances[k] = 0.15**2 + shaped.unit_variance
    expected = variances[1] / sum(variances)
    got = backcalc.joint_consumption(found, disagreement="shown")
    assert got.weights[0, 0] == pytest.approx(expected, rel=1e-6)
    wide = backcalc.joint_consumption(two([125.0], [8.0], shared=0.8), disagreement="shown")
    assert wide.weights[0, 0] == pytest.approx(expected, rel=1e-6)
    assert wide.q[0] == pytest.approx(got.q[0], rel=1e-5)
    assert wide.upper[0] / wide.lower[0] > 5 * got.upper[0] / got.lower[0]


def test_joint_estimate_is_narrower_than_either_alone_and_never_than_what_both_share():
    found = two([125.0], [8.0], shared=0.3)
    got = backcalc.joint_consumption(found, disagreement="shown")
    width = np.log(got.upper / got.lower)[0]
    for e in found:
        alone = propagate(e.consumption)
        assert width < np.log(alone.upper / alone.lower)[0]
    assert width > 2 * 1.96 * 0.3


def test_disagreement_is_shown_and_widens_on_request_alone():
    found = two([125.0], [80.0])
    shown, widened = (backcalc.joint_consumption(found, disagreement=d) for d in
                      ("shown", "widened"))  # fmt: skip
    assert shown.agreement[0] == widened.agreement[0] == "disagree"
    assert shown.p_value[0] < 0.01 and shown.tau[0] > 1
    assert widened.upper[0] / widened.lower[0] > 3 * shown.upper[0] / shown.lower[0]
    assert shown.single[0] == pytest.approx([125 * 3.59, 80 * 303.358 / 275.304 / 0.02], rel=1e-4)
    with pytest.raises(TypeError):
        backcalc.joint_consumption(found)


def test_q_i_squared_and_tau_of_two_residues_are_those_of_their_difference():
    found = two([125.0], [80.0], shared=0.4)
    got = backcalc.joint_consumption(found, disagreement="shown")
    y = [float(e.consumption.log_central[0]) for e in found]
    own = sum(
        t.size[0] ** 2 * t.unit_variance for e in found for t in e.consumption.terms
        if t.name != "flow"
    )  # fmt: skip
    q = (y[0] - y[1]) ** 2 / own
    assert got.q[0] == pytest.approx(q, rel=1e-6)
    assert got.i_squared[0] == pytest.approx((q - 1) / q, rel=1e-6)
    assert got.tau[0] ** 2 == pytest.approx((q - 1) * own / 2, rel=1e-6)  # each differs by tau
    widened = backcalc.joint_consumption(found, disagreement="widened")
    tau = {t.labels[0]: t.size[0] for t in widened.product.terms if "disagreement" in t.name}
    assert list(tau) == ["benzoylecgonine", "norbenzoylecgonine"]  # one each, not one for both
    assert list(tau.values()) == pytest.approx(list(got.tau[0] * widened.weights[0]))


def test_no_residue_pulls_against_itself():
    cov = np.array([[[0.01, 0.05], [0.05, 0.26]]])  # least variance would weigh the second below 0
    weights = least_variance(cov, np.array([[True, True]]))
    assert weights[0] == pytest.approx([1.0, 0.0])
    assert least_variance(cov, np.array([[False, True]]))[0] == pytest.approx([0.0, 1.0])


def test_scale_of_the_loads_scales_the_estimate_and_order_changes_nothing():
    a, b = two([125.0, 30.0], [20.0, 9.0])
    c, d = two([1250.0, 300.0], [200.0, 90.0])
    one = backcalc.joint_consumption([a, b], disagreement="shown")
    ten = backcalc.joint_consumption([c, d], disagreement="shown")
    swapped = backcalc.joint_consumption([b, a], disagreement="shown")
    assert ten.value == pytest.approx(10 * one.value, rel=1e-12)
    assert ten.q == pytest.approx(one.q, rel=1e-9)
    assert swapped.value == pytest.approx(one.value, rel=1e-9)
    assert swapped.p_value == pytest.approx(one.p_value, rel=1e-9)


def test_a_residue_below_its_limit_bounds_and_has_no_weight():
    found = two([125.0, np.nan, np.nan], [8.0, 8.0, np.nan], below=np.array([True, True, False]))
    got = backcalc.joint_consumption(found, disagreement="shown")
    assert got.status.tolist() == ["estimate", "bound", "not measured"]
    assert got.value[0] == pytest.approx(125 * 3.59, rel=1e-12)
    assert np.isnan(got.value[1:]).all() and got.lower[1] == 0 and got.upper[1] > 440
    assert (got.agreement == "not testable").all() and not got.beyond_bound.any()
    low = two([1250.0], [0.2], below=np.array([True]))
    beyond = backcalc.joint_consumption(low, disagreement="shown")
    assert beyond.beyond_bound[0] and beyond.to_frame()["beyond_bound"].tolist() == [True]


def test_without_a_stated_uncertainty_residues_are_not_tested():
    found = [
        backcalc.evidence(loads([125.0], "be"), "cocaine|BE|UF2019"),
        backcalc.evidence(loads([80.0], "norbe"), NORBE),
    ]
    got = backcalc.joint_consumption(found, disagreement="shown")
    assert got.agreement[0] == "not testable" and np.isnan(got.p_value[0])


def test_morphine_needs_to_be_net_and_rows_that_are_no_consumption_are_cautioned():
    with pytest.raises(UsageError, match="net_of"):
        backcalc.evidence(loads([10.0], "m"), "heroin|MOR|Zuccato2008")
    found = [
        backcalc.evidence(loads([10.0], "m"), "heroin|MOR|Zuccato2008", net_of="medical morphine"),
        backcalc.evidence(loads([0.4], "six"), "heroin|6-MAM|Zuccato2008"),
    ]
    got = backcalc.joint_consumption(found, disagreement="shown")
    assert got.residues == ("morphine", "6-monoacetylmorphine") and got.cautions == ()
    beside = backcalc.joint_consumption(two([1.0], [1.0]), disagreement="shown")
    assert "source_ratio" in beside.cautions[0]


def test_evidence_that_does_not_belong_together_is_refused():
    be = backcalc.evidence(loads([1.0], "be"), BE)
    meth = backcalc.evidence(loads([1.0], "m"), "methamphetamine|METH|Zuccato2008")
    for wrong in ([be, meth], [be, be], [be, backcalc.evidence(loads([1.0, 2.0], "n"), NORBE)], []):
        with pytest.raises(UsageError):
            backcalc.joint_consumption(wrong, disagreement="shown")
    with pytest.raises(UsageError, match="widened"):
        backcalc.joint_consumption([be], disagreement="hidden")
    with pytest.raises(MissingFactorError):
        backcalc.evidence(loads([1.0], "x"), "cocaine|BE|nobody")


METABOLITE, PARENT = "methamphetamine|AMP(METH)|Li2014", "methamphetamine|METH|Zuccato2008"


def net(a, m, below=None, meth_below=None, **options):
    ratio = backcalc.ratio_by_excretion(METABOLITE, PARENT)
    return backcalc.net_amphetamine(
        loads(a, "a"), loads(m, "m"), ratio, below=below, methamphetamine_below=meth_below,
        seed=1, **options,
    )  # fmt: skip


KOREA = {  # loads of amphetamine and methamphetamine; below: the printed limit
    "B-1": (0.72, 5.18, False), "B-2": (0.86, 5.65, False), "B-3": (0.72, 2.85, True),
    "B-4": (1.28, 8.25, False), "B-5": (1.69, 11.0, False), "B-6": (0.98, 3.24, True),
    "B-7": (1.54, 9.26, True), "B-8": (2.72, 11.4, False), "U-1": (7.18, 2.09, False),
    "U-2": (5.09, 15.1, True), "K-1": (2.04, 14.8, False), "K-2": (0.92, 5.56, False),
    "K-3": (5.96, 29.2, False),
}  # fmt: skip


def test_korean_ratios_are_human_use_but_for_one_town_and_limits_are_bounds():
    a, m, below = (np.array(x) for x in zip(*KOREA.values(), strict=True))
    got = backcalc.amphetamine_reading(a, m, below=below, methamphetamine_below=~below & False)
    for town, reading, low in zip(KOREA, got, below, strict=True):
        word = "a bound" if low else "more" if town == "U-1" else "consistent with use"
        assert reading.startswith(word), town


def test_ratios_from_0_05_to_0_25_are_human_use_and_others_are_not():
    ratio = np.array([0.049, 0.05, 0.1, 0.25, 0.251])
    no = np.zeros(5, dtype=bool)
    got = backcalc.amphetamine_reading(ratio, np.ones(5), below=no, methamphetamine_below=no)
    assert [g.startswith("consistent") for g in got] == [False, True, True, True, False]


def test_the_ratio_by_excretion_is_of_masses_and_carries_both_fractions():
    ratio = backcalc.ratio_by_excretion(METABOLITE, PARENT)
    rows = factors.table().set_index("factor_id")
    fractions = rows.loc[METABOLITE, "excretion"] / rows.loc[PARENT, "excretion"]
    assert ratio.value == pytest.approx(fractions * 135.206 / 149.233, rel=1e-4)
    powers = {t.labels[0]: np.sign(t.size[0]) for t in ratio.rows.terms}
    spread = {i for i in (METABOLITE, PARENT) if rows.loc[i, "low"] < rows.loc[i, "high"]}
    assert {i for i, power in powers.items() if power} == spread and PARENT in spread
    assert powers[PARENT] == -1.0


def test_the_range_of_an_observed_ratio_is_a_95_percent_interval():
    ratio = backcalc.ratio_observed(0.09, 0.045, 0.18, source="synthetic")
    low, median, high = propagate(ratio.rows).quantiles[0]
    assert (low, median, high) == pytest.approx((0.045, 0.09, 0.18), rel=1e-4)


def test_own_amphetamine_is_identifiable_from_a_ratio_of_0_2_on():
    got = net([1.99, 2.01, 30.0], [10.0, 10.0, 10.0])
    assert got.status.tolist() == ["not identifiable", "net", "net"]
    assert got.value[1:] == pytest.approx([2.01 - 10 * got.explained, 30 - 10 * got.explained])
    assert got.reason[0] and np.isnan(got.value[0]) and got.lower[0] == 0 and got.upper[0] > 1.99
    assert got.p_positive[2] == 1.0 and 0.5 < got.p_positive[1] < 1.0


def test_amphetamine_below_its_limit_is_a_bound_whatever_the_ratio():
    for limit in (0.01, 1.0, 50.0):
        got = net([limit], [10.0], below=np.array([True]))
        assert got.status[0] == "bound" and np.isnan(got.value[0]) and np.isnan(got.p_positive[0])
        assert got.lower[0] == 0 and got.upper[0] > limit
        reading = backcalc.amphetamine_reading(
            [limit], [10.0], below=np.array([True]), methamphetamine_below=np.array([False])
        )
        assert "evidence of nothing" in reading[0]


def test_unknown_or_limited_methamphetamine_subtracts_no_central_value():
    got = net([3.0, 3.0, 3.0, np.nan], [np.nan, 1.0, 30.0, 1.0],
              meth_below=np.array([False, True, True, False]))  # fmt: skip
    assert got.status.tolist() == ["not identifiable", "net", "not identifiable", "not measured"]
    assert np.isnan(got.value).all() and got.lower[1] > 0 and np.isnan(got.upper[3])


def test_shared_errors_cancel_in_the_ratio_but_not_in_the_amount():
    ratio = backcalc.ratio_observed(0.09, 0.04, 0.19, source="AmphetamineRatio")
    got = [
        backcalc.net_amphetamine(
            loads([3.0], "a", shared=s), loads([10.0], "m", shared=s), ratio, seed=1
        )
        for s in (0.0, 0.6)
    ]
    assert got[1].p_positive[0] == got[0].p_positive[0]
    assert got[1].upper[0] > 1.5 * got[0].upper[0]


def test_net_amphetamine_goes_on_to_consumption_by_a_named_row():
    got = net([30.0], [10.0], factor_id="amphetamine|AMP|GraciaLor2016")
    assert got.value[0] == pytest.approx(2.77 * (30 - 10 * got.explained), rel=1e-12)
    with pytest.raises(UsageError, match="amphetamine"):
        net([30.0], [10.0], factor_id=PARENT)
    with pytest.raises(UsageError):
        backcalc.ratio_by_excretion(PARENT, PARENT)


def test_methamphetamine_by_both_residues_is_one_estimate():
    found = [
        backcalc.evidence(loads([10.0], "m"), PARENT),
        backcalc.evidence(loads([1.05], "a"), METABOLITE),
    ]
    got = backcalc.joint_consumption(found, disagreement="shown")
    assert got.agreement[0] == "agree" and 22 < got.value[0] < 25
    found[1] = backcalc.evidence(loads([15.0], "a"), METABOLITE)
    assert backcalc.joint_consumption(found, disagreement="shown").agreement[0] == "disagree"


def test_samples_of_a_campaign_share_their_errors_between_residues(samples):
    import wbe

    data = samples(
        {"benzoylecgonine": [500.0, 300.0], "norbenzoylecgonine": [32.0, np.nan]},
        status={"norbenzoylecgonine": ["quantified", "below_loq"]},
        loq={"norbenzoylecgonine": [5.0, 5.0]},
    )
    result = wbe.estimate(data, draws=20)
    found = [backcalc.evidence_of_samples(result, i, quantity="pn_mass_load") for i in (BE, NORBE)]
    assert np.exp(found[0].consumption.log_central) == pytest.approx([448.75, 269.25], rel=1e-9)
    assert found[1].below.tolist() == [False, True]
    got = backcalc.joint_consumption(found, disagreement="shown")
    assert got.agreement.tolist() == ["agree", "not testable"]
    assert got.value[1] == pytest.approx(269.25, rel=1e-9)
    # flow, population and sampling are the sample's, not the residue's: they stay in the joint
    shared = {t.name for t in found[0].consumption.terms} & {"flow", "population", "sampling"}
    assert len(shared) == 3
    log_width = np.log(got.upper / got.lower)[0] / (2 * 1.96)
    assert log_width > np.sqrt(0.1**2 + 0.2**2 + 0.1**2)
    with pytest.raises(UsageError, match="morphine"):
        backcalc.evidence_of_samples(result, "heroin|MOR|Zuccato2008", quantity="pn_mass_load")


def test_a_sample_without_such_a_load_says_nothing(samples):
    import wbe

    data = samples({"benzoylecgonine": [500.0, 300.0]}, flow=[50_000.0, np.nan])
    result = wbe.estimate(data, draws=20)
    for quantity in ("mass_load", "pn_mass_load"):
        found = backcalc.evidence_of_samples(result, BE, quantity=quantity)
        assert np.isfinite(found.consumption.log_central).tolist() == [True, False]
        got = backcalc.joint_consumption([found], disagreement="shown")
        assert got.status.tolist() == ["estimate", "not measured"]
