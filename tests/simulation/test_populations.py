"""Inverse simulation of populations: concentrations from known people, people from concentrations.

Synthetic towns, simulated by plain numpy: their marker concentrations follow from a known
population with errors at their levels; the package sees the concentrations alone.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from builders import build_samples

from wbe.recipes import estimate, populations

TOWNS = 2_000
LOADS = {"ammonium": (7.5e3, 0.25), "cotinine": (0.6, 0.35), "TN": (10e3, 0.2)}
"""Marker -> load [mg/day/inhabitant], rsd between towns."""
MARKERS = {
    name: {"value": f"{value} mg/day/inhabitant", "rsd": rsd}
    for name, (value, rsd) in LOADS.items()
}
BAND = (0.93, 0.97)


def log_sd(rsd: float) -> float:
    return float(np.sqrt(np.log1p(rsd**2)))


def simulated(seed: int, spread: bool, disagreement: float = 0.0, census: bool = True):
    """Return synthetic samples, one a town and laboratory, and their true populations."""
    rng = np.random.default_rng(seed)

    def error(rsd: float) -> np.ndarray:
        return np.exp(rng.normal(0, log_sd(rsd) if spread else 0.0, TOWNS))

    def apart() -> np.ndarray:
        return np.exp(rng.normal(0, disagreement, TOWNS)) if disagreement else np.ones(TOWNS)

    people = np.exp(rng.uniform(np.log(5e3), np.log(5e5), TOWNS))
    flow = people * np.exp(rng.normal(np.log(0.25), 0.4, TOWNS))
    metered, bottle = flow * error(0.10), error(0.10)
    found = {
        name: load * error(rsd) * people / (flow * 1e-3)
        * bottle * error(0.10) * error(0.15) * apart()
        for name, (load, rsd) in LOADS.items()
    }  # fmt: skip
    # of a product of errors with median 1, the one that divides is as likely above as below
    town = [f"t{k:04d}" for k in range(TOWNS)]
    samples = build_samples(
        {name: list(values) for name, values in found.items()},
        site=town, area=town, lab=town, flow=list(metered),
        population=list(people * error(0.20) * apart()) if census else np.nan,
    )  # fmt: skip
    return samples, people


def covered(table: pd.DataFrame, source: str, people: np.ndarray) -> float:
    rows = table[table["source"] == source]
    assert len(rows) == len(people)
    return float(((rows["lower"] <= people) & (people <= rows["upper"].to_numpy())).mean())


def test_populations_without_spread_are_recovered():
    samples, people = simulated(1, spread=False)
    table = populations(estimate(samples, draws=0, markers=MARKERS))
    for source in ("as_given", *LOADS, "combined"):
        got = table.loc[table["source"] == source, "population"].to_numpy()
        assert np.abs(got / people - 1).max() < 1e-9, source


@pytest.mark.parametrize("census", [True, False])
def test_intervals_of_populations_cover_the_truth(census):
    samples, people = simulated(2, spread=True, census=census)
    table = populations(estimate(samples, draws=1, markers=MARKERS))
    for source in (*LOADS, "combined"):
        assert BAND[0] <= covered(table, source, people) <= BAND[1], source


def test_a_disagreement_beyond_the_stated_errors_is_found_and_covered():
    samples, people = simulated(3, spread=True, disagreement=0.3)
    table = populations(estimate(samples, draws=1, markers=MARKERS))
    assert table.attrs["disagreement"]["log_sd"] == pytest.approx(0.3, rel=0.05)
    assert BAND[0] <= covered(table, "combined", people) <= BAND[1]
    assert covered(table, "TN", people) < BAND[0]  # alone it does not know that others disagree


def test_drawing_the_flow_anew_for_every_marker_would_cover_too_little():
    """The naive way, as a control that the test would see it: markers taken as independent."""
    samples, people = simulated(4, spread=True, census=False)
    table = populations(estimate(samples, draws=1, markers=MARKERS))
    width = [
        np.log(rows["upper"] / rows["lower"]).to_numpy() / (2 * 1.959964)
        for rows in (table[table["source"] == name] for name in LOADS)
    ]
    naive = np.sqrt(1 / sum(w**-2 for w in width))
    centre = np.log(table.loc[table["source"] == "combined", "population"].to_numpy())
    inside = np.abs(centre - np.log(people)) <= 1.959964 * naive
    assert inside.mean() < BAND[0]
