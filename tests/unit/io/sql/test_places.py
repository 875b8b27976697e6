"""Sites and areas from a database, and geometry into one: GeoPackage here, PostGIS in its own."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from sql_tables import rows_of, store

import wbe
from wbe.errors import FindingsError, UsageError

WRITE = wbe.io.write_sql


@pytest.fixture
def areas(root: Path) -> gpd.GeoDataFrame:
    return wbe.read_areas(root / "data" / "samples" / "example-county" / "areas.geojson")


def _sites(root: Path) -> Path:
    return root / "data" / "samples" / "example-county" / "sites.csv"


def test_sites_are_those_of_the_file(root: Path, tmp_path: Path) -> None:
    expected = wbe.read_sites(_sites(root))
    text = pd.read_csv(_sites(root), dtype=str, keep_default_na=False, encoding="utf-8-sig")
    file = store(tmp_path / "sites.csv", "sites", [list(text), *text.values.tolist()])
    sites = wbe.io.read_sql_sites(file, "SELECT * FROM sites ORDER BY rowid")
    assert_geodataframe_equal(sites, expected)
    assert sites.attrs["lines"] == expected.attrs["lines"]
    found, wanted = ({(f.rule, f.line, f.value, f.message) for f in frame.attrs["findings"]}
                     for frame in (sites, expected))  # fmt: skip
    assert found == wanted


def test_a_laboratory_table_is_no_table_of_sites(tmp_path: Path) -> None:
    file = store(tmp_path / "a.sqlite", "t", [["analyte", "concentration"], ["METH", "1"]])
    with pytest.raises(FindingsError) as caught:
        wbe.io.read_sql_sites(file, "t")
    assert "not_a_sites_table" in {f.rule for f in caught.value.findings}


def test_areas_go_into_a_geopackage_and_come_back(areas: gpd.GeoDataFrame, tmp_path: Path) -> None:
    written = WRITE(areas, tmp_path / "lab.gpkg", "区域")
    assert (written.rows, written.added, written.lost) == (13, 13, ())
    again = wbe.io.read_sql_areas(tmp_path / "lab.gpkg", "区域")
    assert_geodataframe_equal(again, areas)
    assert again.attrs["file"] == "lab.gpkg"


def test_gdal_sees_a_valid_layer(areas: gpd.GeoDataFrame, tmp_path: Path) -> None:
    file = tmp_path / "lab.gpkg"
    WRITE(areas, file, "areas")
    assert pyogrio.list_layers(file).tolist() == [["areas", "Unknown"]]
    info = pyogrio.read_info(file, layer="areas")
    assert info["crs"] == "EPSG:4326" and info["features"] == 13
    np.testing.assert_allclose(info["total_bounds"], areas.total_bounds)
    within = gpd.read_file(file, layer="areas", bbox=tuple(areas.geometry.iloc[0].bounds))
    assert areas["area"].iloc[0] in set(within["area"])
    assert rows_of(file, "PRAGMA integrity_check") == [("ok",)]
    assert rows_of(file, "PRAGMA foreign_key_check") == []


def test_samples_and_areas_share_a_geopackage(
    areas: gpd.GeoDataFrame, root: Path, tmp_path: Path
) -> None:
    samples = wbe.read(root / "tests" / "data" / "good" / "a_wide_utf8.csv")
    WRITE(samples, tmp_path / "lab.gpkg", "samples")
    WRITE(areas, tmp_path / "lab.gpkg", "areas")
    assert wbe.io.read_sql(tmp_path / "lab.gpkg", "samples").sizes == samples.sizes
    assert len(wbe.read_areas(tmp_path / "lab.gpkg")) == 13


def test_the_same_feature_is_added_once_and_another_shape_is_an_error(
    areas: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    file = tmp_path / "lab.gpkg"
    WRITE(areas[:5], file, "areas", key=["area"])
    assert WRITE(areas, file, "areas", key=["area"], if_exists="append").added == 8
    np.testing.assert_allclose(pyogrio.read_info(file)["total_bounds"], areas.total_bounds)
    moved = areas.set_geometry(areas.translate(0.1))
    with pytest.raises(UsageError, match="geometry is"):
        WRITE(moved, file, "areas", key=["area"], if_exists="append")
    assert_geodataframe_equal(wbe.io.read_sql_areas(file, "areas"), areas)


def test_a_layer_of_gdal_is_replaced_with_its_index(
    areas: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    file = tmp_path / "lab.gpkg"
    areas.to_file(file, driver="GPKG", layer="areas", engine="pyogrio")
    assert rows_of(file, "SELECT name FROM sqlite_master WHERE name = 'rtree_areas_geom'")
    WRITE(areas[:3], file, "areas", if_exists="replace")
    assert_geodataframe_equal(wbe.io.read_sql_areas(file, "areas"), areas[:3])
    assert not rows_of(file, "SELECT name FROM sqlite_master WHERE name LIKE 'rtree_areas%'")


def test_missing_and_empty_shapes_are_stored_as_such(tmp_path: Path) -> None:
    shapes = [None, shapely.Point(113.25, 23.125), shapely.Polygon()]
    frame = gpd.GeoDataFrame({"area": ["A", "B", "C"]}, geometry=shapes, crs="EPSG:4326")
    WRITE(frame, tmp_path / "a.gpkg", "t")
    found = gpd.read_file(tmp_path / "a.gpkg", layer="t").geometry
    assert found[0] is None and found[1] == shapes[1] and found[2].is_empty


@pytest.mark.parametrize(
    ("frame", "file", "words"),
    [
        (gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(1, 2)]), "a.gpkg", "this is -"),
        (gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(1, 2)], crs=32650), "a.gpkg",
         "EPSG:32650"),
        (gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(1, 2)], crs=4326), "a.sqlite",
         "suffix .gpkg"),
        (gpd.GeoDataFrame({"g": gpd.GeoSeries([shapely.Point(1, 2)], crs=4326)},
                          geometry=[shapely.Point(1, 2)], crs=4326), "a.gpkg", "two columns"),
    ],
)  # fmt: skip
def test_geometry_that_cannot_be_stored(
    frame: gpd.GeoDataFrame, file: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=words):
        WRITE(frame, tmp_path / file, "t")
    assert list(tmp_path.iterdir()) == []


def test_a_layer_that_is_not_there_is_named(areas: gpd.GeoDataFrame, tmp_path: Path) -> None:
    WRITE(areas, tmp_path / "a.gpkg", "areas")
    with pytest.raises(UsageError, match="holds no table 'area'; it holds areas"):
        wbe.io.read_sql_areas(tmp_path / "a.gpkg", "area")


def test_a_file_that_is_no_geopackage_holds_no_areas(tmp_path: Path) -> None:
    file = store(tmp_path / "a.sqlite", "areas", [["area"], ["A"]])
    with pytest.raises(FindingsError) as caught:
        wbe.io.read_sql_areas(file, "areas")
    assert [f.rule for f in caught.value.findings] == ["not_an_areas_file"]


def test_a_table_without_geometry_holds_no_areas(tmp_path: Path) -> None:
    WRITE(pd.DataFrame({"area": ["A"]}), tmp_path / "a.gpkg", "areas")
    with pytest.raises(FindingsError) as caught:
        wbe.io.read_sql_areas(tmp_path / "a.gpkg", "areas")
    assert [f.rule for f in caught.value.findings] == ["not_an_areas_file"]
