"""A table taken apart into results, as text: nothing is computed, so nothing can change.

Every result keeps its cell as written, the texts that its row says about the sample, its unit and
the columns of unknown meaning. What only stands above the header or in a header (a round, a unit,
the basis of a population) is written out for every row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from wbe import names
from wbe.io.cells import read_result
from wbe.io.dates import read_round, read_when, years_in
from wbe.io.header import IDENTITY, VALUE_FIELDS, Column, cod_of_unit, split_unit
from wbe.io.notation import computed, same_unit
from wbe.io.quality_rows import rpd_factor
from wbe.io.samples import contained
from wbe.io.sources import Table
from wbe.io.tables import Sheet
from wbe.io.words import plain, squeezed
from wbe.schema import QUANTITIES

#: Fields that say something about a sample, in the order of the contract.
SAMPLE_FIELDS = (
    "sample_id", "site", "area", "date", "start", "end", "duration_h", "weekday", "round", "visit",
    "matrix", "mode", "lab", "role", "type", "province", "city", "county", "lon", "lat",
    "coordinates", "crs", "flow", "flow_unit", "flow_rsd", "population", "population_rsd",
    "population_basis", "population_date", "domestic_share", "cigarettes", "rain_24h_mm",
    "rain_72h_mm", "phase", "preservation", "storage_temp", "analysed_date", "replicate", "note",
)  # fmt: skip
RESULT_FIELDS = ("status", "rsd", "recovery", "duplicate_rpd", "method", "weight_basis")
SOURCE_FIELDS = ("source_file", "source_sheet", "source_line")
"""Where a result of a converted table stood before."""
SOLIDS = ("soil", "sediment")
_COMPUTED = "instrument:"
"""Beginning of the layouts whose results are computed, from vial to sample, when they are read."""
_COMPUTED_NUMBER = re.compile(r"[0-9]+\.[0-9]+(?:e[+-]?[0-9]+)?|[0-9]+e[+-]?[0-9]+")


@dataclass
class Entry:
    """One result as text.

    Attributes
    ----------
    analyte : str
        Our name; as written where it is not known.
    values : dict of str to str
        ``concentration``, ``load`` or ``pn_load`` to the cell as written; the first is the one
        that unit, limits and status belong to.
    unit : str
        Unit of the first value and its limits, as written.
    limits : dict of str to str
        ``lod`` and ``loq`` to their cells.
    sample : dict of str to str
        What the row says about its sample, by our field.
    more : dict of str to str
        Further fields of the result, and columns of unknown meaning under their headers.
    source : dict of str to str
        Where the result stands: `SOURCE_FIELDS`, of a converted table those that it states.
    line : int
        Line in the file.
    row : int
        Number of the row in its table: results of one row of a wide table share it.
    """

    analyte: str
    values: dict[str, str]
    unit: str
    limits: dict[str, str]
    sample: dict[str, str]
    more: dict[str, str]
    source: dict[str, str]
    line: int
    row: int


@dataclass
class Entries:
    """All results of one table.

    Attributes
    ----------
    file, sheet : str
    items : list of Entry
    units : dict of str to str
        Field to the unit that its header states, for fields without a column of units.
    others : list of str
        Headers of unknown meaning, in their order.
    wide : bool
        Whether one row of the source holds several results.
    titles : int
        Lines above the header that are no field.
    rpd : float
        Factor from the column of duplicates to the relative percent difference: its header says
        which of two deviations it holds.
    skipped : list of str
        Headers of columns that the layout of the source leaves out.
    """

    file: str
    sheet: str
    items: list[Entry] = field(default_factory=list)
    units: dict[str, str] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)
    wide: bool = False
    titles: int = 0
    rpd: float = 1.0
    skipped: list[str] = field(default_factory=list)


def entries_of(table: Table, leave_out: set[int]) -> Entries:
    """Results of a long or wide table.

    Parameters
    ----------
    table : Table
        Of form ``long``, ``wide`` or ``town_blocks``.
    leave_out : set of int
        Lines that are no samples: sub-totals, remarks, rows without their columns.

    Returns
    -------
    Entries
    """
    return _Reader(table, leave_out).read()


class _Reader:
    """Takes one table apart."""

    def __init__(self, table: Table, leave_out: set[int]):
        self.sheet, self.header, self.form = table.sheet, table.header, table.form
        self.computed = table.layout.startswith(_COMPUTED)
        self.sheet.load()
        first = self.header.row + self.header.depth
        self.rows = [
            r for r in range(first, len(self.sheet.rows))
            if any(t.strip() for t in self.sheet.rows[r]) and self.sheet.lines[r] not in leave_out
        ]  # fmt: skip
        self.cells = {c.index: self._texts(c) for c in self.header.columns}
        self.titles = {
            name: value for name, (value, _) in self.header.titles.items()
            if self.header.column(name) is None
        }  # fmt: skip
        years = years_in(self.header.title_texts)
        self.year = years.pop() if len(years) == 1 else None
        self.found = Entries(table.sheet.file, table.sheet.name, wide=self.form != "long")
        self.found.titles = len(self.header.title_texts) - len(self.header.titles)

    def read(self) -> Entries:
        self._headers()
        samples = [self._sample(i) for i in range(len(self.rows))]
        make = self._long if self.form == "long" else self._wide
        for i, sample in enumerate(samples):
            self.found.items += make(i, sample)
        return self.found

    def _texts(self, column: Column) -> list[str]:
        """Texts of a column, merged cells filled down, cells in error with what they show."""
        texts = []
        for row in self.rows:
            broken = self.sheet.broken.get((row, column.index))
            texts.append(broken[1] if broken else self.sheet.cell(row, column.index).strip())
        if self.computed and column.id in VALUE_FIELDS:
            texts = [_COMPUTED_NUMBER.sub(_without_noise, text) for text in texts]
        return filled_down(self.sheet, column, self.rows, texts)

    def _headers(self) -> None:
        """Units that headers state, and the columns of no known meaning."""
        used = {*SAMPLE_FIELDS, *SOURCE_FIELDS, "town", "serial_no"}
        if self.form == "long":
            used |= {"analyte", "unit", "lod", "loq", *VALUE_FIELDS, *RESULT_FIELDS}
        duplicates = self.header.column("duplicate_rpd")
        self.found.rpd = rpd_factor(duplicates.text) if duplicates is not None else 1.0
        taken: dict[str, int] = {}
        self.other: dict[int, str] = {}
        for column in self.header.columns:
            if column.kind == "field" and column.id in used:
                if column.unit and column.id not in ("flow", *VALUE_FIELDS):
                    self.found.units[column.id] = column.unit
            elif column.kind in ("analyte", "limit") and self.form != "long":
                continue
            elif column.kind == "blank" and not any(self.cells[column.index]):
                self.found.skipped += [column.text] if column.text.strip() else []
            elif column.text.strip() or any(self.cells[column.index]):
                name = column.text.strip() or f"column {column.index + 1}"
                taken[name] = taken.get(name, 0) + 1
                self.other[column.index] = name if taken[name] == 1 else f"{name} ({taken[name]})"
        self.found.others = list(self.other.values())

    def _get(self, name: str, i: int) -> str:
        column = self.header.column(name)
        return self.titles.get(name, "") if column is None else self.cells[column.index][i]

    def _sample(self, i: int) -> dict[str, str]:
        sample = {name: text for name in SAMPLE_FIELDS if (text := self._get(name, i))}
        town, flow = self._get("town", i), self.header.column("flow")
        if town:
            site = sample.get("site", "")
            sample["area"] = sample.get("area") or town
            if site and not plain(site).startswith(plain(town)):
                sample["site"] = town + site
        if sample.get("area") and (town or self.header.column("site") is None):
            sample.setdefault("site", sample["area"])
        if flow is not None and flow.unit and sample.get("flow"):
            sample.setdefault("flow_unit", flow.unit)
        self._people(sample)
        self._times(sample)
        return sample

    def _people(self, sample: dict[str, str]) -> None:
        """The basis that a header such as ``常住人口`` names."""
        column = self.header.column("population")
        if column is None or self.header.column("population_basis") is not None:
            return
        basis = names.resolve("basis", split_unit(plain(column.text))[0])
        if basis and sample.get("population"):
            sample.setdefault("population_basis", basis)

    def _times(self, sample: dict[str, str]) -> None:
        """Dates and rounds complete by themselves: the year of a title line is written out."""
        for name in ("date", "start", "end"):
            if sample.get(name):
                sample[name] = complete_date(sample[name], self.year, self.sheet.epoch_1904)
        stated = sample.get("round", "")
        if stated and self.year and not read_round(stated) and not self._dated(sample):
            sample["round"] = read_round(stated, self.year) or stated

    @staticmethod
    def _dated(sample: dict[str, str]) -> bool:
        day = sample.get("start") or sample.get("date")
        return bool(day) and read_when(day or "").start is not None

    def _source(self, i: int) -> dict[str, str]:
        stated = {name: text for name in SOURCE_FIELDS if (text := self._get(name, i))}
        here = (self.sheet.file, self.sheet.name, str(self.sheet.lines[self.rows[i]]))
        return stated or dict(zip(SOURCE_FIELDS, here, strict=True))

    def _more(self, i: int) -> dict[str, str]:
        found = {name: text for name in RESULT_FIELDS if (text := self._get(name, i))}
        if self.form != "long":
            found = {}
        return found | {n: t for c, n in self.other.items() if (t := self.cells[c][i])}

    def _long(self, i: int, sample: dict[str, str]) -> Iterator[Entry]:
        values = {n: self._get(n, i) for n in VALUE_FIELDS if self.header.has(n)}
        main = next(iter(values))
        column = self.header.column(main)
        assert column is not None
        default = QUANTITIES[main] if main != "concentration" else ""
        stated = self._get("unit", i) if self.header.has("unit") else ""
        unit = plain(stated) or column.unit or self.titles.get("unit", "") or default
        for name in list(values)[1:]:
            beside = self.header.column(name)
            self.found.units[name] = (beside.unit if beside else "") or QUANTITIES[name]
        limits = {n: t for n in ("lod", "loq") if (t := self._limit(n, i, unit))}
        written = self._get("analyte", i)
        yield Entry(our_analyte(written, unit), values, unit, limits, sample, self._more(i),
                    self._source(i), self.sheet.lines[self.rows[i]], i)  # fmt: skip

    def _limit(self, name: str, i: int, unit: str) -> str:
        """A limit; where its header states another unit than the result has, with that unit."""
        column, text = self.header.column(name), self._get(name, i)
        if not text or column is None or not column.unit or same_unit(column.unit, unit):
            return text
        return f"{text} {column.unit}"

    def _wide(self, i: int, sample: dict[str, str]) -> Iterator[Entry]:
        """Results of one row; of two kinds of sample only those that were taken."""
        found = list(self._all_of(i, sample))
        absent = {e.sample.get("matrix", "") for e in found if _is_absent(e)}
        taken = {e.sample.get("matrix", "") for e in found if _is_stated(e)}
        for entry in found:
            matrix = entry.sample.get("matrix", "")
            if taken and matrix not in taken:
                continue
            if not any(entry.values.values()) and matrix in absent:
                entry.more = {**entry.more, "status": "missing"}
            yield entry

    def _all_of(self, i: int, sample: dict[str, str]) -> Iterator[Entry]:
        more, line = self._more(i), self.sheet.lines[self.rows[i]]
        beside = {(c.id, c.limit): c.index for c in self.header.columns if c.kind == "limit"}
        fallback = self._get("unit", i)
        for column in self.header.analytes:
            limits = {
                n: text for n in ("lod", "loq")
                if (c := beside.get((column.id, n))) is not None and (text := self.cells[c][i])
            }  # fmt: skip
            yield Entry(
                column.id, {"concentration": self.cells[column.index][i]},
                column.unit or fallback, limits, self._of_group(sample, column), more,
                self._source(i), line, i,
            )  # fmt: skip

    @staticmethod
    def _of_group(sample: dict[str, str], column: Column) -> dict[str, str]:
        """The sample of a column under ``土壤``: what the row says of its kind is its role."""
        if column.matrix not in SOLIDS:
            return sample
        written = sample.get("matrix", "")
        role = contained("role", written) if written and not written.isascii() else ""
        other = {"role": role} if role and not sample.get("role") else {}
        return {**sample, **other, "matrix": column.matrix}


def _is_stated(entry: Entry) -> bool:
    """Whether a cell says more than that nothing was measured."""
    return any(read_result(text).kind not in ("blank", "dash") for text in entry.values.values())


def _is_absent(entry: Entry) -> bool:
    """Whether a cell says that the sample was not taken, which its blank neighbours then are."""
    return any(read_result(text).kind == "not_taken" for text in entry.values.values())


def filled_down(sheet: Sheet, column: Column, rows: Sequence[int], texts: list[str]) -> list[str]:
    """Texts of a column that says which sample a row is about, merged cells filled.

    Parameters
    ----------
    sheet : Sheet
    column : Column
    rows : sequence of int
        Rows of the sheet that the texts are of.
    texts : list of str

    Returns
    -------
    list of str
        Of any other column the same texts.
    """
    if column.kind != "field" or column.id not in IDENTITY:
        return texts
    where = {row: i for i, row in enumerate(rows)}
    texts = list(texts)
    for top, left, bottom, right in sheet.merged:
        if left <= column.index <= right and bottom > top:
            value = sheet.cell(top, left).strip()
            for row in range(top + 1, bottom + 1):
                if row in where and not texts[where[row]]:
                    texts[where[row]] = value
    if column.id == "town":
        last = ""
        for i, text in enumerate(texts):
            texts[i] = last = text or last
    return texts


def our_analyte(written: str, unit: str) -> str:
    """Our name of an analyte; what is not known stays as written."""
    found = names.resolve("analyte", written)
    if found == "codeine" and squeezed(written) == "cod":
        return cod_of_unit(unit)
    return found or written


def _without_noise(number: re.Match[str]) -> str:
    return computed(Decimal(number[0]))


def complete_date(text: str, year: int | None, epoch_1904: bool) -> str:
    """A date that means the same without the title line and the epoch of its workbook."""
    wanted = read_when(text, year, epoch_1904)
    if wanted.rule or _same(read_when(text), wanted):
        return text
    for other in (f"{year}年{text}", f"{year}-{text}", f"{year}/{text}"):
        if year and _same(read_when(other), wanted):
            return other
    if wanted.start is None:
        return text
    return wanted.start.isoformat(" ") if wanted.clock else wanted.start.date().isoformat()


def _same(first: object, second: object) -> bool:
    def said(when: object) -> tuple[object, ...]:
        hours = getattr(when, "hours", None)
        hours = None if hours != hours else hours
        return *(getattr(when, n, None) for n in ("start", "clock", "round", "rule")), hours

    return said(first) == said(second)
