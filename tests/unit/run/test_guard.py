"""The disclosure guard: small areas lose their values and nothing about them leaks."""

from __future__ import annotations

import numpy as np
import pytest

from wbe.run import guard
from wbe.run.config import Privacy
from wbe.run.withheld import Withheld

PUBLIC = Privacy()
INTERNAL = Privacy(audience="internal", purpose="p", approval="a")


def tiers(areas=("big", "small", "unknown")):
    import geopandas as gpd
    from shapely.geometry import Point, box

    n = len(areas)
    frame = gpd.GeoDataFrame(
        {
            "area": list(areas),
            "name": [a.title() for a in areas],
            "round": "2018Q2",
            "drug": "ketamine",
            "quantity": "pn_mass_load",
            "unit": "mg/day/1000 inhabitants",
            "value": np.arange(1.0, n + 1),
            "lower": 0.5,
            "upper": 9.0,
            "tier": "severe",
            "p_general": 0.1,
            "p_severe": 0.9,
            "resolved": True,
            "rank": np.arange(1.0, n + 1),
            "rank_lower": 1.0,
            "rank_upper": 2.0,
            "n_sites": 5,
            "n_samples": 5,
            "n_censored": 1,
            "flags": "bounds_cross_break",
        },
        geometry=[Point(1.2345, 2.3456), Point(3.2109, 4.3219), box(0, 0, 1, 1)][:n],
        crs="EPSG:4326",
    )
    frame.attrs = {"breaks": {"ketamine": [1.0, 2.0]}}
    return frame


PEOPLE = {"big": 5000.0, "small": 4999.0}


def test_small_and_unknown_areas_keep_their_names_alone() -> None:
    out = guard.guarded(tiers(), PEOPLE, PUBLIC).set_index("area")
    assert (
        out.loc["big"]
        .drop("geometry")
        .equals(tiers().set_index("area").loc["big"].drop("geometry"))
    )
    for area in ("small", "unknown"):
        row = out.loc[area]
        emptied = [*guard.VALUE_COLUMNS, *guard.COUNT_COLUMNS, "p_general", "p_severe"]
        assert row[emptied].isna().all()
        assert (row["tier"], bool(row["resolved"])) == ("", False)
        assert row["name"] == area.title()
    assert out.loc["small", "flags"] == "suppressed"
    assert out.loc["unknown", "flags"] == "population_unknown;suppressed"


def test_a_hidden_point_loses_its_place_and_a_polygon_keeps_it() -> None:
    out = guard.guarded(tiers(), PEOPLE, PUBLIC).set_index("area")
    assert out.geometry.isna().to_dict() == {"big": False, "small": True, "unknown": False}


def test_breaks_do_not_outlive_the_areas_that_set_them() -> None:
    assert guard.guarded(tiers(), {}, PUBLIC).attrs["breaks"] == {}
    assert guard.guarded(tiers(), PEOPLE, PUBLIC).attrs["breaks"] == {"ketamine": [1.0, 2.0]}


@pytest.mark.parametrize("privacy", [INTERNAL, Privacy(min_population=0)])
def test_internal_and_switched_off_guards_hide_nothing(privacy: Privacy) -> None:
    assert guard.guarded(tiers(), PEOPLE, privacy).equals(tiers())


@pytest.mark.parametrize(("least", "higher"), [(1, 4999), (4999, 5000), (5000, 10_000)])
def test_raising_the_least_population_never_reveals_an_area(least: int, higher: int) -> None:
    low = guard.suppressed(tiers(), PEOPLE, Privacy(min_population=least))
    high = guard.suppressed(tiers(), PEOPLE, Privacy(min_population=higher))
    assert (high | ~low).all()


def test_a_value_that_slipped_through_is_noticed() -> None:
    out = guard.guarded(tiers(), PEOPLE, PUBLIC)
    assert guard.revealed(out, PEOPLE, PUBLIC) == []
    out.loc[out["area"] == "small", "p_severe"] = 0.4
    assert guard.revealed(out, PEOPLE, PUBLIC) == ["small"]
    assert guard.revealed(tiers(), PEOPLE, PUBLIC) == ["small", "unknown"]


def test_places_of_points_are_coarsened_to_a_hundredth_of_a_degree() -> None:
    out = guard.coarsened(tiers())
    assert [(p.x, p.y) for p in out.geometry[:2]] == [(1.23, 2.35), (3.21, 4.32)]
    assert out.geometry[2].equals(tiers().geometry[2])
    assert out.attrs == tiers().attrs


def test_hidden_areas_stand_beside_the_ranked_ones_without_values() -> None:
    import pandas as pd

    ranked = tiers(("big", "zoo"))
    hidden = pd.DataFrame({"area": ["small"], "name": ["Small"]})
    out = guard.beside(ranked, hidden)
    assert out["area"].tolist() == ["big", "small", "zoo"]
    row = out.iloc[1]
    assert row["drug"] == "ketamine" and row["round"] == "2018Q2" and row["unit"]
    assert np.isnan(row["value"]) and row["flags"] == "suppressed" and not row["resolved"]
    assert out.attrs == ranked.attrs


def samples(population, area=("t", "t", "u"), site=("s1", "s2", "s3")):
    import xarray as xr

    return xr.Dataset(
        {"population": ("sample", np.array(population, dtype=float))},
        coords={"area": ("sample", list(area)), "site": ("sample", list(site))},
    )


def test_catchments_add_up_and_points_of_a_town_do_not() -> None:
    data = samples([3000, 3000, np.nan])
    assert guard.populations(data, None, disjoint=True) == {"t": 6000.0}
    assert guard.populations(data, None, disjoint=False) == {"t": 3000.0}


def test_the_areas_own_population_wins_and_the_smallest_date_counts() -> None:
    import pandas as pd

    data = samples([9000, 4000, 8000], site=("s1", "s1", "s3"))
    areas = pd.DataFrame({"area": ["u", "v"], "population": [100.0, np.nan]})
    assert guard.populations(data, areas, disjoint=True) == {"t": 4000.0, "u": 100.0}


def test_an_area_without_consent_is_hidden_from_everybody() -> None:
    people = {"big": 90_000.0, "small": 90_000.0, "unknown": 90_000.0}
    for privacy in (PUBLIC, INTERNAL, Privacy(min_population=0)):
        out = guard.guarded(tiers(), people, privacy, {"big"}).set_index("area")
        assert np.isnan(out.loc["big", "value"]) and out.loc["small", "value"] == 2
    held = Withheld(frozenset({"s"}), frozenset({"big"}), frozenset({"small"}))
    flags = guard.marked(guard.guarded(tiers(), people, PUBLIC, {"big"}), held)["flags"].tolist()
    assert flags[0] == "consent_missing;suppressed"
    assert flags[1] == "bounds_cross_break;consent_missing"


def test_published_probabilities_have_three_decimals_and_add_up_to_one() -> None:
    rng = np.random.default_rng(1)
    table = tiers()
    for _ in range(200):
        given = rng.dirichlet([0.5, 0.5, 0.5], 3)
        table = table.assign(**dict(zip(("p_a", "p_general", "p_severe"), given.T, strict=True)))
        table.attrs["resolved_at"] = 0.95
        out = guard.rounded(table)
        chances = out[["p_a", "p_general", "p_severe"]].to_numpy()
        assert np.allclose(chances, np.round(chances, 3), atol=1e-12)
        assert np.allclose(chances.sum(axis=1), 1, atol=1e-12)
        assert np.abs(chances - given[:, [0, 1, 2]]).max() < 0.001
        assert ((chances >= 0.95) == (given >= 0.95)).all()


def test_no_probability_is_rounded_up_to_certainty() -> None:
    table = tiers().assign(p_general=[0.0504, 0.05, 0.2], p_severe=[0.9496, 0.95, np.nan])
    table.attrs["resolved_at"] = 0.95
    out = guard.rounded(table)
    assert out["p_severe"].tolist()[:2] == [0.949, 0.95]
    assert out["p_general"].tolist() == [0.051, 0.05, 0.2]


def test_hidden_areas_are_cut_out_before_anything_is_computed() -> None:
    data = samples([9000, 100, 9000], area=("t", "u", "v"))
    areas = tiers(("t", "u", "w"))[["area", "name", "geometry"]]
    people = {"t": 9000.0, "u": 100.0, "v": 9000.0, "w": 9000.0}
    kept, places, hidden = guard.cut(data, areas, people, PUBLIC)
    assert kept["area"].values.tolist() == ["t", "v"]
    assert places is not None and places["area"].tolist() == ["t", "w"]
    assert hidden[["area", "name"]].values.tolist() == [["u", "U"]]
    assert "u" not in kept.attrs["areas"].split('"')
    whole, same, none = guard.cut(data, areas, {}, PUBLIC)
    assert whole.sizes == data.sizes and same is areas and none.empty
