"""Samples and estimates that are written to a database are read again as they were."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lab_tables
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from sql_tables import TEXT, differences, rows_of

import wbe
from wbe.errors import UsageError

WRITE, READ = wbe.io.write_sql, wbe.io.read_sql

#: A result of a table stands in that table.
PLACED = ("source_file", "source_line")


def _samples(folder: Path, *rows: dict[str, str]) -> xr.Dataset:
    return wbe.read(lab_tables.write_csv(folder / "lab.csv", rows), errors="reject")


NUMBER = st.floats(0.001, 1e6).map(repr)

MAYBE = st.one_of(st.just(""), NUMBER)

ROW = st.fixed_dictionaries({
    "site": st.sampled_from(["North", "东厂", "it's 100%"]),
    "date": st.sampled_from(["2024-03-12", "2024-03-12 09:30", "2023-12-31 23:59:30", ""]),
    "analyte": st.sampled_from(["METH", "cocaine", "甲基苯丙胺", "MDMA"]),
    "concentration": st.one_of(NUMBER, st.sampled_from(["<LOD", "ND", "", "<2", "1,250", ">900"])),
    "unit": st.sampled_from(["ng/L", "ug/L"]),
    "lod": st.sampled_from(["", "0.5"]), "loq": st.sampled_from(["", "1.5"]),
    "status": st.sampled_from(["", "", "missing", "not_measured"]),
    "rsd": st.one_of(st.just(""), st.floats(0.01, 0.9).map(repr)),
    "flow": MAYBE, "flow_unit": st.sampled_from(["m3/d", "ML/d"]),
    "population": MAYBE, "matrix": st.sampled_from(["wwtp_influent", "soil", "", "surface_water"]),
    "mode": st.sampled_from(["", "grab", "composite_24h"]), "lab": TEXT,
    "round": st.sampled_from(["", "2024Q1", "spring"]), "note": st.one_of(st.just(""), TEXT),
    "rain_24h_mm": st.one_of(st.just(""), st.floats(0, 90).map(repr)),
    "lon": st.sampled_from(["", "113.25"]), "lat": st.sampled_from(["", "23.1"]),
    "crs": st.sampled_from(["", "gcj02"]), "colour": TEXT,
})  # fmt: skip


@settings(max_examples=25)
@given(st.lists(ROW, min_size=1, max_size=5))
def test_what_is_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]]
) -> None:
    _assert_read_again(tmp_path_factory.mktemp("sql"), rows)


@pytest.mark.slow
@settings(max_examples=300)
@given(st.lists(ROW, min_size=1, max_size=5))
def test_whatever_is_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]]
) -> None:
    _assert_read_again(tmp_path_factory.mktemp("sql"), rows)


def _assert_read_again(folder: Path, rows: list[dict[str, str]]) -> None:
    numbered = [{"sample_id": f"S{i}"} | row for i, row in enumerate(rows)]
    samples = _samples(folder, *numbered)
    errors = {f.rule for f in samples.attrs["findings"].errors}
    written = WRITE(samples, folder / "lab.sqlite", "samples")
    kept = samples["status"] != "rejected"
    samples = samples.sel(sample=kept.any("analyte"), analyte=kept.any("sample"))
    assert written.rows == written.added
    again = READ(folder / "lab.sqlite", "samples", errors="reject") if written.rows else None
    if again is not None and "rejected" not in samples["status"].values:
        assert {f.rule for f in again.attrs["findings"].errors} <= errors
        assert _without_blank(differences(samples, again)) == {}


def _without_blank(found: dict[str, Any]) -> dict[str, Any]:
    """A column of which the rejected samples alone had a cell is no column any more."""
    return {
        name: pair for name, pair in found.items()
        if pair[1] is not None or not _is_blank(pair[0])
    }  # fmt: skip


def _is_blank(values: np.ndarray) -> bool:
    return not (values != "").any() if values.dtype.kind in "UO" else bool(np.isnan(values).all())


@pytest.mark.parametrize("file", ["a_wide_gb18030.csv", "a_wide_utf8.csv"])
def test_a_table_met_in_practice_comes_back_whole(file: str, root: Path, tmp_path: Path) -> None:
    samples = wbe.read(root / "tests" / "data" / "good" / file)
    written = WRITE(samples, tmp_path / "lab.sqlite", "样品")
    again = READ(tmp_path / "lab.sqlite", "样品")
    assert differences(samples, again) == {}
    assert written.lost == (f"{len(samples.attrs['findings'])} findings", *PLACED)


def test_every_quantity_comes_back_with_its_limits(tmp_path: Path) -> None:
    samples = _samples(
        tmp_path,
        lab_tables.row(load="6", recovery="0.9", method="GC", duplicate_rpd="0.1"),
        lab_tables.row(sample_id="S2", analyte="cocaine", concentration="<LOD", load=""),
        lab_tables.row(sample_id="S3", matrix="soil", unit="ng/g", mode="grab", flow="", load=""),
    )
    assert samples["content"].sel(sample="S3", analyte="methamphetamine").item() == 120
    WRITE(samples, tmp_path / "lab.sqlite", "samples")
    again = READ(tmp_path / "lab.sqlite", "samples")
    assert differences(samples, again) == {}
    assert "weight_basis_unstated" not in {f.rule for f in again.attrs["findings"]}


@pytest.mark.parametrize(("name", "unit"), [("load", "mg/day"), ("pn_load", "mg/day/1000人")])
def test_a_table_of_loads_alone_comes_back(name: str, unit: str, tmp_path: Path) -> None:
    row = lab_tables.row()
    del row["concentration"]
    samples = _samples(tmp_path, row | {name: "7.5", "unit": unit})
    WRITE(samples, tmp_path / "lab.sqlite", "samples")
    again = READ(tmp_path / "lab.sqlite", "samples")
    assert again[name].item() == 7.5 and differences(samples, again) == {}


def test_concentrations_and_loads_of_other_results_need_two_tables(tmp_path: Path) -> None:
    row = lab_tables.row(sample_id="S2")
    del row["concentration"]
    loads = tmp_path / "loads.csv"
    lab_tables.write_csv(loads, [row | {"load": "7.5", "unit": "mg/day"}])
    first = lab_tables.write_csv(tmp_path / "lab.csv", [lab_tables.row()])
    samples = wbe.read([first, loads])
    with pytest.raises(UsageError, match="two tables"):
        WRITE(samples, tmp_path / "lab.sqlite", "samples")
    assert not (tmp_path / "lab.sqlite").exists()


def test_samples_and_analytes_that_were_never_measured_are_kept(tmp_path: Path) -> None:
    blank = {"concentration": "", "status": "not_measured"}
    samples = _samples(
        tmp_path,
        lab_tables.row(),
        lab_tables.row(sample_id="S2", lod="", loq="", **blank),
        lab_tables.row(analyte="cocaine", lod="", loq="", **blank),
        lab_tables.row(sample_id="S3", **blank),  # its limits are stated
    )
    WRITE(samples, tmp_path / "lab.sqlite", "samples")
    assert differences(samples, READ(tmp_path / "lab.sqlite", "samples")) == {}


def test_what_is_lost_is_listed(tmp_path: Path) -> None:
    samples = _samples(
        tmp_path, lab_tables.row(), lab_tables.row(sample_id="S2", concentration="1,250"),
        lab_tables.row(sample_id="S3-FB"),
    )  # fmt: skip
    found = len(samples.attrs["findings"])
    written = WRITE(samples.assign(mine=("sample", [1.0, 2.0])), tmp_path / "a.sqlite", "samples")
    assert written.lost == (
        "1 rejected results", "1 rows of quality control", f"{found} findings", *PLACED,
        "mine",
    )  # fmt: skip
    assert rows_of(tmp_path / "a.sqlite", "SELECT sample_id FROM samples") == [("S1",)]


def test_estimates_go_as_their_table_and_are_found_by_their_key(tmp_path: Path) -> None:
    samples = _samples(
        tmp_path, lab_tables.row(), lab_tables.row(analyte="benzoylecgonine"),
        lab_tables.row(analyte="MDMA", concentration="<LOD"),
    )  # fmt: skip
    result = wbe.estimate(samples, draws=200)
    with pytest.raises(UsageError, match="to_tidy"):
        WRITE(result, tmp_path / "lab.sqlite", "estimates")
    table = wbe.to_tidy(result)
    assert WRITE(table, tmp_path / "lab.sqlite", "estimates").added == len(table)
    again = WRITE(table, tmp_path / "lab.sqlite", "estimates", if_exists="append")
    assert (again.rows, again.added) == (len(table), 0)
    values = [v for (v,) in rows_of(tmp_path / "lab.sqlite", "SELECT value FROM estimates")]
    assert values == [None if np.isnan(v) else v for v in table["value"]]
