"""Budgets of areas as a table: largest source first, blanks where an area lacks one."""

from __future__ import annotations

import re

import numpy as np

from wbe.report import budget_table
from wbe.uncertainty.budgets import Budget


def budget(variance: float = 1.0, **total: float) -> Budget:
    values = np.array(list(total.values()))
    none = np.zeros(len(values))
    return Budget(tuple(total), values, values, values, none, none, none, variance, "rank",
                  "pick_freeze", 10_000, 1)  # fmt: skip


def table(text: str) -> list[list[str]]:
    rows = re.findall(r"<tr>(.*?)</tr>", text, re.S)
    return [re.findall(r"<t[hd][^>]*>([^<]*)<", row) for row in rows]


def test_sources_stand_by_their_size_and_areas_by_name() -> None:
    made = {"b": budget(flow=0.7, visit=0.004), "a": budget(visit=0.3, flow=0.66, excretion=0.25)}
    text = budget_table.of_areas(made, {"a": "Zeta <b>", "b": "Alpha"}, "en")
    assert text is not None and "10,000 draws" in text and "rank (normal score)" in text
    heads, *rows = table(text)
    assert len(heads) == 4
    assert rows == [["Alpha", "70", "&lt; 1", ""], ["Zeta &lt;b&gt;", "66", "30", "25"]]


def test_areas_of_which_nothing_moves_the_value_are_left_out() -> None:
    assert budget_table.of_areas({"a": budget(variance=0.0, flow=0.0)}, {}, "en") is None
    assert budget_table.of_areas({}, {}, "zh") is None
