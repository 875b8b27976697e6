"""What the CF conventions want said beside the numbers: names, flags, cells, coordinates.

Nothing here changes a number. What a file gets is noted, so that reading takes it away again.
CF 1.11, chapters 3 (flags, ancillary variables), 7 (cells) and 9 (points).
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import Any, Final

import numpy as np
import xarray as xr

from wbe import schema
from wbe.io.netcdf.encode import Notes

CONVENTIONS: Final = "CF-1.11"
FLAGS, BOUNDS, CORNER = "status_flag", "time_bounds", "bound"
_SUFFIXES: Final = {
    "_lower": ", lower end of the 95 % interval",
    "_upper": ", upper end of the 95 % interval",
    "_mean": ", mean",
}
_AXES: Final = {
    "time": {"axis": "T", "units_metadata": "leap_seconds: none"},
    "lon": {"standard_name": "longitude", "units": "degrees_east", "axis": "X"},
    "lat": {"standard_name": "latitude", "units": "degrees_north", "axis": "Y"},
}
_PEOPLE: Final = {
    "/1000 inhabitants": "/1000", "/inhabitant": "", "inhabitant": "1", "doses/": "1/",
    "cigarette/": "1/",
}  # fmt: skip
#: Datums whose degrees may be read as those of WGS 84; unstated ones are what the reader took.
_GLOBAL_DATUMS: Final = frozenset({"", "wgs84", "cgcs2000"})
#: A composite is a mean over the time of its collection, and so is what is computed from it.
_MEANS: Final = ("concentration", "content", "load", "pn_load", "mass_load", "pn_mass_load",
                 "consumption", "pn_consumption", "pn_doses")  # fmt: skip
_OF_DRAWS: Final = ("concentration", "mass_load", "pn_mass_load", "consumption",
                    "pn_consumption", "pn_doses")  # fmt: skip


def describe(data: xr.Dataset, notes: Notes, title: str = "") -> xr.Dataset:
    """Add what CF asks for to an encoded Dataset.

    Parameters
    ----------
    data : Dataset
        From `wbe.io.netcdf.encode.encode`; not changed.
    notes : Notes
        Receives the names of what is added.
    title : str
        Of the file; a general one where there is none.

    Returns
    -------
    Dataset
    """
    out = data.copy()
    composites = _of_composites(data)
    if FLAGS not in out and (flags := _flags(data)) is not None:
        out[FLAGS] = flags
        notes.extra.append(FLAGS)
    if composites and BOUNDS not in out:
        out[BOUNDS] = _bounds(data)
        notes.extra.append(BOUNDS)
    for name in (str(n) for n in out.variables if n != BOUNDS):  # bounds are as their parent
        found = _named(name) | _placed(name, data) | _beside(name, out)
        found |= _cells(name, out, composites) | _per_person(out[name].attrs)
        _add(out[name].attrs, found, notes.variables.setdefault(name, {}))
    _add(out.attrs, _about(data, title), notes.attrs)
    return out


def _add(attrs: dict[Any, Any], found: dict[str, Any], note: dict[str, Any]) -> None:
    """What is not said yet, noted as ours."""
    new = {name: value for name, value in found.items() if name not in attrs}
    attrs |= new
    if new:
        note["added"] = sorted(new)


@cache
def _words() -> dict[str, dict[str, str]]:
    text = files("wbe.io").joinpath("netcdf").joinpath("attributes.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {row.pop("name"): {k: v for k, v in row.items() if v} for row in rows}


def _named(name: str) -> dict[str, Any]:
    """Names for people, and the standard one where there is one."""
    words = _words()
    if name in words:
        return dict(words[name])
    for suffix, more in _SUFFIXES.items():
        base = words.get(name.removesuffix(suffix))
        if name.endswith(suffix) and base:
            return {"long_name": base["long_name"] + more}
    return {"long_name": name.replace("_", " ")}


def _placed(name: str, data: xr.Dataset) -> dict[str, Any]:
    """Axes; degrees of a datum of its own are no longitude and latitude of CF."""
    if name not in _AXES or (name != "time" and not _is_global(data)):
        return {}
    return dict(_AXES[name])


def _per_person(attrs: dict[Any, Any]) -> dict[str, Any]:
    """What a program can make of a unit that UDUNITS does not know: it counts no people."""
    unit = str(attrs.get("units", ""))
    read = unit
    for ours, theirs in _PEOPLE.items():
        read = read.replace(ours, theirs)
    if read == unit:
        return {}
    return {"comment": f"{unit}: UDUNITS counts neither people nor things; its unit is {read}"}


def _is_global(data: xr.Dataset) -> bool:
    if "lon" not in data.variables or "lat" not in data.variables:
        return False
    datums = set(data["crs"].values.astype(str).tolist()) if "crs" in data.variables else {""}
    return datums <= _GLOBAL_DATUMS


def _beside(name: str, data: xr.Dataset) -> dict[str, Any]:
    """Variables that say how good a result is."""
    variable = data.variables[name]
    if name not in (*schema.QUANTITIES, *_MEANS):
        return {}
    limits = schema.limits_of(name) if name in schema.QUANTITIES else ()
    asked = (FLAGS, f"{name}_rsd", *limits, f"{name}_lower", f"{name}_upper", f"{name}_mean")
    found = [n for n in asked if n in data and data.variables[n].dims == variable.dims]
    return {"ancillary_variables": " ".join(found)} if found else {}


def _flags(data: xr.Dataset) -> xr.Variable | None:
    """The words of ``status`` as numbers; None where it is missing or holds another word."""
    if "status" not in data.variables:
        return None
    texts = data["status"].values
    numbers = np.full(texts.shape, -1, dtype="int8")
    for number, word in enumerate(schema.STATUSES):
        numbers[texts == word] = number
    if (numbers < 0).any():
        return None
    attrs = {
        "flag_values": np.arange(len(schema.STATUSES), dtype="int8"),
        "flag_meanings": " ".join(schema.STATUSES),
    }
    return xr.Variable(data["status"].dims, numbers, attrs)


def _of_composites(data: xr.Dataset) -> bool:
    """Whether every sample was collected over a time that is known."""
    if not {"mode", "time", "duration"} <= set(map(str, data.variables)):
        return False
    modes = data["mode"].values.astype(str)
    known = np.isfinite(data["time"].values) & np.isfinite(data["duration"].values)
    return bool(modes.size and known.all() and np.char.startswith(modes, "composite").all())


def _bounds(data: xr.Dataset) -> xr.Variable:
    """Start and end of each collection, in the unit of its start."""
    start = data["time"].values
    clock = {"s": 3600.0, "m": 3.6e6 if "milli" in data["time"].attrs["units"] else 3.6e9}
    hours = clock[data["time"].attrs["units"][0]]
    ends = start + data["duration"].values * hours
    values = np.stack([start, ends], axis=-1)
    silent = {"_FillValue": None, "coordinates": None}  # bounds have no attributes of their own
    return xr.Variable((*data["time"].dims, CORNER), values, encoding=silent)


def _cells(name: str, data: xr.Dataset, composites: bool) -> dict[str, Any]:
    """Over what a value is taken: the time of collection, and the draws."""
    found = []
    base = name.removesuffix("_mean")
    if name == "time" and composites:
        return {"bounds": BOUNDS}
    if base in _MEANS and composites:
        found.append("time: mean")
    if base in _OF_DRAWS and f"{base}_upper" in data and data.attrs.get("draws"):
        found.append(f"realization: {'mean' if name != base else 'median'}")
    return {"cell_methods": " ".join(found)} if found else {}


def _about(data: xr.Dataset, title: str) -> dict[str, Any]:
    """What the file is, from whom, and how it was made; no machine and no clock."""
    import wbe

    is_result = "pathway" in data.dims
    what = "estimates by sample" if is_result else "samples"
    found: dict[str, Any] = {
        "Conventions": CONVENTIONS,
        "title": title or f"Residues of drugs in wastewater: {what}",
        "source": f"measurements of wastewater, read by wbe {wbe.__version__}",
    }
    attrs = data.attrs
    found["history"] = f"wbe.io.write_netcdf {wbe.__version__}"
    if is_result:
        found["history"] = (
            f"wbe.estimate {wbe.__version__}: factor set {attrs.get('factor_set', 'unknown')}, "
            f"{attrs.get('draws', 0)} draws, seed {attrs.get('seed', 'unknown')}"
        )
    labs = sorted(set(data["lab"].values.astype(str).tolist()) - {""}) if "lab" in data else []
    if labs:
        found["institution"] = "; ".join(labs)
    return found | _points(data)


def _points(data: xr.Dataset) -> dict[str, Any]:
    """The layout of points, where every coordinate that it needs is there."""
    if "time" not in data.variables or not _is_global(data):
        return {}
    if any(data[name].dims != data["time"].dims for name in ("lon", "lat")):
        return {}
    known = [np.isfinite(data[name].values) for name in ("lon", "lat", "time")]
    missing = int((~np.logical_and.reduce(known)).sum())
    if not all(some.any() for some in known):
        return {}
    found = {"featureType": "point"}
    if missing:
        found["comment"] = (
            f"{missing} of {known[0].size} samples have no position or no time: CF 9.6 has "
            "missing coordinates only where there is no sample"
        )
    return found
