"""Layouts as data: what the columns of one laboratory's files are called, in one small file.

A layout says what the general words cannot know: the headers of a laboratory, its decimal mark, how
it writes a non-detect, which cells stand for those below them. Whatever it leaves open is read by
the general words, so that most layouts have ten lines. The layouts of the package are files of the
same format in ``layouts/``.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from importlib.resources import files
from pathlib import Path

from wbe import names
from wbe.errors import ConfigError, EnvironmentFault, UsageError
from wbe.findings import Findings
from wbe.io.header import SEARCHED_ROWS, Column, classify, known_words, split_unit
from wbe.io.layout.check import FORMS, Read, read_layout
from wbe.io.text import Refused
from wbe.io.words import plain, squeezed

SUFFIX = ".layout.toml"
BUILT_IN = "built-in"
Rows = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Layout:
    """How one laboratory lays out its tables.

    Attributes
    ----------
    name, title, language : str
        Name for commands and the run record; what it is; ``en``, ``zh`` or another code.
    origin : str
        ``built-in``, or the name of the file it was read from.
    form : str
        ``euda``: the columns are those of EUDA's table of loads; "" of a laboratory's table.
    columns : mapping of str to Column
        Header as the laboratory writes it (of a two-level header ``upper > lower``) to its
        meaning; of a column to skip the kind is ``blank``.
    match : tuple of str
        Headers that must all be there.
    sheet : str
        The only sheet it is about; "" for any.
    header_line, header_rows : int or None
        Line of the header and its number of rows, where the file must not decide.
    skip_rows : tuple of str
        Beginnings of the first text of rows to leave out.
    fill_down : tuple of str
        Headers whose blank cells take the text above, the outermost first.
    decimal, thousands : str
        Marks in numbers; "" where the general rules hold.
    date_order : str
        ``DMY``, ``MDY`` or "".
    constants, nondetect, words : mapping of str to str
        Field to its text in all rows; word of a result to ``lod`` or ``loq``; word of any other
        cell to ours.
    """

    name: str
    title: str = ""
    language: str = ""
    origin: str = BUILT_IN
    form: str = ""
    columns: Mapping[str, Column] = field(default_factory=dict)
    match: tuple[str, ...] = ()
    sheet: str = ""
    header_line: int | None = None
    header_rows: int | None = None
    skip_rows: tuple[str, ...] = ()
    fill_down: tuple[str, ...] = ()
    decimal: str = ""
    thousands: str = ""
    date_order: str = ""
    constants: Mapping[str, str] = field(default_factory=dict)
    nondetect: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)

    @property
    def needed(self) -> tuple[str, ...]:
        """Headers without which a table is not of this layout."""
        return self.match or tuple(
            h for h, column in self.columns.items() if column.kind != "blank"
        )

    def meaning(self, spellings: Sequence[str]) -> Column | None:
        """Meaning of a column of the file by the spellings of its header, best first."""
        known = self._by_key
        return next((known[key] for s in spellings if (key := header_key(s)) in known), None)

    @cached_property
    def _by_key(self) -> dict[str, Column]:
        return {header_key(header): column for header, column in self.columns.items()}

    @cached_property
    def leaves(self) -> tuple[frozenset[str], frozenset[str]]:
        """Keys of the lowest level of the headers that are needed, and of all."""
        needed, listed = (frozenset(map(_leaf, h)) for h in (self.needed, self.columns))
        return needed, listed


@dataclass(frozen=True)
class Layouts:
    """Which layouts a file may have.

    Attributes
    ----------
    form : str
        ``auto``, or a form of table to insist on: ``long``, ``wide``, ``town_blocks``, ``euda``.
    chosen : Layout or None
        The one to insist on.
    own : tuple of Layout
        Those of the campaign, which go before the general words.
    """

    form: str = "auto"
    chosen: Layout | None = None
    own: tuple[Layout, ...] = ()

    def score(self, rows: Rows) -> int:
        """The most header words known in any one row, whether by a layout or in general."""
        if self.chosen is not None:  # also a header that lacks some: it is then refused by name
            return max(known_words(rows), _most_known(self.chosen, rows))
        fits = (row_of(layout, rows) for layout in (*self.own, *built_in()))
        best = max((fit.known for fit in fits if fit is not None), default=0)
        return max(known_words(rows), best)

    def choose(self, rows: Rows, sheet: str) -> Layout | None:
        """The layout of a sheet; None where the general words know its header as well.

        Parameters
        ----------
        rows : sequence of sequences of str
            The first rows of the sheet.
        sheet : str
            Its name.

        Raises
        ------
        Refused
            ``layout_not_fitting`` if the one insisted on does not fit; ``layout_tie`` if two fit
            equally well.
        """
        if self.chosen is not None:
            if row_of(self.chosen, rows, sheet) is None:
                raise Refused("layout_not_fitting", layout=self.chosen.name,
                              missing=", ".join(missing(self.chosen, rows)))  # fmt: skip
            return self.chosen
        if self.form != "auto":
            return None
        return _best(self.own, rows, sheet) or _best(_telling(built_in(), rows), rows, sheet)


@dataclass(frozen=True)
class Fit:
    """Where the header of a layout stands, and how many of its words are known there."""

    row: int
    known: int


def header_key(text: str) -> str:
    """What two spellings of one header share; marks such as ``#`` count where nothing else does."""
    upper, mark, lower = text.partition(" > ")
    if mark:
        return f"{header_key(upper)} > {header_key(lower)}"
    return names.key(text) or squeezed(text)


def spellings(text: str) -> tuple[str, ...]:
    """A header as it stands and without its unit."""
    base, unit = split_unit(plain(text))
    return (text, base) if unit else (text,)


def row_of(layout: Layout, rows: Rows, sheet: str = "") -> Fit | None:
    """Where a layout's header stands in the first rows of a sheet; None if it does not fit.

    Parameters
    ----------
    layout : Layout
    rows : sequence of sequences of str
    sheet : str
        Name of the sheet.
    """
    if layout.sheet and sheet and squeezed(sheet) != squeezed(layout.sheet):
        return None
    needed, listed = layout.leaves
    best = None
    for number in _header_rows(layout, rows):
        found = _keys(rows, number, layout.header_rows or 1)
        known = len(found & (needed | listed))
        if needed <= found and (best is None or known > best.known):
            best = Fit(number, known)
    return best


def missing(layout: Layout, rows: Rows) -> list[str]:
    """Headers that a layout needs and that the row which comes nearest does not have."""
    lacking = [
        [h for h in layout.needed if _leaf(h) not in _keys(rows, n, layout.header_rows or 1)]
        for n in _header_rows(layout, rows)
    ]
    return min(lacking, key=len, default=list(layout.needed))


def _most_known(layout: Layout, rows: Rows) -> int:
    listed = {_leaf(header) for header in layout.columns}
    depth = layout.header_rows or 1
    counts = (len(_keys(rows, n, depth) & listed) for n in _header_rows(layout, rows))
    return max(counts, default=0)


def _header_rows(layout: Layout, rows: Rows) -> range:
    if layout.header_line is None:
        return range(min(len(rows), SEARCHED_ROWS))
    return range(min(layout.header_line, len(rows)))  # blank lines of a text file have no row


def _keys(rows: Rows, number: int, depth: int) -> set[str]:
    return set().union(*(_row_keys(tuple(row)) for row in rows[number : number + depth]))


@lru_cache(maxsize=1024)  # every layout looks at the same first rows
def _row_keys(cells: tuple[str, ...]) -> frozenset[str]:
    words = (cell for cell in cells if len(cell) < 200 and cell.strip())
    return frozenset(header_key(s) for cell in words for s in spellings(cell))


def _leaf(header: str) -> str:
    return header_key(header.rpartition(" > ")[2])


def _telling(layouts: Iterable[Layout], rows: Rows) -> Iterator[Layout]:
    """Layouts that know a header of these rows which the general words do not."""
    for layout in layouts:
        fit = row_of(layout, rows)
        if fit is None:
            continue
        listed = {_leaf(header) for header in layout.columns}
        below = rows[fit.row : fit.row + (layout.header_rows or 1)]
        cells = {cell for row in below for cell in row if header_key(cell) in listed}
        if any(classify(cell).kind == "unknown" for cell in cells):
            yield layout


def _best(layouts: Iterable[Layout], rows: Rows, sheet: str) -> Layout | None:
    """The layout that knows most of the header."""
    fits = [(fit.known, layout) for layout in layouts if (fit := row_of(layout, rows, sheet))]
    most = max((known for known, _ in fits), default=0)
    best = [layout for known, layout in fits if known == most]
    if len(best) > 1:
        listed = sorted(layout.name for layout in best)
        raise Refused("layout_tie", first=listed[0], second=", ".join(listed[1:]))
    return best[0] if best else None


@cache
def built_in() -> tuple[Layout, ...]:
    """The layouts of the package, by name."""
    folder = files("wbe").joinpath("io").joinpath("layouts")
    found = []
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.name.endswith(SUFFIX):
            read = read_layout(entry.read_text(encoding="utf-8"), entry.name)
            if read.findings.errors:
                raise ConfigError(str(next(iter(read.findings)).message), entry.name)
            found.append(_made(read, entry.name.removesuffix(SUFFIX), BUILT_IN))
    return tuple(found)


def examine(path: str | os.PathLike[str], name: str = "") -> tuple[Layout | None, Findings]:
    """Read one layout file.

    Parameters
    ----------
    path : path
    name : str, optional
        Name for findings; default: the base name.

    Returns
    -------
    layout : Layout or None
        None where anything is wrong with the file.
    findings : Findings
        Everything that is wrong, with line and key.

    Raises
    ------
    EnvironmentFault
        If the file exists and the machine does not let it be read.
    """
    file = Path(path)
    shown = name or file.name
    findings = Findings()
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        findings.add("layout_syntax", file=shown, reason="it is not UTF-8")
        return None, findings
    except FileNotFoundError:
        findings.add("file_not_found", file=shown)
        return None, findings
    except IsADirectoryError:
        findings.add("is_directory", file=shown)
        return None, findings
    except OSError as error:
        raise EnvironmentFault(f"{shown}: cannot be read ({error.strerror})") from error
    read = read_layout(text, shown)
    stem = file.name.removesuffix(SUFFIX).removesuffix(".toml")
    return (None if read.findings.errors else _made(read, stem, file.name)), read.findings


def load(path: str | os.PathLike[str]) -> Layout:
    """Read one layout file that must be right.

    Raises
    ------
    ConfigError
        Naming everything that is wrong with its line and key.
    """
    layout, findings = examine(path)
    if layout is not None:
        return layout
    errors = list(findings.errors)
    if len(errors) == 1:
        one = errors[0]
        raise ConfigError(f"{one.message} {one.fix}", one.file, one.column, one.line)
    told = (f"  line {e.line or 1}, key {e.column!r}: {e.message} {e.fix}" for e in errors)
    raise ConfigError(f"{len(errors)} problems\n" + "\n".join(told), Path(path).name)


def layouts_of(
    choice: str | os.PathLike[str] | Layout | Layouts, own: Sequence[Layout] = ()
) -> Layouts:
    """What a person asked for: ``auto``, a form of table, the name of a layout, or a file.

    Parameters
    ----------
    choice : str, path, Layout or Layouts
    own : sequence of Layout
        Layouts of the campaign.

    Returns
    -------
    Layouts

    Raises
    ------
    UsageError
        If there is no such form, layout or file; ConfigError if the file is wrong.
    """
    if isinstance(choice, Layouts):
        return choice
    if isinstance(choice, Layout):
        return Layouts(chosen=choice)
    text = os.fspath(choice)
    if text in ("auto", *FORMS):
        return Layouts(form=text, own=tuple(own))
    named = {layout.name: layout for layout in (*built_in(), *own)}
    if text in named:
        return Layouts(chosen=named[text])
    if text.endswith(".toml"):
        return Layouts(chosen=load(text))
    listed = ", ".join(("auto", *FORMS, *named))
    raise UsageError(names.both("layout.unknown", value=repr(text), choices=listed))


def known_names() -> tuple[str, ...]:
    """Words that name a layout: ``auto``, the forms of table, and the layouts of the package."""
    return ("auto", *FORMS, *(layout.name for layout in built_in()))


def of_campaign(word: str, listed: Sequence[Path]) -> Layouts:
    """The layouts of a campaign.

    Parameters
    ----------
    word : str
        What its configuration says: a word of `known_names`, or a path.
    listed : sequence of Path
        The file named, or those in its folder ``layouts``.

    Returns
    -------
    Layouts
    """
    own = tuple(load(path) for path in listed)
    return layouts_of(own[0]) if word.casefold().endswith(".toml") else layouts_of(word, own)


def _made(read: Read, name: str, origin: str) -> Layout:
    return Layout(name=name, origin=origin, columns=read.columns, **read.settings)
