"""Rates of loss from the table of stability, each chosen by its source."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wbe import factors
from wbe.errors import MissingFactorError
from wbe.options import require_choice

if TYPE_CHECKING:
    import pandas as pd

REACTORS: Final = {
    "bulk": "k_bulk",
    "gravity": "k_gravity",
    "rising_main": "k_rising_main",
    "rising_main_high": "k_rising_main_high",
}
"""Kind of sewer -> column of the table; every one but ``bulk`` holds the biofilm's part as well."""


@dataclass(frozen=True)
class StabilityRate:
    """A published rate of loss of one residue in one kind of sewer, at 20 degree Celsius.

    Attributes
    ----------
    analyte, reactor, source : str
    rate : float [1/hour]
    verified : str
        What of the row was read in its source, as the table says it.
    """

    analyte: str
    reactor: str
    source: str
    rate: float
    verified: str

    @property
    def was_read(self) -> bool:
        """Whether the number itself was read in its source, or computed from what was."""
        return self.verified.startswith("yes: rate") and "no:" not in self.verified


def stability_rate(analyte: str, reactor: str, *, source: str) -> StabilityRate:
    """Return the rate of one source; the table has several that disagree.

    Parameters
    ----------
    analyte : str
        As `wbe.names` writes it.
    reactor : str
        ``bulk`` (wastewater alone), ``gravity``, ``rising_main`` or ``rising_main_high`` (large
        wall area): the rate of all that acts there, not the biofilm's part alone.
    source : str
        Key of the bibliography; ``convention`` for rows without one.

    Returns
    -------
    StabilityRate

    Raises
    ------
    MissingFactorError
        If no row has the analyte, the source or the reactor; what there is is named.
    UsageError
        If the reactor is unknown.

    References
    ----------
    The rows' own; Thai 2014, 10.1016/j.watres.2013.10.019, for first order

    Examples
    --------
    >>> stability_rate("cocaine", "bulk", source="vanNuijs2012").rate
    0.0426
    """
    require_choice("reactor", reactor, REACTORS)
    table = factors.stability()
    rows = table[table["analyte"] == analyte]
    found = rows[rows["source"] == source]
    if found.empty:
        there = ", ".join(rows["source"]) or "none"
        raise MissingFactorError(f"no stability of {analyte!r} by {source!r}; sources: {there}")
    row = found.iloc[0]
    rate = float(row[REACTORS[reactor]])
    if math.isnan(rate):
        raise MissingFactorError(f"{source} states no rate of {analyte} for {reactor!r}")
    return StabilityRate(analyte, reactor, source, rate, str(row["verified"]))


def stability_rates(analyte: str) -> pd.DataFrame:
    """Return all rates of a residue side by side, so that a disagreement is seen.

    Parameters
    ----------
    analyte : str

    Returns
    -------
    DataFrame
        ``source, reactor, rate [1/hour], loss_12h [1], was_read``; empty for an unknown residue.

    Raises
    ------
    MissingFactorError
        If a row of the table states no rate for its kind of sewer.

    References
    ----------
    The rows' own

    Examples
    --------
    >>> stability_rates("cocaine")[["source", "reactor", "rate", "loss_12h"]].round(3).head(3)
              source      reactor   rate  loss_12h
    0  Bisceglia2014         bulk  0.045     0.417
    1  Bisceglia2014      gravity  0.090     0.660
    2  Bisceglia2014  rising_main  0.180     0.885
    """
    import pandas as pd

    table = factors.stability()
    found = []
    for _, row in table[table["analyte"] == analyte].iterrows():
        for reactor, column in REACTORS.items():
            if not math.isnan(row[column]):
                found.append(stability_rate(analyte, reactor, source=row["source"]))
    records = [
        (r.source, r.reactor, r.rate, -math.expm1(-12.0 * r.rate), r.was_read) for r in found
    ]
    columns = ["source", "reactor", "rate", "loss_12h", "was_read"]
    return pd.DataFrame(records, columns=columns)
