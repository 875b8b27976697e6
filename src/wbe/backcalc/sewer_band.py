"""How far a load could be off for what happens in the sewer: a band beside it, never instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe.backcalc.sewer import MOST_CORRECTION, Residence, loss_factor
from wbe.backcalc.sewer_rates import stability_rates
from wbe.backcalc.transformation import Transformation, formed_per_parent
from wbe.errors import MissingFactorError, UsageError

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Scenario:
    """One set of assumptions about a sewer.

    Attributes
    ----------
    name : str
        What is assumed, for people: ``gravity, Bisceglia2014, 6 h``.
    rate : float
        Loss of the residue [1/hour], at the temperature of the sewer.
    residence : Residence
    formed_by : Transformation or None
        What forms the residue under way.
    parent_rate : float
        Loss of the parent of `formed_by` [1/hour].
    """

    name: str
    rate: float
    residence: Residence
    formed_by: Transformation | None = None
    parent_rate: float = 0.0


@dataclass(frozen=True)
class SensitivityBand:
    """Loads as measured, and what they would be under each scenario.

    Attributes
    ----------
    load : ndarray (row,)
        As measured, uncorrected: the headline, in the unit that was given.
    lower, upper : ndarray (row,) [unit of load]
        Least and largest over the load itself and the scenarios that were not refused.
    factors : ndarray (scenario, row)
        Load at the toilet over load at the sampler [1]; NaN where refused.
    open_below, open_above : ndarray (row,) of bool
        Whether a scenario that was refused, or could not be told, may lie beyond that end: the
        band is then "at least so wide".
    names : tuple of str
        Of the scenarios.
    convention : str
        ``sensitivity band``: ends are of assumptions, and no interval of a stated probability.
    """

    load: Floats
    lower: Floats
    upper: Floats
    factors: Floats
    open_below: Flags
    open_above: Flags
    names: tuple[str, ...]
    convention: str = "sensitivity band"

    def to_frame(self) -> pd.DataFrame:
        """Return a row a load: load, lower, upper, open_below, open_above."""
        import pandas as pd

        names = ("load", "lower", "upper", "open_below", "open_above")
        return pd.DataFrame({name: getattr(self, name) for name in names})


def sensitivity_band(
    load: ArrayLike, scenarios: Sequence[Scenario], *, parent_load: ArrayLike | None = None
) -> SensitivityBand:
    """Return the band of a load over scenarios of its sewer; the load itself stays as it is.

    Parameters
    ----------
    load : array_like (row,) [any one unit of load]
        Measured loads of the residue.
    scenarios : sequence of Scenario
        Each by its own source: rates that disagree are scenarios, not a mean.
    parent_load : array_like (row,), optional [unit of load]
        Measured loads of what forms the residue; needed by scenarios with `formed_by`. NaN where
        it was not measured: the band of that row is open at both ends.

    Returns
    -------
    SensitivityBand

    Raises
    ------
    UsageError
        If there is no scenario, or one forms the residue and no `parent_load` is given.

    Notes
    -----
    Factor of a scenario: (1 - f A_out / (S(k_A) B_out)) / S(k_B), with the f of
    `wbe.backcalc.transformation.formed_per_parent`; without formation 1 / S(k). Factors above 2
    or below 1/2, and parents lost by more than a factor of 2, are refused. Rates that are only
    recalled serve here, and nowhere else.

    References
    ----------
    Thai 2014, 10.1016/j.watres.2013.10.019; McCall 2016, 10.1021/acs.est.6b04200

    Examples
    --------
    >>> from wbe.backcalc.sewer import GammaResidence
    >>> band = sensitivity_band([100.0], [Scenario("3 h", 0.045, GammaResidence(3.0)),
    ...                                   Scenario("30 h", 0.045, GammaResidence(30.0))])
    >>> float(band.load[0]), round(float(band.upper[0]), 1), bool(band.open_above[0])
    (100.0, 114.5, True)
    """
    measured = np.atleast_1d(np.asarray(load, dtype=float))
    if not scenarios:
        raise UsageError("a sensitivity band needs a scenario")
    if parent_load is None and any(s.formed_by for s in scenarios):
        raise UsageError("a residue that is formed under way needs the parent's load")
    parent = np.broadcast_to(np.nan if parent_load is None else parent_load, measured.shape)
    whole = np.array([_factor(s, measured, np.asarray(parent, dtype=float)) for s in scenarios])
    unknown = np.isnan(whole)  # a scenario without its parent's load may lie at either end
    above = np.asarray(whole > MOST_CORRECTION) | unknown
    below = np.asarray(whole < 1.0 / MOST_CORRECTION) | unknown
    kept = np.where(above | below, np.nan, whole)
    ends = np.vstack([np.ones_like(measured), np.nan_to_num(kept, nan=1.0)])
    return SensitivityBand(
        measured,
        measured * ends.min(axis=0),
        measured * ends.max(axis=0),
        kept,
        np.atleast_1d(below.any(axis=0)),
        np.atleast_1d(above.any(axis=0)),
        tuple(s.name for s in scenarios),
    )


def published_scenarios(
    analyte: str,
    residence: Residence,
    *,
    reactors: Sequence[str],
    formed_by: Transformation | None = None,
) -> tuple[Scenario, ...]:
    """Return a scenario for every published rate of a residue, at 20 degree Celsius.

    Parameters
    ----------
    analyte : str
    residence : Residence
    reactors : sequence of str
        Kinds of sewer that may be (see `wbe.backcalc.stability_rate`).
    formed_by : Transformation, optional
        What forms the residue: every rate of its parent in the same kind of sewer is a scenario.

    Returns
    -------
    tuple of Scenario
        Named by kind of sewer and source.

    Raises
    ------
    MissingFactorError
        If the table has no rate of the residue, or of the parent, for any of the reactors.

    References
    ----------
    The rows' own

    Examples
    --------
    >>> from wbe.backcalc.sewer import GammaResidence
    >>> for one in published_scenarios("cocaine", GammaResidence(3.0), reactors=["bulk"]):
    ...     print(one.name, one.rate)
    bulk, Bisceglia2014 0.045
    bulk, vanNuijs2012 0.0426
    bulk, SewerMicrocosm2022 0.049
    """
    own = _published(analyte, reactors)
    if formed_by is None:
        return tuple(
            Scenario(f"{reactor}, {source}", rate, residence) for source, reactor, rate in own
        )
    return tuple(
        Scenario(f"{reactor}, {source}, formed by {by}", rate, residence, formed_by, parent_rate)
        for source, reactor, rate in own
        for by, where, parent_rate in _published(formed_by.parent, reactors)
        if where == reactor
    )


def _published(analyte: str, reactors: Sequence[str]) -> list[tuple[str, str, float]]:
    """Return source, reactor and rate of every row of a residue."""
    table = stability_rates(analyte)
    table = table[table["reactor"].isin(list(reactors))]
    if table.empty:
        raise MissingFactorError(f"no rate of {analyte!r} is published for {', '.join(reactors)}")
    columns = (table[name].tolist() for name in ("source", "reactor", "rate"))
    return list(zip(*columns, strict=True))


def _factor(s: Scenario, load: Floats, parent: Floats) -> Floats:
    """Return the factor of a scenario for each row; beyond its bounds where it is refused."""
    lost = float(loss_factor(s.rate, s.residence))
    if s.formed_by is None:
        return np.full(load.shape, lost)
    parent_lost = float(loss_factor(s.parent_rate, s.residence))
    formed = formed_per_parent(s.formed_by, s.parent_rate, s.rate, s.residence)
    share = 1.0 - formed * parent_lost * parent / load
    # a parent corrected by more than 2 would say how much was formed: only that it was much
    refused = np.where(np.isfinite(share), 0.0, np.nan)
    return np.asarray(refused if parent_lost > MOST_CORRECTION else share * lost)
