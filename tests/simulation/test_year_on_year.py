"""The change from the year before, in synthetic plants whose every day is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wbe.recipes import published

PLANTS, DAYS = 200, 18


def _campaign(rng: np.random.Generator) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Sampled days of all plants with errors of flow, laboratory and sample, and true changes."""
    rows: list[pd.DataFrame] = []
    change = np.empty(PLANTS)
    for k in range(PLANTS):
        meter, means = rng.lognormal(0, 0.2), []
        for year in (2023, 2024):
            first = np.datetime64(f"{year}-01-01")
            every = np.arange(first, np.datetime64(f"{year}-04-01"))
            true = rng.uniform(20, 80) * rng.lognormal(0, 0.3, len(every))
            drawn = np.sort(rng.choice(len(every), DAYS, replace=False))
            own = rng.lognormal(0, np.sqrt(np.log1p(0.15**2) + np.log1p(0.1**2)), DAYS)
            found = true[drawn] * meter * own
            rows.append(pd.DataFrame({"site": f"{k:03d}", "date": every[drawn], "load": found}))
            means.append(true.mean())
        change[k] = 100 * (means[1] / means[0] - 1)
    table = pd.concat(rows)
    return {name: table[name].to_numpy() for name in table}, change


@pytest.mark.slow
def test_intervals_hold_the_true_change_in_their_share_of_plants() -> None:
    data, change = _campaign(np.random.default_rng(42))
    samples = published.samples_of(
        {"methamphetamine": data["load"] * 4.0}, flow=50_000.0, population=200_000.0,
        site=data["site"].astype(str), date=data["date"], population_basis="served",
    )  # fmt: skip
    table = published.provincial_platform(samples, draws=1000)
    own = table[(table["statistic"] == "year_on_year") & (table["quantity"] == "pn_mass_load")]
    own = own.sort_values("place")
    assert len(own) == PLANTS
    held = (own["lower"].to_numpy() <= change) & (change <= own["upper"].to_numpy())
    assert 0.93 <= held.mean() <= 1.0  # rather too wide: errors of single days count twice
    assert (own["upper"] - own["lower"]).median() < 100  # and not useless
