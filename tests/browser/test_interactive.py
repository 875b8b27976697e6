"""The page under a reader's hands: choosing, pointing, sorting, tabbing, printing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nasty
import page_numbers
import pypdf
import pytest

from wbe.plot import words
from wbe.plot.outlines import outlines
from wbe.report import figures, render

DRUGS, ROUNDS = ("methamphetamine", "cocaine"), ("2018Q1", "2018Q2")


def written(path: Path, made_up: Any, language: str, *, geometry: bool = True) -> Path:
    tiers = made_up.county(language, drugs=DRUGS, rounds=ROUNDS)
    for i, name in enumerate(nasty.NAMES[:4]):
        tiers.loc[tiers["area"] == f"A{10 + i:03d}", "name"] = name
    given: dict[str, Any] = {
        "outlines": outlines(tiers if geometry else tiers.drop(columns="geometry"))
    }
    if not geometry:
        given["map_svg"] = ""
        given["figures"] = figures(
            tiers, dict(tiers.attrs), language, title="Synthetic", has_map=False
        )
    path.write_text(render(made_up.publication(tiers, language, **given)), encoding="utf-8",
                    newline="\n")  # fmt: skip
    return path


@pytest.fixture(scope="module")
def english(made_up: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("page") / "en.html", made_up, "en")


@pytest.fixture(scope="module")
def chinese(made_up: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("page") / "zh.html", made_up, "zh")


def data_of(path: Path) -> dict[str, Any]:
    return page_numbers.embedded(path.read_text(encoding="utf-8"))


def choose(page: Any, drug: int, round_: int) -> None:
    page.select_option("#choose-drug", str(drug))
    page.select_option("#choose-round", str(round_))


def cells(page: Any) -> list[list[str]]:
    rows = "[...document.querySelectorAll('#live-table tbody tr')]"
    found: list[list[str]] = page.evaluate(f"{rows}.map(r => [...r.cells].map(c => c.textContent))")
    return found


def fills(page: Any) -> dict[str, str]:
    found: dict[str, str] = page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('.area')]"
        ".map(a => [a.dataset.area, a.firstElementChild.getAttribute('fill')]))"
    )
    return found


def test_every_choice_shows_its_own_numbers_in_table_map_and_sentences(
    driven: Any, english: Path
) -> None:
    data = data_of(english)
    shown = set()
    with driven.visit(english) as page:
        for key, view in data["views"].items():
            choose(page, *map(int, key.split(".")))
            table = cells(page)
            for line, row in zip(table, view["rows"], strict=True):
                blank = [""] * 3
                assert line[0] == row.get("rank", "")
                assert line[1] == data["areas"][row["area"]]
                assert line[3:] == [
                    row.get("value", ""), row.get("interval", ""), *row.get("chances", blank),
                    row.get("ranks", ""), *row.get("counts", blank), row.get("remarks", ""),
                ]  # fmt: skip
            expected = {str(r["area"]): f"url(#h{r['tier']}-{r.get('step', 0)})"
                        for r in view["rows"]}  # fmt: skip
            assert fills(page) == expected
            assert page.inner_text("#status") == view["status"]
            assert page.inner_text("#live-found").split("\n\n") == view["found"]
            assert view["subtitle"] in page.inner_text("#live-subtitle")
            legend = page.locator("#live-tiers li").all_text_contents()
            assert legend == [text for _, text in view["legend"]]
            shown.add((str(table), str(expected)))
    assert len(shown) == len(data["views"]) == 4


def test_pointing_at_an_area_shows_its_tier_value_interval_and_counts(
    driven: Any, english: Path
) -> None:
    data = data_of(english)
    with driven.visit(english) as page:
        choose(page, 0, 1)
        rows = {row["area"]: row for row in data["views"]["0.1"]["rows"]}
        assert page.is_visible("#card-hint")
        for i in (0, 5):
            page.locator(f'.area[data-area="{i}"]').hover()
            card = page.inner_text("#card")
            for part in (data["areas"][i], "value", "interval", "chance", "text"):
                assert rows[i].get(part, part) in card
            for count in rows[i]["counts"]:
                assert re.search(rf"\b{count}\b", card)
        page.locator('.area[data-area="7"]').hover()  # suppressed: a reason, no number
        facts = page.inner_text("#card-facts")
        assert "Suppressed" in facts and not re.search(r"\d", facts)


NAME_OF_FOCUS = """(() => {
  const here = document.activeElement;
  return here.id || (here.className.baseVal ?? "") || here.tagName;
})()"""


def test_keys_reach_everything_and_say_what_a_pointer_shows(driven: Any, english: Path) -> None:
    with driven.visit(english) as page:
        reached = []
        for _ in range(80):
            page.keyboard.press("Tab")
            reached.append(page.evaluate(NAME_OF_FOCUS))
            if reached[-1] == "area":
                page.keyboard.press("ArrowRight")
                name = page.inner_text("#card-name")
                said = page.evaluate("document.activeElement.getAttribute('aria-label')")
                assert said.startswith(name) and page.inner_text("#card-facts dd >> nth=2") in said
                page.keyboard.press("End")
                assert page.inner_text("#card-name") != name
                page.keyboard.press("Escape")
                assert page.is_visible("#card-hint")
            if reached[-1] == "BODY":
                break
        assert reached[0] == "A"  # the way past everything before the content
        for wanted in ("choose-drug", "choose-round", "area", "show-still"):
            assert reached.count(wanted) == 1, wanted
        assert reached.count("BUTTON") >= 13
        # the choice itself, without a pointer
        page.focus("#choose-drug")
        before = page.inner_text("#status")
        page.keyboard.press("ArrowUp")
        page.keyboard.press("Enter")
        assert page.inner_text("#status") != before


def test_focus_is_seen(driven: Any, english: Path) -> None:
    with driven.visit(english) as page:
        page.focus("#choose-drug")
        page.keyboard.press("Tab")
        style = page.evaluate("getComputedStyle(document.activeElement).outlineStyle + ' ' +"
                              "getComputedStyle(document.activeElement).outlineWidth")  # fmt: skip
        assert style == "solid 3px"


def column(page: Any, index: int) -> list[str]:
    return [line[index] for line in cells(page)]


def test_numbers_sort_as_numbers_tiers_by_tier_and_blanks_come_last(
    driven: Any, english: Path
) -> None:
    with driven.visit(english) as page:
        heads = page.locator("#live-table thead th")
        for index in (0, 3, 5):
            for state, factor in (("ascending", 1), ("descending", -1)):
                if (index, state) != (0, "ascending"):  # as it stands
                    heads.nth(index).locator("button").click()
                assert heads.nth(index).get_attribute("aria-sort") == state
                found = column(page, index)
                numbers = [float(text) for text in found if text]
                assert numbers == sorted(numbers, key=lambda x: factor * x)
                assert len(numbers) > 5 and found[len(numbers) :] == [""] * (13 - len(numbers))
        heads.nth(2).locator("button").click()
        tiers = [text.split(" (")[0] for text in column(page, 2)]
        order = ("General", "Moderate", "Severe", "Insufficient data", "Suppressed")
        assert tiers == sorted(tiers, key=order.index)
        assert page.locator("#live-table [aria-sort]").count() == 1
        choose(page, 0, 0)  # another choice stays sorted
        tiers = [text.split(" (")[0] for text in column(page, 2)]
        assert tiers == sorted(tiers, key=order.index)


def test_names_that_are_markup_are_text_wherever_they_are_shown(driven: Any, english: Path) -> None:
    with driven.visit(english) as page:
        choose(page, 0, 0)
        table = {line[1] for line in cells(page)}
        assert {words.clean(name) for name in nasty.NAMES[:4]} <= table
        page.locator('.area[data-area="9"]').focus()
        assert page.inner_text("#card-name") == nasty.NAMES[0]
        assert page.locator("img, iframe, script").count() == 2
        assert page.title() == "Synthetic county, wastewater round"


def test_script_of_anybody_else_is_refused(driven: Any, english: Path, tmp_path: Path) -> None:
    """Negative control: an added script does not run, nor does text become markup."""
    page = english.read_text(encoding="utf-8")
    bad = tmp_path / "bad.html"
    bad.write_text(page.replace("</body>", "<script>document.title='run'</script></body>"),
                   encoding="utf-8")  # fmt: skip
    with (
        pytest.raises(AssertionError, match="Content Security Policy"),
        driven.visit(bad) as opened,
    ):
        assert opened.title() != "run"
    with (
        pytest.raises(AssertionError, match="TrustedHTML"),
        driven.visit(english) as opened,
    ):
        tried = "try { document.body.innerHTML = '<b>x</b>'; 'done' } catch (e) { e.name }"
        assert opened.evaluate(tried) == "TypeError"


def test_without_script_the_page_shows_the_mapped_round_whole(driven: Any, english: Path) -> None:
    with driven.visit(english, java_script_enabled=False) as page:
        assert page.is_visible("#still-map svg") and page.is_visible("#areas-table")
        assert not page.locator(".moving:visible").count()
    with driven.visit(english) as page:
        assert not page.locator(".still:visible").count()
        page.click("#show-still")
        assert page.is_visible("#still-map svg")
        assert page.get_attribute("#show-still", "aria-expanded") == "true"


def test_without_geometry_tiles_take_the_place_of_the_map(
    driven: Any, made_up: Any, tmp_path: Path
) -> None:
    path = written(tmp_path / "tiles.html", made_up, "en", geometry=False)
    with driven.visit(path) as page:
        before = fills(page)
        choose(page, 0, 0)
        assert fills(page) != before
        page.locator('.area[data-area="0"]').hover()
        assert page.inner_text("#card-name") == "Alder"
        chances = page.eval_on_selector_all("[data-chance]", "all => all.map(t => t.textContent)")
        assert len([text for text in chances if re.fullmatch(r"[01]\.\d+", text)]) == 11


def test_phone_shows_everything_within_its_width_and_large_enough_to_touch(
    driven: Any, chinese: Path
) -> None:
    with driven.visit(chinese, width=390, has_touch=True, is_mobile=True) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        for control in page.locator("select:visible, button:visible").all():
            assert control.bounding_box()["height"] >= 43.9
        box = page.locator("#live-map").bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390
        page.locator('.area[data-area="2"]').tap()
        assert page.inner_text("#card-name") == made_name(chinese, 2)


def made_name(path: Path, i: int) -> str:
    return str(data_of(path)["areas"][i])


def test_chinese_has_a_glyph_for_every_letter_that_the_script_can_show(
    driven: Any, chinese: Path
) -> None:
    """All text is set in the embedded font alone: no letter comes from the machine's fonts."""
    with driven.visit(chinese) as page:
        session = page.context.new_cdp_session(page)
        session.send("DOM.enable")
        session.send("CSS.enable")
        for key in data_of(chinese)["views"]:
            choose(page, *map(int, key.split(".")))
            root = session.send("DOM.getDocument")["root"]["nodeId"]
            for selector in (
                "#live-found",
                "#live-sure",
                "#live-table",
                "#live-tiers",
                ".names",
                "h1",
            ):
                node = session.send("DOM.querySelector", {"nodeId": root, "selector": selector})
                used = session.send("CSS.getPlatformFontsForNode", {"nodeId": node["nodeId"]})
                assert {f["isCustomFont"] for f in used["fonts"]} <= {True}, used
        assert page.get_attribute("html", "lang") == "zh-CN"


A4 = 688  # width between the margins [px]


def test_print_is_the_mapped_round_whatever_is_chosen_and_no_table_is_cut(
    driven: Any, english: Path, tmp_path: Path
) -> None:
    data = data_of(english)
    with driven.visit(english, width=A4) as page:
        choose(page, 0, 0)
        page.emulate_media(media="print")
        assert not page.locator(".moving:visible, nav:visible, button:visible").count()
        assert page.is_visible("#still-map svg") and page.is_visible("#areas-table")
        assert page.evaluate("document.documentElement.scrollWidth") <= A4
        page.emulate_media(media="null")
        page.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True)
    sheets = printed(tmp_path / "page.pdf")
    assert len(sheets) >= 3
    assert all("not grounds for search" in sheet for sheet in sheets)
    whole = " ".join(sheets)
    assert "Methamphetamine, 2018Q2" in whole and "Contents" not in whole
    for row in data["views"][".".join(map(str, data["mapped"]))]["rows"]:
        if "interval" in row:  # a line is on one sheet, with its name
            place = row["area"]
            name = data["areas"][place].split()[0] if place < 9 else ""  # longer ones are broken
            assert any(name in sheet and row["interval"] in sheet for sheet in sheets)


def test_heads_of_a_table_longer_than_a_sheet_are_printed_on_each(
    driven: Any, made_up: Any, tmp_path: Path
) -> None:
    path = tmp_path / "cities.html"
    path.write_text(render(made_up.publication(made_up.cities(100), map_svg="")), encoding="utf-8")
    with driven.visit(path) as page:
        page.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True)
    holding = [s for s in printed(tmp_path / "page.pdf") if len(re.findall(r"\d City \d", s)) > 3]
    assert len(holding) >= 3
    assert all(re.search(r"Rank Area\s+Tier", sheet) for sheet in holding)


def printed(path: Path) -> list[str]:
    """The text of every sheet; nothing on it begins outside the margins."""
    sheets = []
    for sheet in pypdf.PdfReader(path).pages:
        at: list[float] = []

        def place(text: str, cm: Any, tm: Any, *_: Any, at: list[float] = at) -> None:
            if text.strip():
                at.append(tm[4] * cm[0] + cm[4])

        sheets.append(" ".join(sheet.extract_text(visitor_text=place).split()))
        assert min(at) > 35 and max(at) < float(sheet.mediabox.width) - 35
    return sheets


def test_page_has_landmarks_and_a_live_region(driven: Any, english: Path) -> None:
    with driven.visit(english) as page:
        for role in ("banner", "main", "navigation"):
            assert page.get_by_role(role).count() == 1, role
        status = page.get_by_role("status")
        assert status.get_attribute("aria-live") == "polite"
        assert page.get_by_label("Drug", exact=True).count() == 1
        unnamed = page.evaluate(
            "[...document.querySelectorAll('[role=region], select, button, nav')]"
            ".filter(e => !(e.getAttribute('aria-label') || e.textContent.trim())).length"
        )
        assert unnamed == 0
