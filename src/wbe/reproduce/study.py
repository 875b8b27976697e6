"""Studies of the catalogue: what a folder states of its tables, read and checked."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from wbe.errors import ConfigError, UsageError
from wbe.reproduce.claims import Claim, read_claims
from wbe.reproduce.fields import one_of, require, texts

STATUSES: Final = ("recomputed", "consistent", "cited_only")
"""From its inputs; by a relation that the publication states or implies; not at all."""

RELATIONS: Final = ("equals", "at_most", "at_least", "within")
"""Of the published value to ours; ``within``: ours lies between two published ends."""

READ: Final = ("whole", "excerpt", "copy", "recalled")
"""How the numbers were read: in the source's table, in an excerpt of it such as an abstract, in a
copy of the table that others made, or from memory."""

FILE: Final = "study.toml"
EXTERNAL: Final = "reference:"
REFERENCE: Final = "WBE_REFERENCE_DATA"
"""Environment variable with the folder of data that are not handed on."""


@dataclass(frozen=True)
class Exempt:
    """Rows that are known not to reproduce, and why.

    Attributes
    ----------
    reason : str
    rows : tuple of tuple of str
        Their keys.
    match : tuple of mapping
        Conditions on columns, as in `StudyTable.select`: rows that meet all of them.
    instead : mapping of str to str
        Argument -> column with which they do reproduce; empty where none is known.
    reason_zh : str
        The reason in Chinese.
    """

    reason: str
    rows: tuple[tuple[str, ...], ...] = ()
    match: tuple[Mapping[str, Any], ...] = ()
    instead: Mapping[str, str] | None = None
    reason_zh: str = ""


@dataclass(frozen=True)
class StudyTable:
    """One published table, or part of it.

    Attributes
    ----------
    name, status, where, method, rule, unit : str
        Name; one of `STATUSES`; table and page; name of the calculation in
        `wbe.reproduce.methods`; the rule in words; unit of the output.
    inputs, expected : str
        Files in the study's folder; with `EXTERNAL` before the name below the folder of
        `REFERENCE`, because they may not be handed on or are too many to copy.
    aggregate : bool
        Whether many rows of inputs make one published value.
    iso_week : str
        Column of dates from which the inputs get a column ``iso_week`` such as ``2020-22``.
    keys : tuple of str
        Columns that name a row in both files.
    output : tuple of str
        Column of the published value; two for ``within``.
    arguments : mapping of str to str, float or mapping
        What the calculation takes. A mapping has ``column``, ``from`` and ``to`` (units), or
        ``factor`` and ``drug``: ``excretion`` or ``molar_mass_ratio`` of the study's set for the
        drug in that column, or ``constant``: one of the study's constants by name.
    labels : mapping of str to str or list of str
        Columns that a calculation over whole tables needs besides; of several their texts, joined.
    rounded : mapping of str to str or float
        Argument -> ``printed``, or half of the step it was rounded to. Not named: exact.
    together : tuple of tuple of str
        Rounded arguments that are moved as one.
    output_rounded : str or float [1]
    relation : str
    scale : float
        What ours is multiplied by to be in the printed unit: 100 for per cent.
    log10 : bool
        Whether the logarithm was published.
    select : tuple of mapping
        Conditions that rows must meet to be compared.
    exempt : tuple of Exempt
    name_zh, where_zh, rule_zh, unit_zh : str
        In Chinese.
    """

    name: str
    status: str
    where: str
    rule: str
    unit: str
    expected: str
    keys: tuple[str, ...]
    output: tuple[str, ...]
    method: str = ""
    inputs: str = ""
    aggregate: bool = False
    iso_week: str = ""
    arguments: Mapping[str, Any] | None = None
    labels: Mapping[str, Any] | None = None
    rounded: Mapping[str, Any] | None = None
    together: tuple[tuple[str, ...], ...] = ()
    output_rounded: str | float = "printed"
    relation: str = "equals"
    scale: float = 1.0
    log10: bool = False
    select: tuple[Mapping[str, Any], ...] = ()
    exempt: tuple[Exempt, ...] = ()
    name_zh: str = ""
    where_zh: str = ""
    rule_zh: str = ""
    unit_zh: str = ""


@dataclass(frozen=True)
class Study:
    """A publication of the catalogue.

    Attributes
    ----------
    key : str
        Name of its folder.
    folder : Path
    title, citation, doi, doi_verified, source : str
        `doi` may be empty; `doi_verified` is yes, recalled or none; `source`: where the numbers
        were opened.
    read : str
        One of `READ`.
    country : str
        ISO 3166 code, or several parted by commas.
    factor_set : str
        A set of `wbe.factors`, or empty where no factor enters.
    redistribution : str
        Who may hand the data on.
    problems : tuple of str
        What is known to be wrong or open.
    tables : tuple of StudyTable
    constants : tuple of mapping
        Numbers that the study adds to the factor tables: name, value, unit, source, verified.
    claims : tuple of Claim
        Conclusions that rest on a factor.
    title_zh, source_zh, redistribution_zh, problems_zh : str, tuple of str
        In Chinese.
    """

    key: str
    folder: Path
    title: str
    citation: str
    doi: str
    doi_verified: str
    source: str
    read: str
    country: str
    factor_set: str
    redistribution: str
    problems: tuple[str, ...]
    tables: tuple[StudyTable, ...]
    constants: tuple[Mapping[str, Any], ...] = ()
    claims: tuple[Claim, ...] = ()
    title_zh: str = ""
    source_zh: str = ""
    redistribution_zh: str = ""
    problems_zh: tuple[str, ...] = ()


TEXTS: Final = ("title", "source", "redistribution", "problems")
TABLE_TEXTS: Final = ("name", "where", "rule", "unit")
CONSTANT_TEXTS: Final = ("name", "unit", "source", "verified")
"""Fields that a person reads: each has a Chinese one of the same name with ``_zh``."""

_NEEDED: Final = (
    "title", "citation", "doi", "doi_verified", "source", "read", "country", "factor_set",
    "redistribution", "problems",
)  # fmt: skip
_TABLE_NEEDED: Final = ("name", "status", "where", "rule", "unit", "expected", "keys", "output")
_COMPUTED: Final = ("method", "inputs", "arguments")
_CONSTANT: Final = ("name", "value", "unit", "source", "verified")


def catalogue_folder() -> Path:
    """Return the folder of the studies that come with the package."""
    return Path(str(files("wbe.reproduce"))) / "catalogue"


def study_keys(folder: Path | None = None) -> tuple[str, ...]:
    """Return the keys of all studies of a catalogue, sorted.

    Parameters
    ----------
    folder : Path, optional
        Default: the package's.

    Returns
    -------
    tuple of str
        What `read_study` takes.

    Examples
    --------
    >>> from wbe import reproduce
    >>> reproduce.study_keys()[:3]
    ('alcohol_20_cities_2016', 'alcohol_tobacco_china_2020', 'beijing_2013')
    """
    folder = catalogue_folder() if folder is None else folder
    return tuple(sorted(path.parent.name for path in folder.glob(f"*/{FILE}")))


def studies(folder: Path | None = None) -> Iterator[Study]:
    """Yield all studies of a catalogue, by key.

    Parameters
    ----------
    folder : Path, optional
        Default: the package's.

    Yields
    ------
    Study
        By key.

    Raises
    ------
    ConfigError
        If a file lacks a field or states one that nothing reads.

    Examples
    --------
    >>> from wbe import reproduce
    >>> len(list(reproduce.studies())) == len(reproduce.study_keys())
    True
    """
    for key in study_keys(folder):
        yield read_study(key, folder)


def read_study(key: str, folder: Path | None = None) -> Study:
    """Return one study.

    Parameters
    ----------
    key : str
    folder : Path, optional
        Of the catalogue; default: the package's.

    Returns
    -------
    Study

    Raises
    ------
    UsageError
        If the catalogue has no such study.
    ConfigError
        If its file lacks a field or states one that nothing reads.

    Examples
    --------
    >>> from wbe import reproduce
    >>> study = reproduce.read_study("alcohol_20_cities_2016")
    >>> study.title, len(study.tables)
    ('Alcohol in 20 cities of 11 countries', 1)
    """
    home = (catalogue_folder() if folder is None else folder) / key
    if not (home / FILE).is_file():
        there = ", ".join(study_keys(folder))
        raise UsageError(f"there is no study {key!r}; the catalogue has {there}")
    shown = f"{key}/{FILE}"
    raw = _toml(home / FILE, shown)
    stated = (*_NEEDED, *(f"{name}_zh" for name in TEXTS))
    require(raw, _NEEDED, shown, (*stated, "table", "constant", "claim"))
    texts(raw, TEXTS, shown)
    one_of(raw["read"], READ, shown, "read")
    if not raw.get("table"):
        raise ConfigError("a study without a table: add [[table]]", shown, "table")
    tables = tuple(_table(entry, shown) for entry in raw["table"])
    named = tuple(table.name for table in tables)
    return Study(
        key=key, folder=home, tables=tables,
        constants=tuple(_constant(entry, shown) for entry in raw.get("constant", ())),
        claims=read_claims(raw.get("claim", ()), named, shown),
        **{name: _frozen(raw[name]) for name in stated},
    )  # fmt: skip


def _toml(path: Path, shown: str) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"this is not TOML ({error})", shown) from None


def _constant(raw: dict[str, Any], shown: str) -> dict[str, Any]:
    """Return a number that a study adds, or say which field is missing or unknown."""
    where = f"constant {raw.get('name', '?')!r}: "
    known = (*_CONSTANT, *(f"{name}_zh" for name in CONSTANT_TEXTS), "note")
    require(raw, _CONSTANT, shown, known, where)
    texts(raw, CONSTANT_TEXTS, shown, where)
    return raw


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _table(raw: dict[str, Any], shown: str) -> StudyTable:
    """Return one table as stated, or say which field is missing, unknown or of a wrong value."""
    where = f"table {raw.get('name', '?')!r}: "
    require(raw, _TABLE_NEEDED, shown, (*(f.name for f in fields(StudyTable)), "exception"), where)
    texts(raw, TABLE_TEXTS, shown, where)
    one_of(raw["status"], STATUSES, shown, where + "status")
    one_of(raw.get("relation", "equals"), RELATIONS, shown, where + "relation")
    if raw["status"] != "cited_only":
        require(raw, _COMPUTED, shown, None, where)
    exempt = tuple(_exempt(entry, shown, where) for entry in raw.pop("exception", ()))
    output = raw["output"]
    tuples: dict[str, Any] = {
        "keys": tuple(raw["keys"]),
        "output": (output,) if isinstance(output, str) else tuple(output),
        "together": tuple(tuple(group) for group in raw.get("together", ())),
        "select": tuple(raw.get("select", ())),
    }
    return StudyTable(**{**raw, **tuples, "exempt": exempt})


def _exempt(raw: dict[str, Any], shown: str, where: str) -> Exempt:
    key = where + "exception."
    known = ("reason", "reason_zh", "rows", "match", "instead")
    require(raw, ("reason",), shown, known, key)
    texts(raw, ("reason",), shown, key)
    if not str(raw["reason"]).strip():
        raise ConfigError("an exception needs its reason", shown, key + "reason")
    if not raw.get("rows") and not raw.get("match"):
        raise ConfigError("an exception names its rows, or what they match", shown, key + "rows")
    rows = tuple(tuple(str(part) for part in row) for row in raw.get("rows", ()))
    match = tuple(raw.get("match", ()))
    return Exempt(raw["reason"], rows, match, raw.get("instead"), raw["reason_zh"])


def reference_folder() -> Path | None:
    """Return the folder of data that are not handed on; None where nobody named one."""
    named = os.environ.get(REFERENCE, "")
    return Path(named) if named else None
