"""Every rule: a file that triggers it, one that nearly does, and a section of the catalogue."""

from __future__ import annotations

import re
import sys

import pytest
from corpus import load_cases

from wbe.findings import RULES

#: Rules that no file alone can trigger, with what does: their tests are elsewhere.
NO_FILE = {
    "parquet_not_installed",  # an installation without the extra
    "netcdf_not_installed",  # as well
    "file_unreadable",  # a permission or a disk
}
RULE_IDS = sorted(RULES)


@pytest.fixture(scope="module")
def catalogue(root) -> str:
    sys.path.insert(0, str(root / "docs"))
    try:
        import generate
    finally:
        sys.path.pop(0)
    return generate.findings()


def test_every_rule_has_a_file_that_triggers_it() -> None:
    triggered = set().union(*(case.rules for case in load_cases()))
    assert set(RULES) - triggered == NO_FILE


def test_every_rule_has_a_near_miss() -> None:
    missed = set().union(*(case.near_miss_of for case in load_cases()))
    assert set(RULES) - missed <= NO_FILE


@pytest.mark.parametrize("rule", RULE_IDS)
def test_templates_say_the_same_in_both_languages(rule: str) -> None:
    one = RULES[rule]
    places = re.compile(r"(?<!\{)\{([a-z_]+)")
    # a Chinese sentence may leave out what its grammar does not need, and never adds
    assert set(places.findall(one.message_zh)) <= set(places.findall(one.message))
    assert set(places.findall(one.fix_zh)) <= set(places.findall(one.fix))
    assert all((one.message, one.fix, one.message_zh, one.fix_zh))


@pytest.mark.parametrize("rule", RULE_IDS)
def test_every_rule_has_its_section(rule: str, catalogue: str) -> None:
    one = RULES[rule]
    sections = re.findall(rf"^\({rule}\)=\n### {rule}\n(.*?)(?=^\(|\Z)", catalogue, re.M | re.S)
    assert len(sections) == 1
    words = re.sub(r"\\(.)", r"\1", sections[0])
    for text in (one.severity, one.scope, one.message, one.fix, one.message_zh, one.fix_zh):
        assert " ".join(text.split()) in words
    if rule not in NO_FILE:
        assert "Example: `" in words and "Near miss: `" in words


def test_the_printed_name_of_a_finding_leads_to_its_section() -> None:
    from wbe.findings import Findings
    from wbe.run import listing

    found = Findings()
    found.add("comma_in_number", file="lab.csv", line=3, column="concentration", value="1,250")
    assert "comma_in_number" in listing.report(found)
