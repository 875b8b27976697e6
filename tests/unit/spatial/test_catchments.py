"""Catchments over areas: weights, and loads of areas from loads of plants."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from builders import build_samples
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point, box

import wbe
from wbe.errors import UsageError
from wbe.spatial import (
    area_draws,
    area_loads,
    by_area,
    catchment_weights,
    spread_over_areas,
    weights_by_overlap,
)
from wbe.spatial.catchments import connected

ROWS = pd.DataFrame({"site": ["P", "P", "Q"], "area": ["A", "B", "B"], "weight": [0.25, 0.75, 1.0]})


def shapes(name: str, **at: tuple[float, ...]) -> gpd.GeoDataFrame:
    boxes = [box(*corner) for corner in at.values()]
    return gpd.GeoDataFrame({name: list(at)}, geometry=boxes, crs="EPSG:4326")


# Weights


def test_populations_become_shares_of_their_catchment():
    table = ROWS.drop(columns="weight").assign(population=[5_000, 15_000, 8_000])
    assert catchment_weights(table)["weight"].tolist() == [0.25, 0.75, 1.0]


def test_stated_weights_come_before_populations_and_stay_as_they_are():
    table = ROWS.assign(weight=[0.2, 0.3, np.nan], population=[1, 1, 8_000])
    assert catchment_weights(table)["weight"].tolist() == [0.2, 0.3, 1.0]


@pytest.mark.parametrize(
    ("weight", "says"),
    [
        ([0.25, np.nan, 1.0], "no positive weight in B"),
        ([0.25, 0.0, 1.0], "no positive weight in B"),
        ([0.5, 0.75, 1.0], "sum to 1.25"),
    ],
)
def test_weights_that_are_no_shares_are_refused(weight, says):
    with pytest.raises(UsageError, match=says):
        catchment_weights(ROWS.assign(weight=weight))


def test_an_area_named_twice_is_refused():
    with pytest.raises(UsageError, match="area A twice"):
        catchment_weights(ROWS.assign(site="P", area="A", weight=0.2))


# Overlap


def test_shares_of_the_surface():
    plants = shapes("site", P=(116.0, 23.0, 116.4, 23.1))
    areas = shapes("area", A=(116.0, 22.9, 116.1, 23.2), B=(116.1, 22.9, 116.4, 23.2))
    found = weights_by_overlap(plants, areas, by="area")
    assert found.weights["area"].tolist() == ["A", "B"]
    assert found.weights["weight"].tolist() == pytest.approx([0.25, 0.75], abs=1e-4)
    assert found.outside.tolist() == [0.0]


def test_shares_of_people_follow_the_density_of_the_areas():
    plants = shapes("site", P=(116.0, 23.0, 116.2, 23.1))
    areas = shapes("area", A=(116.0, 23.0, 116.1, 23.2), B=(116.1, 23.0, 116.2, 23.1))
    areas["population"] = [10_000.0, 20_000.0]  # B is half as large: four times as dense
    found = weights_by_overlap(plants, areas)
    assert found.weights["weight"].tolist() == pytest.approx([0.2, 0.8], abs=1e-3)


def test_surfaces_are_equal_area_and_not_degrees():
    """Two boxes of one height in degrees: the northern one is smaller by the cosine."""
    plants = shapes("site", P=(100.0, 20.0, 101.0, 60.0))
    areas = shapes("area", south=(99.0, 20.0, 102.0, 40.0), north=(99.0, 40.0, 102.0, 60.0))
    south, north = np.sin(np.radians([[20, 40], [40, 60]])) @ [-1, 1]
    found = weights_by_overlap(plants, areas, by="area").weights.set_index("area")["weight"]
    assert found["south"] == pytest.approx(south / (south + north), abs=0.003)


@pytest.mark.parametrize("by", ["area", "population"])
def test_what_lies_in_no_area_is_told(by):
    plants = shapes("site", P=(116.0, 23.0, 116.2, 23.1), Q=(118.0, 23.0, 118.1, 23.1))
    areas = shapes("area", A=(116.0, 22.9, 116.1, 23.2)).assign(population=5_000.0)
    found = weights_by_overlap(plants, areas, by=by)
    assert found.outside.to_dict() == pytest.approx({"P": 0.5, "Q": 1.0}, abs=1e-3)
    assert found.weights["weight"].tolist() == pytest.approx([0.5], abs=1e-3)


def test_what_cannot_be_weighed_is_refused():
    plants, areas = shapes("site", P=(116, 23, 117, 24)), shapes("area", A=(116, 23, 117, 24))
    with pytest.raises(UsageError, match="need a column population"):
        weights_by_overlap(plants, areas)
    with pytest.raises(UsageError, match="A has no population"):
        weights_by_overlap(plants, areas.assign(population=np.nan))
    with pytest.raises(UsageError, match="use area or population"):
        weights_by_overlap(plants, areas, by="people")
    with pytest.raises(UsageError, match="coordinate system"):
        weights_by_overlap(plants.set_crs(None, allow_override=True), areas, by="area")
    with pytest.raises(UsageError, match="polygons"):
        weights_by_overlap(
            plants.set_geometry([Point(116.5, 23.5)], crs="EPSG:4326"), areas, by="area"
        )
    twice = shapes("area", A=(116, 23, 117, 24), B=(116.5, 23, 117.5, 24))
    with pytest.raises(UsageError, match="A and B overlap"):
        weights_by_overlap(plants, twice, by="area")


# Loads


@given(
    st.lists(st.floats(0.01, 100), min_size=3, max_size=3),
    st.lists(st.floats(100, 1e6), min_size=3, max_size=3),
    st.lists(st.floats(0, 1), min_size=3, max_size=3),
)
def test_areas_conserve_the_load_and_stay_among_their_plants(load, people, share):
    w = np.array([share, 1 - np.array(share)])
    per_capita, total = area_loads(load, people, w)
    assert total.sum() == pytest.approx(np.dot(load, people) / 1000)
    known = per_capita[np.isfinite(per_capita)]
    assert (known >= min(load) * (1 - 1e-9)).all() and (known <= max(load) * (1 + 1e-9)).all()


def test_an_area_without_a_plant_has_no_load_a_person():
    per_capita, total = area_loads([10.0], [1000.0], [[1.0], [0.0]])
    assert per_capita[0] == 10 and np.isnan(per_capita[1]) and total.tolist() == [10.0, 0.0]


@pytest.mark.parametrize("weights", [[[0.6], [0.6]], [[-0.1], [0.5]], [0.5]])
def test_shares_that_are_none_are_refused(weights):
    with pytest.raises(UsageError):
        area_loads([10.0], [1000.0], weights)


# Through the estimate


@pytest.fixture(scope="module")
def estimated():
    samples = build_samples(
        {"methamphetamine": [100.0, 400.0]}, site=["P", "Q"], population=[20_000.0, 10_000.0]
    )
    located = wbe.locate(samples.assign_coords(area=("sample", ["P", "Q"])))
    return wbe.estimate(located, draws=2000, seed=1)


def pn(values, area):
    one = values["value"].sel(quantity="pn_mass_load", area=area, drug="methamphetamine")
    return float(one.values.item())


def test_values_of_areas_are_the_formula_on_the_plants(estimated):
    plants = by_area(estimated)
    loads = [pn(plants, "P"), pn(plants, "Q")]
    values = by_area(spread_over_areas(estimated, ROWS))
    wanted, _ = area_loads(loads, [20_000, 10_000], [[0.25, 0.0], [0.75, 1.0]])
    assert pn(values, "A") == pytest.approx(wanted[0], rel=0.02)
    assert pn(values, "B") == pytest.approx(wanted[1], rel=0.02)
    assert values["area_population"].values.tolist() == [5_000, 25_000]
    assert "even per-capita load" in values.attrs["catchments"]


def test_areas_on_one_plant_share_its_draws(estimated):
    both = pd.DataFrame({"site": ["P", "P", "Q"], "area": ["A", "B", "C"], "weight": [0.5, 0.5, 1]})
    values = by_area(spread_over_areas(estimated, both))
    names, drawn = area_draws(values, "methamphetamine", "2018Q1")
    logs = dict(zip(names, drawn.T, strict=True))
    np.testing.assert_allclose(logs["A"], logs["B"], rtol=1e-12)
    assert not np.allclose(logs["A"], logs["C"])
    one = values["lower"].sel(quantity="pn_mass_load", drug="methamphetamine").values.ravel()
    assert one[0] == one[1]


def test_a_site_that_is_not_named_keeps_its_area(estimated):
    out = spread_over_areas(estimated, ROWS[ROWS["site"] == "P"])
    assert out["area"].values.tolist() == ["A", "B", "Q"]
    assert out["share"].values.tolist() == [0.25, 0.75, 1.0]
    assert out["sample"].values.tolist() == ["s1", "s1", "s2"]


def test_fits_below_limits_count_a_sample_once():
    from wbe.recipes.estimation import refitted

    n = 12
    value = np.linspace(20.0, 60.0, n)
    value[:4] = np.nan
    samples = build_samples(
        {"methamphetamine": value},
        site=[f"P{i}" for i in range(n)],
        status={"methamphetamine": ["below_loq"] * 4 + ["quantified"] * (n - 4)},
        loq={"methamphetamine": [30.0] * n},
        lod={"methamphetamine": [10.0] * n},
    )
    result = wbe.estimate(wbe.locate(samples), draws=100, seed=1)
    both = pd.DataFrame({"site": ["P5", "P5"], "area": ["A", "B"], "weight": [0.5, 0.5]})
    spread = refitted(spread_over_areas(result, both))
    assert spread.attrs["nondetect_fits"] == result.attrs["nondetect_fits"]


def test_people_of_an_area_are_its_shares_and_loads_keep_the_whole_catchment(estimated):
    spread = spread_over_areas(estimated, ROWS)
    assert connected(spread)["population"].values.tolist() == [5_000, 15_000, 10_000]
    assert spread["population"].values.tolist() == [20_000, 20_000, 10_000]
    assert connected(estimated) is estimated
