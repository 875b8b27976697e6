"""The sets kept with the tests are those of the reference folder, number by number."""

import csv
import json
from typing import Any

import pytest
from builders import reference_file
from interlab_sets import published

from wbe import qc

PLACES = {
    "abbey": "robust", "amc_brief6": "robust", "scores_formulae": "robust",
    "table3x3": "agreement", "absent_category": "agreement", "spearman_iq_tv": "agreement",
}  # fmt: skip


def columns(folder: str, name: str) -> dict[str, list[float]]:
    path = reference_file("reference", folder, f"{name}.csv")
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    return {column: [float(row[column]) for row in rows] for column in rows[0]}


@pytest.mark.parametrize("name", PLACES)
def test_results_are_those_of_the_reference_folder(name: str) -> None:
    path = reference_file("reference", PLACES[name], f"{name}.expected.json")
    said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    assert published(name)["expected"] == said


def test_values_are_those_of_the_reference_folder() -> None:
    for name in ("abbey", "amc_brief6"):
        assert published(name)["values"] == columns("robust", name)["value"]
    pairs = columns("agreement", "spearman_iq_tv")
    assert (published("spearman_iq_tv")["iq"], published("spearman_iq_tv")["tv"]) == (
        pairs["iq"], pairs["tv"],
    )  # fmt: skip
    raters = columns("agreement", "table3x3_long")
    table = qc.contingency(raters["rater1"], raters["rater2"], [0.0, 1.0, 2.0])
    assert table.tolist() == published("table3x3")["expected"]["table"]
