"""The bytes of a NetCDF file as variables, none of them decoded; damage is a refusal."""

from __future__ import annotations

import io
import struct
import warnings
from typing import Any, Final

import xarray as xr

from wbe.io.containers.archive import MAX_EXPANDED
from wbe.io.text import Refused, kind_of

_CLASSIC: Final = (b"CDF\x01", b"CDF\x02")
_HDF5: Final = b"\x89HDF\r\n\x1a\n"
_MOST: Final = 10_000  # dims and variables
# What scipy, xarray and HDF5 raise on bytes that are no whole file.
_DAMAGE: Final = (ValueError, TypeError, IndexError, KeyError, AttributeError, OverflowError,
                  AssertionError, EOFError, OSError, RuntimeError, struct.error)  # fmt: skip


def opened(data: bytes) -> xr.Dataset:
    """Variables and attributes of a file as they are stored.

    Parameters
    ----------
    data : bytes
        Content of the file.

    Returns
    -------
    Dataset
        In memory. Letters are text; times, missing values and coordinates are as stored.

    Raises
    ------
    Refused
        ``not_a_netcdf``, ``netcdf_damaged``, ``netcdf_not_installed``, ``archive_too_large`` or
        ``format_not_supported``, and ``file_empty``.
    """
    if data.startswith(_CLASSIC):
        return _loaded(_classic, data)
    if data.startswith(_HDF5):
        return _loaded(_hdf5, data)
    if data.startswith(b"CDF"):
        raise Refused("format_not_supported", found=f"NetCDF of the form {data[3:4]!r}")
    if (kind := kind_of(data)) == "empty":
        raise Refused("file_empty")
    raise Refused("not_a_netcdf", found=kind)


def _loaded(opener: Any, data: bytes) -> xr.Dataset:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what they say of other people's files is no news
            store = opener(data)
            try:
                return _read(store)
            finally:
                store.close()
    except MemoryError:
        raise Refused("archive_too_large", what="it does not fit the memory") from None
    except _DAMAGE as error:
        raise Refused("netcdf_damaged", reason=type(error).__name__) from None


def _classic(data: bytes) -> Any:
    from xarray.backends import ScipyDataStore

    return ScipyDataStore(io.BytesIO(data), mode="r", mmap=False)


def _hdf5(data: bytes) -> Any:
    try:
        import netCDF4
    except ImportError:
        raise Refused("netcdf_not_installed") from None
    from xarray.backends import NetCDF4DataStore

    return NetCDF4DataStore(netCDF4.Dataset("in memory", mode="r", memory=data))


def _read(store: Any) -> xr.Dataset:
    raw = xr.open_dataset(
        store, mask_and_scale=False, decode_times=False, decode_coords=False,
        decode_timedelta=False, cache=False,
    )  # fmt: skip
    if len(raw.variables) > _MOST:
        raise Refused("archive_too_large", what=f"{len(raw.variables):,} variables")
    expanded = sum(v.size * max(v.dtype.itemsize, 1) for v in raw.variables.values())
    if expanded > MAX_EXPANDED:
        raise Refused("archive_too_large", what=f"{expanded / 1e6:.0f} MB expanded")
    return raw.load()
