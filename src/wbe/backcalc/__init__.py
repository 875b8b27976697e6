"""Loads, per-capita loads, consumption and doses; one function an equation."""

from wbe.backcalc.loads import (
    PN_DOSES_UNIT,
    consumption,
    marker_load,
    mass_load,
    per_1000,
    pn_consumption,
    pn_doses,
    pn_mass_load_from_marker,
    pn_mass_load_from_water,
)

__all__ = [
    "PN_DOSES_UNIT",
    "consumption",
    "marker_load",
    "mass_load",
    "per_1000",
    "pn_consumption",
    "pn_doses",
    "pn_mass_load_from_marker",
    "pn_mass_load_from_water",
]
