"""Coordinates in degrees or degrees, minutes, seconds, in either order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbe.io.coordinates import read_angle, read_pair


@pytest.mark.parametrize(
    "text",
    [
        "N22°55′48″ E116°04′12″", "E116°04'12\" N22°55'48\"", "22°55′48″N, 116°04′12″E",
        "北纬22°55′48″，东经116°04′12″", "22.93,116.07", "116.07，22.93", "116.07 22.93",
        "22°55′48″ 116°04′12″", "116度04分12秒，22度55分48秒",
    ],
)  # fmt: skip
def test_one_place_in_many_spellings(text: str) -> None:
    place = read_pair(text)
    assert place.rule == ""
    assert (place.lon, place.lat) == pytest.approx((116.07, 22.93))


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("48.2,16.3", "coordinate_ambiguous"), ("116.5,122", "coordinate_ambiguous"),
        ("somewhere", "coordinate_unreadable"), ("116.07", "coordinate_unreadable"),
        ("N22°61′00″ E116°04′12″", "coordinate_unreadable"), ("N22 N23", "coordinate_unreadable"),
        ("N95 E16", "coordinate_out_of_range"), ("-33.9S 151.2E", "coordinate_unreadable"),
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_refused(text: str, rule: str) -> None:
    assert read_pair(text).rule == rule


def test_southern_and_western_hemispheres() -> None:
    place = read_pair("33.9S 70.6W")
    assert (place.lon, place.lat) == (-70.6, -33.9)


def test_an_angle_says_its_axis_where_it_can() -> None:
    assert read_angle("E116.5") == (116.5, "lon")
    assert read_angle("-16.25") == (-16.25, "")
    assert read_angle("") is None


@given(st.floats(3, 54), st.floats(73, 136))
def test_order_does_not_matter_in_china(lat: float, lon: float) -> None:
    assert read_pair(f"{lat:.6f},{lon:.6f}") == read_pair(f"{lon:.6f},{lat:.6f}")
