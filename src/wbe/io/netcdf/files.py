"""NetCDF out and in: samples and results, in the layout of the CF conventions.

What this package writes it reads back as it was. Other people's files are taken for a table of
samples, with everything that was noticed, or refused with the reason.
"""

from __future__ import annotations

import io
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from wbe.errors import EnvironmentFault, FindingsError, UsageError
from wbe.names import both

if TYPE_CHECKING:
    import xarray as xr


def write_netcdf(dataset: xr.Dataset, path: str | PathLike[str], *, title: str = "") -> None:
    """Write samples or a result to a NetCDF-3 file after the CF conventions.

    Parameters
    ----------
    dataset : Dataset
        From `wbe.read`, `wbe.locate` or `wbe.estimate`; any other whose names are text.
    path : path
        The file, replaced if it exists.
    title : str, optional
        Title of the file.

    Raises
    ------
    UsageError
        If the Dataset holds what NetCDF cannot carry: complex numbers, an index of several levels,
        an attribute of another class. If there is no such folder.
    EnvironmentFault
        If the file cannot be written.

    Notes
    -----
    The same Dataset gives the same bytes. Types that NetCDF-3 does not know are stored as the next
    that holds them, times as seconds since 1970, nested attributes as JSON; the attribute
    ``wbe_decoding`` says how `read_netcdf` gets them back. ``status_flag`` repeats ``status`` as
    numbers with ``flag_values`` and ``flag_meanings``.

    Examples
    --------
    >>> import tempfile, wbe
    >>> from pathlib import Path
    >>> samples = wbe.read("data/samples/example-county/lab/2018Q1_plants_synthetic.csv")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     wbe.io.write_netcdf(samples, Path(folder) / "synthetic.nc", title="Synthetic samples")
    ...     again = wbe.io.read_netcdf(Path(folder) / "synthetic.nc")
    >>> again.drop_attrs().identical(samples.drop_attrs())
    True
    """
    content = netcdf_bytes(dataset, title)
    target = Path(path)
    if not target.absolute().parent.is_dir():
        raise UsageError(both("store.no_folder", folder=target.parent))
    try:
        target.write_bytes(content)
    except OSError as error:
        reason = error.strerror or error
        raise EnvironmentFault(
            both("netcdf.unwritable", name=target.name, reason=reason)
        ) from error


def netcdf_bytes(dataset: xr.Dataset, title: str = "") -> memoryview:
    """Content of the file that `write_netcdf` writes, for who keeps an eye on the disk himself.

    Parameters
    ----------
    dataset, title
        As of `write_netcdf`.

    Returns
    -------
    memoryview

    Raises
    ------
    UsageError
        If the Dataset holds what NetCDF cannot carry.
    """
    from xarray.backends import ScipyDataStore

    from wbe.io.netcdf.cf import describe
    from wbe.io.netcdf.encode import NOTES, encode

    if isinstance(dataset, PathLike | str) or not hasattr(dataset, "data_vars"):
        raise UsageError(both("netcdf.no_dataset", found=type(dataset).__name__))
    data, notes = encode(dataset)
    data = describe(data, notes, title)
    data.attrs[NOTES] = notes.text()
    # Made in memory: scipy would write a file in hundreds of small pieces. Not by `to_netcdf`: it
    # loads dask's cluster client, where there is one, only to ask for its scheduler.
    whole = io.BytesIO()
    store = ScipyDataStore(whole, mode="w", format="NETCDF3_64BIT")
    data.dump_to_store(store)
    store.close()
    return whole.getbuffer()


def read_netcdf(path: str | PathLike[str], *, errors: str = "raise") -> xr.Dataset:
    """Read a NetCDF file: what `write_netcdf` wrote as it was, any other as a table of samples.

    Parameters
    ----------
    path : path
        NetCDF-3, or NetCDF-4 with the extra ``netcdf``.
    errors : str
        Of a file of other people: ``raise``, or ``reject`` as in `wbe.read`.

    Returns
    -------
    Dataset
        Samples (sample, analyte), or a result with its pathways, whose draws `wbe.by_area` and
        `wbe.draws` make again from the seed and the error model in its attributes.

    Raises
    ------
    FindingsError
        If the file is damaged or no NetCDF, or holds no samples that can be told; carries all
        findings.
    UsageError
        If `errors` is another word.

    Examples
    --------
    >>> import tempfile, wbe
    >>> from pathlib import Path
    >>> folder = "data/samples/example-county"
    >>> samples = wbe.read(f"{folder}/lab/2018Q1_plants_synthetic.csv")
    >>> result = wbe.estimate(wbe.locate(samples), draws=200)
    >>> with tempfile.TemporaryDirectory() as target:
    ...     wbe.io.write_netcdf(result, Path(target) / "synthetic.nc")
    ...     again = wbe.io.read_netcdf(Path(target) / "synthetic.nc")
    >>> wbe.to_tidy(again).equals(wbe.to_tidy(result))
    True
    """
    from wbe.findings import Findings
    from wbe.io.netcdf.decode import decode, is_older_result, is_ours
    from wbe.io.netcdf.open import opened
    from wbe.io.opening import bytes_of
    from wbe.io.sources import printable
    from wbe.io.text import Refused

    findings, file = Findings(), Path(path)
    try:
        raw = opened(bytes_of(file))
        if is_ours(raw) or is_older_result(raw):
            return decode(raw)
    except Refused as refused:
        findings.add(refused.rule, file=printable(file.name), **refused.details)
        raise FindingsError(findings) from None
    from wbe.io.read import read

    return read(file, errors=errors)
