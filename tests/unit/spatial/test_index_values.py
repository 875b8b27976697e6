"""The composite drug index as an area value, ranked like a drug."""

import numpy as np
import pytest

from wbe.backcalc.assumptions import assumed
from wbe.backcalc.drug_index import IndexWeights
from wbe.errors import MissingFactorError, UsageError
from wbe.spatial import add_index, by_area, rank, rank_table

METH, MDMA = "methamphetamine", "MDMA"


def weights(**doses):
    return IndexWeights(
        "made up",
        {d: assumed("dose", f"{mg} mg/dose", source="made up") for d, mg in doses.items()},
    )


def used(values, drug, name="value"):
    return values[name].sel(quantity="pn_consumption", drug=drug, round="2018Q1").values


def test_the_index_is_the_sum_of_dose_equivalents(county_values):
    values = add_index(county_values, weights(methamphetamine=30, MDMA=100))
    found = values["value"].sel(quantity="index", drug="index", round="2018Q1").values
    expected = used(values, METH) / 30 + used(values, MDMA) / 100
    assert found == pytest.approx(expected, rel=0.1)  # the median of a sum, not the sum of medians
    assert values.attrs["quantities"][-1] == "index"


def test_an_index_of_one_drug_is_its_consumption_over_the_dose(county_values):
    values = add_index(county_values, weights(methamphetamine=30))
    index = rank(values, "index", quantity="index", scheme="fixed", breaks=[1, 3])
    plain = rank(values, METH, quantity="pn_consumption", scheme="fixed", breaks=[30, 90])
    for name in ("lower", "upper"):
        assert np.allclose(index[name], plain[name] / 30, rtol=0.1)  # draws against a formula
    assert index["tier"].tolist() == plain["tier"].tolist()
    # the points' error of an index has a stream of its own: the same up to Monte Carlo error
    p = ["p_general", "p_moderate", "p_severe"]
    assert np.abs(index[p].to_numpy() - plain[p].to_numpy()).max() < 0.04


def test_the_interval_is_at_least_that_of_fully_dependent_points(county_values):
    """Both drugs twice: an index of the same points is as uncertain as each of them."""
    one = add_index(county_values, weights(methamphetamine=30))
    two = add_index(county_values, weights(methamphetamine=30, MDMA=1e9))
    at = {"quantity": "index", "drug": "index", "round": "2018Q1"}
    assert two["upper"].sel(at).values == pytest.approx(one["upper"].sel(at).values, rel=1e-3)


def test_adding_an_index_changes_no_drug(county_values):
    values = add_index(county_values, weights(methamphetamine=30, MDMA=100))
    before, after = (rank(v, quantity="pn_consumption") for v in (county_values, values))
    kept = after[after["drug"] != "index"].reset_index(drop=True)
    assert kept.drop(columns="geometry").equals(before.drop(columns="geometry"))
    assert (after.loc[after["drug"] == "index", "flags"] == "no_consumption").all()


def test_weights_are_saved_with_the_table(county_values):
    values = add_index(county_values, weights(methamphetamine=30))
    tiers = rank(values, "index", quantity="index")
    assert tiers.attrs["index_weights"][METH] == {
        "value": 30.0, "source": "made up", "key": tiers.attrs["index_weights"][METH]["key"],
    }  # fmt: skip
    assert (tiers["unit"] == "doses/day/1000 inhabitants").all()


def test_the_order_of_areas_by_the_index_has_its_tables(county_values):
    values = add_index(county_values, weights(methamphetamine=30, MDMA=100))
    table = rank_table(values, "index", "2018Q1", quantity="index")
    assert len(table) == 4 and table["p_top_1"].sum() == pytest.approx(1)


def test_what_cannot_be_added_is_refused(county_values):
    with pytest.raises(MissingFactorError, match="cocaine"):
        add_index(county_values, weights(cocaine=100))
    made = add_index(county_values, weights(methamphetamine=30))
    with pytest.raises(UsageError, match="already"):
        add_index(made, weights(methamphetamine=30))
    with pytest.raises(UsageError, match="model"):
        rank(made, "index", quantity="index", scheme="model", breaks=[1, 3])
    with pytest.raises(MissingFactorError):
        rank(made, METH, quantity="index")


def test_loads_alone_carry_no_index(county_result):
    values = by_area(county_result, quantities=("pn_mass_load",))
    with pytest.raises(UsageError, match="pn_consumption"):
        add_index(values, weights(methamphetamine=30))
