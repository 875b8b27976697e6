"""Damaged exports end in findings: no traceback, and no number that the file does not say."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from effort import times

SAMPLES = Path(__file__).resolve().parents[4] / "data" / "samples" / "instruments"
SIDECAR = SAMPLES / "sidecar.csv"
TEXTS = sorted(p.name for p in SAMPLES.iterdir() if p.suffix in (".csv", ".txt", ".xml"))
EXPORTS = [name for name in TEXTS if name != "sidecar.csv"]


def _mutated(data: bytes, order: random.Random) -> bytes:
    """A byte changed, a stretch lost or doubled, the end cut off."""
    at = order.randrange(len(data))
    size = order.choice([1, 3, 40, 400])
    match order.randrange(5):
        case 0:
            return data[:at] + bytes([order.randrange(256)]) + data[at + 1 :]
        case 1:
            return data[:at] + data[at + size :]
        case 2:
            return data[:at] + data[at : at + size] + data[at:]
        case 3:
            return data[:at]
        case _:
            return data[:at] + order.choice([b",", b"\t", b'"', b"\r\n", b"N/A", b"-"]) + data[at:]


MANY = pytest.param(times(50, 150), marks=pytest.mark.slow)


@pytest.mark.parametrize("count", [6, MANY])
@pytest.mark.parametrize("name", EXPORTS)
def test_damaged_exports_end_in_findings(
    read: Callable[..., Any], tmp_path: Path, name: str, count: int
) -> None:
    order = random.Random(f"{name} {count}")
    data = (SAMPLES / name).read_bytes()
    for number in range(count):
        path = tmp_path / f"{number}_{name}"
        path.write_bytes(_mutated(data, order))
        read(path, sidecar=SIDECAR)


@pytest.mark.parametrize("count", [12, MANY])
def test_damaged_sidecars_end_in_findings(
    read: Callable[..., Any], tmp_path: Path, count: int
) -> None:
    order = random.Random(count)
    data = SIDECAR.read_bytes()
    for number in range(count):
        path = tmp_path / f"{number}.csv"
        path.write_bytes(_mutated(data, order))
        read(SAMPLES / "masslynx.txt", sidecar=path)


@pytest.mark.parametrize("name", ["sciex.txt", "tracefinder.csv", "xcalibur.csv", "masslynx.txt"])
def test_a_changed_cell_changes_its_own_result_only(
    read: Callable[..., Any], tmp_path: Path, name: str
) -> None:
    """Methamphetamine of WW-A1, 26.5000 ng/mL in every layout."""
    text = (SAMPLES / name).read_bytes().decode()
    assert text.count("26.5000") == 1
    plain, _, _ = read(SAMPLES / name, sidecar=SIDECAR)
    for number, (cell, value) in enumerate(
        [("27.25", 272.5), ("1e1", 100.0), ("0x10", None), ("2 6", None), ("26.5*", None),
         ("twelve", None), ("nan1", None), ("26.5.1", None), (">500", None), ("26..5", None)]
    ):  # fmt: skip
        path = tmp_path / f"{number}_{name}"
        path.write_bytes(text.replace("26.5000", cell).encode())
        samples, findings, _ = read(path, sidecar=SIDECAR)
        place = {"sample": "S-A1", "analyte": "methamphetamine"}
        found = samples["concentration"].sel(place).item()
        if value is None:
            assert found != found, cell
            assert any(f.value == cell for f in findings), cell
        else:
            assert found == pytest.approx(value, rel=1e-12), cell
        rest = samples["concentration"].where(samples["sample"] != "S-A1")
        before = plain["concentration"].where(plain["sample"] != "S-A1")
        assert rest.equals(before), cell


@pytest.mark.parametrize("broken", ["#DIV/0!", "=A1+1"])
def test_broken_cells_of_a_workbook_are_no_non_detects(
    read: Callable[..., Any], tmp_path: Path, broken: str
) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    for cells in (["Component Name"], ["Cocaine"],
                  ["Filename", "Sample Type", "Sample Name", "Calc Amt", "Units", "Area"],
                  ["a", "Unknown Sample", "WW-1", broken, "ng/mL", ""],
                  ["b", "Unknown Sample", "WW-2", 12.5, "ng/mL", 99]):  # fmt: skip
        sheet.append(cells)
    path = tmp_path / "xcalibur.xlsx"
    book.save(path)
    samples, findings, _ = read(path, enrichment=100)
    told = [(f.rule, f.cell, f.column) for f in findings.errors]
    rule = "excel_error_value" if broken.startswith("#") else "formula_not_calculated"
    assert told == [(rule, "D4", "Calc Amt")]
    assert samples["status"].values.tolist() == [["rejected"], ["quantified"]]
