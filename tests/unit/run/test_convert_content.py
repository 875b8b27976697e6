"""A converted table as bytes: a cell of a workbook reads back as the text that it was."""

from __future__ import annotations

import io

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbe.io.convert.grid import Grid
from wbe.io.notation import typed_cell
from wbe.io.shown import as_text
from wbe.run.convert_content import content


def grid_of(cells: list[str], numbers: set[int]) -> Grid:
    return Grid("t", [["a"]], [[cell] for cell in cells], numbers)


def stored(cells: list[str], numbers: set[int]) -> list[object]:
    """What the cells below the header of a workbook hold."""
    data, _ = content([grid_of(cells, numbers)], ".xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert sheet is not None
    return [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)]


def test_plain_numbers_are_numbers_in_the_columns_of_numbers_alone() -> None:
    cells = ["12", "", "0.5", "0.50", "007", "<2", "1e20"]
    assert stored(cells, {0}) == [12, None, 0.5, "0.50", "007", "<2", "1e20"]
    assert stored(cells, set()) == ["12", None, "0.5", "0.50", "007", "<2", "1e20"]


@pytest.mark.parametrize("text", ["nan", "inf", "-inf"])
def test_what_python_alone_takes_for_a_number_is_not_lost(text: str) -> None:
    """A workbook has no such numbers: the cell would be blank."""
    assert stored([text], {0})[0] in (text, f"'{text}")


@given(st.one_of(st.floats().map(repr), st.integers().map(str), st.text(max_size=6)))
def test_a_number_of_a_cell_shows_the_text_that_it_was(text: str) -> None:
    value = typed_cell(text)
    assert (as_text(value) if isinstance(value, int | float) else value or "") == text
