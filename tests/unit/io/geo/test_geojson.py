"""GeoJSON under limits, and the geometries of areas."""

from __future__ import annotations

import json
from typing import Any

import geopandas as gpd
import pytest
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from wbe.findings import Findings
from wbe.io.geo.area_geometry import checked
from wbe.io.geo.geojson import depth, parsed, read_geojson
from wbe.io.text import Refused

SQUARE = [[116.0, 22.9], [116.1, 22.9], [116.1, 23.0], [116.0, 23.0], [116.0, 22.9]]


def collection(*rings: Any, **more: Any) -> bytes:
    features = [{"type": "Feature", "properties": {"area": chr(65 + i)},
                 "geometry": {"type": "Polygon", "coordinates": ring}}
                for i, ring in enumerate(rings)]  # fmt: skip
    return json.dumps({"type": "FeatureCollection", **more, "features": features}).encode()


@pytest.mark.parametrize(
    ("data", "levels"),
    [(b"", 0), (b"{}", 1), (b"[[[]]]", 3), (rb'["[[[\"[[", []]', 2), (b"]]][[", 0)],
)
def test_depth_counts_brackets_outside_of_texts(data: bytes, levels: int) -> None:
    assert max(0, depth(data)) == levels


@pytest.mark.parametrize(
    ("text", "rule", "reason"),
    [
        ('{"a": NaN}', "not_an_areas_file", "NaN is no number"),
        ('{"a": -Infinity}', "not_an_areas_file", "-Infinity is no number"),
        ('{"a": 1, "a": 2}', "not_an_areas_file", "'a' stands twice"),
        ('{"a": 1', "not_an_areas_file", "it is no JSON"),
        ("[" * 33 + "]" * 33, "areas_file_too_large", "33 levels"),
        ("[" * 3_000_000, "areas_file_too_large", "3000000 levels"),
        ("1" * 5000, "not_an_areas_file", "limit"),
    ],
)
def test_what_is_refused_before_it_is_read(text: str, rule: str, reason: str) -> None:
    with pytest.raises(Refused) as caught:
        parsed(text)
    assert caught.value.rule == rule
    assert reason in "".join(map(str, caught.value.details.values()))


def test_depth_at_the_limit_is_read() -> None:
    assert parsed("[" * 32 + "]" * 32)


def test_a_file_beyond_the_limit_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wbe.io.geo.geojson.number", lambda name: 0.0001)
    with pytest.raises(Refused) as caught:
        read_geojson(collection([SQUARE]))
    assert caught.value.rule == "areas_file_too_large"


@pytest.mark.parametrize(
    ("coordinates", "reason"),
    [
        ([SQUARE[:-1]], "a ring is not closed"),
        ([[[float(10**308) * 10, 1.0], *SQUARE[1:-1], [float("inf"), 1.0]]], ""),
        ("here", "its coordinates cannot be read"), ([[["a", "b"]]], "cannot be read"),
        ([[1, 2]], "cannot be read"),
    ],
)  # fmt: skip
def test_geometries_that_cannot_be_read(coordinates: Any, reason: str) -> None:
    data = collection(coordinates, [SQUARE]).replace(b"Infinity", b"1e999")
    frame = read_geojson(data)
    assert reason in frame.attrs["unreadable"][0]
    assert frame.geometry[0] is None and frame.geometry[1] is not None


def test_the_crs_member_is_heard() -> None:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}
    assert read_geojson(collection([SQUARE], crs=crs)).crs.to_epsg() == 4490
    assert read_geojson(collection([SQUARE])).crs.to_epsg() == 4326
    for wrong in ({"type": "name"}, "EPSG:4326", {"properties": {"name": "atlantis"}}):
        with pytest.raises(Refused):
            read_geojson(collection([SQUARE], crs=wrong))


def frame(**shapes: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"area": list(shapes)}, geometry=list(shapes.values()), crs=4326)


def examined(**shapes: Any) -> tuple[list[str], list[tuple[str, str]]]:
    findings = Findings()
    kept = checked(frame(**shapes), {}, "areas.geojson", findings)
    return kept["area"].tolist(), [(f.rule, f.value) for f in findings]


A, B = box(0, 0, 1, 1), box(2, 0, 3, 1)
HOLE_OUTSIDE = Polygon([(0, 0), (1, 0), (1, 1), (0, 1)], [[(5, 5), (6, 5), (6, 6), (5, 6)]])


@pytest.mark.parametrize(
    ("shape", "rule"),
    [
        (LineString([(0, 0), (1, 1)]), "geometry_not_area"), (Polygon(), "geometry_missing"),
        (None, "geometry_missing"), (HOLE_OUTSIDE, "geometry_invalid"),
        (Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), "geometry_invalid"),
    ],
)  # fmt: skip
def test_geometries_that_are_no_areas(shape: Any, rule: str) -> None:
    assert examined(X=shape, Y=B) == (["Y"], [(rule, "X")])


def test_the_direction_of_a_ring_does_not_matter() -> None:
    assert examined(X=A.reverse(), Y=B) == (["X", "Y"], [])


@pytest.mark.parametrize(
    ("shapes", "found"),
    [
        ({"X": A, "Y": A.reverse()}, [("geometry_repeated", "Y")]),
        ({"X": A, "Y": box(0.5, 0, 1.5, 1)}, [("areas_overlap", "X")]),
        ({"X": A, "Y": box(1, 0, 2, 1)}, []),
        ({"X": A, "Y": Point(5, 5)}, [("geometry_types_mixed", "")]),
        ({"X": Point(1, 1), "Y": Point(5, 5)}, []),
        ({"X": box(-170, 0, 170, 1)}, [("geometry_crosses_dateline", "X")]),
        ({"X": box(0, 0, 180, 1)}, []),
        ({"X": MultiPolygon([box(170, 0, 180, 1), box(-180, 0, -170, 1)])}, []),
        ({"A01": A, "a1": B}, [("names_alike", "a1")]),
    ],
)
def test_areas_that_contradict_each_other(
    shapes: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    assert examined(**shapes)[1] == found


def test_heights_are_dropped_with_a_flag() -> None:
    findings = Findings()
    high = Polygon([(0, 0, 5), (1, 0, 5), (1, 1, 5)])
    kept = checked(frame(X=high, Y=B), {}, "a.gpkg", findings)
    assert [f.rule for f in findings] == ["geometry_with_heights"]
    assert not kept.has_z.any() and kept.crs.to_epsg() == 4326
