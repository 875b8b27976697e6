"""Reading in pieces gives what reading at once gives, wherever the pieces end."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import xarray as xr
from corpus import BAD, load_cases

import wbe
from wbe.errors import WbeError
from wbe.io import blocks, formats, stream, tables

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
            found[path.name] = (path, ())
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
    xr.testing.assert_identical(found.drop_attrs(), wanted.drop_attrs())


@pytest.mark.parametrize("size", [64, 257, 4099])
@pytest.mark.parametrize("name", _files())
def test_a_file_in_pieces_reads_as_it_does_at_once(
    name: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = _at_once(name)
    _assert_same(_in_pieces(name, monkeypatch, size), wanted)
