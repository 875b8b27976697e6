"""Chunks of many models, here and on a cluster."""

from __future__ import annotations

from typing import Any

import clusters
import numpy as np
import pytest

from wbe.errors import UsageError
from wbe.uncertainty import LogitNormal, Mean, Product, Term
from wbe.uncertainty.distributed import propagate_chunks

SITES = tuple(f"site-{i}" for i in range(7))
DRAWS = {"method": "monte_carlo", "draws": 3_000}


def model(sites: tuple[str, ...]) -> Mean:
    """Means of three days a site; flow is the site's, excretion everybody's."""
    labels = np.repeat(np.array(sites), 3)
    day = np.array([f"{site}|{k % 3}" for k, site in enumerate(labels)])
    one = np.ones(len(labels))
    terms = (
        Term("flow", "site", labels, 0.1 * one),
        Term("repeatability", "sample", day, 0.2 * one),
        Term("excretion", "global", np.full(len(labels), "f1"), -one, LogitNormal(0.3, 0.2)),
    )
    return Mean(Product(np.log(100.0 + np.arange(len(labels)) % 3), terms), labels)


def test_chunks_change_no_bit() -> None:
    whole = propagate_chunks(model, [SITES], **DRAWS)
    for size in (1, 3):
        chunks = [SITES[k : k + size] for k in range(0, len(SITES), size)]
        got = propagate_chunks(model, chunks, **DRAWS)
        assert got.labels == whole.labels == SITES
        assert got.quantiles.tobytes() == whole.quantiles.tobytes()
        assert got.mean.tobytes() == whole.mean.tobytes()


def test_a_cluster_changes_no_bit() -> None:
    chunks: list[Any] = [(site,) for site in SITES]
    here = propagate_chunks(model, chunks, **DRAWS)
    with clusters.client() as client:
        there = propagate_chunks(model, chunks, client=client, **DRAWS)
    assert there.quantiles.tobytes() == here.quantiles.tobytes()
    assert there.labels == here.labels and there.checks == here.checks


def test_the_checks_are_those_of_the_worst_chunk() -> None:
    parts = [propagate_chunks(model, [(site,)], **DRAWS) for site in SITES]
    got = propagate_chunks(model, [(site,) for site in SITES], **DRAWS)
    for name, value in got.checks.items():
        worst = min if name == "effective_draws" else max
        assert value == worst(part.checks[name] for part in parts)


def test_no_chunk_is_refused() -> None:
    with pytest.raises(UsageError, match="no chunk"):
        propagate_chunks(model, [])
