"""Samples in chunks (dask, Zarr): the same numbers, computed where and when they are asked for.

What the whole campaign decides (fits of non-detects, calibration of markers, routes) needs a few
columns of all samples; they are loaded once. The estimates of a sample then need that sample alone,
so they stay lazy, chunk by chunk, and run on whatever dask is told to use: threads of this machine,
or the workers of a cluster. Every error is drawn from its label or treated exactly, so neither
chunks nor workers change a number.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import partial

import xarray as xr

from wbe.backcalc import arrays
from wbe.recipes.amounts import telling_labs, with_amounts

Step = Callable[[xr.Dataset], xr.Dataset]

STATED = (
    *arrays.AMOUNTS,
    *(f"{kind}_{limit}" for kind in arrays.AMOUNTS[1:] for limit in ("lod", "loq")),
    "lod",
    "loq",
)
"""What cells can state, and its limits."""

CAMPAIGN = (*STATED, "status", *arrays.LABELS, *arrays.NUMBERS)
"""The columns of all samples that are loaded before anything is asked for: what calibrations and
populations are compared by, with their errors."""


AMOUNT = ("amount", "limit", "least", "substituted", "kind")
"""What cells state, as every later step reads it."""

UNREAD = ("findings", "files")
"""Attributes that no estimate reads."""


def is_lazy(samples: xr.Dataset) -> bool:
    """Tell whether a Dataset holds its numbers in chunks."""
    return any(variable.chunks is not None for variable in samples.variables.values())


def in_chunks(samples: xr.Dataset, with_campaign: Step, with_estimates: Step) -> xr.Dataset:
    """Estimate a Dataset in chunks.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
        With variables in chunks; those of `analyte` are joined.
    with_campaign : callable
        Adds amounts and what the whole campaign decides; here it sees `CAMPAIGN` alone.
    with_estimates : callable
        Adds the estimates; here it sees one chunk of samples at a time.

    Returns
    -------
    Dataset (sample, analyte, pathway)
        What both add, in the chunks of the samples.
    """
    samples = _aligned(samples)
    needed = _only(samples, CAMPAIGN).compute()
    known = with_campaign(needed)
    new = {
        str(name): known.variables[name] for name in known.coords if name not in needed.variables
    }
    result = samples.assign_coords(new).assign_attrs(known.attrs)

    amounts = partial(
        with_amounts,
        rule=known.attrs["nondetects"],
        unstated=arrays.unstated_kind(needed),
        telling=telling_labs(needed),
    )
    like = known.isel(sample=slice(0, 1))
    added = {name: like.variables[name] for name in AMOUNT}
    result = result.assign(_mapped(amounts, result, added, (*STATED, "status", "matrix", "lab")))

    after = with_estimates(like)
    added = {str(name): after.variables[name] for name in after.data_vars if name not in like}
    return result.assign(_mapped(with_estimates, result, added, (*arrays.READ, *new)))


def _aligned(samples: xr.Dataset) -> xr.Dataset:
    """Let all variables share one division into chunks of whole samples."""
    samples = samples.unify_chunks()
    return samples.chunk(analyte=-1) if len(samples.chunks.get("analyte", ())) > 1 else samples


def _only(data: xr.Dataset, names: Iterable[Hashable]) -> xr.Dataset:
    """Keep some variables, whether coordinates or not, and the dimensions' own."""
    wanted = {*names, "sample", "analyte"}
    return data.drop_vars([name for name in data.variables if name not in wanted])


def _mapped(
    step: Step, data: xr.Dataset, like: Mapping[str, xr.Variable], names: Iterable[Hashable]
) -> Mapping[Hashable, xr.Variable]:
    """Return what a step adds, to be computed chunk by chunk.

    Parameters
    ----------
    step : callable
    data : Dataset
    like : dict of str to Variable
        What the step adds, for any samples.
    names : iterable of str
        Variables that it reads.
    """
    chunks = data.chunks["sample"]
    template = xr.Dataset({name: _expected(one, chunks) for name, one in like.items()})
    some = _only(data, names)
    # findings and files may be long, no step reads them, and every chunk would carry them
    some.attrs = {key: value for key, value in data.attrs.items() if key not in UNREAD}
    chosen = {"step": step, "names": list(like)}
    return xr.map_blocks(_columns, some, kwargs=chosen, template=template).variables


def _expected(one: xr.Variable, chunks: tuple[int, ...]) -> xr.Variable:
    """A variable of all samples without values, in chunks."""
    import dask.array

    sizes = {**one.sizes, "sample": sum(chunks)}
    divided = [chunks if dim == "sample" else (sizes[dim],) for dim in one.dims]
    shape = tuple(sizes[dim] for dim in one.dims)
    return xr.Variable(one.dims, dask.array.empty(shape, one.dtype, chunks=divided), one.attrs)


def _columns(block: xr.Dataset, step: Step, names: list[str]) -> xr.Dataset:
    """Apply a step to one chunk and return what it adds."""
    after = step(block)
    return xr.Dataset({name: after.variables[name] for name in names})
