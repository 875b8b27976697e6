"""What runs in a process of its own: ``python -m engine.child WHAT ...`` prints JSON.

``peak NAME ROWS DRAWS``: one strategy once. ``national ENGINE AREAS DRAWS THREADS REPEATS``: time a
row of 25 areas, repeated, and then of all of them, once.
"""

from __future__ import annotations

import json
import statistics
import sys
import time

from engine.measure import peak

CHUNK = 25
"""Areas that are solved together: 10,000 rows."""


def strategy(name: str, rows: int, draws: int) -> dict[str, float]:
    """Run a strategy once."""
    from engine import ours, peers
    from engine.problem import weeks

    week = weeks(rows)
    if name == "R":
        return {"peak": peers.in_r(week, draws, 1)[2]}
    engine = name.split()[0]
    work = peers.PEERS.get(name) or (ours.exact_both if engine == "FFT" else ours.with_rows(engine))
    work(week, draws, 1)
    return {"peak": peak()}


def national(engine: str, areas: int, draws: int, threads: int, repeats: int) -> dict[str, float]:
    """Solve all areas, a chunk at a time."""
    _solve(engine, 1, draws, threads)  # imports and compiles
    few = statistics.median(_solve(engine, CHUNK, draws, threads)[0] for _ in range(repeats))
    cpu, wall, rows = _solve(engine, areas, draws, threads)
    seconds = {"cpu": cpu, "wall": wall, "row": cpu / rows, "few": few / (CHUNK * rows / areas)}
    return {**seconds, "rows": rows, "peak": peak()}


def _solve(engine: str, areas: int, draws: int, threads: int) -> tuple[float, float, int]:
    from engine import problem
    from wbe.uncertainty import monte_carlo

    cpu, wall, rows = time.process_time(), time.perf_counter(), 0
    for first in range(0, areas, CHUNK):
        model = problem.areas(first, min(first + CHUNK, areas))
        found = monte_carlo.solve_with_rows(model, draws, 1, problem.AT, engine, threads)
        rows += len(found[1].mean)
    return time.process_time() - cpu, time.perf_counter() - wall, rows


def main(what: str, *given: str) -> None:
    if what == "peak":
        found = strategy(given[0], int(given[1]), int(given[2]))
    else:
        found = national(given[0], *map(int, given[1:]))
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
