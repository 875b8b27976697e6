"""Named choices of factor rows, one per protocol.

A set says of each row what it gives:

==============  ======================================================================
``consumption``  load and consumption
``net``          load; consumption only after licit and metabolic sources are subtracted
``load``         load only
``subtract``     nothing by itself: what another drug contributes to an analyte
==============  ======================================================================

A row's ``use`` bounds what a set may make of it.
"""

from __future__ import annotations

import csv
import difflib
import io
import math
import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wbe import names, units
from wbe.errors import MissingFactorError, UsageError
from wbe.factors.distributions import dose_log_sd
from wbe.factors.formulas import molar_mass
from wbe.factors.table import (
    COLUMNS,
    DISTRIBUTIONS,
    QUANTITIES,
    Factor,
    excretion_rows,
    excretion_spread,
    factor_from,
    read_csv,
)

if TYPE_CHECKING:
    import pandas as pd

GIVES: Final = ("consumption", "net", "load", "subtract")
ALLOWED: Final = {
    "consumption": ("consumption", "net", "load", "subtract"),
    "pharma": ("consumption", "load", "subtract"),
    "net_only": ("net", "load"),
    "load_only": ("load",),
    "source_ratio": ("subtract",),
    "tracer": ("load",),
    "population": ("load",),
}
"""What a set may let a row give, by the row's use; what a row of a user gives comes first."""

SET_COLUMNS: Final = ("factor_id", "gives", "dose_id", "note")
ROW_COLUMNS: Final = (
    "drug", "analyte", "use", "gives", "molar_mass_ratio", "excretion", "correction_factor",
    "logit_sd", "source", "dose", "dose_log_sd", "dose_id", "dose_source",
)  # fmt: skip


@dataclass(frozen=True)
class _Dose:
    """A dose [mg of pure free base], the sd of its log [1], and who said so."""

    drug: str
    mg: float
    log_sd: float
    source: str


_NO_DOSE = _Dose("", math.nan, 0.0, "")


@dataclass(frozen=True, eq=False)
class FactorSet:
    """A protocol's choice of factor rows.

    Attributes
    ----------
    name : str
        Name of the set, or of the file it was read from.
    title : str
        Name for people.
    note : str
        What of the protocol the set does not hold.
    rows : DataFrame
        Indexed by ``factor_id``: drug, analyte, use, gives, molar_mass_ratio [1], excretion [1],
        correction_factor [1], logit_sd [1] (0: no uncertainty stated), source, dose [mg] and
        dose_id. NaN where nothing is stated.
    description : str
        What the set is.
    """

    name: str
    title: str
    note: str
    rows: pd.DataFrame
    description: str = ""

    def pathways_for(self, analyte: str) -> pd.DataFrame:
        """Return the rows of one analyte, in the order of the set; none gives an empty table."""
        return self.rows[self.rows["analyte"] == analyte]

    def row(self, factor_id: str) -> pd.Series:
        """Return one row.

        Raises
        ------
        MissingFactorError
            The set has no such row; the nearest ids are named.
        """
        if factor_id not in self.rows.index:
            raise _missing(factor_id, list(self.rows.index), f"in the set {self.name!r}")
        return self.rows.loc[[factor_id]].iloc[0]


@dataclass(frozen=True)
class _Choice:
    factor: Factor
    gives: str
    dose_id: str


def set_names() -> tuple[str, ...]:
    """Return the names of the package's sets.

    Returns
    -------
    tuple of str
        What `load_set` and ``wbe.estimate(factors=...)`` take.

    Examples
    --------
    >>> from wbe import factors
    >>> factors.set_names()[:3]
    ('default', 'euda', 'korea2015')
    """
    return tuple(_descriptions())


def load_set(name_or_path: str | os.PathLike[str]) -> FactorSet:
    """Return a named set, or one read from a CSV file.

    Parameters
    ----------
    name_or_path : str or path
        A name of `set_names` (``default``, ``verified``, ...), or a path to a CSV of the columns
        ``factor_id, gives, dose_id, note``, naming rows of the package, or of the columns of
        ``excretion.csv`` (and ``gives`` and ``dose_id`` where wanted), stating rows of its own.

    Returns
    -------
    FactorSet

    Raises
    ------
    MissingFactorError
        A factor or dose id that no table has; the nearest are named.
    UsageError
        No such set or file, a column or value that is not understood, a row that gives more than
        its use allows, or one drug and analyte twice.

    Examples
    --------
    >>> load_set("default").rows.loc["cocaine|BE|Castiglioni2013", "correction_factor"]
    np.float64(3.59)
    """
    text = os.fspath(name_or_path)
    if text in _descriptions():
        about = _descriptions()[text]
        lines = read_csv(f"sets/{text}.csv")
    elif Path(text).suffix.casefold() == ".csv" or Path(text).name != text:
        about = {}
        lines = _lines_of(Path(text))
    else:
        raise UsageError(
            f"no factor set {text!r}{_nearest(text, set_names())}; there are "
            f"{', '.join(set_names())}, or give a path to a CSV"
        )
    choices = [_choice(line, text) for line in lines]
    _check_set(choices, text)
    name = text if text in _descriptions() else Path(text).stem
    about = {"title": name, "partial": "", "description": "", **about}
    return FactorSet(name, about["title"], about["partial"], _rows(choices), about["description"])


def _rows(choices: Sequence[_Choice]) -> pd.DataFrame:
    import pandas as pd

    doses = _doses()
    records = []
    for choice in choices:
        row = choice.factor
        dose = doses[choice.dose_id] if choice.dose_id else _NO_DOSE
        records.append(
            (row.drug, row.analyte, row.use, choice.gives, row.molar_mass_ratio, row.excretion,
             row.correction_factor, row.logit_sd, row.source, dose.mg, dose.log_sd,
             choice.dose_id, dose.source)
        )  # fmt: skip
    index = pd.Index([choice.factor.factor_id for choice in choices], name="factor_id", dtype=str)
    return pd.DataFrame(records, columns=list(ROW_COLUMNS), index=index)


def _choice(line: Mapping[str, str], where: str) -> _Choice:
    """Read one line of a set: an id of the package's table, or a row of its own."""
    known = excretion_rows()
    factor_id = line.get("factor_id", "")
    if "value" in line:
        if factor_id in known:
            raise UsageError(
                f"{where}: {factor_id!r} is a row of the package; give your row an id of its own"
            )
        factor = _own_row(line, where)
    elif factor_id in known:
        factor = known[factor_id]
    else:
        raise _missing(factor_id, list(known), f"in the factor table, named by {where}")
    gives = line.get("gives") or ALLOWED[factor.use][0]
    _check_gives(factor, gives, where)
    return _Choice(factor, gives, _checked_dose(line.get("dose_id", ""), factor, where))


def _own_row(line: Mapping[str, str], where: str) -> Factor:
    """Read a user's row: names resolved, formulas filled in, every value checked."""
    row = factor_from(line)
    if not row.factor_id or not row.source:
        raise UsageError(f"{where}: every row needs a factor_id and a source")
    _one_of("quantity", row.quantity, QUANTITIES, row.factor_id)
    _one_of("distribution", row.distribution, DISTRIBUTIONS, row.factor_id)
    _one_of("use", row.use, tuple(ALLOWED), row.factor_id)
    if row.basis not in ("", "molar"):
        raise UsageError(f"{row.factor_id}: basis is {row.basis!r}; only molar fractions are read")
    if not units.same_dimension(row.unit or "1", "1"):
        raise UsageError(f"{row.factor_id}: unit is {row.unit!r}; factors are plain numbers, '1'")
    row = replace(row, drug=_name("drug", row), analyte=_name("analyte", row))
    row = _in_units_of_one(_with_formulas(row))
    if row.quantity != "none" and not 0 < row.excretion <= 1:
        raise UsageError(
            f"{row.factor_id}: {row.quantity} {row.value:g} means an excretion fraction of "
            f"{row.excretion:g}; it must lie above 0 and not above 1"
        )
    excretion_spread(row)
    return row


def _in_units_of_one(row: Factor) -> Factor:
    factor = units.scale(row.unit or "1", "1")
    scaled = {name: getattr(row, name) * factor for name in ("value", "low", "high", "sd")}
    return row if factor == 1 else replace(row, unit="1", **scaled)


def _with_formulas(row: Factor) -> Factor:
    """Fill formulas that are left out from the package's rows of the same substance."""
    parent = row.parent_formula or _formula(row.drug, row.factor_id)
    residue = row.residue_formula or _formula(row.analyte, row.factor_id)
    molar_mass(parent)
    molar_mass(residue)
    return replace(row, parent_formula=parent, residue_formula=residue)


def _formula(substance: str, factor_id: str) -> str:
    for row in excretion_rows().values():
        if row.drug == substance:
            return row.parent_formula
        if row.analyte == substance:
            return row.residue_formula
    raise UsageError(f"{factor_id}: no formula is known for {substance!r}; state it in the row")


def _name(kind: str, row: Factor) -> str:
    written: str = getattr(row, kind)
    resolved = names.resolve(kind, written)
    if resolved is None:
        near = ", ".join(names.suggest(kind, written)) or "a name of wbe.names"
        raise UsageError(f"{row.factor_id}: {kind} {written!r} is not known; try {near}")
    return resolved


def _check_gives(factor: Factor, gives: str, where: str) -> None:
    _one_of("gives", gives, GIVES, factor.factor_id)
    if gives not in ALLOWED[factor.use]:
        raise UsageError(
            f"{where}: {factor.factor_id} is for {factor.use} and cannot give {gives}; it may "
            f"give {' or '.join(ALLOWED[factor.use])}"
        )
    if gives != "load" and factor.quantity == "none":
        raise UsageError(f"{where}: {factor.factor_id} states no factor; it can give load only")


def _checked_dose(dose_id: str, factor: Factor, where: str) -> str:
    if not dose_id:
        return ""
    doses = _doses()
    if dose_id not in doses:
        raise _missing(dose_id, list(doses), f"among the doses, named by {where}")
    dose = doses[dose_id]
    if dose.drug != factor.drug:
        raise UsageError(f"{where}: {factor.factor_id} names a dose of {dose.drug}")
    if math.isnan(dose.mg):
        raise UsageError(f"{where}: {dose_id} states no dose; leave dose_id empty")
    return dose_id


def _check_set(choices: Sequence[_Choice], where: str) -> None:
    if not choices:
        raise UsageError(f"{where}: the factor set has no rows")
    ids: set[str] = set()
    pairs: set[tuple[str, str]] = set()
    for row in (choice.factor for choice in choices):
        if row.factor_id in ids:
            raise UsageError(f"{where}: {row.factor_id} is listed twice")
        if (row.drug, row.analyte) in pairs:
            raise UsageError(f"{where}: {row.drug} is given twice by {row.analyte}; keep one row")
        ids.add(row.factor_id)
        pairs.add((row.drug, row.analyte))


def _one_of(column: str, value: str, allowed: Sequence[str], factor_id: str) -> None:
    if value not in allowed:
        raise UsageError(f"{factor_id}: {column} is {value!r}; use {', '.join(allowed)}")


def _lines_of(path: Path) -> list[dict[str, str]]:
    """Read a user's CSV, as UTF-8 or as Excel on a Chinese machine writes it."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"the factor set {path} cannot be read: {error.strerror}") from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030")
    reader = csv.DictReader(io.StringIO(text, newline=""))
    columns = reader.fieldnames or []
    accepted = {*SET_COLUMNS, *COLUMNS}
    unknown = sorted(set(columns) - accepted)
    if unknown or "factor_id" not in columns:
        raise UsageError(
            f"{path.name}: "
            + (f"unknown columns {', '.join(unknown)}; " if unknown else "no column factor_id; ")
            + f"a set has {', '.join(SET_COLUMNS)}, or those of the factor table"
        )
    return [{k: (v or "").strip() for k, v in line.items() if k} for line in reader]


def _missing(wanted: str, there: Sequence[str], where: str) -> MissingFactorError:
    return MissingFactorError(f"no {wanted!r} {where}{_nearest(wanted, there)}")


def _nearest(wanted: str, there: Sequence[str]) -> str:
    close = difflib.get_close_matches(wanted, there, n=3, cutoff=0.5)
    return f"; nearest: {', '.join(close)}" if close else ""


@lru_cache(maxsize=1)
def _doses() -> dict[str, _Dose]:
    """Return the doses by id; the spread is the range read as a 95 % interval, 0 without one."""
    found = {}
    for row in read_csv("doses.csv"):
        scale = units.scale(row["unit"], "mg/dose")
        mg = float(row["value"]) * scale if row["value"] else math.nan
        ranged = row["low"] and row["high"]
        spread = dose_log_sd(float(row["low"]), float(row["high"])) if ranged else 0.0
        found[row["dose_id"]] = _Dose(row["drug"], mg, spread, row["source"])
    return found


@lru_cache(maxsize=1)
def _descriptions() -> dict[str, dict[str, str]]:
    text = files("wbe.factors").joinpath("sets/sets.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
