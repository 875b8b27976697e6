"""Records of consent in the sites table."""

from __future__ import annotations

from pathlib import Path

import pytest

from wbe.io.consent import consent_of
from wbe.io.places import read_sites


@pytest.mark.parametrize(
    ("text", "name", "day"),
    [
        ("Ethics board, 2024-03-01", "Ethics board", "2024-03-01"),
        ("Board of X, Y and Z; 2024/3/1", "Board of X, Y and Z", "2024-03-01"),
        ("伦理委员会，2024年3月1日", "伦理委员会", "2024-03-01"),
    ],
)
def test_a_record_is_a_name_and_a_day(text: str, name: str, day: str) -> None:
    assert consent_of(text) == (name, day)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yes",
        "2024-03-01",
        ", 2024-03-01",
        "Board",
        "Board, 2024",
        "Board, 2024-13-01",
        "Board 2024-03-01",
    ],
)
def test_anything_else_is_none(text: str) -> None:
    assert consent_of(text) is None


def test_sites_keep_their_records_and_say_which_are_missing(tmp_path: Path) -> None:
    file = tmp_path / "sites.csv"
    file.write_text(
        'site,area,type,consent\nA,t,prison,\nB,t,school,"Ethics board, 2024-03-01"\n'
        "C,t,监狱,同意\nD,t,manhole,\n",
        encoding="utf-8",
    )
    sites = read_sites(file)
    assert sites["consent"].tolist() == ["", "Ethics board, 2024-03-01", "", ""]
    assert sites["type"].tolist() == ["prison", "school", "prison", "manhole"]
    found = [(f.rule, f.line, f.site) for f in sites.attrs["findings"] if "consent" in f.rule]
    assert found == [("consent_missing", 2, "A"), ("consent_unreadable", 4, "C")]
