"""Sites outside their area, and the mistakes that explain it."""

from __future__ import annotations

import math

import geopandas as gpd
import pytest
from builders import build_areas, build_samples, build_sites
from shapely.geometry import Point, box

from wbe.findings import Finding, Findings
from wbe.spatial import locate
from wbe.spatial.datum import from_wgs84
from wbe.spatial.placement import kilometres_outside, other_datums
from wbe.spatial.positions import from_minutes, note_positions

AREA = box(116.0, 22.9, 116.1, 23.0)


def noted(
    lon: float, lat: float, crs: str = "wgs84", area: str = "A", shape: object = AREA,
    unplaced: bool = False,
) -> list[Finding]:  # fmt: skip
    sites = build_sites(["N1"], area, lon=lon, lat=lat).assign(crs=crs)
    sites.attrs |= {"file": "sites.csv", "lines": {"N1": 2}}
    areas = gpd.GeoDataFrame({"area": ["A"]}, geometry=[shape], crs="EPSG:4326")
    findings = Findings()
    note_positions(sites, areas, findings, unplaced=unplaced)
    return list(findings)


@pytest.mark.parametrize("true", ["gcj02", "bd09"])
@pytest.mark.parametrize("stated", ["wgs84", "cgcs2000", "unknown", ""])
def test_a_wrong_datum_is_named(true: str, stated: str) -> None:
    lon, lat = from_wgs84([116.0990], [22.95], true)  # 100 m inside the eastern border
    (finding,) = noted(float(lon[0]), float(lat[0]), stated)
    assert (finding.rule, finding.file, finding.line) == ("site_datum_suspected", "sites.csv", 2)
    assert true in finding.message
    assert noted(float(lon[0]), float(lat[0]), true) == []


def test_wgs84_stated_as_baidu_is_named() -> None:
    (finding,) = noted(116.001, 22.95, "bd09")  # Baidu's shift goes east: taken off it is outside
    assert finding.rule == "site_datum_suspected"
    assert "wgs84" in finding.message


def test_a_datum_explains_no_more_than_its_shift() -> None:
    (finding,) = noted(116.13, 22.95)
    assert finding.rule == "site_outside_its_area"


def test_exchanged_axes_are_named() -> None:
    urumqi = box(87.5, 43.7, 87.7, 43.9)
    (finding,) = noted(43.8, 87.6, shape=urumqi)
    assert finding.rule == "site_axes_suspected"
    assert noted(87.6, 43.8, shape=urumqi) == []


def test_minutes_read_as_decimals_are_named() -> None:
    place = box(115.98, 22.9, 116.0, 22.95)  # 115°59'30" is 115.9917
    (finding,) = noted(115.5930, 22.5530, shape=place)
    assert finding.rule == "site_minutes_suspected"


def test_what_nothing_explains_says_where_the_site_lies() -> None:
    sites = build_sites(["N1", "N2"], ["A", "B"], lon=[116.22, 116.25], lat=22.95)
    shapes = [AREA, box(116.2, 22.9, 116.3, 23.0)]
    areas = gpd.GeoDataFrame({"area": ["A", "B"]}, geometry=shapes, crs="EPSG:4326")
    findings = Findings()
    note_positions(sites, areas, findings)
    (finding,) = findings
    assert finding.rule == "site_outside_its_area"
    assert "it lies in: B" in finding.message and "12.3 km" in finding.message


@pytest.mark.parametrize("lon", [116.0, 116.05, 116.1, math.nan])
def test_inside_on_the_border_and_without_a_place(lon: float) -> None:
    assert noted(lon, 22.95) == []


def test_areas_that_are_points_hold_no_site() -> None:
    assert noted(116.5, 22.95, shape=Point(116.05, 22.95)) == []


def test_sites_without_a_stated_area() -> None:
    assert {f.rule for f in noted(116.05, 22.95, area="")} == set()
    assert [f.rule for f in noted(116.5, 22.95, area="")] == ["areas_without_sites"]
    found = [f.rule for f in noted(116.5, 22.95, area="", unplaced=True)]
    assert found == ["site_outside_areas", "areas_without_sites"]


def test_areas_without_sites_are_told_together() -> None:
    areas = build_areas([f"A{i:02d}" for i in range(20)])
    sites = build_sites(["N1"], "A00", lon=116.05, lat=23.05)
    findings = Findings()
    note_positions(sites, areas, findings, used=["A01"])
    (finding,) = findings
    assert finding.message.startswith("18 areas have no site: A02, A03")
    assert "…" in finding.message and "A19" not in finding.message


def test_locate_tells_positions_too() -> None:
    samples = build_samples({"methamphetamine": [100.0]}, site=["N1"])
    sites = build_sites(["N1"], "A00", lon=116.5, lat=23.05)
    located = locate(samples, sites, build_areas(["A00"]))
    assert "site_outside_its_area" in {f.rule for f in located.attrs["findings"]}


def test_distances_in_kilometres() -> None:
    assert kilometres_outside(AREA, Point(116.05, 22.95)) == 0
    east = kilometres_outside(AREA, Point(116.2, 22.95))
    assert east == pytest.approx(0.1 * 111.2 * math.cos(math.radians(22.95)), rel=1e-6)


@pytest.mark.parametrize(
    ("angle", "degrees"),
    [(116.0412, 116.07), (22.5548, 22.93), (-58.3000, -58.5), (116.0, 116.0)],
)
def test_minutes_behind_a_point(angle: float, degrees: float) -> None:
    assert from_minutes(angle) == pytest.approx(degrees)


@pytest.mark.parametrize("angle", [116.75, 116.0475, math.nan])
def test_decimals_that_are_no_minutes(angle: float) -> None:
    assert math.isnan(from_minutes(angle))


def test_a_projected_system_has_no_other_datum() -> None:
    assert other_datums((500_000.0, 2_500_000.0), "EPSG:4526") == []
