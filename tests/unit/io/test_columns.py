"""Columns of a long table: nothing is lost between a cell and its number, whatever the length."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbe.io.columns import Figures, Growing, Statements, Texts, small

CELLS = st.one_of(
    st.sampled_from(["", "ND", "<5", "1e3", "007", "0", "0.50", "12.500", ".5", "5.", "1,5"]),
    st.decimals(0, 10**9, allow_nan=False, places=3).map(str),
    st.integers(0, 10**17).map(str),
)


@pytest.mark.parametrize("largest", [0, 1, 126, 127, 128, 129, 255, 32767, 32768, 65536, 2**31])
def test_numbers_keep_their_value_in_fewer_bytes(largest: int) -> None:
    codes = np.array([0, largest], dtype=np.int64)
    assert small(codes).tolist() == [0, largest]


@pytest.mark.parametrize("distinct", [127, 128, 129, 300])
def test_many_distinct_texts_are_told_apart(distinct: int) -> None:
    cells = [f"{i}.5" for i in range(distinct)] * 2
    figures, texts = Figures(), Texts()
    codes = np.array([i % distinct for i in range(len(cells))])
    figures.add(codes, cells[:distinct])
    texts.add(codes, cells[:distinct])
    assert figures.values.tolist() == [float(cell) for cell in cells]
    assert [texts[i] for i in range(len(cells))] == cells


@given(st.lists(st.lists(CELLS, min_size=1, max_size=40), min_size=1, max_size=4))
def test_every_cell_can_be_written_back(blocks: list[list[str]]) -> None:
    figures = Figures()
    for cells in blocks:
        known = list(dict.fromkeys(cells))
        figures.add(np.array([known.index(cell) for cell in cells]), known)
    cells = [cell for block in blocks for cell in block]
    assert [figures.text(i) for i in range(len(cells))] == cells
    codes, texts = figures.texts(np.arange(len(cells)))
    assert [texts[i] for i in codes] == cells
    rows, which = figures.odd_cells()
    values = figures.values
    assert np.flatnonzero(np.isnan(values)).tolist() == rows.tolist()
    assert [figures.odd.known[i] for i in which] == [cells[i] for i in rows]
    assert all(values[i] == float(cells[i]) for i in np.flatnonzero(~np.isnan(values)))
    keep = np.arange(len(cells)) % 3 != 1
    some = figures.only(keep)
    assert [some.text(i) for i in range(len(some))] == [
        c for c, k in zip(cells, keep, strict=True) if k
    ]
    part = figures.part(1, len(cells) - 1)
    assert [part.text(i) for i in range(max(0, len(cells) - 2))] == cells[1 : len(cells) - 1]
    twice = Figures.joined([figures, some])
    assert [twice.text(i) for i in range(len(cells))] == cells


def test_an_array_grows_and_widens() -> None:
    growing = Growing(np.int8)
    for values in ([1, 2], [300], [70000, -1]):
        growing.append(small(np.array(values)))
    assert growing.array.tolist() == [1, 2, 300, 70000, -1]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), min_size=1, max_size=60))
def test_rows_that_say_the_same_make_one_statement(rows: list[tuple[str, str]]) -> None:
    statements, columns = Statements(2), [Texts(), Texts()]
    for block in (rows[: len(rows) // 2], rows[len(rows) // 2 :]):
        local, numbers = [], []
        for texts, cells in zip(columns, zip(*block, strict=True), strict=False):
            known = sorted(set(cells))
            local.append((np.array([known.index(cell) for cell in cells]), known))
            numbers.append(texts.numbers(known))
        if block:
            statements.take(local, numbers, len(block), single=False)
    codes, of_row = statements.finish()
    said = [tuple(t.known[i] for t, i in zip(columns, row, strict=True)) for row in codes.tolist()]
    assert len(set(said)) == len(said)
    assert [said[i] for i in of_row] == rows


def test_a_block_of_which_nothing_is_left_changes_no_statement() -> None:
    statements, column = Statements(1), Texts()
    for cells in (["a", "b"], [], ["c", "a"], []):
        codes = np.arange(len(cells))
        statements.take([(codes, cells)], [column.numbers(cells)], len(cells), single=False)
    codes, of_row = statements.finish()
    assert [column.known[i] for i in codes[of_row, 0]] == ["a", "b", "c", "a"]
