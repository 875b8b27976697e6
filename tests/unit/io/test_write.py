"""Files out: the same bytes for the same content, and nothing lost on the way."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from wbe.errors import UsageError
from wbe.findings import Finding, Findings
from wbe.io import write


def table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "site": ["=cmd()", "@x", "-plant", "样点, 1", None],
            "value": [-1.5, 0.1 + 0.2, 1e-12, 123456789.25, np.nan],
            "n": [-3, 0, 1, 2, 3],
            "resolved": [True, False, True, False, True],
            "time": pd.to_datetime(["2018-05-03T10:00", None, *["2018-05-03T00:00"] * 3]),
        }
    )


def test_a_table_is_utf8_with_bom_lf_and_text_that_no_spreadsheet_runs(tmp_path: Path) -> None:
    write.write_csv(table(), tmp_path / "t.csv")
    content = (tmp_path / "t.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf") and b"\r" not in content
    assert content.decode("utf-8-sig").splitlines() == [
        "site,value,n,resolved,time",
        "'=cmd(),-1.5,-3,true,2018-05-03T10:00:00",
        "'@x,0.3,0,false,",
        "'-plant,1e-12,1,true,2018-05-03T00:00:00",
        '"样点, 1",123456789.25,2,false,2018-05-03T00:00:00',
        ",,3,true,2018-05-03T00:00:00",
    ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"])
def test_every_start_of_a_formula_is_disarmed(start: str) -> None:
    assert write.safe_text(f"{start}A1") == f"'{start}A1"


def test_numbers_keep_their_digits() -> None:
    assert write.number_text(448.75) == "448.75"
    assert write.number_text(True) == "true"
    assert float(write.number_text(1 / 3)) == pytest.approx(1 / 3, rel=1e-11)


def test_estimates_have_the_columns_of_the_contract_in_order(tmp_path: Path) -> None:
    frame = pd.DataFrame({name: ["x"] for name in reversed(write.ESTIMATE_COLUMNS)})
    write.write_estimates(frame.assign(extra="y"), tmp_path / "e.csv")
    header = (tmp_path / "e.csv").read_text(encoding="utf-8-sig").splitlines()[0]
    assert header == (
        "sample_id,site,area,round,time,matrix,lab,analyte,drug,quantity,method,unit,value,lower,"
        "upper,status,factor_ids"
    )
    with pytest.raises(KeyError, match="status"):
        write.write_estimates(frame.drop(columns="status"), tmp_path / "e.csv")


def test_findings_are_sorted_and_keep_what_was_written(tmp_path: Path) -> None:
    found = Findings(
        Finding("flag", "x", "cell", file="b.csv", line=line, value=value, message="m", fix="f")
        for line, value in ((3, "=1+1"), (2, "-5"))
    )
    write.write_findings(found, tmp_path / "f.csv")
    lines = (tmp_path / "f.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines[0].startswith("severity,rule,scope,file,sheet,line,column,cell,sample_id")
    assert ",2," in lines[1] and "'-5" in lines[1]
    assert "'=1+1" in lines[2]


def dataset():
    import xarray as xr

    cells = ("sample", "analyte")
    return xr.Dataset(
        {
            "concentration": (cells, [[1.5, np.nan], [2.0, 3.0]], {"units": "ng/L"}),
            "status": (cells, np.array([["quantified", ""], ["below_loq", "quantified"]])),
            "source_line": (cells, np.array([[2, 3], [4, 5]], dtype="int64")),
            "big": ("sample", np.array([1, 2**40])),
            "wet": ("sample", [True, False]),
            "note": ("sample", pd.array(["甲", None], dtype="str")),
            "empty": ("sample", ["", ""]),
        },
        coords={
            "sample": ["s1", "样2"],
            "analyte": ["a", "b"],
            "time": ("sample", np.array(["2018-05-03T10:00", "NaT"], dtype="datetime64[s]")),
            "lon": ("sample", [116.0, 117.0]),
            "lat": ("sample", [23.0, 24.0]),
        },
        attrs={
            "seed": 1,
            "files": [{"name": "a.csv"}],
            "findings": Findings(rows=2, accepted=1),
            "qc_rows": pd.DataFrame({"value": [1.0]}),
            "nothing": None,
        },
    )


def test_netcdf_gives_back_values_labels_and_units(tmp_path: Path) -> None:
    import xarray as xr

    write.write_netcdf(dataset(), tmp_path / "e.nc")
    with xr.open_dataset(tmp_path / "e.nc", engine="scipy") as back:
        np.testing.assert_array_equal(back["concentration"], dataset()["concentration"])
        assert back["concentration"].attrs["units"] == "ng/L"
        assert back["status"].values.tolist() == [["quantified", ""], ["below_loq", "quantified"]]
        assert back["sample"].values.tolist() == ["s1", "样2"]
        assert back["note"].values.tolist() == ["甲", ""]
        assert back["source_line"].dtype == "int32" and back["wet"].dtype == "int8"
        assert back["big"].values.tolist() == [1, 2**40]
        assert back["time"].values[0] == np.datetime64("2018-05-03T10:00")
        assert np.isnat(back["time"].values[1])
        assert back.attrs["featureType"] == "point" and back.attrs["seed"] == 1
        assert back["lat"].attrs["units"] == "degrees_north"
        assert json.loads(back.attrs["findings"])["summary"]["accepted"] == 1
        assert "nothing" not in back.attrs


def test_writing_does_not_touch_the_dataset(tmp_path: Path) -> None:
    data = dataset()
    write.write_netcdf(data, tmp_path / "e.nc")
    assert data.identical(dataset().assign_attrs(data.attrs))
    assert "units" not in data["lat"].attrs


def areas():
    import geopandas as gpd
    from shapely.geometry import Point

    return gpd.GeoDataFrame(
        {
            "area": ["甲", "乙", "丙"],
            "value": [1.0, np.nan, -2.5],
            "resolved": [True, False, True],
            "tier": ["severe", "", "general"],
        },
        geometry=[Point(1, 2), None, Point(2, 3)],
        crs="EPSG:4326",
    )


def test_geopackage_gives_back_every_row_and_its_place(tmp_path: Path) -> None:
    import geopandas as gpd

    write.write_areas(areas(), tmp_path / "a.gpkg")
    back = gpd.read_file(tmp_path / "a.gpkg", layer="tiers")
    assert back["area"].tolist() == ["甲", "乙", "丙"]
    assert back["value"].fillna(0).tolist() == [1.0, 0.0, -2.5]
    assert back.geometry.isna().tolist() == [False, True, False]
    assert back.crs.to_epsg() == 4326


def test_bytes_do_not_depend_on_when_they_are_written(tmp_path: Path) -> None:
    for name, writer, content in (
        ("a.gpkg", write.write_areas, areas()),
        ("e.nc", write.write_netcdf, dataset()),
        ("t.csv", write.write_csv, table()),
    ):
        writer(content, tmp_path / name)
        first = (tmp_path / name).read_bytes()
        time.sleep(1.01)  # GeoPackage stamps whole seconds
        writer(content, tmp_path / name)
        assert (tmp_path / name).read_bytes() == first, name


def test_a_place_that_cannot_be_written_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"a\.gpkg"):
        write.write_areas(areas(), tmp_path / "no" / "a.gpkg")
    with pytest.raises(UsageError, match="no such folder"):
        write.write_netcdf(dataset(), tmp_path / "no" / "e.nc")
