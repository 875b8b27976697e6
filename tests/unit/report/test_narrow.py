"""Wide tables with fewer columns, no content lost."""

from __future__ import annotations

import csv
import re
from importlib.resources import files
from typing import Any

import pytest

from wbe import factors, findings, names
from wbe.factors.sets import GIVES
from wbe.report import narrow, render
from wbe.uncertainty.component import LEVELS, TAKES

FIXED = ("component", "level", "term", "distribution", "measure", "source", "verified", "note")
FACTORS = [
    {"factor_id": "a", "drug": "cocaine", "source": "B2010", "reference": "B. 2010"},
    {"factor_id": "b", "drug": "MDMA", "source": "A2008", "reference": "A. 2008"},
    {"factor_id": "c", "drug": "MDMA", "source": "own", "reference": ""},
]


def test_sources_point_into_the_list_and_no_reference_is_lost() -> None:
    printed = narrow.all_references(FACTORS, ["A. 2008", "Z. 1999"])
    assert printed == ["A. 2008", "Z. 1999", "B. 2010"]
    rows = narrow.factors(FACTORS, printed, "zh")
    assert [row["source"] for row in rows] == ["B2010 [3]", "A2008 [1]", "own"]
    assert rows[0]["drug"] == "可卡因"
    assert all("reference" not in row for row in rows)
    assert "reference" in FACTORS[0]


def test_measure_stands_with_its_number_and_nothing_is_invented() -> None:
    rows = [{"measure": "rsd", "spread": 0.25}, {"measure": "", "spread": float("nan")},
            {"measure": "log_sd", "spread": float("nan")}, {"sd": 0.2}]  # fmt: skip
    found = narrow.errors(rows, "en")
    assert found[0] == {"spread": "0.25 (rsd)"}
    assert all(row.get("spread") != row.get("spread") for row in found[1:3])
    assert found[3] == {"sd": 0.2}


def test_every_fixed_text_of_the_shipped_tables_has_chinese_words() -> None:
    model = files("wbe.uncertainty").joinpath("error_model.csv").read_text(encoding="utf-8")
    texts = {row[name] for row in csv.DictReader(model.splitlines()) for name in FIXED}
    table = factors.table().reset_index()
    texts |= {str(text) for text in table["verified"].dropna()} | set(GIVES)
    texts |= set(findings.SEVERITIES) | set(findings.SCOPES)
    missing = {text for text in texts - {""} if not re.search("[\u4e00-\u9fff]",
               names.said(text, "zh"))}  # fmt: skip
    assert missing <= set(factors.references())


def test_conditions_of_the_error_model_are_said_in_words() -> None:
    rows = [{"when": when} for when in ("mode=grab", "population_basis=", "own=x", "")]
    found = [row["when"] for row in narrow.errors(rows, "zh")]
    assert found == ["采样方式：瞬时样", "人口口径：未说明", "own=x", ""]


def test_page_numbers_the_list_of_references(made_up: Any) -> None:
    page = render(made_up.publication(made_up.county(), map_svg=""))
    assert '<ol class="small references">' in page
    assert "<li>Made up, 2008</li>" in page
    assert "made2008 [2]" in page


@pytest.mark.parametrize(
    ("row", "cell"),
    [
        ({"measure": "range", "low": 0.8, "high": 1.3}, "0.8–1.3 (range)"),
        ({"measure": "range", "low": 0.8, "mode": 0.9, "high": 1.3}, "0.8–0.9–1.3 (range)"),
        ({"measure": "range", "low": 0.8, "high": 1.3, "coverage": 0.9}, "0.8–1.3, 90 % (range)"),
        ({"measure": "values", "values": [0.8, 1.0, 1.3]}, "0.8, 1, 1.3 (values)"),
        ({"measure": "rsd", "spread": 0.2, "low": 0.5, "high": 2.0}, "0.2 (rsd), 0.5–2"),
        ({"measure": "rsd", "spread": 0.4, "high": 1.5}, "0.4 (rsd), < 1.5"),
        ({"measure": "rsd", "spread": 0.4, "low": 0.5}, "0.4 (rsd), > 0.5"),
        ({"measure": "correlation", "spread": -0.3}, "-0.3 (correlation)"),
    ],
)
def test_the_size_of_an_error_of_any_shape_stands_in_one_cell(row, cell):
    blank = {"component": "flow", "spread": None, "low": None, "mode": None, "high": None}
    partner = "population" if row["measure"] == "correlation" else ""
    (found,) = narrow.errors([{**blank, **row, "partner": partner}], "en")
    assert found["spread"] == cell
    assert found["component"] == ("flow, population" if partner else "flow")
    assert set(found) == {"component", "spread"}


def test_whatever_an_edited_error_model_may_name_has_chinese_words():
    told = [*TAKES, *LEVELS]
    rows = [{"distribution": kind, "measure": "range", "low": 0.8, "high": 1.3} for kind in told]
    missing = {
        row["distribution"]
        for row in narrow.errors(rows, "zh")
        if not re.search("[\u4e00-\u9fff]", row["distribution"])
    }
    assert not missing
    stated = {"spread": 0.3, "partner": "population", "component": "flow"}
    for measure in ("rsd", "gsd", "log_sd", "range", "values", "correlation"):
        (row,) = narrow.errors([{**stated, "measure": measure}], "zh")
        assert re.search("[\u4e00-\u9fff]", row["spread"])
