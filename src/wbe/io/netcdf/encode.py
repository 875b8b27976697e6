"""A Dataset as NetCDF-3 can hold it, and the notes from which it is had back as it was.

NetCDF-3 knows numbers of up to 32 bits, two kinds of floats, and letters. What is stored otherwise
than it was is noted in one attribute, ``wbe_decoding``; everything else can be read as it stands.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import xarray as xr

from wbe.errors import UsageError
from wbe.io.netcdf.values import as_json, is_utf8
from wbe.names import both

#: The attribute with the notes, and the number of their form.
NOTES: Final = "wbe_decoding"
FORM: Final = 1
#: Beyond it a float no longer holds every whole number.
_EXACT: Final = 2**53
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
#: Attributes that readers of NetCDF act on, and dims that they make for letters.
_RESERVED: Final = frozenset({
    "_FillValue", "missing_value", "coordinates", "dtype", "scale_factor", "add_offset", "bounds",
    "valid_min", "valid_max", "valid_range", "grid_mapping", "calendar", NOTES,
})  # fmt: skip
_LETTERS: Final = re.compile(r"string[0-9]*\Z")
_EPOCH: Final = "since 1970-01-01 00:00:00"
_CLOCKS: Final = {"s": "seconds", "ms": "milliseconds", "us": "microseconds"}


@dataclass
class Notes:
    """What is stored otherwise than it was.

    Attributes
    ----------
    variables : dict of str to dict
        Stored name to what differs: ``name``, ``dtype``, ``form``, ``missing``, and of its
        attributes ``json`` (names), ``hidden`` (name to JSON) and ``added`` (names).
    dims : dict of str to str
        Stored name of a dim to its own.
    empty : list of str
        Dims of length 0, which are stored with one place that holds nothing.
    coords, values : list of str
        Stored names of coordinates and of the other variables, in their order.
    attrs : dict
        Of the Dataset, as of a variable.
    extra : list of str
        Variables that only the file has.
    """

    variables: dict[str, dict[str, Any]] = field(default_factory=dict)
    dims: dict[str, str] = field(default_factory=dict)
    empty: list[str] = field(default_factory=list)
    coords: list[str] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    attrs: dict[str, Any] = field(default_factory=dict)
    extra: list[str] = field(default_factory=list)

    def text(self) -> str:
        """The notes as one attribute; what says nothing is left out."""
        known = {name: note for name, note in self.variables.items() if note}
        whole = {"form": FORM, **vars(self), "variables": known}
        return as_json({name: value for name, value in whole.items() if value})


def encode(data: xr.Dataset) -> tuple[xr.Dataset, Notes]:
    """Copy a Dataset into what NetCDF-3 can hold.

    Parameters
    ----------
    data : Dataset
        Any; not changed.

    Returns
    -------
    tuple of Dataset and Notes
        Numbers of at most 32 bits, floats, text, attributes text or numbers; and what is to be
        undone when it is read.

    Raises
    ------
    UsageError
        If it has an index of several levels, a name that is no text, or an object that NetCDF
        cannot carry.
    """
    notes = Notes()
    taken = {*map(str, data.dims), *map(str, data.variables)}
    dims = {dim: _safe_name(dim, "dim", taken) for dim in data.dims}
    names = {n: dims.get(n) or _safe_name(n, "variable", taken) for n in data.variables}
    notes.dims = {safe: str(dim) for dim, safe in dims.items() if safe != dim}
    notes.empty = [dims[dim] for dim, size in data.sizes.items() if size == 0]
    stored: dict[str, xr.Variable] = {}
    for own, variable in data.variables.items():
        name = names[own]
        note: dict[str, Any] = {} if name == own else {"name": own}
        stored[name] = _variable(variable, dims, str(own), note)
        notes.variables[name] = note
    notes.coords = [names[name] for name in data.coords]
    notes.values = [names[name] for name in data.data_vars]
    out = xr.Dataset(
        {n: v for n, v in stored.items() if n not in notes.coords},
        {n: v for n, v in stored.items() if n in notes.coords},
    )
    out.attrs = plain_attrs(data.attrs, notes.attrs)
    return out, notes


def _safe_name(name: Hashable, kind: str, taken: set[str]) -> str:
    """The name in the file; one that tools of NetCDF stumble over is a number."""
    if not isinstance(name, str) or not is_utf8(name):
        raise UsageError(both("netcdf.name", name=repr(name)))
    if _NAME.match(name) and not _LETTERS.match(name):
        return name
    number = next(n for n in itertools.count(1) if f"{kind}_{n}" not in taken)
    taken.add(f"{kind}_{number}")
    return f"{kind}_{number}"


def _variable(
    variable: xr.Variable, dims: dict[Any, str], name: str, note: dict[str, Any]
) -> xr.Variable:
    values = np.asarray(variable.values)
    attrs: dict[str, Any] = {}
    if values.dtype.kind in "OUSTV":
        stored = _text(values, name, note)
    else:
        stored, attrs = _numbers(values, name, note)
    if not stored.size:
        stored = _one_place(stored)
    attrs = {**plain_attrs(variable.attrs, note, taken=frozenset(attrs)), **attrs}
    missing = stored.dtype.kind == "f" and bool(np.isnan(stored).any())
    encoding = {"_FillValue": math.nan if missing else None}
    return xr.Variable([dims[d] for d in variable.dims], stored, attrs, encoding)


def _one_place(values: np.ndarray) -> np.ndarray:
    """An empty array with its empty dims one place long."""
    shape = tuple(size or 1 for size in values.shape)
    return np.full(shape, "" if values.dtype.kind in "OU" else 0, dtype=values.dtype)


def _numbers(
    values: np.ndarray, name: str, note: dict[str, Any]
) -> tuple[np.ndarray, dict[str, Any]]:
    kind, dtype = values.dtype.kind, values.dtype
    native = dtype.newbyteorder("=")
    if kind == "f" and dtype.itemsize in (4, 8):
        stored = values
    elif kind == "f" and dtype.itemsize == 2:
        stored = values.astype("float32")
    elif kind == "b":
        stored = values.astype("int8")
    elif kind in "iu":
        stored = _whole(values)
    elif kind == "M":
        return _times(values, note)
    elif kind == "m":
        stored = _whole(values.astype("int64"))
    else:
        raise UsageError(both("netcdf.type", name=name, found=dtype))
    if stored.dtype.newbyteorder("=") != native:
        note["dtype"] = native.str
    return stored, {}


def _whole(values: np.ndarray) -> np.ndarray:
    """Whole numbers in the smallest type that loses none of them; the largest as digits."""
    if values.dtype.kind == "i" and values.dtype.itemsize <= 4:
        return values
    least, most = (int(values.min()), int(values.max())) if values.size else (0, 0)
    limits = np.iinfo("int32")
    if limits.min <= least and most <= limits.max:
        return values.astype("int32")
    if max(-least, most) <= _EXACT:
        return values.astype("float64")
    return np.array([str(v) for v in values.ravel()], dtype=object).reshape(values.shape)


def _times(values: np.ndarray, note: dict[str, Any]) -> tuple[np.ndarray, dict[str, Any]]:
    """Times as a count of the longest unit that loses nothing; finer ones as digits."""
    note["dtype"] = values.dtype.newbyteorder("=").str
    missing = np.isnat(values)
    for unit, word in _CLOCKS.items():
        coarse = values.astype(f"datetime64[{unit}]")
        counts = coarse.astype("int64")
        same = bool((coarse.astype(values.dtype) == values)[~missing].all())
        if same and (np.abs(counts[~missing]) <= _EXACT).all():
            floats = np.where(missing, np.nan, counts.astype("float64"))
            note["form"] = unit
            return floats, {"units": f"{word} {_EPOCH}", "calendar": "proleptic_gregorian"}
    return _whole(values.astype("int64")), {}


def _text(values: np.ndarray, name: str, note: dict[str, Any]) -> np.ndarray:
    """Text as it is; of a column of other things each as JSON."""
    if values.dtype.kind == "U" and (width := _width(values)) is not None:
        if values.dtype != np.dtype(f"<U{max(width, 1)}"):
            note["dtype"] = values.dtype.newbyteorder("=").str
        return values
    note["dtype"] = values.dtype.str if values.dtype.kind == "U" else "object"
    flat = values.ravel().tolist()
    missing = [i for i, v in enumerate(flat) if v is None or _is_nan(v)]
    distinct = {id(v): v for v in flat}.values()  # labels are repeated references
    if not all(v is None or _is_nan(v) or _is_plain(v) for v in distinct):
        note["form"] = "json"
        texts = [_cell(v, name) for v in flat]
    else:
        gone = set(missing)
        texts = ["" if i in gone else v for i, v in enumerate(flat)] if gone else flat
        if missing:
            note["missing"] = {
                "none": [i for i in missing if flat[i] is None],
                "nan": [i for i in missing if flat[i] is not None],
            }
    return np.array(texts, dtype=object).reshape(values.shape)


def _width(values: np.ndarray) -> int | None:
    """Longest text of an array; None where letters of NetCDF would not give one back."""
    if not values.size or not values.dtype.itemsize:
        return 0
    native = np.ascontiguousarray(values.astype(values.dtype.newbyteorder("=")))
    codes = native.reshape(-1).view(np.uint32).reshape(values.size, -1)
    filled = codes != 0
    halves = (codes >= 0xD800) & (codes <= 0xDFFF)
    if halves.any() or (~filled[:, :-1] & filled[:, 1:]).any():  # a zero within a text
        return None
    return int(filled.sum(axis=1).max())


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _is_plain(value: object) -> bool:
    """Whether letters of NetCDF give a text back: they end at zeros."""
    return isinstance(value, str) and "\x00" not in value and is_utf8(value)


def _cell(value: Any, name: str) -> str:
    try:
        return as_json(value)
    except UsageError as error:
        raise UsageError(both("netcdf.within", name=name, reason=error.args[0])) from None


def plain_attrs(
    attrs: dict[Any, Any], note: dict[str, Any], taken: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """Attributes as text and numbers; what is neither, or has no name for a file, is noted.

    Parameters
    ----------
    attrs : dict
    note : dict
        Receives ``json`` and ``hidden``.
    taken : frozenset of str
        Names that the file needs itself.

    Returns
    -------
    dict
    """
    kept: dict[str, Any] = {}
    hidden: dict[str, str] = {}
    written: list[str] = []
    for name, value in attrs.items():
        if not isinstance(name, str):
            raise UsageError(both("netcdf.attribute_name", name=repr(name)))
        if value is None or name in _RESERVED | taken or not _NAME.match(name):
            hidden[name] = as_json(value)
        elif _is_native(value):
            kept[name] = value
        else:
            kept[name] = as_json(value)
            written.append(name)
    note |= {k: v for k, v in (("json", sorted(written)), ("hidden", hidden)) if v}
    return kept


def _is_native(value: Any) -> bool:
    if isinstance(value, bool | np.generic):
        return False
    if isinstance(value, str):
        return bool(value) and _is_plain(value)
    if isinstance(value, int):
        return abs(value) < 2**31
    return isinstance(value, float)
