"""More files than a small integer can number."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from wbe import schema
from wbe.findings import Findings
from wbe.io.collected import Collected
from wbe.io.plausibility.places import Origin
from wbe.io.sources import open_source

LAB = Path(__file__).resolve().parents[2] / "data" / "good" / "plain_long.csv"


@pytest.mark.parametrize(
    ("count", "dtype"),
    [(0, np.int16), (32_768, np.int16), (32_769, np.int32), (1_000_000, np.int32)],
)
def test_the_numbers_of_all_files_fit_their_type(count: int, dtype: type) -> None:
    chosen = schema.numbering(count)
    assert chosen is dtype and np.iinfo(chosen).max >= count - 1


@pytest.mark.parametrize("before", [0, 32_767, 32_768, 70_000])
def test_a_result_names_its_file_however_many_were_read_before(before: int) -> None:
    findings = Findings()
    collected = Collected(findings)
    collected.origins = [Origin(number, "") for number in range(before)]
    table = open_source(LAB, LAB.name, findings, None).tables[0]
    collected.add(table, before, "auto")
    samples, origin = collected.dataset([{"name": LAB.name}] * (before + 1))
    measured = samples["status"].values != "not_measured"
    assert measured.any() and set(origin[measured]) == {before}
    assert set(samples["source_file"].values[measured]) == {before}
