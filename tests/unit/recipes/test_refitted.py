"""A part of a result decides by itself what a campaign decides: samples left out change nothing."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr
from builders import build_samples

from wbe.findings import Findings
from wbe.recipes import estimate
from wbe.recipes.estimation import refitted

DECIDED = ("markers", "nondetect_fits", "population_disagreement", "index_fits")
N = 16


def campaign(seed: int, status: str = "below_loq", far: float = 1.0) -> xr.Dataset:
    """Sixteen influents; of the last eight, which are to be left out, all else may differ."""
    rng, other = np.random.default_rng(1), np.random.default_rng(seed)
    factor = np.where(np.arange(N) < 8, 1.0, far * other.lognormal(0, 0.5, N))
    meth = rng.lognormal(5, 0.8, N) * factor
    low = np.isin(np.arange(N), (1, 5, 9, 13))
    words = np.where(low, "below_loq", "quantified").astype(object)
    words[13] = status
    return build_samples(
        {
            "methamphetamine": np.where(low, np.nan, meth).tolist(),
            "cotinine": (rng.lognormal(7.5, 0.3, N) * factor).tolist(),
        },
        status={"methamphetamine": words.tolist()},
        lod={"methamphetamine": [1.0] * N},
        loq={"methamphetamine": [3.0] * N},
        site=[f"s{k}" for k in range(N)],
    )


def shown(samples: xr.Dataset, population: str) -> xr.Dataset:
    markers = {"cotinine": {"calibrate": True}}
    result = estimate(samples, draws=200, markers=markers, population=population)
    return refitted(result.isel(sample=slice(0, 8)))


@pytest.mark.parametrize("population", ["as_given", "combined", "cotinine"])
def test_samples_left_out_change_nothing_that_is_decided(population: str) -> None:
    one = shown(campaign(2), population)
    two = shown(campaign(3, status="below_lod", far=9.0), population)
    assert {k: one.attrs.get(k) for k in DECIDED} == {k: two.attrs.get(k) for k in DECIDED}
    for name in ("least", "limit", "method"):
        np.testing.assert_array_equal(one[name].values, two[name].values)
    rules = [[f.rule for f in part.attrs["findings"]] for part in (one, two)]
    assert rules[0] == rules[1]


def test_a_whole_result_is_refitted_to_itself() -> None:
    samples = campaign(2)
    markers = {"cotinine": {"calibrate": True}}
    result = estimate(samples, draws=200, markers=markers, population="combined")
    again = refitted(result)
    assert {k: again.attrs[k] for k in DECIDED} == {k: result.attrs[k] for k in DECIDED}
    assert again["method"].values.tolist() == result["method"].values.tolist()
    assert [f.rule for f in again.attrs["findings"]] == [f.rule for f in result.attrs["findings"]]


def test_a_plant_with_a_row_in_each_of_its_areas_counts_once() -> None:
    markers = {"cotinine": {"calibrate": True}}
    result = estimate(campaign(2), draws=200, markers=markers, population="combined")
    twice = result.isel(sample=[*range(N), 3, 3])
    again = refitted(twice)
    assert {k: again.attrs[k] for k in DECIDED} == {k: result.attrs[k] for k in DECIDED}
    assert again["method"].values.tolist() == twice["method"].values.tolist()


def test_a_marker_that_too_few_influents_calibrate_gives_no_value() -> None:
    markers = {"cotinine": {"calibrate": True}, "water": "150 L/day/inhabitant"}
    result = estimate(campaign(2), draws=0, markers=markers, population="cotinine")
    part = refitted(result.isel(sample=slice(0, 2)))
    assert list(json.loads(part.attrs["markers"])) == ["water"]
    assert set(part["method"].values.tolist()) == {"none"}
    enough = refitted(result.isel(sample=slice(0, 3)))
    assert set(enough["method"].values.tolist()) == {"cotinine"}


def test_findings_about_routes_are_those_of_the_part() -> None:
    samples = campaign(2, far=9.0)
    samples.attrs["findings"] = Findings()
    markers = {"cotinine": "0.6 mg/day/inhabitant"}
    result = estimate(samples, draws=0, markers=markers, population="combined")
    part = refitted(result.isel(sample=slice(0, 8)))
    (whole,) = (f for f in result.attrs["findings"] if f.rule == "populations_disagree")
    own = [f for f in part.attrs["findings"] if f.rule == "populations_disagree"]
    assert whole.message not in [f.message for f in own]
