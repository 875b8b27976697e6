"""Small multiples, ranks, history and schematic: what they say and show, and what they hide."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.legend import Legend
from matplotlib.text import Text

from wbe import plot
from wbe.errors import UsageError
from wbe.plot import shapes, tiermap, words

ROUNDS = ("2018Q1", "2018Q2", "2018Q3")


@pytest.fixture(scope="module")
def rounds(made_up: Any) -> Any:
    """Three rounds with every state that an area can be in."""
    tiers = made_up.county(rounds=ROUNDS)
    last = tiers["round"] == ROUNDS[-1]
    for at, flags in ((5, "no_data"), (6, "not_distinguishable"), (8, "bounds_cross_break")):
        tiers.loc[last & (tiers["area"] == f"A{at + 1:03d}"), ["tier", "flags"]] = ["", flags]
    low = last & (tiers["area"] == "A010")
    tiers.loc[low, ["tier", "flags", "value", "rank", "lower", "upper"]] = [
        "", "bounds_only", np.nan, np.nan, 0.0, 7.5,
    ]  # fmt: skip
    tiers.loc[low, "n_censored"] = 10
    tiers.attrs |= {"round": ROUNDS[-1], "floor": 5.0}
    tiers.loc[last & (tiers["area"] == "A012"), "tier"] = "not_elevated"
    return tiers


def drawn(tiers: Any, kind: str, **options: Any) -> Any:
    makers: dict[str, Callable[..., Any]] = {
        "maps": plot.tier_maps, "ranks": plot.rank_plot, "history": plot.tier_history,
        "schematic": plot.tier_schematic, "map": plot.tier_map,
    }  # fmt: skip
    made = makers[kind](tiers, **options)
    return made[0].figure if kind == "maps" else made.figure


KINDS = ("map", "maps", "ranks", "history", "schematic")


def said(figure: Any) -> str:
    return " ".join(" ".join(t.get_text() for t in figure.findobj(Text)).split())


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("kind", KINDS)
def test_legend_names_every_state_that_is_drawn(rounds: Any, kind: str, language: str) -> None:
    figure = drawn(rounds, kind, language=language)
    entries = " ".join(
        " ".join(t.get_text().split())
        for legend in figure.findobj(Legend)
        for t in legend.get_texts()
    )
    present = set(words.selected(rounds, None, None)["class"])
    assert present >= {"no_data", "not_distinguishable", "insufficient_data", "suppressed",
                       "unclassified", "below_limit", "not_elevated"}  # fmt: skip
    for state in present:
        assert words.class_name(state, language) in entries


@pytest.mark.parametrize("kind", KINDS)
def test_every_picture_says_that_it_is_about_populations(rounds: Any, kind: str) -> None:
    text = said(drawn(rounds, kind))
    assert "not grounds for search or action against any person or place" in text
    assert "Synthetic county" in text and "synthetic data" in text
    assert "mg/day/1000 inhabitants" in text
    if kind in ("map", "maps", "schematic"):
        assert "not a boundary reference" in text


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("kind", KINDS)
def test_no_text_covers_another_or_leaves_the_picture(
    rounds: Any, kind: str, language: str
) -> None:
    figure = drawn(rounds, kind, language=language)
    figure.draw_without_rendering()
    texts = [t for t in figure.findobj(Text) if t.get_text().strip() and t.get_visible()]
    whole = figure.bbox.padded(1)
    boxes = [(t.get_text(), t.get_window_extent()) for t in texts]
    boxes = [(text, box) for text, box in boxes if box.width > 0]
    for text, box in boxes:
        assert whole.x0 <= box.x0 and box.x1 <= whole.x1, text
        assert whole.y0 <= box.y0 and box.y1 <= whole.y1, text
    over = [(a[0], b[0]) for a, b in combinations(boxes, 2)
            if a[1].padded(-1).overlaps(b[1].padded(-1))]  # fmt: skip
    assert over == []


@pytest.mark.parametrize("kind", KINDS)
def test_order_of_rows_changes_no_byte(rounds: Any, kind: str, tmp_path: Path) -> None:
    for name, rows in (("a", rounds), ("b", rounds.iloc[::-1])):
        plot.save_map(drawn(rows, kind, language="zh"), tmp_path / f"{name}.svg")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_language_must_be_known(rounds: Any, kind: str) -> None:
    with pytest.raises(UsageError, match="none of en, zh"):
        drawn(rounds, kind, language="fr")


@pytest.mark.parametrize("kind", ["ranks", "history", "schematic"])
def test_axes_given_are_drawn_into(rounds: Any, kind: str) -> None:
    from wbe.plot import style

    figure = style.new_figure(9, 6)
    ax = figure.add_subplot()
    size = figure.get_size_inches().tolist()
    assert drawn(rounds, kind, ax=ax) is figure
    assert figure.get_size_inches().tolist() == size


def test_small_multiples_share_frame_breaks_and_one_legend(rounds: Any) -> None:
    axes = plot.tier_maps(rounds)
    assert axes.shape == (3,)
    assert len({(ax.get_xlim(), ax.get_ylim()) for ax in axes}) == 1
    legends = [sum(isinstance(a, Legend) for a in ax.get_children()) for ax in axes]
    assert sorted(legends) == [0, 0, 2]
    captions = [t.get_text() for ax in axes for t in ax.texts if " certain, " in t.get_text()]
    assert [text.split(":")[0] for text in captions] == list(ROUNDS)
    assert all("of 13 certain, 130 samples" in text for text in captions)


def test_small_multiples_take_rounds_and_axes(rounds: Any) -> None:
    from wbe.plot import style

    pair = style.new_figure(9, 4).subplots(1, 2)
    assert list(plot.tier_maps(rounds, rounds=ROUNDS[1:], ax=pair)) == list(pair)
    with pytest.raises(UsageError, match="2 Axes for 3 rounds"):
        plot.tier_maps(rounds, ax=pair)
    with pytest.raises(UsageError, match="0 rounds"):
        plot.tier_maps(rounds, rounds=[])


def line_of(ax: Any, name: str) -> float:
    """Where an area stands on a rank plot or a history."""
    return dict(zip([t.get_text() for t in ax.get_yticklabels()], ax.get_yticks(), strict=True))[
        name
    ]


def test_rank_plot_shows_each_interval_at_its_place(rounds: Any) -> None:
    ax = plot.rank_plot(rounds, round="2018Q1")
    rows = words.selected(rounds, None, "2018Q1")
    from matplotlib.collections import LineCollection

    (lines,) = [c for c in ax.collections if isinstance(c, LineCollection)]
    found = {round(float(s[0, 1])): (s[0, 0], s[1, 0]) for s in lines.get_segments()}
    for row in rows[rows["value"].notna()].to_dict("records"):
        at = line_of(ax, words.label_of(row["name"], row["area"]))
        assert found[at] == pytest.approx((row["lower"], row["upper"]))
    assert len(found) == int(rows["value"].notna().sum())
    assert "geometric mean [mg/day/1000 inhabitants]" in ax.get_xlabel()


def test_rank_plot_is_in_the_order_of_ranks_and_hides_what_has_no_value(rounds: Any) -> None:
    tiers = rounds.copy()
    tiers.attrs = rounds.attrs
    hidden = (tiers["round"] == ROUNDS[-1]) & (tiers["flags"] == "suppressed")
    tiers.loc[hidden, ["value", "lower", "upper", "n_samples"]] = [9876.0, 9875.0, 9877.0, 77]
    ax = plot.rank_plot(tiers)
    text = said(ax.figure)
    assert ax.get_xlim()[1] < 5000 and "77" not in text.split()
    rows = words.selected(tiers, None, None)
    ranked = rows[rows["rank"].notna() & rows["value"].notna()].sort_values(["rank", "area"])
    names = ["".join(t.get_text().split()) for t in ax.get_yticklabels()]
    expected = ["".join(n.split()) for n in ranked["name"]]
    assert [n for n in names if n in expected][: len(expected)] == expected
    assert "< 7.50" in text and "Suppressed" in text


def test_rank_plot_says_how_many_it_leaves_out(made_up: Any) -> None:
    ax = plot.rank_plot(made_up.cities(100), most=20)
    assert len(ax.get_yticks()) == 20
    assert "80 further areas of lower rank are not drawn" in said(ax.figure)


def test_rank_plot_without_any_value_is_refused(made_up: Any) -> None:
    tiers = made_up.county().assign(tier="", flags="no_data", value=np.nan, upper=np.nan)
    with pytest.raises(UsageError, match="nothing to rank"):
        plot.rank_plot(tiers)


def changes(rows: list[tuple[str, str, str, str, float, float]]) -> pd.DataFrame:
    columns = ["area", "round_before", "round_after", "outcome", "ratio", "p"]
    return pd.DataFrame(rows, columns=columns).assign(drug="methamphetamine")


def test_history_shows_the_outcome_of_each_test_with_its_p(rounds: Any) -> None:
    q1, q2, q3 = ROUNDS
    tests = changes([
        ("A001", q1, q2, "moved", 5.0, 0.0312), ("A001", q2, q3, "moved", 0.2, 0.0004),
        ("A002", q1, q2, "not_distinguishable", 1.1, 0.62),
        ("A003", q1, q2, "not_comparable", np.nan, np.nan),
        ("A004", q2, q3, "insufficient", np.nan, np.nan),
        ("A001", q1, q3, "moved", 9.0, 0.01),
    ])  # fmt: skip
    ax = plot.tier_history(rounds, changes=tests)
    signs = {t.get_text(): t.get_position()[1] for t in ax.texts}
    assert signs["↑ 0.03"] == signs["↓ <0.01"] == line_of(ax, "Alder")
    assert signs["≈ 0.62"] == line_of(ax, "Birchwood")
    assert signs["≠"] == line_of(ax, "Cedar Bay") and signs["?"] == line_of(ax, "Dogwood")
    assert not any("0.01" in s and "<" not in s for s in signs)  # Q1 to Q3 are not side by side
    text = said(ax.figure)
    assert "moved (adjusted p)" in text and "at most 5 %" in text


def test_history_without_tests_says_so(rounds: Any) -> None:
    text = said(plot.tier_history(rounds).figure)
    assert "Changes were not tested" in text and "moved" not in text


def test_history_tells_nothing_of_a_suppressed_area(rounds: Any) -> None:
    tests = changes([("A008", *ROUNDS[:2], "moved", 5.0, 0.0312),
                     ("A008", *ROUNDS[1:], "suppressed", np.nan, np.nan)])  # fmt: skip
    ax = plot.tier_history(rounds, changes=tests)
    assert not [t for t in ax.texts if "↑" in t.get_text()]


def test_history_refuses_one_round_and_unknown_outcomes(rounds: Any) -> None:
    with pytest.raises(UsageError, match="1 rounds of 'methamphetamine'"):
        plot.tier_history(rounds, rounds=["2018Q1"])
    with pytest.raises(UsageError, match="'better' is none of"):
        plot.tier_history(rounds, changes=changes([("A001", *ROUNDS[:2], "better", 1, 1)]))


def places(ax: Any) -> dict[str, tuple[float, float]]:
    """Name -> place of its tile."""
    return {t.get_text().rsplit("\n", 1)[0].replace("\n", " "): t.get_position()
            for t in ax.texts if t.get_path_effects()}  # fmt: skip


def test_schematic_stands_in_rows_by_name_where_nothing_is_known(rounds: Any) -> None:
    found = places(plot.tier_schematic(rounds, round="2018Q1"))
    # The names of areas without a tier have no number below them.
    ordered = sorted(found, key=lambda name: (found[name][1], found[name][0]))
    assert ordered[:4] == ["Alder", "Birchwood", "Cedar Bay", "Dogwood"]
    assert "places of tiles have no meaning" in said(plot.tier_schematic(rounds).figure)


def seats(tiers: Any) -> pd.DataFrame:
    centres = tiers.geometry.representative_point()
    return pd.DataFrame({"area": tiers["area"], "lon": centres.x, "lat": centres.y})


def test_schematic_by_place_keeps_west_and_north(rounds: Any) -> None:
    tiers = rounds[rounds["round"] == "2018Q1"]
    tiers.attrs = {**rounds.attrs, "round": "2018Q1"}
    found = places(plot.tier_schematic(tiers, layout="near", seats=seats(tiers)))
    at = seats(tiers).set_index(tiers["name"])
    shown = [n for n in at.index if n in found]
    columns, rows = zip(*(found[n] for n in shown), strict=True)
    assert np.corrcoef(columns, at.loc[shown, "lon"])[0, 1] > 0.85
    assert np.corrcoef(rows, -at.loc[shown, "lat"])[0, 1] > 0.85


def test_schematic_from_west_to_east_and_as_given(rounds: Any) -> None:
    tiers = rounds[rounds["round"] == "2018Q1"].iloc[:3]
    tiers.attrs = {**rounds.attrs, "round": "2018Q1"}
    east = pd.DataFrame({"area": ["A003", "A001", "A002"], "lon": [1.0, 2, 3], "lat": 0.0})
    found = places(plot.tier_schematic(tiers, layout="west_to_east", seats=east))
    assert [n for n, _ in sorted(found.items(), key=lambda i: (i[1][1], i[1][0]))] == [
        "Cedar Bay", "Alder", "Birchwood",
    ]  # fmt: skip
    layout = {"A001": (2, 2), "A002": (1, 1), "A003": (1, 2)}
    found = places(plot.tier_schematic(tiers, layout=layout))
    assert found["Alder"] == (1, 1) and found["Birchwood"] == (0, 0)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"layout": "circle"}, "none of name, west_to_east, near"),
        ({"layout": "near"}, "needs seats"),
        ({"layout": {"A001": (0, 0)}}, "no place for A002"),
        ({"layout": "near", "seats": pd.DataFrame({"area": ["A001"], "lon": 1, "lat": 1})},
         "no seat for A002"),
    ],
)  # fmt: skip
def test_schematic_refuses_a_layout_that_does_not_fit(
    rounds: Any, options: dict[str, Any], match: str
) -> None:
    with pytest.raises(UsageError, match=match):
        plot.tier_schematic(rounds, **options)


def test_sites_have_a_shape_for_each_matrix_and_are_hollow_where_purposive(
    made_up: Any, sites: Callable[..., Any]
) -> None:
    points = sites(["S1", "S2", "S3", "S4"], "A001", lon=[116.1, 116.2, 116.3, 116.4], lat=23.0)
    points["matrix"] = ["wwtp_influent", "open_channel", "surface_water", "soil"]
    points["role"] = ["routine", "routine", "former_production", "routine"]
    ax = plot.tier_map(made_up.county(), sites=points)
    marks = [c for c in ax.collections if c.get_zorder() == 4]
    assert len({m.get_paths()[0].vertices.tobytes() for m in marks}) == 4
    hollow = [m for m in marks if m.get_facecolor()[0].tolist() == [1, 1, 1, 1]]
    assert [m.get_offsets()[0, 0] for m in hollow] == [116.3]
    text = said(ax.figure)
    assert "Surface water, purposively placed, not in the tier: 1" in text
    assert "Soil (legacy residue, no tier): 1" in text


def _of_areas(areas: list[str], rounds: list[str], **columns: list[Any]) -> pd.DataFrame:
    return pd.DataFrame({"area": areas, "round": rounds, **columns})


def test_streams_and_soil_of_the_round_are_told_under_the_map(made_up: Any) -> None:
    tiers = made_up.county()
    hidden = tiers.loc[tiers["flags"] == "suppressed", "area"].iloc[0]
    now, before = "2018Q2", "2018Q1"
    streams = _of_areas(
        ["A002", "A001", "A001", hidden, "A003"], [now, now, before, now, now],
        reference_round=["2018Q1"] * 5, p_any_high=[0.001, 0.871, 0.99, 0.98, np.nan],
    )  # fmt: skip
    soil = _of_areas(["A002", "A002"], [now, before], matrix=["soil", "soil"],
                     n_points=[3, 4], n_censored=[1, 2], lowest=[0.5, 7.0], median=[2.0, 7.0],
                     highest=[12.0, 7.0])  # fmt: skip
    text = said(plot.tier_map(tiers, purposive=streams, legacy=soil).figure)
    assert "90th percentile of 2018Q1: Alder 0.87; Birchwood <0.01. It is not" in text
    assert "Birchwood, Soil: 0.500 – 12.0 (points: 3, non-detects: 1). They have no tier" in text


def test_names_leave_sampling_points_free_where_they_can(
    made_up: Any, sites: Callable[..., Any]
) -> None:
    tiers = made_up.county()
    points = sites(["S1"], "A001", lon=[0.0], lat=0.0)
    inner = tiers.geometry.iloc[10].representative_point()
    points = points.set_geometry([inner], crs=4326)
    ax = plot.tier_map(tiers, sites=points)
    at = ax.transData.transform((inner.x, inner.y))
    names = [t.get_window_extent() for t in ax.texts if t.get_path_effects()]
    assert len(names) == 13 and not any(box.contains(*at) for box in names)


def test_a_long_legend_makes_the_picture_longer_and_moves_the_notes(
    made_up: Any, sites: Callable[..., Any]
) -> None:
    tiers = made_up.county()
    points = sites(["S1", "S2", "S3"], "A001", lon=[116.1, 116.2, 116.3], lat=23.0)
    points["matrix"] = ["wwtp_influent", "open_channel", "soil"]
    ax = plot.tier_map(tiers, sites=points)
    legends = [lg.get_window_extent() for lg in ax.figure.findobj(Legend)]
    (notes,) = [t for t in ax.texts if "boundary reference" in t.get_text()]
    assert notes.get_window_extent().y1 < min(box.y0 for box in legends)
    assert notes.get_window_extent().y0 > 0


def test_saturation_fades_what_is_not_certain(made_up: Any) -> None:
    tiers = made_up.county()
    tiers["resolved"] = False

    def fills(way: str) -> set[Any]:
        ax = plot.tier_map(tiers, certainty=way)
        return {tuple(c) for one in ax.collections for c in one.get_facecolor().tolist()}

    assert len(fills("saturation") - fills("hatching")) >= 3
    assert tiermap.tier_map is plot.tier_map and shapes.WITHOUT_TIER


@pytest.mark.parametrize("flat", [1.0, 0.3, 0.1])
def test_a_flat_map_leaves_little_room_blank(made_up: Any, flat: float) -> None:
    tiers = made_up.county()
    drawn = tiers.set_geometry(tiers.geometry.scale(1, flat, origin=(116, 23)))
    drawn.attrs = tiers.attrs
    figure = plot.tier_map(drawn).figure
    figure.draw_without_rendering()
    legends = [lg.get_window_extent() for lg in figure.findobj(Legend)]
    (notes,) = [t for t in figure.axes[0].texts if "boundary reference" in t.get_text()]
    box = notes.get_window_extent()
    lowest = min([box.y0, *(lg.y0 for lg in legends)])
    assert 0 < lowest < 0.45 * figure.dpi
    assert not any(box.overlaps(lg) for lg in legends)
    under = figure.axes[0].get_window_extent().y0 - box.y1  # scale bar and grid stand there
    assert 0 < under < 0.75 * figure.dpi


def test_a_long_history_draws_the_highest_and_counts_the_others(rounds: Any) -> None:
    whole = [t.get_text() for t in plot.tier_history(rounds).get_yticklabels()]
    ax = plot.tier_history(rounds, most=5)
    assert [t.get_text() for t in ax.get_yticklabels()] == whole[:5]
    assert f"{len(whole) - 5} further areas" in said(ax.figure)
