"""What every report answers: purpose, people, what is kept back."""

from __future__ import annotations

import pandas as pd
import pytest

from wbe.run.config import Privacy
from wbe.run.statement import statement

TIERS = pd.DataFrame(
    {
        "area": ["big", "small", "jail", "town"],
        "flags": ["", "suppressed", "consent_missing;suppressed", "consent_missing"],
    }
)
PEOPLE = {"big": 41_000.0, "small": 3210.0, "town": 9000.0}


def said(privacy: Privacy, lang: str = "en") -> str:
    return "\n".join(f"{q} {a}" for q, a in statement(TIERS, PEOPLE, privacy, lang))


def test_a_public_page_says_whom_it_is_about_and_what_is_kept_back() -> None:
    text = said(Privacy())
    assert "What is it for? not stated" in text and "Who approved it? not stated" in text
    assert "50000 inhabitants of 2 of 4 areas" in text
    assert "fewer than 5000 inhabitants or of unknown population: 2." in text
    assert "Areas that lost a site without one: 2." in text


def test_the_people_of_a_hidden_area_are_not_counted() -> None:
    assert "3210" not in said(Privacy()) and "53210" not in said(Privacy())


def test_purpose_and_approval_are_printed() -> None:
    inside = Privacy(audience="internal", purpose="county round", approval="document 7")
    text = said(inside)
    assert "What is it for? county round" in text and "Who approved it? document 7" in text
    assert "Internal readers only" in text


@pytest.mark.parametrize("audience", ["public", "internal"])
def test_a_guard_that_is_off_is_a_warning(audience: str) -> None:
    privacy = Privacy(audience=audience, purpose="p", approval="a", min_population=0)
    assert "Warning: min_population = 0" in said(privacy)
    assert "警告：min_population = 0" in said(privacy, "zh")


def test_both_languages_answer_the_same_questions() -> None:
    english, chinese = (statement(TIERS, PEOPLE, Privacy(), lang) for lang in ("en", "zh"))
    assert len(english) == len(chinese) == 8
    assert all(a != b for a, b in zip(english, chinese, strict=True))
