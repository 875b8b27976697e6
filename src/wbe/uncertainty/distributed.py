"""Many models, a chunk at a time: here, or on the workers of a cluster."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from wbe.errors import UsageError
from wbe.uncertainty.product import Model
from wbe.uncertainty.propagation import Propagated, propagate, worst_checks

if TYPE_CHECKING:
    from distributed import Client

Chunk = TypeVar("Chunk")


def propagate_chunks(
    build: Callable[[Chunk], Model],
    chunks: Sequence[Chunk],
    *,
    client: Client | None = None,
    **options: Any,
) -> Propagated:
    """Propagate the errors of many rows, a chunk of them at a time.

    Parameters
    ----------
    build : callable
        Makes the model of a chunk, where it is solved: what travels is a chunk's name (a site, a
        range of sites) and its quantiles. Whole groups of a mean belong into one chunk.
    chunks : sequence
        What `build` is called with.
    client : dask.distributed.Client, optional
        Its workers solve the chunks; without it they are solved here, one after the other.
    **options
        Of `propagate`.

    Returns
    -------
    Propagated
        The rows of the chunks beneath each other, in their order; of the checks the worst.

    Raises
    ------
    UsageError
        If there is no chunk.

    Notes
    -----
    Chunks share errors without exchanging them: a shared factor is drawn from its key, so every
    worker draws the same. Neither chunks nor workers change a number.

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.uncertainty import Product, Term
    >>> def model(site):
    ...     flow = Term("flow", "site", np.array([site]), np.array([0.1]))
    ...     return Product(np.log([200.0]), (flow,))
    >>> got = propagate_chunks(model, ["a", "b"], method="monte_carlo", draws=2_500)
    >>> got.quantiles.shape, bool((got.quantiles[0] != got.quantiles[1]).all())
    ((2, 3), True)
    """
    if not len(chunks):
        raise UsageError("there is no chunk to propagate")
    solve = partial(_solved, build, options)
    if client is None:
        return _joined([solve(chunk) for chunk in chunks])
    return _joined(client.gather(client.map(solve, chunks, pure=False)))


def _solved(build: Callable[[Chunk], Model], options: dict[str, Any], chunk: Chunk) -> Propagated:
    return propagate(build(chunk), **options)


def _joined(parts: Sequence[Propagated]) -> Propagated:
    """Put the rows of the parts beneath each other."""
    methods = sorted({part.method for part in parts})
    drawn = next((part for part in parts if part.draws), parts[0])
    return Propagated(
        drawn.at,
        np.concatenate([part.quantiles for part in parts]),
        np.concatenate([part.mean for part in parts]),
        tuple(label for part in parts for label in part.labels),
        methods[0] if len(methods) == 1 else "both",
        drawn.draws,
        drawn.seed,
        drawn.engine,
        worst_checks([part.checks for part in parts]),
        np.concatenate([part.drawn for part in parts]),
    )


__all__ = ["propagate_chunks"]
