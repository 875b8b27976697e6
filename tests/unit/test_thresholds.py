"""The table of thresholds, and the page that explains it."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

import wbe
from wbe import thresholds
from wbe.findings import RULES

PACKAGE = Path(wbe.__file__).parent
ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "plausibility.md"


def test_every_threshold_says_what_and_why() -> None:
    with (PACKAGE / "thresholds.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    assert len(rows) == len(thresholds.table())
    for row in rows:
        assert None not in row and all(row.values()), row["id"]


def test_every_threshold_is_used() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    ids = {name.partition(":")[0] for name in thresholds.table()}
    assert [name for name in sorted(ids) if not re.search(rf'\("{name}"[),]', code)] == []


def test_every_threshold_names_the_findings_that_it_decides_about() -> None:
    named = {rule for one in thresholds.table().values() for rule in one.rules}
    assert named <= set(RULES)
    assert all(one.rules for one in thresholds.table().values())
    found = {one.id for one in thresholds.of_rule("flow_per_person_unusual")}
    assert found == {"litres_low", "litres_high", "litres_usual"}


def test_numbers_and_lists() -> None:
    assert thresholds.number("litres_low") == 50
    assert thresholds.numbers("slip_factors") == (1000, 1_000_000)
    with pytest.raises(ValueError):
        thresholds.number("slip_factors")
    with pytest.raises(KeyError):
        thresholds.numbers("no_such_threshold")


def test_the_page_states_the_thresholds_of_the_code() -> None:
    said = dict(re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", PAGE.read_text(encoding="utf-8"), re.M))
    table = {name: " ".join(f"{v:.10g}" for v in one.values)
             for name, one in thresholds.table().items()}  # fmt: skip
    assert {name: text.strip() for name, text in said.items()} == table


def test_the_page_names_rules_that_exist() -> None:
    named = set(re.findall(r"^### `(\w+)`", PAGE.read_text(encoding="utf-8"), re.M))
    assert named <= set(RULES)
    ours = {"unit_slip_suspected", "flow_per_person_unusual", "site_datum_suspected", "id_is_date",
            "areas_axes_swapped", "names_alike", "flow_conflict"}  # fmt: skip
    assert ours <= named
