"""GeoJSON and GeoParquet of tiers: what goes in comes out, with the same bytes each time."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely.geometry import MultiPolygon, Point, Polygon

from wbe.errors import UsageError, in_language
from wbe.io.tier_files import LayerStyle, write_geojson, write_geoparquet
from wbe.io.write import write_areas

CLOCKWISE = Polygon([(0, 0), (0, 2), (2, 2), (2, 0)], [[(0.5, 0.5), (1, 0.5), (1, 1), (0.5, 1)]])
STYLE = LayerStyle("One", "said", "<qgis/>", "<sld/>")


def tiers(**options: Any) -> gpd.GeoDataFrame:
    frame = gpd.GeoDataFrame(
        {
            "area": ["甲", "乙", "丙", "丁"], "name": ["惠城镇", "=1+1", "c", "d"],
            "value": [0.1 + 0.2, np.nan, 2.5, 1e-7], "tier": ["severe", "", "general", ""],
            "resolved": [True, False, False, False], "n_sites": [5, 0, 3, 1],
        },
        geometry=[CLOCKWISE, None, MultiPolygon([CLOCKWISE]), Point(116.1234567891, 23.5)],
        crs="EPSG:4326",
    )  # fmt: skip
    frame.attrs = {"title": "A secret title", "breaks": {"a": [1]}}
    return frame.assign(**options)


WRITERS = [(write_geojson, "a.geojson"), (write_geoparquet, "a.parquet")]


def read(path: Path) -> gpd.GeoDataFrame:
    return gpd.read_parquet(path) if path.suffix == ".parquet" else gpd.read_file(path)


@pytest.mark.parametrize(("write", "name"), WRITERS)
def test_every_row_comes_back(write: Callable[..., None], name: str, tmp_path: Path) -> None:
    write(tiers(), tmp_path / name)
    back = read(tmp_path / name)
    for column in ("area", "name", "tier", "resolved", "n_sites"):
        assert back[column].tolist() == tiers()[column].tolist()
    assert back["value"].to_numpy(float) == pytest.approx(tiers()["value"].to_numpy(), nan_ok=True)
    assert back.geometry.isna().tolist() == [False, True, False, False]
    assert back.crs.to_epsg() == 4326
    same = (
        back.geometry.dropna()
        .normalize()
        .geom_equals_exact(tiers().geometry.dropna().normalize(), 1e-7)
    )
    assert same.all()
    assert b"secret" not in (tmp_path / name).read_bytes()


@pytest.mark.parametrize(("write", "name"), [*WRITERS, (write_areas, "a.gpkg")])
def test_bytes_do_not_depend_on_when_they_are_written(
    write: Callable[..., None], name: str, tmp_path: Path
) -> None:
    options = {"style": STYLE} if name == "a.gpkg" else {}
    write(tiers(), tmp_path / name, **options)
    first = (tmp_path / name).read_bytes()
    time.sleep(1.01)
    write(tiers(), tmp_path / name, **options)
    assert (tmp_path / name).read_bytes() == first


def test_geojson_is_that_of_the_standard(tmp_path: Path) -> None:
    write_geojson(tiers(), tmp_path / "a.geojson")
    text = (tmp_path / "a.geojson").read_text(encoding="utf-8")
    found = json.loads(text)
    assert found["type"] == "FeatureCollection" and "crs" not in found and "name" not in found
    assert [f["type"] for f in found["features"]] == ["Feature"] * 4
    assert found["features"][1]["geometry"] is None
    assert found["features"][1]["properties"]["value"] is None and "NaN" not in text
    outer, hole = (shapely.LinearRing(r) for r in found["features"][0]["geometry"]["coordinates"])
    assert outer.is_ccw and not hole.is_ccw
    assert not shapely.LinearRing(CLOCKWISE.exterior.coords).is_ccw  # as it went in
    assert found["features"][3]["geometry"]["coordinates"] == [116.1234568, 23.5]
    assert found["features"][0]["properties"]["value"] == 0.3


@pytest.mark.parametrize(("write", "name"), WRITERS)
def test_other_coordinates_are_brought_to_wgs84(
    write: Callable[..., None], name: str, tmp_path: Path
) -> None:
    write(tiers().to_crs(3857), tmp_path / name)
    back = read(tmp_path / name)
    assert back.geometry.iloc[3].distance(Point(116.1234567891, 23.5)) < 2e-7
    with pytest.raises(UsageError, match="set_crs"):
        write(tiers().set_crs(None, allow_override=True), tmp_path / name)


def test_geoparquet_needs_pyarrow_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tiers()
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match=r"wbe-drugs\[parquet\]") as caught:
        write_geoparquet(table, tmp_path / "a.parquet")
    assert "需要 pyarrow" in in_language(caught.value.args[0], "zh")


def test_geoparquet_says_what_it_is(tmp_path: Path) -> None:
    from pyarrow import parquet

    write_geoparquet(tiers(), tmp_path / "a.parquet")
    about = json.loads(parquet.read_schema(tmp_path / "a.parquet").metadata[b"geo"])
    assert about["version"] == "1.1.0" and about["primary_column"] == "geometry"
    assert about["columns"]["geometry"]["encoding"] == "WKB"


def test_a_place_that_cannot_be_written_is_an_os_error(tmp_path: Path) -> None:
    for write, name in WRITERS:
        with pytest.raises(OSError, match="a\\."):
            write(tiers(), tmp_path / "no" / name)


def test_style_goes_into_the_package_beside_the_tiers(tmp_path: Path) -> None:
    import pyogrio

    write_areas(tiers(), tmp_path / "a.gpkg", STYLE)
    assert [str(n) for n, _ in pyogrio.list_layers(tmp_path / "a.gpkg")] == [
        "tiers",
        "layer_styles",
    ]
    row = gpd.read_file(tmp_path / "a.gpkg", layer="layer_styles").iloc[0]
    assert (row["styleName"], row["styleQML"], row["styleSLD"]) == ("One", "<qgis/>", "<sld/>")
    assert gpd.read_file(tmp_path / "a.gpkg", layer="tiers")["area"].tolist() == list("甲乙丙丁")


@pytest.mark.parametrize("name", ["", "x" * 31])
def test_name_of_a_style_fits_its_column(name: str) -> None:
    with pytest.raises(UsageError, match="1 to 30"):
        LayerStyle(name, "", "", "")
