"""Small pictures of series: places, bounds, breaks, and texts that cannot act."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from wbe.report.series_chart import HEIGHT, Band, Point, Scale, chart
from wbe.report.series_sites import of_sites

NAN = float("nan")


def point(at: float, value: float, low: float = NAN, high: float = NAN, **more: object) -> Point:
    return Point(at, f"R{at:g}", value, low, high, "5", f"R{at:g}: {value:g}", **more)  # type: ignore[arg-type]


def drawn(
    points: list[Point], bands: tuple[Band, ...] = (), label: str = "town"
) -> ElementTree.Element:
    scale = Scale.of(points, [b.low for b in bands if b.low])
    return ElementTree.fromstring(
        chart(points, scale, [points[0].at, points[-1].at], label=label, unit="mg", bands=bands)
    )


def of_class(picture: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [e for e in picture.iter() if e.get("class") == name]


@pytest.mark.parametrize(
    ("low", "high", "wanted"),
    [(4, 130, [5, 10, 20, 50, 100]), (0.003, 5, [0.01, 0.1, 1]), (0.5, 1.5, [0.5, 1])],
)
def test_ticks_are_round_numbers_within_the_axis(low: float, high: float, wanted: list) -> None:
    assert Scale(low, high).ticks() == wanted


def test_the_axis_is_logarithmic_and_holds_every_interval() -> None:
    scale = Scale.of([point(0, 10, 1, 100), point(1, NAN, 0, 200)])
    assert scale.low < 1 and scale.high > 200
    assert scale.y(10) - scale.y(100) == pytest.approx(scale.y(1) - scale.y(10))
    assert 0 < scale.y(200) < scale.y(1) < HEIGHT


def test_points_stand_at_their_values_and_bounds_are_open_triangles() -> None:
    points = [point(0, 10, 5, 20), point(1, NAN, 0, 8), point(2, 40, 20, 90)]
    picture = drawn(points)
    scale = Scale.of(points)
    heights = [float(e.get("cy", "")) for e in of_class(picture, "v")]
    assert heights == pytest.approx([scale.y(10), scale.y(40)], abs=0.06)
    (triangle,) = of_class(picture, "o")
    assert float(re.findall(r"[\d.]+", triangle.get("d", ""))[1]) == pytest.approx(
        scale.y(8), abs=0.06
    )
    assert len(of_class(picture, "i")) == 2
    assert not of_class(picture, "l")  # no line runs over a bound
    said = [e.text for e in picture.iter() if e.tag == "title"]
    assert said == ["R0: 10", "R1: nan", "R2: 40"]


def test_a_round_without_value_and_bound_leaves_a_gap() -> None:
    picture = drawn([point(0, 10, 5, 20), point(1, NAN), point(2, 40, 20, 90)])
    assert len(of_class(picture, "v")) == 2 and not of_class(picture, "o")
    assert not of_class(picture, "l") and "nan" not in ElementTree.tostring(picture, "unicode")


def test_points_that_cannot_be_compared_are_parted_and_not_joined() -> None:
    alike = drawn([point(0, 10), point(1, 20), point(2, 30)])
    assert len(of_class(alike, "l")) == 2 and not of_class(alike, "b")
    parted = drawn([point(0, 10), point(1, 20, group=2), point(2, 30, group=2)])
    assert len(of_class(parted, "l")) == len(of_class(parted, "b")) == 1


def test_tiers_stand_behind_the_rounds_that_they_were_cut_for() -> None:
    bands = (Band(0, 20, "#111111"), Band(20, np.inf, "#222222"), Band(0, np.inf, "#333333", cut=2))
    picture = drawn([point(0, 10), point(1, 30), point(2, 30, cut=2)], bands)
    found = {e.get("fill"): (float(e.get("x", "")), float(e.get("width", "")))
             for e in picture.iter() if e.tag == "rect"}  # fmt: skip
    assert set(found) == {"#111111", "#222222", "#333333"}
    assert found["#111111"] == found["#222222"]
    assert sum(found["#222222"]) == pytest.approx(found["#333333"][0])
    dots = [float(e.get("cx", "")) for e in of_class(picture, "v")]
    assert found["#333333"][0] == pytest.approx((dots[1] + dots[2]) / 2, abs=0.11)


def test_texts_cannot_become_markup() -> None:
    evil = Point(0, "<b>", 1, NAN, NAN, "<i>", '"><script>', 1)
    text = str(chart([evil], Scale(0.1, 10), [0, 0], label='"><img src=x>', unit="<u>"))
    assert ElementTree.fromstring(text).get("aria-label") == '"><img src=x>'
    assert not re.search(r"<(?!/?(svg|text|path|g|title|circle|rect)\b)", text)


def test_very_many_points_are_a_few_paths() -> None:
    picture = drawn([point(i, 10 + i, 5, 200) for i in range(500)])
    assert len(list(picture.iter())) < 40
    (dots,) = of_class(picture, "d")
    assert dots.get("d", "").count("M") == 500


def site_rows() -> pd.DataFrame:
    """Two sites with two samples each, one of them a non-detect (synthetic)."""
    times = np.array(["2018-03-05", "2018-06-05"] * 2, dtype="datetime64[ns]")
    return pd.DataFrame(
        {"area": "A1", "site": ["S1", "S1", "S2", "S2"], "time": times,
         "value": [10.0, 2.5, 30.0, 40.0], "lower": [5.0, 0.0, 10.0, 20.0],
         "upper": [20.0, 3.0, 90.0, 80.0], "unit": "mg/day/1000 inhabitants",
         "status": ["quantified", "below_lod", "quantified", "quantified"]}
    )  # fmt: skip


def test_sites_are_drawn_with_limits_and_hidden_ones_are_not_named() -> None:
    text = str(of_sites(site_rows(), {"A1": "Town"}, "en"))
    assert text.count("<svg") == 2 and "n = 2 (1 below limits)" in text
    assert "2018-06-05: &lt; 3.00 mg/day" in text and "10.0 (5.00 – 20.0)" in text
    shown = str(of_sites(site_rows(), {"A1": "Town"}, "en", hidden={"S1"}))
    assert shown.count("<svg") == 1 and "S1" not in shown
    assert of_sites(site_rows(), {}, "zh", hidden={"S1", "S2"}) is None
