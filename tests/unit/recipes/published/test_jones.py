"""Two residues at once, against weights worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from wbe import factors
from wbe.errors import UsageError
from wbe.recipes import published
from wbe.uncertainty import default_model

N = 7


def days(benzoylecgonine, norbenzoylecgonine, **more):
    n = len(benzoylecgonine)
    return published.samples_of(
        {"benzoylecgonine": benzoylecgonine, "norbenzoylecgonine": norbenzoylecgonine},
        flow=50_000, population=200_000, site="A", population_basis="resident",
        date=np.datetime64("2024-03-12") + np.arange(n), **more,
    )  # fmt: skip


def logit_variance_of_log(excretion, logit_sd):
    """Variance of ln E, E logit-normal, by a fine sum over the normal."""
    z = np.linspace(-8, 8, 20_001)
    weight = np.exp(-(z**2) / 2)
    weight /= weight.sum()
    log = -np.log1p(np.exp(-(np.log(excretion / (1 - excretion)) + logit_sd * z)))
    mean = (weight * log).sum()
    return float((weight * (log - mean) ** 2).sum())


def test_a_day_is_weighted_by_the_errors_that_the_residues_do_not_share():
    rows = factors.load_set("jones2014").rows
    ours = [default_model().spread(name, {}) ** 2 for name in ("analysis_bias", "repeatability")]
    own = [
        logit_variance_of_log(row["excretion"], row["logit_sd"]) + sum(ours)
        for _, row in rows.iterrows()
    ]
    loads = np.array([125.0, 8.0])
    logs = np.log(loads * rows["correction_factor"].to_numpy())
    weights = (1 / np.array(own)) / (1 / np.array(own)).sum()
    by_hand = float(np.exp(weights @ logs))
    table = published.jones_2014(days([500.0], [32.0]), disagreement="shown")
    assert table["value"].iloc[0] == pytest.approx(by_hand, rel=1e-3)
    assert np.exp(logs.min()) < table["value"].iloc[0] < np.exp(logs.max())


def test_two_residues_tell_more_than_one():
    both = published.jones_2014(days([500.0], [32.0]), disagreement="shown").iloc[0]
    alone = published.jones_2014(days([500.0], [np.nan]), disagreement="shown").iloc[0]
    assert both["upper"] / both["lower"] < alone["upper"] / alone["lower"]
    assert alone["value"] == pytest.approx(448.75)


@pytest.mark.parametrize(("nor", "flag"), [(34.2, "agree"), (800.0, "disagree")])
def test_residues_that_disagree_are_flagged(nor, flag):
    table = published.jones_2014(days([500.0], [nor]), disagreement="shown")
    assert table["flags"].tolist() == [flag]


def test_the_average_day_is_the_mean_and_holds_the_variation_between_days():
    even = np.full(N, 500.0)
    wild = 500.0 * np.array([0.4, 1.9, 0.5, 1.7, 0.6, 1.4, 0.5])
    width = {}
    for name, be in (("even", even * np.linspace(0.99, 1.01, N)), ("wild", wild)):
        table = published.jones_2014(days(be, be / 15), disagreement="shown")
        single = table[table["statistic"] == "day"]
        (average,) = table[table["statistic"] == "mean_over_days"].to_dict("records")
        assert average["value"] == pytest.approx(single["value"].mean())
        width[name] = np.log(average["upper"] / average["lower"])
    assert width["wild"] > 1.3 * width["even"]
    one = single["upper"].iloc[0] / single["lower"].iloc[0]
    assert width["even"] > 2 * np.log(one) / np.sqrt(N)  # the fractions do not average out


def test_a_plant_with_a_day_of_bounds_has_no_average():
    be, nor = np.full(N, 500.0), np.full(N, 33.0)
    be[2] = nor[2] = np.nan
    limits = {"benzoylecgonine": 3.0, "norbenzoylecgonine": 3.0}
    table = published.jones_2014(days(be, nor, limits=limits), disagreement="shown")
    assert "mean_over_days" not in set(table["statistic"])
    (bound,) = table[table["flags"] == "below_limit"].to_dict("records")
    assert np.isnan(bound["value"]) and bound["lower"] == 0 and bound["upper"] > 0


def test_two_days_make_no_average():
    table = published.jones_2014(days([500.0, 400.0], [33.0, 27.0]), disagreement="shown")
    assert table["statistic"].tolist() == ["day", "day"]


def test_three_days_make_an_average():
    table = published.jones_2014(
        days([500.0, 400.0, 450.0], [33.0, 27.0, 30.0]), disagreement="shown"
    )
    assert table["statistic"].tolist() == ["day"] * 3 + ["mean_over_days"]


def test_the_two_fractions_are_those_that_the_page_states():
    rows = factors.load_set("jones2014").rows
    norbenzoylecgonine = 15 * 12.011 + 17 * 1.008 + 14.007 + 4 * 15.999
    stated = {
        "cocaine|BE|Castiglioni2013": 3.59,
        "cocaine|norBE|Jones2014": 303.358 / norbenzoylecgonine / 0.02,
    }
    assert rows["correction_factor"].to_dict() == pytest.approx(stated, rel=1e-4)
    verified = factors.table().set_index("factor_id")["verified"]
    assert verified[list(stated)].str.startswith("no: ").all()  # neither was read in its paper


def test_both_residues_must_be_there_and_the_convention_named():
    only = published.samples_of(
        {"benzoylecgonine": [500.0]}, flow=5e4, population=2e5, site="A", date=["2024-03-12"],
        population_basis="resident",
    )  # fmt: skip
    with pytest.raises(UsageError, match="norbenzoylecgonine"):
        published.jones_2014(only, disagreement="shown")
    with pytest.raises(TypeError, match="disagreement"):
        published.jones_2014(only)
