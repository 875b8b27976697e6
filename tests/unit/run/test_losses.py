"""Lost results and their samples, each counted once."""

from __future__ import annotations

from pathlib import Path

import wbe
from wbe.run import losses

HEAD = "site,date,analyte,concentration,unit,lod\n"


def lost(tmp_path: Path, rows: str, head: str = HEAD):
    (tmp_path / "lab.csv").write_text(head + rows, encoding="utf-8")
    samples = wbe.read(tmp_path / "lab.csv", errors="reject")
    return losses.lost(samples, samples.attrs["findings"])


def test_many_results_of_two_samples_without_ids(tmp_path: Path) -> None:
    names = ("methamphetamine", "ketamine", "morphine", "codeine", "MDMA")
    bad = [f'{s},2024-02-10,{n},"1,2",ng/L,1\n' for s in "AB" for n in names]
    good = "C,2024-02-10,ketamine,5,ng/L,1\n"
    number, samples = lost(tmp_path, "".join(bad) + good)
    assert number == 10 and len(samples) == 2


def test_cells_under_a_header_without_a_unit_are_counted_below_it(tmp_path: Path) -> None:
    rows = "A,2024-02-10,5,7\nB,2024-02-10,6,8\n"
    number, samples = lost(tmp_path, rows, "site,date,METH,KET (ng/L)\n")
    assert number == 2 and len(samples) == 2


def test_a_row_of_an_unknown_analyte_is_one_result(tmp_path: Path) -> None:
    rows = "S1,A,2024-02-10,ketamine,5,ng/L,1\nS1,A,2024-02-10,bananas,5,ng/L,1\n"
    number, samples = lost(tmp_path, rows, "sample_id," + HEAD)
    assert number == 1 and set(samples) <= {"S1"}


def test_nothing_is_lost_without_errors(tmp_path: Path) -> None:
    assert lost(tmp_path, "A,2024-02-10,ketamine,5,ng/L,1\n") == (0, [])
