"""Pictures of plans: what they say, that they draw the numbers, that nothing leaves the figure."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.text import Text

from wbe import names, plot
from wbe.errors import UsageError
from wbe.plot import plan_words, style
from wbe.trends import design

DAYS = design.DayVariation(0.5, 0.1, weekday=0.1, season=0.1, autocorrelation=0.3)
TOWN = design.TownSpread(0.8, 0.6, 0.4, 0.1)
BREAKS = [20.0, 60.0]
PLANS: dict[str, Any] = {
    "days": design.days_for_mean(0.2, DAYS, shared_cv=0.05),
    "days, floor": design.days_for_mean(0.2, DAYS, shared_cv=0.15),
    "days, period": design.days_for_mean(0.01, DAYS),
    "days, rough": design.days_for_mean(0.2, design.DayVariation(1.2)),
    "weeks": design.days_for_mean(0.25, DAYS, design="weeks"),
    "run": design.days_for_mean(0.25, DAYS, design="consecutive"),
    "points": design.points_for_tier(0.9, 150.0, BREAKS, TOWN),
    "points, ceiling": design.points_for_tier(0.9, 30.0, BREAKS, TOWN, valid=0.9),
    "points, most": design.points_for_tier(0.9, 150.0, BREAKS, TOWN, most=4),
    "points, resolved": design.points_for_tier(
        0.8, 150.0, BREAKS, design.TownSpread(0.4, 0.2, 0.1), goal="resolved"
    ),
    "change": design.points_for_change(0.5, design.RoundSpread(0.8, 0.6, 0.0)),
    "change, floor": design.points_for_change(0.5, design.RoundSpread(0.8, 0.6, 0.4), areas=13),
    "change, most": design.points_for_change(1.05, design.RoundSpread(0.8, 0.6, 0.0), visits=2),
    "sampler": design.plan_sampler(0.1, design.Catchment(20_000, 2, 4), design.Sampler(4)),
    "sampler, minute": design.plan_sampler(
        0.05, design.Catchment(500, 2, 4), design.Sampler(1, shape="rectangle")
    ),
    "sampler, bias": design.plan_sampler(
        0.05, design.Catchment(20_000, 2, 4),
        design.Sampler(4, mode="time", pattern=design.DayPattern(0.5, 0.1, 2)),
    ),
}  # fmt: skip


def texts(ax: Any) -> list[Text]:
    figure = ax.figure
    figure.canvas.draw()
    found = [t for t in figure.findobj(Text) if t.get_text().strip() and t.get_visible()]
    (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
    ticks = {
        t.label1: (low <= t.get_loc() <= high)
        for axis, low, high in ((ax.xaxis, x0, x1), (ax.yaxis, y0, y1))
        for t in (*axis.get_major_ticks(), *axis.get_minor_ticks())
    }
    return [t for t in found if ticks.get(t, True) and t.get_window_extent().width > 1]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", PLANS)
def test_nothing_overlaps_or_leaves_the_figure(name: str, language: str) -> None:
    ax = plot.plan(PLANS[name], language=language, title="Plan of a programme with a long name")
    with style.context():
        boxes = [(t.get_text(), t.get_window_extent()) for t in texts(ax)]
    frame = ax.figure.bbox
    for text, box in boxes:
        inside = frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0
        assert inside and box.y1 <= frame.y1, text
    for (one, a), (other, b) in combinations(boxes, 2):
        assert not a.padded(-0.5).overlaps(b.padded(-0.5)), (one, other)


@pytest.mark.parametrize("name", PLANS)
def test_the_answer_is_said_in_both_languages(name: str) -> None:
    plan = PLANS[name]
    english, chinese = (plan_words.answer(plan, lang) for lang in ("en", "zh"))
    assert english.isascii() and not chinese.isascii()
    first = next(iter(plan.summary().values()))
    for said in (english, chinese):
        assert "plan." not in said and "{" not in said
        assert first is None or str(first) in said
    assert (first is None) == bool(plan.reason)
    for lang in ("en", "zh"):
        whole = " ".join([plan_words.assumed(plan, lang), *plan_words.notes(plan, lang)])
        assert "plan." not in whole and "{" not in whole


def test_every_assumption_is_said() -> None:
    said = plan_words.assumed(PLANS["days"])
    for part in ("CV of 50 %", "10 % of it", "weekday", "season", "autocorrelation 0.3",
                 "all days share 5 %", "365 days", "95 % interval", "random"):  # fmt: skip
        assert part in said
    assert "left out" in plan_words.assumed(PLANS["weeks"])
    said = plan_words.assumed(PLANS["sampler, bias"])
    for part in ("20,000", "160 pulses", "4 min", "equal times", "50 %", "2 h"):
        assert part in said


def test_what_two_rounds_are_not_is_said_and_so_is_a_run_without_spread() -> None:
    assert plan_words.notes(PLANS["change"]) == [
        "A change between two rounds is a difference, not a trend."
    ]
    assert "no spread of its own" in plan_words.notes(PLANS["run"])[0]
    assert "Fewer than 20 pulses" in plan_words.notes(PLANS["sampler, minute"])[0]


def test_a_cv_beyond_the_method_is_said_in_both_languages_and_a_common_one_is_not() -> None:
    rough = PLANS["days, rough"]
    assert "CV of 120 %: the method is valid up to" in plan_words.notes(rough)[0]
    assert "变异系数为 120 %" in plan_words.notes(rough, "zh")[0]
    assert plan_words.notes(PLANS["days"]) == plan_words.notes(PLANS["days"], "zh") == []


def test_what_nobody_stated_is_not_said_and_a_stated_zero_is() -> None:
    silent, stated = (
        plan_words.assumed(design.days_for_mean(0.2, v))
        for v in (design.DayVariation(0.5), design.DayVariation(0.5, 0, 0, 0, 0))
    )
    assert "season" not in silent and "autocorrelation" not in silent
    assert "season explains 0 %" in stated and "autocorrelation 0;" in stated


def test_curves_are_the_numbers_of_the_table() -> None:
    plan = PLANS["days"]
    line = plot.plan(plan).lines[0]
    np.testing.assert_array_equal(line.get_xdata(), plan.table.days)
    np.testing.assert_array_equal(line.get_ydata(), plan.table.upper)
    plan = PLANS["points"]
    lines = plot.plan(plan).lines
    np.testing.assert_array_equal(lines[0].get_ydata(), plan.table.right)
    np.testing.assert_array_equal(lines[1].get_ydata(), plan.table.resolved)
    plan = PLANS["change"]
    np.testing.assert_array_equal(plot.plan(plan).lines[0].get_ydata(), plan.table.ratio)
    plan = PLANS["sampler"]
    drawn = plot.plan(plan).lines[1].get_ydata()  # the error asked for; half and twice beside it
    np.testing.assert_array_equal(drawn, plan.population_needed)


def test_every_sentence_of_a_plan_is_translated() -> None:
    for key, row in names._texts().items():
        if key.startswith("plan."):
            assert row["en"] and row["zh"], key
            assert plot.missing_glyphs([row["en"], row["zh"]]) == set(), key


def test_png_and_svg_repeat_byte_for_byte(tmp_path: Path) -> None:
    for suffix in ("png", "svg"):
        for k in (1, 2):
            plot.save_map(plot.plan(PLANS["points"]).figure, tmp_path / f"{k}.{suffix}")
        one, two = (tmp_path / f"{k}.{suffix}" for k in (1, 2))
        assert one.read_bytes() == two.read_bytes()


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(UsageError, match="none of en, zh"):
        plot.plan(PLANS["days"], language="fr")
