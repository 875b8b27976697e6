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


@pytest.mark.parametrize("row", ROWS, ids=lambda r: r["key"])
def test_both_languages_name_the_same_values(row: dict[str, str]) -> None:
    values = [sorted(re.findall(r"\{(\w+)\}", row[lang])) for lang in ("en", "zh")]
    assert values[0] == values[1] and row["en"] and row["zh"]
    assert row["key"].partition(".")[0] in ("step", "column", "check") or row["key"] in SOURCE


def test_an_unknown_key_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        say("no such sentence")
    assert say("published", "zh", n=3, path="p") == "已发布：p 中 3 个文件"
