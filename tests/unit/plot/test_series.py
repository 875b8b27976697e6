"""The picture of an area over its rounds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_hex

from wbe import plot
from wbe.errors import UsageError


@pytest.fixture
def tiers(made_up: Any) -> Any:
    return made_up.county("en", rounds=("2018Q1", "2018Q2", "2018Q3"))


def test_values_intervals_unit_and_samples_are_on_it(tiers: Any) -> None:
    ax = plot.series(tiers, "A001", title="Synthetic")
    own = tiers[tiers["area"] == "A001"]
    (points,) = [line for line in ax.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(points.get_ydata(), own["value"])
    (intervals,) = [c for c in ax.collections if hasattr(c, "get_segments")]
    ends = np.array([segment[:, 1] for segment in intervals.get_segments()])
    np.testing.assert_allclose(ends, own[["lower", "upper"]].to_numpy())
    assert "mg/day/1000 inhabitants" in ax.get_ylabel() and ax.get_yscale() == "log"
    texts = [label.get_text() for label in ax.get_xticklabels()]
    assert texts == [f"{r}\nn 10" for r in ("2018Q1", "2018Q2", "2018Q3")]


def test_a_round_of_non_detects_is_an_open_triangle_at_its_bound(tiers: Any) -> None:
    at = tiers.index[tiers["area"] == "A001"][1]
    tiers.loc[at, ["value", "lower", "upper"]] = [np.nan, 0.0, 7.5]
    ax = plot.series(tiers, "A001")
    (bound,) = [line for line in ax.lines if line.get_marker() == "v"]
    assert bound.get_ydata().tolist() == [7.5] and bound.get_markerfacecolor() == "white"
    assert len(next(line for line in ax.lines if line.get_marker() == "o").get_ydata()) == 2


def test_rounds_that_cannot_be_compared_have_lines_and_tiers_of_their_own(tiers: Any) -> None:
    def lines(ax: Any) -> int:
        return sum(line.get_marker() == "None" for line in ax.lines)

    assert lines(plot.series(tiers, "A001")) == 1
    order = tiers["round"].map({"2018Q1": 1, "2018Q2": 1, "2018Q3": 2})
    joined = tiers.assign(values_as=order, tiers_as=order,
                          breaks=order.map({1: "20;60", 2: "10;60"}))  # fmt: skip
    ax = plot.series(joined, "A001")
    assert lines(ax) == 2
    fills = [c for c in ax.collections if not hasattr(c, "get_segments")]
    own = np.vstack([c.get_paths()[0].vertices for c in fills])
    assert {10.0, 20.0, 60.0} <= set(own[:, 1].round(6))
    assert to_hex(fills[0].get_facecolor()[0]) == plot.tier_colours(3)[0].lower()


def test_the_axes_given_are_those_returned_and_chinese_is_drawn(tiers: Any) -> None:
    first = plot.series(tiers, "A001", language="zh")
    assert first.get_xlabel() == "轮次（n：样品数）"
    assert plot.series(tiers, "A002", ax=first) is first


def test_an_area_without_anything_to_draw_is_an_error(tiers: Any) -> None:
    with pytest.raises(UsageError, match="no round of area"):
        plot.series(tiers, "nowhere")


def test_values_of_two_units_are_not_drawn_on_one_axis(tiers: Any) -> None:
    tiers.loc[tiers["round"] == "2018Q1", ["quantity", "unit"]] = ["concentration", "ng/L"]
    with pytest.raises(UsageError, match="choose the rows of one"):
        plot.series(tiers, "A001")
    assert plot.series(tiers[tiers["round"] != "2018Q1"], "A001")
