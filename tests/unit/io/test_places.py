"""Sites tables and areas."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import Polygon, box

import wbe
from wbe.errors import FindingsError

SITES = "site,name,area,lon,lat,crs,population,population_basis,population_date,role\n"


def sites_file(tmp_path: Path, *lines: str, header: str = SITES) -> Path:
    path = tmp_path / "sites.csv"
    path.write_text(header + "".join(line + "\n" for line in lines), encoding="utf-8")
    return path


def rules(table: Any) -> list[str]:
    return sorted(f.rule for f in table.attrs["findings"])


def test_a_sites_table(tmp_path: Path) -> None:
    path = sites_file(
        tmp_path, "N1,North,A,16.37,48.21,wgs84,200000,served,2020-11-01,routine",
        "NA,South,B,16.5,48.1,EPSG:4490,5.2万,resident,2020,key_area",
    )  # fmt: skip
    sites = wbe.read_sites(path)
    assert sites["site"].tolist() == ["N1", "NA"]
    assert sites["crs"].tolist() == ["wgs84", "cgcs2000"]
    assert sites["population"].tolist() == [200_000, 52_000]
    assert (sites.geometry.x[0], sites.geometry.y[0]) == (16.37, 48.21)
    assert sites.crs.to_epsg() == 4326
    assert rules(sites) == ["unit_in_cell"]


def test_positions_stay_as_written(tmp_path: Path) -> None:
    header = "采样点位,镇（场）,经纬度,坐标系,常住人口（万人）\n"
    path = sites_file(tmp_path, "1#,示例镇,N22°55′48″ E116°04′12″,百度坐标,3.2",
                      "2#,,\"116.0712,22.9301\",WGS84,", header=header)  # fmt: skip
    sites = wbe.read_sites(path)
    assert sites["site"].tolist() == ["示例镇1#", "示例镇2#"]
    assert sites["area"].tolist() == ["示例镇", "示例镇"]
    assert sites["crs"].tolist() == ["bd09", "wgs84"]
    assert sites["lon"].tolist() == pytest.approx([116.07, 116.0712])
    assert sites.crs is None
    assert sites["population_basis"].tolist() == ["resident", ""]


def test_rows_with_errors_are_left_out_and_named(tmp_path: Path) -> None:
    path = sites_file(
        tmp_path, "N1,North,A,16.37,48.21,wgs84,,,,", "N2,South,B,48.1,116.5,wgs84,,,,",
        "N3,East,B,16.1,48.2,atlantis,,,,", "N4,West,B,,,,,,,", "N4,West,C,,,,,,,",
        ",Nowhere,B,,,,,,,", "N5,Far,B,,,,,,,", "N5,Far,B,,,,,,,",
    )  # fmt: skip
    sites = wbe.read_sites(path)
    assert sites["site"].tolist() == ["N1", "N5"]
    found = {(f.rule, f.line) for f in sites.attrs["findings"]}
    assert found == {
        ("coordinates_swapped", 3), ("crs_unknown", 4), ("site_twice", 6),
        ("site_missing", 7), ("site_repeated", 9), ("crs_unstated", None),
    }  # fmt: skip


def test_a_file_of_people_is_refused(tmp_path: Path) -> None:
    path = sites_file(tmp_path, "N1,13800000000", header="site,手机号\n")
    with pytest.raises(FindingsError) as caught:
        wbe.read_sites(path)
    assert [(f.rule, f.value) for f in caught.value.findings] == [("personal_data", "")]


def feature(area: str, shape: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"area": area, **properties},
            "geometry": shape if shape is None else shape.__geo_interface__}  # fmt: skip


def geojson(tmp_path: Path, *features: dict[str, Any], **members: Any) -> Path:
    path = tmp_path / "areas.geojson"
    content = {"type": "FeatureCollection", "features": list(features), **members}
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return path


SQUARE = box(116.0, 22.9, 116.1, 23.0)
BESIDE = box(116.1, 22.9, 116.2, 23.0)


def test_areas_from_geojson(tmp_path: Path) -> None:
    path = geojson(tmp_path, feature("乙", BESIDE, name="Second", population=52000),
                   feature("甲", SQUARE, name="First"))  # fmt: skip
    areas = wbe.read_areas(path)
    assert areas["area"].tolist() == ["乙", "甲"]
    assert areas["name"].tolist() == ["Second", "First"]
    np.testing.assert_array_equal(areas["population"], [52000, np.nan])
    assert areas.crs.to_epsg() == 4326
    assert rules(areas) == []


@pytest.mark.parametrize("suffix", [".gpkg", ".shp"])
@pytest.mark.parametrize("epsg", [4326, 32650])
def test_areas_from_other_formats(tmp_path: Path, suffix: str, epsg: int) -> None:
    frame = gpd.GeoDataFrame({"area": ["甲镇"], "name": ["First"]}, geometry=[SQUARE], crs=4326)
    options = {"encoding": "UTF-8"} if suffix == ".shp" else {}
    frame.to_crs(epsg).to_file(tmp_path / f"areas{suffix}", **options)
    areas = wbe.read_areas(tmp_path / f"areas{suffix}")
    assert areas["area"].tolist() == ["甲镇"]
    np.testing.assert_allclose(areas.total_bounds, SQUARE.bounds, atol=1e-4)


def test_a_shapefile_in_a_chinese_code_page(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"area": ["岐石镇"]}, geometry=[SQUARE], crs=4326)
    frame.to_file(tmp_path / "areas.shp", encoding="GBK")
    (tmp_path / "areas.cpg").unlink()
    assert wbe.read_areas(tmp_path / "areas.shp")["area"].tolist() == ["岐石镇"]


def test_a_missing_coordinate_system(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"area": ["A"]}, geometry=[SQUARE], crs=4326)
    for name, epsg in (("metres", 32650), ("degrees", 4326)):
        frame.to_crs(epsg).to_file(tmp_path / f"{name}.shp")
        (tmp_path / f"{name}.prj").unlink()
    with pytest.raises(FindingsError, match="coordinate system"):
        wbe.read_areas(tmp_path / "metres.shp")
    assert rules(wbe.read_areas(tmp_path / "degrees.shp")) == ["areas_crs_assumed"]


def test_features_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    bow = Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    broken = {"type": "Feature", "properties": {"area": "E"},
              "geometry": {"type": "Polygon", "coordinates": "here"}}  # fmt: skip
    path = geojson(
        tmp_path, feature("A", SQUARE), feature("B", bow), feature("C", None), feature("", SQUARE),
        feature("D", BESIDE), feature("D", BESIDE), broken,
        feature("F", box(116.05, 22.9, 116.15, 23.0)),
    )  # fmt: skip
    areas = wbe.read_areas(path)
    assert areas["area"].tolist() == ["A", "F"]
    assert rules(areas) == [
        "area_missing", "area_twice", "area_twice", "areas_overlap", "geometry_invalid",
        "geometry_invalid", "geometry_missing",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        ("", "file_empty"), ("{", "not_an_areas_file"), ("[1]", "not_an_areas_file"),
        ('{"features": []}', "not_an_areas_file"), ('{"features": [NaN]}', "not_an_areas_file"),
        ("[" * 100_000, "areas_file_too_large"),
    ],
)  # fmt: skip
def test_what_is_no_geojson(tmp_path: Path, content: str, rule: str) -> None:
    (tmp_path / "areas.geojson").write_text(content, encoding="utf-8")
    with pytest.raises(FindingsError) as caught:
        wbe.read_areas(tmp_path / "areas.geojson")
    assert [f.rule for f in caught.value.findings] == [rule]


@pytest.mark.parametrize("suffix", [".gpkg", ".shp", ".csv"])
def test_other_bytes_under_a_known_name(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"areas{suffix}").write_bytes(b"area,name\nA,First\n")
    with pytest.raises(FindingsError, match="No areas"):
        wbe.read_areas(tmp_path / f"areas{suffix}")


def test_exchanged_axes_are_refused(tmp_path: Path) -> None:
    swapped = box(22.9, 116.0, 23.0, 116.1)
    with pytest.raises(FindingsError) as caught:
        wbe.read_areas(geojson(tmp_path, feature("A", swapped)))
    assert [f.rule for f in caught.value.findings] == ["areas_axes_swapped"]


def test_a_series_with_dates_is_no_sites_table(tmp_path: Path) -> None:
    path = sites_file(tmp_path, "N1,2024-03-12,5000", header="site,date,population\n")
    assert [f.rule for f in wbe.check(path)] == ["not_a_lab_table"]


def test_counts_of_rows(tmp_path: Path) -> None:
    path = sites_file(tmp_path, "N1,,B,,,,,,,", "N1,,B,,,,,,,", "N2,,B,,,,,,,", "N2,,C,,,,,,,",
                      ",,B,,,,,,,")  # fmt: skip
    with_errors = wbe.read_sites(path).attrs["findings"]
    assert with_errors.summary() == {"rows": 5, "accepted": 2, "errors": 2, "flags": 1}
