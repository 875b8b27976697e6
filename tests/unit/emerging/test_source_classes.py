"""Source classes: published cases, rules that take weight away, and what is shown to whom."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from wbe.backcalc.sources import CLASSES
from wbe.emerging import source_classes as sc
from wbe.emerging.source_classes import classify_sources
from wbe.emerging.source_evidence import Background, Evidence, learn_background, outlying
from wbe.errors import UsageError

TOWNS = np.array([12.0, 18.0, 20.0, 24.0, 30.0, 40.0, 22.0, 15.0, 26.0, 200.0])
USUAL = {
    "level": learn_background(TOWNS, "test"),
    "EPH/METH": learn_background([0.2, 0.3, 0.4, 0.5, 0.25, 0.35, 0.6], "test"),
    "EPH level": learn_background([5.0, 8.0, 7.0, 12.0, 6.0, 9.0, 15.0, 4.0], "test"),
}


def one(drug, *features, prior="routine", backgrounds=USUAL):
    n = len(features[0].value)
    return classify_sources(
        drug, [f"town {i}" for i in range(n)], features, prior=prior, backgrounds=backgrounds
    )


def test_slovene_mdma_is_classified_as_disposal_and_as_use() -> None:
    found = one("MDMA", Evidence.of("MDMA EF", [0.511, 0.666]), backgrounds={})
    assert found.most_probable.tolist() == ["disposal", "consumption"]
    assert found.of("consumption")[0] < 0.01 and found.of("consumption")[1] > 0.95
    assert found.flag.tolist() == ["", ""]  # no level, no flag


@pytest.mark.parametrize("ratio", [0.05, 0.08, 0.11, 0.2, 0.25])
def test_the_published_range_of_amphetamine_over_methamphetamine_is_use(ratio: float) -> None:
    found = one("methamphetamine", Evidence.of("AMP/METH", ratio), backgrounds={})
    assert found.most_probable[0] == "consumption" and found.of("consumption")[0] > 0.9


def test_two_rows_of_the_chinese_fixture() -> None:
    """AMP/METH 0.013 with EPH/METH 0.48 at a high level, and 0.081 at a usual one."""
    found = one(
        "methamphetamine",
        Evidence.of("AMP/METH", [0.013, 0.081], 0.15),
        Evidence.of("level", [400.0, 20.0], 0.3),
    )
    assert found.of("consumption")[0] < 0.1 < 0.9 < found.of("consumption")[1]
    assert found.flag[0] in ("", "disposal or manufacture", "disposal")


def test_amphetamine_below_its_limit_moves_nothing() -> None:
    before = [p.probability for p in one("MDMA", Evidence.of("MDMA EF", np.nan)).prior]
    found = one("methamphetamine", Evidence.of("AMP/METH", [0.0004, 0.1], below=True))
    np.testing.assert_allclose(found.probability, [before, before])
    assert found.no_weight["AMP/METH"].tolist() == [sc.BOUND, sc.BOUND]


@pytest.mark.parametrize(
    ("drug", "feature", "value"),
    [
        ("amphetamine", "amphetamine EF", 0.5),
        ("methamphetamine", "methamphetamine EF", 0.5),
        ("ketamine", "KET/NK", 50.0),
    ],
)
def test_what_says_nothing_has_no_weight_and_a_reason_with_source(drug, feature, value) -> None:
    found = one(drug, Evidence.of(feature, value))
    np.testing.assert_allclose(found.probability[0], [p.probability for p in found.prior])
    np.testing.assert_array_equal(found.likelihood_ratios[feature], 1.0)
    assert found.no_weight[feature][0].startswith("no weight: ")
    assert any(r.feature == feature and r.source for r in found.rules)


def test_ephedrine_with_a_usual_level_is_cold_medicine() -> None:
    evidence = Evidence.of("EPH/METH", [20.0, 20.0]), Evidence.of("level", [22.0, 2_000.0])
    found = one("methamphetamine", *evidence)
    assert found.no_weight["EPH/METH"].tolist() == [sc.NOT_ELEVATED, ""]
    assert found.of("manufacture")[0] < 0.01 < found.of("manufacture")[1]


def test_manufacture_is_flagged_only_by_all_signs_together() -> None:
    found = one(
        "methamphetamine",
        Evidence.of("level", [500.0, 500.0, 22.0]),
        Evidence.of("EPH level", [900.0, 8.0, 900.0]),
        Evidence.of("AMP/METH", [0.01, 0.01, 0.01]),
    )
    assert found.flag.tolist()[0] == "manufacture"
    assert found.flag.tolist()[1] != "manufacture" and found.flag.tolist()[2] == ""


def test_methcathinone_is_refused_before_transformation_is_subtracted() -> None:
    with pytest.raises(UsageError, match="beyond_transformation"):
        one("methcathinone", Evidence.of("level", 5.0))


def test_a_feature_without_cut_off_needs_a_background() -> None:
    with pytest.raises(UsageError, match="learn a background"):
        one("methamphetamine", Evidence.of("EPH/METH", 3.0), backgrounds={})
    few = {**USUAL, "EPH/METH": learn_background([0.2, 0.3], "two towns")}
    evidence = Evidence.of("EPH/METH", 30.0), Evidence.of("level", 2_000.0)
    assert one("methamphetamine", *evidence, backgrounds=few).no_weight["EPH/METH"][0] == sc.FEW


def test_soil_without_sewage_points_to_old_deposits() -> None:
    found = one("methamphetamine", Evidence.of("soil without sewage", [1.0, 0.0]), prior="even")
    assert found.most_probable[0] == "legacy" and found.most_probable[1] != "legacy"


def test_cocaine_ratio() -> None:
    found = one("cocaine", Evidence.of("COC/BE", [0.3, 8.0]), backgrounds={})
    assert found.most_probable.tolist() == ["consumption", "disposal"]


def test_probabilities_are_posteriors() -> None:
    """One feature, by hand: prior times density, normalised."""
    ratio = 0.03
    found = one("methamphetamine", Evidence.of("AMP/METH", ratio))
    weight = []
    for row, prior in zip(found.likelihoods, found.prior, strict=True):
        z = (np.log(ratio) - row.centre) / row.sd
        weight.append(prior.probability * np.exp(-0.5 * z**2) / row.sd)
    np.testing.assert_allclose(found.probability[0], np.array(weight) / sum(weight), rtol=1e-12)
    np.testing.assert_allclose(found.probability.sum(axis=1), 1)


def test_another_area_changes_nothing_and_order_does_not_matter() -> None:
    ratios, levels = np.array([0.01, 0.1, 0.2]), np.array([300.0, 20.0, 25.0])
    whole = one("methamphetamine", Evidence.of("AMP/METH", ratios), Evidence.of("level", levels))
    turned = one(
        "methamphetamine", Evidence.of("level", levels[::-1]), Evidence.of("AMP/METH", ratios[::-1])
    )
    np.testing.assert_allclose(turned.probability[::-1], whole.probability, rtol=1e-12)


def test_a_larger_error_of_the_ratio_weighs_less() -> None:
    found = one("methamphetamine", Evidence.of("AMP/METH", [0.002, 0.002], [0.05, 2.0]))
    odds = found.likelihood_ratios["AMP/METH"][:, CLASSES.index("disposal")]
    assert odds[0] > odds[1] > 1


def test_the_public_sees_no_class() -> None:
    found = one("methamphetamine", Evidence.of("AMP/METH", [0.01, 0.1]))
    assert list(found.to_frame("public").columns) == ["area"]
    assert found.evidence_frame("public").empty
    internal = found.to_frame("internal")
    assert (internal["note"] == sc.DISCLAIMER).all()
    assert internal["alternatives"].str.len().min() > 0
    with pytest.raises(UsageError, match="audience"):
        found.to_frame("press")


def test_likelihood_ratios_and_priors_are_printed_with_their_sources() -> None:
    found = one("methamphetamine", Evidence.of("AMP/METH", 0.01))
    table = found.evidence_frame("internal")
    assert set(table["feature"]) == {"prior", "AMP/METH"}
    assert (table["source"].str.len() > 0).all()
    consumption = table[(table.feature == "AMP/METH") & (table.source_class == "consumption")]
    assert consumption["value"].tolist() == [1.0]


def test_background_moves_little_with_a_third_of_the_areas_far_off() -> None:
    usual = np.exp(np.linspace(2, 4, 9))
    mixed = learn_background(np.append(usual, [5e3] * 4), "x")
    assert mixed.centre < 4 and learn_background(usual, "x").centre == pytest.approx(3)
    assert not Background(1.0, 0.0, 9, "x").usable


def test_bad_calls() -> None:
    with pytest.raises(UsageError, match="no feature of"):
        one("cocaine", Evidence.of("AMP/METH", 0.1))
    with pytest.raises(UsageError, match="each once"):
        one("cocaine", Evidence.of("COC/BE", 0.1), Evidence.of("COC/BE", 0.1))
    with pytest.raises(UsageError, match="same evidence"):
        one(
            "methamphetamine",
            *(Evidence.of(f, 0.1) for f in ("EPH/METH", "EPH level", "level")),
        )
    with pytest.raises(UsageError, match="one value an area"):
        classify_sources(
            "cocaine", ["a", "b"], [Evidence.of("COC/BE", 0.1)], prior="even", backgrounds={}
        )
    with pytest.raises(UsageError, match="below a limit"):
        one("cocaine", Evidence.of("COC/BE", 0.0))
    with pytest.raises(UsageError, match="positive"):
        learn_background([0.0, 1.0], "x")


def test_a_level_is_outlying_beyond_three_mad_and_never_as_a_bound() -> None:
    usual = Background(np.log(10.0), 0.5, 20, "test")
    levels = 10 * np.exp([1.4, 1.6, 1.6])
    assert outlying(Evidence.of("level", levels, 0.0, [False, False, True]), usual).tolist() == [
        False, True, False,
    ]  # fmt: skip


def test_the_spread_of_a_background_grows_as_its_values_get_fewer() -> None:
    """By hand: MAD to sd, the unknown centre, Student's t at 0.37 (n - 1) degrees of freedom."""
    few, many = Background(0.0, 0.5, 7, "test"), Background(0.0, 0.5, 5_000, "test")
    t = scipy.stats.t.ppf(0.975, 0.37 * 6)
    assert few.sd == pytest.approx(1.4826 * 0.5 * np.sqrt(8 / 7) * t / 1.96, rel=1e-3)
    assert many.sd == pytest.approx(1.4826 * 0.5, rel=2e-3)


def test_a_larger_error_of_a_level_weighs_less() -> None:
    found = one("methamphetamine", Evidence.of("level", [150.0, 150.0], [0.1, 1.5]))
    odds = found.likelihood_ratios["level"][:, CLASSES.index("manufacture")]
    assert odds[0] > 1.3 * odds[1] > 1


@pytest.mark.parametrize(
    ("disposal", "manufacture", "flag"),
    [
        (0.02, 0.94, "disposal or manufacture"), (0.0, 0.94, ""), (0.0, 0.95, "manufacture"),
        (0.96, 0.0, "disposal"), (0.5, 0.45, "disposal or manufacture"), (0.5, 0.4, ""),
    ],
)  # fmt: skip
def test_a_flag_needs_a_probability_of_95_percent(disposal, manufacture, flag) -> None:
    rest = 1 - disposal - manufacture
    probability = np.array([[rest, disposal, manufacture, 0.0, 0.0]])
    assert sc._flags(probability, np.array([True])).tolist() == [flag]
    assert sc._flags(probability, np.array([False])).tolist() == [""]
