"""NetCDF out and in: CF as others read it, results that go on, foreign and broken files."""

from __future__ import annotations

import sys
from pathlib import Path

import netCDF4
import numpy as np
import openpyxl
import pandas as pd
import pytest
import xarray as xr
from builders import build_areas, build_samples, build_sites

import wbe
from wbe.errors import EnvironmentFault, FindingsError, UsageError, in_language
from wbe.findings import Findings
from wbe.io import read_netcdf, write_netcdf
from wbe.io.netcdf.table import read_sheet
from wbe.io.text import Refused
from wbe.qc.batch_flags import results_of

GROUP = Path(__file__).parents[2] / "data" / "bad" / "netcdf"
EXAMPLE = Path(__file__).parents[3] / "data" / "samples" / "example-county"
PLANTS = EXAMPLE / "lab" / "2018Q1_plants_synthetic.csv"


@pytest.fixture(scope="module")
def samples() -> xr.Dataset:
    return wbe.read(PLANTS)


@pytest.fixture(scope="module")
def result(samples: xr.Dataset) -> xr.Dataset:
    places = wbe.read_sites(EXAMPLE / "sites.csv"), wbe.read_areas(EXAMPLE / "areas.geojson")
    return wbe.estimate(wbe.locate(samples, *places), draws=300, seed=3)


def stored(data: xr.Dataset, path: Path) -> netCDF4.Dataset:
    """A file as the library of its makers sees it."""
    write_netcdf(data, path, title="Synthetic")
    return netCDF4.Dataset(path)


def composites() -> xr.Dataset:
    data = build_samples({"benzoylecgonine": [500.0, 300.0]}, mode="composite_24h", lab="Lab A")
    return data.assign_coords(
        lon=("sample", [116.0, 117.0]),
        lat=("sample", [23.0, 24.0]),
        duration=("sample", [24.0, 12.0], {"units": "h"}),
        time=("sample", np.array(["2018-03-05T09", "2018-03-06T21"], "datetime64[s]")),
    )


# What others read


def test_a_status_is_repeated_as_flags_with_their_meanings(tmp_path: Path, samples) -> None:
    with stored(samples, tmp_path / "s.nc") as file:
        flags = file["status_flag"]
        words = flags.flag_meanings.split()
        shown = [words[list(flags.flag_values).index(v)] for v in np.ravel(flags[:])]
        assert shown == samples["status"].values.ravel().tolist()
        assert flags.standard_name == "status_flag"
        assert "status_flag" in file["concentration"].ancillary_variables.split()
        assert set(file["concentration"].ancillary_variables.split()) <= set(file.variables)


def test_times_are_counted_from_1970_and_bounds_end_with_the_collection(tmp_path: Path) -> None:
    with stored(composites(), tmp_path / "c.nc") as file:
        time = file["time"]
        found = netCDF4.num2date(time[:], time.units, time.calendar)
        assert [t.isoformat() for t in found] == ["2018-03-05T09:00:00", "2018-03-06T21:00:00"]
        assert np.diff(file[time.bounds][:], axis=1).ravel().tolist() == [24 * 3600, 12 * 3600]
        assert file["concentration"].cell_methods == "time: mean"
        assert not file[time.bounds].ncattrs()


def test_a_grab_sample_among_composites_takes_the_mean_away(tmp_path: Path) -> None:
    data = composites()
    mixed = data.assign_coords(mode=("sample", ["composite_24h", "grab"]))
    with stored(mixed, tmp_path / "c.nc") as file:
        assert "cell_methods" not in file["concentration"].ncattrs()
        assert "bounds" not in file["time"].ncattrs() and "time_bounds" not in file.variables


def test_estimates_say_over_what_they_are_medians_and_means(tmp_path: Path, result) -> None:
    with stored(result, tmp_path / "r.nc") as file:
        assert file["pn_mass_load"].cell_methods == "realization: median"
        assert file["pn_mass_load_mean"].cell_methods == "realization: mean"
        assert "cell_methods" not in file["pn_mass_load_lower"].ncattrs()
        assert file["pn_mass_load"].units == "mg/day/1000 inhabitants"
        assert "its unit is mg/day/1000" in file["pn_mass_load"].comment


def test_points_are_claimed_only_where_every_sample_could_have_one(tmp_path: Path) -> None:
    data = composites()
    unknown = data.assign_coords(lon=("sample", [116.0, np.nan]), lat=("sample", [23.0, np.nan]))
    cases = {
        "all": (data, "point", None),
        "some": (unknown, "point", "1 of 2 samples"),
        "none": (data.drop_vars(["lon", "lat"]), None, None),
        "other": (data.assign_coords(crs=("sample", ["gcj02", "wgs84"])), None, None),
    }
    for name, (one, feature, comment) in cases.items():
        with stored(one, tmp_path / f"{name}.nc") as file:
            assert getattr(file, "featureType", None) == feature, name
            assert (comment or "") in getattr(file, "comment", ""), name
            if "lon" in file.variables:
                assert ("standard_name" in file["lon"].ncattrs()) == (feature == "point"), name


def test_global_attributes_name_laboratories_and_no_machine(tmp_path: Path) -> None:
    import platform

    with stored(composites(), tmp_path / "c.nc") as file:
        assert file.Conventions == "CF-1.11" and file.institution == "Lab A"
        text = " ".join(str(file.getncattr(name)) for name in file.ncattrs())
    assert wbe.__version__ in text
    assert platform.node() not in text.split() and str(tmp_path) not in text


def test_what_a_dataset_says_itself_is_not_overwritten(tmp_path: Path) -> None:
    data = composites().assign_attrs(institution="Ours", history="long")
    data["flow"].attrs["long_name"] = "influent"
    with stored(data, tmp_path / "c.nc") as file:
        assert file.institution == "Ours" and file["flow"].long_name == "influent"
    back = read_netcdf(tmp_path / "c.nc")
    assert back.attrs["institution"] == "Ours" and back.attrs["history"] == "long"


def test_what_netcdf_cannot_carry_is_refused_by_name_in_both_languages(tmp_path: Path) -> None:
    for data, said, chinese in (
        (xr.Dataset({"z": ("x", np.array([1j]))}), "z holds complex128", "z 含有 complex128"),
        (xr.Dataset(attrs={"o": object()}), "type object", "含有 object 类型的对象"),
        (xr.Dataset(attrs={1: "one"}), "attribute 1 has", "属性 1 的名称"),
        (xr.Dataset({1: ("x", [1])}), "the name 1", "名称 1 无法写入"),
        (xr.Dataset({"w": ("x", np.array([object()], dtype=object))}), "w: an ", "w：某属性"),
        ("x.nc", "a Dataset is needed", "需要 Dataset"),
    ):
        with pytest.raises(UsageError, match=said) as caught:
            write_netcdf(data, tmp_path / "x.nc")  # type: ignore[arg-type]
        assert chinese in in_language(caught.value.args[0], "zh")
    assert list(tmp_path.iterdir()) == []


# Results go on


def test_a_result_read_back_gives_the_same_table_areas_and_tiers(tmp_path: Path, result) -> None:
    write_netcdf(result, tmp_path / "r.nc")
    back = read_netcdf(tmp_path / "r.nc")
    assert back.drop_attrs().identical(result.drop_attrs())
    pd.testing.assert_frame_equal(wbe.to_tidy(back), wbe.to_tidy(result))
    values, again = wbe.by_area(result), wbe.by_area(back)
    assert again.drop_attrs().identical(values.drop_attrs())
    rule = {"drug": "methamphetamine", "scheme": "fisher_jenks"}
    assert wbe.rank(again, **rule).equals(wbe.rank(values, **rule))
    drawn = [wbe.draws(one, "pn_consumption") for one in (result, back)]
    np.testing.assert_array_equal(*drawn)
    assert wbe.cite(back) == wbe.cite(result)


def test_values_by_area_come_back_and_rank_as_before(tmp_path: Path, result) -> None:
    values = wbe.by_area(result)
    write_netcdf(values, tmp_path / "v.nc")
    back = read_netcdf(tmp_path / "v.nc")
    assert back.drop_attrs().identical(values.drop_attrs())
    assert wbe.rank(back, drug="cocaine").equals(wbe.rank(values, drug="cocaine"))


def test_findings_of_a_result_speak_both_languages_again(tmp_path: Path, samples) -> None:
    write_netcdf(samples, tmp_path / "s.nc")
    found = read_netcdf(tmp_path / "s.nc").attrs["findings"]
    assert found == samples.attrs["findings"] and found.rows == samples.attrs["findings"].rows
    assert found.to_frame("zh").equals(samples.attrs["findings"].to_frame("zh"))


def workbook(path: Path, *sheets: tuple[str, list[list[object]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_samples_of_a_workbook_come_back_with_the_sheets_of_their_results(tmp_path: Path) -> None:
    header = ["sample_id", "site", "date", "analyte", "concentration (ng/L)"]
    book = workbook(
        tmp_path / "样品.xlsx",
        ("三月", [header, ["S1", "甲", "2024-03-01", "cocaine", 12.5]]),
        ("四月", [header, ["S2", "乙", "2024-04-01", "MDMA", 3],
                  ["S1", "甲", "2024-03-01", "MDMA", 1]]),
    )  # fmt: skip
    (tmp_path / "t.csv").write_text(
        "sample_id,site,date,analyte,concentration (ng/L)\nS3,丙,2024-05-01,MDMA,2\n",
        encoding="utf-8",
    )
    data = wbe.read([tmp_path / "t.csv", book])
    write_netcdf(data, tmp_path / "样品.nc")
    back = read_netcdf(tmp_path / "样品.nc")
    assert back.drop_attrs().identical(data.drop_attrs())
    found = results_of(back)
    pd.testing.assert_frame_equal(found, results_of(data))
    assert dict(zip(found["sample_id"] + found["analyte"], found["sheet"], strict=True)) == {
        "S1cocaine": "三月", "S1MDMA": "四月", "S2MDMA": "四月", "S3MDMA": "",
    }  # fmt: skip
    plain = [[{k: v for k, v in file.items() if k != "sheets"} for file in one.attrs["files"]]
             for one in (data, back)]  # fmt: skip
    assert plain[0] == plain[1]
    assert back.attrs["files"][1]["sheets"].tolist() == ["三月", "四月"]
    write_netcdf(back, tmp_path / "again.nc")
    assert (tmp_path / "again.nc").read_bytes() == (tmp_path / "样品.nc").read_bytes()


def test_a_result_is_no_laboratory_table(tmp_path: Path, result) -> None:
    write_netcdf(result, tmp_path / "r.nc")
    with pytest.raises(FindingsError) as caught:
        wbe.read(tmp_path / "r.nc")
    assert [f.rule for f in caught.value.findings] == ["netcdf_holds_result"]


def test_a_result_without_notes_is_refused_and_not_guessed(tmp_path: Path, result) -> None:
    write_netcdf(result, tmp_path / "r.nc")
    with xr.open_dataset(tmp_path / "r.nc", engine="scipy") as file:
        bare = file.load()
    del bare.attrs["wbe_decoding"]
    bare.to_netcdf(tmp_path / "old.nc", engine="scipy")
    for read, rule in ((read_netcdf, "netcdf_notes_unreadable"), (wbe.read, "netcdf_holds_result")):
        with pytest.raises(FindingsError) as caught:
            read(tmp_path / "old.nc")
        assert [f.rule for f in caught.value.findings] == [rule]


# Samples through the reader of tables


def full() -> str:
    """Liquids, solids, loads and rejected results beside each other."""
    rows = [
        "sample_id,site,date,matrix,analyte,concentration,unit,lod,status,load,pn_load,rsd,note",
        "S1,甲,2018-03-05,wwtp_influent,cocaine,12.5,ng/L,0.5,,,,0.1,first",
        "S1,甲,2018-03-05,wwtp_influent,MDMA,<1,ng/L,1,,,,,first",
        "S2,乙,2018-03-06,sediment,cocaine,3.25,ng/g,0.1,,,,,",
        "S3,丙,2018-03-07,wwtp_influent,cocaine,,,,,150.5,,,",
        "S4,丁,2018-03-08,wwtp_influent,cocaine,,,,,,42.5,,",
        "S5,戊,2018-03-09,wwtp_influent,cocaine,bad,ng/L,,,,,,",
    ]
    return "\n".join(rows)


def test_samples_read_as_a_table_are_the_samples_that_were_written(tmp_path: Path) -> None:
    (tmp_path / "lab.csv").write_text(full(), encoding="utf-8")
    data = wbe.read(tmp_path / "lab.csv", errors="reject")
    write_netcdf(data, tmp_path / "lab.nc")
    back = wbe.read(tmp_path / "lab.nc", errors="reject")
    assert set(back.variables) == set(data.variables)
    for name in set(data.variables) - {"source_file", "source_line"}:
        assert back[name].equals(data[name]), name


def test_files_of_several_kinds_are_read_together(tmp_path: Path, samples) -> None:
    write_netcdf(samples, tmp_path / "a.nc")
    other = EXAMPLE / "lab" / "2018Q2_plants_synthetic.csv"
    both = wbe.read([tmp_path / "a.nc", other], errors="reject")
    assert both.sizes["sample"] == samples.sizes["sample"] + wbe.read(other).sizes["sample"]


# Other people's files


def test_packed_numbers_units_flags_and_stations_are_understood() -> None:
    wide, crossed = wbe.read(GROUP / "wide_4.nc"), wbe.read(GROUP / "crossed.nc")
    assert wide["concentration"].sel(analyte="methamphetamine").values.tolist() == [500.0, 750.0]
    assert wide["flow"].values.tolist() == [5000.0, 4000.0]
    assert wide["site"].values.tolist() == ["甲厂", "乙厂"]
    assert crossed["concentration"].sel(analyte="cocaine").values.tolist() == [1000.0, 2000.0]
    below = crossed.sel(analyte="benzoylecgonine", sample="S1")
    assert below["status"].item() == "below_lod" and below["lod"].item() == 200.0


def test_read_netcdf_takes_a_foreign_file_for_samples() -> None:
    data = read_netcdf(GROUP / "grid_beside.nc")
    assert data.sizes["sample"] == 2
    assert "netcdf_variable_left_out" in {f.rule for f in data.attrs["findings"]}


def test_ends_of_collection_come_from_the_bounds_of_the_time(tmp_path: Path) -> None:
    hours = np.array([[0.0, 24.0], [24.0, 36.0]])
    data = xr.Dataset(
        {"cocaine": ("obs", [1.0, 2.0], {"units": "ng/L"}), "site": ("obs", ["A", "B"]),
         "time_bnds": (("obs", "nv"), hours)},
        coords={"time": ("obs", hours[:, 0], {"units": "hours since 2018-03-05",
                                              "bounds": "time_bnds"})},
    )  # fmt: skip
    data.to_netcdf(tmp_path / "b.nc", engine="scipy")
    assert wbe.read(tmp_path / "b.nc")["duration"].values.tolist() == [24.0, 12.0]


def test_netcdf_4_without_its_package_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "netCDF4", None)
    found = list(wbe.check(GROUP / "wide_4.nc").errors)
    assert [f.rule for f in found] == ["netcdf_not_installed"]
    assert 'pip install "wbe-drugs[netcdf]"' in found[0].fix
    assert not list(wbe.check(GROUP / "wide.nc").errors)  # NetCDF-3 needs none


@pytest.mark.parametrize("name, rule", [
    ("text_named.nc", "not_a_netcdf"), ("table_named.nc", "not_a_netcdf"),
    ("cut_off.nc", "netcdf_damaged"), ("empty.nc", "file_empty"),
])  # fmt: skip
def test_what_is_no_netcdf_is_not_called_damaged(name: str, rule: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_bytes(b"" if name == "empty.nc" else (GROUP / name).read_bytes())
    with pytest.raises(FindingsError) as caught:
        read_netcdf(file)
    assert [f.rule for f in caught.value.findings] == [rule]
    assert rule in {f.rule for f in wbe.check(file)}


def test_a_file_that_cannot_be_written_is_told_in_both_languages(tmp_path: Path) -> None:
    data = xr.Dataset({"a": ("x", [1.0])})
    with pytest.raises(UsageError, match="no such folder") as caught:
        write_netcdf(data, tmp_path / "none" / "a.nc")
    assert "文件夹不存在" in in_language(caught.value.args[0], "zh")
    (tmp_path / "b.nc").mkdir()
    with pytest.raises(EnvironmentFault, match=r"b\.nc: cannot be written") as refused:
        write_netcdf(data, tmp_path / "b.nc")
    assert "无法写入" in in_language(refused.value.args[0], "zh")


# Broken files


@pytest.mark.parametrize("name", ["wide.nc", "samples.nc"])
def test_a_file_cut_anywhere_is_damaged_and_never_read_in_part(name: str) -> None:
    data = (GROUP / name).read_bytes()
    for length in range(4, len(data) - 1, 1 if len(data) < 2000 else 41):
        with pytest.raises(Refused) as caught:
            read_sheet(data[:length], "x.nc", Findings())
        assert caught.value.rule == "netcdf_damaged", length


@pytest.mark.parametrize("name", ["wide.nc", "samples.nc", "wide_4.nc", "crossed.nc"])
def test_changed_bytes_are_read_or_refused_and_never_a_traceback(name: str) -> None:
    data, numbers = (GROUP / name).read_bytes(), np.random.default_rng(7)
    for _ in range(60):
        changed = bytearray(data)
        for place in numbers.integers(0, min(len(data), 1200), size=4):
            changed[place] = int(numbers.integers(256))
        try:
            read_sheet(bytes(changed), "x.nc", Findings())
        except Refused as refused:
            findings = Findings()
            findings.add(refused.rule, file="x.nc", **refused.details)


def test_a_place_is_joined_after_reading_back(tmp_path: Path) -> None:
    data = composites().drop_vars(["lon", "lat"])
    write_netcdf(data, tmp_path / "c.nc")
    places = build_sites(["A", "B"], ["A", "B"]), build_areas(["A", "B"])
    found = [wbe.locate(d, *places) for d in (data, read_netcdf(tmp_path / "c.nc"))]
    assert found[1]["area"].equals(found[0]["area"])


def test_a_run_says_its_title_and_its_result_is_its_table(tmp_path: Path) -> None:
    from wbe.io.write import write_estimates
    from wbe.run import config, outputs

    text = (EXAMPLE / "campaign.toml").read_text(encoding="utf-8")
    text = text.replace('"lab/*.csv", "lab/*.tsv"', f'"{PLANTS.name}"')
    text = text.replace("draws = 10000", "draws = 100")
    (tmp_path / "campaign.toml").write_text(text, encoding="utf-8")
    for file in (PLANTS, EXAMPLE / "sites.csv", EXAMPLE / "areas.geojson"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    outputs.run(config.load(tmp_path / "campaign.toml"), tmp_path / "out")
    back = read_netcdf(tmp_path / "out" / "estimates.nc")
    assert "synthetic" in back.attrs["title"]
    write_estimates(wbe.to_tidy(back), tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "out/estimates.csv").read_bytes()
