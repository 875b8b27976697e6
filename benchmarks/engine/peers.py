"""The same work as others would write it. All take (week, draws, seed).

Each returns the quantiles of the means over the days, shape (mean, 3), and takes those of every
row on the way.
"""

from __future__ import annotations

import csv
import importlib.util
import json
import math
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from engine.problem import AT, BIAS, DOSE, EXCRETED, MEDIAN_EXCRETED, SAMPLING, Floats, Week

R_SCRIPT = Path(__file__).with_name("peer.R")


def per_row_loop(week: Week, draws: int, seed: int) -> Floats:
    """A loop over the rows that draws every factor for every row: the errors of a week shrink."""
    rng = np.random.default_rng(seed)
    rows, means = [], []
    total = np.zeros(draws)
    for i in range(len(week)):
        x = week.central[i] * rng.lognormal(0, BIAS, draws)
        x = x * rng.lognormal(0, week.repeatability[i], draws) * rng.lognormal(0, SAMPLING, draws)
        x = x * rng.lognormal(0, week.flow[i], draws) / rng.lognormal(0, week.population[i], draws)
        x = x / rng.lognormal(0, DOSE, draws) * MEDIAN_EXCRETED / rng.beta(*EXCRETED, draws)
        rows.append(np.quantile(x, AT))
        total = total + x
        if (i + 1) % week.days == 0:
            means.append(np.quantile(total / week.days, AT))
            total = np.zeros(draws)
    return np.array(means)


def pandas_apply(week: Week, draws: int, seed: int) -> Floats:
    """`DataFrame.apply` row by row."""
    rng = np.random.default_rng(seed)
    columns = ("central", "repeatability", "flow", "population", "site", "drug")
    table = pd.DataFrame({name: getattr(week, name) for name in columns})

    def row(r: pd.Series) -> Floats:
        errors = np.array([BIAS, r["repeatability"], SAMPLING, r["flow"], r["population"], DOSE])
        x = r["central"] * np.exp(rng.normal(0, errors[:, None], (6, draws)).sum(axis=0))
        return x * MEDIAN_EXCRETED / rng.beta(*EXCRETED, draws)

    table["x"] = table.apply(row, axis=1)
    table["quantiles"] = table["x"].apply(lambda x: np.quantile(x, AT))
    means = table.groupby(["site", "drug"])["x"].apply(
        lambda x: np.quantile(np.stack(x.to_list()).mean(axis=0), AT)
    )
    return np.stack(means.to_list())


def materialised(week: Week, draws: int, seed: int) -> Floats:
    """Every draw of every row at once, with shared errors kept shared."""
    x = _drawn(week, draws, np.random.default_rng(seed))
    np.quantile(x, AT, axis=1)
    return np.quantile(x.reshape(-1, week.days, draws).mean(axis=1), AT, axis=1).T


def _drawn(week: Week, draws: int, rng: np.random.Generator) -> Floats:
    _, site = np.unique(week.site, return_inverse=True)
    drugs, days = week.drug.max() + 1, week.day.max() + 1
    sample = site * days + week.day
    flow = rng.normal(size=(site.max() + 1, draws))[site] * week.flow[:, None]
    population = rng.normal(size=(site.max() + 1, draws))[site] * week.population[:, None]
    log = np.log(week.central)[:, None] + BIAS * rng.normal(size=(drugs, draws))[week.drug]
    log = log + week.repeatability[:, None] * rng.normal(size=(len(week), draws))
    log = log + SAMPLING * rng.normal(size=(sample.max() + 1, draws))[sample] + flow - population
    log = log - DOSE * rng.normal(size=(drugs, draws))[week.drug]
    return np.exp(log) * (MEDIAN_EXCRETED / rng.beta(*EXCRETED, (drugs, draws)))[week.drug]


def linear(week: Week, draws: int, seed: int) -> Floats:
    """`uncertainties`: linear propagation; the interval is the mean and 1.96 sd to both sides."""
    from uncertainties import ufloat

    one: dict[tuple[str, object], object] = {}

    def error(name: str, key: object, sd: float, at: float = 1.0):  # type: ignore[no-untyped-def]
        return one.setdefault((name, key), ufloat(at, sd))

    a, b = EXCRETED
    share, share_sd = a / (a + b), math.sqrt(a * b / (a + b + 1)) / (a + b)
    means, rows = [], []
    for i in range(len(week)):
        site, drug, day = week.site[i], week.drug[i], week.day[i]
        x = week.central[i] * error("bias", drug, BIAS) * ufloat(1.0, week.repeatability[i])
        x = x * error("sampling", (site, day), SAMPLING) * error("flow", site, week.flow[i])
        x = x / error("population", site, week.population[i])
        x = x / error("dose", drug, DOSE) * MEDIAN_EXCRETED
        rows.append(x / error("excretion", drug, share_sd, share))
    for i in range(0, len(rows), week.days):
        mean = sum(rows[i : i + week.days]) / week.days
        means.append([mean.n - 1.96 * mean.s, mean.n, mean.n + 1.96 * mean.s])
    [(x.n, x.s) for x in rows]
    return np.array(means)


def mcerp(week: Week, draws: int, seed: int) -> Floats:
    """`mcerp`: Latin hypercubes behind operators, shared errors kept shared."""
    import mcerp as m
    from mcerp import umath

    np.random.seed(seed)
    m.npts = draws
    one: dict[tuple[str, object], object] = {}

    def error(name: str, key: object, sd: float):  # type: ignore[no-untyped-def]
        if (name, key) not in one:
            one[name, key] = m.N(0, sd)
        return one[name, key]

    rows = []
    for i in range(len(week)):
        site, drug, day = week.site[i], week.drug[i], week.day[i]
        log = math.log(week.central[i]) + error("bias", drug, BIAS)
        log = log + m.N(0, week.repeatability[i]) + error("sampling", (site, day), SAMPLING)
        log = log + error("flow", site, week.flow[i])
        log = log - error("population", site, week.population[i])
        log = log - error("dose", drug, DOSE)
        share = one.setdefault(("excretion", drug), m.Beta(*EXCRETED))
        rows.append(MEDIAN_EXCRETED * umath.exp(log) / share)
        np.quantile(rows[-1]._mcpts, AT)
    means = [sum(rows[i : i + week.days]) / week.days for i in range(0, len(rows), week.days)]
    return np.array([np.quantile(mean._mcpts, AT) for mean in means])


def in_r(week: Week, draws: int, seed: int) -> tuple[Floats, float, float]:
    """Base R, a vector of draws a row; also its CPU seconds and peak memory [bytes].

    R says itself what it used, so that its start does not count.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "week.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            out = csv.writer(file)
            out.writerow(["central", "repeatability", "flow", "population"])
            out.writerows(
                zip(week.central, week.repeatability, week.flow, week.population, strict=True)
            )
        facts = (BIAS, SAMPLING, DOSE, *EXCRETED, MEDIAN_EXCRETED, week.days, draws, seed)
        command = ["Rscript", "--vanilla", str(R_SCRIPT), str(path), *map(str, facts)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    found = json.loads(done.stdout)
    return np.array(found["means"]).reshape(-1, 3), found["cpu"], found["peak"]


Peer = Callable[[Week, int, int], Floats]

PEERS: dict[str, Peer] = {
    "per-row loop": per_row_loop,
    "pandas.apply": pandas_apply,
    "numpy, materialised": materialised,
    "uncertainties (linear)": linear,
    "mcerp": mcerp,
}
REDRAWS = ("per-row loop", "pandas.apply", "R")
"""Those that draw shared errors anew for each row, as such scripts do."""


def absent() -> dict[str, str]:
    """Return the peers that cannot run here, and what would bring them."""
    out = {}
    for name, module in (("uncertainties (linear)", "uncertainties"), ("mcerp", "mcerp")):
        if importlib.util.find_spec(module) is None:
            out[name] = f"pip install {module}"
    if shutil.which("Rscript") is None:
        out["R"] = "Rscript is not on the path (Debian: r-base-core)"
    return out
