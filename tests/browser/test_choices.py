"""What another choice of drug and round changes: card, tables, pictures, changes, the offer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import page_numbers
import pandas as pd
import pytest

from wbe.plot.outlines import outlines
from wbe.report import render

COCAINE, KETAMINE, METH = range(3)
FIRST, SECOND = range(2)
PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9"/></svg>'
)


def change(area: str, drug: str, ratio: float) -> dict[str, Any]:
    return {"drug": drug, "round_before": "2018Q1", "round_after": "2018Q2", "area": area,
            "name": f"Town {area}", "tier_before": "general", "tier_after": "severe",
            "outcome": "moved", "reason": "", "p": 0.01, "ratio": ratio, "lower": ratio / 2,
            "upper": ratio * 2, "detectable": 3.0, "n_kept": 4}  # fmt: skip


def table(made_up: Any) -> Any:
    """Three drugs; ketamine in the first round alone, and below its limit in three areas."""
    drugs = ("cocaine", "ketamine", "methamphetamine")
    tiers = made_up.county(drugs=drugs, rounds=("2018Q1", "2018Q2"))
    attrs, own = tiers.attrs, tiers["drug"] == "ketamine"
    empty = ["value", "lower", "rank", "rank_lower", "rank_upper"]
    for area, upper in (("A001", 12.0), ("A003", 3.0), ("A006", 112.0)):
        bounded = own & (tiers["area"] == area)
        tiers.loc[bounded, ["tier", "flags", "resolved", "upper"]] = [
            "",
            "bounds_only",
            False,
            upper,
        ]
        tiers.loc[bounded, [*empty, *(f"p_{label}" for label in attrs["labels"])]] = float("nan")
    kept = tiers[~(own & (tiers["round"] == "2018Q2"))].reset_index(drop=True)
    kept.attrs = attrs
    return kept


@pytest.fixture(scope="module")
def path(made_up: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    tiers = table(made_up)
    changes = pd.DataFrame([change("A002", "cocaine", 4.0), change("A001", "methamphetamine", 0.2),
                            change("A003", "cocaine", 8.0)])  # fmt: skip
    drawn = dict.fromkeys(("ranks", "history"), PICTURE)
    found = tmp_path_factory.mktemp("choices") / "page.html"
    text = render(made_up.publication(tiers, map_svg="", outlines=outlines(tiers), changes=changes,
                                      figures=drawn))  # fmt: skip
    found.write_text(text, encoding="utf-8", newline="\n")
    return found


@pytest.fixture(scope="module")
def data(path: Path) -> dict[str, Any]:
    return page_numbers.embedded(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def page(driven: Any, path: Path) -> Iterator[Any]:
    """One page for all tests: each makes its own choice first."""
    with driven.visit(path) as opened:
        yield opened


def choose(page: Any, drug: int, round_: int) -> None:
    page.select_option("#choose-drug", str(drug))
    page.select_option("#choose-round", str(round_))


def texts(page: Any, selector: str) -> list[list[str]]:
    found: list[list[str]] = page.eval_on_selector_all(
        selector, "rows => rows.map(row => [...row.cells].map(cell => cell.innerText))"
    )
    return found


def row_of(data: dict[str, Any], view: str, area: int) -> dict[str, Any]:
    (found,) = [row for row in data["views"][view]["rows"] if row["area"] == area]
    return found


def test_the_card_names_every_fact_and_follows_the_choice(page: Any, data: dict[str, Any]) -> None:
    choose(page, COCAINE, FIRST)
    page.locator('.area[data-area="2"]').hover()
    seen = []
    for key in ("0.0", "2.1"):
        choose(page, *map(int, key.split(".")))
        row = row_of(data, key, 2)
        heads = page.locator("#card-facts dt").all_text_contents()
        facts = dict(zip(heads, page.locator("#card-facts dd").all_text_contents(), strict=True))
        unit = " mg/day/1000 inhabitants"
        assert facts["Value"] == row["value"] + unit
        assert facts["95 % interval"] == row["interval"] + unit
        assert facts["Probability P of this tier"] == row["chance"]
        assert facts["Tier"] == row["text"] + (" (not certain)" if row.get("unsure") else "")
        assert [facts[k] for k in ("Sites", "Samples", "Non-detects")] == ["5", "10", "2"]
        seen.append(facts)
    assert seen[0] != seen[1]
    assert page.get_attribute("#ring", "d") == page.get_attribute('.area[data-area="2"] path', "d")
    page.locator('.area[data-area="2"]').focus()
    page.keyboard.press("Escape")
    assert page.get_attribute("#ring", "d") == ""


def test_a_round_that_a_drug_lacks_cannot_be_chosen(page: Any, data: dict[str, Any]) -> None:
    choose(page, METH, SECOND)
    page.select_option("#choose-drug", str(KETAMINE))
    assert page.input_value("#choose-round") == str(FIRST)
    assert page.locator("#choose-round option:disabled").all_text_contents() == ["2018Q2"]
    assert page.inner_text("#status") == data["views"]["1.0"]["status"]
    page.select_option("#choose-drug", str(METH))
    assert page.locator("#choose-round option:disabled").count() == 0


def test_tables_of_rounds_and_other_drugs_hold_the_rows_of_the_choice(
    page: Any, data: dict[str, Any]
) -> None:
    def expected(view: str, area: int) -> str:
        row = row_of(data, view, area)
        text = row["text"] + (" (not certain)" if row.get("unsure") else "")
        interval = f" ({row['interval']})" if "interval" in row else ""
        return text + (f"\n{row['value']}{interval}" if "value" in row else "")

    choose(page, COCAINE, SECOND)
    for target, heads, views in (
        ("#live-rounds", ["Area", "2018Q1", "2018Q2"], ["0.0", "0.1"]),
        ("#live-drugs", ["Area", "Methamphetamine · mg/day/1000 inhabitants"], ["2.1"]),
    ):
        assert texts(page, f"{target} thead tr") == [heads]
        assert texts(page, f"{target} tbody tr") == [
            [name, *(expected(view, data["areas"].index(name)) for view in views)]
            for name in sorted(data["areas"])
        ]
    assert "Cocaine" in page.inner_text("#s-rounds")


def test_changes_are_those_of_the_chosen_drug(page: Any) -> None:
    rows = "#live-changes tbody tr"
    choose(page, COCAINE, SECOND)
    assert [(r[0], r[5]) for r in texts(page, rows)] == [
        ("Town A002", "4.00"),
        ("Town A003", "8.00"),
    ]
    assert page.locator("#live-changes h3").all_text_contents() == ["2018Q1 to 2018Q2"]
    choose(page, METH, SECOND)
    assert [(r[0], r[5]) for r in texts(page, rows)] == [("Town A001", "0.200")]
    choose(page, KETAMINE, FIRST)
    assert texts(page, rows) == []


def test_pictures_of_another_choice_are_hidden_and_a_sentence_says_so(page: Any) -> None:
    for drug, round_, ranks, history in (
        (METH, SECOND, True, True), (METH, FIRST, False, True), (COCAINE, SECOND, False, False),
    ):  # fmt: skip
        choose(page, drug, round_)
        for part, there in ((".of-mapped", ranks), (".of-drug", history)):
            assert page.is_visible(part) == there
            assert page.is_visible(f"{part} + .else") != there


def test_signs_of_tiers_are_those_of_the_map(page: Any, data: dict[str, Any]) -> None:
    choose(page, METH, FIRST)
    view = data["views"]["2.0"]
    signs = page.eval_on_selector_all("#live-table tbody .swatch", "s => s.map(x => x.className)")
    assert signs == [f"swatch c{row['tier']}{' unsure' if row.get('unsure') else ''}"
                     for row in view["rows"]]  # fmt: skip
    said = page.locator("#live-table tbody .tier").all_text_contents()
    assert [text.endswith("(not certain)") for text in said] == [
        bool(row.get("unsure")) for row in view["rows"]
    ]
    fills = "rects => rects.map(rect => rect.getAttribute('fill'))"
    assert page.eval_on_selector_all("#live-tiers rect", fills) == [
        f"url(#h{i}-0)" for i, _ in view["legend"]
    ]
    assert page.eval_on_selector_all("#live-doubt rect", fills) == [
        f"url(#s-{step})" for step, _ in view["doubt"]
    ]


def test_bounds_sort_after_numbers_by_size(page: Any) -> None:
    choose(page, KETAMINE, FIRST)
    page.locator("#live-table thead th").nth(3).locator("button").click()
    values = [line[3] for line in texts(page, "#live-table tbody tr")]
    numbers = [float(text) for text in values if re.fullmatch(r"[\d.]+", text)]
    assert numbers == sorted(numbers) and len(numbers) > 5
    assert values[len(numbers) :] == ["< 3.00", "< 12.0", "< 112", "", ""]


def test_arrows_go_round_the_map_and_one_area_is_a_stop(page: Any) -> None:
    here = "document.activeElement.dataset.area"
    page.locator('.area[data-area="0"]').focus()
    for key, area in (("ArrowLeft", "12"), ("ArrowRight", "0"), ("ArrowDown", "1"),
                      ("End", "12"), ("ArrowUp", "11"), ("Home", "0")):  # fmt: skip
        page.keyboard.press(key)
        assert page.evaluate(here) == area
        stops = page.locator('.area[tabindex="0"]')
        assert [stop.get_attribute("data-area") for stop in stops.all()] == [area]


BOXES = """labels => labels.filter(x => x.style.visibility !== "hidden").map(x => {
  const box = x.getBBox(), size = parseFloat(getComputedStyle(x).fontSize);
  const lines = [...x.children].filter(line => line.textContent).length;
  return {x: box.x, y: box.y, right: box.x + box.width, down: box.y + box.height,
          spaced: box.height >= size * lines};
})"""


@pytest.mark.parametrize("tiles", [False, True])
def test_names_on_the_map_of_a_phone_cover_neither_each_other_nor_their_own_lines(
    driven: Any, made_up: Any, tmp_path: Path, tiles: bool
) -> None:
    tiers = table(made_up)
    shapes = outlines(tiers.drop(columns="geometry") if tiles else tiers)
    file = tmp_path / "page.html"
    file.write_text(
        render(made_up.publication(tiers, map_svg="", outlines=shapes)), encoding="utf-8"
    )
    with driven.visit(file, width=390) as page:
        boxes = page.eval_on_selector_all("#live-map .label", BOXES)
    assert len(boxes) == 13 if tiles else len(boxes) > 8
    assert all(box["spaced"] for box in boxes)
    for i, a in enumerate(boxes):
        for b in boxes[:i]:
            assert (
                a["x"] >= b["right"] or b["x"] >= a["right"] or a["y"] >= b["down"]
                or b["y"] >= a["down"]
            )  # fmt: skip
