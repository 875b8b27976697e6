"""Areas, sites and tiers as GeoPackage, GeoParquet and GeoJSON, and what is kept out of them."""

from __future__ import annotations

import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from builders import build_areas
from geopandas.testing import assert_geodataframe_equal
from shapely.geometry import MultiPolygon, Point, Polygon, box

import wbe
from wbe.errors import FindingsError, UsageError
from wbe.io import read_tiers, write_places
from wbe.io.geo.geoparquet import read_geoparquet

BAD = Path(__file__).parents[3] / "data" / "bad"
EXAMPLE = Path(__file__).parents[4] / "data" / "samples" / "example-county"
SUFFIXES = (".gpkg", ".parquet", ".geojson")
RING = [(116, 23), (116.3, 23), (116.3, 23.3), (116, 23.3)]
HOLE = [(116.1, 23.1), (116.2, 23.1), (116.2, 23.2), (116.1, 23.2)]


def towns() -> gpd.GeoDataFrame:
    """A polygon with a hole, one of two parts, one without a population."""
    parts = MultiPolygon([box(117, 23, 117.1, 23.1), box(117.2, 23, 117.3, 23.1)])
    table = {"area": ["A", "B", "丙"], "name": ["甲镇", "", "丙镇 (新)"],
             "population": [12000.0, 1e9 / 3, np.nan]}  # fmt: skip
    shapes = [Polygon(RING, [HOLE]), parts, Point(118, 23.5)]
    return gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:4326")


def tiers() -> gpd.GeoDataFrame:
    areas = build_areas(["甲", "乙"])
    texts = {"round": ["2018Q1"] * 2, "drug": ["cocaine"] * 2, "quantity": ["pn_mass_load"] * 2,
             "unit": ["mg/day/1000 inhabitants"] * 2, "tier": ["severe", ""],
             "flags": ["", "suppressed;no_data"]}  # fmt: skip
    counts = {"n_sites": [3, 0]}
    numbers = {"value": [42.5, np.nan], "p_severe": [0.9, np.nan], "rank": [1.0, np.nan]}
    return areas.drop(columns="population").assign(
        **texts, **numbers, **counts, resolved=[True, False]
    )


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_areas_come_back_with_holes_parts_and_missing_populations(
    tmp_path: Path, suffix: str
) -> None:
    write_places(towns(), tmp_path / f"a{suffix}")
    back = wbe.read_areas(tmp_path / f"a{suffix}")
    wanted = towns().assign(name=["甲镇", "B", "丙镇 (新)"])  # an area without a name is its id
    assert back.crs == wanted.crs and back.equals(wanted)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_sites_come_back_each_in_its_own_datum(tmp_path: Path, suffix: str) -> None:
    sites = wbe.read_sites(EXAMPLE / "sites.csv")
    assert set(sites["crs"]) == {"bd09", "wgs84"}
    write_places(sites, tmp_path / f"s{suffix}")
    back = wbe.read_sites(tmp_path / f"s{suffix}")
    assert back.equals(sites) and not list(back.attrs["findings"].errors)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_point_in_a_shifted_datum_is_not_drawn_as_wgs84(tmp_path: Path, suffix: str) -> None:
    sites = wbe.read_sites(EXAMPLE / "sites.csv")
    write_places(sites, tmp_path / f"s{suffix}")
    path = tmp_path / f"s{suffix}"
    drawn = gpd.read_parquet(path) if suffix == ".parquet" else gpd.read_file(path)
    assert drawn.geometry.notna().tolist() == (sites["crs"] == "wgs84").tolist()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_tiers_come_back_in_their_types(tmp_path: Path, suffix: str) -> None:
    write_places(tiers(), tmp_path / f"t{suffix}")
    back = read_tiers(tmp_path / f"t{suffix}")
    assert_geodataframe_equal(back, tiers(), check_like=True)
    assert back["resolved"].dtype == bool and back["tier"].tolist() == ["severe", ""]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_same_places_give_the_same_bytes(tmp_path: Path, suffix: str) -> None:
    for name in ("a", "b"):
        write_places(towns(), tmp_path / f"{name}{suffix}")
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_a_frame_knows_beside_its_columns_is_not_written(tmp_path: Path, suffix: str) -> None:
    places = towns()
    places.attrs = {"findings": "SecretPlant", "file": "SecretPlant.csv"}
    write_places(places, tmp_path / f"a{suffix}")
    assert b"SecretPlant" not in (tmp_path / f"a{suffix}").read_bytes()
    assert places.attrs["file"] == "SecretPlant.csv"


def test_a_column_of_another_kind_is_refused_by_name(tmp_path: Path) -> None:
    for frame, column in ((towns(), "phone"), (tiers(), "source_probability")):
        with pytest.raises(UsageError, match=column):
            write_places(frame.assign(**{column: 1.0}), tmp_path / "x.gpkg")
    with pytest.raises(UsageError, match="areas, sites or tiers"):
        write_places(towns().drop(columns="area"), tmp_path / "x.gpkg")
    with pytest.raises(UsageError, match="WGS 84"):
        write_places(towns().to_crs("EPSG:4547"), tmp_path / "x.gpkg")
    with pytest.raises(UsageError, match=r"\.parquet"):
        write_places(towns(), tmp_path / "x.kml")
    assert list(tmp_path.iterdir()) == []


def test_geoparquet_without_its_package_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(FindingsError) as caught:
        wbe.read_areas(BAD / "geo_formats" / "areas.parquet")
    assert [f.rule for f in caught.value.findings] == ["parquet_not_installed"]


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4547"])
def test_geoparquet_in_chinese_systems_is_brought_to_wgs84(tmp_path: Path, crs: str) -> None:
    towns().iloc[:2].to_crs(crs).to_parquet(tmp_path / "a.parquet")
    back = wbe.read_areas(tmp_path / "a.parquet")
    assert back.crs.to_epsg() == 4326
    assert back.geometry.geom_equals_exact(towns().geometry.iloc[:2], 1e-7).all()


def test_geoparquet_that_states_no_crs_is_wgs84_and_null_is_unknown() -> None:
    folder = BAD / "geo_formats"
    assert read_geoparquet((folder / "no_crs.parquet").read_bytes()).crs is None
    assert read_geoparquet((folder / "areas.parquet").read_bytes()).crs.to_epsg() == 4326


def test_check_knows_areas_sites_and_lab_tables_by_what_they_hold() -> None:
    folder = BAD / "geo_formats"
    found = wbe.check([folder / "areas.parquet", folder / "sites.parquet",
                       BAD.parent / "good" / "plain_long.parquet"])  # fmt: skip
    rules = {f.rule for f in found}
    # sites and areas were both understood: the samples' sites are not among them
    assert "site_not_in_sites" in rules and not rules & {"column_type_unsuitable", "column_missing"}


def test_the_tiers_of_a_run_are_no_areas_and_say_so() -> None:
    found = list(wbe.check(BAD / "geo_formats" / "tiers.gpkg"))
    assert [f.rule for f in found] == ["areas_file_of_tiers"]
    assert "read_tiers" in found[0].fix


@pytest.mark.parametrize("name, chinese", [
    ("a.gpkg", "内容不是 .gpkg，而是 文本"), ("a.odt", "不支持的格式：.odt"), ("a", "无扩展名"),
])  # fmt: skip
def test_what_is_no_file_of_areas_says_so_in_chinese(
    name: str, chinese: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text("hello", encoding="utf-8")
    with pytest.raises(FindingsError) as caught:
        wbe.read_areas(tmp_path / name)
    (finding,) = caught.value.findings
    assert finding.rule == "not_an_areas_file" and chinese in finding.text("zh")[0]
    assert chinese not in finding.message and finding.message.isascii()


def test_a_file_of_areas_holds_no_tiers() -> None:
    with pytest.raises(FindingsError) as caught:
        read_tiers(BAD / "geo_formats" / "areas.parquet")
    assert [f.rule for f in caught.value.findings] == ["not_an_areas_file"]


def test_points_are_the_positions_of_sites_without_columns_of_coordinates() -> None:
    sites = wbe.read_sites(BAD / "geo_formats" / "sites_bare.geojson")
    assert sites["lon"].tolist() == [116.15, 116.05] and set(sites["crs"]) == {"wgs84"}
    assert sites.geometry.tolist() == [Point(116.15, 22.96), Point(116.05, 22.95)]


def test_columns_stand_where_a_point_was_moved_away_from_them() -> None:
    sites = wbe.read_sites(BAD / "geo_formats" / "sites_moved.gpkg")
    assert sites["lon"].tolist() == [116.15, 116.05]
    assert [f.rule for f in sites.attrs["findings"]] == ["site_point_differs"]


def test_damage_of_one_shape_costs_one_feature() -> None:
    areas = wbe.read_areas(BAD / "geo_formats" / "shape_cut.parquet")
    assert areas["area"].tolist() == ["A2"]


@pytest.mark.parametrize("name", ["areas.parquet", "sites.parquet"])
def test_changed_bytes_of_geoparquet_never_end_in_a_traceback(name: str, tmp_path: Path) -> None:
    data, numbers = (BAD / "geo_formats" / name).read_bytes(), np.random.default_rng(5)
    for _ in range(20):
        changed = bytearray(data)
        for place in numbers.integers(0, len(data), size=4):
            changed[place] = int(numbers.integers(256))
        (tmp_path / name).write_bytes(bytes(changed))
        wbe.check(tmp_path / name)
