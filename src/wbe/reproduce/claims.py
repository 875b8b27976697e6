"""Published conclusions that rest on a factor, and other factors that could have been used.

A study states them as data; what each gives is computed in `wbe.reproduce.outcomes`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

from wbe.errors import ConfigError
from wbe.reproduce.fields import one_of, require, texts

STATISTICS: Final = ("value", "smallest", "largest", "mean")
"""Of the computed rows, or of their ratios; ``value``: there is one."""

RULES: Final = ("above", "below", "within")
"""Where a conclusion stands: beyond a number, or between two."""

ENDS: Final = ("", "low", "high")

PAIR: Final = ("column", "of", "over", "by")


@dataclass(frozen=True)
class Choice:
    """Factors and a dose with which a number can be computed.

    Attributes
    ----------
    set : str
        A set of `wbe.factors`; empty: `rows` alone.
    rows : tuple of str
        Ids of factor rows, which go before those of the set.
    end : str
        ``low`` or ``high``: that end of the range of `dose` or, without one, of the excreted
        fraction of `rows`, instead of the central value.
    dose : str
        Id of a dose.
    load : str
        Column of the load, where the rows are of another residue than the claim's.
    used : bool
        Whether the published number was made with it, or is taken to have been.
    note, note_zh : str
        What else the choice means, for people.
    """

    set: str = ""
    rows: tuple[str, ...] = ()
    end: str = ""
    dose: str = ""
    load: str = ""
    used: bool = False
    note: str = ""
    note_zh: str = ""


@dataclass(frozen=True)
class Claim:
    """A published conclusion, how it is computed, and where it stands.

    Attributes
    ----------
    name, conclusion, where, unit : str
        Title; the conclusion in words and numbers; table and page; unit of the number.
    assumed : str
        What of the calculation the publication does not state; empty where it states all.
    table : str
        Table of the study whose rows are used.
    method : str
        Calculation in `wbe.reproduce.methods`, of excretion and ratio of molar masses.
    arguments : mapping
        As of a table, without what the choices give.
    residue : mapping
        ``column`` with the analyte of each row, or ``is``: the analyte of all rows.
    published : float
        The number that was published, or follows from those that were [unit of the claim]; above
        zero.
    holds : mapping
        One of `RULES` -> the number or two between which the conclusion stands; above zero.
    choices : tuple of Choice
    statistic : str
        One of `STATISTICS`.
    pair : mapping of str to str
        ``column``, ``of`` and ``over``: rows become ratios of one to another, or to the largest
        of the others without ``over``; one ratio for each value of the column ``by``.
    select : tuple of mapping
        Conditions that rows must meet.
    scale : float
        What ours is multiplied by to be in the unit.
    name_zh, conclusion_zh, where_zh, unit_zh, assumed_zh : str
        In Chinese.
    """

    name: str
    conclusion: str
    where: str
    unit: str
    assumed: str
    table: str
    method: str
    arguments: Mapping[str, Any]
    residue: Mapping[str, str]
    published: float
    holds: Mapping[str, Any]
    choices: tuple[Choice, ...]
    statistic: str = "value"
    pair: Mapping[str, str] | None = None
    select: tuple[Mapping[str, Any], ...] = ()
    scale: float = 1.0
    name_zh: str = ""
    conclusion_zh: str = ""
    where_zh: str = ""
    unit_zh: str = ""
    assumed_zh: str = ""


TEXTS: Final = ("name", "conclusion", "where", "unit", "assumed")
CHOICE_TEXTS: Final = ("note",)
"""Fields that a person reads: each has a Chinese one of the same name with ``_zh``."""
_NEEDED: Final = (
    *TEXTS, "table", "method", "arguments", "residue", "published", "holds", "choice",
)  # fmt: skip


def read_claims(
    raw: Sequence[Mapping[str, Any]], tables: Sequence[str], shown: str
) -> tuple[Claim, ...]:
    """Return the claims that a study states.

    Parameters
    ----------
    raw : sequence of mapping
        The ``[[claim]]`` of the file.
    tables : sequence of str
        Names of the study's tables.
    shown : str
        The file, as messages name it.

    Raises
    ------
    ConfigError
        If a field is missing, unknown, or of a value that nothing reads, or a name stands twice.
    """
    found = tuple(_claim(each, tables, shown) for each in raw)
    named = [claim.name for claim in found]
    if twice := sorted({name for name in named if named.count(name) > 1}):
        raise ConfigError(f"{twice[0]!r} names two claims", shown, "claim.name")
    return found


def _claim(raw: Mapping[str, Any], tables: Sequence[str], shown: str) -> Claim:
    """Return one claim as stated, or say which field is missing, unknown or of a wrong value."""
    where = f"claim {raw.get('name', '?')!r}: "
    known = (*(field.name for field in fields(Claim) if field.name != "choices"), "choice")
    require(raw, _NEEDED, shown, known, where)
    texts(raw, TEXTS, shown, where)
    one_of(raw["table"], tables, shown, where + "table")
    one_of(raw.get("statistic", "value"), STATISTICS, shown, where + "statistic")
    require(raw["residue"], (), shown, ("column", "is"), where + "residue.")
    if len(raw["residue"]) != 1:
        raise ConfigError("name a column, or the one residue", shown, where + "residue")
    if "pair" in raw:
        require(raw["pair"], ("column", "of"), shown, PAIR, where + "pair.")
    _check_rule(raw["holds"], shown, where)
    if not _positive(raw["published"]):
        raise ConfigError("the published number is above zero", shown, where + "published")
    choices = tuple(_choice(each, shown, where) for each in raw["choice"])
    if sum(choice.used for choice in choices) > 1:
        raise ConfigError("one choice at most was used", shown, where + "choice.used")
    rest = {name: value for name, value in raw.items() if name not in ("choice", "select")}
    rest["published"] = float(raw["published"])
    return Claim(**rest, choices=choices, select=tuple(raw.get("select", ())))


def _check_rule(holds: Mapping[str, Any], shown: str, where: str) -> None:
    require(holds, (), shown, RULES, where + "holds.")
    limits = next(iter(holds.values())) if len(holds) == 1 else []
    two = "within" in holds
    numbers = limits if isinstance(limits, list) else [limits]
    fits = isinstance(limits, list) == two and len(numbers) == 1 + two
    if not fits or not all(map(_positive, numbers)) or numbers[-1] < numbers[0]:
        text = "say where the conclusion stands: above or below a number, or within two, above zero"
        raise ConfigError(text, shown, where + "holds")


def _positive(number: Any) -> bool:
    return isinstance(number, int | float) and number > 0


def _choice(raw: Mapping[str, Any], shown: str, where: str) -> Choice:
    key = where + "choice."
    require(raw, (), shown, tuple(field.name for field in fields(Choice)), key)
    one_of(raw.get("end", ""), ENDS, shown, key + "end")
    if not raw.get("set") and not raw.get("rows"):
        raise ConfigError("a choice names a set or factor rows", shown, key + "rows")
    if raw.get("end") and not raw.get("rows") and not raw.get("dose"):
        raise ConfigError("an end is one of the range of rows, or of a dose", shown, key + "end")
    if raw.get("note"):
        texts(raw, CHOICE_TEXTS, shown, key)
    return Choice(**{**raw, "rows": tuple(raw.get("rows", ()))})
