"""A share of the mutations in every run of the tests, and the oracle's own readings."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from fuzz import harness, judge, oracle, seeds

SEED = 1


def _failed(cases: range, folder: Path) -> list[str]:
    results = (harness.run(SEED, number, folder) for number in cases)
    return [f"{r.number} {r.kind} {r.done}: {r.failures}" for r in results if r.failures]


def test_two_hundred_mutations(tmp_path: Path) -> None:
    assert _failed(range(200), tmp_path) == []


@pytest.mark.slow
def test_two_thousand_mutations(tmp_path: Path) -> None:
    assert _failed(range(200, 2200), tmp_path) == []


@pytest.mark.slow
def test_a_case_is_made_of_its_numbers_alone(tmp_path: Path) -> None:
    for number in range(40):
        first, second = (harness.run(SEED, number, tmp_path) for _ in range(2))
        assert (first.data, first.done) == (second.data, second.done)


@pytest.mark.parametrize("kind", seeds.KINDS)
def test_good_files_are_judged_good_and_wrong_numbers_are_seen(kind: str, tmp_path: Path) -> None:
    import random

    how = seeds.KINDS[kind]
    table = seeds.table(random.Random(1), chinese=how.chinese)
    table[3][4] = "410"
    table[5][4] = "ND"
    path = tmp_path / f"good{how.suffix}"
    path.write_bytes(how.write(table))
    lines = oracle.lines_of(list(enumerate(table, start=1)), seeds.KNOWN)
    assert lines is not None
    reading = harness._read(path)
    assert judge.complaints(lines, reading) == []
    table[3][4] = "411"
    table[4][8] = "999"
    table[5][2] = "2024-06-30"
    changed = oracle.lines_of(list(enumerate(table, start=1)), seeds.KNOWN)
    assert changed is not None
    said = judge.complaints(changed, reading)
    assert [text.split(":")[0] for text in said if "became" in text] == [
        "line 4",
        "line 5",
        "line 6",
    ]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("120", "number", 120), (" 1.5e2 ", "number", 150), ("１２．５", "number", 12.5),
        ("1 250", "number", 1250), ("<5", "below", 5), ("5L", "below", 5),
        ("ND", "below", math.nan),
        ("", "nothing", math.nan), ("1,250", "unclear", math.nan), ("12 50", "unclear", math.nan),
        ("nan", "unclear", math.nan), ("1_000", "unclear", math.nan), ("٣", "unclear", math.nan),
    ],
)  # fmt: skip
def test_the_oracle_reads_what_is_plain(text: str, kind: str, value: float) -> None:
    found = oracle.said(text)
    assert found.kind == kind
    assert found.value == value or (math.isnan(found.value) and math.isnan(value))


def test_the_oracle_splits_quoted_cells() -> None:
    rows = oracle.split('a,"b,c"\r\n"x\ny","q""r"\nlast,\n', ",")
    assert rows == [(1, ["a", "b,c"]), (2, ["x\ny", 'q"r']), (4, ["last", ""])]
