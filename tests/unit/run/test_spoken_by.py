"""The language of campaigns and runs, also of those that cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from wbe.run import spoken_by


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ('language = "zh"', "zh"),
        ("  language='zh'  # words", "zh"),
        ('# language = "zh"', "en"),
        ('language = "fr"', "en"),
        ('title = [broken\nlanguage = "zh"', "zh"),
        ("", "en"),
    ],
)
def test_the_language_is_told_of_a_campaign_whatever_else_is_wrong(
    tmp_path: Path, text: str, lang: str
) -> None:
    (tmp_path / "campaign.toml").write_text(text, encoding="utf-8")
    assert spoken_by.campaigns([tmp_path]) == lang
    assert spoken_by.campaigns([tmp_path / "campaign.toml", tmp_path / "lab.csv"]) == lang


def test_several_that_differ_are_spoken_to_in_english(tmp_path: Path) -> None:
    for lang in ("en", "zh"):
        (tmp_path / lang).mkdir()
        text = f'language = "{lang}"'
        (tmp_path / lang / "campaign.toml").write_text(text, encoding="utf-8")
        (tmp_path / lang / "run.json").write_text(f'{{"language": "{lang}"}}', encoding="utf-8")
    assert spoken_by.campaigns([tmp_path / "en", tmp_path / "zh"]) == "en"
    assert spoken_by.runs([tmp_path / "zh", tmp_path / "zh"]) == "zh"
    assert spoken_by.runs([tmp_path / "en", tmp_path / "zh"]) == "en"


@pytest.mark.parametrize("text", ["", "[1]", "{", '{"language": 3}'])
def test_a_damaged_record_speaks_english(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text, encoding="utf-8")
    assert spoken_by.runs([tmp_path, tmp_path / "nowhere"]) == "en"
