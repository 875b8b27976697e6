"""The bibliography: complete, honest about what was read, and printable on one line."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from wbe import factors

REFERENCES = factors.references()


def test_no_entry_is_lost_in_reading() -> None:
    text = files("wbe.factors").joinpath("references.bib").read_text(encoding="utf-8")
    keys = re.findall(r"^@\w+\{(.*),$", text, re.MULTILINE)
    assert keys == list(REFERENCES)
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("key", REFERENCES)
def test_every_entry_has_its_fields(key: str) -> None:
    entry = REFERENCES[key]
    assert {"author", "title", "year", "doi", "doi_verified"} <= set(entry)
    assert entry["author"] or entry["title"]
    assert entry["doi_verified"] in ("yes", "recalled", "none")
    assert (entry["doi_verified"] == "none") == (entry["doi"] == "")
    assert re.fullmatch(r"(10\.\d{4,}/\S+)?", entry["doi"])
    assert re.fullmatch(r"(19|20)\d\d|", entry["year"])


def test_dois_are_not_shared() -> None:
    dois = [entry["doi"] for entry in REFERENCES.values() if entry["doi"]]
    assert len(set(dois)) == len(dois)


@pytest.mark.parametrize("key", REFERENCES)
def test_a_reference_is_one_line_with_its_doi(key: str) -> None:
    line = factors.format_reference(key)
    assert "\n" not in line and ".. " not in line and "{" not in line
    if REFERENCES[key]["doi"]:
        assert f"doi:{REFERENCES[key]['doi']}" in line
    assert ("recalled, not looked up" in line) == (REFERENCES[key]["doi_verified"] == "recalled")


def test_formatting() -> None:
    assert factors.format_reference("KhanNicell2011") == (
        "Khan, U.; Nicell, J. A. (2011). Refined sewer epidemiology mass balances and their "
        "application to heroin, cocaine and ecstasy. Environment International. "
        "doi:10.1016/j.envint.2011.05.009"
    )
    assert factors.format_reference("Du2015").startswith("Du, P. et al (2015). Methamphetamine")
    assert factors.format_reference("Banks2018").startswith("Banks, A. P. W. et al (2018).")
    assert factors.format_reference("vanNuijs2012").startswith("The stability of illicit drugs")
    assert factors.format_reference("our own survey, 2024") == "our own survey, 2024"


def test_a_caller_cannot_change_the_bibliography() -> None:
    factors.references()["Du2020"]["doi"] = "changed"
    assert factors.references()["Du2020"]["doi"] == "10.1016/j.envint.2020.105645"
