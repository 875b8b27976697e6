"""The page of a reproduction: whole, escaped, small, with every table on it."""

from __future__ import annotations

import base64
import html
import io
import re
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from wbe.reproduce import page, read_study, reproduce, study_keys
from wbe.reproduce.language import told
from wbe.reproduce.picture import SIDE, STRIP, keys_shown, scatter, strip
from wbe.run.words import say


@pytest.fixture(scope="module")
def results():
    keys = [key for key in study_keys() if not key.startswith(("euda_weeks", "scotland"))]
    return reproduce([read_study(key) for key in keys])


def speak(lang: str):
    def spoken(key: str, /, **values: object) -> str:
        return say(key, lang, **values)

    return spoken


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_study_and_table_stands_on_the_page(results, lang: str) -> None:
    text = page.render(results, speak(lang), lang)
    for result in results:
        assert f'id="{result.study.key}"' in text
    assert text.count("<svg") >= 8
    assert "backcalc.mass_load, backcalc.per_1000" in text and "1950000" in text
    claiming = [r for r in results if r.outcomes]
    assert text.count("<h3>") == sum(len(r.tables) for r in results) + len(claiming)
    assert text.count("<h4>") == sum(len(r.study.claims) for r in results) >= 8


def test_the_page_loads_and_runs_nothing(results) -> None:
    text = page.render(results, speak("en"))
    assert "<script" not in text and "@import" not in text
    assert not re.findall(r'(?:src|href)\s*=\s*"(?!#)', text)
    assert "default-src 'none'" in html.unescape(text) and len(text) < 1_000_000


def test_text_of_the_catalogue_is_escaped(results) -> None:
    [result] = [r for r in results if r.study.key == "korea_2015"]
    hostile = replace(result, study=replace(result.study, title="<script>alert(1)</script>"))
    text = page.render([hostile], speak("en"))
    assert "<script" not in text and "&lt;script&gt;" in text


def test_the_same_results_give_the_same_page(results) -> None:
    draw = partial(page.render, results, speak("en"))
    assert draw() == draw()


def test_points_lie_where_their_values_are() -> None:
    ours, theirs = np.array([1.0, 100.0, 50.0]), np.array([1.0, 100.0, 5.0])
    made = scatter(ours, theirs, np.array([True, True, False]))
    assert made is not None and made.logarithmic and made.missing == made.not_positive == 0
    assert made.agreeing == f"M0 {SIDE}h0M{SIDE} 0h0"
    across = round(SIDE * np.log10(5) / 2)
    assert made.other == f"M{across} {SIDE - round(SIDE * np.log10(50) / 2)}h0"
    assert [tick.text for tick in made.ticks] == ["1", "10", "100"]


def test_powers_of_ten_are_written_as_people_write_them() -> None:
    def ticks(low: float, high: float) -> list[tuple[str, str]]:
        made = scatter(np.array([low, high]), np.array([low, high]), np.ones(2, dtype=bool))
        assert made is not None
        return [(tick.text, tick.raised) for tick in made.ticks]

    assert ticks(1e5, 1e7) == [("100000", ""), ("10", "6"), ("10", "7")]
    assert ticks(1e-12, 1e-11) == [("10", "−12"), ("10", "−11")]
    assert ticks(1e-4, 1e-3) == [("0.0001", ""), ("0.001", "")]


def test_changes_of_both_signs_have_plain_axes() -> None:
    values = np.array([-50.0, 0.0, 50.0])
    made = scatter(values, values, np.ones(3, dtype=bool))
    assert made is not None and not made.logarithmic
    assert "0" in [tick.text for tick in made.ticks]


def test_results_of_choices_stand_on_one_logarithmic_axis() -> None:
    made = strip(np.array([1.0, 100.0, np.nan]), 10.0, {"above": 10.0})
    assert np.isnan(made.points[2])
    assert made.points[0] + made.points[1] == pytest.approx(STRIP, abs=0.2)
    assert made.published == pytest.approx(STRIP / 2, abs=0.1)
    assert made.standing == (made.published, STRIP)
    assert [tick.text for tick in made.ticks] == ["1", "10", "100"]
    assert strip(np.array([1.0, 100.0]), 10.0, {"below": 10.0}).standing[0] == 0
    assert np.isnan(strip(np.array([0.0, 100.0]), 10.0, {"below": 10.0}).points[0])
    within = strip(np.array([1.0, 100.0]), 10.0, {"within": [1.0, 100.0]})
    assert within.standing == (within.points[0], within.points[1])


def test_choices_are_shown_with_what_they_do_to_the_conclusion(results) -> None:
    text = page.render(results, speak("en"))
    circles, crosses = text.count("<circle "), text.count('stroke="#D55E00" stroke-width="2.5"')
    outcomes = [each for result in results for each in result.outcomes]
    assert circles == sum(each.holds is True for each in outcomes)
    assert crosses == sum(each.holds is False for each in outcomes)
    assert text.count("states no factor for") == sum(bool(each.silent) for each in outcomes) >= 2
    assert "Ketamine 2.3\xa0% (Wieber1975)" in text and "recalled or judged" in text


def test_what_has_no_place_is_counted_and_one_point_is_no_picture() -> None:
    values = np.array([*np.arange(1.0, 21.0), 0.0, np.nan])
    made = scatter(values, values, np.ones(22, dtype=bool))
    assert made is not None and (made.missing, made.not_positive) == (1, 1)
    assert scatter(values[:1], values[:1], np.ones(1, dtype=bool)) is None


def table_of(result, positive: int, *, zeros: int = 0, gaps: int = 0, **more):
    """Return a result with its first table alone: values from 1, zeros, gaps; all agree."""
    values = np.array([*np.arange(1.0, positive + 1), *[0.0] * zeros, *[np.nan] * gaps])
    n = len(values)
    made = {"keys": tuple(f"row {i}" for i in range(n)), "ours": values, "published": values,
            "agree": np.ones(n, dtype=bool), "deviation": np.zeros(n), "exceptions": (),
            "unexplained": ()}  # fmt: skip
    table = replace(result.tables[0], **{**made, **more})
    return replace(result, tables=(table,), outcomes=())


def one(results, key: str):
    [result] = [r for r in results if r.study.key == key]
    return result


def test_the_page_tells_why_rows_are_not_drawn(results) -> None:
    result = table_of(one(results, "korea_2015"), 40, zeros=3, gaps=1)
    text = page.render([result], speak("en"))
    assert "Not drawn: 3 rows with a value of zero or below" in text
    assert "Not drawn: 1 row without a published value" in text
    assert "例外。未画出：1 行，缺已发表值" in page.render([result], speak("zh"), "zh")
    whole = page.render([table_of(one(results, "korea_2015"), 40)], speak("en"))
    assert "Not drawn" not in whole


def test_the_page_tells_how_far_off_exceptions_are(results) -> None:
    korea = one(results, "korea_2015")
    assert "(B-10/codeine); off by up to 101\xa0%" in page.render([korea], speak("en"))
    assert "偏差至多 101\xa0%" in page.render([korea], speak("zh"), "zh")


def test_an_exception_without_a_number_tells_no_deviation(results) -> None:
    [known] = one(results, "korea_2015").tables[0].exceptions
    said = page.exception(replace(known, largest=float("nan")), speak("en"))
    assert said.endswith("(B-10/codeine)")


def test_a_reason_that_explains_nothing_is_named_without_counting_no_rows(results) -> None:
    korea = one(results, "korea_2015")
    [known] = korea.tables[0].exceptions
    idle = replace(known, rows=(), largest=float("nan"), unneeded=("*",), reason="cut")
    text = page.render([table_of(korea, 40, exceptions=(idle,))], speak("en"))
    assert "REASON NO LONGER NEEDED for *: cut" in text and "0 exceptions" not in text


def test_a_deviation_of_the_machine_is_not_told_as_one_of_the_publication(results) -> None:
    [table] = table_of(one(results, "korea_2015"), 40).tables
    none = "; these deviate by less than 1e-9 %, the rounding of the computation"
    for off in (0.0, 2.2e-16, 0.99 * page.ARITHMETIC):
        at = replace(table, deviation=np.full(40, off))
        assert page.largest(at, speak("en")) == none
    seen = replace(table, deviation=np.full(40, 1.01 * page.ARITHMETIC))
    assert "0.000000001 % (row 0)" in page.largest(seen, speak("en"))
    assert pytest.approx(float("1e-9")) == page.ARITHMETIC * 100
    assert "小于 1e-9 %" in page.largest(table, speak("zh"))


def test_nothing_is_said_of_a_deviation_from_a_bound(results) -> None:
    [table] = table_of(one(results, "korea_2015"), 40).tables
    bound = replace(table, table=replace(table.table, relation="at_most"))
    assert page.largest(bound, speak("en")) == ""


def test_no_percentage_has_an_exponent(results) -> None:
    shares = [3.4e-10, 6.8e-6, 0.5, 4.0, 123.0]
    said = [page.percent(share, 2) for share in shares]
    assert said == ["0.000000034", "0.00068", "50", "400", "12000"]
    text = page.render(results, speak("en"))
    assert not re.findall(r"\d[eE][+-]?\d+\s%", text.replace("1e-9\xa0%", ""))


def test_no_line_of_the_page_begins_with_a_sign_of_per_cent(results) -> None:
    body = page.render(results, speak("en")).partition("<body>")[2]
    assert " %" not in body and body.count("\xa0%") > 50


def shipped(text: str) -> set[int]:
    """Return the code points of the font that a page embeds."""
    from fontTools.ttLib import TTFont

    [data] = re.findall(r"url\(data:font/woff;base64,([^)]+)\)", text)
    return set(TTFont(io.BytesIO(base64.b64decode(data))).getBestCmap())


def test_the_chinese_page_brings_the_font_of_all_its_characters(results) -> None:
    text = page.render([told(result, "zh") for result in results], speak("zh"), "zh")
    drawn = {ord(c) for c in text.partition("<body>")[2] if c.isprintable()}
    assert len(drawn) > 400 and drawn <= shipped(text)
    assert re.search(r'>10<tspan dy="-4" font-size="9">\d+</tspan>', text)
    assert 'font: 16px/1.5 "Wbe Sans SC"' in text and "/*font*/" not in text
    assert "font-src data:" in html.unescape(text)


def test_an_english_page_has_a_font_only_for_chinese_that_it_quotes(results) -> None:
    korea = one(results, "korea_2015")
    plain = page.render([korea], speak("en"))
    assert "@font-face" not in plain and "/*font*/" not in plain
    quoting = replace(korea, study=replace(korea.study, title="韩国"))
    assert {ord("韩"), ord("国")} <= shipped(page.render([quoting], speak("en")))


def test_a_hundred_thousand_rows_make_a_small_picture() -> None:
    values = np.exp(np.random.default_rng(1).normal(0, 2, 100_000))
    made = scatter(values, values, np.ones(100_000, dtype=bool))
    assert made is not None and len(made.agreeing) < 10_000


def test_many_keys_are_counted() -> None:
    assert keys_shown(["a", "b", "c"]) == "a, b, c"
    assert keys_shown(list("abcdefgh")) == "a, b, c, d, e, f, +2"
    assert keys_shown(["a", "b", "c"], 2, "zh") == "a、b、+1"


def test_a_study_has_the_best_status_of_its_tables(results) -> None:
    counts = page.counted(results)
    assert list(counts) == ["recomputed", "consistent", "cited_only"]
    assert sum(counts.values()) == len(results)
