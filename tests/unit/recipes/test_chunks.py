"""Samples in chunks: the same bits, nothing computed before it is asked for."""

from __future__ import annotations

from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from builders import build_samples

import wbe
from wbe.recipes import chunks
from wbe.uncertainty import default_model

dask = pytest.importorskip("dask", reason="needs the extra `distributed`")

BE, COTININE = "benzoylecgonine", "cotinine"
N = 48


def campaign() -> xr.Dataset:
    """Sixteen sites in three areas over three rounds, with non-detects, a marker, and a stream."""
    at = np.arange(N)
    low = at % 5 == 1
    values = np.where(low, np.nan, 100.0 + 37.0 * (at % 11))
    stream = at % 16 >= 8
    found = build_samples(
        {BE: values.tolist(), COTININE: (900.0 + 50.0 * (at % 7)).tolist()},
        site=[f"site-{i % 16}" for i in at],
        area=[f"area-{i % 16 % 3}" for i in at],
        round=[f"2018Q{1 + i // 16}" for i in at],
        time=[f"2018-0{1 + 3 * (i // 16)}-01" for i in at],
        matrix=np.where(stream, "surface_water", "wwtp_influent").tolist(),
        flow=np.where((at % 16 == 6) | stream, np.nan, 40_000.0).tolist(),
        population=np.where(stream, np.nan, 150_000.0).tolist(),
        status={BE: np.where(low, "below_loq", "quantified").tolist()},
        loq={BE: np.full(N, 60.0).tolist()},
    )
    return found.assign_coords(note=("sample", [f"bottle {i}" for i in at]))


OPTIONS = {"draws": 500, "markers": {COTININE: {"calibrate": True}}}


@pytest.fixture(scope="module")
def whole() -> xr.Dataset:
    """The result of the campaign in memory."""
    return wbe.estimate(campaign(), **OPTIONS)


def require_same(got: xr.Dataset, wanted: xr.Dataset) -> None:
    """Every variable is the same, bit by bit, and so is what the attributes say."""
    assert set(got.variables) == set(wanted.variables)
    for name in wanted.variables:
        a, b = got[name], wanted[name]
        assert (a.dims, a.dtype, a.attrs) == (b.dims, b.dtype, b.attrs), name
        same = (a.values == b.values).all() if a.dtype.kind in "OUT" else None
        assert same or a.values.tobytes() == b.values.tobytes(), name
    for key, value in wanted.attrs.items():
        assert str(got.attrs[key]) == str(value), key


def test_the_campaign_has_what_could_tell_chunks_apart(whole: xr.Dataset) -> None:
    assert set(whole["method"].values.astype(str)) == {"flow", COTININE, "none"}
    assert whole.attrs["nondetect_fits"] != "{}" and whole.attrs["index_fits"] != "{}"
    assert np.isfinite(whole["index"]).any() and np.isfinite(whole["pn_consumption"]).any()


@pytest.mark.parametrize("size", [1, 7, 16, N])
def test_chunks_of_any_size_give_the_same_bits(whole: xr.Dataset, size: int) -> None:
    lazy = wbe.estimate(campaign().chunk(sample=size, analyte=1), **OPTIONS)
    require_same(lazy.compute(), whole)


def test_rows_in_another_order_give_the_same_bits(whole: xr.Dataset) -> None:
    order = np.argsort((np.arange(N) * 7) % N)
    lazy = wbe.estimate(campaign().isel(sample=order).chunk(sample=5), **OPTIONS)
    numbers = ("pn_mass_load", "pn_mass_load_upper", "pn_consumption_mean", "index")
    for name in numbers:
        assert lazy[name].values.tobytes() == whole[name].values[order].tobytes(), name


def test_results_stay_lazy_in_the_chunks_of_the_samples() -> None:
    samples = campaign().chunk(sample=(20, 20, 8))
    result = wbe.estimate(samples, **OPTIONS)
    for name in ("amount", "pn_mass_load", "pn_mass_load_lower", "pn_consumption", "index"):
        assert result[name].chunks is not None and result[name].chunks[0] == (20, 20, 8), name
    assert result["note"].chunks == samples["note"].chunks


def test_only_what_the_campaign_decides_is_loaded_before_and_each_chunk_once_after() -> None:
    """Every chunk of every column counts its loads.

    Of texts the first chunk is not counted: where cftime is installed, xarray looks at the first
    value of each, whether it is a date.
    """
    loads: Counter[tuple[str, int]] = Counter()

    def counted(name: str, block: Any, block_id: tuple[int, ...] = ()) -> Any:
        if block.size:  # dask looks at the type with an empty one
            loads[name, block_id[0]] += 1
        return block

    samples = campaign().assign(concentration_rsd=(("sample", "analyte"), np.full((N, 2), 0.1)))
    lazy = samples.chunk(sample=16)
    for name, one in lazy.variables.items():
        if one.chunks is not None:
            data = one.data.map_blocks(partial(counted, str(name)), dtype=one.dtype)
            lazy[name] = (one.dims, data, one.attrs)
    result = wbe.estimate(lazy, **OPTIONS)
    names = {name for name, _ in loads}
    assert names <= set(chunks.CAMPAIGN)
    texts = {name for name in names if samples[name].dtype == object}
    for name in names:
        assert [loads[name, k] for k in range(name in texts, 3)] == [1] * (3 - (name in texts))
    loads.clear()
    with dask.config.set(scheduler="synchronous"):
        result["pn_mass_load"].isel(sample=slice(0, 16)).values  # noqa: B018
    assert loads["concentration_rsd", 0] == 1 and all(name != "note" for name, _ in loads)
    assert max(loads.values()) == 1


def test_areas_ranks_tables_and_draws_of_a_lazy_result(whole: xr.Dataset) -> None:
    lazy = wbe.estimate(campaign().chunk(sample=5), **OPTIONS)
    a, b = (wbe.by_area(one, design="plants", statistic="geometric") for one in (lazy, whole))
    for name in ("value", "lower", "upper", "bound_upper", "flags"):
        assert a[name].equals(b[name]), name
    assert a["pn_mass_load"].chunks is not None  # what areas do not need stays lazy
    tables = [wbe.rank(one, drug="cocaine", quantity="pn_mass_load") for one in (a, b)]
    assert tables[0].equals(tables[1])
    assert wbe.to_tidy(lazy).equals(wbe.to_tidy(whole))
    assert wbe.cite(lazy) == wbe.cite(whole)
    assert wbe.draws(lazy, "pn_consumption").equals(wbe.draws(whole, "pn_consumption"))


@pytest.mark.slow
def test_a_zarr_store_goes_through_unchanged(whole: xr.Dataset, tmp_path: Path) -> None:
    pytest.importorskip("zarr", reason="needs zarr")
    store = tmp_path / "samples.zarr"
    plain = campaign().drop_attrs(deep=False)
    texts = {n: v.astype(str) for n, v in plain.variables.items() if v.dtype.kind == "O"}
    plain.assign(texts).chunk(sample=8).to_zarr(store, consolidated=False, zarr_format=2)
    result = wbe.estimate(xr.open_zarr(store, consolidated=False), **OPTIONS)
    assert result["pn_mass_load"].chunks is not None
    for name in ("pn_mass_load", "pn_mass_load_lower", "pn_consumption_mean", "pn_doses", "index"):
        assert result[name].values.tobytes() == whole[name].values.tobytes(), name
    assert result.attrs["nondetect_fits"] == whole.attrs["nondetect_fits"]


def test_a_number_that_is_none_is_refused_before_anything_is_asked_for() -> None:
    samples = campaign()
    samples["concentration"][20, 0] = -1.0
    with pytest.raises(wbe.errors.SchemaError, match="zero or negative"):
        wbe.estimate(samples.chunk(sample=8), error_model=default_model())


def test_non_detects_take_the_unit_of_the_campaign_not_of_their_chunk() -> None:
    """Only the last chunk states a concentration; the others hold loads and bare non-detects."""
    samples = build_samples(
        {BE: [np.nan] * 5 + [300.0]},
        status={BE: ["below_loq"] * 5 + ["quantified"]},
    )
    samples = samples.assign(load=samples["concentration"] * np.nan)
    wanted = wbe.estimate(samples, draws=0)["kind"].values
    got = wbe.estimate(samples.chunk(sample=2), draws=0)["kind"].values
    assert wanted[0, 0] == "concentration" and (got == wanted).all()
