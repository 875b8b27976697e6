"""The synthetic county: its model, its files, and that both say the same."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import sys
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "data" / "samples"
SHIPPED = SAMPLES / "example-county"
sys.path.insert(0, str(SAMPLES))

import generate_example_county as generator  # noqa: E402
from countysim import geometry  # noqa: E402
from countysim.constants import ANALYTES, CHANNEL, PLANT, SOIL, STREAM, TOWNS  # noqa: E402

METH, COT = "methamphetamine", "cotinine"
QUIET = generator.Spread(lab=0.0, analysis=0.0, flow=0.0, population=0.0)
#: Towns of the county whose report the design follows: none of them may appear.
REAL_TOWNS = (
    "惠城", "华湖", "仙庵", "靖海", "周田", "前詹", "神泉", "东陇", "岐石", "隆江", "溪西",
    "鳌江", "东港", "葵潭", "侨园",
)  # fmt: skip
PERSONAL = ("姓名", "身份证号", "手机号", "住址", "车牌", "phone", "address")


@pytest.fixture(scope="module")
def county() -> generator.County:
    return generator.simulate(generator.SEED)


@pytest.fixture(scope="module")
def written(county: generator.County, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("county")
    generator.write(county, folder)
    return folder


def relative_files(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


# --- the shipped files -------------------------------------------------------------------------


def test_shipped_files_are_those_of_the_default_seed(written: Path) -> None:
    by_hand = {"README.md", "campaign.toml", "campaign-zh.toml"}
    shipped = {f for f in relative_files(SHIPPED) if not f.startswith("results/")}
    assert shipped - by_hand == relative_files(written)
    for name in relative_files(written):
        assert (SHIPPED / name).read_bytes() == (written / name).read_bytes(), name


def test_every_file_says_that_it_is_synthetic(written: Path) -> None:
    encodings = {"plants": "gb18030", "channels": "utf-8-sig", "soil": "gbk"}
    files = sorted((written / "lab").iterdir())
    assert len(files) == 12
    for path in files:
        assert "synthetic" in path.name
        encoding = next(e for key, e in encodings.items() if key in path.name)
        assert "合成" in path.read_bytes().decode(encoding)
    towns = json.loads((written / "areas.geojson").read_text(encoding="utf-8"))["features"]
    assert all(town["properties"]["synthetic"] is True for town in towns)
    assert "synthetic" in (written / "sites.csv").read_text(encoding="utf-8-sig")


def test_lab_files_carry_the_oddities_of_real_ones(written: Path) -> None:
    plants = (written / "lab/2018Q1_plants_synthetic.csv").read_bytes()
    with pytest.raises(UnicodeDecodeError):
        plants.decode("utf-8")
    text = plants.decode("gb18030")
    for oddity in ("0.5L", "未检出", "次日9:00", "m3/d,", "％", "20180307", "2018.3.21", ",43173,"):
        assert oddity in text, oddity
    assert any(digit in text for digit in "０１２３４５６７８９")
    channels = (written / "lab/2018Q1_channels_synthetic.csv").read_bytes()
    assert channels.startswith(b"\xef\xbb\xbf")
    for oddity in ("μg/L", "ug/L", "µg/L", "ng/L", "mg/L", "现场空白", "(平行)", "<LOQ", "ND"):
        assert oddity in channels.decode("utf-8-sig"), oddity
    streams = (written / "lab/2018Q1_streams_soil_synthetic.tsv").read_bytes().decode("gbk")
    for oddity in ("2018年第一季度", "百度坐标", "小计", "\t/\t", "<3", "°"):
        assert oddity in streams, oddity
    assert re.search(r"\t[0-9]{1,3} [0-9]{3}\t", streams)  # blanks between groups of digits
    assert re.search(r"\t11[0-9]\.[0-9]{4},19\.[0-9]{4}\t", streams)  # decimal coordinates
    rows = list(csv.reader(io.StringIO(streams), delimiter="\t"))
    assert any(row[0].isdigit() and row[1] == "" for row in rows)  # merged town cells


def test_nothing_personal_and_no_real_place(written: Path, county: generator.County) -> None:
    for name, _ in TOWNS:
        assert name.removesuffix("镇") not in REAL_TOWNS
    for path in written.rglob("*.?sv"):
        data = path.read_bytes()
        encoding = "utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "gb18030"
        assert not any(word in data.decode(encoding) for word in PERSONAL), path.name
    assert county.areas["lon"].between(117, 119).all()
    assert county.areas["lat"].between(19, 20).all()


def test_the_two_campaigns_differ_only_in_language() -> None:
    english, chinese = (
        tomllib.loads((SHIPPED / name).read_text(encoding="utf-8"))
        for name in ("campaign.toml", "campaign-zh.toml")
    )
    assert (english.pop("language"), chinese.pop("language")) == ("en", "zh")
    assert english == chinese
    assert "synthetic" in english["title"]


def test_korean_sample_and_published_table_agree() -> None:
    loads = pd.read_csv(
        SAMPLES / "published/korea-kim2015/loads.csv", dtype=str, encoding="utf-8-sig"
    ).set_index(["site", "analyte"])["pn_load"]
    table = pd.read_csv(ROOT / "tests/published/kim2015_table.csv", dtype=str)
    assert len(loads) == 60 and len(table) == 30
    for row in table.itertuples():
        assert loads[row.site, row.analyte] == row.pn_load


# --- the design --------------------------------------------------------------------------------


def test_thirteen_towns_of_five_points(county: generator.County) -> None:
    kinds = county.facts.kinds
    assert kinds.shape == (13, 5)
    assert (kinds[:, 0] == PLANT).all() and (kinds[:, 1:4] == CHANNEL).all()
    counts = {kind: int((kinds[:, 4] == kind).sum()) for kind in (STREAM, SOIL, CHANNEL)}
    assert counts == {STREAM: 6, SOIL: 4, CHANNEL: 3}
    assert len(county.design.kind) == 260
    assert county.sites["site"].is_unique and len(county.sites) == 65
    population = county.areas["population"]
    assert (population < 5000).sum() == 1 and population.max() == 180_000


def test_production_towns(county: generator.County) -> None:
    truth = county.truth.pivot_table(
        index=["area", "round"], columns="analyte", values="theta_all_source"
    )
    meth = county.truth[county.truth["analyte"] == METH].set_index(["area", "round"])
    share = meth["production_share"]
    np.testing.assert_allclose(meth["theta_use_only"], meth["theta_all_source"] * (1 - share))
    assert (share.groupby("area").first() > 0).sum() == 3
    ratio = truth["amphetamine"] / truth[METH]
    assert ratio[share > 0].max() < 0.05 < ratio[share == 0].min() < 0.25
    ephedrine = truth["ephedrine"] / truth[METH] > 0.15
    assert ephedrine[share > 0].all()
    streams = county.facts.kinds[:, 4] == STREAM
    assert streams[county.facts.production_share > 0].all()


def test_visitors_raise_the_people_present_in_one_round(county: generator.County) -> None:
    towns = county.truth.drop_duplicates(["area", "round"])
    more = towns[towns["population_present"] != towns["population_resident"]]
    assert list(more["round"]) == ["2018Q3"]
    assert more["population_present"].item() == pytest.approx(
        1.3 * more["population_resident"].item()
    )


def test_shipped_truth_fills_all_tiers(county: generator.County) -> None:
    meth = county.truth[county.truth["analyte"] == METH].groupby("area")["theta_all_source"].mean()
    tiers = pd.cut(meth, [0, 20, 60, np.inf]).value_counts()
    assert (tiers >= 2).all()


def test_levels_and_nondetects(county: generator.County) -> None:
    sewage = np.isin(county.design.kind, (PLANT, CHANNEL)) & (county.design.lab < 2)
    quantified = (county.status == "quantified")[sewage].mean(axis=0)
    rate = dict(zip(county.analytes, quantified, strict=True))
    for common in (METH, "ephedrine", "morphine", COT, "ammonium"):
        assert rate[common] > 0.95
    for rare in ("MDMA", "cocaine", "benzoylecgonine", "6-monoacetylmorphine"):
        assert rate[rare] < 0.2
    assert 0.2 < rate["ketamine"] < 0.9


# --- randomness --------------------------------------------------------------------------------


def test_truth_and_sampling_have_seeds_of_their_own(county: generator.County) -> None:
    again, other = generator.simulate(generator.SEED), generator.simulate(99)
    np.testing.assert_array_equal(again.reported, county.reported)
    np.testing.assert_array_equal(other.facts.all_source, county.facts.all_source)
    np.testing.assert_array_equal(other.facts.resident, county.facts.resident)
    assert not np.isclose(other.visit, county.visit).any()
    elsewhere = generator.simulate(generator.SEED, truth_seed=None).facts
    assert not np.isclose(elsewhere.all_source[:, :, 0], county.facts.all_source[:, :, 0]).any()


def test_fewer_analytes_or_rounds_change_no_number(county: generator.County) -> None:
    few = generator.simulate(generator.SEED, analytes=[COT, METH], rounds=["2018Q3", "2018Q2"])
    keys = ["site", "round", "analyte"]
    drawn = few.records.set_index(keys)
    same = county.records.set_index(keys).loc[drawn.index]
    columns = ["reported", "status", "flow", "population", "visit_effect", "carried_load"]
    pd.testing.assert_frame_equal(drawn[columns], same[columns])


def test_spread_and_sharing_are_those_stated() -> None:
    """Over many samplings: variance by kind, and covariance of points of one town and round."""
    logs = []
    for seed in range(300):
        c = generator.simulate(seed, analytes=[METH], rounds=["2018Q1"])
        theta = c.facts.all_source[c.design.town, 0, 0]
        logs.append(np.log(c.carried[:, 0] / theta).reshape(13, 5)[:, :4])
    z = np.array(logs)
    visit, point, grab, composite = 0.4**2, 0.5**2, 0.35**2, 0.2**2
    assert abs(z.mean()) < 0.03
    assert z[:, :, 0].var() == pytest.approx(visit + point + composite, rel=0.08)
    assert z[:, :, 1:].var() == pytest.approx(visit + point + grab, rel=0.08)
    shared = np.mean(z[:, :, 0] * z[:, :, 2])
    assert shared == pytest.approx(visit, rel=0.15)
    between_towns = np.mean(z[:, 0, 1] * z[:, 1, 1])
    assert abs(between_towns) < 0.1


def test_points_are_kept_and_visits_are_not() -> None:
    rounds = ("2018Q1", "2018Q2")
    first, second = [], []
    for seed in range(300):
        c = generator.simulate(seed, analytes=[METH], rounds=rounds)
        z = np.log(c.carried[:, 0] / c.facts.all_source[c.design.town, c.design.round, 0])
        z = z.reshape(2, 13, 5)[:, :, 1]
        first.append(z[0])
        second.append(z[1])
    assert np.mean(np.array(first) * np.array(second)) == pytest.approx(0.5**2, rel=0.12)


def test_visit_touches_every_drug_and_no_marker() -> None:
    loud = generator.Spread(visit=3.0)
    a = generator.simulate(5, spread=loud)
    b = generator.simulate(5, spread=generator.Spread(visit=0.0))
    ratio = np.log(a.carried / b.carried)
    drugs = np.array([analyte.is_drug for analyte in ANALYTES])
    expected = a.visit[a.design.town, a.design.round]
    sewage = a.design.kind <= CHANNEL
    np.testing.assert_allclose(
        ratio[sewage][:, drugs], np.repeat(expected[sewage, None], drugs.sum(), axis=1), atol=1e-9
    )
    np.testing.assert_allclose(ratio[sewage][:, ~drugs], 0.0, atol=1e-12)


# --- what an estimate must be able to undo -----------------------------------------------------


def test_marker_ratio_gives_the_load_back(county: generator.County) -> None:
    meth, cot = county.analytes.index(METH), county.analytes.index(COT)
    sewage = county.design.kind <= CHANNEL
    ratio = county.exact[sewage, meth] / county.exact[sewage, cot]
    np.testing.assert_allclose(
        ratio * county.carried[sewage, cot], county.carried[sewage, meth], rtol=1e-12
    )


def test_flow_and_population_give_the_load_back() -> None:
    c = generator.simulate(3, spread=QUIET, rounds=["2018Q1"])
    plant = c.design.kind == PLANT
    load = c.exact[plant, 0] * c.flow[plant] / c.population[plant]  # ng/L x m3/d / people
    np.testing.assert_allclose(load, c.carried[plant, 0], rtol=2e-3)  # four digits are printed


def test_ammonium_counts_people_in_milligrams_per_litre(county: generator.County) -> None:
    column = county.analytes.index("ammonium")
    plants = county.reported[county.design.kind == PLANT, column] / 1e6
    assert 5 < plants.min() < plants.max() < 120


def test_reported_values_have_three_digits_and_limits_cut(county: generator.County) -> None:
    records = county.records
    quantified = records[records["status"] == "quantified"]
    assert (quantified["reported"] == [float(f"{v:.3g}") for v in quantified["reported"]]).all()
    assert not (quantified["reported"] < quantified["loq"]).any()
    below = records[records["status"] == "below_lod"]
    assert (below["reported"] <= below["lod"].fillna(np.inf)).all()
    silent = below[below["lod"].isna()]
    assert set(silent["analyte"]) == {"6-monoacetylmorphine", "ephedrine"}


# --- geometry ----------------------------------------------------------------------------------


def test_cells_tile_the_county_and_hold_their_points(written: Path) -> None:
    import shapely

    towns = json.loads((written / "areas.geojson").read_text(encoding="utf-8"))["features"]
    cells = [shapely.geometry.shape(town["geometry"]) for town in towns]
    assert len(cells) == 13 and all(cell.is_valid for cell in cells)
    whole = shapely.union_all(cells)
    assert whole.geom_type == "Polygon"
    assert sum(cell.area for cell in cells) == pytest.approx(whole.area, rel=1e-6)
    lon, lat = geometry.point_coordinates(2018)
    for cell, xs, ys in zip(cells, lon, lat, strict=True):
        assert all(cell.contains(shapely.Point(x, y)) for x, y in zip(xs, ys, strict=True))


def test_baidu_offset_is_the_published_one() -> None:
    lon, lat = geometry.to_baidu(116.2908, 23.0322)
    assert lon == pytest.approx(116.30178, abs=1e-5)
    assert lat == pytest.approx(23.03577, abs=1e-5)


# --- as the library sees it --------------------------------------------------------------------


def test_in_memory_county_is_complete(county: generator.County) -> None:
    samples = generator.as_samples(generator.simulate(2))
    assert dict(samples.sizes) == {"sample": 260, "analyte": len(ANALYTES)}
    assert samples["sample"].to_index().is_unique
    assert samples["concentration"].attrs["units"] == "ng/L"
    measured = samples["concentration"].notnull() | samples["content"].notnull()
    assert ((samples["status"] == "quantified") == measured).all()
    assert set(samples["area"].values) == set(county.areas["area"])


def test_library_reads_from_the_files_what_the_county_is(county: generator.County) -> None:
    import wbe

    lab = sorted((SHIPPED / "lab").iterdir())
    read = wbe.read([str(path) for path in lab])
    assert not list(read.attrs["findings"].errors)
    made = generator.as_samples(county, located=False)
    read, made = ordered(read), ordered(made)
    for name in (
        "sample", "analyte", "site", "round", "matrix", "mode", "lab", "population_basis",
    ):  # fmt: skip
        assert list(read[name].values) == list(made[name].values), name
    np.testing.assert_array_equal(read["time"].values.astype("datetime64[s]"), made["time"].values)
    np.testing.assert_array_equal(read["status"].values.astype(str), made["status"].values)
    for name in (
        "concentration", "lod", "loq", "content", "content_lod", "content_loq",
        "flow", "population", "duration", "domestic_share",
    ):  # fmt: skip
        assert read[name].attrs["units"] == made[name].attrs["units"], name
        np.testing.assert_allclose(read[name].values, made[name].values, rtol=1e-9, err_msg=name)


def ordered(samples: xr.Dataset) -> xr.Dataset:
    """The same samples and analytes in the same order, whatever order the files came in."""
    names = samples["sample"].values.astype(str), samples["analyte"].values.astype(str)
    return samples.assign_coords(sample=names[0], analyte=names[1]).sortby(["sample", "analyte"])


def test_quality_rows_are_kept_apart() -> None:
    import wbe

    read = wbe.read(str(SHIPPED / "lab/2018Q1_channels_synthetic.csv"))
    assert read.sizes["sample"] == 36
    assert len(read.attrs["qc_rows"]) == 2


def test_located_samples_stand_in_the_county_as_simulated(county: generator.County) -> None:
    import wbe

    read = wbe.read([str(path) for path in sorted((SHIPPED / "lab").iterdir())])
    sites, areas = wbe.read_sites(SHIPPED / "sites.csv"), wbe.read_areas(SHIPPED / "areas.geojson")
    located = ordered(wbe.locate(read, sites, areas))
    made = ordered(generator.as_samples(county))
    for name in ("area", "role", "visit", "round", "site_type"):
        assert list(located[name].values.astype(str)) == list(made[name].values.astype(str)), name
    np.testing.assert_allclose(located["population"].values, made["population"].values)


def test_points_of_the_third_laboratory_lie_in_their_town(county: generator.County) -> None:
    """Brought back from BD-09 by the library, each point is where it was put, within a metre."""
    from wbe.spatial.datum import to_wgs84

    sites = county.sites
    lon, lat = geometry.point_coordinates(county.facts.seed)
    third = (sites["crs"] == "bd09").to_numpy()
    x, y = to_wgs84(sites["lon"].to_numpy()[third], sites["lat"].to_numpy()[third], "bd09")
    metres = np.hypot(
        (x - lon.ravel()[third]) * 111_320 * math.cos(math.radians(19.5)),
        (y - lat.ravel()[third]) * 110_660,
    )
    assert metres.max() < 2.0
