"""A known number of maintenance clients as a positive control of the whole chain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe.backcalc.products import multiplied, residue_per_drug, times
from wbe.factors import Factor, require_independent
from wbe.factors.formulas import molar_mass
from wbe.options import require_choice
from wbe.uncertainty import Distribution, Product, propagate

Floats = NDArray[np.float64]
Strings = NDArray[np.str_]

SALTS: Final = MappingProxyType(
    {"base": ("", 0.0), "hydrochloride": ("HCl", 1.0), "sulfate": ("H2SO4", 0.5)}
)
"""Acid of a salt and its molecules for each of the base."""

CIRCULAR: Final = ("WBE", "sales", "seizures")
"""What a factor may not be made from to be tested by sewage and by what a clinic dispensed."""


@dataclass(frozen=True)
class Control:
    """What clients are known to take against what the water says; one entry a row.

    Attributes
    ----------
    expected : ndarray (row,)
        Pure base that the clients take in the catchment [mg/day].
    expected_load : ndarray (row,)
        Residue that it leaves [mg/day].
    ratio, lower, upper : ndarray (row,)
        Consumption from the water over the expected one [1]: median and 95 % interval.
    verdict : ndarray (row,) of str
        ``consistent`` (1 lies in the interval), ``below`` or ``above``.
    factor_id, source : str
    method : str
        Engine of the calculation.
    """

    expected: Floats
    expected_load: Floats
    ratio: Floats
    lower: Floats
    upper: Floats
    verdict: Strings
    factor_id: str
    source: str
    method: str


def base_mass(mass: ArrayLike, formula: str, salt: str) -> Floats:
    """Mass of the free base in a mass of salt.

    Parameters
    ----------
    mass : array_like
        Mass of the salt, without water of crystallisation; any unit.
    formula : str
        Of the base.
    salt : str
        ``base``, ``hydrochloride`` or ``sulfate`` (two molecules of base).

    Returns
    -------
    ndarray
        In the unit of `mass`.

    Raises
    ------
    UsageError
        If the salt is not known.

    Notes
    -----
    m_base = m_salt M_base / (M_base + n M_acid).

    References
    ----------
    CIAAW 2021, 10.1515/pac-2019-0603

    Examples
    --------
    >>> round(float(base_mass(244 * 60e-3, "C21H27NO", "hydrochloride")), 2)
    13.1
    """
    require_choice("salt", salt, SALTS)
    acid, molecules = SALTS[salt]
    base = molar_mass(formula)
    whole = base + (molecules * molar_mass(acid) if acid else 0.0)
    return np.asarray(mass, dtype=float) * base / whole


def maintenance_control(
    measured: Product,
    clients: ArrayLike,
    dose: float,
    factor: Factor,
    *,
    salt: str,
    present: Distribution | float,
    labels: Sequence[str],
    draws: int,
    seed: int,
) -> Control:
    """Compare the load of a maintenance drug with what its clients are known to take.

    Parameters
    ----------
    measured : Product (row,)
        Load of the residue, such as EDDP [mg/day], with its errors.
    clients : array_like (row,)
        People dosed in the catchment on the day [1]: a count, never a list.
    dose : float
        Mean daily dose as prescribed [mg/day].
    factor : Factor
        Excretion as the residue, from pharmacokinetics. A row derived from sewage, sales or
        seizures, or of unstated origin, is refused: it may not be validated against its source.
    salt : str
        What the dose is a mass of: ``hydrochloride``, ``sulfate`` or ``base``.
    present : Distribution or float
        Share of the clients who take their dose and live in the catchment [1]; no default.
    labels : sequence of str
        Who shares the error of `present`, one a row.
    draws, seed : int
        Used only where the exact engine cannot treat the row.

    Returns
    -------
    Control

    Raises
    ------
    UsageError
        If the factor was derived from sewage, sales or seizures, does not say from what, or states
        no excretion.

    Notes
    -----
    R = (L M_drug / M_residue / E) / (clients d u m_base / m_salt). A ratio away from 1 puts
    flow, sampling, analysis, excretion or the count in doubt, and does not say which; a
    consistent one supports all of them together, as far as its interval is narrow.

    Methadone from elsewhere (pain, other clinics, the street) raises R.

    References
    ----------
    Been 2015, 10.1016/j.drugalcdep.2015.03.022; Thai 2016, 10.1016/j.envint.2016.05.033

    Examples
    --------
    >>> from wbe import backcalc
    >>> from wbe.factors.table import excretion_rows
    >>> control = backcalc.maintenance_control(
    ...     backcalc.known([1500.0], rsd=0.2, name="flow", labels=["plant"]), [120], 60.0,
    ...     excretion_rows()["methadone|EDDP|vanNuijs2011"], salt="hydrochloride", present=0.9,
    ...     labels=["plant"], draws=4000, seed=1,
    ... )
    >>> str(control.verdict[0]), control.ratio.round(2).tolist()
    ('consistent', [1.16])
    """
    for source in CIRCULAR:
        require_independent(factor.factor_id, factor.derived_from, source)
    taken = np.atleast_1d(np.asarray(clients, dtype=float)) * dose
    mass = base_mass(taken, factor.parent_formula, salt)
    expected = multiplied(Product(np.log(mass)), present, "clients present", labels)
    left = times(expected, residue_per_drug(factor, len(mass)))
    found = propagate(measured.over(left), draws=draws, seed=seed)
    verdict = np.where(found.upper < 1, "below", np.where(found.lower > 1, "above", "consistent"))
    return Control(
        np.exp(expected.log_central), np.exp(left.log_central), found.median, found.lower,
        found.upper, verdict, factor.factor_id, factor.source, found.method,
    )  # fmt: skip
