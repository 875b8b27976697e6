"""From concentration to load, per-capita load, consumption and doses: one function an equation."""

from __future__ import annotations

from typing import Any

from wbe.units import PN_UNIT, quantities

PN_DOSES_UNIT = "doses/day/1000 inhabitants"


@quantities(concentration="ng/L", flow="m^3/day", returns="mg/day")
def mass_load(concentration: Any, flow: Any) -> Any:
    """Mass of a residue that passes the sampling point in a day.

    Parameters
    ----------
    concentration : DataArray, Quantity or str, any shape [ng/L]
        Concentration of the residue in the composite.
    flow : DataArray, Quantity or str, broadcastable [m^3/day]
        Volume that passed in the sampling period, per day.

    Returns
    -------
    same kind as the input [mg/day]

    Raises
    ------
    UnitError
        If a value carries no unit, or one of another dimension.

    Notes
    -----
    L = C Q 1e-3 (1 ng/L times 1 m^3/day is 1e-3 mg/day). Unbiased only where the composite is
    proportional to flow.

    References
    ----------
    Zuccato 2008, 10.1289/ehp.11022

    Examples
    --------
    >>> from wbe import backcalc
    >>> float(backcalc.mass_load("500 ng/L", "50000 m^3/day").magnitude)
    25000.0
    """
    return concentration * flow * 1e-3


@quantities(load="mg/day", population="inhabitant", returns=PN_UNIT)
def per_1000(load: Any, population: Any) -> Any:
    """Load per 1000 inhabitants.

    Parameters
    ----------
    load : DataArray, Quantity or str, any shape [mg/day]
    population : DataArray, Quantity or str, broadcastable [inhabitant]
        Population of the catchment; its basis and date belong beside it.

    Returns
    -------
    same kind as the input [mg/day/1000 inhabitants]

    Raises
    ------
    UnitError
        If a value carries no unit, or one of another dimension.

    Notes
    -----
    Lp = 1000 L / P, all ages. Per 1000 aged 15-64: divide by their share.

    References
    ----------
    Zuccato 2008, 10.1289/ehp.11022

    Examples
    --------
    >>> from wbe import backcalc
    >>> float(backcalc.per_1000("25000 mg/day", "200000 inhabitant").magnitude)
    125.0
    """
    return load * 1000.0 / population


@quantities(load="mg/day", molar_mass_ratio="1", excretion="1", returns="mg/day")
def consumption(load: Any, molar_mass_ratio: Any, excretion: Any) -> Any:
    """Consumed mass of the parent drug, as pure free base.

    Parameters
    ----------
    load : DataArray, Quantity or str, any shape [mg/day]
        Load of the residue.
    molar_mass_ratio : same, broadcastable [1]
        Molar mass of the drug over that of the residue.
    excretion : same, broadcastable [1]
        Molar fraction of a dose that is excreted as the residue, in (0, 1].

    Returns
    -------
    same kind as the input [mg/day]

    Raises
    ------
    UnitError
        If a value carries no unit, or one of another dimension.

    Notes
    -----
    M = L MR / E = L CF with the correction factor CF = MR / E. Holds for a residue that comes
    from use alone and survives the sewer.

    References
    ----------
    Zuccato 2008, 10.1289/ehp.11022; Castiglioni 2013, 10.1021/es302722f

    Examples
    --------
    >>> from wbe import backcalc
    >>> round(float(backcalc.consumption("100 mg/day", 1.0, 0.43).magnitude), 2)
    232.56
    """
    return load * molar_mass_ratio / excretion


@quantities(load=PN_UNIT, molar_mass_ratio="1", excretion="1", returns=PN_UNIT)
def pn_consumption(load: Any, molar_mass_ratio: Any, excretion: Any) -> Any:
    """Consumed mass of the parent drug per 1000 inhabitants: `consumption` on a per-capita load.

    Parameters
    ----------
    load : DataArray, Quantity or str, any shape [mg/day/1000 inhabitants]
    molar_mass_ratio : same, broadcastable [1]
    excretion : same, broadcastable [1]

    Returns
    -------
    same kind as the input [mg/day/1000 inhabitants]

    Raises
    ------
    UnitError
        If a value carries no unit, or one of another dimension.

    References
    ----------
    Zuccato 2008, 10.1289/ehp.11022

    Examples
    --------
    >>> from wbe import backcalc
    >>> load = "5.18 mg/day/1000 inhabitants"
    >>> round(float(backcalc.pn_consumption(load, 1.0, 0.43).magnitude), 1)
    12.0
    """
    return consumption.bare(load, molar_mass_ratio, excretion)


@quantities(consumption=PN_UNIT, dose="mg/dose", returns=PN_DOSES_UNIT)
def pn_doses(consumption: Any, dose: Any) -> Any:
    """Doses per day and 1000 inhabitants.

    Parameters
    ----------
    consumption : DataArray, Quantity or str, any shape [mg/day/1000 inhabitants]
    dose : same, broadcastable [mg/dose]
        Pure free base in a typical dose. Published doses of one drug differ up to 15 times:
        a dose count is an illustration of a named dose set.

    Returns
    -------
    same kind as the input [doses/day/1000 inhabitants]

    Raises
    ------
    UnitError
        If a value carries no unit, or one of another dimension.

    References
    ----------
    Zuccato 2008, 10.1289/ehp.11022

    Examples
    --------
    >>> from wbe import backcalc
    >>> used = "448.75 mg/day/1000 inhabitants"
    >>> round(float(backcalc.pn_doses(used, "100 mg/dose").magnitude), 4)
    4.4875
    """
    return consumption / dose


@quantities(concentration="ng/L", marker="ng/L", marker_load="mg/day/inhabitant", returns=PN_UNIT)
def pn_mass_load_from_marker(concentration: Any, marker: Any, marker_load: Any) -> Any:
    """Per-capita load of a sample without flow, from a human marker in the same water.

    Parameters
    ----------
    concentration : DataArray, Quantity or str, any shape [ng/L]
        Concentration of the residue.
    marker : same, broadcastable [ng/L]
        Concentration of the marker in the same sample (cotinine, ammonium as N).
    marker_load : same, broadcastable [mg/day/inhabitant]
        What one inhabitant discharges of the marker per day. There is no default: it is stated
        by the user or calibrated on influents (`marker_load`).

    Returns
    -------
    same kind as the input [mg/day/1000 inhabitants]

    Raises
    ------
    UnitError
        If a value carries no unit, or one of another dimension.

    Notes
    -----
    Lp = (C / C_m) e_m 1000. Flow and population cancel. Valid only where residue and marker come
    from the same human sewage. Ammonium also comes from livestock and fertiliser, which
    understates the load.

    References
    ----------
    Been 2014, 10.1021/es5008388; Castiglioni 2015, 10.1136/tobaccocontrol-2014-051553

    Examples
    --------
    >>> from wbe import backcalc
    >>> x = backcalc.pn_mass_load_from_marker("200 ng/L", "2000 ng/L", "0.6 mg/day/inhabitant")
    >>> float(x.magnitude)
    60.0
    """
    return concentration / marker * marker_load * 1000.0


@quantities(concentration="ng/L", water="L/day/inhabitant", returns=PN_UNIT)
def pn_mass_load_from_water(concentration: Any, water: Any) -> Any:
    """Per-capita load of a sample without flow, from an assumed per-capita water use.

    Parameters
    ----------
    concentration : DataArray, Quantity or str, any shape [ng/L]
    water : same, broadcastable [L/day/inhabitant]
        Sewage of one inhabitant per day; no default.

    Returns
    -------
    same kind as the input [mg/day/1000 inhabitants]

    Raises
    ------
    UnitError
        If a value carries no unit, or one of another dimension.

    Notes
    -----
    Lp = C w 1e-3 (ng/L times L/day/inhabitant is ng/day/inhabitant, 1e-3 mg/day/1000). Rain,
    infiltration and industry enter unseen: the weakest of the three routes.

    References
    ----------
    Zuccato 2008, 10.1289/ehp.11022

    Examples
    --------
    >>> from wbe import backcalc
    >>> x = backcalc.pn_mass_load_from_water("200 ng/L", "150 L/day/inhabitant")
    >>> float(x.magnitude)
    30.0
    """
    return concentration * water * 1e-3


@quantities(marker="ng/L", flow="m^3/day", population="inhabitant", returns="mg/day/inhabitant")
def marker_load(marker: Any, flow: Any, population: Any) -> Any:
    """Per-capita load of a marker, calibrated on an influent with flow and population.

    Parameters
    ----------
    marker : DataArray, Quantity or str, any shape [ng/L]
    flow : same, broadcastable [m^3/day]
    population : same, broadcastable [inhabitant]

    Returns
    -------
    same kind as the input [mg/day/inhabitant]

    Raises
    ------
    UnitError
        If a value carries no unit, or one of another dimension.

    Notes
    -----
    e_m = C_m Q 1e-3 / P.

    References
    ----------
    Been 2014, 10.1021/es5008388

    Examples
    --------
    >>> from wbe import backcalc
    >>> x = backcalc.marker_load("2000 ng/L", "60000 m^3/day", "200000 inhabitant")
    >>> float(x.magnitude)
    0.6
    """
    return marker * flow * 1e-3 / population
