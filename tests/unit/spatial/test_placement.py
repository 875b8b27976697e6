"""Points and areas: a few metres of digitising, ties, and a datum that nobody knows."""

from __future__ import annotations

import geopandas as gpd
import pytest
from builders import build_areas, build_samples, build_sites
from shapely.geometry import box

from wbe.spatial import locate
from wbe.spatial.datum import from_wgs84
from wbe.spatial.placement import Placement, placement_of

METRE = 1 / 111_200
ROW = build_areas(["A", "B"])  # squares of 0.1 degrees from 116 E 23 N eastwards


def rules(lon: float, lat: float, crs: str = "wgs84", area: str = "") -> tuple[str, set[str]]:
    samples = build_samples({"methamphetamine": [100.0]}, site=["N1"])
    sites = build_sites(["N1"], area, lon=lon, lat=lat).assign(crs=crs)
    located = locate(samples, sites, ROW)
    found = {f.rule for f in located.attrs["findings"]} - {"areas_without_sites"}
    return str(located["area"].values[0]), found


@pytest.mark.parametrize(
    ("north", "how", "candidates"),
    [(50, "inside", ("A",)), (-3, "near", ("A",)), (-9.9, "near", ("A",)), (-11, "outside", ())],
)
def test_a_few_metres_of_digitising(north: float, how: str, candidates: tuple[str, ...]) -> None:
    found = placement_of((116.05, 23.0 + north * METRE), "wgs84", ROW)
    assert (found.how, found.candidates) == (how, candidates)
    if how == "near":
        assert found.metres[0] == pytest.approx(-north, abs=0.1)


def test_the_tolerance_is_metres_along_both_axes() -> None:
    """At 60 N a degree of longitude is half as long."""
    areas = gpd.GeoDataFrame({"area": ["A"]}, geometry=[box(10, 60, 11, 61)], crs="EPSG:4326")
    assert placement_of((10 - 15 * METRE, 60.001), "wgs84", areas, tolerance=8).how == "near"
    assert placement_of((10 - 17 * METRE, 60.001), "wgs84", areas, tolerance=8).how == "outside"
    assert placement_of((10.5, 60 - 9 * METRE), "wgs84", areas, tolerance=8).how == "outside"


def test_a_border_of_two_areas_belongs_to_neither() -> None:
    assert placement_of((116.1, 23.05), "wgs84", ROW) == Placement("between", ("A", "B"), (0, 0))
    gap = gpd.GeoDataFrame(
        {"area": ["A", "B"]},
        geometry=[box(116, 23, 116.1, 23.1), box(116.1 + 12 * METRE, 23, 116.2, 23.1)],
        crs="EPSG:4326",
    )
    found = placement_of((116.1 + 4 * METRE, 23.05), "wgs84", gap)
    assert (found.how, found.candidates, found.area) == ("between", ("A", "B"), "")


def test_areas_that_overlap_are_both_candidates() -> None:
    areas = gpd.GeoDataFrame(
        {"area": ["A", "B"]}, geometry=[box(0, 0, 2, 2), box(1, 0, 3, 2)], crs="EPSG:4326"
    )
    assert placement_of((1.5, 1), "wgs84", areas).candidates == ("A", "B")
    assert placement_of((1.5, 1), "wgs84", areas).area == ""
    assert placement_of((0.5, 1), "wgs84", areas).area == "A"


def test_inside_one_area_the_neighbour_within_the_tolerance_does_not_count() -> None:
    assert placement_of((116.1 - 5 * METRE, 23.05), "wgs84", ROW).area == "A"


def test_the_outer_border_is_inside() -> None:
    assert placement_of((116.0, 23.05), "wgs84", ROW).how == "inside"


@pytest.mark.parametrize("crs", ["", "unknown"])
def test_an_unknown_datum_leaves_the_areas_that_it_may_mean(crs: str) -> None:
    lon, lat = from_wgs84([116.099], [23.05], "gcj02")  # in A; as written 460 m further east, in B
    written = (float(lon[0]), float(lat[0]))
    found = placement_of(written, crs, ROW)
    assert (found.how, found.candidates, found.area) == ("by_datum", ("A", "B"), "")
    assert placement_of(written, "gcj02", ROW).area == "A"
    assert placement_of(written, "wgs84", ROW).area == "B"


def test_an_unknown_datum_does_not_matter_far_from_a_border() -> None:
    assert placement_of((116.05, 23.05), "unknown", ROW).area == "A"
    assert placement_of((117.05, 23.05), "unknown", ROW).how == "outside"


def test_a_coast_takes_nothing_from_the_only_area() -> None:
    """Shifted it would lie in the sea: no other area claims it."""
    assert placement_of((116.001, 23.05), "unknown", ROW).area == "A"


def test_outside_as_written_but_not_in_another_datum_is_no_choice() -> None:
    found = placement_of((116.2 + 300 * METRE, 23.05), "unknown", ROW)
    assert (found.how, found.candidates) == ("by_datum", ("B",))


def test_outside_china_an_unknown_datum_is_none() -> None:
    areas = gpd.GeoDataFrame(
        {"area": ["A", "B"]}, geometry=[box(2, 48, 2.3, 49), box(2.3, 48, 3, 49)], crs="EPSG:4326"
    )
    assert placement_of((2.301, 48.5), "unknown", areas).area == "B"


@pytest.mark.parametrize(
    ("lon", "lat", "crs", "area", "rule"),
    [
        (116.05, 23.05, "wgs84", "A", set()),
        (116.05, 23 - 5 * METRE, "wgs84", "A", {"site_near_area"}),
        (116.1, 23.05, "wgs84", "", {"site_between_areas"}),
        (116.102, 23.05, "unknown", "", {"site_area_by_datum"}),
        (116.05, 22.9, "wgs84", "", {"site_outside_areas"}),
    ],
)
def test_locate_places_what_it_can_and_tells_the_rest(
    lon: float, lat: float, crs: str, area: str, rule: set[str]
) -> None:
    assert rules(lon, lat, crs) == (area, rule)


def test_a_stated_area_comes_before_every_polygon() -> None:
    area, found = rules(116.1, 23.05, area="B")
    assert (area, found) == ("B", set())


def test_locate_leaves_sites_that_are_spread_without_an_area() -> None:
    samples = build_samples({"methamphetamine": [100.0]}, site=["N1"])
    located = locate(samples, None, ROW, spread=["N1"])
    assert located["area"].values.tolist() == [""]
    assert "site_outside_areas" not in {f.rule for f in located.attrs["findings"]}


def test_an_unknown_area_is_told_with_what_it_may_mean() -> None:
    samples = build_samples({"methamphetamine": [100.0]}, site=["N1"])
    areas = ROW.assign(area=["东陇镇", "鳌江镇"])
    for stated, meant in (("傲江镇", "鳌江镇"), ("寄陇村", "东陇镇"), ("鰲江鎮", "鳌江镇")):
        located = locate(samples, build_sites(["N1"], stated), areas)
        (told,) = [f for f in located.attrs["findings"] if f.rule == "area_not_in_areas"]
        assert meant in told.fix
        assert located["area"].values.tolist() == [stated]  # nothing is chosen
