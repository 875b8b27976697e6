"""Random small campaigns as folders, run and published by the real commands.

`write` makes a synthetic campaign; `altered` gives one of which only what must stay hidden differs:
the results of the hidden areas, how many samples they have, and how many of these are non-detects.
"""

from __future__ import annotations

import csv
import json
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

DRUGS = ("methamphetamine", "ketamine")
COLUMNS = (
    "sample_id", "site", "date", "matrix", "mode", "analyte", "concentration", "unit", "lod", "loq",
    "flow", "flow_unit", "population", "population_basis", "population_date",
)  # fmt: skip
DATES = {"2024Q1": "2024-02-10", "2024Q2": "2024-05-10"}


@dataclass
class Town:
    """One area: its people, its sites and what they are."""

    name: str
    people: int
    sites: dict[str, str] = field(default_factory=dict)  # site -> type
    states: bool = True  # whether anybody says how many people live there

    @property
    def hidden(self) -> bool:
        """Whether a public output must not show it."""
        return not self.states or self.people < 5000 or "" not in self.sites.values()


def towns(seed: int) -> list[Town]:
    """Draw the areas of a campaign; one or two are small, unknown or an institution."""
    rng = np.random.default_rng(seed)
    found = []
    for k in range(int(rng.integers(5, 8))):
        people = int(rng.integers(6000, 90_000))
        found.append(Town(f"town{k}", people, {f"PT{k}{j}x": "" for j in range(3)}))
    kinds = rng.choice(4, size=int(rng.integers(1, 3)), replace=False)
    for town, kind in zip(found, kinds, strict=False):
        if kind == 0:
            town.people = int(rng.integers(300, 4999))
        elif kind == 1:
            town.states = False
        elif kind == 2:
            town.sites = dict.fromkeys(town.sites, "prison")
        else:  # one site of an institution among others: the town is shown without it
            town.sites |= {f"PT9{town.name}x": "school"}
    return found


def route(seed: int) -> str:
    """How per-capita loads are found: all that a campaign decides as a whole takes its turn."""
    return ("stated", "calibrated", "combined")[seed % 3]


def write(
    folder: Path, seed: int, *, salt: int = 0, language: str = "en", least: int = 5000
) -> Path:
    """Write a campaign; another `salt` alters only what must stay hidden."""
    (folder / "lab").mkdir(parents=True)
    places = towns(seed)
    _write_lab(folder / "lab" / "lab.csv", places, seed, salt)
    with (folder / "sites.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["site", "area", "lon", "lat", "crs", "type"])
        for k, town in enumerate(places):
            for j, (site, kind) in enumerate(town.sites.items()):
                x, y = 0.02 + 0.1 * k + 0.01234 * j, 0.0312 + 0.0123 * j
                writer.writerow([site, town.name, f"{x:.5f}", f"{y:.5f}", "wgs84", kind])
    (folder / "areas.geojson").write_text(json.dumps(_areas(places)), encoding="utf-8")
    _write_statistics(folder / "indicators.csv", places, seed)
    scheme = ("fisher_jenks", "quantile", "relative")[seed // 3 % 3]
    marker = '"0.6 mg/day/inhabitant"' if route(seed) == "stated" else "{ calibrate = true }"
    population = "combined" if route(seed) == "combined" else "as_given"
    (folder / "campaign.toml").write_text(
        f'schema = 1\ntitle = "Synthetic campaign {seed}"\nlanguage = "{language}"\n'
        '[data]\nsamples = ["lab/*.csv"]\nsites = "sites.csv"\nareas = "areas.geojson"\n'
        'indicators = "indicators.csv"\n'
        f'[estimate]\ndraws = 200\nseed = {seed}\npopulation = "{population}"\n'
        f"[markers]\ncotinine = {marker}\n"
        f'[tiers]\nscheme = "{scheme}"\nrounds = "quarter"\n'
        f"[privacy]\nmin_population = {least}\n",
        encoding="utf-8",
    )
    return folder


def _write_lab(path: Path, places: list[Town], seed: int, salt: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for k, town in enumerate(places):
            for label in DATES:
                for j, (site, kind) in enumerate(town.sites.items()):
                    secret = town.hidden or kind != ""
                    key = [seed, k, j, int(label[-1]), salt if secret else 0]
                    rng = np.random.default_rng(key)
                    # How many samples there are is a secret too; only that an institution was
                    # sampled at all is told, by the flag of its area.
                    if secret and rng.random() < 0.3 and not (kind and label == min(DATES)):
                        continue
                    _write_sample(writer, town, site, label, rng, _low(secret), route(seed))


def _low(secret: bool) -> tuple[str, ...]:
    """How a laboratory writes what it did not find; "ND" of hidden samples would tell of "<5"."""
    return ("<5", "ND") if secret else ("<5",)


def _write_sample(
    writer: Any, town: Town, site: str, label: str, rng: np.random.Generator,
    low: tuple[str, ...], way: str,
) -> None:  # fmt: skip
    plant = way != "stated" and (way == "combined" or rng.random() < 0.7)
    common = [f"SM-{site}-{label}", site, DATES[label]]
    common += ["wwtp_influent", "24h_composite"] if plant else ["open_channel", "grab"]
    flow = f"{town.people * rng.lognormal(-2.3, 0.2):.5g}"
    people = f"{town.people / len(town.sites):.0f}" if town.states else ""
    tail = [flow, "m3/d", people, "census", "2023"] if plant else ["", "", "", "", ""]
    for drug in DRUGS:
        value = rng.lognormal(5.5, 1.1)
        text = str(rng.choice(low)) if rng.random() < 0.15 else f"{value:.5g}"
        writer.writerow([*common, drug, text, "ng/L", "1.5", "5", *tail])
    writer.writerow(
        [*common, "cotinine", f"{rng.lognormal(7.5, 0.3):.5g}", "ng/L", "10", "30", *tail]
    )


def _write_statistics(path: Path, places: list[Town], seed: int) -> None:
    """Persons found in each town and round.

    Not altered: a reader may know the total, so that which other cell protects that of a hidden
    town depends on its size. `disclosure_campaigns` attacks statistics.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["area", "period", "indicator", "value", "unit", "basis", "definition"])
        for k, town in enumerate(places):
            for label in DATES:
                rng = np.random.default_rng([seed, 77, k, int(label[-1])])
                count = int(rng.poisson(rng.gamma(2.0, 10.0))) + 10
                writer.writerow([town.name, label, "found", count, "persons", "event", "v1"])


def _areas(places: list[Town]) -> dict[str, Any]:
    features = []
    for k, town in enumerate(places):
        x = 0.1 * k
        ring = [[x, 0], [x + 0.1, 0], [x + 0.1, 0.1], [x, 0.1], [x, 0]]
        properties: dict[str, Any] = {"area": town.name, "name": town.name.title()}
        if town.states:
            properties["population"] = town.people
        shape = {"type": "Polygon", "coordinates": [ring]}
        features.append({"type": "Feature", "properties": properties, "geometry": shape})
    return {"type": "FeatureCollection", "features": features}


def public_files(folder: Path, logs: str) -> dict[str, bytes]:
    """Everything that is public: the publication, and what the commands printed."""
    files = {file.name: file.read_bytes() for file in sorted(folder.iterdir())}
    for name in [n for n in files if n.endswith(".gpkg")]:
        files |= {f"{name}!{table}": text for table, text in _dumped(folder / name)}
    return files | {"logs": logs.encode()}


def _dumped(path: Path) -> list[tuple[str, bytes]]:
    """Every table of a GeoPackage as text, those that no program shows among them."""
    with sqlite3.connect(path) as base:
        tables = [r[0] for r in base.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        rows = {t: base.execute(f'SELECT * FROM "{t}"').fetchall() for t in tables}
    return [(t, "\n".join(map(repr, found)).encode()) for t, found in rows.items()]
