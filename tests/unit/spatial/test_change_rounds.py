"""Changes between rounds from area values: kept points, what cancels, what the table says."""

import numpy as np
import pytest
from builders import build_samples

from wbe.errors import UsageError
from wbe.recipes import estimate
from wbe.spatial import by_area, locate, rank, tier_changes
from wbe.spatial.change_rounds import COLUMNS
from wbe.spatial.county.points import distance_m
from wbe.uncertainty import default_model

METH = "methamphetamine"
TOWNS = ["A", "B", "C", "D"]


def values_of(shift=(), *, sites=None, places=None, limit=None, labs=("L1", "L1"), model=None):
    """Four towns of five open-channel points in two rounds, each with its own water use."""
    rng = np.random.default_rng(5)
    level = np.repeat(np.exp(rng.normal(6, 1, 4)), 5) * np.exp(0.4 * rng.normal(size=20))
    rounds = [level * np.exp(0.3 * rng.normal(size=20)) for _ in range(2)]
    rounds[1] *= np.repeat(np.exp([*shift, *[0] * (4 - len(shift))]), 5)
    read = np.concatenate(rounds)
    low = np.zeros(40, dtype=bool) if limit is None else read < limit
    names = [f"{t}{k}" for t in TOWNS for k in range(5)]
    extra = {} if places is None else {"lon": places[0], "lat": places[1]}
    samples = build_samples(
        {METH: np.where(low, np.nan, read).tolist()},
        site=names + (sites or names),
        area=[t for t in TOWNS for _ in range(5)] * 2,
        matrix="open_channel", mode="grab", flow=np.nan, population=20_000.0,
        round=["2018Q1"] * 20 + ["2018Q2"] * 20,
        time=["2018-03-01"] * 20 + ["2018-06-01"] * 20,
        status={METH: np.where(low, "below_lod", "quantified").tolist()},
        lod={METH: [np.nan if limit is None else limit] * 40},
        lab=[labs[0]] * 20 + [labs[1]] * 20,
        **extra,
    )  # fmt: skip
    markers = {"water": "150 L/day/inhabitant"}
    result = estimate(locate(samples), draws=0, markers=markers, error_model=model)
    return by_area(result, quantities=("pn_mass_load", "pn_consumption"))


def table_of(values, **options):
    return tier_changes(values, METH, **options).set_index("area")


def test_the_table_has_its_columns_one_row_an_area_and_says_what_it_assumed():
    table = tier_changes(values_of())
    assert tuple(table.columns) == COLUMNS and table["area"].tolist() == TOWNS
    about = table.attrs["about"][f"{METH}|2018Q1|2018Q2"]
    assert about["visit"] == pytest.approx(0.4) and about["spread"] == pytest.approx(0.42, rel=0.4)


def test_a_town_that_moved_is_found_and_tiers_stand_beside_it():
    values = values_of([3.5])
    table = table_of(values, tiers=rank(values, METH, scheme="quantile"))
    assert table["outcome"].tolist() == ["moved"] + ["not_distinguishable"] * 3
    assert table["ratio"]["A"] == pytest.approx(np.exp(3.5), rel=0.5)
    assert table["tier_after"]["A"] == "severe"


def test_load_and_consumption_change_alike():
    values = values_of([1.0, -1.0])
    load, used = (table_of(values, quantity=q) for q in ("pn_mass_load", "pn_consumption"))
    for name in ("ratio", "p", "detectable"):
        assert np.allclose(load[name], used[name])


def test_a_point_with_another_id_is_another_point():
    names = [f"{t}{k}" for t in TOWNS for k in range(5)]
    moved = ["X" + n if n in ("A0", "A1", "A2", "B0") else n for n in names]
    table = table_of(values_of(sites=moved))
    assert table["n_kept"].tolist() == [2, 4, 5, 5]
    assert table["outcome"]["A"] == "not_comparable" and np.isnan(table["p"]["A"])
    assert table["n_before"]["A"] == table["n_after"]["A"] == 5


def test_a_point_that_moved_more_than_fifty_metres_is_not_kept():
    lon, lat = np.full(40, 116.0), np.full(40, 23.0)
    lon[20:23] += 0.0006  # 61 m
    lon[23] += 0.0004  # 41 m
    lat[24] = np.nan  # unknown: the id alone tells
    assert table_of(values_of(places=(lon, lat)))["n_kept"].tolist() == [2, 5, 5, 5]


def test_towns_below_their_limits_in_both_rounds_are_tested_by_nothing_and_clean():
    table = table_of(values_of(limit=1e9))
    assert (table["outcome"] == "not_distinguishable").all()
    assert (table["reason"] == "below_limits").all() and np.isinf(table["detectable"]).all()


def test_one_laboratory_cancels_and_two_do_not():
    same, other = (table_of(values_of(labs=labs)) for labs in (("L1", "L1"), ("L1", "L2")))
    assert (other["detectable"] > same["detectable"]).all()
    assert np.allclose(other["ratio"], same["ratio"])


def test_the_visit_is_that_of_the_error_model():
    wide = table_of(values_of(model=default_model().scaled("visit", 2)))
    usual, none = (
        table_of(values_of()),
        table_of(values_of(model=default_model().scaled("visit", 0))),
    )
    assert (wide["detectable"] > usual["detectable"]).all()
    assert (usual["detectable"] > none["detectable"]).all()


def test_plants_have_no_rows_and_wrong_rounds_are_refused():
    plants = by_area(
        estimate(
            locate(
                build_samples(
                    {METH: [100.0, 200.0]}, site=["p", "p"], area="A", round=["2018Q1", "2018Q2"]
                )
            ),
            draws=0,
        )
    )
    assert tier_changes(plants).empty
    with pytest.raises(UsageError, match="two rounds"):
        tier_changes(values_of(), before="2018Q1", after="2018Q1")
    with pytest.raises(UsageError, match="no pn_mass_load"):
        tier_changes(values_of(), "cocaine")


def test_distances_are_those_of_a_sphere():
    """A degree of latitude is 111.2 km; one of longitude at 60 degrees half of that."""
    one = np.array([[0.0, 0.0], [0.0, 60.0]])
    other = np.array([[0.0, 1.0], [1.0, 60.0]])
    assert distance_m(*one, *other) / 1e3 == pytest.approx([111.195, 55.6], rel=1e-3)
