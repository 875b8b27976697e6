"""The data in a page: the numbers of the tables, as printed, and nothing that could act."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import page_numbers
import pandas as pd
import pytest

from wbe.plot.outlines import outlines
from wbe.report import embedded, render, write_tiers_csv

DRUGS, ROUNDS = ("cocaine", "methamphetamine"), ("2018Q1", "2018Q2")
TIERS = ("Severe", "Moderate", "General")


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


def test_page_is_the_same_whatever_the_table_holds_of_hidden_areas(made_up: Any) -> None:
    """The guard empties those cells; nothing of them, order included, would show otherwise."""
    tiers = made_up.county(rounds=ROUNDS)
    held = tiers.copy()
    held.attrs = tiers.attrs
    hidden = held["flags"] == "suppressed"
    held.loc[hidden, ["value", "lower", "upper", "rank", "rank_lower", "rank_upper"]] = 1.0
    held.loc[hidden, ["p_severe", "n_sites", "n_samples", "n_censored"]] = 1.0
    held.loc[hidden, ["tier", "resolved"]] = ["severe", True]
    pages = [render(made_up.publication(table, map_svg="", outlines=outlines(table)))
             for table in (tiers, held)]  # fmt: skip
    assert hidden.sum() == 2 and pages[0] == pages[1]


def test_certainty_of_every_row_follows_its_probability(data: dict[str, Any], tiers: Any) -> None:
    held = {(r["drug"], r["round"], r["name"]): r for r in tiers.to_dict("records")}
    seen = []
    for key, view in data["views"].items():
        d, r = map(int, key.split("."))
        for row in view["rows"]:
            own = held[DRUGS[d], ROUNDS[r], data["areas"][row["area"]]]
            chance = own[f"p_{own['tier']}"] if own["tier"] else 1.0
            step = 0 if chance >= 0.9 else 1 if chance >= 0.7 else 2
            assert (row.get("step", 0), row.get("unsure", 0)) == (step, int(step > 0))
            seen.append(step)
    assert {seen.count(step) > 2 for step in range(3)} == {True}


def test_legend_and_status_count_the_rows_of_the_table(data: dict[str, Any], tiers: Any) -> None:
    for key, view in data["views"].items():
        d, r = map(int, key.split("."))
        rows = tiers[(tiers["drug"] == DRUGS[d]) & (tiers["round"] == ROUNDS[r])]
        counts: dict[int, list[str]] = {}
        for row in view["rows"]:
            counts.setdefault(row["tier"], []).append(row["text"])
        for colour, text in view["legend"]:
            (name,) = set(counts.pop(colour)) if colour in counts else {text.split(":")[0]}
            n = sum(row["tier"] == colour for row in view["rows"])
            assert text.startswith(name) and re.search(rf"; {n} areas?$", text)
        assert counts == {}
        n, sure = (rows["tier"] != "").sum(), (rows["resolved"] & (rows["tier"] != "")).sum()
        assert f"Areas with a tier: {n} of {len(rows)}; certain: {sure}." in view["status"]
        steps = {row.get("step", 0) for row in view["rows"] if row["text"] in TIERS}
        assert {step for step, _ in view["doubt"]} == steps


def views_of(publication: Any) -> list[dict[str, Any]]:
    return list(page_numbers.embedded(render(publication))["views"].values())


def test_legend_of_certainty_lists_the_steps_that_occur(made_up: Any) -> None:
    tiers = made_up.county().assign(resolved=True)
    (view,) = views_of(made_up.publication(tiers, map_svg=""))
    assert [step for step, _ in view["doubt"]] == [0]


def test_where_no_area_has_a_tier_no_tier_is_said_to_have_none(made_up: Any) -> None:
    """Without breaks "Severe: none of 13 areas" would read as a finding."""
    tiers = made_up.county().assign(tier="", resolved=False, flags="no_breaks")
    (view,) = page_numbers.embedded(render(made_up.publication(tiers, map_svg="")))[
        "views"
    ].values()
    assert [s for s in view["found"] if s.startswith(TIERS)] == []
    assert len(view["legend"]) == len(view["found"]) == 1 and "13 of 13" in view["found"][0]


def test_what_is_printed_is_the_number_of_the_file_rounded(made_up: Any) -> None:
    """Rounding twice is not rounding once: 1.3749997 is 1.375 in the file, and 1.38 from there."""
    tiers = made_up.county()
    tiers.loc[tiers["area"] == "A001", "value"] = 1.3749997
    (view,) = page_numbers.embedded(render(made_up.publication(tiers, map_svg="")))[
        "views"
    ].values()
    assert [row["value"] for row in view["rows"] if row["area"] == 0] == ["1.38"]


def change(drug: str, area: str, ratio: float, **given: Any) -> dict[str, Any]:
    return {"drug": drug, "round_before": "2018Q1", "round_after": "2018Q2", "area": area,
            "name": area, "tier_before": "general", "tier_after": "severe", "outcome": "moved",
            "reason": "", "p": 0.01, "ratio": ratio, "lower": ratio / 2, "upper": ratio * 2,
            "detectable": 3.0, "n_kept": 4, **given}  # fmt: skip


def test_changes_stand_under_their_drug(made_up: Any, tiers: Any) -> None:
    table = pd.DataFrame(
        [
            change("methamphetamine", "A002", 4.0),
            change("cocaine", "A001", 0.2),
            change("opium", "A001", 9.0),
        ]
    )
    publication = made_up.publication(tiers, map_svg="", changes=table)
    data = page_numbers.embedded(render(publication))
    said = {key: [row for one in own for row in one["rows"]]
            for key, own in data["changes"].items()}  # fmt: skip
    assert {key: [(row[0], row[5]) for row in rows] for key, rows in said.items()} == {
        "0": [("A001", "0.200")], "1": [("A002", "4.00")],
    }  # fmt: skip
    assert "A001" in data["changes"]["0"][0]["sentences"][0]


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
