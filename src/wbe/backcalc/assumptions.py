"""What is assumed and not measured: doses, purity, shares of age, each with who said so.

Every one is an `Assumed` value with its distribution and its source, and none has a default.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from wbe import factors, units
from wbe.errors import MissingFactorError, UsageError
from wbe.factors.distributions import dose_log_sd
from wbe.uncertainty import Distribution, Lognormal
from wbe.uncertainty.published import published

UNITS: Final = {
    "dose": "mg/dose",
    "frequency": "dose/day",
    "age_share": "1",
    "purity": "1",
    "days": "day",
    "amount": "mg/day",
}
"""What can be assumed, and its unit. ``amount``: pure drug of one user on a day of use."""

_SHARES: Final = ("age_share", "purity")
_DATE: Final = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


@dataclass(frozen=True)
class Assumed:
    """A value that is assumed, with its spread and who said so.

    Attributes
    ----------
    name : str
        One of `UNITS`.
    value : float
        Central value, the median of the distribution [unit of the name].
    shape : Distribution or None
        None: no spread is stated.
    source : str
        Who said so.
    date : str
        Date for which it holds: year, month or day. Needed for a purity.
    key : str
        Whose error it is: values of one name and one key share one unknown.
    """

    name: str
    value: float
    shape: Distribution | None
    source: str
    date: str = ""
    key: str = ""

    @property
    def unit(self) -> str:
        """Unit of the value."""
        return UNITS[self.name]

    @property
    def certain(self) -> bool:
        """Whether no spread is stated."""
        return self.shape is None

    def __str__(self) -> str:
        spread = "no spread stated"
        if self.shape is not None:
            low, high = (float(self.shape.value(z)) for z in (-1.959964, 1.959964))
            spread = f"{low:.3g} to {high:.3g}"
        unit = "" if self.unit == "1" else f" {self.unit}"
        date = f", {self.date}" if self.date else ""
        return f"{self.name} {self.value:.4g}{unit} ({spread}; {self.source}{date})"


def assumed(
    name: str,
    value: str | float,
    *,
    source: str,
    low: float | None = None,
    high: float | None = None,
    sd: float | None = None,
    kind: str | None = None,
    date: str = "",
    key: str = "",
) -> Assumed:
    """Return an assumed value with its distribution.

    Parameters
    ----------
    name : str
        One of `UNITS`: dose, frequency, age_share, purity, days, amount.
    value : str or float
        Central value with its unit, such as ``"30 mg/dose"``; shares also as plain numbers.
    source : str
        Who said so.
    low, high : float, optional
        95 % interval [unit of `UNITS`].
    sd : float, optional
        Standard deviation [unit of `UNITS`].
    kind : str, optional
        Distribution (`wbe.uncertainty.published`); lognormal, for shares logit-normal.
    date : str, optional
        Year, month or day for which it holds. A purity must have one: it is local and changes.
    key : str, optional
        Whose error it is; from the source and the value where not given.

    Returns
    -------
    Assumed
        Without low, high and sd it has no spread, and what follows from it says so.

    Raises
    ------
    UsageError
        If the name is unknown, the value is not positive, a share lies outside of 0 to 1, the
        source is empty, or the date is missing or not one.
    UnitError
        If the value has no unit, or one of another dimension.

    Examples
    --------
    >>> print(assumed("purity", "80 %", low=0.6, high=0.92, date="2024-05", source="seizures"))
    purity 0.8 (0.591 to 0.917; seizures, 2024-05)
    """
    if name not in UNITS:
        raise UsageError(f"{name!r} cannot be assumed here; there are {', '.join(UNITS)}")
    number = _number(name, value)
    _require_sense(name, number, source, date)
    kind = kind or ("logit_normal" if name in _SHARES else "lognormal")
    spread = any(v is not None for v in (low, high, sd))
    shape = published(kind, number, sd=sd, low=low, high=high) if spread else None
    if shape is not None and not shape.positive:
        raise UsageError(f"{name}: values of 0 or below are possible by {shape.kind}")
    return Assumed(name, number, shape, source, date, key or f"{source}|{number:g}")


def dose_row(dose_id: str) -> Assumed:
    """Return a dose of the dose table: its range is the 95 % interval of a lognormal.

    Parameters
    ----------
    dose_id : str
        Such as ``"methamphetamine|Zuccato2008"`` (`wbe.factors.doses`).

    Returns
    -------
    Assumed
        Without a range in the table: no spread stated. Its error is that of ``pn_doses``.

    Raises
    ------
    MissingFactorError
        If there is no such row, or it states no dose (ketamine, etomidate).

    Examples
    --------
    >>> print(dose_row("methamphetamine|Zuccato2008"))
    dose 30 mg/dose (9.49 to 94.9; Zuccato2008)
    """
    table = _dose_table()
    if dose_id not in table:
        raise MissingFactorError(f"no dose {dose_id!r}; there are {', '.join(table)}")
    row = table[dose_id]
    value, low, high = (float(row[name]) for name in ("value", "low", "high"))
    if math.isnan(value):
        raise MissingFactorError(f"{dose_id} states no dose: {row['note']}")
    ranged = high > low > 0
    shape = Lognormal(value, dose_log_sd(low, high)) if ranged else None
    return Assumed("dose", value, shape, str(row["source"]), "", dose_id)


@lru_cache(maxsize=1)
def _dose_table() -> dict[str, dict[str, Any]]:
    rows = factors.doses().to_dict("records")
    return {str(row["dose_id"]): {str(k): v for k, v in row.items()} for row in rows}


def _number(name: str, value: str | float) -> float:
    unit = UNITS[name]
    if isinstance(value, str):
        return units.magnitude(value, unit)
    if unit == "1":
        return float(value)
    return units.magnitude(str(value), unit)  # raises: a plain number has no unit


def _require_sense(name: str, number: float, source: str, date: str) -> None:
    most = 1.0 if name in _SHARES else math.inf
    if not 0 < number <= most or not math.isfinite(number):
        limit = "above 0 and at most 1" if name in _SHARES else "positive"
        raise UsageError(f"{name} is {number:g}; it must be {limit}")
    if not source:
        raise UsageError(f"{name}: say who stated it (source=)")
    if date and not _DATE.fullmatch(date):
        raise UsageError(f"{name}: date is {date!r}; write 2024, 2024-05 or 2024-05-31")
    if name == "purity" and not date:
        raise UsageError("a purity is local and changes: say for when it holds (date=)")


def uncertain(assumptions: Sequence[Assumed]) -> tuple[str, ...]:
    """Return the names of assumptions without a stated spread."""
    return tuple(one.name for one in assumptions if one.certain)
