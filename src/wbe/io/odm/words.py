"""What PHES-ODM calls its tables, columns and words, and what they are called here.

The lists are our own (``columns.csv``, ``words.csv``), made from the facts of version 2.2.3
of the dictionary; docs/phes-odm.md says where each was read. Whatever ODM has no id for carries the
prefix ``wbe:``, so that nobody takes it for a part of theirs.
"""

from __future__ import annotations

import csv
import io
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final, NamedTuple

PREFIX: Final = "wbe:"
#: First line of the read-me of a set of tables that was written here.
TITLE: Final = "# ODM-shaped tables"
#: Version of the dictionary whose words are used.
VERSION: Final = "2.2.3"
#: Written where ODM wants something that is not stated: "not reported".
NOT_REPORTED: Final = "nr"
#: Tables that are read; any other is named and left alone.
READ: Final = (
    "sites", "samples", "measures", "polygons", "qualityReports", "sampleRelationships",
)  # fmt: skip
#: Tables that say nothing about a sample and hold no person.
SILENT: Final = ("datasets", "parts", "README")
#: Tables about persons and the organisations they work for: never opened.
PERSONS: Final = ("contacts", "organizations", "addresses")
#: Every other table of a report; their names make a folder known as one of ODM's.
OTHERS: Final = (
    "measureSets", "protocols", "protocolSteps", "protocolRelationships", "instruments",
    "sets", "languages", "translations", "countries", "zones", "wideNames",
)  # fmt: skip
#: How the names of text tables end.
TEXTS: Final = (".csv", ".tsv", ".txt")
#: Unit of each quantity in a measure: ODM's own where it has one, else namespaced.
UNITS: Final = {
    "concentration": "mgL", "content": f"{PREFIX}ng/g", "load": f"{PREFIX}mg/day",
    "pn_load": f"{PREFIX}mg/day/1000 inhabitants",
}  # fmt: skip
FLOW: Final = "floRate"
FLOW_UNIT: Final = "m3D"


class Column(NamedTuple):
    """One column of a table that is known.

    Attributes
    ----------
    name : str
    needed : str
        ``read`` if a table cannot be read without it, ``odm`` if only ODM calls it mandatory.
    field : str
        Our field; ``-`` if its content is looked at and not kept, ``personal`` if it leads to a
        person, "" if it is kept as it is.
    """

    name: str
    needed: str
    field: str


def _rows(name: str) -> list[dict[str, str]]:
    text = files("wbe").joinpath("io").joinpath("odm").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


@cache
def columns(table: str) -> tuple[Column, ...]:
    """Known columns of a table, in the order in which they are written."""
    return tuple(
        Column(row["column"], row["needed"], row["field"])
        for row in _rows("columns.csv") if row["table"] == table
    )  # fmt: skip


def folded(header: str) -> str:
    """A header as readers compare it: without capitals, and without strokes between its words.

    Examples
    --------
    >>> folded("sampleID") == folded("Sample ID") == folded("sample_id")
    True
    """
    return "".join(letter for letter in header.casefold() if letter not in " _-")


def free_header(table: str, header: str) -> str:
    """Header for a column without a meaning; one that a known column takes gets the prefix.

    Readers find columns however they are spelt (see `folded`), so that ``Specimen`` is taken as
    ``specimen`` is.

    Examples
    --------
    >>> free_header("samples", "collNum"), free_header("samples", "Coll_Num")
    ('collNum', 'wbe:Coll_Num')
    """
    known = columns(table)
    free = any(c.name == header and not c.field for c in known)
    taken = folded(header) in {folded(c.name) for c in known}
    return f"{PREFIX}{header}" if taken and not free else header


@cache
def words(kind: str) -> dict[str, str]:
    """ODM's words of a kind and ours; the first of several with one meaning is written."""
    return {row["odm"]: row["ours"] for row in _rows("words.csv") if row["kind"] == kind}


@cache
def _written(kind: str) -> dict[str, str]:
    return {ours: odm for odm, ours in reversed(words(kind).items())}


def odm_word(kind: str, ours: str) -> str:
    """ODM's word for ours; namespaced where it has none, "not reported" where nothing is stated.

    Examples
    --------
    >>> odm_word("matrix", "wwtp_influent"), odm_word("matrix", "soil"), odm_word("mode", "")
    ('rawWW', 'wbe:soil', 'nr')
    """
    if not ours:
        return NOT_REPORTED
    return _written(kind).get(ours, f"{PREFIX}{ours}")


def our_word(kind: str, odm: str) -> str:
    """Our word for ODM's; without the prefix where it is ours anyway, else as it is.

    Examples
    --------
    >>> our_word("matrix", "rawWW"), our_word("matrix", "wbe:soil"), our_word("matrix", "pSludge")
    ('wwtp_influent', 'soil', 'pSludge')
    """
    if odm.startswith(PREFIX):
        return odm.removeprefix(PREFIX)
    return word_of(kind, odm) or odm


def word_of(kind: str, odm: str) -> str:
    """Our word for ODM's whatever its capitals, "" for one that is none of the kind.

    Examples
    --------
    >>> word_of("aggregation", "SIN"), word_of("unit", "MGL"), word_of("unit", "gcMl")
    ('single', 'mg/L', '')
    """
    return _caseless(kind).get(odm.casefold(), "")


@cache
def _caseless(kind: str) -> dict[str, str]:
    return {odm.casefold(): ours for odm, ours in words(kind).items()}


def table_of(stem: str) -> str:
    """ODM's name of a table, however its file spells it; "" for any other file."""
    known = {name.casefold(): name for name in (*READ, *SILENT, *PERSONS, *OTHERS)}
    return known.get(stem.strip().casefold(), "")


def is_odm(path: Path) -> bool:
    """Whether a folder holds samples and measures under the names that ODM gives them."""
    if not path.is_dir():
        return False
    try:
        found = {table_of(f.stem) for f in path.iterdir() if f.suffix.lower() in TEXTS}
    except OSError:
        return False  # opening it says why
    return found >= {"samples", "measures"}


def is_missing(text: str) -> bool:
    """Whether a cell is empty or one of ODM's words for why nothing is stated."""
    return not text or text in words("missing")
