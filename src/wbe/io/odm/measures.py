"""Measures of ODM, restated as rows of a long table that the reader of laboratory tables knows.

A row keeps its line in the file, and each cell the text that stood there, so that all rules of
laboratory tables hold and their findings point to ``measures``. What a long table has no row for
(genes, standard deviations, flows without a sample) is counted and named.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Final

from wbe import names
from wbe.errors import UnitError
from wbe.findings import Findings
from wbe.io.notation import computed
from wbe.io.odm.keys import Shared, shared_ids
from wbe.io.odm.samples import Portions
from wbe.io.odm.samples_out import known_flags
from wbe.io.odm.table import Raw
from wbe.io.odm.words import FLOW, PREFIX, is_missing, our_word, word_of, words
from wbe.schema import QUANTITIES
from wbe.units import same_dimension

_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_MILLIGRAM: Final = "mgl"
_TO_NANOGRAMS: Final = Decimal("1e6")
_BESIDE: Final = ("load", "pn_load")
#: Letters from which on a word is the name of a substance and not an id that ODM gave to a gene.
_NAME: Final = 5
_OF_LIMITS: Final = ("lod", "loq")
_ID: Final = "measureRepID"


@dataclass
class Measure:
    """One row of a long table.

    Attributes
    ----------
    row : int
        Index of the row in the table of measures.
    sample : str
    quantity : str
        ``concentration`` (or a content: its matrix decides), ``load`` or ``pn_load``.
    cells : dict of str to str
        Field to text.
    written : dict of str to str
        Field to the text as it stands, where it differs.
    """

    row: int
    sample: str
    quantity: str
    cells: dict[str, str] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)

    def put(self, name: str, text: str, written: str) -> None:
        """Set a cell and remember what stood there."""
        self.cells[name] = text
        if text != written:
            self.written[name] = written


@dataclass
class Flow:
    """A flow and where it stands."""

    row: int
    value: str
    unit: str


@dataclass
class Restated:
    """Measures in our terms, and the flows of samples among them."""

    measures: list[Measure] = field(default_factory=list)
    flows: dict[str, Flow] = field(default_factory=dict)


class _Reading:
    """Sorts the rows of measures out; counts what is left out."""

    def __init__(self, raw: Raw, portions: Portions, flags: Mapping[str, set[str]],
                 findings: Findings):  # fmt: skip
        self.raw, self.portions, self.flags, self.findings = raw, portions, flags, findings
        self.fields = raw.fields
        self.counts: dict[tuple[str, str, str], tuple[int, int]] = {}
        self.single: set[tuple[str, str]] = set()
        self.shared = Shared()
        self.told: set[tuple[int, ...]] = set()

    def read(self) -> Restated:
        found = Restated()
        rows = [row for row in self.raw.rows() if self._has_sample(row)]
        self.single = {self._of(row) for row in rows if self._aggregation(row) == "single"}
        self.shared = shared_ids(self.raw, _ID, filter(self._counts, rows))
        for row in rows:
            part = self.raw.text(row, "measure")
            analyte = _analyte(part)
            if part != FLOW and not analyte:
                self._count("odm_part_left_out", "measure", part, row)
            elif not self._is_result(row) or not self._has_own_id(row):
                continue
            elif part == FLOW:
                self._flow(row, found)
            else:
                found.measures.append(self._measure(row, analyte))
        self._tell()
        return found

    def _of(self, row: int) -> tuple[str, str]:
        return self.raw.text(row, "sampleID"), self.raw.text(row, "measure")

    def _aggregation(self, row: int) -> str:
        text = self.raw.text(row, "aggregation")
        return (word_of("aggregation", text) or "other") if text else "single"

    def _count(self, rule: str, column: str, value: str, row: int) -> None:
        first, count = self.counts.get((rule, column, value), (row, 0))
        self.counts[rule, column, value] = (first, count + 1)

    def _tell(self) -> None:
        for (rule, column, value), (row, count) in self.counts.items():
            self.raw.note(self.findings, rule, row, column, value=value, count=count)
            if rule in ("odm_part_left_out", "odm_aggregation_left_out"):
                self.findings.rows += count
                self.findings.accepted += count

    def _has_sample(self, row: int) -> bool:
        sample = self.raw.text(row, "sampleID")
        if sample in self.portions.left_out:
            self._count("odm_control_left_out", "sampleID", sample, row)
            return False
        if sample not in self.portions.row:
            self.raw.note(self.findings, "odm_sample_unknown", row, "sampleID")
            self.findings.rows += 1
            return False
        return True

    def _counts(self, row: int) -> bool:
        """Whether a row is a result: single values come before what was computed from them."""
        kind = self._aggregation(row)
        return kind == "single" or (kind == "central" and self._of(row) not in self.single)

    def _is_result(self, row: int) -> bool:
        """As `_counts`, and what is aggregated is counted."""
        used = self._counts(row)
        if self._aggregation(row) != "single":
            rule = "odm_aggregation_used" if used else "odm_aggregation_left_out"
            self._count(rule, "aggregation", self.raw.text(row, "aggregation"), row)
        return used

    def _has_own_id(self, row: int) -> bool:
        """Whether no other row has the id of a result; else quality reports may mean either.

        A row that is said again counts once. Which of several that differ is meant nobody knows:
        none of them counts, and the id is named once with all of its lines.
        """
        counted = int(self.raw.text(row, "measure") != FLOW)
        if row in self.shared.repeated:
            self.raw.note(self.findings, "odm_measure_repeated", row, _ID)
            self.findings.rows += counted
            self.findings.accepted += counted
            return False
        if row not in self.shared.clashing:
            return True
        self.findings.rows += counted
        of_one = self.shared.clashing[row]
        if of_one not in self.told:
            self.told.add(of_one)
            lines = ", ".join(str(self.raw.line(each)) for each in of_one)
            self.raw.note(self.findings, "odm_measure_twice", of_one[1], _ID, lines=lines)
        return False

    def _flow(self, row: int, found: Restated) -> None:
        sample = self.raw.text(row, "sampleID")
        unit, value = self.raw.text(row, "unit"), self.raw.text(row, "value")
        if not value:
            return
        if value in words("code"):
            self._count("odm_code_as_number", "value", value, row)
        if sample in found.flows:
            self.raw.note(self.findings, "odm_flow_twice", row, "value", sample_id=sample)
            return
        found.flows[sample] = Flow(row, value, our_word("unit", unit))

    def _measure(self, row: int, analyte: str) -> Measure:
        raw = self.raw
        written = raw.text(row, "unit")
        unit = our_word("unit", written)
        sample = raw.text(row, "sampleID")
        found = Measure(row, sample, _quantity(unit))
        found.put("sample_id", self.portions.portion(sample), sample)
        found.put("analyte", analyte, raw.text(row, "measure"))
        nanograms = written.casefold() == _MILLIGRAM
        found.put("unit", "ng/L" if nanograms else unit, written)
        for name, head in self.fields.items():
            if name not in ("sample_id", "analyte", "unit", "concentration"):
                text = raw.text(row, head)
                exact = nanograms and name in _OF_LIMITS
                found.put(name, _in_nanograms(text) if exact else text, text)
        self._settle_value(found, nanograms)
        if sample in self.portions.replicate:
            again = found.cells.get("replicate", "")
            found.cells["replicate"] = f"{sample}/{again}" if again else sample
        return found

    def _settle_value(self, found: Measure, nanograms: bool) -> None:
        """The result, or why there is none: a status, a quality flag, a word of ODM."""
        raw, row = self.raw, found.row
        written = raw.written(row, "value")
        status = found.cells.get("status", "")
        flagged = self.flags.get(raw.text(row, "measureRepID"), set()) & set(known_flags())
        if not status and flagged:
            status = known_flags()[sorted(flagged)[0]]
            found.cells["status"] = status
            if _NUMBER.fullmatch(written):
                self._count("odm_value_no_limit", "value", written, row)
                written = ""
        if written in words("code"):
            self._count("odm_code_as_number", "value", written, row)
        missing = is_missing(written)
        text = ("" if status else "NA") if missing else written
        stands = raw.written(row, "value")
        found.put(found.quantity, _in_nanograms(text) if nanograms else text, stands)


def measures_of(
    raw: Raw, portions: Portions, flags: Mapping[str, set[str]], findings: Findings
) -> Restated:
    """Rows of a long table from the measures of ODM.

    Parameters
    ----------
    raw : Raw
        The table measures.
    portions : Portions
        What the table of samples says.
    flags : mapping of str to set of str
        Id of a measure to its quality flags.
    findings : Findings
        Receives what is left out, each kind once with its count.

    Returns
    -------
    Restated
    """
    found = _Reading(raw, portions, flags, findings).read()
    found.measures = _merged(found.measures)
    return found


def _analyte(part: str) -> str:
    """Our name of a part, "" for one that is no substance known here.

    What carries our prefix is ours whether it is known or not: the reader names it if not. Without
    it only whole names count; ids such as ``cov`` are too short to be told from abbreviations.
    """
    if part.startswith(PREFIX):
        return part.removeprefix(PREFIX)
    found = names.resolve("analyte", part)
    known = found is not None and (len(part) >= _NAME or part == found)
    return part if known else ""


def _in_nanograms(text: str) -> str:
    """Milligrams a litre as nanograms, in decimal; what is no plain number stays."""
    return computed(Decimal(text) * _TO_NANOGRAMS) if _NUMBER.fullmatch(text) else text


@lru_cache(maxsize=256)
def _quantity(unit: str) -> str:
    for name in _BESIDE:
        try:
            if unit and same_dimension(unit, QUANTITIES[name]):
                return name
        except UnitError:
            return "concentration"  # which is where a unit that is not known is refused
    return "concentration"


def _merged(measures: list[Measure]) -> list[Measure]:
    """A load beside a concentration of the same sample stands in the same row."""
    order = ("concentration", *_BESIDE)
    kept: list[Measure] = []
    last: dict[tuple[str, str, str], Measure] = {}
    for one in sorted(measures, key=lambda m: (order.index(m.quantity), m.row)):
        cells = one.cells
        key = (cells["sample_id"], cells["analyte"], cells.get("replicate", ""))
        first = last.get(key)
        if first is None or first.quantity == one.quantity or one.quantity in first.cells:
            kept.append(one)
            last[key] = one
            continue
        text, unit = cells[one.quantity], cells["unit"]
        same = unit == QUANTITIES[one.quantity]
        first.put(one.quantity, text if same or not text else f"{text} {unit}", text)
    return sorted(kept, key=lambda m: m.row)
