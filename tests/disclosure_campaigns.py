"""Random campaigns as tables, what is published of them, and what a reader knows then.

Areas of all sizes in two districts, loads in two rounds, detections by quarter with totals over
areas, districts and the year, a later list of areas that merges two, rates and a county mean. The
tables pass the guard of the package; `Weak` switches parts of it off, to see whether the attack
would notice.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from disclosure_attack import Knowledge, from_breaks, from_ranks, recovered, solve, spelt_in

from wbe.report import write_tiers_csv
from wbe.run import guard
from wbe.run.config import Privacy
from wbe.spatial.disclosure import Sum, sums_of
from wbe.spatial.schemes import breaks_of

PERIODS = ("2018Q1", "2018Q2", "2018Q3", "2018Q4")
YEAR, COUNTY = "2018", "county"
ROUNDS = ("2018Q1", "2018Q2")
SCHEMES = ("quantile", "relative", "fisher_jenks")
LABELS = ("general", "moderate", "severe")


@dataclass(frozen=True)
class Weak:
    """What is left undone: the negative controls."""

    complement: bool = False
    ranks: bool = False
    breaks: bool = False
    mean: bool = False
    samples: bool = False
    rates: bool = False
    log: bool = False


@dataclass
class Campaign:
    """The truth."""

    people: dict[str, float]
    loads: pd.DataFrame
    counts: pd.DataFrame
    wholes: dict[str, list[str]]
    scheme: str


@dataclass
class Public:
    """What everybody has: tables as files, and the relations that hold between their cells."""

    files: dict[str, bytes] = field(default_factory=dict)
    tiers: pd.DataFrame = field(default_factory=pd.DataFrame)
    counts: pd.DataFrame = field(default_factory=pd.DataFrame)
    breaks: list[float] = field(default_factory=list)
    mean: dict[str, float] = field(default_factory=dict)
    mean_of: dict[str, list[str]] = field(default_factory=dict)
    samples: float | None = None
    rates: dict[str, float] = field(default_factory=dict)


def campaign(seed: int) -> Campaign:
    """Draw one campaign; half of them have one area below 5,000 inhabitants, half more."""
    rng = np.random.default_rng(seed)
    areas = [f"T{k:02d}" for k in range(int(rng.integers(5, 10)))]
    people = {
        a: float(round(v)) for a, v in zip(areas, rng.lognormal(8.9, 0.9, len(areas)), strict=True)
    }
    alone = seed % 2 == 0  # a single hidden area has nobody to hide among
    if alone:
        people = {a: max(p, 5000.0) for a, p in people.items()}
    if alone or min(people.values()) >= 5000:
        people[areas[int(rng.integers(len(areas)))]] = 3217.0
    rows = []
    for label in ROUNDS:
        values = rng.lognormal(3.5, 1.0, len(areas))
        for area, value in zip(areas, values, strict=True):
            n = int(rng.integers(3, 9))
            rows.append((area, label, value, value * 0.6, value * 1.7, n, int(rng.integers(0, n))))
    columns = ["area", "round", "value", "lower", "upper", "n_samples", "n_censored"]
    half = len(areas) // 2
    wholes = {"D1": areas[:half], "D2": areas[half:], COUNTY: ["D1", "D2"], "M1": areas[-2:]}
    scheme = SCHEMES[int(rng.integers(len(SCHEMES)))]
    return Campaign(
        people, pd.DataFrame(rows, columns=columns), _counts(areas, wholes, rng), wholes, scheme
    )


def _counts(areas: Sequence[str], wholes: Mapping[str, Sequence[str]], rng: Any) -> pd.DataFrame:
    """Detections by area and period with all their totals."""
    level = rng.gamma(1.0, 9.0, len(areas))
    table = pd.DataFrame(rng.poisson(level, (len(PERIODS), len(areas))), PERIODS, list(areas))
    table.loc[YEAR] = table.sum()
    for whole, parts in wholes.items():
        table[whole] = table[list(parts)].sum(axis=1)
    long = table.T.stack().rename_axis(["area", "period"]).rename("count").reset_index()
    return long.astype({"count": float})


def relations(c: Campaign) -> list[Sum]:
    """Every sum between the cells of the counts."""
    years = sums_of(c.counts, "period", {YEAR: PERIODS}, ["area"])
    return years + sums_of(c.counts, "area", c.wholes, ["period"])


def publish(c: Campaign, privacy: Privacy, folder: Path, weak: Weak = Weak()) -> Public:
    """Pass the tables through the guard and write them."""
    out = Public()
    out.counts = _public_counts(c, privacy, weak)
    out.tiers, out.breaks = _public_tiers(c, privacy, weak)
    hidden = set(out.tiers.loc[out.tiers["value"].isna(), "area"])
    for label, own in c.loads.groupby("round"):
        used = own if weak.mean else own[~own["area"].isin(hidden)]
        if len(used):
            weights = used["area"].map(c.people)
            out.mean[label] = float((used["value"] * weights).sum() / weights.sum())
            out.mean_of[label] = used["area"].tolist()
    used = c.loads if weak.samples else c.loads[~c.loads["area"].isin(hidden)]
    out.samples = float(used["n_samples"].sum())
    shown = c.counts if weak.rates else out.counts
    for area, period, count in shown[["area", "period", "count"]].itertuples(index=False):
        if area in c.people and count == count:
            out.rates[f"{area}|{period}"] = count / c.people[area] * 1e5
    folder.mkdir(parents=True, exist_ok=True)
    write_tiers_csv(out.tiers, folder / "tiers.csv")
    write_tiers_csv(out.counts, folder / "counts.csv")
    record = {"breaks": out.breaks, "mean": out.mean, "samples": out.samples, "rates": out.rates}
    (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")
    said = [f"{len(hidden)} areas suppressed"]
    if weak.log and hidden:
        row = c.loads[c.loads["area"].isin(hidden)].iloc[0]
        said.append(f"computing {row['area']}: {row['value']:.5g}")
    (folder / "stderr").write_text("\n".join(said), encoding="utf-8")
    out.files = {file.name: file.read_bytes() for file in sorted(folder.iterdir())}
    return out


def _public_counts(c: Campaign, privacy: Privacy, weak: Weak) -> pd.DataFrame:
    sums = [] if weak.complement else relations(c)
    return guard.protected_counts(c.counts, c.people, privacy, sums, wholes=set(c.wholes))


def _public_tiers(c: Campaign, privacy: Privacy, weak: Weak) -> tuple[pd.DataFrame, list[float]]:
    table = c.loads.assign(
        tier="", p_general=0.2, p_severe=0.8, resolved=False, flags="", n_sites=5
    )
    hidden = guard.suppressed(table, c.people, privacy)
    ranked = table if weak.ranks else table[~hidden]
    table["rank"] = ranked.groupby("round")["value"].rank(ascending=False, method="min")
    table["rank_lower"], table["rank_upper"] = table["rank"], table["rank"]
    reference = table if weak.breaks else table[~hidden]
    values = reference.loc[reference["round"] == ROUNDS[0], "value"].to_numpy()
    breaks = breaks_of(values, c.scheme, len(LABELS), None)
    return guard.guarded(table, c.people, privacy), [float(b) for b in breaks]


def attack(c: Campaign, public: Public) -> list[str]:
    """Everything that a reader gets back of what is suppressed."""
    tiers = _read(public.files["tiers.csv"])
    record = json.loads(public.files["run.json"])
    truth, known = _loads(c, tiers, record, public.mean_of)
    found = [f"load {cell}" for cell in recovered(truth, solve(known, truth), persons=False)]
    found += _by_order(c, tiers, record["breaks"], truth)
    people, known = _persons(c, _read(public.files["counts.csv"]), record)
    found += [f"count {cell}" for cell in recovered(people, solve(known, people), persons=True)]
    found += _by_samples(c, tiers, record["samples"])
    return found + spelt_in(truth, public.files.items())


def _read(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def _loads(
    c: Campaign, tiers: list[dict[str, str]], record: Any, mean_of: Mapping[str, list[str]]
) -> tuple[dict[str, float], Knowledge]:
    known = Knowledge()
    for row in tiers:
        if row["value"]:
            value = float(row["value"])
            known.number(f"{row['area']}|{row['round']}", value, abs(value) * 5e-6)
    for label, areas in mean_of.items():
        total = sum(c.people[a] for a in areas)
        known.relation({f"{a}|{label}": c.people[a] / total for a in areas}, record["mean"][label])
    keys = c.loads["area"] + "|" + c.loads["round"]
    truth = dict(zip(keys, c.loads["value"], strict=True))
    return {cell: v for cell, v in truth.items() if cell not in known.low}, known


def _by_order(
    c: Campaign, tiers: list[dict[str, str]], breaks: list[float], truth: Mapping[str, float]
) -> list[str]:
    found = []
    for label in ROUNDS:
        own = [row for row in tiers if row["round"] == label]
        shown = {row["area"]: float(row["value"]) for row in own if row["value"]}
        ranks = {row["area"]: float(row["rank"]) for row in own if row["rank"]}
        hidden = [row["area"] for row in own if not row["value"]]
        ends = {}
        if len(hidden) == 1 and shown:
            ends = from_ranks(shown, ranks, hidden)
            found += [f"rank of {area}" for area in ends]
            if label == ROUNDS[0] and len(shown) >= len(LABELS):
                rule = lambda v: breaks_of(v, c.scheme, len(LABELS), None)  # noqa: E731
                low, high = from_breaks(list(shown.values()), breaks, rule)
                old = ends.get(hidden[0], (0.0, np.inf))
                ends[hidden[0]] = max(low, old[0]), min(high, old[1])
        found += recovered(truth, {f"{a}|{label}": e for a, e in ends.items()}, persons=False)
    return found


def _persons(
    c: Campaign, counts: list[dict[str, str]], record: Any
) -> tuple[dict[str, float], Knowledge]:
    known, table = Knowledge(), c.counts
    keys = (table["area"] + "|" + table["period"]).tolist()
    for row in counts:
        if row["count"]:
            known.number(f"{row['area']}|{row['period']}", float(row["count"]))
    for relation in relations(c):
        weights = {keys[part]: 1.0 for part in relation.parts}
        known.relation({**weights, keys[relation.whole]: -1.0})
    for cell, rate in record["rates"].items():
        known.number(f"rate {cell}", rate, rate * 1e-9)
        known.relation({f"rate {cell}": c.people[cell.split("|")[0]] / 1e5, cell: -1.0})
    small = {k: v for k, v in zip(keys, table["count"], strict=True) if k not in known.low}
    # What protects others is no secret by itself: small cells and those of small areas are.
    secret = {
        k: v for k, v in small.items() if 0 < v < 5 or c.people.get(k.split("|")[0], 1e9) < 5000
    }
    return secret, known


def _by_samples(c: Campaign, tiers: list[dict[str, str]], total: float) -> list[str]:
    """The samples of a single hidden area of one round: the total less those shown."""
    printed = sum(float(row["n_samples"]) for row in tiers if row["n_samples"])
    return ["n_samples"] if total != printed else []
