"""The report of the example county: its size, and every number on it beside the run's tables."""

from __future__ import annotations

import re
from pathlib import Path

import page_numbers
import pytest

from wbe.run import config, outputs

pytestmark = pytest.mark.slow
LARGEST = 2_000_000


@pytest.fixture(scope="module", params=["en", "zh"])
def run(
    request: pytest.FixtureRequest, root: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The folder of a run of the example county."""
    folder = tmp_path_factory.mktemp("county") / request.param
    county = config.load(root / "data" / "samples" / "example-county", {"language": request.param})
    outputs.run(county, folder)
    return folder


@pytest.fixture(scope="module")
def page(run: Path) -> str:
    return (run / "report.html").read_text(encoding="utf-8")


def test_page_with_its_chinese_letters_is_small(run: Path, page: str) -> None:
    assert "font/woff;base64," in page
    assert (run / "report.html").stat().st_size < LARGEST


def test_every_number_is_that_of_tiers_csv_and_every_row_is_there(run: Path, page: str) -> None:
    data, tiers = page_numbers.embedded(page), page_numbers.table(run / "tiers.csv")
    assert len(list(page_numbers.views(data, tiers))) == len(tiers) > 400
    assert page_numbers.disagreements(data, tiers) == []


def test_ranks_lie_within_those_that_hold_for_all_areas_together(run: Path, page: str) -> None:
    """``ranks.csv`` holds joint intervals, the page and ``tiers.csv`` those of single areas."""
    data, tiers = page_numbers.embedded(page), page_numbers.table(run / "tiers.csv")
    ranks = {(r["drug"], r["round"], r["area"]): r for r in page_numbers.table(run / "ranks.csv")}
    seen = 0
    for held, row, _ in page_numbers.views(data, tiers):
        joint = ranks.get((held["drug"], held["round"], held["area"]))
        if joint is not None and row.get("ranks"):
            low, high = (float(text) for text in row["ranks"].split(" – "))
            assert float(joint["rank_lower"]) <= low <= high <= float(joint["rank_upper"])
            seen += 1
    assert seen > 40


def test_changes_are_those_of_changes_csv(run: Path, page: str) -> None:
    data, held = page_numbers.embedded(page), page_numbers.table(run / "changes.csv")
    drugs = sorted({row["drug"] for row in page_numbers.table(run / "tiers.csv")})
    seen = 0
    for d, pairs in data["changes"].items():
        own = [row for row in held if row["drug"] == drugs[int(d)]]
        rounds = sorted({(row["round_before"], row["round_after"]) for row in own})
        for one, (before, after) in zip(pairs, rounds, strict=True):
            assert before in one["heading"] and after in one["heading"]
            rows = {
                r["name"]: r
                for r in own
                if (r["round_before"], r["round_after"]) == (before, after)
            }
            assert {cells[0] for cells in one["rows"]} == set(rows)
            for cells in one["rows"]:
                row = rows[cells[0]]
                low, _, high = cells[6].partition(" – ")
                pairs_ = [(cells[5], row["ratio"]), (low, row["lower"]), (high, row["upper"])]
                assert all(page_numbers.agree(*pair) for pair in pairs_), row
                assert cells[8] == row["n_kept"]
                seen += 1
    assert seen == len(held) > 300


def test_visible_tables_of_the_mapped_round_hold_the_embedded_texts(page: str) -> None:
    data = page_numbers.embedded(page)
    view = data["views"][".".join(map(str, data["mapped"]))]
    (table,) = [t for t in page_numbers.Tables(page).found if len(t[0]) == 13]
    shown = {line[1]: line for line in table[1:]}
    for row in view["rows"]:
        line = shown[data["areas"][row["area"]]]
        assert line[0] == row.get("rank", "")
        assert line[3:5] == [row.get("value", ""), row.get("interval", "")]
        assert line[5:8] == row.get("chances", [""] * 3)
        assert line[8:12] == [row.get("ranks", ""), *row.get("counts", [""] * 3)]


def test_grids_hold_values_of_the_table(run: Path, page: str) -> None:
    """Rounds and other substances: each cell's number stands in a row of its area."""
    tiers = page_numbers.table(run / "tiers.csv")
    held = {name: [r for r in tiers if r["name"] == name] for name in {r["name"] for r in tiers}}
    number = r"[\d.]+"
    seen = 0
    for table in page_numbers.Tables(page).found:
        for line in table[1:]:
            for cell in line[1:] if line and line[0] in held else []:
                match = re.search(rf"({number}) \(({number}) – ({number})\)$", cell)
                if match is None:
                    continue
                values = [(r["value"], r["lower"], r["upper"]) for r in held[line[0]]]
                assert any(
                    all(map(page_numbers.agree, match.groups(), value)) for value in values
                ), cell
                seen += 1
    assert seen > 50
