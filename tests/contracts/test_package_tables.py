"""Tables of the package: a comma that nobody quoted cuts a text off and nothing else says so."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import wbe

PACKAGE = Path(wbe.__file__).parent
TABLES = sorted(PACKAGE.rglob("*.csv"))


@pytest.mark.parametrize("table", TABLES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_every_row_has_a_cell_for_each_column_and_no_more(table: Path) -> None:
    with table.open(encoding="utf-8-sig", newline="") as lines:
        header, *rows = (row for row in csv.reader(lines) if row)
    others = [row for row in rows if len(row) != len(header)]
    assert rows and not others
