"""Hostile files: refused before they take memory or time, whatever their headers say."""

from __future__ import annotations

import io
import random
import struct
import zipfile
from pathlib import Path

import pytest
from children import read_in_child
from corpus import BAD, load_cases

from wbe.findings import Findings
from wbe.io import formats
from wbe.io.containers import grid, safe_xml
from wbe.io.containers.archive import Archive, archive_kind
from wbe.io.containers.biff import Record, Texts, rk_number
from wbe.io.containers.grid import Budget, Grid
from wbe.io.containers.ole import CompoundFile
from wbe.io.containers.parquet_pages import read_pages
from wbe.io.text import Refused

GOOD = BAD.parent / "good"
#: What is made to cost time and memory; test_corpus.py holds every other file to the same limits.
CASES = [c for c in load_cases() if c.group == "security"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_every_file_stays_within_its_time_and_memory(case) -> None:  # type: ignore[no-untyped-def]
    assert read_in_child(case) == ""


def sheets_of(data: bytes) -> list[list[list[str]]]:
    kind = formats.recognise(data)
    return [sheet.rows for sheet in formats.read_sheets(kind, data, "x", Findings())]


@pytest.mark.parametrize("suffix", ["xlsx", "xls", "ods", "parquet"])
def test_changed_bytes_end_in_a_refusal_or_a_table(suffix: str) -> None:
    whole = (GOOD / f"plain_long.{suffix}").read_bytes()
    chance = random.Random(7)
    refused = 0
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(chance.choice([1, 2, 8])):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            sheets_of(bytes(data))
        except Refused:
            refused += 1
    assert refused > 20


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml",
                                  "xl/sharedStrings.xml", "content.xml"])  # fmt: skip
def test_changed_parts_end_in_a_refusal_or_a_table(part: str) -> None:
    suffix = "ods" if part == "content.xml" else "xlsx"
    archive = Archive((GOOD / f"plain_long.{suffix}").read_bytes())
    parts = {name: b"".join(archive.stream(name)) for name in archive.names()}
    chance, whole, refused = random.Random(11), parts[part], 0
    for _ in range(300):
        data = bytearray(whole)
        at = chance.randrange(len(data))
        data[at : at + chance.choice([0, 1, 30])] = chance.choice(
            [b"", b"9", b'"', b"<c/>", b"-1", b"99999999999", b"\xff", b"<", b"&x;"]
        )
        try:
            sheets_of(zipped(parts | {part: bytes(data)}))
        except Refused:
            refused += 1
    assert refused > 20


def zipped(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize("suffix", ["xls", "ods", "parquet"])
def test_every_cut_is_refused_or_cuts_nothing_off(suffix: str) -> None:
    whole = (GOOD / f"plain_long.{suffix}").read_bytes()
    rows, refused = sheets_of(whole), 0
    for cut in range(10, len(whole) - 1, 61):
        try:
            assert sheets_of(whole[:cut]) == rows
        except Refused:
            refused += 1
    assert refused > len(whole) // 61 // 2


def test_an_archive_gives_what_was_packed() -> None:
    parts = {"a": b"", "b": bytes(200_000), "c": random.Random(3).randbytes(150_000)}
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", method) as made:
            for name, content in parts.items():
                made.writestr(name, content)
        archive = Archive(buffer.getvalue())
        assert {name: b"".join(archive.stream(name)) for name in archive.names()} == parts
    with pytest.raises(Refused, match="archive_too_large"):
        archive.read("b", 1000)


def test_an_archive_in_the_long_form_is_read() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made, made.open("x", "w", force_zip64=True) as part:
        part.write(b"content")
    archive = Archive(buffer.getvalue())
    assert b"".join(archive.stream("x")) == b"content"
    assert archive_kind(buffer.getvalue()) == "zip"


def test_other_compression_is_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_LZMA) as made:
        made.writestr("x", b"content")
    with pytest.raises(Refused) as caught:
        list(Archive(buffer.getvalue()).stream("x"))
    assert caught.value.details["reason"] == "compression method 14"


def parsed(document: bytes, size: int = 1 << 16) -> list[str]:
    seen: list[str] = []
    pieces = (document[at : at + size] for at in range(0, len(document), size))
    safe_xml.parse(pieces, "part", lambda name, _: seen.append(safe_xml.local(name)),
                   text=lambda text: seen.append(text))  # fmt: skip
    return seen


def test_xml_is_read_in_pieces() -> None:
    document = '<a xmlns="n"><b>é&#65;&lt;</b></a>'.encode()
    for size in (1, 7, 1000):
        seen = parsed(document, size)
        assert seen[:2] == ["a", "b"] and "".join(seen[2:]) == "éA<"


@pytest.mark.parametrize(
    ("document", "rule"),
    [
        (b"<!DOCTYPE a><a/>", "xml_unsafe"),
        (b'<!DOCTYPE a SYSTEM "http://localhost/x.dtd"><a/>', "xml_unsafe"),
        (b'<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>', "xml_unsafe"),
        ('<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>'.encode("utf-16"), "xml_unsafe"),
        (b"<a>&e;</a>", "archive_damaged"), (b"<a>", "archive_damaged"),
        (b"", "archive_damaged"), (b"<a/><b/>", "archive_damaged"),
        (b'<?xml version="1.0" encoding="x-none"?><a/>', "archive_damaged"),
        (b"<a " + b"x" * 5_000_000 + b"/>", "archive_too_large"),
    ],
)  # fmt: skip
def test_what_xml_is_refused(document: bytes, rule: str) -> None:
    with pytest.raises(Refused, match=rule):
        parsed(document)


def test_xml_has_limits_of_depth_tags_and_names(monkeypatch: pytest.MonkeyPatch) -> None:
    handlers = safe_xml.Handlers()
    names = "".join(f"<n{i}/>" for i in range(safe_xml.MAX_NAMES + 1))
    for body in ("<a>" * 300 + "</a>" * 300, f"<a>{names}</a>"):
        with pytest.raises(Refused, match="archive_too_large"):
            safe_xml.parse([body.encode()], "part", handlers.start, handlers.end)
    with pytest.raises(Refused, match="archive_too_large"):
        safe_xml.parse([b"<a>" + b"<b/>" * 50 + b"</a>"], "part", handlers.start, most=50)


def test_a_grid_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grid, "MAX_CELLS", 100)
    for row, column in ((9, 10), (0, 101), (101, 0)):
        far = Grid("s", Budget(100))
        far.put(row, column, "x")
        with pytest.raises(Refused, match="sheet_too_large"):
            far.sheet("f")
    shared = Budget(100)
    first, second = Grid("a", shared), Grid("b", shared)
    first.put(7, 7, "x")
    second.put(5, 6, "x")
    first.sheet("f")
    with pytest.raises(Refused, match="sheet_too_large"):
        second.sheet("f")
    for row, column in ((1_048_576, 0), (0, 16_384), (-1, 0)):
        with pytest.raises(Refused, match="archive_damaged"):
            Grid("s", Budget()).put(row, column, "x")


def test_numbers_in_four_bytes() -> None:
    assert rk_number(struct.unpack("<I", struct.pack("<d", 1.5)[4:])[0]) == 1.5
    assert rk_number((12345 << 2 | 3) & 0xFFFFFFFF) == 123.45
    assert rk_number((-7 << 2 | 2) & 0xFFFFFFFF) == -7


def test_a_text_over_two_records() -> None:
    whole = struct.pack("<HB", 6, 1) + "样品".encode("utf-16-le")
    record = Record(0xFC, [whole, b"\0abcd"])
    assert Texts(record, 0).text("H") == "样品abcd"
    with pytest.raises(Refused, match="archive_damaged"):
        Texts(Record(0xFC, [whole]), 0).text("H")


def test_a_compound_file_needs_its_streams() -> None:
    whole = (GOOD / "plain_long.xls").read_bytes()
    assert "Workbook" in CompoundFile(whole).names()
    with pytest.raises(Refused):
        CompoundFile(whole).read("nothing")


_ENDLESS = b"\x15\x00\x15" + b"\x80" * 9 + b"\x01\x00"


@pytest.mark.parametrize(
    "data", [b"", b"\x15", b"\x15\x04\x15", b"\x1c" * 50, b"\xff" * 50, _ENDLESS]
)
def test_false_page_headers_are_refused(data: bytes) -> None:
    with pytest.raises(Refused, match="archive_damaged"):
        read_pages(data + bytes(4), 0, len(data) + 4 if data else 9)


def test_nothing_is_written_where_names_point_outside(tmp_path: Path) -> None:
    before = set(tmp_path.parent.iterdir())
    sheets_of((BAD / "security" / "ok_names_outside.xlsx").read_bytes())
    assert set(tmp_path.parent.iterdir()) == before
