"""Other people's NetCDF: which of its variables are a table of samples, and what is left out.

Two layouts are known: results on samples by analytes, whose labels are words for analytes; and
variables along one dim, each a column. Everything else is refused with its dims.
"""

from __future__ import annotations

import warnings
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import xarray as xr

from wbe import names
from wbe.findings import Findings
from wbe.io.header import VALUE_FIELDS
from wbe.io.shown import as_text
from wbe.io.text import Refused

#: Standard names that are headers of a table by another word.
_STANDARD: Final = {"longitude": "lon", "latitude": "lat", "time": "date",
                    "platform_name": "site", "platform_id": "site"}  # fmt: skip
_BARE: Final = ("date", "start", "end", "lon", "lat")  # whose units are said by their texts


@dataclass
class Column:
    """A column of the table.

    Attributes
    ----------
    header : str
        With its unit, as a laboratory would write it.
    cells : ndarray of str
        One a row.
    """

    header: str
    cells: Any


def columns_of(raw: xr.Dataset, file: str, findings: Findings) -> list[Column]:
    """Columns of the table that a file holds.

    Parameters
    ----------
    raw : Dataset
        From `wbe.io.netcdf.open.opened`.
    file : str
        Its name for findings.
    findings : Findings
        Receives ``netcdf_variable_left_out``.

    Returns
    -------
    list of Column

    Raises
    ------
    Refused
        ``netcdf_layout_unknown``.
    """
    variables = _decoded(raw, file, findings)
    bounds = {str(v.attrs["bounds"]) for v in raw.variables.values() if "bounds" in v.attrs}
    ends = _ends(raw, variables)
    for name in bounds & variables.keys():
        del variables[name]
    labels = _analyte_dim(variables)
    if labels is not None:
        rows, found = _by_analyte(variables, *labels)
    else:
        rows, found = _along_one(variables, raw)
    dims = frozenset(rows)
    for name, variable in variables.items():
        if not set(variable.dims) <= dims:
            where = ", ".join(map(str, variable.dims)) or "none"
            _leave_out(name, f"its dims are {where}", f"其维度为 {where}", file, findings)
    found += [Column("end", _spread(v, rows)) for v in ends if set(v.dims) <= dims]
    return found


def _decoded(raw: xr.Dataset, file: str, findings: Findings) -> dict[str, xr.Variable]:
    """Times as times, packed numbers unpacked, missing ones NaN, flags as their words."""
    found = {}
    for name, variable in raw.variables.items():
        try:
            one = _one_decoded(variable.to_base_variable())
        except (ValueError, OverflowError, TypeError, KeyError) as error:
            why = type(error).__name__
            _leave_out(name, f"it cannot be decoded ({why})", f"无法解码（{why}）", file, findings)
            continue
        if one.dtype.kind == "O" and _is_other_calendar(one):
            why = "its times are of another calendar"
            _leave_out(name, why, "时间采用其他历法", file, findings)
        else:
            found[str(name)] = _flags(one, variable.attrs)
    return found


def _one_decoded(variable: xr.Variable) -> xr.Variable:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what cannot be used is a finding
        return xr.decode_cf(xr.Dataset({"x": variable}), decode_coords=False)["x"].variable.load()


def _leave_out(name: Hashable, why: str, why_zh: str, file: str, findings: Findings) -> None:
    findings.add("netcdf_variable_left_out", file=file, column=str(name), reason=why,
                 reason_zh=why_zh)  # fmt: skip


def _is_other_calendar(variable: xr.Variable) -> bool:
    values = variable.values.ravel()
    return bool(values.size) and not all(isinstance(v, str | bytes) or v is None for v in values)


def _flags(variable: xr.Variable, attrs: dict[Any, Any]) -> xr.Variable:
    words = str(attrs.get("flag_meanings", "")).split()
    numbers = np.atleast_1d(attrs.get("flag_values", ())).tolist()
    if not words or len(words) != len(numbers):
        return variable
    known = dict(zip(map(float, numbers), words, strict=True))
    flat = variable.values.ravel().tolist()
    texts = np.empty(len(flat), dtype=object)
    texts[:] = [known.get(float(v), as_text(v)) if v == v else "" for v in flat]
    return xr.Variable(variable.dims, texts.reshape(variable.shape), attrs)


def _ends(raw: xr.Dataset, variables: dict[str, xr.Variable]) -> list[xr.Variable]:
    """Ends of collection, of a time whose bounds say them."""
    for name, variable in raw.variables.items():
        bounds = str(variable.attrs.get("bounds", ""))
        if str(name) not in variables or bounds not in raw.variables:
            continue
        both = raw.variables[bounds]
        if variables[str(name)].dtype.kind != "M" or both.shape != (*variable.shape, 2):
            continue
        made = _one_decoded(xr.Variable(variable.dims, both.values[..., 1], dict(variable.attrs)))
        return [made] if made.dtype.kind == "M" else []
    return []


def _analyte_dim(variables: dict[str, xr.Variable]) -> tuple[Hashable, str] | None:
    """The dim along which analytes lie, and the variable with their names."""
    for name, variable in variables.items():
        if variable.ndim != 1 or variable.dtype.kind not in "OU":
            continue
        dim = variable.dims[0]
        known = [names.resolve("analyte", str(v)) for v in variable.values]
        crossed = any(v.ndim == 2 and dim in v.dims for v in variables.values())
        if crossed and any(known):
            return dim, name
    return None


def _by_analyte(
    variables: dict[str, xr.Variable], dim: Hashable, label: str
) -> tuple[dict[Hashable, int], list[Column]]:
    """One row for each sample and analyte that has anything."""
    crossed = [v for v in variables.values() if v.ndim == 2 and dim in v.dims]
    other = next(d for d in crossed[0].dims if d != dim)
    rows = {other: crossed[0].sizes[other], dim: crossed[0].sizes[dim]}
    found = []
    for name, variable in variables.items():
        if set(variable.dims) <= set(rows):
            header = "analyte" if name == label else header_of(name, variable)
            found.append(Column(header, _spread(variable, rows)))
    values = [c for c in found if _field(c.header) in VALUE_FIELDS]
    if not values:
        raise Refused("netcdf_layout_unknown", dims=shown_sizes(rows))
    measured = [c for c in found if _field(c.header) in (*VALUE_FIELDS, *("status", "lod", "loq"))]
    keep = np.array([any(texts) for texts in zip(*(c.cells for c in measured), strict=True)])
    return rows, [Column(c.header, c.cells[keep]) for c in found]


def _field(header: str) -> str | None:
    return names.resolve("field", header.partition(" (")[0])


def _along_one(
    variables: dict[str, xr.Variable], raw: xr.Dataset
) -> tuple[dict[Hashable, int], list[Column]]:
    """Every variable along the dim that has most of them."""
    counts: dict[Hashable, int] = {}
    for variable in variables.values():
        if variable.ndim == 1:
            counts[variable.dims[0]] = counts.get(variable.dims[0], 0) + 1
    chosen = max(counts, key=lambda dim: (counts[dim], str(dim)), default=None)
    if chosen is None or counts[chosen] < 2:
        raise Refused("netcdf_layout_unknown", dims=shown_sizes(raw.sizes))
    rows = {chosen: raw.sizes[chosen]}
    found = [Column(header_of(n, v), _spread(v, rows)) for n, v in variables.items()
             if v.dims == (chosen,) or (not v.dims and names.resolve("field", n))]  # fmt: skip
    return rows, found


def _spread(variable: xr.Variable, rows: dict[Hashable, int]) -> np.ndarray:
    """Texts of a variable, one a row; what lies along fewer dims is repeated."""
    texts = xr.Variable(variable.dims, cells(_letters(variable.values)))
    return np.asarray(texts.set_dims(rows).transpose(*rows).values).ravel()


def _letters(values: np.ndarray) -> np.ndarray:
    if values.dtype.kind not in "SO":
        return values
    flat = [v.decode("utf-8", "replace") if isinstance(v, bytes) else v for v in values.ravel()]
    made = np.empty(values.size, dtype=object)
    made[:] = flat
    return made.reshape(values.shape)


def cells(values: np.ndarray) -> np.ndarray:
    """Values of any type as the text that a person would type; what is missing is empty.

    Parameters
    ----------
    values : ndarray

    Returns
    -------
    ndarray of str
        Of the same shape.
    """
    if values.dtype.kind == "M":
        texts = np.datetime_as_string(values.astype("datetime64[s]"))
        out = [("" if t == "NaT" else t.removesuffix("T00:00:00")) for t in texts.ravel().tolist()]
    elif values.dtype.kind == "f":
        # a number of single precision with the digits that tell it apart in that precision
        flat = [float(str(v)) for v in values.ravel()] if values.itemsize < 8 else values.ravel()
        out = ["" if v != v else as_text(float(v)) for v in flat]
    else:
        out = ["" if v is None or v != v else as_text(v) for v in values.ravel().tolist()]
    made = np.empty(values.size, dtype=object)
    made[:] = out
    return made.reshape(values.shape)


def header_of(name: str, variable: xr.Variable) -> str:
    """Header of a variable: its name, or what it is called, where that is a word of ours.

    Parameters
    ----------
    name : str
    variable : Variable
        Decoded.

    Returns
    -------
    str
        With the unit in parentheses where numbers have one.
    """
    attrs = variable.attrs
    standard = str(attrs.get("standard_name", ""))
    if attrs.get("cf_role") == "timeseries_id":  # what a station is called, after CF 9.5
        return "site"
    tried = [_STANDARD.get(standard, ""), name, name.replace("_", " "),
             str(attrs.get("long_name", "")), standard]  # fmt: skip
    header = next((t for t in tried if t and _is_known(t)), name)
    unit = str(attrs.get("units", "")).strip()
    if unit in ("", "1") or names.resolve("field", header) in _BARE or variable.dtype.kind == "M":
        return "date" if variable.dtype.kind == "M" and not _is_known(header) else header
    return f"{header} ({unit})"


def _is_known(text: str) -> bool:
    return bool(names.resolve("field", text) or names.resolve("analyte", text))


def shown_sizes(sizes: Any) -> str:
    """Dims with their lengths, for a finding."""
    return ", ".join(f"{name} ({size})" for name, size in sizes.items()) or "none"
