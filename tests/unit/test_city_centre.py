"""The synthetic city centre: its model, its files, and that a run finds its truth again."""

from __future__ import annotations

import datetime as dt
import io
import json
import sys
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from effort import times

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "data" / "samples"
SHIPPED = SAMPLES / "city-centre"
sys.path.insert(0, str(SAMPLES))

import generate_city_centre as generator  # noqa: E402
from citysim.constants import AREAS, HABITS, PLANTS, STUCK  # noqa: E402

BY_HAND = {"README.md", "campaign.toml"}
METH, BE = "methamphetamine", "benzoylecgonine"
#: Drugs of tiers.csv that go by another name than what is measured.
MEASURED = {"cocaine": BE, "nicotine": "cotinine"}
#: What a sample that was taken has.
RESULTS = ("quantified", "below_loq", "below_lod")
PERSONAL = ("姓名", "身份证号", "手机号", "住址", "车牌", "phone", "address")
QUIET = generator.Spread(composite=0, analysis=0, lab=0, flow=0, population=0)
#: What the library's error model assumes [log scale].
ASSUMED = generator.Spread(
    composite=np.sqrt(np.log1p(0.10**2)), analysis=np.sqrt(np.log1p(0.15**2)),
    lab=np.sqrt(np.log1p(0.10**2)), flow=np.sqrt(np.log1p(0.10**2)),
    population=np.sqrt(np.log1p(0.20**2)),
)  # fmt: skip
WINTER = {"first": dt.date(2023, 1, 1), "last": dt.date(2023, 3, 31)}


@pytest.fixture(scope="module")
def city() -> generator.City:
    return generator.simulate(generator.SEED)


@pytest.fixture(scope="module")
def written(city: generator.City, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("city")
    generator.write(city, folder)
    return folder


def relative_files(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def inner_files(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


# --- the shipped files -------------------------------------------------------------------------


def test_shipped_files_are_those_of_the_default_seed(written: Path) -> None:
    shipped = {f for f in relative_files(SHIPPED) if not f.startswith("results/")}
    assert shipped - BY_HAND == relative_files(written)
    for name in relative_files(written):
        one, other = SHIPPED / name, written / name
        if name.endswith(".xlsx"):
            assert inner_files(one) == inner_files(other), name
        # another implementation of deflate packs the same content into other bytes
        if not (name.endswith(".xlsx") and "ng" in zlib.ZLIB_RUNTIME_VERSION):
            assert one.read_bytes() == other.read_bytes(), name


def test_folder_is_small() -> None:
    shipped = [SHIPPED / f for f in relative_files(SHIPPED) if not f.startswith("results/")]
    assert sum(path.stat().st_size for path in shipped) < 3_000_000


def text_of(path: Path) -> str:
    data = path.read_bytes()
    if path.suffix == ".xlsx":
        return "".join(part.decode("utf-8") for part in inner_files(path).values())
    return data.decode("utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "gb18030")


def test_every_file_says_that_it_is_synthetic_and_names_no_person(written: Path) -> None:
    for path in sorted((written / "lab").iterdir()):
        text = text_of(path)
        assert "synthetic" in path.name
        assert "合成" in text or "SYNTHETIC" in text
        assert not any(word in text for word in PERSONAL), path.name
    features = json.loads((written / "areas.geojson").read_text(encoding="utf-8"))["features"]
    assert [f["properties"]["area"] for f in features] == list(AREAS)
    assert all(f["properties"]["synthetic"] is True for f in features)
    for name in ("sites.csv", "truth/truth.csv"):
        assert "synthetic" in (written / name).read_text(encoding="utf-8-sig")


def test_lab_files_carry_the_oddities_of_real_ones(written: Path) -> None:
    plants = (written / "lab/2023Q1_drainage_company_synthetic.csv").read_bytes()
    with pytest.raises(UnicodeDecodeError):
        plants.decode("utf-8")
    text = plants.decode("gb18030")
    for oddity in ("万人", "0.5L", "0.5(L)", "＜1.5", "次日9:00", "m3/d,", "％", ",0.88,",
                   "20230115", ",44941,", "2023.1.15", "采样器故障，未采样", "/,/"):  # fmt: skip
        assert oddity in text, oddity
    assert any(digit in text for digit in "０１２３４５６７８９")
    long = (written / "lab/2023-2024_hired_lab_synthetic.csv").read_bytes()
    assert long.startswith(b"\xef\xbb\xbf")
    for oddity in ("μg/L", "ug/L", "µg/L", "ng/L", "mg/L", "现场空白", "(平行)", "<LOQ", "ND",
                   "万吨/日", "加标回收率(%)", "平行样相对偏差(%)", "2024-02-29"):  # fmt: skip
        assert oddity in long.decode("utf-8-sig"), oddity


def test_crosstab_has_merged_heads_and_typed_cells(written: Path) -> None:
    import openpyxl

    book = openpyxl.load_workbook(written / "lab/2024_crosstab_synthetic.xlsx")
    assert book.sheetnames == ["Lanyue", "Fuxiao"]
    sheet = book["Lanyue"]
    assert {str(r) for r in sheet.merged_cells.ranges} >= {"A1:R1", "H4:O4"}
    column = {cell.value: cell.column for cell in sheet[5]}
    dates = [row[0].value for row in sheet.iter_rows(min_row=6)]
    assert all(isinstance(day, dt.datetime) for day in dates)
    assert dt.datetime(2024, 2, 29) in dates
    values = [row[column["METH"] - 1].value for row in sheet.iter_rows(min_row=6)]
    assert all(isinstance(v, int | float) or v == "not sampled" for v in values)
    assert "not sampled" in values


# --- the model ---------------------------------------------------------------------------------


def test_two_years_of_eight_plants_and_ten_analytes(city: generator.City) -> None:
    assert (len(city.days), city.days[0], city.days[-1]) == (
        731, dt.date(2023, 1, 1), dt.date(2024, 12, 31),
    )  # fmt: skip
    assert city.load.shape == (8, 731, 10)
    assert len({plant.zh for plant in PLANTS}) == 8
    assert 0.97 < city.listed.mean() < 0.995


def test_habits_are_found_in_the_true_loads(city: generator.City) -> None:
    """Regression of the log load gives trend, weekend and October back."""
    log = np.log(city.load).mean(axis=0)
    weekend = np.array([d.weekday() >= 5 for d in city.days], dtype=float)
    october = np.array([d.month == 10 and d.day <= 7 for d in city.days], dtype=float)
    angle = 2 * np.pi * (np.array([d.timetuple().tm_yday for d in city.days]) - 196) / 365.25
    away = city.present.mean(axis=0) < 0.9
    since = np.arange(731) / 365.25
    ones = np.ones(731)
    terms = np.stack([ones, since, weekend, october, np.cos(angle), np.sin(angle), away], axis=1)
    fit, *_ = np.linalg.lstsq(terms, log, rcond=None)
    for column, name in enumerate(city.analytes):
        if name not in ("amphetamine", "norketamine"):
            habit = HABITS[name]
            known = [habit.trend, np.log(habit.weekend), np.log(habit.holiday), habit.season]
            np.testing.assert_allclose(fit[1:5, column], known, atol=0.06, err_msg=name)


def test_rain_dilutes_and_carries_the_same_load(city: generator.City) -> None:
    column = city.analytes.index("cotinine")
    wet, dry = city.rain > 20, city.rain == 0
    assert 0.15 < (city.rain > 0).mean() < 0.45
    combined, separate = 0, 7  # the plants with most and with least rain in their sewers
    ratios = []
    for p in (combined, separate):
        assert city.load[p, wet, column].mean() == pytest.approx(
            city.load[p, dry, column].mean(), rel=0.08
        )
        ratios.append(
            np.median(city.reported[p, wet, column]) / np.median(city.reported[p, dry, column])
        )
    assert ratios[0] < 0.6 < 0.8 < ratios[1] < 1


def test_stuck_meter_and_failed_samplers(city: generator.City) -> None:
    plant, first, last = STUCK
    stuck = np.array([first <= day <= last for day in city.days])
    assert len(set(city.flow[plant, stuck])) == 1 and stuck.sum() == 21
    assert len(set(city.water[plant, stuck])) == 21
    assert len(set(city.flow[plant, ~stuck])) > 300
    assert (city.status[city.failed] == "").all()
    assert city.failed.sum() == 4 + 3 + 9 + 4 + 2


def test_flow_and_population_give_the_load_back() -> None:
    city = generator.simulate(3, spread=QUIET)
    fine = np.ones(city.flow.shape, dtype=bool)
    fine[STUCK[0]] = False
    load = city.reported[..., 0] * city.flow / city.population[:, None]  # ng/L x m3/d / people
    np.testing.assert_allclose(load[fine], city.load[..., 0][fine], rtol=8e-3)  # three digits


def test_fewer_analytes_or_days_change_no_number(city: generator.City) -> None:
    few = generator.simulate(generator.SEED, analytes=("cotinine", METH), **WINTER)
    here = [city.days.index(day) for day in few.days]
    for column, name in enumerate(few.analytes):
        whole = city.reported[:, here, city.analytes.index(name)]
        np.testing.assert_array_equal(few.reported[..., column], whole)
    np.testing.assert_array_equal(few.flow, city.flow[:, here])


def test_truth_and_errors_have_seeds_of_their_own(city: generator.City) -> None:
    other = generator.simulate(99)
    np.testing.assert_array_equal(other.load, city.load)
    assert (other.reported != city.reported).mean() > 0.9
    assert not np.isclose(generator.simulate(99, truth_seed=None).level, city.level).any()


def test_catchments_tile_the_city_and_hold_their_plant(written: Path) -> None:
    import shapely

    features = json.loads((written / "areas.geojson").read_text(encoding="utf-8"))["features"]
    cells = [shapely.geometry.shape(f["geometry"]) for f in features]
    whole = shapely.union_all(cells)
    assert whole.geom_type == "Polygon" and all(cell.is_valid for cell in cells)
    assert sum(cell.area for cell in cells) == pytest.approx(whole.area, rel=1e-6)
    sites = pd.read_csv(written / "sites.csv", encoding="utf-8-sig")
    for cell, row in zip(cells, sites.itertuples(), strict=True):
        assert cell.contains(shapely.Point(row.lon, row.lat))


# --- as the library sees it --------------------------------------------------------------------


def test_library_reads_from_the_files_what_the_city_is(city: generator.City) -> None:
    import wbe

    read = wbe.read([str(path) for path in sorted((SHIPPED / "lab").iterdir())])
    located = wbe.locate(
        read, wbe.read_sites(SHIPPED / "sites.csv"), wbe.read_areas(SHIPPED / "areas.geojson")
    )
    sampled = located.isel(sample=located["status"].isin(RESULTS).any("analyte").values)
    made = generator.as_samples(city)
    key = ["area", "time"]
    read, made = (_table(samples).sort_values(key) for samples in (sampled, made))
    for name in (*key, "site", "matrix", "mode", "round", "lab", "population_basis"):
        assert read[name].astype(str).tolist() == made[name].astype(str).tolist(), name
    for name in ("flow", "population", *city.analytes):
        # the crosstab states the flow by the hour, to five digits
        np.testing.assert_allclose(
            read[name].to_numpy(float), made[name].to_numpy(float), rtol=1e-4, err_msg=name
        )


def _table(samples) -> pd.DataFrame:
    plain = {
        name: samples[name].values
        for name in ("area", "site", "matrix", "mode", "round", "lab", "population_basis", "flow",
                     "population")
    }  # fmt: skip
    days = samples["time"].values.astype("datetime64[D]")
    values = samples["concentration"].to_pandas().reset_index(drop=True)
    return pd.concat([pd.DataFrame({**plain, "time": days}), values], axis=1)


def test_control_rows_stay_apart_and_nothing_is_rejected(city: generator.City) -> None:
    import wbe

    read = wbe.read(sorted((SHIPPED / "lab").iterdir()), errors="reject")
    assert not list(read.attrs["findings"].errors)
    assert set(read.attrs["qc_rows"]["kind"]) == {"blank", "duplicate"}
    hired = [plant.lab for plant in PLANTS].index(1)
    middle = np.array([day.day == 15 for day in city.days])
    assert len(read.attrs["qc_rows"]) == 2 * int(city.sampled[hired, middle].sum()) > 40


@dataclass
class Tally:
    """Quarterly loads of catchments: how many there are, how many are held by what."""

    quantified: int = 0
    covered: int = 0
    censored: int = 0
    bounded: int = 0

    @property
    def coverage(self) -> float:
        return self.covered / self.quantified


def count(seeds: range, spread: generator.Spread) -> Tally:
    """95 % intervals of a drug without non-detects, bounds of one that is often below limits."""
    import wbe

    tally = Tally()
    for seed in seeds:
        city = generator.simulate(
            seed, truth_seed=None, analytes=(METH, BE), spread=spread, **WINTER
        )
        result = wbe.estimate(generator.as_samples(city), draws=1_000, seed=seed)
        values = wbe.by_area(result, quantities=("pn_mass_load",)).isel(quantity=0, round=0)
        truth = city.truth.set_index(["analyte", "area"])["mean_load"]
        meth, coke = (values.sel(drug=drug) for drug in (METH, "cocaine"))
        true, often = (truth[name].loc[values["area"].values].to_numpy() for name in (METH, BE))
        tally.quantified += len(true)
        tally.covered += int(((meth["lower"] <= true) & (true <= meth["upper"])).sum())
        below = coke["n_censored"].values > 0
        inside = (coke["bound_lower"] <= often) & (often <= coke["bound_upper"])
        tally.censored += int(below.sum())
        tally.bounded += int(inside.values[below].sum())
    return tally


@pytest.mark.slow
def test_intervals_and_bounds_of_many_cities_hold_their_truth() -> None:
    tally = count(range(25), ASSUMED)
    print(tally)
    assert 0.91 <= tally.coverage <= 0.99
    assert tally.censored > 100 and tally.bounded >= 0.98 * tally.censored


@pytest.mark.slow
def test_errors_twice_as_large_are_seen() -> None:
    """Negative control: intervals of the usual width hold too few of such values."""
    loud = generator.Spread(lab=0.3, flow=0.3, population=0.4)
    assert count(range(10), loud).coverage < 0.8


@pytest.mark.slow
@pytest.mark.parametrize("cities", [times(80, 200)])
def test_coverage_over_many_cities_is_nominal(cities: int) -> None:
    tally = count(range(cities), ASSUMED)
    print(tally)
    assert 0.935 <= tally.coverage <= 0.97
    assert tally.bounded >= 0.98 * tally.censored


@pytest.mark.slow
def test_a_run_of_the_shipped_files_finds_the_truth(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from wbe.cli import cli

    out = tmp_path / "results"
    done = CliRunner().invoke(cli, ["run", str(SHIPPED), "--out", str(out), "--quiet"])
    assert done.exit_code == 0, done.output
    tiers = pd.read_csv(out / "tiers.csv", encoding="utf-8-sig")
    tiers["analyte"] = tiers["drug"].replace(MEASURED)
    truth = pd.read_csv(SHIPPED / "truth" / "truth.csv", encoding="utf-8-sig")
    both = tiers.merge(truth, on=["area", "round", "analyte"])
    assert len(both) == 8 * 8 * 8  # catchments, quarters, drugs with a load of their own
    inside = (both["lower"] <= both["mean_load"]) & (both["mean_load"] <= both["upper"])
    assert inside.mean() >= 0.95
    # the errors are shared by the quarters of a plant: its trend is known far better than its level
    meth = both[both["drug"] == METH].pivot(index="area", columns="round", values="value")
    fall = np.log(meth["2024Q4"] / meth["2023Q4"])
    assert fall.mean() == pytest.approx(HABITS[METH].trend, abs=0.05)
