"""Pictures of change: what they say, that nothing overlaps, that it stays within the figure."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from matplotlib.text import Text

from wbe import plot, trends
from wbe.errors import UsageError
from wbe.plot import style
from wbe.qc.censoring import censored

RANDOM = np.random.default_rng(2)
DATES = np.datetime64("2021-01-15") + 30 * np.arange(30)
LOADS = 40 * np.exp(0.25 * RANDOM.standard_normal(30)) * np.where(np.arange(30) < 15, 1, 0.4)
WEEKS = np.datetime64("2024-03-04") + np.arange(56)
DAILY = np.tile([1.1, 0.9, 0.9, 0.92, 1, 1.2, 1.25], 8) * np.exp(0.1 * RANDOM.standard_normal(56))
LIMITS = censored(np.maximum(LOADS, 20), LOADS < 20)


def whole_trend(language: str, title: str) -> Any:
    return plot.trend(
        DATES, LOADS, smooth=trends.smooth_trend(DATES, LOADS), language=language,
        line=trends.loglinear_trend(DATES, LOADS), label="mg/day/1000 inhabitants",
        changes=trends.find_change_points(DATES, LOADS), title=title,
    )  # fmt: skip


def week(language: str, title: str) -> Any:
    profile, ratio = trends.weekday_profile(WEEKS, DAILY), trends.weekend_ratio(WEEKS, DAILY)
    return plot.weekly(profile, ratio=ratio, language=language, title=title)


def sites(language: str, title: str) -> Any:
    named = np.repeat(["Kingswood upon the River", "惠城镇"], 56)
    ratios = trends.weekend_ratios(named, np.tile(WEEKS, 2), np.tile(DAILY, 2))
    return plot.weekend(ratios, language=language, title=title)


def rounds(language: str, title: str) -> Any:
    draws = np.exp(0.2 * RANDOM.standard_normal((2, 500)))
    found = {
        "Kingswood upon the River": trends.changes_from_percent(population=-45, total=-75),
        "惠城镇": trends.changes_between_rounds(
            per_capita=(50 * draws[0], 49 * draws[1]), population=(1000, 700)
        ),
    }
    return plot.change(found, language=language, title=title)


PICTURES: dict[str, Callable[[str, str], Any]] = {
    "trend": whole_trend, "weekly": week, "weekend": sites, "change": rounds,
}  # fmt: skip


def drawn(ax: Any) -> list[Text]:
    figure = ax.figure
    figure.canvas.draw()
    outside = set()
    for axis, (low, high) in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, sorted(ax.get_ylim()))):
        for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
            if not low <= tick.get_loc() <= high:
                outside.add(tick.label1)
    found = [t for t in figure.findobj(Text) if t.get_text().strip() and t not in outside]
    return [t for t in found if t.get_visible() and t.get_window_extent().width > 1]


def said(ax: Any) -> str:
    return " ".join(" ".join(t.get_text() for t in drawn(ax)).split())


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", PICTURES)
def test_nothing_overlaps_or_leaves_the_figure(name: str, language: str) -> None:
    title = "Synthetic town of a long name that goes on, second quarter of the year"
    ax = PICTURES[name](language, title)
    with style.context():
        boxes = [(t.get_text(), t.get_window_extent()) for t in drawn(ax)]
    frame = ax.figure.bbox
    for text, box in boxes:
        inside = frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0
        assert inside and box.y1 <= frame.y1, text
    for (one, a), (other, b) in combinations(boxes, 2):
        assert not a.padded(-0.5).overlaps(b.padded(-0.5)), (one, other)
    assert "Synthetic town" in said(ax)


@pytest.mark.parametrize("name", PICTURES)
def test_chinese_is_chinese_and_can_be_drawn(name: str) -> None:
    ax = PICTURES[name]("zh", "合成数据")
    text = said(ax).replace("mg/day/1000 inhabitants", "").replace("Kingswood upon the River", "")
    letters = "".join(c for c in text if c.isascii() and c.isalpha())
    assert set(letters) <= {"n", "p"}
    assert plot.missing_glyphs([text]) == set()


def test_a_trend_says_what_was_found() -> None:
    words = said(whole_trend("en", "Synthetic"))
    assert "Falling: −" in words and "% a year (95% interval" in words
    assert "Shift of the level to 0." in words


def test_what_is_not_testable_says_so() -> None:
    few = plot.trend(
        DATES[:3], LOADS[:3], line=trends.loglinear_trend(DATES[:3], LOADS[:3]),
        smooth=trends.smooth_trend(DATES[:3], LOADS[:3]),
        changes=trends.find_change_points(DATES[:3], LOADS[:3]),
    )  # fmt: skip
    words = said(few)
    for part in ("Too little data to judge a trend", "smooth trend", "Too few rounds to look"):
        assert part in words
    assert all(line.get_linestyle() == "None" for line in few.lines)


def test_non_detects_are_drawn_at_their_limits_with_all_that_lies_beneath() -> None:
    ax = plot.trend(DATES, LIMITS)
    triangles = next(line for line in ax.lines if line.get_marker() == "v")
    assert len(triangles.get_xdata()) == LIMITS.n_below
    assert np.asarray(triangles.get_ydata()) == pytest.approx(20.0)
    (beneath,) = [c for c in ax.collections if len(c.get_paths()) == LIMITS.n_below]
    bottom = ax.get_ylim()[0]
    assert {float(p.vertices[:, 1].min()) for p in beneath.get_paths()} == {bottom}
    dots = next(line for line in ax.lines if line.get_marker() == "o")
    assert sorted(dots.get_ydata()) == pytest.approx(sorted(LOADS[LOADS >= 20]))


def test_levels_and_shifts_are_where_they_were_found() -> None:
    found = trends.find_change_points(DATES, LOADS)
    ax = plot.trend(DATES, LOADS, changes=found)
    levels = [float(line.get_ydata()[0]) for line in ax.lines if len(line.get_xdata()) == 2
              and line.get_ydata()[0] == line.get_ydata()[1] != 0]  # fmt: skip
    assert set(found.levels) <= set(levels)


def test_numbers_in_years_are_drawn_where_their_fits_are() -> None:
    years = (DATES - DATES[0]) / np.timedelta64(1, "D") / 365.25
    ax = plot.trend(
        years, LOADS, line=trends.loglinear_trend(years, LOADS),
        smooth=trends.smooth_trend(years, LOADS),
    )  # fmt: skip
    dots = next(line for line in ax.lines if line.get_marker() == "o")
    dashed = next(line for line in ax.lines if line.get_linestyle() == "--")
    for ends in (np.asarray(dashed.get_xdata()), np.asarray(dots.get_xdata())):
        assert (ends.min(), ends.max()) == pytest.approx((0.0, 365.25 * years.max()))
    line = trends.loglinear_trend(DATES, LOADS).line(DATES[[0, -1]])[0]
    assert np.asarray(dashed.get_ydata())[[0, -1]] == pytest.approx(line, rel=1e-6)


def test_changes_are_printed_side_by_side() -> None:
    words = said(rounds("en", "Synthetic"))
    for part in ("−54.5 %", "−75.0 %", "−45.0 %", "not a trend", "Per capita", "Population"):
        assert part in words


def test_wrong_input_is_refused() -> None:
    with pytest.raises(UsageError, match="language"):
        plot.trend(DATES, LOADS, language="de")
    with pytest.raises(UsageError, match="one length"):
        plot.trend(DATES[1:], LOADS)
    with pytest.raises(UsageError, match="no area"):
        plot.change({})
    with pytest.raises(UsageError, match="no site"):
        plot.weekend([])
