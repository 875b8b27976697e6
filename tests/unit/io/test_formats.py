"""Formats beside delimited text: one table in each, and each value as a person sees it."""

from __future__ import annotations

import datetime as dt
import io
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import xarray as xr
from corpus import BAD
from hypothesis import given, settings
from hypothesis import strategies as st
from lab_tables import write_xlsx
from pyarrow import parquet as pq

import wbe
from data import raw_files
from wbe.findings import Findings
from wbe.io import formats
from wbe.io.containers.ods import read_ods
from wbe.io.containers.parquet import read_parquet
from wbe.io.containers.workbook import column_number, read_xlsx
from wbe.io.containers.xls import read_xls
from wbe.io.shown import duration_text, moment, number_text, shape_of
from wbe.io.text import Refused

GOOD = Path(__file__).parents[2] / "data" / "good"
EXCEL = BAD / "excel"
READERS = {"xlsx": read_xlsx, "xls": read_xls, "ods": read_ods}


def without_source(samples: xr.Dataset) -> xr.Dataset:
    return samples.drop_vars(["source_file", "source_line"])


@pytest.mark.parametrize("suffix", ["tsv", "xlsx", "xls", "ods", "parquet"])
def test_one_table_in_every_format_reads_equal(suffix: str) -> None:
    wanted = wbe.read(GOOD / "plain_long.csv")
    found = wbe.read(GOOD / f"plain_long.{suffix}")
    xr.testing.assert_identical(
        without_source(found).drop_attrs(), without_source(wanted).drop_attrs()
    )
    assert found["source_line"].values.tolist() == wanted["source_line"].values.tolist()
    rules = [f.rule for f in wanted.attrs["findings"]]
    assert [f.rule for f in found.attrs["findings"]] == rules
    assert found.attrs["files"][0]["encoding"] == {"tsv": "utf-8"}.get(suffix, suffix)


@pytest.mark.parametrize("suffix", ["xlsx", "xls", "ods", "parquet"])
def test_sites_and_check_read_every_format(tmp_path: Path, suffix: str) -> None:
    rows = [["site", "area", "lon", "lat", "crs"], ["NA", "T1", "116.07", "22.93", "cgcs2000"]]
    path = tmp_path / f"sites.{suffix}"
    if suffix == "parquet":
        pq.write_table(pa.table({n: [v] for n, v in zip(*rows, strict=True)}), path)
    else:
        path.write_bytes(getattr(raw_files, suffix)(rows))
    sites = wbe.read_sites(path)
    assert sites["site"].tolist() == ["NA"]
    assert sites["lon"].tolist() == [116.07]
    assert not [f for f in wbe.check(path) if f.severity == "error"]


def calamine_rows(data: bytes, sheet: str) -> list[list[object]]:
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)


@pytest.mark.parametrize(
    "path", [*GOOD.glob("plain_long.[xo]*"), *EXCEL.glob("ok_formula.[xo]*"),
             *EXCEL.glob("ok_plain.[xo]*"), *EXCEL.glob("ok_shared*")], ids=lambda p: p.name,
)  # fmt: skip
def test_values_are_those_of_another_reader(path: Path) -> None:
    data = path.read_bytes()
    grids, _ = READERS[path.suffix[1:]](data)
    (grid,) = grids
    other = calamine_rows(data, grid.name)
    rows = grid.sheet("f").rows
    assert len(rows) == len(other)
    for own, theirs in zip(rows, other, strict=True):
        for text, value in zip(own, theirs, strict=True):
            if isinstance(value, int | float):
                assert float(text) == value
            elif not isinstance(value, dt.date):
                assert text == value


@given(st.floats(allow_nan=False, allow_infinity=False))
@settings(max_examples=200, deadline=None)
def test_every_number_survives_a_workbook(value: float) -> None:
    rows = [["", ""], ["", ""]]
    cell = f'<c r="B2"><v>{value!r}</v></c>'
    (grid,), _ = read_xlsx(raw_files.xlsx(rows, cells={(1, 1): cell}))
    (old,), _ = read_xls(raw_files.xls(rows, {(1, 1): raw_files.number(1, 1, value)}))
    assert float(old.rows[1][1]) == value
    assert float(grid.rows[1][1]) == value


@pytest.mark.parametrize(
    ("code", "number", "shape"),
    [
        ("", 14, "date"), ("", 22, "date"), ("", 31, "date"), ("", 9, "percent"), ("", 2, ""),
        ("", 46, "elapsed"), ("yyyy/m/d;@", 0, "date"), ("[h]:mm", 0, "elapsed"),
        ('0.00"mg/d"', 0, ""), ("0.00\\d", 0, ""), ("[Red]0.0", 0, ""), ("General", 0, ""),
        ("0.0%", 0, "percent"), ('0"%"', 0, ""), ("0000", 0, "0000"), ("0", 0, ""),
        ("#,##0.00;[Red]-0%", 0, ""), ("[$-804]yyyy年m月d日", 0, "date"), ("0.00E+00", 0, ""),
    ],
)  # fmt: skip
def test_what_a_format_makes_of_a_number(code: str, number: int, shape: str) -> None:
    assert shape_of(code, number) == shape


@pytest.mark.parametrize(
    ("value", "shape", "text"),
    [
        (0.07, "percent", "7%"), (0.1234, "percent", "12.34%"), (1.0, "percent", "100%"),
        (45363.0, "date", "2024-03-12"), (45363.3958333333, "date", "2024-03-12 09:30:00"),
        (0.5, "date", "12:00:00"), (1.5, "elapsed", "36:00:00"), (-1.0, "date", "-1"),
        (7.0, "000", "007"), (7.5, "000", "7.5"), (1234.0, "000", "1234"), (9e6, "date", "9000000"),
    ],
)  # fmt: skip
def test_numbers_under_their_format(value: float, shape: str, text: str) -> None:
    assert number_text(value, shape) == text


@given(st.datetimes(dt.datetime(1900, 3, 1), dt.datetime(2200, 1, 1)), st.booleans())
def test_serials_give_the_moment_they_were_made_of(when: dt.datetime, epoch_1904: bool) -> None:
    when = when.replace(microsecond=when.microsecond // 1000 * 1000)
    begin = dt.datetime(1904, 1, 1) if epoch_1904 else dt.datetime(1899, 12, 30)
    days = (when - begin) / dt.timedelta(days=1)
    if days >= 60:
        assert moment(days, epoch_1904) == when


def test_the_leap_day_that_never_was() -> None:
    assert moment(1.0) == dt.datetime(1900, 1, 1)
    assert moment(59.0) == dt.datetime(1900, 2, 28)
    assert moment(61.0) == dt.datetime(1900, 3, 1)
    assert duration_text(1 / 86_400) == "0:00:01"


@pytest.mark.parametrize(("letters", "number"), [("A", 0), ("Z", 25), ("AA", 26), ("XFD", 16_383)])
def test_numbers_of_columns(letters: str, number: int) -> None:
    assert column_number(letters) == number


def test_parquet_without_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    found = list(wbe.check(GOOD / "plain_long.parquet").errors)
    assert [f.rule for f in found] == ["parquet_not_installed"]
    assert 'pip install "wbe-drugs[parquet]"' in found[0].fix


@pytest.mark.parametrize("compression", ["snappy", "gzip", "zstd", "none", "lz4", "brotli"])
@pytest.mark.parametrize("encoding", ["", "PLAIN", "DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY"])
@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_parquet_in_every_encoding(compression: str, encoding: str, version: str) -> None:
    texts = [f"{'x' * 50}{i % 7}" if i % 5 else None for i in range(600)]
    buffer = io.BytesIO()
    options = {"use_dictionary": False, "column_encoding": {"a": encoding}} if encoding else {}
    pq.write_table(pa.table({"a": texts}), buffer, compression=compression,
                   data_page_version=version, row_group_size=250, **options)  # fmt: skip
    sheet = read_parquet(buffer.getvalue(), "f")
    assert sheet.rows == [["a"], *([text or ""] for text in texts)]


def test_columns_of_parquet_become_text() -> None:
    zone = pa.timestamp("ns", "America/New_York")
    columns = {
        "f": (pa.array([0.1, None, float("inf")], pa.float32()), ["0.1", "", "inf"]),
        "d": (pa.array([0.1, 2.0, float("nan")]), ["0.1", "2", "nan"]),
        "i": (pa.array([2**63 - 1, None, -5]), ["9223372036854775807", "", "-5"]),
        "b": (pa.array([True, None, False]), ["TRUE", "", "FALSE"]),
        "t": (pa.array([0, None, 10**18], zone),
              ["1969-12-31T19:00:00-05:00", "", "2001-09-08T21:46:40-04:00"]),
        "c": (pa.array(["NA", "", "007"], pa.large_string()), ["NA", "", "007"]),
        "h": (pa.array([dt.time(9, 30), None, dt.time(0)]), ["09:30:00", "", "00:00:00"]),
        "n": (pa.nulls(3), ["", "", ""]),
    }  # fmt: skip
    buffer = io.BytesIO()
    pq.write_table(pa.table({name: values for name, (values, _) in columns.items()}), buffer)
    rows = read_parquet(buffer.getvalue(), "f").rows
    assert rows[0] == list(columns)
    for index, (_, wanted) in enumerate(columns.values()):
        assert [row[index] for row in rows[1:]] == wanted


def test_results_do_not_depend_on_pyarrow_holding_the_text() -> None:
    """pandas keeps text in pyarrow where that is installed; the answers are the same."""
    import pandas as pd

    found = {}
    for storage in ("python", "pyarrow"):
        with pd.option_context("mode.string_storage", storage):
            samples = wbe.read(GOOD / "plain_long.csv")
            table = wbe.to_tidy(wbe.estimate(samples, draws=0))
            found[storage] = table.to_csv(index=False)
    assert found["python"] == found["pyarrow"]


def test_kinds_are_told_by_content() -> None:
    kinds = {"plain_long.csv": "text", "plain_long.ods": "ods", "plain_long.xls": "xls"}
    for name, kind in kinds.items():
        assert formats.recognise((GOOD / name).read_bytes()) == kind
    assert formats.recognise(b"PARE" + bytes(20)) == "parquet"
    with pytest.raises(Refused, match="encrypted"):
        formats.read_sheets("parquet", b"PARE" + bytes(20) + b"PARE", "x.parquet", Findings())


def test_the_beginning_of_a_large_workbook_is_no_text() -> None:
    for suffix, kind in (("xlsx", "zip"), ("ods", "zip"), ("xls", "xls"), ("tsv", "text")):
        head = (GOOD / f"plain_long.{suffix}").read_bytes()[:300]
        assert formats.first_look(head) == kind


def test_hidden_places_are_named(tmp_path: Path) -> None:
    from openpyxl import load_workbook

    path = write_xlsx(tmp_path / "x.xlsx", [["a", "b"], *([[str(i), "x"] for i in range(9)])])
    book = load_workbook(path)
    for row in (2, 3, 4, 7):
        book.active.row_dimensions[row].hidden = True
    book.active.column_dimensions["B"].hidden = True
    book.save(path)
    findings = Findings()
    formats.read_sheets("xlsx", path.read_bytes(), "x.xlsx", findings)
    messages = [f.message for f in findings]
    assert "2-4, 7" in messages[0] and messages[1].endswith("others: B.")
    assert np.all([f.severity == "flag" for f in findings])
