"""What the uncertainty engine costs and how exact it is, beside others on the same work.

Prints the bars, every strategy's time, memory and error, and how time grows with rows and draws.
CPU time, taken in turn in one process; peak memory of processes of their own; errors against 10^7
draws by plain numpy. Peers that are not installed are left out, and the table says so. Nothing
fails where a bar is missed: machines differ.

    python benchmarks/engine_cost.py              some minutes; 50,000 rows stand for all
    python benchmarks/engine_cost.py --national   1.12 million rows x 10,000 draws, once an engine
    python benchmarks/engine_cost.py --quick      about a minute: fewer repeats, rows, draws
    ... --docs docs/_static                       also writes the table and the figure of the docs
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from engine import breaks, figure, measure, ours, peers, problem, workers
from engine.measure import Times, child, machine
from engine.problem import Floats, Week, weeks
from engine.reference import Reference, reference

from wbe.uncertainty import fft, monte_carlo


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    repeats: int = 7
    rows: int = 700
    draws: int = 10_000
    reference: int = 10_000_000
    seeds: int = 20
    areas: int = 125
    row_counts: tuple[int, ...] = (1_050, 4_900, 20_020)
    draw_counts: tuple[int, ...] = (1_000, 10_000, 100_000, 1_000_000)
    sites: int = workers.SITES


QUICK = Size(3, 210, 10_000, 2_000_000, 5, 25, (210, 1_050), (1_000, 10_000, 100_000), 32)
FEW = {"mcerp": 14, "R": 70}
"""Rows of what is too slow for all: their time grows with the rows."""
PER_ROW = next(iter(peers.PEERS))
NUMPY, NUMBA, FFT = "numpy engine", "numba engine", "FFT"
SET_ROWS, SET_MEANS, SET_DRAWN = "rows by FFT", "means by FFT", "rows by draws"

NORMALS = 8 / 7
"""Normals a row and draw: its own, and one that the seven rows of a mean have in common."""

Table = list[tuple[str, ...]]


def strategies() -> dict[str, Callable[[Week, int, int], object]]:
    """Return what can run here."""
    gone = peers.absent()
    out: dict[str, Callable[[Week, int, int], object]] = {
        name: peer for name, peer in peers.PEERS.items() if name not in gone
    }
    if "R" not in gone:
        out["R"] = lambda week, draws, seed: measure.Elsewhere(peers.in_r(week, draws, seed)[1])
    out |= {f"{engine} engine": ours.with_rows(engine) for engine in ours.ENGINES}
    return out | {FFT: ours.exact_both}


def timed(size: Size) -> Times:
    """Time every strategy, and what the engines are held against, in turn."""

    def job(name: str, work: Callable[[Week, int, int], object]) -> measure.Job:
        few = min(size.rows, FEW.get(name, size.rows))
        pieces = [weeks(size.rows, first_site=100 * k) for k in range(size.repeats + 1)]
        return lambda k: work(pieces[k].take(np.arange(few)), size.draws, k)

    jobs = {name: job(name, work) for name, work in strategies().items()}
    models = [weeks(size.rows, first_site=100 * k).mean() for k in range(size.repeats + 1)]
    for engine in ours.ENGINES:
        jobs[f"{engine} means"] = ours.solved(models, engine, size.draws, rows=False)
        jobs[f"{engine} rows"] = ours.solved(models, engine, size.draws, rows=True)
    jobs |= {
        SET_ROWS: lambda k: fft.solve(models[k].of, problem.AT),
        SET_MEANS: lambda k: fft.solve(models[k], problem.AT),
        SET_DRAWN: lambda k: monte_carlo.solve(models[k].of, size.draws, k, problem.AT),
        "SFC64 normals": ours.sfc64(size.rows * size.draws),
    }
    if ours.HAS_NUMBA:
        jobs |= ours.components(size.rows * size.draws, size.draws)
    return Times(jobs, size.repeats)


def errors(size: Size, one: Week, truth: Reference) -> dict[str, Floats]:
    """Return relative errors of a mean: root mean square over seeds, absolute without draws."""

    def wrong(solve: Callable[[Week, int, int], Floats], seeds: int) -> Floats:
        found = [truth.wrong(solve(one, size.draws, seed)[0]) for seed in range(1, seeds + 1)]
        return np.sqrt(np.square(found).mean(axis=0))

    gone = peers.absent()
    out = {}
    for name, peer in peers.PEERS.items():
        if name not in gone:
            out[name] = wrong(peer, 1 if "linear" in name else size.seeds)
    if "R" not in gone:
        out["R"] = wrong(lambda *given: peers.in_r(*given)[0], min(size.seeds, 5))
    for engine in ours.ENGINES:
        out[f"{engine} engine"] = wrong(ours.means(engine), 10 * size.seeds)
    return out | {FFT: wrong(ours.exact_means, 1)}


def doubled(size: Size) -> Floats:
    """Return the largest relative errors of FFT against doubled resolution, by quantile."""
    week = weeks(size.rows)
    mean = weeks(210).mean()
    worst = []
    for model in (week.product(), mean):
        once, twice = (fft.solve(model, problem.AT, finer).quantiles for finer in (1.0, 2.0))
        worst.append(np.abs(once / twice - 1).max(axis=0))
    return np.maximum(*worst)


def peaks(size: Size, names: list[str]) -> dict[str, float]:
    """Return the peak memory of each strategy in a process of its own [bytes]."""
    rows = {name: min(size.rows, FEW.get(name, size.rows)) for name in names}
    return {name: child("peak", name, rows[name], size.draws)["peak"] for name in names}


def strategy_table(
    size: Size, times: Times, memory: dict[str, float], wrong: dict[str, Floats]
) -> Table:
    """Return time, memory and error of every strategy."""
    out: Table = [("strategy", "us a row", "M cells/s", "x loop", "peak MiB", "error %", "")]
    for name in memory:
        rows = min(size.rows, FEW.get(name, size.rows))
        cost = times.median(name) / rows
        gain = times.median(PER_ROW) / size.rows / cost
        error = " / ".join(f"{100 * e:.2g}" for e in wrong[name])
        note = "draws shared errors anew for each row" if name in peers.REDRAWS else ""
        note = f"{rows} rows measured" if name in FEW and not note else note
        cells = "" if name in (FFT, "uncertainties (linear)") else f"{size.draws / cost / 1e6:.1f}"
        mib = f"{memory[name] / 2**20:.0f}"
        out.append((name, f"{1e6 * cost:.3g}", cells, f"{gain:.3g}", mib, error, note))
    return out + [(name, "", "", "", "", "", f"not here: {why}") for name, why in
                  peers.absent().items()]  # fmt: skip


def _bar(text: str, value: float, bar: float, *, most: bool = False, show: str = ".3g",
         note: str = "") -> tuple[str, ...]:  # fmt: skip
    met = value <= bar if most else value >= bar
    sign = "<=" if most else ">="
    return text, f"{value:{show}}", f"{sign} {bar:g}", "yes" if met else "NO", note


def engine_bars(times: Times, size: Size) -> Table:
    """Return the bars of time in one process."""
    raw, mine = "SFC64 normals", "numba normals"
    normal = f"{size.rows * size.draws / times.median(raw) / 1e6:.0f} M normals/s"
    out = [
        _bar("numpy engine over SFC64, means only", times.ratio(raw, "numpy means"), 0.5,
             note=normal),
        _bar("numpy engine over SFC64, with row quantiles", times.ratio(raw, "numpy rows"), 0.35),
    ]  # fmt: skip
    if ours.HAS_NUMBA:
        normal = f"{size.rows * size.draws / times.median(mine) / 1e6:.0f} M normals/s"
        alone, parts = roofline(rows=False), roofline(rows=True)
        roof = times.share(alone, "numba means")
        out += [
            _bar("numba engine over its own normals, means only",
                 NORMALS * times.ratio(mine, "numba means"), 0.6,
                 note=f"{normal}; its components alone give {NORMALS * _best(times, alone):.2g}; "
                 f"cells a normal: {times.ratio(mine, 'numba means'):.3g}"),
            _bar("numba engine over its components, with row quantiles",
                 times.share(parts, "numba rows"), 0.9, note=f"means only: {roof:.2g}"),
        ]  # fmt: skip
    out.append(_bar("numpy engine over the per-row loop", times.ratio(PER_ROW, NUMPY), 8))
    if ours.HAS_NUMBA:
        out.append(_bar("numba engine over the per-row loop", times.ratio(PER_ROW, NUMBA), 20))
    return out


def roofline(rows: bool) -> list[tuple[float, str]]:
    """Return how often a row needs each component: a mean of 7 rows has a normal of its own."""
    return [
        (NORMALS, "numba normals"),
        (NORMALS, "numba exp"),
        (1.0, "numba mean"),
        (float(rows), "numba scale"),
        (rows + NORMALS - 1, "numba select"),
    ]


def _best(times: Times, parts: list[tuple[float, str]]) -> float:
    """Return the normals' time over that of all components: no engine of these parts has more."""
    return times.median("numba normals") / sum(w * times.median(p) for w, p in parts)


def exact_bars(size: Size, times: Times, wrong: dict[str, Floats], truth: Reference,
               one: Week) -> Table:  # fmt: skip
    """Return the bars of the FFT."""
    resolved = doubled(size)
    apart = truth.standard_errors(ours.exact_means(one)[0])
    drawn = ", ".join(f"{100 * e / q:.2g}" for e, q in zip(truth.errors, truth.quantiles,
                                                         strict=True))  # fmt: skip
    return [
        _bar("FFT over the numpy engine, rows: time", times.ratio(SET_DRAWN, SET_ROWS), 3),
        _bar("FFT over the numpy engine, weekly means: time",
             times.ratio("numpy means", SET_MEANS), 3),
        _bar("FFT over the numpy engine: error", float((wrong[NUMPY] / resolved.max()).min()), 20,
             note="error of the FFT against doubled resolution"),
        _bar("FFT against doubled resolution [%]", 100 * float(resolved.max()), 0.02, most=True,
             show=".2g"),
        _bar(f"FFT against {size.reference:.0e} draws [standard errors]", apart, 4, most=True,
             show=".2g", note=f"one is {drawn} %"),
    ]  # fmt: skip


def national_bars(size: Size, areas: int, scaling: figure.Scaling) -> Table:
    """Return the bars of many areas; scaled where fewer than all are solved."""
    out: Table = []
    for engine in ours.ENGINES:
        found = child("national", engine, areas, size.draws, 2, size.repeats)
        rows = int(found["rows"])
        part = "" if areas == problem.AREAS else " (SCALED: --national solves all 1,120,000)"
        what = f"{rows:,} rows, {engine}"
        seconds = f"{found['cpu']:.0f} CPU-s, {found['wall']:.0f} s wall, 2 threads{part}"
        out += [
            _bar(f"{what}: peak memory [MiB]", found["peak"] / 2**20, 512, most=True, show=".0f",
                 note=seconds),
            _bar(f"{what}: time a row over that of 10,000", found["row"] / found["few"], 1.1,
                 most=True),
        ]  # fmt: skip
        scaling.rows.setdefault(f"{engine} engine", []).append((rows, found["cpu"]))
    return out


def worker_bars(size: Size) -> Table:
    """Return the bars of workers and of bits."""
    if not workers.HAS_DASK:
        return [("2 workers over 1, equal numbers", "", "", "not here", "dask is not installed")]
    engine, plain = workers.speedup(size.repeats, size.draws, size.sites)
    tried, wrong = workers.differing()
    equal = "; ".join(wrong) or "rows reversed and shuffled, threads, chunks, workers, more sites"
    return [
        _bar("2 workers over 1", engine, 1.7, note=f"plain normals on this machine: {plain:.2g}"),
        (f"{tried} other ways to the same numbers", "equal" if not wrong else "differ",
         "bitwise equal", "NO" if wrong else "yes", equal),
    ]  # fmt: skip


def breaks_bars(repeats: int) -> Table:
    """Return the bars of Fisher-Jenks: of three tiers, with five beside them."""
    out: Table = []
    found = {tiers: breaks.measured(tiers, repeats) for tiers in (3, 5)}
    times, above = found[3]
    cost = f"{1e3 * times.median('wbe') / breaks.DRAWS:.2g} ms a draw"
    for name, bar in (("mapclassify", 30), ("jenkspy", 15)):
        text = f"Fisher-Jenks, {breaks.AREAS:,} areas, 3 tiers, over {name}"
        if name in times.seconds:
            more = f"5 tiers: {found[5][0].ratio(name, 'wbe'):.3g} times"
            note = f"{cost}; its sum of squares over ours: {above[name]:+.0e}; {more}"
            out.append(_bar(text, times.ratio(name, "wbe"), bar, note=note))
        else:
            out.append((text, "", f">= {bar}", "not installed", cost))
    return out


def scaled(size: Size) -> figure.Scaling:
    """Time the engines over numbers of rows and of draws."""
    out = figure.Scaling({}, {})
    solvers = {f"{engine} engine": ours.with_rows(engine) for engine in ours.ENGINES}
    for rows in size.row_counts:
        jobs: dict[str, measure.Job] = {}
        for name, solve in (solvers | {FFT: ours.exact_both}).items():
            jobs[name] = _scaling_job(solve, rows, size.draws)
        if rows == size.row_counts[0]:
            jobs[PER_ROW] = _scaling_job(peers.per_row_loop, rows, size.draws)
        _keep(out.rows, rows, Times(jobs, size.repeats))
    for draws in size.draw_counts:
        jobs = {name: _scaling_job(solve, 70, draws) for name, solve in solvers.items()}
        if draws <= size.draws:
            jobs[PER_ROW] = _scaling_job(peers.per_row_loop, 70, draws)
        _keep(out.draws, draws, Times(jobs, size.repeats))
    return out


def _scaling_job(solve: Callable[[Week, int, int], object], rows: int, draws: int) -> measure.Job:
    return lambda k: solve(weeks(rows, first_site=1_000 * k), draws, k)


def _keep(into: dict[str, list[tuple[float, float]]], x: int, times: Times) -> None:
    for name in times.seconds:
        into.setdefault(name, []).append((x, times.median(name)))


def markdown(rows: Table) -> str:
    """Return a table as Markdown that is also aligned for the eye."""
    width = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    lines = ["| " + " | ".join(c.ljust(w) for c, w in zip(row, width, strict=True)) + " |"
             for row in rows]  # fmt: skip
    rule = "|" + "|".join("-" * (w + 2) for w in width) + "|"
    return "\n".join([lines[0], rule, *lines[1:]]) + "\n"


def _shown(title: str, table: Table) -> str:
    text = f"{title}\n\n{markdown(table)}"
    print(text, flush=True)
    return text


def main() -> None:
    """Measure, print, and write what the docs show."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="about a minute")
    parser.add_argument("--national", action="store_true", help="all 1.12 million rows")
    parser.add_argument("--docs", type=Path, help="folder for engine-cost.txt and engine-cost.svg")
    options = parser.parse_args()
    size = QUICK if options.quick else Size()
    print(where := f"Measured on {machine()}. All data are synthetic.\n", flush=True)
    one = weeks(70).take(np.arange(7))
    truth = reference(one, size.reference)
    wrong = errors(size, one, truth)
    times = timed(size)
    title = (
        f"{size.rows} rows x {size.draws:,} draws, quantiles of rows and of weekly means; median "
        f"of {size.repeats} repeats in turn; error at 2.5 / 50 / 97.5 % of one weekly mean against "
        f"{size.reference:,} draws"
    )
    memory = peaks(size, list(strategies()))
    text = [where, _shown(title, strategy_table(size, times, memory, wrong))]
    scaling = scaled(size)
    bars = [("bar", "measured", "set", "met", "note"), *engine_bars(times, size)]
    bars += exact_bars(size, times, wrong, truth, one)
    bars += national_bars(size, problem.AREAS if options.national else size.areas, scaling)
    bars += worker_bars(size) + breaks_bars(size.repeats)
    text += [_shown("Bars", bars), _shown("CPU seconds", scaling.table(size.draws))]
    if options.docs:
        options.docs.mkdir(parents=True, exist_ok=True)
        (options.docs / "engine-cost.txt").write_text("\n".join(text), "utf-8", newline="\n")
        figure.draw(scaling, size.draws, options.docs / "engine-cost.svg")


if __name__ == "__main__":
    main()
