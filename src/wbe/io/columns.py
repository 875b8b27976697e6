"""Columns of a long table in little memory: texts numbered once, figures parsed once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

# A number that can be written back exactly as it stood, from its value and its decimals.
_PLAIN = re.compile(r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_EXACT = 15


def small(codes: np.ndarray) -> np.ndarray:
    """The same numbers in as few bytes as they need."""
    return codes.astype(np.min_scalar_type(-int(codes.max(initial=0)) - 1))


def same(number: int, count: int) -> np.ndarray:
    """One small number `count` times, in the memory of one; to be read only."""
    return np.broadcast_to(np.int8(number), count)


class Growing:
    """An array that rows are appended to; in one piece, so that its growth leaves no holes.

    Parameters
    ----------
    dtype : dtype
        The first; appending what it cannot hold widens it.
    expected : int
        How many values are likely to come; memory is taken as they do.
    """

    def __init__(self, dtype: Any, expected: int = 0):
        self._buffer = np.empty(expected, dtype=dtype)
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def append(self, values: np.ndarray) -> None:
        """Append some values."""
        end = self._length + len(values)
        dtype = np.promote_types(self._buffer.dtype, values.dtype)
        if end > len(self._buffer) or dtype != self._buffer.dtype:
            size = len(self._buffer) if end <= len(self._buffer) else max(end, 2 * self._length)
            wider = np.empty(size, dtype=dtype)
            wider[: self._length] = self._buffer[: self._length]
            self._buffer = wider
        self._buffer[self._length : end] = values
        self._length = end

    @property
    def array(self) -> np.ndarray:
        """What was appended."""
        return self._buffer[: self._length]


class Texts:
    """A column of texts: each distinct one once, and for every row which.

    Attributes
    ----------
    known : list of str
        The distinct texts, in the order in which they were met.

    Parameters
    ----------
    expected : int
        How many rows are likely to come.
    """

    def __init__(self, expected: int = 0) -> None:
        self.known: list[str] = []
        self._number: dict[str, int] = {}
        self._codes = Growing(np.int8, expected)

    def numbers(self, texts: Sequence[str]) -> np.ndarray:
        """Number of each of some texts; new ones are taken up."""
        known, number = self.known, self._number
        found = np.empty(len(texts), dtype=np.int32)
        for i, text in enumerate(texts):
            at = number.get(text)
            if at is None:
                at = number[text] = len(known)
                known.append(text)
            found[i] = at
        return found

    def add(self, codes: np.ndarray, texts: Sequence[str]) -> np.ndarray:
        """Append rows: the position of each row's text among `texts`; returns their numbers."""
        numbers = self.numbers(texts)[codes] if len(texts) else np.zeros(0, dtype=np.int32)
        self._codes.append(small(numbers))
        return numbers

    def close(self) -> None:
        """Take up no more texts; frees what was needed for that."""
        self._number = {}

    @property
    def codes(self) -> np.ndarray:
        """Which of `known` each row holds: ndarray of int (row,)."""
        return self._codes.array

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, row: int) -> str:
        return self.known[self.codes[row]]

    def each(self, read: Callable[[str], Any]) -> np.ndarray:
        """``read`` of every row's text, asked once for each distinct one; an object array."""
        found = np.empty(len(self.known), dtype=object)
        found[:] = [read(text) for text in self.known]
        return found[self.codes]


class Figures:
    """A column of cells that are mostly numbers, each distinct text of a block parsed once.

    Plain numbers are kept as values with their decimals, from which the text can be written back;
    everything else (``<5``, ``ND``, ``1e3``, ``007``) is odd and kept as text.

    Attributes
    ----------
    odd : Texts
        Distinct texts that are no plain number.

    Parameters
    ----------
    expected : int
        How many rows are likely to come.
    """

    def __init__(self, expected: int = 0) -> None:
        self.odd = Texts()
        self._codes = Growing(
            np.int8, expected
        )  # by row: position of its text behind `_bases` of its block
        self._values = Growing(float)  # by text of a block: NaN where odd
        self._decimals = Growing(np.int8)  # digits behind the point; -1 where odd
        self._odd = Growing(np.int32)  # number among the odd texts; -1 for plain numbers
        self._ends = [0]
        self._bases = [0]

    def __len__(self) -> int:
        return len(self._codes)

    def add(self, codes: np.ndarray, texts: Sequence[str]) -> None:
        """Append rows: the position of each row's text among `texts`."""
        value, odd = np.full(len(texts), np.nan), np.full(len(texts), -1, dtype=np.int32)
        decimals = np.full(len(texts), -1, dtype=np.int8)
        strange, plain = [], _PLAIN.fullmatch
        for i, text in enumerate(texts):
            if len(text) <= _EXACT and plain(text):
                value[i] = float(text)
                decimals[i] = len(text) - text.find(".") - 1 if "." in text else 0
            else:
                strange.append(i)
        odd[strange] = self.odd.numbers([texts[i] for i in strange])
        self._append(codes, value, decimals, odd)

    def _append(
        self, codes: np.ndarray, value: np.ndarray, decimals: np.ndarray, odd: np.ndarray
    ) -> None:
        self._codes.append(small(codes))
        self._values.append(value)
        self._decimals.append(decimals)
        self._odd.append(odd)
        self._ends.append(len(self._codes))
        self._bases.append(len(self._values))

    def _blocks(self) -> Iterator[tuple[slice, np.ndarray, slice]]:
        """Rows of each block, their codes, and where the texts of the block stand."""
        for i in range(len(self._ends) - 1):
            rows = slice(self._ends[i], self._ends[i + 1])
            yield rows, self._codes.array[rows], slice(self._bases[i], self._bases[i + 1])

    @property
    def values(self) -> np.ndarray:
        """Plain numbers, a fresh ndarray (row,); NaN where the cell is odd."""
        found = np.empty(len(self))
        for rows, codes, texts in self._blocks():
            found[rows] = self._values.array[texts][codes]
        return found

    def odd_cells(self) -> tuple[np.ndarray, np.ndarray]:
        """Rows of odd cells, ascending, and which of ``odd.known`` each of them is."""
        where, which = Growing(np.int32), Growing(np.int8)
        for rows, codes, texts in self._blocks():
            odd = self._odd.array[texts]
            if (odd >= 0).any():
                numbers = odd[codes]
                here = np.flatnonzero(numbers >= 0)
                where.append((here + rows.start).astype(np.int32))
                which.append(small(numbers[here]))
        return where.array, which.array

    def text(self, row: int) -> str:
        """The cell as written."""
        codes, texts = self.texts(np.array([row]))
        return texts[codes[0]]

    def texts(self, rows: np.ndarray) -> tuple[np.ndarray, list[str]]:
        """Some cells as written: for each the number of its text, and the texts."""
        known = Texts()
        block = np.searchsorted(self._ends, rows, side="right") - 1
        place = self._codes.array[rows] + np.array(self._bases)[block]
        used, which = np.unique(place, return_inverse=True)
        numbers = known.numbers([self._written(at) for at in used.tolist()])
        return small(numbers[which]), known.known

    def _written(self, at: int) -> str:
        decimals = self._decimals.array[at]
        if decimals >= 0:
            return f"{self._values.array[at]:.{decimals}f}"
        return self.odd.known[self._odd.array[at]]

    def only(self, keep: np.ndarray) -> Figures:
        """The rows for which `keep` is true."""
        if keep.all():
            return self
        kept = Figures()
        kept.odd = self.odd
        for rows, codes, texts in self._blocks():
            kept._append(codes[keep[rows]], self._values.array[texts],
                         self._decimals.array[texts], self._odd.array[texts])  # fmt: skip
        return kept

    def part(self, first: int, last: int) -> Figures:
        """Rows `first` to `last`."""
        if first == 0 and last >= len(self):
            return self
        some = Figures()
        some.odd = self.odd
        for rows, codes, texts in self._blocks():
            begin, end = max(first, rows.start), min(last, rows.stop)
            if begin < end:
                some._append(codes[begin - rows.start : end - rows.start],
                             self._values.array[texts], self._decimals.array[texts],
                             self._odd.array[texts])  # fmt: skip
        return some

    @classmethod
    def joined(cls, several: Sequence[Figures]) -> Figures:
        """Several columns one under the other."""
        if len(several) == 1:
            return several[0]
        joined = cls()
        for one in several:
            numbers = joined.odd.numbers(one.odd.known)
            for _, codes, texts in one._blocks():
                odd = one._odd.array[texts]
                if len(numbers):
                    odd = np.where(odd >= 0, numbers[odd], -1)
                joined._append(codes, one._values.array[texts], one._decimals.array[texts], odd)
        return joined


class Statements:
    """Numbers the distinct combinations of texts that rows make.

    One column, the sample's id where there is one, tells nearly all of them apart: a combination is
    looked up by that text's number, and only what differs from the first one met there is looked
    up by all of its numbers.

    Parameters
    ----------
    width : int
        Number of columns.
    primary : int
        Which of them tells the most.
    expected : int
        How many rows are likely to come.
    """

    def __init__(self, width: int, primary: int = 0, expected: int = 0):
        self._width, self._primary = width, primary
        self._codes = np.empty((0, width), dtype=np.int32)
        self._first = np.empty(0, dtype=np.int32)  # by number of the primary text; -1 for none
        self._others: dict[bytes, int] = {}
        self._rows = Growing(np.int32, expected)
        self._count = 0

    def take(
        self, local: list[tuple[np.ndarray, list[str]]], numbers: list[np.ndarray], count: int,
        *, single: bool,
    ) -> None:  # fmt: skip
        """Take the rows of a block: its own codes, and the number of each text in the table."""
        if single:
            each = [n[c] for (c, _), n in zip(local, numbers, strict=True)]
            self._rows.append(np.arange(self._count, self._count + count, dtype=np.int32))
            self._keep(np.stack(each, axis=1) if each else np.zeros((count, 0), np.int32))
            return
        which = np.zeros(count, dtype=np.int64)
        for codes, texts in local:
            if len(texts) > 1:
                which = pd.factorize(which * len(texts) + codes)[0]
        first = np.zeros(int(which.max()) + 1 if count else 0, dtype=np.int64)
        first[which[::-1]] = np.arange(count)[::-1]
        columns = [n[c[first]] for (c, _), n in zip(local, numbers, strict=True)]
        combined = np.stack(columns, axis=1) if columns else np.zeros((len(first), 0), np.int32)
        self._rows.append(self._numbers(combined)[which])

    def _keep(self, combined: np.ndarray) -> None:
        end = self._count + len(combined)
        if end > len(self._codes):
            wider = np.empty((max(end, 2 * self._count), self._width), dtype=np.int32)
            wider[: self._count] = self._codes[: self._count]
            self._codes = wider
        self._codes[self._count : end] = combined
        self._count = end

    def _numbers(self, combined: np.ndarray) -> np.ndarray:
        """Number of each of some different combinations; new ones are taken up."""
        if not len(combined):
            return np.zeros(0, dtype=np.int32)
        if not self._width:
            self._count = 1
            return np.zeros(len(combined), dtype=np.int32)
        primary = combined[:, self._primary]
        self._widen(int(primary.max()) + 1)
        fresh = self._first[primary] < 0
        fresh[fresh] = ~pd.Series(primary[fresh]).duplicated().to_numpy()
        self._first[primary[fresh]] = self._count + np.arange(int(fresh.sum()))
        self._keep(combined[fresh])
        found = self._first[primary]
        for i in np.flatnonzero((self._codes[found] != combined).any(axis=1)).tolist():
            found[i] = self._other(combined[i])
        return found

    def _other(self, codes: np.ndarray) -> int:
        number = self._others.setdefault(codes.tobytes(), self._count)
        if number == self._count:
            self._keep(codes[np.newaxis])
        return number

    def _widen(self, size: int) -> None:
        if size > len(self._first):
            wider = np.full(max(size, 2 * len(self._first)), -1, dtype=np.int32)
            wider[: len(self._first)] = self._first
            self._first = wider

    def finish(self) -> tuple[np.ndarray, np.ndarray]:
        """Codes of each statement (statement, column), and the statement of each row."""
        self._others, self._first = {}, np.empty(0, dtype=np.int32)
        return self._codes[: self._count], self._rows.array
