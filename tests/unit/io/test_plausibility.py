"""What no single cell can show: results, flows, people and names that do not fit together."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from lab_tables import row, write_csv

import wbe
from wbe import schema
from wbe.findings import Finding, Findings
from wbe.io.plausibility.ceilings import ceilings
from wbe.io.plausibility.copies import mistyped, repeat_chance, resolution, significant_digits
from wbe.io.plausibility.groups import (
    codes_of,
    first_of,
    group_median,
    nearest_factor,
    shown_factor,
    shown_ratio,
)
from wbe.io.plausibility.loads import following
from wbe.io.plausibility.note import note_plausibility
from wbe.io.plausibility.places import Heading, Origin, Sheets, places_of
from wbe.io.plausibility.slips import file_shifts, result_slips, site_shifts
from wbe.thresholds import number

LOG_1000 = np.log(1000)


def build(
    values: Mapping[str, Sequence[float]] | Sequence[float],
    *,
    files: Sequence[int] | int = 0,
    **columns: Any,
) -> xr.Dataset:
    """Samples with results of some analytes [ng/L]; ids S0, S1... of one site on following days."""
    by_analyte = values if isinstance(values, Mapping) else {"methamphetamine": values}
    n = len(next(iter(by_analyte.values())))
    ids = columns.pop("ids", [f"S{i:04d}" for i in range(n)])
    limits = {name: columns.pop(name) for name in ("lod", "loq", "load") if name in columns}
    given = {"site": "North", "matrix": "wwtp_influent", "mode": "composite_24h",
             "time": pd.date_range("2024-01-01", periods=n)}  # fmt: skip
    samples = pd.DataFrame({**given, **columns}, index=ids)
    file_of = [files] * n if isinstance(files, int) else list(files)
    parts = []
    for analyte, numbers in by_analyte.items():
        known = np.isfinite(np.asarray(numbers, dtype=float))
        part = pd.DataFrame(
            {
                "sample": ids,
                "analyte": analyte,
                "concentration": numbers,
                "source_file": file_of,
                "source_line": range(2, n + 2),
                **limits,
            }
        )
        parts.append(part.assign(status="quantified")[known])  # fmt: skip
    names = [{"name": f"{chr(97 + i)}.csv"} for i in range(max(file_of) + 1)]
    return schema.assemble(samples, pd.concat(parts, ignore_index=True), files=names)


def noted(samples: xr.Dataset) -> list[Finding]:
    findings = Findings()
    note_plausibility(samples, findings, places_of(samples))
    return list(findings)


def rules(samples: xr.Dataset) -> list[str]:
    return [finding.rule for finding in noted(samples)]


def spread_out(n: int, middle: float = 100.0, seed: int = 1) -> np.ndarray:
    """Results of one site, natural in spread."""
    return np.exp(np.random.default_rng(seed).normal(np.log(middle), 0.4, n)).round(4)


# How often a slip is told, and how often something else


SITES, SIZE = 20_000, 20


@pytest.fixture(scope="module")
def natural() -> np.ndarray:
    """400,000 results: 20 at each of 20,000 sites, with a log-sd of 1."""
    return np.random.default_rng(20240229).normal(5.0, 1.0, (SITES, SIZE))


def factors_of(logs: np.ndarray) -> np.ndarray:
    code = np.repeat(np.arange(len(logs)), logs.shape[1])
    _, factor = result_slips(logs.ravel(), code, np.median(logs, axis=1))
    return factor.reshape(logs.shape)


def test_natural_variation_is_told_less_than_once_in_ten_thousand(natural: np.ndarray) -> None:
    told = (factors_of(natural) != 0).mean()
    assert told < 1e-4 - 2 * np.sqrt(1e-4 / natural.size)


@pytest.mark.parametrize("size", [12, 20])
@pytest.mark.parametrize("slip", [1000, 1 / 1000, 1e6])
def test_a_slip_is_told_in_99_of_100_with_a_dozen_results(
    natural: np.ndarray, size: int, slip: float
) -> None:
    logs = natural[:, :size].copy()
    logs[:, 0] += np.log(slip)
    factor = factors_of(logs)[:, 0]
    error = np.sqrt(0.01 * 0.99 / SITES)
    assert (factor != 0).mean() > 0.99 - 2 * error
    assert np.isclose(factor, np.log(slip)).mean() > 0.985


def test_few_results_are_told_less_often_but_not_falsely(natural: np.ndarray) -> None:
    logs = natural[:, :4].copy()
    assert (factors_of(logs) != 0).mean() < 1e-4
    logs[:, 0] += LOG_1000
    assert 0.6 < (factors_of(logs)[:, 0] != 0).mean() < 0.9
    assert not factors_of(natural[:, :3] + [LOG_1000, 0, 0]).any()


def test_a_table_of_larger_spread_sets_its_own_limit(natural: np.ndarray) -> None:
    assert (factors_of(natural * 1.8) != 0).mean() < 1.5e-4


# Results


def test_a_slip_names_place_ratio_and_factor() -> None:
    values = spread_out(12)
    values[4] *= 1000
    (finding,) = noted(build(values, flow=None))
    assert (finding.rule, finding.file, finding.line) == ("unit_slip_suspected", "a.csv", 6)
    assert (finding.sample_id, finding.site) == ("S0004", "North")
    assert finding.analyte == "methamphetamine"
    assert "by a factor of 1000 is likely" in finding.message


def test_a_slip_downwards_is_told_as_a_fraction() -> None:
    values = spread_out(12)
    values[4] /= 1000
    (finding,) = noted(build(values, flow=None))
    assert "factor of 1/1000" in finding.message


def test_a_peak_of_thirty_is_no_slip() -> None:
    values = spread_out(12)
    values[4] = np.median(values) * 30
    assert rules(build(values)) == []


def test_sites_and_matrices_are_compared_with_themselves() -> None:
    low, high = spread_out(6, 1.0, 2), spread_out(6, 1000.0, 3)
    values, sites = [*low, *high], ["A"] * 6 + ["B"] * 6
    assert rules(build(values, site=sites)) == []
    matrix = ["wwtp_effluent"] * 6 + ["wwtp_influent"] * 6
    assert rules(build(values, matrix=matrix)) == []


def shifted_file(factor: float, analytes: Sequence[str] = ("methamphetamine",)) -> xr.Dataset:
    files = np.repeat([0, 1, 2], 6)
    values = {a: spread_out(18, 100, seed) * np.where(files == 2, factor, 1)
              for seed, a in enumerate(analytes)}  # fmt: skip
    return build(values, files=files.tolist())


def test_a_file_in_another_unit_is_told_once() -> None:
    (finding,) = noted(shifted_file(1000, ("methamphetamine", "ketamine")))
    assert (finding.rule, finding.file, finding.line) == ("file_unit_suspected", "c.csv", None)
    assert finding.analyte == "ketamine, methamphetamine"
    assert "氯胺酮、甲基苯丙胺" in finding.text("zh")[0]
    assert rules(shifted_file(8)) == []


def test_of_two_files_the_smaller_is_told() -> None:
    files = [0] * 8 + [1] * 4
    values = spread_out(12) * np.where(np.array(files) == 0, 1000, 1)
    (finding,) = noted(build(values, files=files))
    assert (finding.rule, finding.file) == ("file_unit_suspected", "b.csv")
    assert "1/1000" in finding.message


def test_files_of_different_sites_are_compared_by_their_levels() -> None:
    site = np.repeat(np.arange(30), 4)
    file = site // 5
    rng = np.random.default_rng(3)
    logs = rng.normal(5, 0.5, 120) + rng.normal(0, 0.7, 30)[site]
    assert file_shifts(logs, site, file) == {}
    logs[file == 2] += LOG_1000
    ((code, (_, factor)),) = file_shifts(logs, site, file).items()
    assert (code, round(float(np.exp(factor)))) == (2, 1000)


def test_files_of_single_results_are_not_judged() -> None:
    assert file_shifts(np.array([5.0, 12.0]), np.array([0, 0]), np.array([0, 1])) == {}


def test_files_rarely_differ_by_chance() -> None:
    rng = np.random.default_rng(5)
    site, file = np.tile(np.arange(2), 12), np.repeat(np.arange(4), 6)
    told = sum(bool(file_shifts(rng.normal(5, 1, 24), site, file)) for _ in range(2000))
    assert told <= 2


def test_a_site_in_another_unit_is_told_once() -> None:
    sites = np.repeat(list("ABCDEF"), 4)
    values = spread_out(24) * np.where(sites == "F", 1000, 1)
    (finding,) = noted(build(values, site=sites))
    assert (finding.rule, finding.value, finding.site) == ("site_unit_suspected", "F", "F")


def test_a_site_with_one_high_analyte_of_three_is_not_told() -> None:
    sites = np.repeat(list("ABCDEF"), 4)
    values = {a: spread_out(24, 100, seed) for seed, a in enumerate(("amphetamine", "ketamine"))}
    high = spread_out(24, 100, 7) * np.where(sites == "F", 1000, 1)
    assert rules(build({**values, "methamphetamine": high}, site=sites)) == []


def test_sites_are_compared_within_their_matrix() -> None:
    level, kind = np.array([5.0] * 6 + [12.0] * 5), np.array([0] * 6 + [1] * 5)
    assert not site_shifts(level, kind)[1].any()
    assert site_shifts(level, np.zeros(11, int))[1].any()


# Limits and loads


def test_limits_in_another_unit_than_the_others() -> None:
    lod = np.array([0.001] * 3 + [1.0] * 9)
    (finding,) = noted(build(spread_out(12), lod=lod, loq=3 * lod))
    assert finding.rule == "limits_unlike_others"
    assert "3 limits" in finding.message and "1/1000" in finding.message
    assert rules(build(spread_out(12), lod=np.maximum(lod, 0.02))) == []


def test_a_limit_that_shares_the_slip_of_its_value_is_no_finding_of_its_own() -> None:
    values, lod = spread_out(12), np.ones(12)
    values[3] *= 1000
    lod[3] *= 1000
    assert rules(build(values, lod=lod)) == ["unit_slip_suspected"]
    files = [0] * 6 + [1] * 6 + [2] * 6
    factor = np.where(np.array(files) == 2, 1000.0, 1.0)
    samples = build(spread_out(18) * factor, lod=factor, files=files)
    assert rules(samples) == ["file_unit_suspected"]


@pytest.mark.parametrize(("lod", "told"), [(1e-4, True), (1e-2, False), (3e3, True), (150, False)])
def test_limits_that_no_value_fits(lod: float, told: bool) -> None:
    found = rules(build(spread_out(12), lod=np.full(12, lod)))
    assert found == ["limits_unlike_values"] * told


def test_loads_beside_concentrations() -> None:
    values, flow = spread_out(6), np.linspace(40_000, 60_000, 6)
    exact = values * flow * 1e-3
    assert rules(build(values, flow=flow, load=exact)) == []
    assert rules(build(values, flow=flow, load=values)) == ["concentration_repeats_load"]
    (finding,) = noted(build(values, flow=flow, load=exact * 24))
    assert (finding.rule, "24 times" in finding.message) == ("load_contradicts", True)


def test_loads_in_place_of_concentrations() -> None:
    flow = np.geomspace(2000, 200_000, 20)
    sites = [f"P{i:02d}" for i in range(20)]
    scatter = spread_out(20)
    common = {"site": sites, "flow": flow, "population": flow * 4}
    assert rules(build(scatter * flow / 1e4, **common)) == ["concentration_follows_flow"]
    assert rules(build(scatter, **common)) == []


def test_concentrations_rarely_follow_flows_by_chance() -> None:
    rng = np.random.default_rng(6)
    flow = rng.normal(9, 1.2, (20_000, 15))
    found = [following(rng.normal(5, 1, 15), x)[1] > number("load_z") for x in flow]
    assert sum(found) <= 5


# Ceilings


@pytest.mark.parametrize(
    ("value", "mode", "found"),
    [
        (2.999e6, "", []),
        (3.001e6, "", ["concentration_implausible"]),
        (1.18e8, "composite_24h", ["concentration_implausible"]),
        (60_000, "composite_24h", []),
        (60_001, "composite_24h", ["load_implausible"]),
        (60_001, "grab", []),
    ],
)
def test_one_result_alone_has_a_ceiling(value: float, mode: str, found: list[str]) -> None:
    water = {"flow": 50_000.0, "population": 200_000.0}
    assert rules(build([value], mode=mode, **water)) == found


@pytest.mark.parametrize(
    "analyte", ["ammonium", "creatinine", "caffeine", "chemical oxygen demand"]
)
def test_markers_have_ceilings_of_their_own(analyte: str) -> None:
    # what the upper end of the table of markers makes in 100 L per person and day
    usual = number("load_ceiling", analyte) / 10 / 100 * 1000
    water = {"flow": 20_000.0, "population": 200_000.0}
    assert rules(build({analyte: [usual]}, **water)) == []
    assert rules(build({analyte: [usual * 1000]}, **water)) == ["concentration_implausible"]


def test_ceilings_of_markers_are_ten_times_the_table_of_markers() -> None:
    text = (Path(wbe.__file__).parent / "factors" / "markers.csv").read_text(encoding="utf-8")
    table = pd.read_csv(io.StringIO(text))
    table = table[table["high"].notna() & (table["marker"] != "water")]
    assert len(table) > 10
    mg = table["high"] * table["unit"].map({"g/day/inhabitant": 1000, "mg/day/inhabitant": 1})
    for marker, high in mg.groupby(table["marker"]).max().items():
        assert number("load_ceiling", str(marker)) == pytest.approx(10 * 1000 * high), marker


def test_a_result_above_its_ceiling_is_told_once() -> None:
    slipped = np.append(spread_out(12), 1.18e8)
    assert rules(build(slipped)) == ["unit_slip_suspected"]
    few_people = {"flow": 50_000.0, "population": 200.0}
    assert rules(build([60_001], **few_people)) == ["flow_per_person_unusual"]


def test_a_file_told_to_be_off_is_not_told_result_by_result() -> None:
    values = np.concatenate([spread_out(12), spread_out(8, 1e8, seed=2)])
    assert rules(build(values, files=[0] * 12 + [1] * 8)) == ["file_unit_suspected"]


def test_a_stated_load_above_its_ceiling_is_told() -> None:
    samples = build([120.0], load=[3.001e6], population=200_000.0)
    [finding] = noted(samples)
    assert (finding.rule, finding.column, finding.line) == ("load_implausible", "load", 2)
    assert "15005 mg/day/1000 inhabitants" in finding.message


def test_the_cause_is_the_smallest_slip_that_explains_it() -> None:
    said = [noted(build([value]))[0].message for value in (1.18e8, 1.18e11, 1.18e13)]
    assert [text.partition("likely (")[2].partition(")")[0] for text in said] == [
        "ng/L ↔ µg/L, µg/L ↔ mg/L (1000", "ng/L ↔ mg/L (1000000", "unknown",
    ]  # fmt: skip


def test_no_published_load_reaches_its_ceiling(reference_data: Path) -> None:
    samples = wbe.read(reference_data / "data/euda/ww2025-all-data.csv")
    loads = samples["pn_load"]
    assert int(loads.notnull().sum()) == 27_890
    most = loads.max("sample").to_series()
    # the ceilings are ten times the largest load, rounded up
    assert all(9.9 * load < ceilings(name)["pn_load"] for name, load in most.items())
    assert {f.rule for f in samples.attrs["findings"] if "implausible" in f.rule} == set()


def test_no_measured_ammonium_reaches_its_ceiling(reference_data: Path) -> None:
    table = reference_data / "data/scotland/SARS-Cov2_RNA_monitoring_ww_scotland_full.csv"
    measured = pd.read_csv(table)["Ammonia-mg_per_L"].dropna() * 1e6
    assert len(measured) == 9562
    assert measured.max() < ceilings("ammonium")["concentration"] / 100


# Water and people


@pytest.mark.parametrize(
    ("population", "told"),
    [(200_000, False), (49_999, True), (50_000, False), (1_000_001, True), (np.nan, False)],
)
def test_litres_per_person(population: float, told: bool) -> None:
    found = noted(build([100], flow=50_000.0, population=population))
    assert [f.rule for f in found] == ["flow_per_person_unusual"] * told
    assert all((f.file, f.line, f.column) == ("a.csv", 2, "flow") for f in found)


@pytest.mark.parametrize(
    ("factor", "cause"),
    [(24, "m³/h ↔ m³/day"), (1 / 24, "m³/h ↔ m³/day"), (1 / 86.4, "L/s ↔ m³/day"),
     (1000, "L ↔ m³"), (1e-4, "万m³ ↔ m³")],
)  # fmt: skip
def test_a_flow_names_the_unit_that_explains_it(factor: float, cause: str) -> None:
    flow = np.linspace(45_000, 55_000, 9)
    flow[4] *= factor
    (with_people,) = noted(build(spread_out(9), flow=flow, population=200_000.0))
    (alone,) = noted(build(spread_out(9), flow=flow))
    assert (with_people.rule, alone.rule) == ("flow_per_person_unusual", "flow_slip_suspected")
    assert f"likely cause: {cause}" in with_people.message
    assert cause in alone.message and cause in alone.text("zh")[0]


def test_a_storm_is_no_slip() -> None:
    flow = np.linspace(45_000, 55_000, 9)
    flow[4] *= 4
    assert rules(build(spread_out(9), flow=flow, population=250_000.0)) == []


def test_flows_are_rarely_told_by_chance() -> None:
    rng = np.random.default_rng(7)
    flow = rng.lognormal(10, 0.4, 40_000)
    sites = [f"P{i // 20:04d}" for i in range(40_000)]
    samples = build([*[np.nan] * 39_999, 100.0], flow=flow, site=sites)
    assert rules(samples).count("flow_slip_suspected") <= 4


def test_all_flows_of_a_site_name_what_would_make_them_usual() -> None:
    found = noted(build(spread_out(4), flow=[2000.0, 2100, 1950, 2050], population=200_000.0))
    assert [f.rule for f in found] == ["flow_per_person_unusual"] * 4
    assert "m³/h ↔ m³/day (24)" in found[0].message
    (odd,) = noted(build([100], flow=5000.0, population=200_000.0))
    assert "likely cause: unknown" in odd.message and "未知" in odd.text("zh")[0]


def test_populations_in_thousands_and_ten_thousands() -> None:
    for factor, cause in ((1e-4, "万人 ↔ 人"), (1e-3, "千人 ↔ 人"), (1e4, "万人 ↔ 人")):
        people = np.full(6, 200_000.0)
        people[2] *= factor
        (finding,) = noted(build(spread_out(6), population=people))
        assert (finding.rule, cause in finding.message) == ("population_slip_suspected", True)
    assert rules(build(spread_out(6), population=[2e5, 2e5, 4e5, 2e5, 2e5, 1e5])) == []


DAY = pd.Timestamp("2024-01-01")


def test_two_flows_of_one_day() -> None:
    same = {"time": [DAY, DAY + pd.Timedelta(hours=9)], "population": 200_000.0}
    (finding,) = noted(build([100.5, 130.2], flow=[50_000.0, 60_000.0], **same))
    assert (finding.rule, finding.value) == ("flow_conflict", "60000")
    assert "50000 (S0000); 60000 (S0001)" in finding.message
    assert rules(build([100.5, 130.2], flow=[50_000.0, 50_300.0], **same)) == []
    assert rules(build([100.5, 130.2], flow=[50_000.0, 60_000.0], mode="grab", **same)) == []
    assert rules(build([100.5, 130.2], flow=[50_000.0, 60_000.0], site=["A", "B"], **same)) == []


def test_a_conflict_stands_at_the_rarest_value() -> None:
    found = noted(build([100.5, 130.2, 99.1], flow=[60_000.0, 50_000, 50_000], time=[DAY] * 3))
    assert [(f.rule, f.sample_id) for f in found] == [("flow_conflict", "S0000")]


def test_two_populations_of_one_day() -> None:
    people = {"population": [200_000.0, 230_000.0], "time": [DAY] * 2}
    assert rules(build([100.5, 130.2], **people)) == ["population_conflict"]
    bases = {"population_basis": ["served", "resident"]}
    assert rules(build([100.5, 130.2], **people, **bases)) == []


def test_samples_without_a_day_have_no_conflict() -> None:
    samples = build([100.5, 130.2], flow=[50_000.0, 60_000.0], time=[pd.NaT] * 2)
    assert rules(samples) == []


def test_a_population_that_jumps_between_files() -> None:
    people = [200_000.0] * 3 + [320_000.0] * 3
    (finding,) = noted(build(spread_out(6), population=people, files=[0, 0, 0, 1, 1, 1]))
    assert (finding.rule, finding.file, finding.value) == ("population_jumps", "b.csv", "320000")
    assert "200000 in a.csv" in finding.message
    assert rules(build(spread_out(6), population=people)) == []
    people = [200_000.0] * 3 + [280_000.0] * 3
    assert rules(build(spread_out(6), population=people, files=[0, 0, 0, 1, 1, 1])) == []


def test_a_flow_that_never_changes() -> None:
    assert rules(build(spread_out(7), flow=50_000.0)) == ["flow_constant"]
    assert rules(build(spread_out(6), flow=50_000.0)) == []
    assert rules(build(spread_out(7), flow=[50_000.0] * 6 + [50_001.0])) == []
    assert rules(build(spread_out(7), flow=50_000.0, time=[DAY] * 7)) == []


# Copies and names


THREE = {"methamphetamine": 120.4, "amphetamine": 31.7, "ketamine": 8.25}


def test_a_copied_sample_is_told_with_its_twin() -> None:
    values = {name: [value, value * 1.1, value] for name, value in THREE.items()}
    (finding,) = noted(build(values))
    assert (finding.rule, finding.sample_id) == ("sample_repeats_another", "S0002")
    assert "S0000 (a.csv:2)" in finding.message


def test_one_result_that_differs_makes_another_sample() -> None:
    values = {name: [value, value] for name, value in THREE.items()}
    values["ketamine"] = [8.25, 8.26]
    assert rules(build(values)) == []


def test_one_sample_under_two_ids() -> None:
    same_day = {"time": [DAY] * 2}
    assert rules(build([120.4, 120.4], **same_day)) == ["sample_twice_suspected"]
    assert rules(build([120.0, 120.0], **same_day)) == []  # two digits agree by chance
    assert rules(build([120.4, 120.4])) == []
    assert rules(build([120.4, 120.4], site=["A", "B"], **same_day)) == []
    assert rules(build([120.4, 120.4], time=[pd.NaT] * 2)) == []


def test_a_value_that_repeats_more_than_rounding_explains() -> None:
    values = spread_out(40).round(1)
    values[:6] = 77.7
    (finding,) = noted(build(values))
    assert (finding.rule, finding.value) == ("value_repeated", "77.7")
    assert "6 of 40" in finding.message


@pytest.mark.parametrize("rounding", [1, 2, 3])
@pytest.mark.parametrize("sd", [0.5, 1.0])
def test_rounded_results_repeat_by_chance(rounding: int, sd: float) -> None:
    rng = np.random.default_rng(8)
    raw = np.exp(rng.normal(np.log(100), sd, 3000))
    values = [float(f"{value:.{rounding}g}") for value in raw]
    assert "value_repeated" not in rules(build(values, site=[f"P{i % 60}" for i in range(3000)]))
    decimals = raw.round(rounding - 1)
    assert "value_repeated" not in rules(build(np.maximum(decimals, 1).tolist()))


def test_digits_and_resolution() -> None:
    assert [significant_digits(v) for v in (120.0, 0.045, 1e-7, 12.05)] == [2, 2, 1, 4]
    step = resolution([123.0, 0.0456])
    assert step(123.0) == pytest.approx(1 / 123)
    assert step(0.0456) == pytest.approx(1e-4 / 0.0456)
    assert repeat_chance(3, 10.0) == 1.0
    assert repeat_chance(6, 0.1) < 1e-6


def test_a_mistyped_analyte() -> None:
    usual, rare = spread_out(12), np.full(12, np.nan)
    usual[7], rare[7] = np.nan, 110.0
    (finding,) = noted(build({"methamphetamine": usual, "mephedrone": rare}))
    assert (finding.rule, finding.line) == ("analyte_lookalike", 9)
    assert "methamphetamine is missing" in finding.message
    unrelated = build({"methamphetamine": usual, "carbamazepine": rare})
    assert rules(unrelated) == []


def test_what_is_not_mistyped() -> None:
    few, most = np.arange(12) == 7, np.arange(12) != 7
    assert mistyped(few, most).tolist() == [7]
    assert len(mistyped(few, np.ones(12, bool))) == 0  # both were measured there
    assert len(mistyped(np.arange(12) < 4, np.arange(12) >= 4)) == 0  # two programmes
    assert len(mistyped(few[:8], most[:8])) == 0  # too few samples to tell


@pytest.mark.parametrize(
    ("ids", "found"),
    [
        (["S1", "2-Jan"], ["id_is_date"]), (["S1", "2.01803E+11"], ["id_is_exponent"]),
        (["S1", "101.0"], ["id_is_decimal"]), (["A1", "a1"], ["names_alike"]),
        (["A1", "Ａ１"], ["names_alike"]), (["A1", "A01"], []), (["S1", "S2"], []),
        (["445224201803120000", "445224201803121000"], ["id_digits_lost"]),
    ],
)  # fmt: skip
def test_sample_ids(ids: list[str], found: list[str]) -> None:
    assert rules(build([100.5, 130.2], ids=ids)) == found


def test_sites_are_kept_apart_and_told_once() -> None:
    samples = build(spread_out(6), site=["North", "North", "north ", "north ", "South", "1月2日"])
    found = {(f.rule, f.value): f for f in noted(samples)}
    assert set(found) == {("names_alike", "north "), ("id_is_date", "1月2日")}
    assert found["names_alike", "north "].line == 4
    assert set(samples["site"].values) == {"North", "north ", "South", "1月2日"}


# Everything together


def test_an_empty_dataset_and_one_of_missing_results_have_no_finding() -> None:
    assert rules(schema.empty()) == []
    assert rules(build([np.nan, 100.0])) == []


def test_findings_do_not_depend_on_the_order_of_the_samples() -> None:
    values = spread_out(12)
    values[4] *= 1000
    samples = build(values, flow=np.linspace(40_000, 60_000, 12), population=200_000.0)
    turned = samples.isel(sample=slice(None, None, -1))
    assert set(noted(samples)) == set(noted(turned))


def test_samples_stay_as_they_are() -> None:
    samples = shifted_file(1000)
    before = samples.copy(deep=True)
    noted(samples)
    xr.testing.assert_equal(samples, before)


def test_a_sample_stands_where_its_first_result_does() -> None:
    place = places_of(build({"methamphetamine": [np.nan, 1.0], "ketamine": [2.0, 3.0]}))
    assert place(0, None) == {"sample_id": "S0000", "site": "North", "file": "a.csv", "line": 2}
    assert place(1, 1)["line"] == 3


# Numbers behind it


def test_group_medians_are_those_of_pandas() -> None:
    rng = np.random.default_rng(9)
    for groups in (1, 7, 70_000):
        code, values = rng.integers(0, groups, 5000), rng.normal(size=5000)
        wanted = pd.Series(values).groupby(code).median().reindex(range(groups)).to_numpy()
        np.testing.assert_array_equal(group_median(values, code, groups), wanted)


def test_codes_and_first_rows() -> None:
    code, names = codes_of(np.array(["b", "a", "b", "c"]))
    assert (code.tolist(), names.tolist()) == ([0, 1, 0, 2], ["b", "a", "c"])
    assert first_of(code).tolist() == [0, 1, 3]
    assert codes_of(np.array(["x", "x"]))[0].tolist() == [0, 0]


@pytest.mark.parametrize(
    ("show", "log", "wanted"),
    [(shown_factor, LOG_1000, "1000"), (shown_factor, -LOG_1000, "1/1000"),
     (shown_factor, np.log(86.4), "86.4"), (shown_factor, np.log(1e6), "1000000"),
     (shown_ratio, np.log(1234.5), "1230"), (shown_ratio, np.log(0.00123), "0.00123")],
)  # fmt: skip
def test_factors_as_people_write_them(
    show: Callable[[float], str], log: float, wanted: str
) -> None:
    assert show(float(log)) == wanted


def test_the_nearest_factor_may_be_a_fraction() -> None:
    near = nearest_factor(np.array([-7.0, 15.0]), np.log([1000, 1e6]))
    np.testing.assert_allclose(np.exp(near), [1e-3, 1e6])


# Places in workbooks


def _workbook(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.worksheets[0])
    for name, cells in sheets.items():
        sheet = book.create_sheet(name)
        for values in cells:
            sheet.append(values)
    book.save(path)
    return path


def test_a_finding_in_a_workbook_names_its_sheet_and_cell(tmp_path: Path) -> None:
    wide = [["sample_id", "site", "date", "matrix", "KET (ng/L)", "METH (ng/L)"]]
    wide += [[f"W{i}", "North", f"2024-03-{i:02}", "influent", 7 + i % 3, 100 + 3 * i]
             for i in range(1, 13)]  # fmt: skip
    long: list[list[object]] = [["sample_id", "site", "date", "matrix", "analyte", "unit", "value"]]
    long += [[f"L{i}", "South", f"2024-03-{i:02}", "influent", "METH", "ng/L", 90 + 2 * i]
             for i in range(1, 13)]  # fmt: skip
    wide[5][5], long[8][6] = 112_000, 0.106
    sheets = {"wide": wide, "notes": [["synthetic"]], "long": long}
    samples = wbe.read([
        write_csv(tmp_path / "a.csv", [row(sample_id="A1", site="West")]),
        _workbook(tmp_path / "b.xlsx", sheets),
    ])  # fmt: skip
    slips = [f for f in samples.attrs["findings"] if f.rule == "unit_slip_suspected"]
    assert sorted((f.file, f.sheet, f.line, f.cell, f.sample_id) for f in slips) == [
        ("b.xlsx", "long", 9, "G9", "L8"), ("b.xlsx", "wide", 6, "F6", "W5"),
    ]  # fmt: skip
    assert [file["name"] for file in samples.attrs["files"]] == ["a.csv", "b.xlsx"]
    files = samples["source_file"].sel(analyte="methamphetamine").to_series()
    assert files["A1"] == 0 and (files.drop("A1") == 1).all()
    assert samples["source_file"].dtype == np.int16


def test_a_column_of_results_is_told_by_its_matrix() -> None:
    water, soil = Heading("KET (ng/L)", "C"), Heading("KET (ng/g)", "F")
    table = Origin(0, "s", {("ketamine", ""): water, ("ketamine", "soil"): soil})
    assert table.column_of("ketamine", "wwtp_influent") == water
    assert table.column_of("ketamine", "soil") == soil
    assert table.column_of("ketamine", "sediment") == water
    assert table.column_of("cocaine", "soil") is None


FLOW_ZH = {"flow": "污水流量（m3/d）", "population": "服务人口", "analyte": "目标物"}


def _renamed(rows: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    return [{FLOW_ZH.get(k, k): v for k, v in record.items() if k != "flow_unit"}
            for record in rows]  # fmt: skip


def _days(n: int, **cells: str) -> list[dict[str, str]]:
    values = spread_out(n).tolist()
    return [row(sample_id=f"D{i}", date=f"2024-03-{i + 1:02}", concentration=f"{values[i]}",
                flow=f"{50_000 + 137 * i}", **cells) for i in range(n)]  # fmt: skip


def test_a_finding_names_the_header_of_its_file(tmp_path: Path) -> None:
    rows = _days(12)
    rows[4]["concentration"], rows[6]["population"], rows[8]["flow"] = "118000", "200", "2083"
    found = wbe.read(write_csv(tmp_path / "a.csv", _renamed(rows))).attrs["findings"]
    assert [(f.rule, f.column, f.line) for f in found] == [
        ("unit_slip_suspected", "concentration", 6),
        ("flow_per_person_unusual", FLOW_ZH["flow"], 8),
        ("flow_per_person_unusual", FLOW_ZH["flow"], 10),
    ]
    apart = [row(flow="50000"), row(sample_id="S2", flow="60000", population="230000")]
    found = wbe.read(write_csv(tmp_path / "b.csv", _renamed(apart))).attrs["findings"]
    assert {(f.rule, f.column) for f in found if f.rule.endswith("conflict")} == {
        ("flow_conflict", FLOW_ZH["flow"]), ("population_conflict", FLOW_ZH["population"]),
    }  # fmt: skip


def test_a_header_in_a_workbook_has_its_cell(tmp_path: Path) -> None:
    apart = _renamed([row(flow="50000"), row(sample_id="S2", concentration="131", flow="60000")])
    cells = [list(apart[0]), *([r.get(k, "") for k in apart[0]] for r in apart)]
    path = _workbook(tmp_path / "a.xlsx", {"notes": [["synthetic"]], "samples": cells})
    [finding] = [f for f in wbe.read(path).attrs["findings"] if f.rule == "flow_conflict"]
    letter = chr(ord("A") + list(apart[0]).index(FLOW_ZH["flow"]))
    assert (finding.sheet, finding.column, finding.cell) == (
        "samples", FLOW_ZH["flow"], f"{letter}3",
    )  # fmt: skip


def test_a_finding_about_a_file_names_the_sheet_of_its_analyte(tmp_path: Path) -> None:
    """Two analytes of the same samples stand in two sheets; the limits of one are in µg/L."""

    def sheet(analyte: str, lod: str) -> list[list[object]]:
        rows = [{**r, "analyte": analyte, "lod": lod, "loq": str(3 * float(lod))}
                for r in _days(12)]  # fmt: skip
        return [list(rows[0]), *(list(r.values()) for r in rows)]

    path = _workbook(tmp_path / "a.xlsx", {"KET": sheet("KET", "1"), "METH": sheet("METH", "5e-4")})
    found = [f for f in wbe.read(path).attrs["findings"] if f.rule == "limits_unlike_values"]
    assert [(f.file, f.sheet, f.analyte) for f in found] == [("a.xlsx", "METH", "methamphetamine")]


def test_sheets_are_found_by_name_whatever_became_of_the_samples() -> None:
    sheets = Sheets(["a", "b"], ["x", "y"], np.array([[0, 1], [-1, 1]]), ["first", "second"])
    assert sheets.of(["b", "a", "b", "c"], ["y", "x", "x", "x"]) == ["second", "first", "", ""]
    assert sheets.tolist() == ["first", "second"]
