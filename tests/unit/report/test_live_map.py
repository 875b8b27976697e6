"""The map that a page colours: every area once, every class and doubt told apart without colour."""

from __future__ import annotations

import re
from typing import Any

import page_numbers
import pandas as pd
import pytest
import shapely

from wbe.plot import style, words
from wbe.plot.outlines import LARGEST, outlines
from wbe.report import live_map, render


def classes(*present: str) -> list[words.TierClass]:
    attrs = {"labels": ["general", "moderate", "severe"], "breaks": [20.0, 60.0]}
    return words.classes(attrs, present or words.WITHOUT_TIER, "en")


def test_every_class_and_doubt_differs_in_its_lines_alone() -> None:
    """Colour-blind readers and grey prints: among classes of like fill the hatch must differ."""
    found = live_map.patterns(classes())
    lines = {p.id: (p.turn, p.spacing, p.crossed) for p in found}
    assert len({lines[f"h{i}-{k}"] for i in (0,) for k in range(3)}) == 3
    without = [lines[f"h{i}-0"] for i in range(3, 9)]
    assert len(set(without)) == len(without)
    # doubt slants upwards to the right; no class without a tier does
    assert {p.turn for p in found if p.id.endswith(("-1", "-2"))} == {45}
    assert all(turn != 45 or crossed for turn, _, crossed in without)
    assert all(p.spacing for p in found if p.id in {f"h{i}-0" for i in range(3, 9)})


def test_lines_show_on_their_fill() -> None:
    for pattern in live_map.patterns(classes()):
        if pattern.spacing:
            a, b = sorted(style.luminance(c) + 0.05 for c in (pattern.fill, pattern.lines))
            assert b / a >= 1.8, pattern


def path_points(path: str) -> list[tuple[float, float]]:
    found = re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", path)
    return [(float(x), float(y)) for x, y in found]


def test_outlines_keep_shape_place_and_north(made_up: Any) -> None:
    tiers = made_up.county(rounds=("2018Q1", "2018Q2"))
    found = outlines(tiers)
    assert [s.area for s in found.shapes] == sorted(set(tiers["area"]))
    by_area = tiers.drop_duplicates("area").set_index("area").geometry
    drawn = {s.area: shapely.Polygon(path_points(s.path)) for s in found.shapes}
    scale = {a: drawn[a].area / by_area[a].area for a in drawn}
    assert max(scale.values()) / min(scale.values()) < 1.02
    north = max(by_area.index, key=lambda a: by_area[a].centroid.y)
    assert min(drawn, key=lambda a: drawn[a].centroid.y) == north
    for shape in found.shapes:
        assert drawn[shape.area].contains(shapely.Point(shape.x, shape.y))
        assert 0 <= shape.x <= found.width and 0 <= shape.y <= found.height


def test_holes_and_parts_are_kept(made_up: Any) -> None:
    tiers = made_up.county().iloc[:1]
    ring = shapely.Point(116, 23).buffer(0.1) - shapely.Point(116, 23).buffer(0.05)
    both = shapely.MultiPolygon([ring, shapely.box(116.3, 23, 116.4, 23.1)])
    found = outlines(tiers.set_geometry([both]))
    assert found.shapes[0].path.count("M") == found.shapes[0].path.count("z") == 3


def test_fine_outlines_are_made_coarser(made_up: Any) -> None:
    tiers = made_up.county().iloc[:2]
    fine = [shapely.Point(x, 23).buffer(0.1, quad_segs=60_000) for x in (116.0, 116.4)]
    found = outlines(tiers.set_geometry(fine))
    assert sum(len(s.path) for s in found.shapes) <= LARGEST
    assert all(len(path_points(s.path)) > 40 for s in found.shapes)


def test_points_are_circles_and_far_ones_are_counted(made_up: Any) -> None:
    tiers = made_up.cities(40)
    tiers.loc[0, "geometry"] = shapely.Point(-150, -50)
    tiers.loc[1, "geometry"] = None
    found = outlines(tiers)
    assert (len(found.shapes), found.outside, found.without) == (38, 1, 1)
    assert all(re.match(r"M[\d.-]+ [\d.-]+a", s.path) for s in found.shapes)
    said = live_map.drawn(found, {}, classes(), "en")
    assert said is not None
    assert any("1 area lies outside" in note for note in said.notes)


def test_without_geometry_each_area_is_a_tile_in_rows_by_name() -> None:
    tiers = pd.DataFrame({"area": list("dcba"), "name": ["A", "B", "C", "D"]})
    found = outlines(tiers)
    assert found.tiles and found.named
    places = {s.lines[0]: (s.y, s.x) for s in found.shapes}
    assert sorted(places, key=lambda name: places[name]) == ["A", "B", "C", "D"]


def test_each_area_has_its_own_outline_and_name(made_up: Any) -> None:
    tiers = made_up.county(drugs=("cocaine", "methamphetamine"))
    tiers["area"] = ["Z" + area[::-1] for area in tiers["area"]]  # not in the order of the rows
    found = outlines(tiers)
    text = render(made_up.publication(tiers, outlines=found))
    named = page_numbers.embedded(text)["areas"]
    paths = dict(re.findall(r'data-area="(\d+)"><path d="([^"]+)"', text))
    printed = dict(zip(tiers["area"], tiers["name"], strict=True))
    assert {named[int(i)]: path for i, path in paths.items()} == {
        printed[shape.area]: shape.path for shape in found.shapes
    }


@pytest.mark.parametrize("language", ["en", "zh"])
def test_page_holds_each_area_once_and_no_id_twice(made_up: Any, language: str) -> None:
    tiers = made_up.county(language, rounds=("2018Q1", "2018Q2"))
    text = render(made_up.publication(tiers, language, outlines=outlines(tiers)))
    assert sorted(map(int, re.findall(r'data-area="(\d+)"', text))) == list(range(13))
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
