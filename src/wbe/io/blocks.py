"""Rows of a table in blocks: by column, each distinct text once.

A laboratory's file repeats itself: twenty rows a sample, one unit, a few hundred days. What is
read once for each distinct text instead of once for each row costs next to nothing, and a file
larger than the memory passes through in blocks.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain, compress, islice, zip_longest

import numpy as np

from wbe.io.text import Refused

BLOCK_ROWS = 50_000
FIELD_LIMIT = 1_000_000
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass
class Block:
    """Some rows of a table.

    Attributes
    ----------
    rows : ndarray of int
        Index of each row in its sheet.
    lines : ndarray of int
        Line at which each begins, as a person counts.
    columns : list of (ndarray of int, list of str)
        For each column of the header the position of every row's text, and the texts as written.
    cells : dict of int to int
        Number of cells of rows (by position) that have more or fewer than the header.
    overfull : set of int
        Rows with text beyond the last column of the header.
    written : dict of int to (ndarray of int, list of str)
        As `columns`, for those in which a layout restated cells: the texts as the laboratory wrote
        them, "" where they stand unchanged.
    """

    rows: np.ndarray
    lines: np.ndarray
    columns: list[tuple[np.ndarray, list[str]]]
    cells: dict[int, int] = field(default_factory=dict)
    overfull: set[int] = field(default_factory=set)
    written: dict[int, tuple[np.ndarray, list[str]]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

    def text(self, position: int, column: int) -> str:
        """One cell as written."""
        codes, texts = self.columns[column]
        return texts[codes[position]]

    def text_written(self, position: int, column: int) -> str:
        """One cell as the laboratory wrote it."""
        codes, texts = self.written.get(column, self.columns[column])
        return texts[codes[position]] or self.text(position, column)

    def where(self, column: int, keep: Sequence[bool]) -> np.ndarray:
        """Positions of the rows whose text of a column is marked among its distinct texts."""
        if not any(keep):
            return np.zeros(0, dtype=np.intp)
        return np.flatnonzero(np.asarray(keep, dtype=bool)[self.columns[column][0]])

    def only(self, keep: np.ndarray) -> Block:
        """The rows for which `keep` is true, and no text that none of them holds."""
        if keep.all():
            return self
        columns = [_used(codes[keep], texts) for codes, texts in self.columns]
        written = {i: _used(codes[keep], texts) for i, (codes, texts) in self.written.items()}
        return Block(self.rows[keep], self.lines[keep], columns, written=written)


def _used(codes: np.ndarray, texts: Sequence[str]) -> tuple[np.ndarray, list[str]]:
    """Codes into those of the texts that they need."""
    used, moved = np.unique(codes, return_inverse=True)
    return moved, [texts[i] for i in used.tolist()]


def from_rows(
    rows: Sequence[Sequence[str]], lines: Sequence[int], width: int, first: int = 0,
    written: Mapping[tuple[int, int], str] | None = None,
) -> Block:  # fmt: skip
    """A block of rows of cells.

    Parameters
    ----------
    rows : sequence of sequences of str
    lines : sequence of int
        Line of each row.
    width : int
        Number of columns of the header.
    first : int
        Index of the first of the rows in its sheet.
    written : mapping of (int, int) to str, optional
        Position of a row and a column to the text that a layout restated.

    Returns
    -------
    Block
    """
    block = Block(np.arange(first, first + len(rows)), np.asarray(lines, dtype=np.int64), [])
    for position, cells in enumerate(rows):
        if len(cells) != width:
            block.cells[position] = len(cells)
            if any(text.strip() for text in cells[width:]):
                block.overfull.add(position)
    columns = list(islice(zip_longest(*rows, fillvalue=""), width))
    columns += [("",) * len(rows)] * (width - len(columns))
    block.columns = [_distinct(column) for column in columns]
    own: dict[int, list[str]] = {}
    for (position, column), text in (written or {}).items():
        if column < width:
            if column not in own:  # a list of all rows is made once a column, not once a cell
                own[column] = [""] * len(rows)
            own[column][position] = text
    block.written = {column: _distinct(texts) for column, texts in own.items()}
    return block


class _Numbered(dict[str, int]):
    """Texts numbered in the order in which they are first asked for."""

    def __missing__(self, text: str) -> int:
        number = self[text] = len(self)
        return number


def _distinct(column: Sequence[str]) -> tuple[np.ndarray, list[str]]:
    numbered = _Numbered()
    codes = np.fromiter(map(numbered.__getitem__, column), dtype=np.int32, count=len(column))
    return codes, list(numbered)


def from_text(pieces: Iterator[tuple[int, str]], delimiter: str, width: int) -> Iterator[Block]:
    """Blocks of delimited text.

    Text without quotes, or with quotes around whole cells only, is split by the fast reader, which
    is checked: as many delimiters as the header has, in every row. Where that does not hold the
    standard library's strict reader decides; where a quoted cell may run over the end of a line,
    it keeps all that follows.

    Parameters
    ----------
    pieces : iterator of (int, str)
        Consecutive parts of the text that end with a line, after the number of their first line.
    delimiter : str
    width : int
        Number of columns of the header.

    Yields
    ------
    Block

    Raises
    ------
    Refused
        ``quote_not_closed`` or ``cell_too_long``.
    """
    simple = re.compile(
        rf'(?:^|(?<=[{re.escape(delimiter)}\r\n]))"[^"\r\n]*"(?=[{re.escape(delimiter)}\r\n]|\Z)'
    )
    first = 0
    for line, text in pieces:
        if not _is_simple(text, simple):
            yield from _strictly(line, text, pieces, delimiter, width, first)
            return
        block = _fast(text, line, delimiter, width, first, simple)
        if block is None:
            rows, lines = RowSplitter(io.StringIO(text, newline=""), delimiter, line).take()
            block = from_rows(rows, lines, width, first)
        first += len(block)
        yield block


def _is_simple(text: str, simple: re.Pattern[str]) -> bool:
    """Whether every quote belongs to a pair around one whole cell on one line."""
    quotes = text.count('"')
    return not quotes or 2 * sum(1 for _ in simple.finditer(text)) == quotes


def _fast(
    text: str, line: int, delimiter: str, width: int, first: int, simple: re.Pattern[str]
) -> Block | None:
    """The block by pandas' reader; None where a row has more or fewer cells than the header."""
    import pandas as pd

    quoted = '"' in text
    if text.count("\r") != text.count("\r\n") or (
        quoted and any(delimiter in cell.group() for cell in simple.finditer(text))
    ):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # cells beyond the header
            frame = pd.read_csv(
                io.StringIO(text), sep=delimiter, header=None, names=range(width + 1),
                dtype=object, keep_default_na=False, na_filter=False, index_col=False,
                skip_blank_lines=False, engine="c", low_memory=False,
                quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
            )  # fmt: skip
    except (pd.errors.ParserError, pd.errors.EmptyDataError, pd.errors.ParserWarning):
        return None
    columns = []
    for index in range(width):
        codes, texts = pd.factorize(frame[index].to_numpy(dtype=object))
        columns.append((codes, texts.tolist()))
    full = "" not in columns[-1][1] and not frame[width].any()
    if text.count(delimiter) != len(frame) * (width - 1) or not (
        full or _every_row_has(text, delimiter, width - 1)
    ):
        return None
    if max((len(cell) for _, texts in columns for cell in texts), default=0) > FIELD_LIMIT:
        raise Refused("cell_too_long", line=line)
    rows = np.arange(first, first + len(frame))
    return Block(rows, np.arange(line, line + len(frame)), columns)


def _every_row_has(text: str, delimiter: str, count: int) -> bool:
    """Whether each line holds so many delimiters; their total is known to fit."""
    if count == 0:
        return True
    data = np.frombuffer(text.encode(), dtype=np.uint8)
    ends = np.flatnonzero(data == ord("\n"))
    marks = np.flatnonzero(data == ord(delimiter)).reshape(-1, count)
    if len(ends) < len(marks):
        ends = np.append(ends, len(data))
    begins = np.concatenate([[-1], ends[:-1]])
    return len(ends) == len(marks) and bool(
        (marks[:, 0] > begins).all() and (marks[:, -1] < ends).all()
    )


def _strictly(
    line: int, text: str, pieces: Iterator[tuple[int, str]], delimiter: str, width: int, first: int
) -> Iterator[Block]:
    """A piece and all after it by the strict reader, whose cells may hold line ends."""
    for rows, lines in split_pieces(chain([(line, text)], pieces), delimiter):
        yield from_rows(rows, lines, width, first)
        first += len(rows)


def split_pieces(
    pieces: Iterator[tuple[int, str]], delimiter: str, count: int | None = None
) -> Iterator[tuple[list[list[str]], list[int]]]:
    """Rows of delimited text by the strict reader, some at a time.

    Parameters
    ----------
    pieces : iterator of (int, str)
        As `from_text` takes them.
    delimiter : str
    count : int, optional
        How many at a time, blank ones included; `BLOCK_ROWS` unless given.

    Yields
    ------
    rows : list of list of str
        Blank ones are left out; never none.
    lines : list of int
        At which each begins.

    Raises
    ------
    Refused
        ``quote_not_closed`` or ``cell_too_long``.
    """
    begin = next(pieces, None)
    if begin is None:
        return
    texts = chain([begin[1]], (text for _, text in pieces))
    source = chain.from_iterable(io.StringIO(text, newline="") for text in texts)
    splitter = RowSplitter(source, delimiter, begin[0])
    while not splitter.finished:
        rows, lines = splitter.take(count or BLOCK_ROWS)
        if rows:
            yield rows, lines


class RowSplitter:
    """The standard library's strict reader, with the line at which each row begins.

    Parameters
    ----------
    source : iterable of str
        Lines of text with their ends.
    delimiter : str
    line : int
        Number of the first of them.
    """

    def __init__(self, source: Iterable[str], delimiter: str, line: int = 1):
        self._reader = csv.reader(source, delimiter=delimiter, strict=True)
        self._begins = line
        self.finished = False

    def take(self, count: int | None = None) -> tuple[list[list[str]], list[int]]:
        """The next rows, blank ones left out, and the lines at which they begin.

        Raises
        ------
        Refused
            ``quote_not_closed`` or ``cell_too_long``, with the line at which the row begins.
        """
        taken: list[list[str]] = []
        before = self._reader.line_num
        limit = csv.field_size_limit(FIELD_LIMIT)
        try:
            taken.extend(islice(self._reader, count))
        except csv.Error as error:
            rule = "cell_too_long" if "limit" in str(error) else "quote_not_closed"
            raise Refused(rule, line=self._begins + sum(map(_height, taken))) from None
        finally:
            csv.field_size_limit(limit)
        self.finished = count is None or len(taken) < count
        plain = self._reader.line_num - before == len(taken)
        heights = [1] * len(taken) if plain else [_height(cells) for cells in taken]
        lines = list(accumulate(heights, initial=self._begins))[:-1]
        self._begins += sum(heights)
        filled = [any(cell and not cell.isspace() for cell in cells) for cells in taken]
        return list(compress(taken, filled)), list(compress(lines, filled))


def split_leniently(text: str, delimiter: str) -> list[list[str]]:
    """Rows of the beginning of a text, to try a delimiter on; a fault ends them early."""
    rows: list[list[str]] = []
    limit = csv.field_size_limit(FIELD_LIMIT)
    try:
        rows.extend(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:
        pass  # the strict reader names the fault with the delimiter that is chosen
    finally:
        csv.field_size_limit(limit)
    return rows


def _height(cells: Sequence[str]) -> int:
    """Number of lines that a row takes: line ends inside its cells, and its own."""
    return 1 + sum(len(_LINE_END.findall(cell)) for cell in cells)
