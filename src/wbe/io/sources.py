"""From a path to tables: what a file is, and a finding where it cannot be one."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wbe.findings import Finding, Findings
from wbe.io import formats, instruments, stream
from wbe.io.catchment_form import is_catchments
from wbe.io.doubtful_text import note_doubtful, note_doubtful_at, require_known_words
from wbe.io.header import SEARCHED_ROWS, Header, find_header, indicator_words
from wbe.io.instruments import ExportSheet
from wbe.io.layout.apply import apply
from wbe.io.layout.files import Layout, Layouts, layouts_of
from wbe.io.layout.programme import in_programme_words
from wbe.io.odm.words import is_odm
from wbe.io.opening import UNREAD, bytes_of, reading
from wbe.io.personal import note_personal_cells
from wbe.io.programme import form_of_programme
from wbe.io.stream import LargeText, open_large
from wbe.io.tables import Sheet, begin_large, parse_delimited
from wbe.io.text import Decoded, Refused, decode
from wbe.io.western import has_programme_header, western_text

_NETCDF = formats.SUFFIXES["netcdf"] + formats.SUFFIXES["hdf5"]
_WORKBOOKS = tuple(suffix for suffixes in formats.SUFFIXES.values() for suffix in suffixes)


# Forms that no layout is about, whichever one was asked for.
_NO_LAYOUT = ("sites", "euda_sites", "areas", "indicators", "catchments", "statcan")
# Forms whose rows need not be in memory together.
_IN_BLOCKS = ("long", "wide", "town_blocks")


@dataclass
class Table:
    """A sheet with its header and what kind of table it is.

    Attributes
    ----------
    sheet, header
    form : str
        ``long``, ``wide``, ``town_blocks``, ``euda``, ``euda_sites``, ``sites``, ``areas``,
        ``indicators``, ``catchments``, ``statcan``, ``sidecar`` or ``unknown``.
    layout : str
        Name of the layout that was put to it, ``instrument:...`` for an export of an instrument;
        "" where the general words sufficed.
    """

    sheet: Sheet
    header: Header
    form: str
    layout: str = ""


@dataclass
class Source:
    """One file and what was found in it.

    Attributes
    ----------
    path : Path
    name : str
        Name for findings: never absolute.
    record : dict
        Entry of ``attrs["files"]``: name, sha256, encoding, layout; of an export with its sidecar.
    tables : list of Table
    sidecars : list of Table
        Tables that say what the vials of exports hold; they hold no results.
    exports : list of ExportSheet
        Tables made from the export of an instrument, among `tables` where they hold results;
        `wbe.io.instruments.finish` needs them after a read.
    place : callable or None
        Of tables made from several: a finding to the same one where the cell stands.
    """

    path: Path
    name: str
    record: dict[str, Any] = field(default_factory=dict)
    tables: list[Table] = field(default_factory=list)
    sidecars: list[Table] = field(default_factory=list)
    exports: list[ExportSheet] = field(default_factory=list)
    place: Callable[[Finding], Finding] | None = None


def shown_names(paths: Sequence[Path]) -> list[str]:
    """Base names; where two files share one, as many parent folders as tell them apart."""
    names = [path.name for path in paths]
    whole = [Path(os.path.realpath(path)) for path in paths]  # unlike resolve() ends at a loop
    depth = 1
    while len(set(names)) < len(set(whole)) and depth < 50:
        depth += 1
        names = ["/".join(path.parts[1:][-depth:]) for path in whole]
    return [printable(name) for name in names]


def printable(name: str) -> str:
    r"""A file name as text that can be written: bytes that are no UTF-8 stand as ``\xff``."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def open_source(
    path: Path,
    name: str,
    findings: Findings,
    encoding: str | None,
    layout: str | os.PathLike[str] | Layout | Layouts = "auto",
    instrument: instruments.Options | None = None,
) -> Source:
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
    layout : str, path, Layout or Layouts
        ``auto``, a form of table, the name of a layout, or a layout file.
    instrument : Options, optional
        How the vials of an export relate to samples.

    Returns
    -------
    Source
        Without tables if the file was refused.

    Raises
    ------
    EnvironmentFault
        If the machine lets no file be read.
    UsageError
        If the encoding or the layout named does not exist.
    """
    layouts = layouts_of(layout)
    if is_odm(path):
        from wbe.io.odm.read import open_odm  # which reads sources itself

        return open_odm(path, f"{name}/", findings, encoding).source
    source = Source(path, name, {"name": name, "sha256": "", "encoding": "", "layout": ""})
    try:
        large = _large(path, encoding)
        if large is None:
            data = bytes_of(path)
            source.record["sha256"] = hashlib.sha256(data).hexdigest()
            sheets = _sheets(data, name, source, encoding, findings, layouts)
        else:
            source.record |= {"sha256": large.sha256, "encoding": large.encoding}
            sheets = [begin_large(large, name, _score(layouts))]
            _check_name(source, sheets[0], findings, layouts)
            _check_head(large, sheets[0], findings, layouts)
        export = None if layouts.chosen else instruments.recognise(sheets)
        if export is None:
            _find_tables(source, sheets, findings, layouts)
        else:
            _read_export(source, sheets, findings, export, instrument, encoding)
    except Refused as refused:
        findings.add(refused.rule, file=name, line=refused.line, **refused.details)
        source.tables = []
        if not source.record["sha256"] and refused.rule not in UNREAD:
            source.record["sha256"] = stream.checksum(path)
    _name_layout(source)
    return source


def source_of_sheet(
    sheet: Sheet, record: dict[str, Any], findings: Findings, layouts: Layouts
) -> Source:
    """Read the tables of a sheet that no file of a laboratory holds, such as one of a database.

    Parameters
    ----------
    sheet : Sheet
    record : dict
        ``sha256`` and ``encoding`` for the entry of ``attrs["files"]``.
    findings : Findings
        Receives what is noticed.
    layouts : Layouts

    Returns
    -------
    Source
        Without tables if the sheet was refused.
    """
    source = Source(Path(sheet.file), sheet.file, {"name": sheet.file, **record, "layout": ""})
    try:
        _find_tables(source, [sheet], findings, layouts)
    except Refused as refused:
        findings.add(refused.rule, file=sheet.file, sheet=sheet.name, line=refused.line,
                     **refused.details)  # fmt: skip
    _name_layout(source)
    return source


def _name_layout(source: Source) -> None:
    """Note the forms of the tables, or their layouts, in the record of the file."""
    if not source.record["layout"]:
        named = (table.layout or table.form for table in source.tables)
        source.record["layout"] = ", ".join(dict.fromkeys(named))


def _large(path: Path, encoding: str | None) -> LargeText | None:
    """A text file too large to be held in memory as a whole; None for everything else."""
    with reading(path):
        if not path.is_file() or path.stat().st_size < stream.LARGE:
            return None
        with path.open("rb") as file:
            head = file.read(1 << 16)
        is_text = formats.first_look(head) == "text" and not instruments.is_quandata(head)
        # Which Western code page a programme's table is in, all of its cities say together.
        is_whole = encoding is None and has_programme_header(head)
        return open_large(path, encoding) if is_text and not is_whole else None


def _check_head(large: LargeText, sheet: Sheet, findings: Findings, layouts: Layouts) -> None:
    """As for a smaller text, of which the first rows are asked."""
    head = large.head()
    decoded = Decoded(head, large.encoding, large.guessed)
    require_known_words(head.encode(large.encoding), decoded, sheet, _score(layouts))
    note_doubtful_at(large.doubtful, sheet, findings)


def _sheets(
    data: bytes, name: str, source: Source, encoding: str | None, findings: Findings,
    layouts: Layouts,
) -> list[Sheet]:  # fmt: skip
    kind = formats.recognise(data)
    if instruments.is_quandata(data):
        source.record["encoding"] = "xml"
        return [instruments.quandata_sheet(data, name)]
    if kind != "text":
        source.record["encoding"] = kind if kind in formats.SUFFIXES else ""
        return formats.read_sheets(kind, data, name, findings)
    decoded = (None if encoding else western_text(data, name, findings)) or decode(data, encoding)
    source.record["encoding"] = decoded.encoding
    sheet = parse_delimited(decoded.text, name, _score(layouts))
    _check_name(source, sheet, findings, layouts)
    require_known_words(data, decoded, sheet, _score(layouts))
    note_doubtful(decoded, sheet, findings)
    return [sheet]


def _check_name(source: Source, sheet: Sheet, findings: Findings, layouts: Layouts) -> None:
    """Text under the name of a workbook or a NetCDF: read if it is a table, which is said."""
    suffix = source.path.suffix.lower()
    if suffix in _WORKBOOKS:
        rule = "not_a_netcdf" if suffix in _NETCDF else "not_a_workbook"
        if _score(layouts)(sheet.rows) < 2:
            raise Refused(rule, found="text")
        findings.add(rule, file=source.name, severity="flag", found="text")


def _score(layouts: Layouts) -> Callable[[Sequence[Sequence[str]]], int]:
    """How well rows are known, as a laboratory table or as an export of an instrument."""
    return lambda rows: max(layouts.score(rows), instruments.marks(rows))


def _read_export(
    source: Source, sheets: list[Sheet], findings: Findings, layout: instruments.Layout,
    options: instruments.Options | None, encoding: str | None,
) -> None:  # fmt: skip
    """Tables made from the export of an instrument."""
    for sheet in sheets:
        sheet.load()
    name = source.record["layout"] = f"instrument:{layout.name}"
    options = options or instruments.Options()
    beside = options.sidecar_of(source.path)
    if beside is not None and beside.is_file():
        sha256 = hashlib.sha256(bytes_of(beside)).hexdigest()
        source.record["sidecar"] = {"name": beside.name, "sha256": sha256}
    made = instruments.open_export(layout, sheets, source.path, options, findings, encoding)
    source.exports = [sheet for sheet, _ in made]
    for sheet, header in made:
        if header.columns and not _holds_people(sheet, header, findings):
            source.tables.append(Table(sheet, header, "long", name))


def _find_tables(source: Source, sheets: list[Sheet], findings: Findings, layouts: Layouts) -> None:
    skipped, refused = [], None
    for sheet in sheets:
        try:
            sheet, header, layout = _laid_out(sheet, findings, layouts)
        except Refused as refusal:
            skipped.append(sheet)
            refused = None if refusal.rule == "header_not_found" else refusal
            continue
        form = form_of(sheet, header)
        if form not in _IN_BLOCKS:
            sheet.load()
        if _holds_people(sheet, header, findings):
            source.tables = []
            return
        if form == "sidecar":
            findings.add("sidecar_apart", file=source.name, sheet=sheet.name)
            rows = len(sheet.rows) - header.row - header.depth
            findings.rows, findings.accepted = findings.rows + rows, findings.accepted + rows
            source.sidecars.append(Table(sheet, header, form, layout))
            continue
        source.tables.append(Table(sheet, header, form, layout))
    if refused is not None and not source.tables:
        raise refused
    rule = "sheet_skipped" if source.tables or source.sidecars else "header_not_found"
    for sheet in skipped:
        findings.add(rule, file=source.name, sheet=sheet.name,
                     tried=source.record["encoding"])  # fmt: skip


def _laid_out(sheet: Sheet, findings: Findings, layouts: Layouts) -> tuple[Sheet, Header, str]:
    """A sheet, its header, and the name of the layout that was put to it."""
    try:
        layout = layouts.choose(sheet.rows[:SEARCHED_ROWS], sheet.name)
    except Refused:
        header = _other_header(sheet)
        if header is None:
            raise
        return sheet, header, ""
    if layout is None:
        return sheet, find_header(sheet), ""
    if layout.form:
        return *in_programme_words(layout, sheet), layout.name
    return *apply(layout, sheet, findings), layout.name


def _other_header(sheet: Sheet) -> Header | None:
    """Header of a table that no layout is about: sites, areas or statistics beside lab tables."""
    try:
        header = find_header(sheet)
    except Refused:
        return None
    return header if form_of(sheet, header) in _NO_LAYOUT else None


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
    if published := form_of_programme(sheet.rows[header.row]):
        return published
    if instruments.is_sidecar(header):
        return "sidecar"
    if is_catchments(sheet, header):
        return "catchments"
    if header.has("analyte"):
        return "long"
    # a column of concentrations beside one of an analyte is a long table that lost its analytes
    if header.analytes and not header.has("concentration"):
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
