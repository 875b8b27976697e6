"""The variables of a samples Dataset with their units, and what a function may require of them."""

from __future__ import annotations

from typing import Final

import xarray as xr

from wbe.errors import SchemaError
from wbe.names import ids
from wbe.units import PN_UNIT

STATUSES: Final = ids("status")
CENSORED: Final = ("below_loq", "below_lod")
"""Statuses of a value known only to lie below a limit."""
QUANTITIES: Final = {
    "concentration": "ng/L", "content": "ng/g", "load": "mg/day", "pn_load": PN_UNIT,
}  # fmt: skip
"""Quantity -> unit; a quantified result has a value in exactly one of them."""

TEXT_COORDS: Final = (
    "site", "area", "matrix", "mode", "round", "visit", "lab", "population_basis",
    "population_date",
)  # fmt: skip
OPTIONAL_TEXT_COORDS: Final = ("role", "weekday", "crs", "site_id")
NUMBER_COORDS: Final = {"duration": "h"}
OPTIONAL_NUMBER_COORDS: Final = {"lon": "degrees_east", "lat": "degrees_north"}
SAMPLE_NUMBERS: Final = {
    "flow": "m^3/day", "flow_rsd": "1", "population": "inhabitant", "population_rsd": "1",
}  # fmt: skip
OPTIONAL_SAMPLE_NUMBERS: Final = {
    "rain_24h": "mm", "rain_72h": "mm", "domestic_share": "1",
    "cigarettes": "cigarette/day/inhabitant",
}  # fmt: skip
OPTIONAL_SAMPLE_TEXTS: Final = (
    "note", "phase", "preservation", "storage_temp", "analysed_date", "province", "city",
    "county", "type",
)  # fmt: skip
RESULT_NUMBERS: Final = {
    "concentration": "ng/L", "lod": "ng/L", "loq": "ng/L", "concentration_rsd": "1",
    "content": "ng/g", "content_lod": "ng/g", "content_loq": "ng/g",
}  # fmt: skip
OPTIONAL_RESULT_NUMBERS: Final = {
    "load": "mg/day", "load_lod": "mg/day", "load_loq": "mg/day",
    "pn_load": PN_UNIT, "pn_load_lod": PN_UNIT, "pn_load_loq": PN_UNIT,
    "recovery": "1", "duplicate_rpd": "1",
}  # fmt: skip

_HOW: Final = {
    "area": "call wbe.locate(samples, sites, areas)",
    "visit": "call wbe.locate(samples, sites, areas), or give a column 'visit'",
    "flow": "give a column 'flow' with its unit, or use a method that needs no flow",
    "population": "give a column 'population', or a sites table to wbe.locate",
    "pathway": "call wbe.estimate(samples) first",
    "load": "give a column 'load' [mg/day]",
    "pn_load": f"give a column 'pn_load' [{PN_UNIT}]",
    "lon": "give columns 'lon' and 'lat', or a sites table to wbe.locate",
    "lat": "give columns 'lon' and 'lat', or a sites table to wbe.locate",
}


def limits_of(quantity: str) -> tuple[str, str]:
    """Names of the limits of detection and quantification that belong to a quantity.

    Parameters
    ----------
    quantity : str
        One of `QUANTITIES`.

    Returns
    -------
    tuple of (str, str)

    Examples
    --------
    >>> from wbe import schema
    >>> schema.limits_of("concentration"), schema.limits_of("content")
    (('lod', 'loq'), ('content_lod', 'content_loq'))
    """
    prefix = "" if quantity == "concentration" else f"{quantity}_"
    return f"{prefix}lod", f"{prefix}loq"


def require(samples: xr.Dataset, *names: str) -> None:
    """Refuse a Dataset that lacks what a function needs.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
        As `wbe.read` returns it.
    *names : str
        Variables, coordinates or dims that must be there; without any, those that every samples
        Dataset has.

    Raises
    ------
    SchemaError
        Names everything that is missing and how to get it.

    Examples
    --------
    >>> from wbe import schema
    >>> schema.require(schema.empty(), "concentration")
    >>> schema.require(schema.empty(), "area_population")
    Traceback (most recent call last):
    wbe.errors.SchemaError: the samples lack area_population. area_population: read the ...
    """
    if not isinstance(samples, xr.Dataset):
        raise SchemaError(
            f"a samples Dataset is needed, not {type(samples).__name__}: use wbe.read(...)"
        )
    needed = names or ("sample", "analyte", "status", *TEXT_COORDS, "time", *RESULT_NUMBERS)
    known = set(samples.variables) | set(samples.dims)
    missing = [name for name in needed if name not in known]
    if missing:
        words = "; ".join(f"{n}: {_HOW.get(n, 'read the samples with wbe.read')}" for n in missing)
        raise SchemaError(f"the samples lack {', '.join(missing)}. {words}")
