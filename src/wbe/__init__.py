"""Wastewater drug epidemiology: lab files in, per-capita consumption and area tiers out.

The public names are loaded when they are first used (PEP 562): ``import wbe`` costs neither
numpy nor pandas, and ``wbe --help`` answers at once.

Examples
--------
>>> import wbe
>>> "estimate" in dir(wbe)
True
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wbe import (
        backcalc,
        errors,
        factors,
        findings,
        io,
        names,
        plot,
        qc,
        recipes,
        report,
        schema,
        spatial,
        trends,
        uncertainty,
        units,
    )
    from wbe.io import read_areas, read_sites
    from wbe.io.check import check
    from wbe.io.read import read
    from wbe.recipes import cite, draws, estimate, to_tidy
    from wbe.spatial import by_area, locate, rank

__version__ = "0.1.0"

# Nothing here asks a network: PROJ would fetch datum grids and so tell others where somebody works.
# Set before the first import of pyproj or GDAL reads it; told to a pyproj that is loaded already.
os.environ["PROJ_NETWORK"] = "OFF"
if "pyproj.network" in sys.modules:
    sys.modules["pyproj.network"].set_network_enabled(False)

# A literal list, so that editors and type checkers can read it; a test holds it equal to _HOMES.
__all__ = [
    "__version__",
    "backcalc",
    "by_area",
    "check",
    "cite",
    "draws",
    "errors",
    "estimate",
    "factors",
    "findings",
    "indicators",
    "io",
    "locate",
    "names",
    "plot",
    "qc",
    "rank",
    "read",
    "read_areas",
    "read_indicators",
    "read_sites",
    "recipes",
    "report",
    "schema",
    "spatial",
    "to_tidy",
    "trends",
    "uncertainty",
    "units",
]

# Where each public name lives: "module:attribute", or "module" for a module of its own.
_HOMES = {
    "read": "wbe.io:read",
    "read_sites": "wbe.io:read_sites",
    "read_areas": "wbe.io:read_areas",
    "read_indicators": "wbe.io:read_indicators",
    "check": "wbe.io:check",
    "locate": "wbe.spatial:locate",
    "by_area": "wbe.spatial:by_area",
    "rank": "wbe.spatial:rank",
    "estimate": "wbe.recipes:estimate",
    "to_tidy": "wbe.recipes:to_tidy",
    "draws": "wbe.recipes:draws",
    "cite": "wbe.recipes:cite",
    "backcalc": "wbe.backcalc",
    "errors": "wbe.errors",
    "factors": "wbe.factors",
    "findings": "wbe.findings",
    "indicators": "wbe.indicators",
    "io": "wbe.io",
    "names": "wbe.names",
    "plot": "wbe.plot",
    "qc": "wbe.qc",
    "recipes": "wbe.recipes",
    "report": "wbe.report",
    "schema": "wbe.schema",
    "spatial": "wbe.spatial",
    "trends": "wbe.trends",
    "uncertainty": "wbe.uncertainty",
    "units": "wbe.units",
}


def __getattr__(name: str) -> Any:
    """Load a public name from its module at first use and keep it."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, attribute = home.partition(":")
    found = import_module(module)
    value = getattr(found, attribute) if attribute else found
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted(set(globals()) | set(_HOMES))
