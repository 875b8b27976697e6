"""The data in a page: the numbers of the tables, as printed, and nothing that could act."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import page_numbers
import pytest

from wbe.plot.outlines import outlines
from wbe.report import embedded, render, write_tiers_csv

DRUGS, ROUNDS = ("cocaine", "methamphetamine"), ("2018Q1", "2018Q2")


@pytest.fixture(scope="module")
def tiers(made_up: Any) -> Any:
    found = made_up.county(drugs=DRUGS, rounds=ROUNDS)
    bounded = (found["area"] == "A003") & (found["drug"] == "cocaine")
    found.loc[bounded, ["tier", "flags"]] = ["", "bounds_only"]
    found.loc[bounded, ["value", "lower", "rank", "rank_lower", "rank_upper"]] = float("nan")
    found.loc[bounded, ["p_general", "p_moderate", "p_severe"]] = float("nan")
    found.loc[bounded, "resolved"] = False
    return found


@pytest.fixture(scope="module")
def page(made_up: Any, tiers: Any) -> str:
    return render(made_up.publication(tiers, outlines=outlines(tiers)))


@pytest.fixture(scope="module")
def data(page: str) -> dict[str, Any]:
    return page_numbers.embedded(page)


def test_every_embedded_number_is_that_of_the_table(
    data: dict[str, Any], tiers: Any, tmp_path: Path
) -> None:
    write_tiers_csv(tiers, tmp_path / "tiers.csv")
    held = page_numbers.table(tmp_path / "tiers.csv")
    assert len(list(page_numbers.views(data, held))) == len(held)
    assert page_numbers.disagreements(data, held) == []


def test_a_number_that_differs_is_noticed(data: dict[str, Any], tiers: Any, tmp_path: Path) -> None:
    write_tiers_csv(tiers.assign(upper=tiers["upper"] * 1.01), tmp_path / "tiers.csv")
    found = page_numbers.disagreements(data, page_numbers.table(tmp_path / "tiers.csv"))
    assert len(found) > len(tiers) / 2


def test_the_table_without_script_is_the_mapped_view(page: str, data: dict[str, Any]) -> None:
    view = data["views"][".".join(map(str, data["mapped"]))]
    (rows,) = [t for t in page_numbers.Tables(page).found if len(t[0]) == 13]
    assert len(rows) == 1 + len(view["rows"])
    for cells, row in zip(rows[1:], view["rows"], strict=True):
        blank = [""] * 3
        numbers = [row.get("value", ""), row.get("interval", ""), *row.get("chances", blank),
                   row.get("ranks", ""), *row.get("counts", blank),
                   row.get("remarks", "")]  # fmt: skip
        assert cells[:2] == [row.get("rank", ""), data["areas"][row["area"]]]
        assert cells[2].startswith(row["text"])
        assert cells[3:] == numbers


def test_sentences_count_what_the_table_holds(data: dict[str, Any], tiers: Any) -> None:
    for drug, d in zip(DRUGS, range(2), strict=True):
        for round_, r in zip(ROUNDS, range(2), strict=True):
            rows = tiers[(tiers["drug"] == drug) & (tiers["round"] == round_)]
            severe = sorted(rows.loc[rows["tier"] == "severe", "name"])
            assert f"{len(severe)} of 13 areas" in data["views"][f"{d}.{r}"]["found"][0]
            assert all(name in data["views"][f"{d}.{r}"]["found"][0] for name in severe)


def test_hidden_numbers_are_not_embedded_even_if_the_table_holds_them(made_up: Any) -> None:
    tiers = made_up.county(rounds=ROUNDS)
    hidden = tiers["flags"] == "suppressed"
    tiers.loc[hidden, ["value", "lower", "upper", "p_severe"]] = [98765.0, 91234.0, 99123.0, 0.777]
    tiers.loc[hidden, ["n_sites", "n_samples"]] = 987
    text = embedded.as_json(page_numbers.embedded(render(made_up.publication(tiers, map_svg=""))))
    assert [n for n in ("98765", "98800", "91200", "99100", "0.78", "987") if n in text] == []


@pytest.mark.parametrize("text", ["</script><b>", "<!--", "a & b", "\u2028\u2029", '"\\', "滘"])
def test_json_stays_text_and_is_read_back(text: str) -> None:
    written = embedded.as_json({text: [text]})
    assert not re.search("[<>&\u2028\u2029]", written)
    assert json.loads(written) == {text: [text]}
    assert ("滘" in text) == ("滘" in written)  # the font embedded is found from the page's letters


def test_number_that_is_none_is_refused_rather_than_written() -> None:
    with pytest.raises(ValueError, match="JSON"):
        embedded.as_json([float("nan")])


def test_where_there_is_too_much_the_mapped_drug_comes_first_then_its_round() -> None:
    rows_of = {(d, r): [{}] * 3 for d in "abc" for r in ("1", "2", "3")}
    assert embedded.chosen(rows_of, ("b", "2")) == sorted(rows_of)
    assert embedded.chosen(rows_of, ("b", "2"), most=9) == [("b", "1"), ("b", "2"), ("b", "3")]
    assert embedded.chosen(rows_of, ("b", "2"), most=12)[:1] == [("a", "2")]
    assert embedded.chosen(rows_of, ("b", "2"), most=0) == [("b", "2")]
