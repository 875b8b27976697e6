"""The page: complete, escaped, self-contained, and open about what it does not know."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from wbe.errors import UsageError
from wbe.plot import words
from wbe.report import embedded, render, selection, views


class Seen(HTMLParser):
    """Tags, attributes and visible text of a page."""

    def __init__(self, page: str):
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text, self._hidden = "", 0
        self.feed(page)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, dict(attrs)))
        self._hidden += tag in ("style", "title", "script")
        self.text += " "

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("style", "title", "script")
        self.text += " "

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.text += data


@pytest.fixture(scope="module")
def page(made_up: Any) -> str:
    tiers = made_up.county(drugs=("methamphetamine", "cocaine"), rounds=("2018Q1", "2018Q2"))
    return render(made_up.publication(tiers))


def test_order_is_the_one_a_reader_asks_in(page: str) -> None:
    heads = [head.rstrip(": ") for head in re.findall(r"<h2[^>]*>([^<]*)<", page)]
    assert heads == [
        "What was found", "How sure this is", "Map of tiers", "Areas by estimate",
        "Same drug, all rounds", "Other substances", "How to read the tiers", "Method", "Factors",
        "Findings about the input", "Record of the run",
    ]  # fmt: skip


def test_headings_step_down_one_level_at_a_time_and_contents_lead_to_them(page: str) -> None:
    levels = [int(level) for level in re.findall(r"<h([1-6])[ >]", page)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))
    ids = set(re.findall(r' id="([^"]+)"', page))
    assert set(re.findall(r'<a[^>]* href="#([^"]+)"', page)) <= ids


def test_page_loads_nothing_and_runs_its_own_script_alone(page: str) -> None:
    seen = Seen(page)
    policy = next(a["content"] for t, a in seen.tags if a.get("http-equiv"))
    assert policy is not None and policy.startswith("default-src 'none'")
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", page, re.S)
    assert [kind for kind, _ in scripts] == [' type="application/json" id="data"', ""]
    digest = base64.b64encode(hashlib.sha256(scripts[1][1].encode()).digest()).decode()
    assert re.findall(r"script-src ([^;]*);", policy) == [f"'sha256-{digest}'"]
    for _, attributes in seen.tags:
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("src", "href", "xlink:href", "data", "action"):
            assert (attributes.get(name) or "#").startswith(("#", "data:"))
    shown = page.replace("http://www.w3.org/2000/svg", "")  # the name of a language, not a place
    assert re.findall(r"https?://|url\((?!#|data:|&#34;|\$|#)|@import", shown) == []


def test_script_sets_text_and_never_markup() -> None:
    unsafe = (
        r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|Function\(|fetch\(|import\("
    )
    assert re.findall(unsafe, embedded.script()) == []
    assert "</" not in embedded.script() and "<!--" not in embedded.script()


def test_findings_name_areas_in_the_order_of_the_alphabet_without_ranking_words(
    page: str, made_up: Any
) -> None:
    seen = Seen(page)
    tiers = made_up.county(rounds=("2018Q1", "2018Q2"))
    rows = tiers[tiers["round"] == "2018Q2"]
    severe = sorted(rows.loc[rows["tier"] == "severe", "name"])
    expected = (
        f"Severe (> 60 mg/day/1000 inhabitants): {len(severe)} of 13 areas ({', '.join(severe)})."
    )
    assert expected in seen.text
    assert re.findall(r"\b(worst|best|top|winner|league|hot ?spots?)\b", seen.text, re.I) == []


def test_numbers_are_those_of_the_table_at_three_figures(made_up: Any) -> None:
    tiers = made_up.county()
    seen = Seen(render(made_up.publication(tiers, map_svg="")))
    for row in tiers[tiers["tier"] != ""].itertuples():
        low, high = words.number(row.lower), words.number(row.upper)
        name = re.escape(row.name)
        assert re.search(rf"{name} .{{0,40}}? {words.number(row.value)} {low} – {high} ", seen.text)


def test_doubt_is_said_in_words(made_up: Any) -> None:
    tiers = made_up.county()
    seen = Seen(render(made_up.publication(tiers)))
    sure = int(tiers["resolved"].sum())
    assert f"The tier is certain (probability at least 0.9) in {sure} of 11 areas" in seen.text
    assert seen.text.count("(not certain)") == 11 - sure


def test_without_draws_nothing_is_called_certain(made_up: Any) -> None:
    tiers = made_up.county().assign(flags="no_draws", resolved=False, lower=np.nan, upper=np.nan)
    seen = Seen(render(made_up.publication(tiers)))
    assert "no tier is certain" in seen.text
    assert "P is the probability" not in seen.text


def test_suppressed_area_shows_no_number_even_if_the_table_holds_one(made_up: Any) -> None:
    tiers = made_up.county()
    columns = ["value", "lower", "upper", "rank", "n_sites"]
    tiers.loc[7, columns] = [98765.0, 91234.0, 99123.0, 1, 77]
    seen = Seen(render(made_up.publication(tiers, map_svg="")))
    for digits in ("98800", "98765", "91200", "91234", "99100", "77"):
        assert not re.search(rf"\b{digits}\b", seen.text)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_markup_in_any_text_is_shown_as_text(made_up: Any, language: str) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }}"
    tiers = made_up.county(language)
    tiers.loc[0, "name"] = evil
    tiers.loc[2, "flags"] = evil
    content = render(made_up.publication(
        tiers, language, title=evil, notes=[evil], references=[evil], generated=evil,
        audience="internal", purpose=evil, approval=evil, findings=[{evil: evil}],
        sites=tiers[["area", "name"]], run={"seed": evil, "config": {evil: evil}},
    ))  # fmt: skip
    seen = Seen(content)
    tags = [tag for tag, _ in seen.tags]
    assert tags.count("script") == 2 and "img" not in tags
    assert seen.text.count("<script>alert(1)</script>") >= 10
    assert "49" not in re.findall(r"\d+", seen.text.partition("{{")[0])


def test_public_page_refuses_sites_and_single_findings(made_up: Any) -> None:
    tiers = made_up.county()
    with pytest.raises(UsageError, match="areas only"):
        made_up.publication(tiers, sites=tiers[["area"]])
    with pytest.raises(UsageError, match="areas only"):
        made_up.publication(tiers, findings=[{"site": "S1"}])


def test_internal_page_needs_and_repeats_purpose_and_approval(made_up: Any) -> None:
    tiers = made_up.county()
    with pytest.raises(UsageError, match="purpose and approval"):
        made_up.publication(tiers, audience="internal", purpose="Planning")
    with pytest.raises(UsageError, match="audience"):
        made_up.publication(tiers, audience="everybody")
    content = render(made_up.publication(
        tiers, audience="internal", purpose="Planning of care", approval="Health office 7",
        sites=tiers[["area"]].assign(site="S9", value=12.3456),
    ))  # fmt: skip
    running = re.search(r'<thead><tr><th>\s*<header class="band">(.*?)</thead>', content, re.S)
    assert running is not None
    for words_ in ("Planning of care", "Health office 7", "not for publication"):
        assert words_ in running.group(1)
    assert "S9 A001" in Seen(content).text or "A001 S9 12.3" in Seen(content).text


def test_every_printed_page_carries_the_disclaimer(page: str) -> None:
    running = re.search(r'<thead><tr><th>\s*<header class="band">(.*?)</thead>', page, re.S)
    assert running is not None
    assert "not grounds for search or action against any person or place" in running.group(1)
    assert "Synthetic data" in running.group(1)


def test_chinese_page_is_chinese_and_brings_its_font(made_up: Any) -> None:
    content = render(made_up.publication(made_up.county("zh"), "zh"))
    assert '<html lang="zh-CN">' in content
    heads = re.findall(r"<h[23][^>]*>([^<]*)<", content)
    assert [h for h in heads if not re.search("[\u4e00-\u9fff]", h)] == []
    assert len(content) < 1_000_000
    assert embedded_characters(content) >= set("惠来滘埗甲基苯丙胺") - {"来"}


def embedded_characters(content: str) -> set[str]:
    import base64
    import io

    from fontTools.ttLib import TTFont

    found = re.search(r"data:font/woff;base64,([A-Za-z0-9+/=]+)", content)
    assert found is not None
    font = TTFont(io.BytesIO(base64.b64decode(found.group(1))))
    return {chr(code) for code in font.getBestCmap()}


def test_english_page_embeds_a_font_only_for_chinese_names(made_up: Any, page: str) -> None:
    assert "font/woff" not in page
    tiers = made_up.county("zh")
    content = render(made_up.publication(tiers, title="Synthetic"))
    found = embedded_characters(content)
    assert "滘" in found
    assert "a" not in found


def test_rendering_repeats_byte_for_byte(made_up: Any) -> None:
    tiers = made_up.county("zh")
    assert render(made_up.publication(tiers, "zh")) == render(made_up.publication(tiers, "zh"))


def test_time_of_the_run_is_printed_only_where_asked_for(made_up: Any) -> None:
    tiers = made_up.county()
    assert "2030-01-01" not in render(made_up.publication(tiers))
    assert "2030-02-02" in render(made_up.publication(tiers, generated="2030-02-02"))


def test_large_svg_gives_way_to_the_png(made_up: Any) -> None:
    tiers = made_up.county()
    large = made_up.drawn(tiers).replace("</svg>", "<desc>" + "x" * 800_000 + "</desc></svg>")
    content = render(made_up.publication(tiers, map_svg=large, map_png=b"\x89PNG made up"))
    assert '<img src="data:image/png;base64,' in content
    assert "<svg" not in content


def test_page_without_map_says_so(made_up: Any) -> None:
    content = render(made_up.publication(made_up.county(), map_svg=""))
    assert "No map: the areas have no geometry." in content


@pytest.mark.parametrize(
    "inside",
    ["<script>1</script>", '<path onload="x()"/>', '<use href="http://made.up/x"/>',
     "<foreignObject/>", '<image href="#a"/>'],
)  # fmt: skip
def test_svg_that_could_act_is_refused(made_up: Any, inside: str) -> None:
    svg = f'<svg xmlns="http://www.w3.org/2000/svg">{inside}</svg>'
    with pytest.raises(UsageError, match="SVG"):
        render(made_up.publication(made_up.county(), map_svg=svg))


def test_table_of_the_caller_is_left_as_it_was(made_up: Any) -> None:
    publication = made_up.publication(made_up.county(), map_svg="")
    publication.tiers.attrs = {"kept": 1}
    columns = list(publication.tiers.columns)
    render(publication)
    assert publication.tiers.attrs == {"kept": 1}
    assert list(publication.tiers.columns) == columns


def test_other_drugs_say_where_they_differ(made_up: Any) -> None:
    tiers = made_up.county(drugs=("methamphetamine", "cocaine"), rounds=("2018Q1", "2018Q2"))
    later = (tiers["drug"] == "cocaine") & (tiers["round"] == "2018Q2")
    tiers = tiers[~later].reset_index(drop=True)
    tiers.loc[tiers["drug"] == "cocaine", ["quantity", "unit"]] = ["concentration", "ng/L"]
    text = Seen(render(made_up.publication(tiers))).text
    assert "Cocaine · 2018Q1 · concentration · ng/L" in text


def test_page_of_a_hundred_cities_stays_small(made_up: Any) -> None:
    assert len(render(made_up.publication(made_up.cities(100)))) < 500_000


def test_area_with_bounds_only_shows_its_bound(made_up: Any) -> None:
    tiers = made_up.county()
    tiers.loc[4, ["flags", "lower", "upper"]] = ["bounds_only;bounds_cross_break", 0.123, 45.678]
    tiers.loc[4, ["n_samples", "n_censored"]] = [6, 6]
    text = Seen(render(made_up.publication(tiers, map_svg=""))).text
    assert re.search(r"Elm Hill Below a limit, bounds only < 45\.7", text)
    assert "0.123" not in text


def test_area_with_too_little_data_shows_no_value(made_up: Any) -> None:
    tiers = made_up.county()
    tiers.loc[4, ["value", "rank", "p_general"]] = [98765.0, 1.0, 0.777]
    text = Seen(render(made_up.publication(tiers, map_svg=""))).text
    assert "Elm Hill Insufficient data 5 10" in text
    assert "98800" not in text
    assert "0.78" not in text


def sure(tiers: Any, language: str = "en") -> str:
    (rows,) = selection.by_view(words.bare(tiers)).values()
    return " ".join(views.how_sure(rows, "0.95", language))


@pytest.mark.parametrize(
    ("language", "said"), [("en", "about 1.4 times as high"), ("zh", "所列数值的1.4倍")]
)
def test_what_the_county_model_takes_off_the_highest_area_is_printed(
    made_up: Any, language: str, said: str
) -> None:
    tiers = made_up.county(language)
    drug, round_ = (str(tiers[c].iloc[0]) for c in ("drug", "round"))
    assert said not in Seen(render(made_up.publication(tiers, language, map_svg=""))).text
    tiers.attrs["understated"] = {drug: {round_: 0.37, "another": 2.0}}
    assert said in Seen(render(made_up.publication(tiers, language, map_svg=""))).text


def test_without_any_tier_the_page_says_so_with_the_commonest_reason(made_up: Any) -> None:
    tiers = made_up.county().assign(tier="", resolved=False, flags="too_few_areas")
    tiers.loc[3, "flags"] = "no_data"
    said = sure(tiers)
    assert "No area has a tier." in said
    assert "too few areas to find breaks (12 of 13)" in said
    assert "没有区域有等级" in sure(tiers, "zh")
    assert "In none of the 0" not in said


def test_one_area_is_written_in_the_singular(made_up: Any) -> None:
    tiers = made_up.county()
    one = tiers.iloc[:1].assign(resolved=True)
    one.attrs = tiers.attrs
    text = Seen(render(made_up.publication(one, map_svg=""))).text
    assert not re.search(r"\b1 areas|of 1 areas", text)
    assert "Only Alder has a tier; it is certain" in text
    assert "it is not certain" in sure(one.assign(resolved=False))
    assert "in all 2 areas that have one" in sure(tiers.iloc[:2].assign(resolved=True))


def test_chance_below_the_threshold_does_not_look_as_if_it_reached_it(made_up: Any) -> None:
    tiers = made_up.county()
    tiers.attrs["resolved_at"] = 0.95
    columns = ["tier", "resolved", "p_general", "p_moderate", "p_severe"]
    tiers.loc[0, columns] = ["general", False, 0.948, 0.052, 0.0]
    text = Seen(render(made_up.publication(tiers, map_svg=""))).text
    assert re.search(r"Alder General \(not certain\) \S+ \S+ – \S+ 0\.948", text)
