"""Reading in pieces gives what reading at once gives, wherever the pieces end."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import xarray as xr
from corpus import BAD, load_cases
from effort import part
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lab_tables import row, write_csv

import wbe
from wbe.errors import WbeError
from wbe.io import blocks, formats, stream, tables
from wbe.io.text import Refused, decode

GOOD = BAD.parent / "good"
SAMPLES = Path(__file__).parents[3] / "data" / "samples"


def _is_text(path: Path) -> bool:
    return path.is_file() and formats.first_look(path.read_bytes()[: 1 << 16]) == "text"


@cache
def _files() -> dict[str, tuple[Path, tuple[tuple[str, Any], ...]]]:
    """Every text file that is read as a laboratory table, with the options of its reader."""
    found = {
        case.id: (case.path, tuple(case.reader_options.items()))
        for case in load_cases()
        if case.reads in ("lab", "quality", "sites") and _is_text(case.path)
        and not {"limits"} & set(case.reader_options)
    }  # fmt: skip
    for path in sorted([*GOOD.iterdir(), *(SAMPLES / "layouts").glob("*.csv")]):
        if _is_text(path):
            own = path.with_name(path.name.replace("_synthetic.csv", ".layout.toml"))
            found[path.name] = (path, (("layout", own),) if own != path else ())
    return found


def _read(name: str) -> xr.Dataset | str:
    path, options = _files()[name]
    try:
        return wbe.read(path, errors="reject", **dict(options))
    except WbeError as error:
        return str(error)


@cache
def _at_once(name: str) -> xr.Dataset | str:
    return _read(name)


def _in_pieces(name: str, monkeypatch: pytest.MonkeyPatch, size: int) -> xr.Dataset | str:
    monkeypatch.setattr(stream, "LARGE", 1)
    monkeypatch.setattr(stream, "PIECE", size)
    monkeypatch.setattr(blocks, "BLOCK_ROWS", 3)
    monkeypatch.setattr(tables, "LARGE_HEAD", 60)
    return _read(name)


def _assert_same(found: xr.Dataset | str, wanted: xr.Dataset | str) -> None:
    if isinstance(found, str) or isinstance(wanted, str):
        assert found == wanted
        return
    findings, expected = found.attrs["findings"], wanted.attrs["findings"]
    several, expected_several = Counter(findings), Counter(expected)
    assert not list((several - expected_several).elements())[:3], "findings of the pieces alone"
    assert not list((expected_several - several).elements())[:3], "findings of the whole alone"
    assert (findings.rows, findings.accepted) == (expected.rows, expected.accepted)
    assert found.attrs["files"] == wanted.attrs["files"]
    pd.testing.assert_frame_equal(found.attrs["qc_rows"], wanted.attrs["qc_rows"])
    assert found.equals(wanted)
    assert dict(found.dtypes) == dict(wanted.dtypes)


SIZES = (64, 257, 4099)
#: Groups whose faults are of whole lines and bytes: every other file; of the others every sixth.
_OF_LINES = ("encodings/", "structure/", "layouts/", "security/")


def _some() -> list[tuple[str, int]]:
    """What every run of the tests can afford: each file in pieces of one size."""
    cases = [(name, SIZES[number % 3]) for number, name in enumerate(_files())]
    cases = [
        case
        for number, case in enumerate(cases)
        if "/" not in case[0] or number % (2 if case[0].startswith(_OF_LINES) else 6) == 0
    ]
    return [case for case in cases if "ten_thousand_columns" not in case[0]]


@pytest.mark.parametrize(("name", "size"), _some())
def test_a_file_in_pieces_reads_as_it_does_at_once(
    name: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    _assert_in_pieces(name, size, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "size"), part(list(product(_files(), SIZES)), 4))
def test_every_file_in_pieces_reads_as_it_does_at_once(
    name: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    _assert_in_pieces(name, size, monkeypatch)


def _assert_in_pieces(name: str, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = _at_once(name)
    _assert_same(_in_pieces(name, monkeypatch, size), wanted)


# Large files under a layout


def test_a_large_file_under_a_layout_is_not_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(sheet: tables.Sheet) -> None:
        raise AssertionError(f"{sheet.file} is loaded as a whole")

    monkeypatch.setattr(tables.Sheet, "load", refuse)
    for name in ("nord_synthetic.csv", "hekou_synthetic.csv"):
        samples = _in_pieces(name, monkeypatch, 257)
        assert not isinstance(samples, str)
        assert samples.sizes["sample"] > 1


def test_rows_before_an_open_quote_draw_no_findings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [row(), row(sample_id="S2-DUP"), row(site="", sample_id="S3"), row(sample_id="S4")]
    path = write_csv(tmp_path / "lab.csv", rows)
    path.write_text(path.read_text(encoding="utf-8") + 'S5,"North\r\n', encoding="utf-8")
    for large in (1 << 20, 1):
        monkeypatch.setattr(stream, "LARGE", large)
        monkeypatch.setattr(stream, "PIECE", 100)
        monkeypatch.setattr(tables, "LARGE_HEAD", 3)
        findings = wbe.check(path)
        assert [(f.rule, f.line) for f in findings] == [("quote_not_closed", 6)]


# Bytes that are no text


BROKEN = {
    "a byte 0x0A inside a character of UTF-16": "\ufeffsample_id,上海\nS1,上\n上".encode(
        "utf-16-le"
    )
    + b"\x00\xdc\n\x00",
    "big-endian UTF-16, cut short": "\ufeffsample_id,上海\nS1,上\n上".encode("utf-16-be")[:-1],
    "UTF-8 with carriage returns alone": b"\xef\xbb\xbfa,b\r1,2\r3,\xff\r",
    "UTF-8 with both": b"\xef\xbb\xbfa,b\r\n1,2\r\n3,\xff\r\n",
    "a character cut short": b"\xef\xbb\xbfa,b\n1,\xe4\xb8",
    "neither UTF-8 nor GB18030": b"a,b\r\n1,\x80\x20\r\n",
    "GB18030 cut short": "样品,点位\n1,上".encode("gb18030")[:-1],
    "a control character": b"a,b\r1,2\r3,\x07\r",
    "NUL behind what is no UTF-8": b"a,b\n1,\xff\n2,\x00\n",
    "a control character before NUL": b"a,b\n1,\x07\n2,\x00\n",
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_what_is_no_text_is_refused_at_the_same_line(
    data: bytes, size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lab.csv"
    path.write_bytes(data)
    monkeypatch.setattr(stream, "PIECE", size)
    with pytest.raises(Refused) as at_once:
        decode(data)
    with pytest.raises(Refused) as in_pieces:
        stream.open_large(path, None)
    one, other = at_once.value, in_pieces.value
    assert (other.rule, other.line, other.details) == (one.rule, one.line, one.details)


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (data, line)
        for data, line in zip(BROKEN.values(), (3, 3, 3, 3, 2, 2, 2, 3, 3, 3), strict=True)
    ],
    ids=BROKEN,
)
def test_the_line_of_what_is_no_text_is_the_one_a_person_sees(data: bytes, line: int) -> None:
    with pytest.raises(Refused) as refused:
        decode(data)
    assert refused.value.line == line


@pytest.mark.parametrize("size", [1, 2, 5, 1000])
@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_a_doubtful_encoding_is_seen_over_the_end_of_a_piece(
    size: int, end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = end.join(["sample_id,site", "S1,Plant", "S2,M\u4e0ater", ""])
    path = tmp_path / "lab.csv"
    path.write_bytes(text.encode("gb18030"))
    monkeypatch.setattr(stream, "PIECE", size)
    assert stream.open_large(path, None).doubtful == (3, "M\u4e0at")
    assert stream.open_large(path, "gb18030").doubtful is None


# Blocks


def _cells(alphabet: str) -> st.SearchStrategy[str]:
    return st.text(alphabet, max_size=5)


_ENDS = st.sampled_from(["\n", "\r", "\r\n"])
#: Quoted as a program writes them, so that every text may stand in a cell.
_WRITTEN = st.tuples(
    st.lists(st.lists(_cells('ab1 ",\n\r中'), min_size=1, max_size=4), max_size=8), _ENDS
)
#: Anything a person may have typed.
_TYPED = st.text('ab1",\n\r ', max_size=60)


def _as_text(table: tuple[list[list[str]], str]) -> str:
    rows, end = table
    quoted = (
        ",".join(
            f'"{c.replace(chr(34), chr(34) * 2)}"' if set(c) & set('",\n\r') else c for c in row
        )
        for row in rows
    )
    return "".join(line + end for line in quoted)


def _pieces(text: str, size: int, path: Path) -> Iterator[tuple[int, str]]:
    path.write_text(text, encoding="utf-8", newline="")
    return stream.LargeText(path, "utf-8", True, "").pieces()


def _shown(parts: list[blocks.Block]) -> tuple[list[tuple[Any, ...]], dict[int, int], set[int]]:
    """Rows with their lines, and which of them are ragged or overfull."""
    rows, ragged, overfull = [], {}, set()
    for block in parts:
        first = len(rows)
        assert block.rows.tolist() == list(range(first, first + len(block)))
        rows += [
            (int(block.lines[i]), *(block.text(i, c) for c in range(len(block.columns))))
            for i in range(len(block))
        ]
        ragged |= {first + i: count for i, count in block.cells.items()}
        overfull |= {first + i for i in block.overfull}
    return rows, ragged, overfull


@pytest.mark.parametrize("size", [1, 4, 1000])
@given(text=st.one_of(_WRITTEN.map(_as_text), _TYPED), width=st.integers(1, 4))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_blocks_of_text_are_those_of_the_strict_reader(
    size: int, text: str, width: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "PIECE", size)
    try:
        rows, lines = blocks.RowSplitter(io.StringIO(text, newline=""), ",").take()
    except Refused as refused:
        with pytest.raises(Refused) as found:
            list(blocks.from_text(_pieces(text, size, tmp_path / "t.csv"), ",", width))
        assert (found.value.rule, found.value.line) == (refused.rule, refused.line)
        return
    parts = list(blocks.from_text(_pieces(text, size, tmp_path / "t.csv"), ",", width))
    wanted, ragged, overfull = _shown([blocks.from_rows(rows, lines, width)])
    found, of_found, over_found = _shown(parts)
    filled = [(place, row) for place, row in enumerate(found) if any(t.strip() for t in row[1:])
              or place in over_found]  # fmt: skip
    moved = {place: number for number, (place, _) in enumerate(filled)}
    assert [row for _, row in filled] == wanted
    assert {moved[i] for i in over_found} == overfull
    assert {moved[i]: n for i, n in of_found.items() if i in moved} == ragged
