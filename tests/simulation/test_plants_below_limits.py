"""Do the mean loads of plants with many results below limits hold their truth? Synthetic cities.

The generator of data/samples/city-centre redraws levels, days and errors for every seed. Its
benzoylecgonine lies below the LOQ on half of the days or more at most plants, its MDMA at some.
"""

from __future__ import annotations

import datetime as dt
import sys
from dataclasses import dataclass

import numpy as np
import pytest

import wbe

DRUGS = {"benzoylecgonine": "cocaine", "MDMA": "MDMA"}
WINTER = {"first": dt.date(2023, 1, 1), "last": dt.date(2023, 3, 31)}
MANY = 0.3
"""Share of results below limits from which a value counts here."""


@dataclass
class Tally:
    """Area values with many non-detects: how many, how many covered, their log ratios to truth."""

    covered: int
    logs: np.ndarray

    @property
    def bias(self) -> float:
        return float(np.exp(self.logs.mean()) - 1)

    @property
    def coverage(self) -> float:
        return self.covered / len(self.logs)


@pytest.fixture(scope="module")
def generator(root):
    sys.path.insert(0, str(root / "data" / "samples"))
    import generate_city_centre

    yield generate_city_centre
    sys.path.remove(str(root / "data" / "samples"))


def count(generator, seeds: range) -> Tally:
    """Values of both drugs in one winter whose errors are those of the default error model."""
    rsd = {"composite": 0.10, "analysis": 0.15, "lab": 0.10, "flow": 0.10, "population": 0.20}
    spread = generator.Spread(**{name: np.sqrt(np.log1p(v**2)) for name, v in rsd.items()})
    covered, logs = 0, []
    for seed in seeds:
        city = generator.simulate(
            seed, truth_seed=None, analytes=tuple(DRUGS), spread=spread, **WINTER
        )
        result = wbe.estimate(generator.as_samples(city), draws=1_000, seed=seed)
        values = wbe.by_area(result, quantities=("pn_mass_load",)).isel(quantity=0, round=0)
        truth = city.truth.set_index(["analyte", "area"])["mean_load"]
        for analyte, drug in DRUGS.items():
            got = values.sel(drug=drug)
            true = truth[analyte].loc[got["area"].values].to_numpy()
            many = (got["n_censored"] >= MANY * got["n_samples"]).values
            many &= np.isfinite(got["value"].values)
            covered += int(((got["lower"] <= true) & (true <= got["upper"])).values[many].sum())
            logs.append(np.log(got["value"].values / true)[many])
    return Tally(covered, np.concatenate(logs))


@pytest.mark.slow
def test_a_few_cities_have_little_bias(generator) -> None:
    tally = count(generator, range(5))
    assert len(tally.logs) > 30
    assert abs(tally.bias) < 0.12
    assert tally.coverage >= 0.88


@pytest.mark.slow
def test_70_cities_have_little_bias_and_nominal_coverage(generator) -> None:
    tally = count(generator, range(200, 270))
    print(f"{len(tally.logs)} values: bias {tally.bias:+.3f}, coverage {tally.coverage:.3f}")
    assert len(tally.logs) > 300
    assert abs(tally.bias) < 0.05
    assert 0.93 <= tally.coverage <= 0.97
