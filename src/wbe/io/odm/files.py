"""ODM-shaped tables to and from disk: a folder of CSV files, or a workbook with a sheet a table.

A folder is written whole beside its place and then takes it; one that holds anything else than such
tables is never replaced.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from wbe import names
from wbe.errors import UsageError
from wbe.findings import Findings
from wbe.io import formats
from wbe.io.blocks import FIELD_LIMIT
from wbe.io.convert.grid import Grid
from wbe.io.convert.tables import delimited
from wbe.io.doubtful_text import note_doubtful
from wbe.io.notation import typed_cell
from wbe.io.odm.words import PERSONS, READ, SILENT, TEXTS, TITLE, columns, folded, table_of
from wbe.io.opening import bytes_of, reading
from wbe.io.tables import Sheet, parse_delimited
from wbe.io.text import Refused, decode
from wbe.io.write import FORMULA_STARTS

WORKBOOK: Final = ".xlsx"
_LONGEST_CELL: Final = 32_767
_README: Final = "README"
_NUMBERS: Final = ("value", "wbe:lod", "wbe:loq", "geoLat", "geoLong", "popServ", "polyPop")
_NEEDED: Final = {"samples", "measures"}

Tables = Mapping[str, list[list[str]]]


# out


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A place to write to that becomes `target` at the end; after an error nothing has changed.

    Parameters
    ----------
    target : Path
        A folder, or a workbook.

    Raises
    ------
    UsageError
        If a folder stands there that holds anything else than tables written here.
    """
    _check_target(target)
    target = target.resolve()  # "." has no name, and a link stays one
    part = target.with_name(f".wbe-{target.name}.new")
    _remove(part)
    try:
        yield part
        _swap(part, target)
    finally:
        _remove(part)


def _check_target(target: Path) -> None:
    if target.suffix.lower() == WORKBOOK:
        if target.is_dir():
            raise UsageError(names.both("odm.is_folder", path=target))
        return
    if target.suffix and not target.is_dir():
        raise UsageError(names.both("odm.suffix", name=target.name))
    if target.exists() and not target.is_dir():
        raise UsageError(names.both("odm.is_file", path=target))
    others = [f.name for f in target.iterdir() if not _is_ours(f)] if target.is_dir() else []
    if others:
        raise UsageError(names.both("odm.holds_other", path=target, other=min(others)))
    if target.is_dir() and any(target.iterdir()) and not _is_older_set(target):
        raise UsageError(names.both("odm.not_ours", path=target, readme=f"{_README}.md"))


def _is_ours(file: Path) -> bool:
    ours = {f"{_README}.md", *(f"{name}.csv" for name in (*READ, *SILENT))}
    return file.is_file() and file.name in ours


def _is_older_set(folder: Path) -> bool:
    """Whether the tables of a folder say that they were written here; samples.csv may be yours."""
    try:
        return (folder / f"{_README}.md").read_bytes().startswith(TITLE.encode())
    except OSError:
        return False


def _swap(part: Path, target: Path) -> None:
    """Put what was written in its place; the folder that stood there is removed afterwards."""
    if not target.is_dir():
        os.replace(part, target)
        return
    old = target.with_name(f".wbe-{target.name}.old")
    _remove(old)
    os.replace(target, old)
    try:
        os.replace(part, target)
    except OSError:
        os.replace(old, target)
        raise
    _remove(old)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_tables(tables: Tables, path: Path, kind: str) -> None:
    """Write tables to a folder that is made, or to a workbook.

    Parameters
    ----------
    tables : mapping of str to list of list of str
        The first row of each is its header.
    path : Path
    kind : str
        ``.xlsx``, or anything else for a folder.
    """
    if kind.lower() == WORKBOOK:
        _check_lengths(tables, _LONGEST_CELL, "odm.workbook")
        path.write_bytes(_workbook(tables))
        return
    _check_lengths(tables, FIELD_LIMIT, "odm.text_table")
    path.mkdir(parents=True)
    for name, rows in tables.items():
        if name == _README:
            text = "\n\n".join(row[0] for row in rows[1:]) + "\n"
            (path / f"{_README}.md").write_bytes(text.encode())
            continue
        content, _ = delimited(Grid(name, rows[:1], rows[1:]), ",")
        (path / f"{name}.csv").write_bytes(content)


def _workbook(tables: Tables) -> bytes:
    from wbe.io.workbook_out import Sheet as Out
    from wbe.io.workbook_out import write

    order = [_README, *(name for name in tables if name != _README)]
    sheets = []
    for name in order:
        heads, *rows = tables[name]
        typed = [
            [typed_cell(cell) if head in _NUMBERS else cell or None
             for head, cell in zip(heads, row, strict=True)]
            for row in rows
        ]  # fmt: skip
        sheets.append(Out(name, heads, typed))
    return write(sheets, FORMULA_STARTS)


def _check_lengths(tables: Tables, most: int, what: str) -> None:
    for name, rows in tables.items():
        if any(len(cell) > most for row in rows for cell in row):
            words = {"table": name, "most": most, "what": names.both(what)}
            raise UsageError(names.both("odm.cell_too_long", **words))


# in


def known_cells(rows: Sequence[Sequence[str]]) -> int:
    """The most names of columns that stand in any one of some rows."""
    known = {folded(column.name) for table in READ for column in columns(table)}
    return max((sum(folded(cell.strip()) in known for cell in row) for row in rows), default=0)


def read_tables(
    path: Path, shown: str, findings: Findings, encoding: str | None = None
) -> tuple[dict[str, Sheet], list[dict[str, Any]]]:
    """Tables of a folder or a workbook as they stand; those about persons are not opened.

    Parameters
    ----------
    path : Path
    shown : str
        Beginning of the names in findings: "" or a folder with its stroke; of a workbook its name.
    findings : Findings
        Receives what is left out, and files that cannot be read.
    encoding : str or None
        Codec of text files, instead of the ladder.

    Returns
    -------
    tables : dict of str to Sheet
        By ODM's name.
    records : list of dict
        Name, sha256 and encoding of each file that was opened.
    """
    if path.is_dir():
        return _of_folder(path, shown, findings, encoding)
    try:
        data = bytes_of(path)
        kind = formats.recognise(data)
        if kind not in ("xlsx", "xls", "ods"):
            raise Refused("odm_not_tables")
        sheets = formats.read_sheets(kind, data, shown, findings)
    except Refused as refused:
        findings.add(refused.rule, file=shown, line=refused.line, **refused.details)
        return {}, []
    found = {}
    for sheet in sheets:
        name = table_of(sheet.name)
        if not _is_read(name, sheet.name, shown, findings):
            continue
        if name in found:
            findings.add("odm_table_twice", file=shown, sheet=sheet.name, value=name)
            continue
        found[name] = sheet
    record = {"name": shown, "sha256": hashlib.sha256(data).hexdigest(), "encoding": kind}
    return found, [record]


def _of_folder(
    path: Path, shown: str, findings: Findings, encoding: str | None
) -> tuple[dict[str, Sheet], list[dict[str, Any]]]:
    found: dict[str, Sheet] = {}
    opened: set[str] = set()
    records = []
    try:
        with reading(path):
            listed = sorted(path.iterdir())
    except Refused as refused:
        findings.add(refused.rule, file=shown or path.name, **refused.details)
        return {}, []
    for file in listed:
        if file.suffix.lower() not in TEXTS or not file.is_file():
            continue
        name, label = table_of(file.stem), f"{shown}{file.name}"
        if not _is_read(name, "", label, findings):
            continue
        if name in opened:
            findings.add("odm_table_twice", file=label, value=name)
            continue
        opened.add(name)
        try:
            data = bytes_of(file)
            decoded = decode(data, encoding)
            found[name] = parse_delimited(decoded.text, label, known_cells)
            note_doubtful(decoded, found[name], findings)
        except Refused as refused:
            if refused.rule != "file_empty" or name in _NEEDED:
                findings.add(refused.rule, file=label, line=refused.line, **refused.details)
            continue
        sha256 = hashlib.sha256(data).hexdigest()
        records.append({"name": label, "sha256": sha256, "encoding": decoded.encoding})
    return found, records


def _is_read(name: str, sheet: str, file: str, findings: Findings) -> bool:
    """Whether a table is read; one that is not, and says something, is named."""
    if name in PERSONS:
        findings.add("odm_persons_left_out", file=file, sheet=sheet)
    elif name not in (*READ, *SILENT):
        findings.add("odm_table_left_out", file=file, sheet=sheet)
    return name in READ
