"""The page of a reproduction: whole, escaped, small, with every table on it."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from wbe.reproduce import page, read_study, reproduce, study_keys
from wbe.reproduce.picture import SIDE, keys_shown, scatter
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
    assert text.count("<h3>") == sum(len(r.tables) for r in results)


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


def test_a_study_has_the_best_status_of_its_tables(results) -> None:
    counts = page.counted(results)
    assert list(counts) == ["recomputed", "consistent", "cited_only"]
    assert sum(counts.values()) == len(results)
