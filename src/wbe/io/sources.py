"""From a path to tables: what a file is, and a finding where it cannot be one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wbe.errors import EnvironmentFault
from wbe.findings import Findings
from wbe.io.header import Header, find_header, indicator_words, known_words
from wbe.io.personal import note_personal_cells
from wbe.io.tables import Sheet, parse_delimited
from wbe.io.text import Decoded, Refused, also_decodes, decode, kind_of
from wbe.io.words import load
from wbe.io.workbook import archive_kind, read_workbook

# A Western name read as GB18030: a Chinese character inside a Latin word.
_MOJIBAKE = re.compile(r"[A-Za-z][\u3400-\u9fff\ue000-\uf8ff][a-z]")
_WORKBOOKS = (".xlsx", ".xlsm")


@dataclass
class Table:
    """A sheet with its header and what kind of table it is.

    Attributes
    ----------
    sheet, header
    form : str
        ``long``, ``wide``, ``town_blocks``, ``euda``, ``euda_sites``, ``sites``, ``areas``,
        ``indicators`` or ``unknown``.
    """

    sheet: Sheet
    header: Header
    form: str


@dataclass
class Source:
    """One file and what was found in it.

    Attributes
    ----------
    path : Path
    name : str
        Name for findings: never absolute.
    record : dict
        Entry of ``attrs["files"]``: name, sha256, encoding, layout.
    tables : list of Table
    """

    path: Path
    name: str
    record: dict[str, Any] = field(default_factory=dict)
    tables: list[Table] = field(default_factory=list)


def shown_names(paths: Sequence[Path]) -> list[str]:
    """Base names; where two files share one, as many parent folders as tell them apart."""
    names = [path.name for path in paths]
    depth = 1
    while len(set(names)) < len({path.resolve() for path in paths}) and depth < 50:
        depth += 1
        names = ["/".join(path.resolve().parts[1:][-depth:]) for path in paths]
    return names


def open_source(path: Path, name: str, findings: Findings, encoding: str | None) -> Source:
    """Read a file's tables; what prevents it is a finding of the file.

    Parameters
    ----------
    path : Path
    name : str
        Name for findings.
    findings : Findings
        Receives what is noticed.
    encoding : str or None
        Codec to use instead of the ladder.

    Returns
    -------
    Source
        Without tables if the file was refused.

    Raises
    ------
    EnvironmentFault
        If the file exists and the machine does not let it be read.
    UsageError
        If the encoding named does not exist.
    """
    source = Source(path, name, {"name": name, "sha256": "", "encoding": "", "layout": ""})
    try:
        data = _bytes(path)
        source.record["sha256"] = hashlib.sha256(data).hexdigest()
        sheets = _sheets(data, name, source, encoding, findings)
    except Refused as refused:
        findings.add(refused.rule, file=name, line=refused.line, **refused.details)
        return source
    _find_tables(source, sheets, findings)
    source.record["layout"] = ", ".join(dict.fromkeys(t.form for t in source.tables))
    return source


def _bytes(path: Path) -> bytes:
    if path.is_dir():
        raise Refused("is_directory")
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise Refused("file_not_found") from None
    except OSError as error:
        raise EnvironmentFault(f"{path.name}: cannot be read ({error.strerror})") from error


def _sheets(
    data: bytes, name: str, source: Source, encoding: str | None, findings: Findings
) -> list[Sheet]:
    kind = kind_of(data)
    if kind == "zip":
        kind = archive_kind(data)
    if kind == "empty":
        raise Refused("file_empty")
    if kind in ("html", "xml"):
        raise Refused("html_as_spreadsheet", found=kind.upper())
    if kind == "xlsx":
        source.record["encoding"] = "xlsx"
        return read_workbook(data, name)
    if kind != "text":
        raise Refused("format_not_supported", found=kind)
    decoded = decode(data, encoding)
    source.record["encoding"] = decoded.encoding
    sheet = parse_delimited(decoded.text, name, known_words)
    if source.path.suffix.lower() in _WORKBOOKS:
        if known_words(sheet.rows) < 2:
            raise Refused("not_a_workbook")
        findings.add("not_a_workbook", file=name, severity="flag")
    _check_encoding(data, decoded, sheet, findings)
    return [sheet]


def _check_encoding(data: bytes, decoded: Decoded, sheet: Sheet, findings: Findings) -> None:
    """No known header word: would another encoding have known one? Mixed scripts: say so."""
    if not decoded.guessed:
        return
    if known_words(sheet.rows) < 2:
        for name, text in also_decodes(data).items():
            other = parse_delimited(text, sheet.file, known_words)
            if known_words(other.rows) >= 2 and name != "cp1252":
                raise Refused("encoding_wrong", read_as=decoded.encoding, better=name)
        raise Refused("header_not_found", tried=decoded.encoding)
    found = _MOJIBAKE.search(decoded.text) if decoded.encoding == "gb18030" else None
    if found:
        line = decoded.text.count("\n", 0, found.start()) + 1
        findings.add("encoding_doubtful", file=sheet.file, line=line, value=found.group())


def _find_tables(source: Source, sheets: list[Sheet], findings: Findings) -> None:
    skipped = []
    for sheet in sheets:
        try:
            header = find_header(sheet)
        except Refused:
            skipped.append(sheet)
            continue
        if _holds_people(sheet, header, findings):
            source.tables = []
            return
        source.tables.append(Table(sheet, header, form_of(sheet, header)))
    rule = "sheet_skipped" if source.tables else "header_not_found"
    for sheet in skipped:
        findings.add(rule, file=source.name, sheet=sheet.name,
                     tried=source.record["encoding"])  # fmt: skip


def _holds_people(sheet: Sheet, header: Header, findings: Findings) -> bool:
    """Columns and numbers of persons refuse the whole file; their values are not kept anywhere."""
    personal = [column for column in header.columns if column.kind == "personal"]
    for column in personal:
        findings.add("personal_data", file=sheet.file, sheet=sheet.name, column=column.text,
                     line=sheet.lines[header.row],
                     cell=sheet.address(header.row, column.index))  # fmt: skip
    return note_personal_cells(sheet, header, findings) or bool(personal)


def form_of(sheet: Sheet, header: Header) -> str:
    """What kind of table a header belongs to.

    Parameters
    ----------
    sheet : Sheet
    header : Header

    Returns
    -------
    str
        See `Table`.
    """
    written = {text.strip() for text in sheet.rows[header.row]}
    euda = load("euda")
    if written >= {*euda["loads"], *euda["days"]}:
        return "euda"
    if written >= set(euda["sites"]):
        return "euda_sites"
    if header.has("analyte"):
        return "long"
    if header.analytes:
        return "town_blocks" if header.has("town") else "wide"
    if indicator_words(sheet.rows[header.row]) > 0:
        return "indicators"
    if any(header.has(name) for name in ("concentration", "load", "pn_load")):
        return "long"
    if header.has("date") or header.has("start"):  # a series of something else than results
        return "unknown"
    placed = any(header.has(n) for n in ("lon", "coordinates", "population", "area", "role"))
    if header.has("site") and (placed or header.has("name")):
        return "sites"
    areas = header.has("area") or header.has("town")
    return "areas" if areas and not header.has("sample_id") else "unknown"
