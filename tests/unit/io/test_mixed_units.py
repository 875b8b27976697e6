"""Units of the cell, of its row, of the header, in many spellings: each number in its own.

The expectation is made with the file, by hand; no code of the reader takes part in it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import wbe
import wbe.io.read

IN_NG_PER_L = {"ng/L": 1, "ｎｇ/L": 1, "": 1, "ug/L": 1000, "µg/L": 1000, "mg/L": 1_000_000}
CELLS = st.tuples(
    st.integers(1, 9999), st.sampled_from(sorted(IN_NG_PER_L)),
    st.sampled_from(["", "", "", "ng/L", "ug/L"]),
)  # fmt: skip


def table(cells: list[tuple[int, str, str]]) -> tuple[str, list[float]]:
    lines, expected = ["sample_id,site,date,analyte,concentration [ng/L],unit"], []
    for i, (number, of_row, of_cell) in enumerate(cells):
        cell = f"{number} {of_cell}".strip()
        lines.append(f"S{i:03d},North,2024-03-12,METH,{cell},{of_row}")
        expected.append(float(number * IN_NG_PER_L[of_cell or of_row]))
    return "\n".join(lines) + "\n", expected


@pytest.mark.slow
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=st.lists(CELLS, min_size=1, max_size=12), chunk=st.sampled_from([2, 5, 1000]))
def test_every_number_in_its_own_unit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cells: list[tuple[int, str, str]], chunk: int
) -> None:
    monkeypatch.setattr(sys.modules["wbe.io.results"], "_CHUNK", chunk)
    text, expected = table(cells)
    path = tmp_path / "lab.csv"
    path.write_text(text, encoding="utf-8", newline="")
    samples = wbe.read(path, errors="reject")
    found = samples["concentration"].sel(analyte="methamphetamine").values.tolist()
    assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("middle", [",,,,,\n" * 400, "合计,,,,,\n" * 20 + ",,,,,\n" * 400])
def test_blocks_without_samples_lose_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, middle: str
) -> None:
    stream, blocks = (sys.modules[f"wbe.io.{name}"] for name in ("stream", "blocks"))
    text, expected = table([(i, "ng/L", "") for i in range(1, 61)])
    head, rows = text.split("\n", 1)
    lines = rows.splitlines(keepends=True)
    path = tmp_path / "lab.csv"
    whole = head + "\n" + "".join(lines[:30]) + middle + "".join(lines[30:]) + ",,,,,\n" * 300
    path.write_text(whole, encoding="utf-8", newline="")
    monkeypatch.setattr(stream, "LARGE", 1)
    monkeypatch.setattr(stream, "PIECE", 300)
    monkeypatch.setattr(blocks, "BLOCK_ROWS", 3)
    samples = wbe.read(path, errors="reject")
    assert samples["concentration"].values.ravel().tolist() == expected


def test_a_file_of_quality_control_beside_one_without_ids(tmp_path: Path) -> None:
    header = "site,date,analyte,concentration,unit\n"
    (tmp_path / "qc.csv").write_text(header + "空白,2024-03-12,METH,1,ng/L\n", encoding="utf-8")
    (tmp_path / "lab.csv").write_text(header + "North,2024-03-12,METH,5,ng/L\n", encoding="utf-8")
    samples = wbe.read([tmp_path / "qc.csv", tmp_path / "lab.csv"], errors="reject")
    assert samples["concentration"].values.tolist() == [[5.0]]
    assert len(samples.attrs["qc_rows"]) == 1
