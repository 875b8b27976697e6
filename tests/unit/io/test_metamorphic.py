"""What must not matter: format, encoding, order of rows and columns, number of files."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from lab_tables import as_cells, row, write_csv, write_xlsx

import wbe

ROWS = [
    row(site="东湖", note="雨后"),
    row(site="东湖", analyte="AMP", concentration="<3", note="雨后"),
    row(sample_id="S2", site="Nord", date="2024-03-13", concentration="2 350", extra="k"),
    row(sample_id="S2", site="Nord", date="2024-03-13", analyte="BE", concentration="0.4",
        unit="ug/L", lod="0.001", loq="0.003"),
    row(sample_id="S3", site="NA", concentration="ND", population="1.5e5"),
    row(sample_id="S4", site="东湖", matrix="soil", unit="ng/g", concentration="18.5", lod="0.5",
        loq="1.5", flow="", flow_unit="", population="", population_basis="", population_date=""),
]  # fmt: skip


def content(samples: xr.Dataset, lines: bool = True) -> xr.Dataset:
    """The Dataset without what names the file; optionally without the lines too."""
    bare = samples.drop_vars([] if lines else ["source_line", "source_file"])
    return bare.assign_attrs(files=None, findings=None, qc_rows=None)


def findings(samples: xr.Dataset) -> list[tuple[str, str, str, str]]:
    return sorted((f.rule, f.column, f.value, f.message) for f in samples.attrs["findings"])


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> xr.Dataset:
    return wbe.read(write_csv(tmp_path_factory.mktemp("plain") / "lab.csv", ROWS))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_encoding_and_delimiter(
    tmp_path: Path, plain: xr.Dataset, encoding: str, delimiter: str
) -> None:
    samples = wbe.read(write_csv(tmp_path / "x.txt", ROWS, encoding, delimiter))
    xr.testing.assert_identical(content(samples), content(plain))
    assert findings(samples) == findings(plain)


def test_workbooks_of_texts(tmp_path: Path, plain: xr.Dataset) -> None:
    samples = wbe.read(write_xlsx(tmp_path / "lab.xlsx", as_cells(ROWS)))
    xr.testing.assert_identical(content(samples), content(plain))
    assert findings(samples) == findings(plain)


def test_workbooks_of_numbers(tmp_path: Path, plain: xr.Dataset) -> None:
    def number(text: str) -> object:
        try:
            return float(text)
        except ValueError:
            return text

    cells = [[number(text) for text in values] for values in as_cells(ROWS)]
    samples = wbe.read(write_xlsx(tmp_path / "lab.xlsx", cells))
    xr.testing.assert_identical(content(samples), content(plain))


@pytest.mark.parametrize("seed", range(3))
def test_order_of_rows(tmp_path: Path, plain: xr.Dataset, seed: int) -> None:
    rows = list(ROWS)
    random.Random(seed).shuffle(rows)
    samples = wbe.read(write_csv(tmp_path / "lab.csv", rows))
    xr.testing.assert_identical(content(samples, lines=False), content(plain, lines=False))
    assert findings(samples) == findings(plain)


@pytest.mark.parametrize("seed", range(3))
def test_order_of_columns(tmp_path: Path, plain: xr.Dataset, seed: int) -> None:
    names = list(dict.fromkeys(name for record in ROWS for name in record))
    random.Random(seed).shuffle(names)
    rows = [{name: record.get(name, "") for name in names} for record in ROWS]
    samples = wbe.read(write_csv(tmp_path / "lab.csv", rows))
    xr.testing.assert_identical(content(samples), content(plain))
    assert findings(samples) == findings(plain)


@pytest.mark.parametrize("cut", [1, 2, 3, 5])
def test_one_file_or_two(tmp_path: Path, plain: xr.Dataset, cut: int) -> None:
    """Cut between rows, even through a sample; columns stay the same in both halves."""
    names = list(dict.fromkeys(name for record in ROWS for name in record))
    rows = [{name: record.get(name, "") for name in names} for record in ROWS]
    halves = [write_csv(tmp_path / "a.csv", rows[:cut]), write_csv(tmp_path / "b.csv", rows[cut:])]
    samples = wbe.read(halves)
    xr.testing.assert_identical(content(samples, lines=False), content(plain, lines=False))
    assert [file["name"] for file in samples.attrs["files"]] == ["a.csv", "b.csv"]


def test_renaming_sites_changes_labels_only(tmp_path: Path, plain: xr.Dataset) -> None:
    rows = [{**record, "site": record["site"][::-1]} for record in ROWS]
    samples = wbe.read(write_csv(tmp_path / "lab.csv", rows))
    assert samples["site"].values.tolist() == [s[::-1] for s in plain["site"].values.tolist()]
    np.testing.assert_array_equal(samples["concentration"], plain["concentration"])


def test_an_unrelated_sample_changes_no_other(tmp_path: Path, plain: xr.Dataset) -> None:
    more = [*ROWS, row(sample_id="S0", site="elsewhere", concentration="7")]
    samples = wbe.read(write_csv(tmp_path / "lab.csv", more)).sel(sample=plain["sample"].values)
    xr.testing.assert_equal(samples["concentration"], plain["concentration"])
