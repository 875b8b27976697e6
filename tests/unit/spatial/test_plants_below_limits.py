"""Mean loads of plants with many results below limits: what a non-detect is drawn from."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr
from builders import build_samples

from wbe.recipes import estimate
from wbe.recipes.amounts import telling_labs
from wbe.spatial import by_area, locate

BE = "benzoylecgonine"
LEVELS = (0.35, 0.8, 1.6, 4.0)
"""Concentrations of four plants [ng/L]; limits 0.5 and 1.5."""


def week(days: int = 40, seed: int = 1, spread: float = 0.3, **labels: object) -> xr.Dataset:
    """Days of four plants, synthetic, as a laboratory reports them; with the truth in attrs."""
    rng = np.random.default_rng(seed)
    x = np.exp(np.log(LEVELS)[:, None] + spread * rng.standard_normal((4, days))).ravel()
    flow = np.exp(np.log(40_000.0) + 0.25 * rng.standard_normal(4 * days))
    x = x * 40_000.0 / flow  # water dilutes and leaves the load
    status = np.where(x < 0.5, "below_lod", np.where(x < 1.5, "below_loq", "quantified"))
    start = np.datetime64("2023-01-01T00:00:00", "s")
    plant = np.repeat(np.arange(4), days)
    made = build_samples(
        {BE: np.where(x < 1.5, np.nan, x).tolist()},
        site=[f"plant {k}" for k in plant],
        area=[f"area {k}" for k in plant],
        time=(start + np.tile(np.arange(days), 4) * np.timedelta64(86_400, "s")),
        flow=flow.tolist(),
        status={BE: status.tolist()},
        lod={BE: [0.5] * 4 * days},
        loq={BE: [1.5] * 4 * days},
        **labels,
    )
    load = (x * flow).reshape(4, days).mean(axis=1) * 1e-3 * 1000 / 200_000
    return made.assign_attrs(truth=load.tolist())


def values(samples: xr.Dataset, draws: int = 1_000) -> xr.Dataset:
    result = estimate(locate(samples), draws=draws, seed=1)
    found = by_area(result, quantities=("pn_mass_load",)).isel(quantity=0, round=0)
    return found.sel(drug="cocaine")


@pytest.mark.slow
def test_means_of_plants_below_limits_are_near_their_truth() -> None:
    ratios = []
    for seed in range(12):
        samples = week(seed=seed)
        ratios.append(values(samples, 400)["value"].values / np.array(samples.attrs["truth"]))
    ratio = np.mean(ratios, axis=0)
    # 0.35 and 0.8 ng/L: about 99 and 95 of 100 results below the LOQ
    assert ratio == pytest.approx(np.ones(4), abs=0.10)
    assert ratio[2:] == pytest.approx([1, 1], abs=0.03)


def test_each_plant_has_a_level_of_its_own_on_the_scale_of_loads() -> None:
    result = estimate(locate(week()), draws=200)
    fit = json.loads(result.attrs["nondetect_fits"])[f"wwtp_influent|concentration|{BE}"]
    assert fit["on_load"]
    levels = np.array([v[0] for _, v in sorted(fit["sites"].items())])
    assert np.exp(levels) * 200_000 / 40_000 == pytest.approx(LEVELS, rel=0.2)
    # the spread of loads (0.3), not that of concentrations, which rain makes 0.39
    assert np.exp(fit["site_log_sd"]) == pytest.approx(0.3, abs=0.06)


def test_a_single_sample_a_site_and_round_keeps_one_fit_for_all() -> None:
    samples = week(days=10)
    alone = samples.assign_coords(site=("sample", [f"site {k}" for k in range(40)]))
    result = estimate(locate(alone), draws=200)
    fit = json.loads(result.attrs["nondetect_fits"])[f"wwtp_influent|concentration|{BE}"]
    assert "sites" not in fit


def test_a_result_below_the_loq_exceeds_the_lod_only_where_its_laboratory_tells() -> None:
    samples = week(days=10)
    assert telling_labs(samples) == {("L1", BE)}
    status = samples["status"].values[:, 0]
    told = estimate(locate(samples), draws=0)["least"].values[:, 0]
    assert set(told[status == "below_loq"]) == {0.5}
    assert set(told[status == "below_lod"]) == {0.0}
    assert np.isnan(told[status == "quantified"]).all() or (told[status == "quantified"] == 0).all()

    silent = samples.copy()
    silent["status"] = silent["status"].where(silent["status"] != "below_lod", "below_loq")
    assert telling_labs(silent) == frozenset()
    unknown = estimate(locate(silent), draws=0)["least"].values[:, 0]
    assert set(unknown[status != "quantified"]) == {0.0}


def test_what_a_laboratory_tells_is_that_of_the_campaign_in_any_chunks() -> None:
    pytest.importorskip("dask", reason="needs the extra `distributed`")
    samples = week(days=12)
    whole = estimate(locate(samples), draws=200)
    parts = estimate(locate(samples).chunk(sample=5), draws=200)
    for name in ("least", "pn_mass_load"):
        np.testing.assert_array_equal(parts[name].compute().values, whole[name].values)


def test_order_of_rows_changes_no_value() -> None:
    samples = week(days=10)
    order = np.random.default_rng(0).permutation(samples.sizes["sample"])
    moved = values(samples.isel(sample=order))
    assert (moved["value"].values == values(samples)["value"].values).all()
