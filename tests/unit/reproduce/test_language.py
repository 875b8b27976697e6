"""A reproduction in Chinese: every text of the catalogue, and not one number."""

from __future__ import annotations

import re
from functools import partial

import numpy as np
import pytest

from wbe.reproduce import page, read_study, reproduce, studies
from wbe.reproduce.language import told
from wbe.reproduce.study import CONSTANT_TEXTS, REFERENCE, TABLE_TEXTS, TEXTS
from wbe.run.words import say

HAN = re.compile(r"[\u4e00-\u9fff]")
ALL = list(studies())


def sentences(study) -> list[tuple[str, str]]:
    """Return all texts of a study that people read, English and Chinese."""
    pairs = []
    for name in TEXTS:
        english, chinese = getattr(study, name), getattr(study, f"{name}_zh")
        both = (english, chinese) if isinstance(english, tuple) else ((english,), (chinese,))
        pairs += list(zip(*both, strict=True))
    for constant in study.constants:
        pairs += [(constant[name], constant[f"{name}_zh"]) for name in CONSTANT_TEXTS]
    for table in study.tables:
        pairs += [(getattr(table, name), getattr(table, f"{name}_zh")) for name in TABLE_TEXTS]
        pairs += [(exempt.reason, exempt.reason_zh) for exempt in table.exempt]
    return pairs


def numbers(text: str) -> list[str]:
    return re.findall(r"\d+(?:\.\d+)?", text)


@pytest.mark.parametrize("study", ALL, ids=lambda s: s.key)
def test_every_text_that_a_person_reads_has_its_chinese(study) -> None:
    for english, chinese in sentences(study):
        assert HAN.search(chinese) or (chinese == english and len(english) <= 6), english


@pytest.mark.parametrize("study", ALL, ids=lambda s: s.key)
def test_chinese_sentences_use_chinese_marks(study) -> None:
    for _, chinese in sentences(study):
        assert not re.search(r"[\u4e00-\u9fff][,;:?!]", chinese), chinese
        assert not re.search(r"[\u4e00-\u9fff]\.(?:\s|$)", chinese), chinese


@pytest.mark.parametrize("study", ALL, ids=lambda s: s.key)
def test_no_number_with_a_decimal_point_is_lost_in_translation(study) -> None:
    for english, chinese in sentences(study):
        if "million" in english:  # counted in ten thousands
            continue
        wanted = {text for text in numbers(english) if "." in text}
        assert wanted <= set(numbers(chinese)), english


@pytest.mark.parametrize("key", ["korea_2015", "us_campus_2018", "changzhou_2020", "dalian_2021"])
def test_a_result_in_chinese_has_the_same_numbers(key: str) -> None:
    [result] = reproduce([read_study(key)])
    chinese = told(result, "zh")
    assert told(result, "en") is result
    assert HAN.search(chinese.study.title) and chinese.study.citation == result.study.citation
    for own, theirs in zip(result.tables, chinese.tables, strict=True):
        assert np.array_equal(own.ours, theirs.ours) and HAN.search(theirs.table.name)
        assert all(HAN.search(each.reason) for each in theirs.exceptions)
        assert len(own.exceptions) == len(theirs.exceptions)
    assert [each.result for each in chinese.outcomes] == [each.result for each in result.outcomes]
    assert all(HAN.search(each.claim.conclusion) for each in chinese.outcomes)
    for own, theirs in zip(result.outcomes, chinese.outcomes, strict=True):
        assert bool(HAN.search(theirs.choice.note)) == bool(own.choice.note)


@pytest.mark.slow
def test_keys_of_what_is_only_cited_are_told_in_chinese() -> None:
    for result in reproduce(ALL):
        for table in told(result, "zh").tables:
            if table.table.status == "cited_only":
                assert all(HAN.search(key) for key in table.keys), table.study


def test_data_that_are_not_at_hand_are_told_in_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(REFERENCE, raising=False)
    [result] = reproduce([read_study("scotland_2022")])
    chinese = told(result, "zh")
    assert [table.available for table in chinese.tables] == [False] * 3
    assert "苏格兰" in chinese.study.title


def test_the_page_in_chinese_has_no_english_sentence_of_the_catalogue() -> None:
    chosen = [study for study in ALL if study.key not in ("euda_weeks", "scotland_2022")]
    results = [told(result, "zh") for result in reproduce(chosen)]

    def speak(key: str, /, **values: object) -> str:
        return say(key, "zh", **values)

    text = page.render(results, speak, "zh")
    for study in chosen:
        for english, chinese in sentences(study):
            if chinese != english and len(english.split()) >= 4:
                assert page_text(english) not in text, english
    assert "若换用其他系数" in text and "凭记忆或判断" in text


def page_text(text: str) -> str:
    """Return a text as the page has it: with the signs of HTML escaped."""
    import markupsafe

    return str(markupsafe.escape(text))


def test_choices_name_their_factors_source_and_end_of_range() -> None:
    [result] = reproduce([read_study("us_campus_2018")])
    label = partial(page.choice_label, say=lambda key, **v: say(key, "en", **v), language="en")
    texts = [label(each) for each in result.outcomes]
    assert texts[0] == "6-Monoacetylmorphine 1.3 % (Zuccato2008)"
    assert texts[2] == "6-Monoacetylmorphine 0.5 % (Zuccato2008, low end)"
    assert texts[3] == "Morphine 42 % (Zuccato2008), at most"
    [korea] = reproduce([read_study("korea_2015")])
    assert label(korea.outcomes[2]) == "set korea2015, but Codeine 30 % (Thai2016)"
    [cities] = reproduce([read_study("china_22_cities_2018")])
    assert label(cities.outcomes[5]).endswith("dose 10 mg (Zuccato2008, low end)")
    [press] = reproduce([read_study("euda_press_2023")])
    assert label(press.outcomes[1]) == "set uf2019, Benzoylecgonine 34.6 % (UF2019)"
