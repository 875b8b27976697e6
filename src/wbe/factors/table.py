"""The factor tables: one row per published statement, nothing averaged.

A row of ``excretion.csv`` states an excretion fraction or a published correction factor, whichever
its source prints; the other follows from the molar masses,

.. math:: CF = (M_{drug} / M_{residue}) / E,

with *E* the molar fraction of a dose that leaves the body as the residue.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from wbe.errors import UsageError
from wbe.factors.distributions import logit_sd_from_range, logit_sd_from_sd
from wbe.factors.formulas import molar_mass

if TYPE_CHECKING:
    import pandas as pd

QUANTITIES: Final = ("excretion", "correction_factor", "none")
DISTRIBUTIONS: Final = ("logit_normal", "point", "none")
USES: Final = (
    "consumption", "load_only", "net_only", "source_ratio", "tracer", "pharma", "population",
)  # fmt: skip

_NUMBERS: Final = {
    "excretion": ("value", "low", "high", "sd", "n"),
    "doses": ("value", "low", "high"),
    "markers": ("value", "low", "high", "rsd_between_sites", "rsd_between_days"),
    "stability": ("k_bulk", "k_gravity", "k_rising_main", "k_rising_main_high"),
}


@dataclass(frozen=True)
class Factor:
    """One published statement on how much of a drug leaves the body as a residue.

    The fields are the columns of ``excretion.csv``; numbers that the source does not give are
    NaN. `value`, `low`, `high` and `sd` [1] all belong to `quantity`.

    Attributes
    ----------
    factor_id : str
        ``drug|residue|source``.
    drug, analyte : str
        What was taken, and the residue that is measured.
    quantity : str
        ``excretion``, ``correction_factor`` or ``none``: what the numbers are.
    value, low, high, sd : float
        As published [1].
    n : float [1]
        Persons or experiments behind it.
    unit, basis, distribution, route : str
        As published; ``logit_normal``, ``point`` or ``none``; the way of taking it.
    use, derived_from : str
        What the row may be used for, and what it was made from.
    parent_formula, residue_formula : str
        Molecular formulas.
    source, locator : str
        Key of the bibliography, and the table or page.
    verified, verified_range, confidence, note : str
        How far the numbers were checked in the source.

    Examples
    --------
    >>> from wbe.factors.table import excretion_rows
    >>> row = excretion_rows()["cocaine|BE|Zuccato2008"]
    >>> row.excretion, round(row.correction_factor, 2)
    (0.45, 2.33)
    """

    factor_id: str
    drug: str
    analyte: str
    quantity: str
    value: float
    low: float
    high: float
    sd: float
    n: float
    unit: str
    basis: str
    distribution: str
    route: str
    use: str
    derived_from: str
    parent_formula: str
    residue_formula: str
    source: str
    locator: str
    verified: str
    verified_range: str
    confidence: str
    note: str

    @property
    def molar_mass_ratio(self) -> float:
        """Molar mass of the drug over that of the residue [1]."""
        return molar_mass(self.parent_formula) / molar_mass(self.residue_formula)

    @property
    def excretion(self) -> float:
        """Molar fraction of a dose excreted as the residue [1]; NaN where no row states one."""
        return self.as_excretion(self.value)

    @property
    def correction_factor(self) -> float:
        """Mass of drug consumed per mass of residue [1]; NaN where no row states one."""
        if self.quantity == "correction_factor":
            return self.value
        return self.molar_mass_ratio / self.value

    @property
    def logit_sd(self) -> float:
        """Spread of the excretion fraction on the logit scale [1]; 0 where none is stated."""
        return excretion_spread(self)

    def as_excretion(self, number: float) -> float:
        """Turn a number of this row's quantity into an excretion fraction [1]."""
        if self.quantity == "correction_factor":
            return self.molar_mass_ratio / number
        return number


COLUMNS: Final = tuple(field.name for field in fields(Factor))
DERIVED: Final = ("molar_mass_ratio", "excretion", "correction_factor", "logit_sd")


def excretion_spread(row: Factor) -> float:
    """Return the spread of a row's excretion fraction on the logit scale [1].

    The fraction is logit-normal with its median at the central value of the row, so that the
    headline of a run with draws equals that of a run without. The spread comes from the stated
    standard deviation (first order, ``sd / (E (1 - E))``), or else from the range taken as a
    95 % interval. A row without either has none: 0, to be labelled "no uncertainty stated".

    Parameters
    ----------
    row : Factor
        A row of the table, or one of the same columns.

    Returns
    -------
    float
        Standard deviation of ``logit(E)`` [1].

    Raises
    ------
    UsageError
        The row claims a logit-normal distribution and gives neither sd nor range.

    Examples
    --------
    >>> from wbe import factors
    >>> from wbe.factors.table import excretion_rows
    >>> row = excretion_rows()["cocaine|BE|Castiglioni2013"]
    >>> row.excretion, round(factors.excretion_spread(row), 3)
    (0.2920559347411653, 0.367)
    """
    if row.distribution != "logit_normal":
        return 0.0
    if not math.isnan(row.sd):
        # the relative standard deviation of a ratio and of its inverse agree to first order
        return logit_sd_from_sd(row.excretion, row.excretion * row.sd / row.value)
    if math.isnan(row.low) or math.isnan(row.high):
        raise UsageError(f"{row.factor_id}: logit_normal needs an sd, or low and high")
    return logit_sd_from_range(*sorted((row.as_excretion(row.low), row.as_excretion(row.high))))


def table() -> pd.DataFrame:
    """Return all excretion rows with what follows from them.

    Returns
    -------
    DataFrame
        The columns of ``excretion.csv`` (see `Factor`) and ``molar_mass_ratio``, ``excretion``,
        ``correction_factor``, ``logit_sd`` [1]; one row per published statement.

    Examples
    --------
    >>> from wbe import factors
    >>> rows = factors.table().set_index("factor_id")
    >>> rows.loc["cocaine|BE|Zuccato2008", ["excretion", "correction_factor"]].round(3).to_dict()
    {'excretion': 0.45, 'correction_factor': 2.33}
    """
    return frame(excretion_rows().values())


def doses() -> pd.DataFrame:
    """Return the typical doses: ``dose_id, drug, value, low, high, unit`` [mg/dose], and so on.

    Masses are of the pure free base. A drug without an accepted dose has NaN.

    Returns
    -------
    DataFrame
        One row per published statement, with its source and whether it was read there.

    Examples
    --------
    >>> from wbe import factors
    >>> doses = factors.doses().set_index("dose_id")
    >>> doses.loc[doses["drug"] == "methamphetamine", ["value", "unit"]].head(2)
                                 value     unit
    dose_id
    methamphetamine|Zuccato2008   30.0  mg/dose
    """
    return _side_table("doses")


def markers() -> pd.DataFrame:
    """Return published per-capita loads of population markers.

    No row is a default: a campaign sets its own, or calibrates it on its influents.

    Returns
    -------
    DataFrame
        One row per published statement; loads in the unit of its column ``unit``.

    Examples
    --------
    >>> from wbe import factors
    >>> rows = factors.markers().set_index("marker_id")
    >>> rows.loc["BOD5|EU", ["marker", "value", "unit"]].tolist()
    ['BOD5', np.float64(60.0), 'g/day/inhabitant']
    """
    return _side_table("markers")


def stability() -> pd.DataFrame:
    """Return in-sewer stability: class over 24 h and first-order rates [1/hour] by reactor.

    Rates without ``yes`` for them in ``verified`` are orders of magnitude: for a sensitivity
    band, not for a correction.

    Returns
    -------
    DataFrame
        One row per residue and source; rates [1/hour].

    Examples
    --------
    >>> from wbe import factors
    >>> rows = factors.stability()
    >>> rows.loc[rows["analyte"] == "cocaine", ["k_bulk", "source"]]
        k_bulk              source
    1   0.0450       Bisceglia2014
    26  0.0426        vanNuijs2012
    29  0.0490  SewerMicrocosm2022
    """
    return _side_table("stability")


def frame(rows: Iterable[Factor]) -> pd.DataFrame:
    """Return rows as a table with their derived columns."""
    import pandas as pd

    names = (*COLUMNS, *DERIVED)
    return pd.DataFrame([[getattr(row, name) for name in names] for row in rows], columns=names)


@lru_cache(maxsize=1)
def excretion_rows() -> Mapping[str, Factor]:
    """Return the rows of ``excretion.csv`` by factor id, in the order of the file."""
    return {row["factor_id"]: factor_from(row) for row in read_csv("excretion.csv")}


def factor_from(row: Mapping[str, str]) -> Factor:
    """Make a row from the texts of a CSV line.

    Raises
    ------
    UsageError
        A number is not one.
    """
    values: dict[str, Any] = {name: row.get(name, "") for name in COLUMNS}
    for name in _NUMBERS["excretion"]:
        try:
            values[name] = float(values[name]) if values[name] else math.nan
        except ValueError:
            raise UsageError(
                f"{row.get('factor_id')}: {name} is {values[name]!r}, not a number"
            ) from None
    return Factor(**values)


def read_csv(name: str) -> list[dict[str, str]]:
    """Read one of the package's tables as texts."""
    text = files("wbe.factors").joinpath(name).read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def _side_table(name: str) -> pd.DataFrame:
    import pandas as pd

    made = pd.DataFrame(read_csv(f"{name}.csv"))
    for column in _NUMBERS[name]:
        made[column] = pd.to_numeric(made[column])
    return made
