"""Identifiers that a spreadsheet or a hand has changed."""

from __future__ import annotations

import pytest

from wbe.spellings import alike, mangled, nearest, rounded, skeleton


@pytest.mark.parametrize(
    ("name", "rule", "candidates"),
    [
        ("2-Jan", "id_is_date", ("1-2", "2-1")), ("2-jan-24", "id_is_date", ("1-2", "2-1")),
        ("Mar-12", "id_is_date", ("3-12", "12-3")), ("1月2日", "id_is_date", ("1-2", "2-1")),
        ("1E+05", "id_is_exponent", ()), ("2.01803E+11", "id_is_exponent", ()),
        ("101.0", "id_is_decimal", ("101",)), ("7.00", "id_is_decimal", ("7",)),
    ],
)  # fmt: skip
def test_what_a_spreadsheet_makes(name: str, rule: str, candidates: tuple[str, ...]) -> None:
    (found,) = mangled(["A1", name, "B2"])
    assert (found.position, found.rule, found.candidates) == (1, rule, candidates)


@pytest.mark.parametrize(
    "name",
    ["S1", "2-J", "2-Janus", "2024-03-12", "1-2", "2E10", "1.5E-3", "101.5", "10.0a", "North",
     "3月", "1月2日进水", "A-Jan", ""],
)  # fmt: skip
def test_ordinary_names_are_left_alone(name: str) -> None:
    assert mangled([name]) == []


def test_digits_beyond_the_fifteenth() -> None:
    assert rounded(["445224201803120000"]) == ["445224201803120000"]
    assert rounded(["4452242018031200"]) == []  # one zero in ten is chance
    ids = [f"445224201803{n}0" for n in (121, 122, 123)]
    assert rounded([*ids, "S1"]) == ids
    assert rounded(["445224201803120001", *ids]) == []
    assert rounded(["S" * 20, "123"]) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("North", "north"), ("North ", "North"), ("North Plant", "NorthPlant"), ("007", "7"),
        ("S01", "S1"), ("S-O1", "S01"), ("Al", "A1"), ("１号", "1号"), ("12.0", "12"),
        ("A_1", "A-1"), ("岐石镇 1#", "岐石镇1#"), ("NORTH（2）", "north 2"),
    ],
)  # fmt: skip
def test_one_name_in_two_spellings(one: str, other: str) -> None:
    assert skeleton(one) == skeleton(other)
    assert list(alike([one, other])) == [(other, one)]


@pytest.mark.parametrize(
    ("one", "other"),
    [("North", "Norths"), ("1-12", "11-2"), ("S10", "S100"), ("岐石镇", "崎石镇"), ("A1", "A2"),
     ("10", "1"), ("S1.5", "S15")],
)  # fmt: skip
def test_two_names(one: str, other: str) -> None:
    assert list(alike([one, other])) == []


def test_the_same_name_twice_is_no_pair() -> None:
    assert list(alike(["North", "North"])) == []


def test_nearest_names() -> None:
    assert nearest("7", ["007", "8"]) == ["007"]
    assert nearest("Nroth", ["South", "North"])[0] == "North"
    assert nearest("岐石镇采样点一", ["岐石镇采样点1", "歧石镇采样点一"]) == ["歧石镇采样点一"]
    assert nearest("S2", ["S1", "S3"]) == []
    assert nearest("x", []) == []
