"""The attack itself: it finds a value wherever and however it is hidden."""

from __future__ import annotations

import base64
import io
import sqlite3
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from disclosure_attack import Knowledge, from_breaks, from_ranks, recovered, solve, spelt_in
from disclosure_runs import public_files

VALUE = 7391.4628
SECRET = {"hill": VALUE}


def zipped(content: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet2.xml", content)
    return made.getvalue()


def picture(kind: bytes, content: bytes) -> bytes:
    chunk = struct.pack(">I", len(content)) + kind + content + b"0000"
    return b"\x89PNG\r\n\x1a\n" + chunk


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("tiers.csv", b"area,value\nhill,7391.46\n"),
        ("tiers.csv", b"hill,7391.4\n"),
        ("tiers.csv", b"hill,7.39146e+03\n"),
        ("tiers.csv", b"hill,7,391.5\n"),
        ("tiers.csv", b"hill;7391,46\n"),
        ("report.html", b"<td>73&#57;1.46</td>"),
        ("report.html", b"<!-- 7391.463 -->"),
        ("report.html", b'<script type="application/json">{"v": 0.73914628}</script>'),
        ("report.html", b'"\\u0037391.46"'),
        ("report.html", b'<script type="application/json" id="data">["7\\\\u003391.46"]</script>'),
        ("run.json", b'{"hill": 739.146}'),
        ("map.svg", b"<metadata>7391.46</metadata>"),
        ("logs", "隆江 7391.46 mg/day".encode()),
        ("tiers.xlsx", zipped(b'<row hidden="1"><c><v>7391.4628</v></c></row>')),
        ("map.png", picture(b"tEXt", b"Comment\0 7391.46")),
        ("map.png", picture(b"zTXt", b"Comment\0\0" + zlib.compress(b"hill 7391.46"))),
        ("data.bin", b"xx" + struct.pack("<d", VALUE) + b"yy"),
        ("data.bin", b"xx" + struct.pack(">f", VALUE) + b"yy"),
        (
            "report.html",
            b'<img src="data:image/png;base64,'
            + base64.b64encode(picture(b"tEXt", b"Comment\0 7391.46"))
            + b'">',
        ),
    ],
)
def test_a_value_is_found_however_it_is_written(name: str, content: bytes) -> None:
    assert spelt_in(SECRET, [(name, content)])


@pytest.mark.parametrize(
    "content",
    [b"hill,17391.46\n", b"hill,7390.1\n", b"sha 73914aa628", b"7391a", b"hill,,\n", b"7.4e3"],
)
def test_other_numbers_are_not_taken_for_it(content: bytes) -> None:
    assert spelt_in(SECRET, [("tiers.csv", content)]) == []


def test_a_table_that_no_program_shows_is_read(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "areas.gpkg") as base:
        base.execute("CREATE TABLE notes (text TEXT)")
        base.execute("INSERT INTO notes VALUES ('was 7391.46')")
    base.close()
    assert spelt_in(SECRET, public_files(tmp_path, "").items())


def test_a_difference_gives_a_single_gap_back_and_two_gaps_an_interval() -> None:
    known = Knowledge()
    for cell, value in {"a": 40.0, "all": 52.0}.items():
        known.number(cell, value)
    known.relation({"a": 1, "b": 1, "c": 1, "all": -1})
    assert solve(known)["b"] == pytest.approx((0, 12))
    known.number("c", 9.0)
    assert solve(known)["b"] == pytest.approx((3, 3))
    assert recovered({"b": 3.0}, solve(known), persons=True) == ["b"]


def test_rounding_of_what_is_printed_widens_what_is_concluded() -> None:
    known = Knowledge()
    known.number("a", 40.0, 0.5)
    known.number("all", 52.0, 0.5)
    known.relation({"a": 1, "b": 1, "all": -1})
    assert solve(known)["b"] == pytest.approx((11, 13), abs=1e-6)


def test_a_gap_in_the_ranks_lies_between_its_neighbours() -> None:
    shown = {"a": 90.0, "b": 30.0, "c": 10.0}
    assert from_ranks(shown, {"a": 1, "b": 2, "c": 3}, ["x"]) == {}
    assert from_ranks(shown, {"a": 1, "b": 3, "c": 4}, ["x"]) == {"x": (30.0, 90.0)}


def test_a_median_of_all_areas_tells_who_is_missing() -> None:
    def rule(values: np.ndarray) -> np.ndarray:
        return np.median(values) * np.array([0.5, 2.0])

    shown = [10.0, 20.0, 50.0, 90.0]
    low, high = from_breaks(shown, rule(np.array([*shown, 31.7])), rule)
    assert low == pytest.approx(31.7, rel=1e-4) and high == pytest.approx(31.7, rel=1e-4)
    assert from_breaks(shown, rule(np.array(shown)), rule) == (0.0, np.inf)
