"""The tier map: what it says, how it tells classes apart, that names do not overlap."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex
from matplotlib.text import Text

from wbe import plot
from wbe.errors import UsageError
from wbe.plot import certainty, labels, shapes, style


def texts(ax: Any) -> str:
    """All that stands on the figure; line breaks read as blanks."""
    found = [t.get_text() for t in ax.figure.findobj(Text)]
    return " ".join(" ".join(found).split())


def collections(ax: Any) -> Iterator[PathCollection]:
    return (c for c in ax.collections if isinstance(c, PathCollection))


def fills(ax: Any) -> set[str]:
    return {to_hex(c).upper() for one in collections(ax) for c in one.get_facecolor()}


def test_map_says_drug_round_statistic_factors_and_what_it_is_not(made_up: Any) -> None:
    said = texts(plot.tier_map(made_up.county()))
    for words in (
        "Synthetic county", "Methamphetamine, 2018Q2", "mg/day/1000 inhabitants",
        "Statistic: geometric mean", "fixed breaks", "breaks frozen at 2018Q1",
        "factor set: default", "13 areas, 65 sites, 130 samples", "≤ 20", "20 – 60", "> 60",
        "not grounds for search or action against any person or place",
        "not a boundary reference", "synthetic data",
    ):  # fmt: skip
        assert words in said


def test_chinese_map_is_chinese_throughout(made_up: Any) -> None:
    tiers = made_up.county("zh")
    said = texts(plot.tier_map(tiers, language="zh"))
    for words in ("惠城镇", "甲基苯丙胺", "几何均值", "严重", "不得作为", "示意图", "数据不足"):
        assert words in said
    allowed = {"mg/day/1000", "inhabitants", "synthetic", "default", "P", "2018Q2", "2018Q1"}
    latin = "".join(c if c.isascii() and (c.isalnum() or c == "/") else " " for c in said).split()
    assert {w for w in latin if not w.isdigit()} - allowed <= {"mg/day/1000"}


def test_counts_and_chances_of_the_legend_are_those_of_the_table(made_up: Any) -> None:
    tiers = made_up.county()
    said = texts(plot.tier_map(tiers))
    own = tiers[tiers["tier"] == "moderate"]
    low, high = own["p_moderate"].min(), own["p_moderate"].max()
    expected = f"{len(own)} areas, {own['resolved'].sum()} certain, P {low:.2f} – {high:.2f}"
    assert expected in said


def test_each_class_and_doubt_has_a_look_of_its_own(made_up: Any) -> None:
    tiers = made_up.county()
    tiers.loc[12, ["tier", "flags", "resolved"]] = ["", "", False]
    tiers.loc[11, ["tier", "flags", "resolved"]] = ["", "no_data", False]
    ax = plot.tier_map(tiers)
    general, moderate, severe = style.tier_colours(3)
    assert {general, moderate, severe} <= fills(ax)
    hatched = {c.get_hatch() for c in collections(ax) if c.get_hatch()}
    doubt = {step.hatch for step in certainty.STEPS if step.hatch}
    assert hatched == {*doubt, "----", "--", "++", "xxxx"}
    looks = shapes.WITHOUT_TIER.values()
    assert len({(k.fill, k.hatch) for k in looks}) == len({k.sign for k in looks}) == len(looks)


def test_certain_tiers_are_not_hatched(made_up: Any) -> None:
    tiers = made_up.county()
    tiers = tiers[tiers["tier"] != ""].assign(resolved=True)
    assert {c.get_hatch() for c in collections(plot.tier_map(tiers))} == {None}


def test_areas_that_cannot_be_told_apart_fill_no_tier(made_up: Any) -> None:
    tiers = made_up.county().assign(tier="", flags="not_distinguishable", resolved=False)
    ax = plot.tier_map(tiers)
    assert "No distinguishable difference between these areas" in texts(ax)
    assert not fills(ax) & set(style.tier_colours(3))


def test_a_map_of_several_tiers_is_not_said_to_show_no_difference(made_up: Any) -> None:
    tiers = made_up.county()
    tiers.loc[3, ["tier", "flags", "resolved"]] = ["", "not_distinguishable", False]
    assert tiers.loc[tiers["tier"] != "", "tier"].nunique() > 1
    assert "No distinguishable difference between these areas" not in texts(plot.tier_map(tiers))


def test_threshold_of_certainty_is_the_one_of_the_table(made_up: Any) -> None:
    tiers = made_up.county()
    tiers.attrs["resolved_at"] = 0.95
    said = texts(plot.tier_map(tiers))
    assert "Certain: P at least 0.95" in said
    assert "Likely: P from 0.7 to below 0.95" in said


def test_floor_gives_a_class_below_the_tiers(made_up: Any) -> None:
    tiers = made_up.county()
    tiers.attrs["floor"] = 5.0
    tiers.loc[3, "tier"] = "not_elevated"
    ax = plot.tier_map(tiers)
    assert "Not elevated: ≤ 5" in texts(ax)
    assert "General: 5 – 20" in texts(ax)
    assert style.NOT_ELEVATED in fills(ax)


def test_breaks_of_one_drug_are_not_printed_for_another(made_up: Any) -> None:
    tiers = made_up.county(drugs=("methamphetamine", "cocaine"))
    said = texts(plot.tier_map(tiers, drug="cocaine"))
    assert "Cocaine, 2018Q2" in said
    assert "> 60" not in said


@pytest.mark.parametrize("language", ["en", "zh"])
def test_names_of_areas_do_not_overlap(made_up: Any, language: str) -> None:
    tiers = made_up.county(language)
    ax = plot.tier_map(tiers, language=language)
    written = [t for t in ax.texts if t.get_path_effects()]
    assert len(written) == len(tiers)
    boxes = [t.get_window_extent() for t in written]
    assert [pair for pair in combinations(boxes, 2) if pair[0].overlaps(pair[1])] == []


def test_name_without_room_is_left_out_and_the_map_says_so(made_up: Any) -> None:
    tiers = made_up.county()
    tiers["name"] = [f"A very long name of town number {i} by the wide open sea" for i in range(13)]
    ax = plot.tier_map(tiers)
    assert len([t for t in ax.texts if t.get_path_effects()]) < 13
    assert "Some names found no room" in texts(ax)


def test_many_points_carry_no_names_and_equal_marks(made_up: Any) -> None:
    tiers = made_up.cities(100)
    ax = plot.tier_map(tiers)
    assert [t for t in ax.texts if t.get_path_effects()] == []
    sizes = {s for c in collections(ax) if c.get_zorder() < 4 for s in np.round(c.get_sizes(), 1)}
    # The mark, the white around it, two dots of doubt, the signs of areas without a tier.
    assert len(sizes) <= 5
    assert not ax.axison
    assert ax.get_aspect() == pytest.approx(
        1 / np.cos(np.radians(tiers.total_bounds[[1, 3]].mean()))
    )


def test_few_points_are_named_beside_their_marks(made_up: Any) -> None:
    tiers = made_up.cities(labels.MOST)
    ax = plot.tier_map(tiers)
    assert len([t for t in ax.texts if t.get_path_effects()]) >= labels.MOST - 3


def test_markup_and_formulas_in_names_are_plain_text(made_up: Any, tmp_path: Path) -> None:
    tiers = made_up.county()
    tiers.loc[0, "name"] = "$x^2$ \\frac <b>&"
    tiers.loc[1, "name"] = "bad $ \x08\u202e sign"
    ax = plot.tier_map(tiers, title="One $ and _ title $")
    assert all(not t.get_parse_math() for t in ax.figure.findobj(Text) if t.get_text())
    plot.save_map(ax.figure, tmp_path / "m.svg")
    from defusedxml.ElementTree import parse

    parse(tmp_path / "m.svg")


def test_areas_without_geometry_are_counted_not_drawn(made_up: Any) -> None:
    tiers = made_up.county()
    tiers.loc[[2, 5], "geometry"] = None
    assert "2 areas without geometry are not drawn" in texts(plot.tier_map(tiers))
    with pytest.raises(UsageError, match="no area has a geometry"):
        plot.tier_map(tiers.set_geometry([None] * len(tiers), crs=4326))


def test_axes_given_are_drawn_into_and_pyplot_is_not_touched(made_up: Any) -> None:
    import sys

    ax = style.new_figure(6, 4).add_subplot()
    assert plot.tier_map(made_up.county(), ax=ax) is ax
    if "matplotlib.pyplot" in sys.modules:
        assert sys.modules["matplotlib.pyplot"].get_fignums() == []


def test_sites_are_marked_only_when_given(made_up: Any, sites: Any) -> None:
    tiers = made_up.county()
    assert "Sampling" not in texts(plot.tier_map(tiers))
    points = sites(["S1", "S2"], "A001", lon=[116.1, 116.2], lat=23.0)
    assert "Sampling points Sampling site: 2" in texts(plot.tier_map(tiers, sites=points))


def test_order_of_rows_changes_no_byte(made_up: Any, tmp_path: Path) -> None:
    tiers = made_up.county("zh")
    for name, rows in (("a", tiers), ("b", tiers.iloc[::-1])):
        for kind in ("svg", "png"):
            figure = plot.tier_map(rows, language="zh").figure
            plot.save_map(figure, tmp_path / f"{name}.{kind}")
    for kind in ("svg", "png"):
        assert (tmp_path / f"a.{kind}").read_bytes() == (tmp_path / f"b.{kind}").read_bytes()


def test_computed_without_draws_no_probabilities_are_claimed(made_up: Any) -> None:
    tiers = made_up.county().assign(flags="no_draws", resolved=False)
    for column in ("p_general", "p_moderate", "p_severe"):
        tiers[column] = np.nan
    said = texts(plot.tier_map(tiers))
    assert "Computed without uncertainty" in said
    assert ", P " not in said


def test_very_fine_outlines_are_thinned(made_up: Any, tmp_path: Path) -> None:
    tiers = made_up.county()
    tiers["geometry"] = tiers.geometry.segmentize(1e-5)
    plot.save_map(plot.tier_map(tiers).figure, tmp_path / "m.svg")
    assert (tmp_path / "m.svg").stat().st_size < 400_000


def test_warning_added_to_the_title_is_printed_in_normal_size(made_up: Any) -> None:
    tiers = made_up.county()
    ax = plot.tier_map(tiers, title=f"{tiers.attrs['title']} Warning: nothing is suppressed")
    sizes = {t.get_text(): t.get_fontsize() for t in ax.texts}
    assert sizes["Warning: nothing is suppressed"] == 10.0
    assert sizes[tiers.attrs["title"]] == 13.0


def test_one_area_is_counted_in_the_singular(made_up: Any) -> None:
    tiers = made_up.county()
    one = tiers.iloc[:1].assign(n_sites=1, n_samples=1, resolved=True)
    one.attrs = tiers.attrs
    assert "1 area, 1 site, 1 sample; tier certain in 1 area." in texts(plot.tier_map(one))


def test_bounds_only_has_a_class_of_its_own(made_up: Any) -> None:
    tiers = made_up.county()
    tiers.loc[4, "flags"] = "bounds_cross_break;bounds_only"
    ax = plot.tier_map(tiers)
    assert "Below a limit, bounds only 1 area" in texts(ax)
    assert "Insufficient data" not in texts(ax)
    assert shapes.WITHOUT_TIER["below_limit"].fill in fills(ax)
