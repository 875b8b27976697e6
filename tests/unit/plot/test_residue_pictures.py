"""Ratios and distributions: that they draw the numbers, and what non-detects leave of them."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pictures import hard_to_read, said

from wbe import plot
from wbe.errors import UsageError
from wbe.plot.ratio_rows import Band
from wbe.qc.censoring import censored, kaplan_meier, summarize

RATIO_TABLE = runpy.run_path(str(Path(__file__).parent / "drawings.py"))["ratio_table"]


def lines(ax: Any, marker: str) -> list[Any]:
    return [line for line in ax.get_lines() if line.get_marker() == marker]


def test_each_ratio_stands_at_its_value_within_its_interval() -> None:
    table = RATIO_TABLE(3, 1)
    table = table[table["bound"] == ""]
    table.attrs = RATIO_TABLE(1, 1).attrs
    ax = plot.ratios(table)
    drawn = {float(m.get_xdata()[0]) for m in lines(ax, "o")}
    assert drawn == set(table["ratio"])
    ends = {tuple(map(float, i.get_xdata())) for i in lines(ax, "None") if len(i.get_xdata()) == 2}
    assert ends >= set(zip(table["lower"], table["upper"], strict=True))
    height = dict(zip([t.get_text() for t in ax.get_yticklabels()], ax.get_yticks(), strict=True))
    highest = table.loc[table["ratio"].idxmax(), "place"]
    assert min(height, key=lambda name: height[name]) == highest


def test_bounds_are_open_triangles_towards_what_is_not_known() -> None:
    table = RATIO_TABLE(2, 3)
    ax = plot.ratios(table)
    most, least = (table[table["bound"] == b] for b in ("at_most", "at_least"))
    (left,), (right,) = lines(ax, "<"), lines(ax, ">")
    assert left.get_xdata()[0] == most["upper"].iloc[0] and left.get_fillstyle() == "none"
    assert right.get_xdata()[0] == least["lower"].iloc[0]
    text = said(ax.figure)
    assert "At most" in text and "At least" in text and "Not told" in text
    assert "12 (3)" in text


def test_the_range_of_use_is_shaded_with_its_source_and_its_doubt() -> None:
    table = RATIO_TABLE(2, 1)
    text = said(plot.ratios(table).figure)
    assert "Use alone: 0.05 to 0.25, said to hold 80 %" in text
    assert "KunmingMETH; Dalian2015to2017; range read in the source, share judgement" in text
    table.attrs |= {"over": "cocaine", "under": "benzoylecgonine"}
    assert "recalled or judgement, not checked" in said(plot.ratios(table).figure)
    table.attrs |= {"over": "ketamine", "under": "norketamine"}
    assert "No range that tells sources apart" in said(plot.ratios(table).figure)
    own = plot.ratios(table, bands=[Band(0.3, 0.7, "our own past")])
    assert "our own past" in said(own.figure) and hard_to_read(own.figure) == []


def test_ratios_left_out_are_counted_and_an_empty_table_is_refused() -> None:
    table = RATIO_TABLE(9, 1)
    ax = plot.ratios(table, most=4, labels={"Town 1": "惠城镇"})
    assert len(ax.get_yticks()) == 4 and "5 further places" in said(ax.figure)
    ten = RATIO_TABLE(2, 10)
    assert "The last 7 rounds are drawn" in said(plot.ratios(ten).figure)
    with pytest.raises(UsageError, match="no ratio"):
        plot.ratios(table.iloc[:0])


DATA = censored([1, 1, 2, 2.5, 3, 7, 10, 18], [1, 1, 1, 0, 0, 0, 0, 0])


def test_steps_are_those_of_kaplan_meier_from_the_largest_limit_beneath_the_detects() -> None:
    ax = plot.censored(DATA)
    steps = kaplan_meier(DATA)
    (drawn,) = [i for i in ax.get_lines() if i.get_drawstyle() == "steps-post"]
    x, y = np.asarray(drawn.get_xdata()), np.asarray(drawn.get_ydata())
    assert x[0] == steps.ceiling == 2.0 and y[0] == steps.beneath == pytest.approx(3 / 8)
    np.testing.assert_array_equal(x[1:-1], steps.values)
    np.testing.assert_array_equal(y[1:-1], steps.cdf)
    assert "Not known: 38% of the results lie in it" in said(ax.figure)


def test_results_and_limits_stand_where_they_are() -> None:
    ax = plot.censored(DATA)
    (values,), (below,) = lines(ax, "|"), lines(ax, "<")
    assert sorted(values.get_xdata()) == sorted(DATA.values)
    assert sorted(below.get_xdata()) == [1.0, 1.0, 2.0]
    limits = {float(i.get_xdata()[0]) for i in ax.get_lines() if i.get_linestyle() == ":"}
    assert limits == {1.0, 2.0}


def test_the_line_of_a_result_between_lod_and_loq_ends_at_its_lod() -> None:
    ax = plot.censored(censored([3.0, 5.0, 9.0], [1, 0, 0], lod=[1.0, np.nan, np.nan]))
    spans = [p.vertices[:, 0] for c in ax.collections for p in c.get_paths()
             if len(p.vertices) == 2]  # fmt: skip
    assert [1.0, 3.0] in [sorted(map(float, s)) for s in spans]


def test_the_mean_is_that_of_the_summary_and_without_one_its_bounds() -> None:
    ax, mean = plot.censored(DATA), summarize(DATA).mean
    assert float(lines(ax, "D")[-1].get_xdata()[0]) == mean.value
    few = censored([1.0, 4.0], [1, 0])
    text = said(plot.censored(few).figure)
    assert "Mean between 2.00 and 2.50" in text and "Lognormal" not in text
    none = plot.censored(censored([1.0, 4.0], [1, 1]))
    assert "Kaplan-Meier" not in said(none.figure) and "Mean between 0.00" in said(none.figure)
