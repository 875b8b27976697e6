"""The frame of a map of points: around the main cluster where that gains much, silent never."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from matplotlib.collections import PathCollection
from matplotlib.text import Text

from wbe import plot
from wbe.plot import frame, shapes

FAR = [(-122.4, 47.7), (-46.6, -23.5), (174.8, -36.9)]


def with_far(made_up: Any, n: int, far: list[tuple[float, float]]) -> gpd.GeoDataFrame:
    """Made-up cities, the last of them moved to another continent."""
    tiers = made_up.cities(n)
    places = list(tiers.geometry)[: n - len(far)]
    moved = gpd.points_from_xy([x for x, _ in far], [y for _, y in far])
    return tiers.set_geometry(gpd.GeoSeries([*places, *moved], crs="EPSG:4326"))


def said(ax: Any) -> str:
    return " ".join(" ".join(t.get_text() for t in ax.figure.findobj(Text)).split())


def drawn(ax: Any) -> set[tuple[float, float]]:
    offsets = [c.get_offsets() for c in ax.collections if isinstance(c, PathCollection)]
    return {(float(x), float(y)) for part in offsets for x, y in np.asarray(part)}


def test_distant_points_leave_the_frame_to_the_main_cluster(made_up: Any) -> None:
    tiers = with_far(made_up, 60, FAR)
    ax = plot.tier_map(tiers)
    west, east = ax.get_xlim()
    near = tiers.geometry.iloc[:57]
    assert west < near.x.min() < near.x.max() < east
    assert east - west < 0.3 * np.ptp(tiers.geometry.x)
    assert drawn(ax) == set(zip(near.x, near.y, strict=True))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_area_outside_is_named_under_its_tier(made_up: Any, language: str) -> None:
    tiers = with_far(made_up, 60, FAR)
    tiers.loc[57:, "tier"] = ["severe", "", "severe"]
    tiers.loc[58, "flags"] = "insufficient_data"
    tiers.loc[57:, "name"] = ["Far West", "Far South", "Far East"]
    text = said(plot.tier_map(tiers, language=language))
    expected = {
        "en": "3 areas lie outside the frame, counted but not drawn: Severe (2): Far East, "
        "Far West; Insufficient data (1): Far South.",
        "zh": "3个区域在图框之外，计入但未绘出：严重（2个）：Far East、Far West；"
        "数据不足（1个）：Far South。",
    }
    assert expected[language] in text


def test_one_area_outside_is_said_in_the_singular(made_up: Any) -> None:
    tiers = with_far(made_up, 40, FAR[:1])
    text = said(plot.tier_map(tiers))
    assert "1 area lies outside the frame" in text
    assert str(tiers["name"].iloc[-1]) in text


def test_many_areas_outside_are_counted_by_tier(made_up: Any) -> None:
    far = [(-100.0 - i, 40.0) for i in range(35)]
    tiers = with_far(made_up, 200, far)
    tiers.loc[165:, ["tier", "flags"]] = ["severe", ""]
    text = said(plot.tier_map(tiers))
    assert "35 areas lie outside" in text
    assert "not drawn: Severe 35. The table names them." in text


def test_counts_of_the_legend_hold_what_lies_outside(made_up: Any) -> None:
    tiers = with_far(made_up, 60, FAR)
    text = said(plot.tier_map(tiers))
    for tier in ("general", "moderate", "severe"):
        assert f"{(tiers['tier'] == tier).sum()} areas, " in text
    assert "60 areas, " in text


def test_map_shows_everything_where_cutting_gains_little(made_up: Any) -> None:
    tiers = made_up.cities(100)
    ax = plot.tier_map(tiers)
    assert "outside the frame" not in said(ax)
    assert len(drawn(ax)) == 100


def test_polygons_are_never_left_out(made_up: Any) -> None:
    tiers = made_up.county()
    parts = list(tiers.geometry)
    moved = gpd.GeoSeries(parts[12:], crs=4326).translate(80, 20)
    assert frame.shown(tiers.set_geometry(gpd.GeoSeries([*parts[:12], *moved], crs=4326))).all()


def test_sites_outside_are_counted(made_up: Any, sites: Any) -> None:
    tiers = with_far(made_up, 60, FAR)
    points = sites(["S1", "S2"], "A001", lon=[10.0, -122.4], lat=48.0)
    ax = plot.tier_map(tiers, sites=points)
    assert "Sampling sites outside the frame, not drawn: 1." in said(ax)
    assert (-122.4, 48.0) not in drawn(ax)
    assert (10.0, 48.0) in drawn(ax)


def cluster(n: int = 40) -> tuple[Any, Any]:
    rng = np.random.default_rng(4)
    return rng.normal(0, 1, n), rng.normal(0, 1, n)


def test_rule_does_not_depend_on_order_place_or_scale() -> None:
    x, y = (np.append(v, far) for v, far in zip(cluster(), (90.0, -70.0), strict=True))
    expected = np.append(np.ones(40, dtype=bool), False)
    for turn in (slice(None), slice(None, None, -1)):
        for scale, shift in ((1.0, 0.0), (1e5, 4e6), (1e-4, -3.0)):
            found = frame.main_cluster(x[turn] * scale + shift, y[turn] * scale + shift)
            assert found.tolist() == expected[turn].tolist()


@pytest.mark.parametrize(
    ("near", "far", "cut"),
    [(40, 0, False), (40, 13, True), (40, 14, False), (11, 1, True), (10, 1, False)],
)
def test_three_quarters_must_stay_and_few_points_are_all_shown(
    near: int, far: int, cut: bool
) -> None:
    x, y = cluster(near)
    x, y = np.append(x, 60 + np.arange(far)), np.append(y, np.full(far, 50.0))
    assert (not frame.main_cluster(x, y).all()) == cut


def test_points_at_one_place_are_no_cluster() -> None:
    x = np.append(np.zeros(20), [5.0, 9.0])
    assert frame.main_cluster(x, np.zeros(22)).all()


def test_marks_shrink_where_there_are_many_and_the_dot_stays_visible() -> None:
    assert shapes.mark_size(5) == shapes.mark_size(30) > shapes.mark_size(130)
    assert shapes.mark_size(10_000) == shapes.mark_size(100_000)
    for n in (5, 130, 10_000):
        size = shapes.mark_size(n)
        halo, ground, dot = shapes.marks(shapes.Look("#B2182B"), 1, size)
        weak = shapes.marks(shapes.Look("#B2182B"), 2, size)[2]
        assert halo["s"] > ground["s"] > weak["s"] > dot["s"] >= 4.5
        assert weak["s"] < 0.6 * ground["s"]  # the tier's colour stays the larger part around it
        assert (halo["color"], dot["color"]) == ("#FFFFFF", "#FFFFFF")


def test_marks_of_one_kind_are_drawn_point_by_point(made_up: Any) -> None:
    tiers = made_up.cities(40).assign(tier="severe", flags="", resolved=False,
                                           p_severe=0.8)  # fmt: skip
    collections = [c for c in plot.tier_map(tiers).collections if len(c.get_offsets()) > 1]
    assert len(collections) == 1
    sizes = np.asarray(collections[0].get_sizes()).reshape(40, 3)
    assert (sizes == sizes[0]).all() and sizes[0, 0] > sizes[0, 1] > sizes[0, 2]
