"""One synthetic batch in every layout: the files, and that all of them say the same."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

SAMPLES = Path(__file__).resolve().parents[4] / "data" / "samples" / "instruments"
LAYOUT_OF = {
    "masshunter_wide.csv": "masshunter-wide",
    "masshunter_wide_german.csv": "masshunter-wide",
    "masshunter_wide_message.csv": "masshunter-wide",
    "masshunter_compounds.csv": "masshunter-compounds",
    "masshunter_report.csv": "masshunter-report",
    "masslynx.txt": "masslynx",
    "targetlynx.xml": "targetlynx-xml",
    "sciex.txt": "sciex",
    "xcalibur.csv": "xcalibur",
    "xcalibur.xls": "xcalibur",
    "tracefinder.csv": "tracefinder",
}
#: sewage [ng/L] by hand: vial [ng/mL] * 1000 * 0.5 mL / volume * dilution
EXPECTED = {
    "S-A1": {"methamphetamine": 265.0, "amphetamine": 41.2, "benzoylecgonine": 387.0,
             "cocaine": 129.0, "MDMA": 30.5, "ketamine": 18.8},
    "S-A2": {"methamphetamine": 312.0, "amphetamine": 49.6, "benzoylecgonine": 413.0,
             "cocaine": np.nan, "MDMA": 27.1, "ketamine": 21.4},
    "S-B1": {"methamphetamine": 2333.0, "amphetamine": 312.0, "benzoylecgonine": 191.3,
             "cocaine": 52.4, "MDMA": 17.8, "ketamine": 124.2},
    "S-C1": {"methamphetamine": 36.75, "amphetamine": 5.35, "benzoylecgonine": 10.9,
             "cocaine": 3.2, "MDMA": np.nan, "ketamine": np.nan},
    "S-C2": {"methamphetamine": 40.1, "amphetamine": 6.3, "benzoylecgonine": 12.45,
             "cocaine": 3.55, "MDMA": 2.9, "ketamine": np.nan},
}  # fmt: skip


def test_text_files_are_those_that_the_generator_writes() -> None:
    import layouts

    by_hand = {"README.md", "generate_instruments.py", "layouts.py", "xcalibur.xls"}
    shipped = {path.name for path in SAMPLES.iterdir() if path.is_file()}
    assert shipped - by_hand == set(layouts.FILES)
    for name, content in layouts.FILES.items():
        assert (SAMPLES / name).read_bytes() == content(), name


def test_every_layout_has_a_sample() -> None:
    from wbe.io import instruments

    assert set(LAYOUT_OF.values()) == {layout.name for layout in instruments.LAYOUTS}
    assert set(LAYOUT_OF) | {"sidecar.csv"} >= {
        p.name for p in SAMPLES.iterdir() if p.suffix in (".csv", ".txt", ".xml", ".xls")
    }


@pytest.mark.parametrize("name", LAYOUT_OF)
def test_every_layout_gives_the_sewage_concentrations_of_the_batch(
    read: Callable[..., Any], name: str
) -> None:
    samples, findings, source = read(SAMPLES / name, sidecar=SAMPLES / "sidecar.csv")
    assert source.record["layout"] == f"instrument:{LAYOUT_OF[name]}"
    assert not findings.errors
    assert set(samples["sample"].values) == set(EXPECTED)
    assert samples["concentration"].attrs["units"] == "ng/L"
    for sample, row in EXPECTED.items():
        for analyte, value in row.items():
            found = samples["concentration"].sel(sample=sample, analyte=analyte).item()
            status = samples["status"].sel(sample=sample, analyte=analyte).item()
            if np.isnan(value):
                assert np.isnan(found) and status == "below_lod"
                limit = samples["lod"].sel(sample=sample, analyte=analyte).item()
                assert limit == pytest.approx(0.5, rel=1e-12)
            else:
                assert found == pytest.approx(value, rel=1e-12) and status == "quantified"


def test_all_layouts_give_the_same_bits(read: Callable[..., Any]) -> None:
    first = None
    for name in LAYOUT_OF:
        samples, _, _ = read(SAMPLES / name, sidecar=SAMPLES / "sidecar.csv")
        values = samples[["concentration", "status", "lod", "flow", "population", "site"]]
        first = values if first is None else first
        for variable in first.variables:
            np.testing.assert_array_equal(values[variable].values, first[variable].values, name)


@pytest.mark.parametrize("name", ["sciex.txt", "targetlynx.xml", "masshunter_report.csv"])
def test_files_that_pass_in_pieces_read_the_same(
    read: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    plain, _, _ = read(SAMPLES / name, sidecar=SAMPLES / "sidecar.csv")
    monkeypatch.setattr("wbe.io.stream.LARGE", 4000)
    samples, findings, source = read(SAMPLES / name, sidecar=SAMPLES / "sidecar.csv")
    assert source.record["layout"] == f"instrument:{LAYOUT_OF[name]}" and not findings.errors
    np.testing.assert_array_equal(samples["concentration"].values, plain["concentration"].values)


@pytest.mark.parametrize("name", LAYOUT_OF)
def test_the_sequence_is_told_apart(read: Callable[..., Any], name: str) -> None:
    samples, _, _ = read(SAMPLES / name, sidecar=SAMPLES / "sidecar.csv")
    rows = samples.attrs["qc_rows"]
    injections = rows.groupby("kind")[["injection", "sample_name"]].apply(
        lambda of: len(of.drop_duplicates())
    )
    several = {"blank": 2, "standard": 6, "control": 2, "spike": 1, "sample": 6}
    if name in ("masslynx.txt", "targetlynx.xml"):
        several["sample"] = 5  # without raw files the second injection has the name of the first
    assert injections.to_dict() == several
    assert set(rows["analyte"]) == set(EXPECTED["S-A1"])
    standards = pd.to_numeric(rows["istd_area"])
    assert (standards > 50_000).all() and len(rows) == 17 * 6


def test_what_two_layouts_say_about_the_sequence_is_the_same(read: Callable[..., Any]) -> None:
    """Where both state it; as numbers."""
    tables = {}
    for name in LAYOUT_OF:
        samples, _, _ = read(SAMPLES / name, sidecar=SAMPLES / "sidecar.csv")
        rows = samples.attrs["qc_rows"]
        rows = rows.assign(n=rows.groupby(["kind", "sample_name", "analyte"]).cumcount())
        tables[name] = rows.set_index(["kind", "sample_name", "analyte", "n"]).sort_index()
    reference = tables["tracefinder.csv"]
    stated = dict.fromkeys(("area", "istd_area", "expected", "accuracy", "ion_ratio"), 0)
    for name, table in tables.items():
        assert list(table.index) == list(reference.index), name
        for column in stated:
            ours, theirs = (pd.to_numeric(t[column], errors="coerce") for t in (table, reference))
            both = ours.notna() & theirs.notna()
            stated[column] += int(both.any())
            np.testing.assert_allclose(ours[both], theirs[both], rtol=1e-9, err_msg=name)
    assert all(count >= 3 for count in stated.values()), stated


def test_xcalibur_reads_the_same_saved_as_xlsx(read: Callable[..., Any], tmp_path: Path) -> None:
    import openpyxl

    text = (SAMPLES / "xcalibur.csv").read_text(encoding="utf-8")
    book = openpyxl.Workbook()
    book.remove(book.active)
    sheet = None
    for cells in csv.reader(io.StringIO(text)):
        if cells[0] == "Component Name":
            sheet = book.create_sheet(f"Sheet {len(book.sheetnames)}")
        if sheet is not None:
            sheet.append([_cell(text) for text in cells])
    path = tmp_path / "xcalibur.xlsx"
    book.save(path)
    saved, findings, source = read(path, sidecar=SAMPLES / "sidecar.csv")
    plain, _, _ = read(SAMPLES / "xcalibur.csv", sidecar=SAMPLES / "sidecar.csv")
    assert source.record["layout"] == "instrument:xcalibur" and not findings.errors
    np.testing.assert_array_equal(saved["concentration"].values, plain["concentration"].values)
    cell = next(f for f in findings if f.rule == "read_as_nondetect")
    assert re.fullmatch(r"E[0-9]+", cell.cell) and cell.cell == f"E{cell.line}"
    assert cell.value == "NF" and cell.sheet.startswith("Sheet ")


def _cell(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text


def test_every_file_says_that_it_is_synthetic() -> None:
    for path in SAMPLES.iterdir():
        if path.is_file() and path.suffix != ".py":
            assert b"synthetic" in path.read_bytes().lower(), path.name
