"""How many people a sewer carries: from a marker, from water, from mobile signalling.

One function an equation. None has a default: what a person discharges is stated by the user or
calibrated on influents (`wbe.backcalc.marker_load`), in the form that was measured.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wbe.errors import UsageError
from wbe.units import quantities

BASIS_CAVEATS = {
    "registered": "registered, not present: differs up to 1.8 times from residents in one town",
    "served": "of the operator: on average 18 % above the census (Tscharke 2019)",
    "design": "a capacity, not people",
    "mobile": "devices, turned into people by the operator's own share",
    "unstated": "basis not stated: nothing is assumed",
}
"""Basis of a stated population -> what makes it wrong, to be printed beside it."""

MADE_FROM = {
    "resident": "census", "registered": "register", "served": "operator", "design": "operator",
    "mobile": "mobile", "estimated": "WBE",
}  # fmt: skip
"""Basis of a stated population -> what it was made from (`wbe.factors.require_independent`)."""

FORMS = ("free", "total")
"""Forms of a marker that is excreted partly as a conjugate."""

CONJUGATED = ("cotinine", "trans-3-hydroxycotinine")
"""Markers whose free and total loads differ: the form of e_m must be that of C_m."""

CAVEATS = {
    "creatinine": "decays in the sewer (Chen 2014): the population comes out too small",
    "caffeine": "follows habits and drinks poured away: differs between regions up to 10 times",
    "BOD5": "industry and kitchens enter: more than 44 % between sites (Tscharke 2019)",
    "chemical oxygen demand": (
        "industry enters, dissolved or not: more than 44 % between sites (Tscharke 2019)"
    ),
    "ammonium": "livestock and fertiliser enter where sewers are open, urea may not be split yet",
    "TN": "livestock, fertiliser and industry enter",
    "TP": "livestock, detergents and industry enter; part is lost to sediment",
    "cotinine": "follows smoking, which differs between towns and changes over years",
    "paraxanthine": "follows the drinking of coffee and tea",
    "acesulfame": "follows the sweetening of food, which differs between countries",
    "5-HIAA": "serotonin of food (bananas) adds to what people make",
    "water": "rain, infiltration and industry enter unseen: the weakest estimate",
}
"""Marker -> what makes its population wrong, to be printed beside it."""

UNSTATED = "unstated"
"""What nobody said: the basis or date of a population, the form of a marker."""

MIN_DEVICES = 100
"""Devices below which a count is no aggregate [judgement]: it may follow single persons."""


@quantities(marker="ng/L", flow="m^3/day", marker_load="mg/day/inhabitant", returns="inhabitant")
def population_from_marker(marker: Any, flow: Any, marker_load: Any) -> Any:
    """Population that passed the sampling point on a day, from a human marker.

    Parameters
    ----------
    marker : DataArray, Quantity or str, any shape [ng/L]
        Concentration of the marker in the composite: ammonium as N, cotinine, BOD5, TN ...
    flow : same, broadcastable [m^3/day]
        Volume of that day.
    marker_load : same, broadcastable [mg/day/inhabitant]
        What one inhabitant discharges in a day; the same form (free or total), expressed as the
        same element (ammonium as N), as the concentration. No default.

    Returns
    -------
    same kind as the input [inhabitant]

    Raises
    ------
    UnitError
        If a value carries no unit, or one of another dimension.

    Notes
    -----
    P = C_m Q 1e-3 / e_m. Valid where the marker comes from people alone and survives the sewer;
    e_m is that of the place: published ones differ two times for ammonium, ten for caffeine. In a
    per-capita load L / P the flow cancels (`wbe.backcalc.pn_mass_load_from_marker`), in P it does
    not.

    References
    ----------
    Been 2014, 10.1021/es5008388; Chen 2014, 10.1016/j.scitotenv.2013.11.075

    Examples
    --------
    >>> from wbe import backcalc
    >>> p = backcalc.population_from_marker("30 mg/L", "50000 m^3/day", "7.5 g/day/inhabitant")
    >>> float(p.magnitude)
    200000.0
    """
    return marker * flow * 1e-3 / marker_load


@quantities(flow="m^3/day", water="L/day/inhabitant", returns="inhabitant")
def population_from_water(flow: Any, water: Any) -> Any:
    """Population from the flow and an assumed per-capita volume of sewage.

    Parameters
    ----------
    flow : DataArray, Quantity or str, any shape [m^3/day]
    water : same, broadcastable [L/day/inhabitant]
        Sewage of one inhabitant per day; no default.

    Returns
    -------
    same kind as the input [inhabitant]

    Raises
    ------
    UnitError
        If a value carries no unit, or one of another dimension.

    Notes
    -----
    P = 1000 Q / w. Dry days only: rain, infiltration and industry count as people.

    References
    ----------
    Lin 2019, 10.1016/j.scitotenv.2018.12.390

    Examples
    --------
    >>> from wbe import backcalc
    >>> float(backcalc.population_from_water("30000 m^3/day", "150 L/day/inhabitant").magnitude)
    200000.0
    """
    return flow * 1000.0 / water


@quantities(share="1", returns="inhabitant")
def population_from_devices(devices: Any, share: Any) -> Any:
    """Population present, from an aggregate count of mobile devices.

    Parameters
    ----------
    devices : array_like, any shape
        Devices counted in the catchment on a day: a number for each area and day, never rows of
        devices.
    share : DataArray, Quantity, str or number, broadcastable [1]
        Devices of this operator per person present, as the operator states it: its part of the
        market times devices a person. No default.

    Returns
    -------
    same kind as the input [inhabitant]

    Raises
    ------
    UsageError
        If a count is below `MIN_DEVICES`: it is no aggregate. If a share is not positive.
    UnitError
        If the share has a unit of another dimension.

    Notes
    -----
    P = N / s. Children, the old and people with two telephones are in `share` alone. Beside other
    populations it has the basis ``mobile`` and the dates of the count.

    References
    ----------
    Thomas 2017, 10.1021/acs.est.7b02538

    Examples
    --------
    >>> from wbe import backcalc
    >>> float(backcalc.population_from_devices(90_000, 0.45).magnitude)
    200000.0
    """
    counts = np.asarray(devices, dtype=float)
    if (counts < MIN_DEVICES).any():
        raise UsageError(
            f"a count of {counts.min():g} devices is below {MIN_DEVICES} and may follow single "
            "persons; ask the operator for larger areas or whole days"
        )
    if not bool(np.all(np.asarray(share, dtype=float) > 0)):
        raise UsageError("the share of devices per person present is known and above 0")
    return devices / share


__all__ = [
    "BASIS_CAVEATS", "CAVEATS", "CONJUGATED", "FORMS", "MADE_FROM", "MIN_DEVICES", "UNSTATED",
    "population_from_devices", "population_from_marker", "population_from_water",
]  # fmt: skip
