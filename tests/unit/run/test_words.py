"""The sentences of the command line: complete in both languages."""

from __future__ import annotations

import csv
import re
from importlib.resources import files

import pytest

from wbe.run.words import say

with files("wbe.run").joinpath("words.csv").open(encoding="utf-8", newline="") as _file:
    ROWS = list(csv.DictReader(_file))
SOURCE = "".join(
    f.read_text(encoding="utf-8")
    for folder in ("wbe", "wbe.run")
    for f in files(folder).iterdir()
    if f.name.endswith(".py")
)

#: Keys that are put together from parts; their own tests say that none is missing or left over.
PREFIXES = ("step", "column", "check", "rule", "level", "note")


@pytest.mark.parametrize("row", ROWS, ids=lambda r: r["key"])
def test_both_languages_name_the_same_values(row: dict[str, str]) -> None:
    values = [sorted(re.findall(r"\{(\w+)\}", row[lang])) for lang in ("en", "zh")]
    assert values[0] == values[1] and row["en"] and row["zh"]
    assert row["key"].partition(".")[0] in PREFIXES or row["key"] in SOURCE


def test_an_unknown_key_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        say("no such sentence")
    assert say("published", "zh", n=3, path="p") == "已发布：p 中 3 个文件"


def test_names_of_rules_are_about_rules_that_exist() -> None:
    from wbe.findings import RULES

    named = [row["key"].partition(".")[2] for row in ROWS if row["key"].startswith("rule.")]
    assert len(named) > 10 and set(named) <= set(RULES)
    assert all(RULES[name].severity == "flag" for name in named)


def test_every_design_and_statistic_has_its_words() -> None:
    from wbe.spatial.levels import ARITHMETIC, COUNTY, GEOMETRIC, PLANTS

    keys = {row["key"] for row in ROWS}
    levels = {f"level.{d}.{s}" for d in (COUNTY, PLANTS) for s in (GEOMETRIC, ARITHMETIC)}
    assert levels == {key for key in keys if key.startswith("level.")}
