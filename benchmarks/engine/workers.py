"""Two workers against one, and results that must not depend on who made them."""

from __future__ import annotations

import contextlib
import importlib.util
import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from engine.ours import ENGINES
from engine.problem import AT, Floats, week_of, weeks
from wbe.uncertainty import Mean, monte_carlo
from wbe.uncertainty.distributed import propagate_chunks

SITES, STEP = 128, 4
HAS_DASK = importlib.util.find_spec("distributed") is not None


@contextlib.contextmanager
def cluster(workers: int) -> Iterator[object]:
    """Yield the client of worker processes with a thread each."""
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=workers, threads_per_worker=1, dashboard_address=":0", silence_logs=50
        ) as made,
        Client(made) as client,
    ):
        yield client


def chunks(sites: int, step: int) -> list[tuple[int, int]]:
    """Return ranges of sites."""
    return [(first, min(first + step, sites)) for first in range(0, sites, step)]


def by_chunks(client: object, sites: int, step: int, engine: str, draws: int) -> Floats:
    """Return the quantiles of the means of sites, a chunk at a time."""
    found = propagate_chunks(
        week_of, chunks(sites, step), client=client, method="monte_carlo", draws=draws, at=AT,
        engine=engine,
    )  # fmt: skip
    return found.quantiles


def spin(normals: int) -> float:
    """Draw normals: work that shares nothing but the machine."""
    room = np.empty(10_000)
    generator = np.random.default_rng(1)
    for _ in range(normals // len(room)):
        generator.standard_normal(out=room)
    return float(room[0])


def speedup(repeats: int, draws: int, sites: int = SITES) -> tuple[float, float]:
    """Return how much faster two workers are than one: the engine, and plain normals."""
    with cluster(1) as one, cluster(2) as two:
        engine, plain = [], []
        for repeat in range(repeats + 1):
            work = partial(by_chunks, sites=sites, step=STEP, engine="numpy", draws=draws)
            times = [_wall(partial(work, client)) for client in (one, two)]
            spins = [_wall(partial(_spin, client, sites * 700_000)) for client in (one, two)]
            if repeat:
                engine.append(times[0] / times[1])
                plain.append(spins[0] / spins[1])
    return statistics.median(engine), statistics.median(plain)


def _spin(client: object, normals: int) -> None:
    futures = client.map(spin, [normals // 32] * 32, pure=False)  # type: ignore[attr-defined]
    client.gather(futures)  # type: ignore[attr-defined]


def _wall(work: Callable[[], object]) -> float:
    before = time.perf_counter()
    work()
    return time.perf_counter() - before


def differing(draws: int = 12_345, sites: int = 6) -> tuple[int, list[str]]:
    """Return how many ways were tried, and those whose bits differ from the first's."""
    tried, wrong = 0, []
    with cluster(1) as one, cluster(2) as two:
        for engine in ENGINES:
            base = monte_carlo.solve(week_of((0, sites)), draws, 1, AT, engine).quantiles
            for name, quantiles in _ways(engine, draws, sites, one, two):
                tried += 1
                if quantiles.tobytes() != base.tobytes():
                    wrong.append(f"{engine}: {name}")
    return tried, wrong


def _ways(
    engine: str, draws: int, sites: int, one: object, two: object
) -> Iterator[tuple[str, Floats]]:
    week = weeks(70 * sites)
    for name, order in (
        ("rows reversed", np.arange(len(week))[::-1]),
        ("rows shuffled", np.random.default_rng(1).permutation(len(week))),
    ):
        mean = week.mean()
        mixed = Mean(mean.of.take(order), mean.groups[order])
        yield name, monte_carlo.solve(mixed, draws, 1, AT, engine).quantiles
    for threads in (2, 4):
        found = monte_carlo.solve(week_of((0, sites)), draws, 1, AT, engine, threads)
        yield f"{threads} threads", found.quantiles
    for step in (1, 2, 5):
        yield f"chunks of {step} sites", by_chunks(None, sites, step, engine, draws)
    for workers, client in ((1, one), (2, two)):
        yield f"dask, {workers} workers", by_chunks(client, sites, 2, engine, draws)
    more = monte_carlo.solve(week_of((0, sites + 2)), draws, 1, AT, engine).quantiles
    yield "two more sites", more[: 10 * sites]
