"""A NetCDF file as a table: one row a result or a sample, under the headers that laboratories use.

What follows is the reader of every other table, so that units, words, unknown columns and personal
data are treated as they are everywhere. Rows are numbered as in a table whose header is line 1.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import xarray as xr

from wbe import names, schema
from wbe.findings import Findings
from wbe.io.containers.grid import MAX_CELLS
from wbe.io.netcdf.decode import decode, is_older_result, is_ours
from wbe.io.netcdf.foreign import Column, cells, columns_of, shown_sizes
from wbe.io.netcdf.open import opened
from wbe.io.tables import Sheet
from wbe.io.text import Refused

#: Our name of a variable -> the header that its column has in a table.
_HEADERS: Final = {
    "sample": "sample_id", "rain_24h": "rain_24h_mm", "rain_72h": "rain_72h_mm",
    "concentration_rsd": "rsd", "analysis_method": "method",
}  # fmt: skip
_LEFT: Final = ("source_file", "source_line", "time", "duration")
_LIMITS: Final = ("lod", "loq")


def read_sheet(data: bytes, file: str, findings: Findings) -> Sheet:
    """The samples of a NetCDF file as a table.

    Parameters
    ----------
    data : bytes
        Content of the file.
    file : str
        Its name for findings.
    findings : Findings
        Receives which variables are left out.

    Returns
    -------
    Sheet

    Raises
    ------
    Refused
        As `wbe.io.netcdf.open.opened`; ``netcdf_holds_result``, ``netcdf_notes_unreadable``,
        ``netcdf_layout_unknown``, ``sheet_too_large`` or ``file_empty``.
    """
    raw = opened(data)
    if is_older_result(raw):
        raise Refused("netcdf_holds_result")
    columns = _of_samples(decode(raw)) if is_ours(raw) else columns_of(raw, file, findings)
    if not columns or not len(columns[0].cells):
        raise Refused("file_empty")
    count = len(columns[0].cells)
    if count * len(columns) > MAX_CELLS:
        corner = f"row {count:,}, column {len(columns):,}"
        raise Refused("sheet_too_large", cell=corner, limit=f"{MAX_CELLS:,}")
    rows = [[column.header for column in columns]]
    rows += [list(row) for row in zip(*(column.cells for column in columns), strict=True)]
    return Sheet(file, rows=rows, lines=list(range(1, len(rows) + 1)))


def _of_samples(data: xr.Dataset) -> list[Column]:
    """Samples of this package in the long form of the contract."""
    if "pathway" in data.dims:
        raise Refused("netcdf_holds_result")
    needed = {"sample", "analyte", "status", "concentration"}
    if not needed <= set(map(str, data.variables)):
        raise Refused("netcdf_layout_unknown", dims=shown_sizes(data.sizes))
    sample, analyte = _places(data["status"].values.astype(str))
    found = [Column("sample_id", cells(data["sample"].values[sample]))]
    found += _times(data, sample)
    found.append(Column("analyte", cells(data["analyte"].values[analyte])))
    used = {"sample", "analyte", *_LEFT}
    found += _results(data, (sample, analyte), used)
    for name in (str(n) for n in data.variables if n not in used):
        variable = data.variables[name]
        if variable.dims not in (("sample",), ("sample", "analyte")):
            continue
        texts = cells(variable.values)
        if any(texts.ravel()):
            at = sample if variable.dims == ("sample",) else (sample, analyte)
            found.append(Column(_header(name, variable), texts[at]))
    return found


def _places(status: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs that somebody measured; of a sample of which nothing was, all."""
    asked = status != "not_measured"
    asked[~asked.any(axis=1)] = True
    sample, analyte = np.nonzero(asked)
    return sample, analyte


def _times(data: xr.Dataset, sample: np.ndarray) -> list[Column]:
    start, hours = data["time"].values, data["duration"].values
    known = np.isfinite(hours) & ~np.isnat(start)
    seconds = np.where(known, hours * 3600, 0.0).round().astype("timedelta64[s]")
    ends = np.where(known, start.astype("datetime64[s]") + seconds, np.datetime64("NaT"))
    found = [Column("start", cells(start)[sample])]
    return [*found, Column("end", cells(ends)[sample])] if known.any() else found


def _results(data: xr.Dataset, at: Any, used: set[str]) -> list[Column]:
    """The value with its unit and limits, whichever quantity a result has; loads beside it."""
    solid = np.zeros(data["status"].shape, dtype=bool)
    if "content" in data:
        for name in ("content", "content_lod", "content_loq"):
            solid |= np.isfinite(data[name].values)
    chosen = {"concentration": data["concentration"].values, **{n: data[n].values for n in _LIMITS}}
    for name in chosen:
        of_solid = "content" if name == "concentration" else f"content_{name}"
        if of_solid in data:
            chosen[name] = np.where(solid, data[of_solid].values, chosen[name])
    units = np.where(solid, schema.QUANTITIES["content"], schema.QUANTITIES["concentration"])
    found = [Column("concentration", cells(chosen["concentration"])[at]), Column("unit", units[at])]
    used |= {"concentration", "content", *_LIMITS, "content_lod", "content_loq"}
    for quantity in ("load", "pn_load"):
        limits = schema.limits_of(quantity)
        used |= {quantity, *limits}
        if quantity in data and np.isfinite(data[quantity].values).any():
            unit = schema.QUANTITIES[quantity]
            found.append(Column(f"{quantity} ({unit})", cells(data[quantity].values)[at]))
        for name, own in zip(_LIMITS, limits, strict=True):
            if own in data:
                chosen[name] = np.where(np.isnan(chosen[name]), data[own].values, chosen[name])
    return found + [Column(name, cells(chosen[name])[at]) for name in _LIMITS]


def _header(name: str, variable: xr.Variable) -> str:
    """Header under which the reader of tables knows a variable; of an unknown column its own."""
    if name.startswith("extra_"):
        return str(variable.attrs.get("long_name", name))
    header = _HEADERS.get(name, name)
    unit = str(variable.attrs.get("units", ""))
    plain = header in ("lon", "lat") or header.endswith("_mm") or unit in ("", "1")
    return header if plain or names.resolve("field", header) is None else f"{header} ({unit})"
