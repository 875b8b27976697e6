"""Wide tables with fewer columns, no content lost."""

from __future__ import annotations

from typing import Any

from wbe.report import narrow, render

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
    found = narrow.errors(rows)
    assert found[0] == {"spread": "0.25 (rsd)"}
    assert all(row.get("spread") != row.get("spread") for row in found[1:3])
    assert found[3] == {"sd": 0.2}


def test_page_numbers_the_list_of_references(made_up: Any) -> None:
    page = render(made_up.publication(made_up.county(), map_svg=""))
    assert '<ol class="small references">' in page
    assert "<li>Made up, 2008</li>" in page
    assert "made2008 [2]" in page
