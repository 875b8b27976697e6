"""Acceptance limits of a laboratory batch, as data that a user can replace one by one."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any

from wbe.errors import ConfigError, UnitError
from wbe.units import scale

FIELDS = ("value", "unit", "source", "verified", "note")
VERIFIED = ("confirmed", "recalled", "judgement")
#: Units that limits are compared in; a limit keeps the dimension of its default.
_BASES = {"%": "1", "1": "1", "min": "min", "sample": "sample"}
#: The first limit of a pair lies below the second.
_ORDERED = (
    ("istd_area_low", "istd_area_high"),
    ("recovery_low", "recovery_high"),
    ("recovery_correction_low", "recovery_correction_high"),
    ("control_chart_warning", "control_chart_action"),
)


@dataclass(frozen=True)
class Limit:
    """One acceptance limit.

    Attributes
    ----------
    id : str
        For example ``recovery_low``.
    value : float
        As stated, in `unit`.
    unit : str
        ``%``, ``1``, ``min`` or ``sample``, or what a user wrote of the same dimension.
    source : str
        Where the limit comes from.
    verified : str
        ``confirmed``, ``recalled`` or ``judgement``; ``user`` for a limit that a user set.
    note : str
        What the limit is about.
    number : float
        The value in the unit of comparison: fractions [1], minutes [min], samples.

    Examples
    --------
    >>> from wbe import qc
    >>> limit = qc.load_limits()["recovery_low"]
    >>> limit.value, limit.unit, round(limit.number, 3)
    (70.0, '%', 0.7)
    """

    id: str
    value: float
    unit: str
    source: str
    verified: str
    note: str
    number: float

    @property
    def text(self) -> str:
        """The limit in the unit of the package's own, for example ``20 %``."""
        unit = _defaults()[self.id].unit
        if unit == "%":
            return f"{100 * self.number:g} %"
        return f"{self.number:g}" if unit in ("1", "sample") else f"{self.number:g} {unit}"


Limits = Mapping[str, Limit]
"""Limit id to limit."""


def load_limits(path: str | Path | None = None) -> Limits:
    """Return the acceptance limits: the package's own, or those with a user's file laid over them.

    Parameters
    ----------
    path : str or Path, optional
        TOML file of tables named for the limits that it replaces, each with ``value`` and
        ``unit``, and where known ``source`` and ``note``.

    Returns
    -------
    mapping of str to Limit

    Raises
    ------
    ConfigError
        If the file cannot be read, or holds an unknown limit or field, a unit of another
        dimension, or a value that is no positive number; names the file and the key.

    Examples
    --------
    >>> load_limits()["recovery_low"].text
    '70 %'
    """
    if path is None:
        return _defaults()
    file = Path(path)
    try:
        return parse_limits(file.read_text(encoding="utf-8-sig"), file.name)
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", file.name) from error
    except UnicodeDecodeError as error:
        raise ConfigError("the file is not UTF-8", file.name) from error


def parse_limits(text: str, name: str) -> Limits:
    """Lay the limits of a TOML text over the package's own.

    Parameters
    ----------
    text : str
        See `load_limits`.
    name : str
        Name of the file, for messages.

    Returns
    -------
    mapping of str to Limit

    Raises
    ------
    ConfigError
        As `load_limits`.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"not valid TOML: {error}", name) from error
    own = dict(_defaults())
    for key, table in raw.items():
        own[key] = _replaced(key, table, name)
    for low, high in _ORDERED:
        if not own[low].number < own[high].number:
            raise ConfigError(f"{own[low].text} is not below {high} = {own[high].text}", name, low)
    return MappingProxyType(own)


def records(limits: Limits) -> list[dict[str, Any]]:
    """Return the limits as plain records, for the record of a run.

    Parameters
    ----------
    limits : mapping of str to Limit

    Returns
    -------
    list of dict
        id, value, unit, source, verified, note; sorted by id.
    """
    rows = (asdict(limits[key]) for key in sorted(limits))
    return [{k: v for k, v in row.items() if k != "number"} for row in rows]


@cache
def _defaults() -> Limits:
    text = files("wbe.qc").joinpath("acceptance.toml").read_text(encoding="utf-8")
    found = {}
    for key, table in tomllib.loads(text).items():
        number = float(table["value"]) * _factor(table["unit"], _BASES[table["unit"]])
        texts = {field: str(table[field]) for field in FIELDS[1:]}
        found[key] = Limit(key, float(table["value"]), **texts, number=number)
    return MappingProxyType(found)


def _replaced(key: str, table: object, name: str) -> Limit:
    """One limit of a user's file, in the dimension of the one that it replaces."""
    old = _defaults().get(key)
    if old is None:
        raise ConfigError(f"unknown limit; known are {', '.join(_defaults())}", name, key)
    if not isinstance(table, dict):
        raise ConfigError(f"write [{key}] with value and unit below it", name, key)
    if unknown := sorted(set(table) - set(FIELDS)):
        fix = f"unknown field; known are {', '.join(FIELDS)}"
        raise ConfigError(fix, name, f"{key}.{unknown[0]}")
    if missing := [f for f in ("value", "unit") if f not in table]:
        raise ConfigError(f"{missing[0]} is missing", name, key)
    value, unit = _number(table["value"], name, key), str(table["unit"])
    base = _BASES[old.unit]
    try:
        number = value * _factor(unit, base)
    except UnitError as error:
        raise ConfigError(f"{unit!r} is no unit of this limit; write {old.unit!r}", name,
                          f"{key}.unit") from error  # fmt: skip
    texts = {f: str(table.get(f, d)) for f, d in (("source", name), ("note", old.note))}
    return Limit(key, value, unit, texts["source"], "user", texts["note"], number)


def _number(value: object, name: str, key: str) -> float:
    right = isinstance(value, int | float) and not isinstance(value, bool)
    if not right or not 0 < float(str(value)) < math.inf:
        raise ConfigError(f"{value!r} is no positive number", name, f"{key}.value")
    return float(str(value))


def _factor(unit: str, base: str) -> float:
    """Factor from a unit to the one of comparison; samples are counted, not measured."""
    if "sample" in (unit, base):
        if unit != base:
            raise UnitError(f"{unit!r} does not count samples")
        return 1.0
    return scale(unit, base)
