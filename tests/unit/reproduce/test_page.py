"""The page of a reproduction: whole, escaped, small, with every table on it."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from wbe.reproduce import page, read_study, reproduce, study_keys
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
    assert made is not None and made.logarithmic and made.left_out == 0
    assert made.agreeing == f"M0 {SIDE}h0M{SIDE} 0h0"
    across = round(SIDE * np.log10(5) / 2)
    assert made.other == f"M{across} {SIDE - round(SIDE * np.log10(50) / 2)}h0"
    assert [tick.text for tick in made.ticks] == ["1", "10", "100"]


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
    assert "Ketamine 2.3 % (Wieber1975)" in text and "recalled or judged" in text


def test_what_has_no_place_is_counted_and_one_point_is_no_picture() -> None:
    values = np.array([*np.arange(1.0, 21.0), 0.0, np.nan])
    made = scatter(values, values, np.ones(22, dtype=bool))
    assert made is not None and made.left_out == 2
    assert scatter(values[:1], values[:1], np.ones(1, dtype=bool)) is None


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
