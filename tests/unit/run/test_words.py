"""The sentences of the command line: complete in both languages."""

from __future__ import annotations

import csv
import pickle
import re
from importlib.resources import files

import pytest

from wbe.errors import in_language
from wbe.findings import SEVERITIES
from wbe.run.words import both, say

with files("wbe.run").joinpath("words.csv").open(encoding="utf-8", newline="") as _file:
    ROWS = list(csv.DictReader(_file))
SOURCE = "".join(
    f.read_text(encoding="utf-8")
    for folder in ("wbe", "wbe.cli", "wbe.run")
    for f in files(folder).iterdir()
    if f.name.endswith(".py")
)

#: Keys that are put together from parts; their own tests say that none is missing or left over.
PREFIXES = (
    "step", "column", "check", "rule", "level", "note", "annotate.legend", "convert.form",
    "convert.euda", "convert.from", "config", "about", "reproduce", "diff.kind", "diff.verdict",
    "diff.only", "key", "dashboard",
    "explain.code", "explain.scope", "explain.effect", "explain.listed",
    "explain.headers",
)  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda r: r["key"])
def test_both_languages_name_the_same_values(row: dict[str, str]) -> None:
    values = [sorted(re.findall(r"\{(\w+)\}", row[lang])) for lang in ("en", "zh")]
    assert values[0] == values[1] and row["en"] and row["zh"]
    assert is_put_together(row["key"]) or f'"{row["key"]}"' in SOURCE


def is_put_together(key: str) -> bool:
    severities = [f"annotate.{severity}" for severity in SEVERITIES]
    return key.startswith(tuple(f"{prefix}." for prefix in PREFIXES)) or key in severities


def test_an_unknown_key_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        say("no such sentence")
    assert say("published", "zh", n=3, path="p") == "已发布：p 中 3 个文件"


def test_names_of_rules_are_about_rules_that_exist() -> None:
    from wbe.findings import RULES

    named = [row["key"].partition(".")[2] for row in ROWS if row["key"].startswith("rule.")]
    assert len(named) > 10 and set(named) <= set(RULES)
    assert all(RULES[name].severity == "flag" for name in named)


def keys(prefix: str) -> set[str]:
    """What stands behind a prefix."""
    found = (row["key"] for row in ROWS if row["key"].startswith(f"{prefix}."))
    return {key.removeprefix(f"{prefix}.") for key in found}


def test_the_legend_of_an_annotation_has_its_words() -> None:
    from wbe.run import annotation

    assert keys("annotate.legend") == set(annotation.LEGEND)
    assert set(SEVERITIES) == set(annotation.LETTERS) <= keys("annotate")


def test_every_form_and_origin_of_a_layout_has_its_words() -> None:
    from wbe.io.layout.files import built_in
    from wbe.run import converting

    assert keys("convert.form") == set(converting.BY_WORDS)
    assert keys("convert.from") == {"words", *(layout.origin for layout in built_in())}


def test_every_sentence_about_a_configuration_is_said() -> None:
    from wbe.run.keys import KINDS

    for key in keys("config") - {f"kind.{kind}" for kind in KINDS}:
        assert f'"config.{key}"' in SOURCE or f'"{key.removesuffix(".fix")}"' in SOURCE, key
    assert {f"kind.{kind}" for kind in KINDS} <= keys("config")


def test_every_thing_that_can_be_explained_has_its_words() -> None:
    from wbe.findings import SCOPES
    from wbe.run.explaining import EXIT_CODES, HEADERS
    from wbe.run.keys import KEYS

    assert keys("key") == set(KEYS)
    assert keys("explain.code") == set(map(str, EXIT_CODES))
    assert keys("explain.scope") == set(SCOPES)
    assert keys("explain.headers") == set(HEADERS)
    assert keys("explain.effect") == keys("explain.listed") == set(SEVERITIES)


def test_a_sentence_in_both_languages_survives_copies() -> None:
    text = both("config.kind", value="x", what=both("config.kind.number"))
    assert text == "x is not a number" and in_language(text, "zh") == "x 不是数字"
    assert in_language(pickle.loads(pickle.dumps(text)), "zh") == text.zh
    assert in_language("plain", "zh") == "plain"


def test_every_design_and_statistic_has_its_words() -> None:
    from wbe.spatial.levels import ARITHMETIC, COUNTY, GEOMETRIC, PLANTS

    levels = {f"{d}.{s}" for d in (COUNTY, PLANTS) for s in (GEOMETRIC, ARITHMETIC)}
    assert levels == keys("level")
