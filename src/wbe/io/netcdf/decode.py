"""A Dataset of this package as it was before it was written to NetCDF."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import xarray as xr

from wbe.io.netcdf.encode import FORM, NOTES
from wbe.io.netcdf.values import from_json
from wbe.io.text import Refused

#: Attributes that the file needs and the Dataset does not have.
_OF_THE_FILE: Final = frozenset({"_FillValue", "coordinates"})
_OF_TIMES: Final = frozenset({"units", "calendar"})


def is_ours(raw: xr.Dataset) -> bool:
    """Whether a file holds the notes of this package."""
    return NOTES in raw.attrs


def is_older_result(raw: xr.Dataset) -> bool:
    """Whether a file holds estimates of a version that wrote no notes."""
    return not is_ours(raw) and "pathway" in raw.dims and "error_model" in raw.attrs


def decode(raw: xr.Dataset) -> xr.Dataset:
    """Undo what `wbe.io.netcdf.encode.encode` noted.

    Parameters
    ----------
    raw : Dataset
        As stored: neither times, missing values nor coordinates decoded.

    Returns
    -------
    Dataset

    Raises
    ------
    Refused
        ``netcdf_notes_unreadable``, if the notes do not fit what is stored: another program has
        changed the file.
    """
    if not is_ours(raw):
        raise Refused("netcdf_notes_unreadable", reason=f"{NOTES} is missing",
                      reason_zh=f"缺少 {NOTES}")  # fmt: skip
    try:
        notes = from_json(str(raw.attrs[NOTES]))
        if notes["form"] != FORM:
            raise Refused("netcdf_notes_unreadable", reason=f"form {notes['form']}")
        return _decoded(raw, notes)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError) as error:
        raise Refused("netcdf_notes_unreadable", reason=type(error).__name__) from None


def _decoded(raw: xr.Dataset, notes: dict[str, Any]) -> xr.Dataset:
    dims = notes.get("dims", {})
    extra = set(notes.get("extra", ()))
    raw = raw.isel({dim: slice(0, 0) for dim in notes.get("empty", ()) if dim in raw.dims})
    coords: dict[str, xr.Variable] = {}
    values: dict[str, xr.Variable] = {}
    order = [*notes.get("coords", ()), *notes.get("values", ())]
    stored = {str(n): v for n, v in raw.variables.items() if str(n) not in extra}
    for name in [*(n for n in order if n in stored), *sorted(stored.keys() - set(order))]:
        variable = stored[name]
        note = notes.get("variables", {}).get(name, {})
        made = _variable(variable, note, dims)
        target = coords if name in notes.get("coords", ()) else values
        target[note.get("name", dims.get(name, name))] = made
    out = xr.Dataset(values, coords)
    out.attrs = _attrs(raw.attrs, notes.get("attrs", {}), _OF_THE_FILE | {NOTES})
    return out


def _variable(variable: xr.Variable, note: dict[str, Any], dims: dict[str, str]) -> xr.Variable:
    values = np.asarray(variable.values)
    clock = note.get("form") in ("s", "ms", "us")
    if clock:
        values = _times(values, note["form"])
    elif values.dtype.kind in "OUS":
        values = _texts(values, note)
    if "dtype" in note:
        values = _as_was(values, np.dtype(note["dtype"]))
    leave = _OF_THE_FILE | (_OF_TIMES if clock else frozenset())
    attrs = _attrs(variable.attrs, note, leave)
    return xr.Variable([dims.get(str(d), d) for d in variable.dims], values, attrs)


def _times(counts: np.ndarray, unit: str) -> np.ndarray:
    missing = np.isnan(counts)
    whole = np.where(missing, 0, counts).astype("int64")
    return np.where(missing, np.datetime64("NaT"), whole.view(f"datetime64[{unit}]"))


def _texts(values: np.ndarray, note: dict[str, Any]) -> np.ndarray:
    flat = [v.decode("utf-8") if isinstance(v, bytes) else str(v) for v in values.ravel().tolist()]
    out: list[Any] = [from_json(v) for v in flat] if note.get("form") == "json" else list(flat)
    missing = note.get("missing", {})
    for at in missing.get("none", ()):
        out[at] = None
    for at in missing.get("nan", ()):
        out[at] = float("nan")
    if "dtype" not in note:
        return np.array(out, dtype=np.str_).reshape(values.shape)
    array = np.empty(len(out), dtype=object)
    array[:] = out
    return array.reshape(values.shape)


def _as_was(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Numbers, times and texts in the type that they had."""
    if dtype.kind in "mM" and values.dtype.kind != dtype.kind:
        digits = values.astype("int64") if values.dtype.kind != "O" else _digits(values)
        return digits.view(dtype)
    if dtype.kind in "iu" and values.dtype.kind == "O":
        return _digits(values, dtype)
    return values.astype(dtype)


def _digits(values: np.ndarray, dtype: Any = "int64") -> np.ndarray:
    return np.array([int(v) for v in values.ravel()], dtype=dtype).reshape(values.shape)


def _attrs(stored: dict[Any, Any], note: dict[str, Any], leave: frozenset[str]) -> dict[str, Any]:
    gone = leave | set(note.get("added", ()))
    out: dict[str, Any] = {}
    for name, value in stored.items():
        if name in gone:
            continue
        plain = value.item() if isinstance(value, np.generic) else value
        out[name] = from_json(plain) if name in note.get("json", ()) else plain
    return out | {name: from_json(text) for name, text in note.get("hidden", {}).items()}
