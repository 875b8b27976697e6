"""What must change no bit: chunks, threads, the order of rows, neighbours, and the run's length.

Every draw is keyed by seed, variable and label, and every choice that affects a number depends on
the row's own data alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from builders import build_samples
from hypothesis import given, settings
from hypothesis import strategies as st

from wbe.recipes import draws, estimate, to_tidy
from wbe.spatial import areas, by_area, locate, rank
from wbe.uncertainty import (
    BelowLimit,
    Beta,
    Correlation,
    Function,
    Joint,
    LogitNormal,
    Lognormal,
    Mean,
    Normal,
    Product,
    Propagated,
    Term,
    fft_rows,
    joint,
    monte_carlo,
    propagate,
)

SITES, DAYS = 4, 3
DRUGS = {"cocaine": LogitNormal(0.3, 0.4), "THC": Beta(2.0, 9.0, 0.0, 0.2)}
N = SITES * DAYS * len(DRUGS)


def rows() -> tuple[np.ndarray, ...]:
    """Drug, site and day of every row."""
    drug, site, day = (i.ravel() for i in np.indices((len(DRUGS), SITES, DAYS)))
    return np.array(list(DRUGS))[drug], np.char.add("s", site.astype(str)), day.astype(str)


def campaign(*, censored: bool = False, correlated: bool = False) -> Product:
    """Two drugs at four sites on three days: errors at every level, a shape for each drug."""
    drug, site, day = rows()
    site_day = np.char.add(np.char.add(site, "|"), day)
    sample = np.char.add(np.char.add(site_day, "|"), drug)
    everybody = np.full(N, "all")
    some = np.where(site == "s2", 0.0, 0.12)  # an error that one site has not
    terms = [
        Term("excretion", "global", drug, np.where(drug == name, -1.0, 0.0), shape)
        for name, shape in DRUGS.items()
    ]
    terms = [replace(t, name=f"excretion of {d}") for t, d in zip(terms, DRUGS, strict=True)]
    terms += [
        Term("analysis_bias", "lab", everybody, np.full(N, 0.1)),
        Term("flow", "site", site, np.full(N, 0.1)),
        Term("population", "site", site, some),
        Term("day", "site_day", site_day, np.full(N, 0.2)),
        Term("sampling", "sample", sample, np.linspace(0.1, 0.3, N)),
    ]
    log = np.linspace(0.0, 2.0, N)
    below = None
    if censored:
        at = np.array([1, 2, 16])  # two of one mean, and one of another drug
        log[at] = np.nan
        fits = {"g": (0.2, np.log(0.5), 0.1 * np.eye(2)), "h": (0.5, np.log(0.3), 0.2 * np.eye(2))}
        limits, groups = np.array([0.1, 0.3, 0.2]), np.array(["g", "g", "h"])
        below = BelowLimit(at, sample[at], limits, groups, fits, np.zeros(3))
    pairs = (Correlation("flow", "population", 0.5),) if correlated else ()
    return Product(log, tuple(terms), below, pairs)


def product(p: Product, chosen: np.ndarray) -> Product:
    return p.take(chosen)


def mean(p: Product, chosen: np.ndarray) -> Mean:
    """Mean of the days of a site and drug, with weights."""
    drug, site, _ = rows()
    groups = np.char.add(np.char.add(drug, "|"), site)
    return Mean(p.take(chosen), groups[chosen], np.linspace(1.0, 2.0, N)[chosen])


def joint_rows(p: Product, chosen: np.ndarray) -> Joint:
    return Joint(p.take(chosen), lambda x: x)


def joint_means(p: Product, chosen: np.ndarray) -> Joint:
    return Joint(mean(p, chosen), lambda x: x)


ROWWISE = (product, joint_rows)
MODELS = {
    "product": (product, {}), "mean": (mean, {}),
    "joint of rows": (joint_rows, {}), "joint of means": (joint_means, {}),
    "censored product": (product, {"censored": True}),
    "censored mean": (mean, {"censored": True}),
    "censored joint of rows": (joint_rows, {"censored": True}),
    "correlated mean": (mean, {"correlated": True}),
    "correlated joint": (joint_means, {"censored": True, "correlated": True}),
}  # fmt: skip
CASES = [("product", "fft"), ("mean", "fft"), *((name, "monte_carlo") for name in MODELS)]
each = pytest.mark.parametrize(("name", "method"), CASES)
EVERY = np.arange(N)


def run(name: str, method: str, chosen: np.ndarray = EVERY, **options) -> dict[str, bytes]:
    """Bits of the result by row or group: quantiles and mean."""
    make, kind = MODELS[name]
    got = propagate(make(campaign(**kind), chosen), method=method, draws=5_200, seed=7, **options)
    assert got.method == method
    return dict(zip(keys(make, chosen), bits(got), strict=True))


def keys(make, chosen: np.ndarray) -> list[str]:
    if make in ROWWISE:
        return [str(k) for k in chosen]
    drug, site, _ = rows()
    return sorted({f"{drug[k]}|{site[k]}" for k in chosen})


def bits(got: Propagated) -> list[bytes]:
    return [np.append(q, m).tobytes() for q, m in zip(got.quantiles, got.mean, strict=True)]


@pytest.fixture(scope="module")
def whole() -> dict[tuple[str, str], dict[str, bytes]]:
    return {case: run(*case) for case in CASES}


@contextmanager
def small_chunks(size: int) -> Iterator[None]:
    """All the budgets that decide what is calculated together."""
    budgets = [
        (monte_carlo, "_CHUNK_BYTES", size), (areas, "_CHUNK_BYTES", size),
        (joint, "_ROWS_BYTES", max(size, 8 * 9 * 1_000)),  # parts of blocks, each drawn whole
        (fft_rows, "_MEMORY", size), (fft_rows, "_AT_ONCE", 3),
    ]  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        for module, name, value in budgets:
            patch.setattr(module, name, value)
        yield


@each
@pytest.mark.parametrize("size", [1, 8 * 5_000 * 5, 8 * 333 * 24])
def test_chunks_change_no_bit(whole, name, method, size):
    with small_chunks(size):
        assert run(name, method) == whole[name, method]


@each
@pytest.mark.parametrize("threads", [2, 4])
def test_threads_change_no_bit(whole, name, method, threads):
    assert run(name, method, threads=threads) == whole[name, method]


@each
@settings(max_examples=4, deadline=None)
@given(order=st.permutations(range(N)))
def test_the_order_of_rows_changes_no_bit(whole, name, method, order):
    assert run(name, method, np.array(order)) == whole[name, method]


@each
@settings(max_examples=6, deadline=None)
@given(
    sites=st.sets(st.sampled_from([f"s{k}" for k in range(SITES)]), min_size=1),
    drugs=st.sets(st.sampled_from(list(DRUGS)), min_size=1),
)
def test_other_sites_and_drugs_change_no_bit(whole, name, method, sites, drugs):
    drug, site, _ = rows()
    kept = np.flatnonzero(np.isin(site, list(sites)) & np.isin(drug, list(drugs)))
    got = run(name, method, kept)
    assert got == {key: whole[name, method][key] for key in got}


@pytest.mark.parametrize("name", [n for n in MODELS if "joint" in n])
@pytest.mark.parametrize("draws", [400, 2_500, 4_999])
def test_the_first_draws_of_a_long_run_are_those_of_a_short_one(name, draws):
    make, kind = MODELS[name]

    def seen(n: int, threads: int) -> np.ndarray:
        """Draws as the function gets them; blocks come in any order of threads."""
        model, got = make(campaign(**kind), EVERY), []
        call = replace(model, call=lambda x: (got.append(x.copy()), x)[1])
        propagate(call, draws=n, seed=7, threads=threads)
        return np.hstack(got)

    long, short = seen(7_500, 1), seen(draws, 1)
    assert np.array_equal(long[:, :draws], short[:, :draws])
    mixed = seen(7_500, 3)
    assert np.array_equal(np.sort(mixed, axis=1), np.sort(long, axis=1))


def test_a_function_has_the_same_bits_over_threads_and_inputs_it_does_not_use():
    inputs = {"a": Normal(1.0, 0.3), "b": Beta(2.0, 5.0)}
    pair = (Correlation("a", "b", 0.4),)
    one = propagate(Function(lambda a, b: a * b, inputs, pair), draws=6_000)
    more = {"z": Lognormal(2.0, 0.1), **inputs}
    for threads in (2, 4):
        two = propagate(Function(lambda z, a, b: a * b, more, pair), draws=6_000, threads=threads)
        assert bits(one) == bits(two)


def test_another_seed_and_another_label_change_the_bits(whole):
    """Otherwise nothing above would say anything."""
    make, kind = MODELS["product"]
    first = whole["product", "monte_carlo"]
    other = propagate(make(campaign(**kind), EVERY), method="monte_carlo", draws=5_200, seed=8)
    assert not set(bits(other)) & set(first.values())
    p = campaign(**kind)
    renamed = replace(
        p, terms=tuple(replace(t, labels=np.char.add("x", t.labels)) for t in p.terms)
    )
    moved = propagate(make(renamed, EVERY), method="monte_carlo", draws=5_200, seed=7)
    assert not set(bits(moved)) & set(first.values())


# The whole way: samples -> estimate -> areas -> tiers

METH, BE, COTININE = "methamphetamine", "benzoylecgonine", "cotinine"
PLACES, ROUNDS = 10, ("2018Q1", "2018Q2")
OPTIONS = {"draws": 600, "seed": 3, "markers": {COTININE: {"calibrate": True}}}
STATED = {COTININE: {"value": "0.6 mg/day/inhabitant", "rsd": 0.1}}


def synthetic(*, censored: bool = True, extra: bool = False) -> xr.Dataset:
    """Ten sites in three areas and two rounds; some without flow, some below their limit.

    Two sites of an area are below it in each round: their draws enter one value.

    `extra`: a stream, an analyte and an area that have nothing to do with them.
    """
    r = np.random.default_rng(20)
    n = PLACES * len(ROUNDS)
    at = np.arange(n)
    site = [f"site-{k % PLACES}" for k in at]
    area = [f"area-{'ABC'[k % PLACES % 3]}" for k in at]
    turn = [ROUNDS[k // PLACES] for k in at]
    values = {a: np.exp(r.normal(m, 0.6, n)) for a, m in ((METH, 5.0), (BE, 4.0), (COTININE, 6.5))}
    low = {METH: np.isin(at % 7, (3, 6)) & censored, BE: (at % 9 == 4) & censored}
    flow = np.where(at % PLACES == 5, np.nan, 40_000.0)
    matrix = ["wwtp_influent"] * n
    if extra:
        site, area = [*site, "brook", "well"], [*area, "area-Z", "area-Z"]
        turn, matrix = [*turn, ROUNDS[0], ROUNDS[1]], [*matrix, "surface_water", "groundwater"]
        values = {a: np.append(v, [30.0, 3.0]) for a, v in values.items()}
        values["ketamine"] = np.append(np.exp(r.normal(3.0, 0.5, n)), [1.0, 2.0])
        low = {a: np.append(v, [False, False]) for a, v in low.items()}
        flow = np.append(flow, [np.nan, np.nan])
    m = len(site)
    for a, below in low.items():
        values[a] = np.where(below, np.nan, values[a])
    samples = build_samples(
        {a: v.tolist() for a, v in values.items()},
        site=site, area=area, round=turn, matrix=matrix, flow=flow.tolist(),
        time=[f"2018-0{1 + 3 * ROUNDS.index(t)}-01" for t in turn],
        visit=[f"{a}|{t}" for a, t in zip(area, turn, strict=True)],
        status={a: np.where(v, "below_loq", "quantified").tolist() for a, v in low.items()},
        loq={a: [60.0] * m for a in low},
    )  # fmt: skip
    return locate(samples)


def results(samples: xr.Dataset, **options) -> dict[str, object]:
    """All numbers: by sample, by area and by tier, in an order of their keys."""
    result = estimate(samples, **{**OPTIONS, **options})
    values = by_area(result, design="plants")
    tidy = to_tidy(result).set_index(["sample_id", "analyte", "drug", "quantity"]).sort_index()
    numbers = ["value", "lower", "upper", "mean", "bound_lower", "bound_upper"]
    table = values[numbers].sel(drug=[METH, "cocaine"]).to_dataframe()[numbers]
    fixed = {"scheme": "fixed", "breaks": [5.0, 20.0]}
    tiers = rank(values, METH, **fixed).set_index(["area", "round"]).sort_index()
    chances = [c for c in tiers if c.startswith(("p_", "value", "lower", "upper", "tier"))]
    return {"samples": tidy, "areas": table.sort_index(), "tiers": tiers[chances]}


def require_same(got: dict, wanted: dict) -> None:
    """The same bits wherever both have a number; and nothing of `wanted` is lost."""
    for name, table in wanted.items():
        other = got[name].loc[table.index, table.columns]
        assert len(table) and table.equals(other), name


@pytest.fixture(scope="module")
def reference() -> dict:
    return results(synthetic())


def test_the_synthetic_campaign_has_what_could_go_wrong(reference):
    result = estimate(synthetic(), **OPTIONS)
    assert set(result["method"].values.astype(str)) == {"flow", COTININE}
    assert (reference["samples"]["status"] == "below_loq").any()
    assert reference["areas"]["value"].notna().sum() >= 12
    chance = reference["tiers"].filter(like="p_").to_numpy()
    assert ((chance > 0.05) & (chance < 0.95)).any()


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_samples_changes_no_result(reference, seed):
    order = np.random.default_rng(seed).permutation(PLACES * len(ROUNDS))
    require_same(results(synthetic().isel(sample=order)), reference)


def test_the_order_of_analytes_changes_no_result(reference):
    require_same(results(synthetic().isel(analyte=[2, 0, 1])), reference)


@pytest.mark.parametrize("size", [1, 8 * 600 * 7])
def test_the_size_of_chunks_changes_no_result(reference, size):
    with small_chunks(size):
        require_same(results(synthetic()), reference)


def test_what_is_unrelated_changes_no_result(reference):
    """A brook, a well, their area and a further drug, added or removed."""
    require_same(results(synthetic(extra=True)), reference)


@pytest.mark.parametrize("kept", ["A", "BC", "AC"])
def test_without_fits_and_calibration_other_areas_change_no_result(kept):
    """Fits and calibrations are of the campaign; without them areas stand alone."""
    samples = synthetic(censored=False)
    here = np.isin(samples["area"].values.astype(str), [f"area-{k}" for k in kept])
    some = samples.isel(sample=np.flatnonzero(here))
    require_same(results(samples, markers=STATED), results(some, markers=STATED))


@pytest.mark.parametrize("quantity", ["pn_mass_load", "pn_consumption"])
def test_draws_of_a_result_have_the_prefix_property(quantity):
    long, short = (
        draws(estimate(synthetic(), **{**OPTIONS, "draws": n}), quantity) for n in (3_000, 700)
    )
    assert np.isfinite(short).any()
    assert short.identical(long.isel(draw=slice(0, 700)))
