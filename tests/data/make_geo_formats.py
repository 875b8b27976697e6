"""Writes the groups ``netcdf`` and ``geo_formats`` of the corpus.

Run as a script from anywhere; needs pyarrow and netCDF4. NetCDF-4 files differ by their library's
version, the others do not. Everything is synthetic.
"""

from __future__ import annotations

import io
import json
import tempfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from raw_files import Group
from shapely.geometry import Point, Polygon, box

import wbe
from wbe.io import write_netcdf, write_places

DAY = np.array(["2018-03-05", "2018-03-06"], dtype="datetime64[ns]")
TABLE = """sample_id,site,start,end,matrix,mode,analyte,concentration,unit,lod,flow (m^3/day)
S1,甲厂,2018-03-05T09:00,2018-03-06T09:00,wwtp_influent,composite_24h,methamphetamine,120,ng/L,1,5000
S2,乙厂,2018-03-06T09:00,2018-03-07T09:00,wwtp_influent,composite_24h,methamphetamine,80,ng/L,1,4000
"""


def bytes_of(data: xr.Dataset, engine: str = "scipy", **encoding: Any) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.nc"
        data.to_netcdf(path, engine=engine, encoding=encoding)
        return path.read_bytes()


def own(data: xr.Dataset) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        write_netcdf(data, Path(folder) / "x.nc", title="Synthetic")
        return (Path(folder) / "x.nc").read_bytes()


def wide() -> xr.Dataset:
    """One variable an analyte, as a buoy would write its sensors."""
    about = {"matrix": ["wwtp_influent"] * 2, "mode": ["grab"] * 2, "sample_id": ["S1", "S2"]}
    return xr.Dataset(
        {
            "benzoylecgonine": ("obs", [500.0, 3.5], {"units": "ng L-1"}),
            "METH": ("obs", [0.5, 0.75], {"units": "ug/L", "long_name": "methamphetamine"}),
            "q": ("obs", [5000.0, 4000.0], {"units": "m3 d-1", "long_name": "flow"}),
            "station": ("obs", ["甲厂", "乙厂"], {"standard_name": "platform_name"}),
            **{name: ("obs", texts) for name, texts in about.items()},
        },
        coords={"time": ("obs", DAY, {"standard_name": "time"})},
        attrs={"title": "Synthetic series"},
    )


def crossed() -> xr.Dataset:
    """Results on analytes by samples, their status as flags."""
    flags = {"flag_values": np.array([0, 1], "i1"), "flag_meanings": "quantified below_lod",
             "long_name": "status"}  # fmt: skip
    return xr.Dataset(
        {
            "conc": (("compound", "sample"), [[1.0, 2.0], [np.nan, 4.0]], {"units": "ug/L"}),
            "flag": (("compound", "sample"), np.array([[0, 0], [1, 0]], "i1"), flags),
            "lod": ("compound", [0.1, 0.2], {"units": "ug/L"}),
            "matrix": ("sample", ["wwtp_influent"] * 2),
            "mode": ("sample", ["grab"] * 2),
            "plant": ("sample", ["甲厂", "乙厂"]),
        },
        coords={"compound": ["cocaine", "BE"], "sample": ["S1", "S2"], "time": ("sample", DAY)},
        attrs={"title": "Synthetic results"},
    )


def samples() -> xr.Dataset:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "synthetic.csv"
        path.write_text(TABLE, encoding="utf-8")
        return wbe.read(path)


def netcdf(group: Group) -> None:
    plain, mine = bytes_of(wide()), own(samples())
    packed = {"METH": {"dtype": "i2", "scale_factor": 0.01, "_FillValue": -9}}
    rules = "not_a_netcdf netcdf_damaged netcdf_layout_unknown netcdf_variable_left_out"
    group.add("wide.nc", plain, "ok", near=rules)
    group.add(
        "wide_4.nc", bytes_of(wide(), "netcdf4", **packed), "ok", near=rules, equals="wide.nc"
    )
    group.add("cut_off.nc", plain[:-40], "error", "netcdf_damaged")
    group.add("cut_off_4.nc", bytes_of(wide(), "netcdf4")[:3000], "error", "netcdf_damaged")
    group.add("no_header.nc", plain[:20], "error", "netcdf_damaged")
    group.add("text_named.nc", b"Results of the first quarter\n", "error", "not_a_netcdf")
    group.add("table_named.nc", TABLE.encode(), "flag", "not_a_netcdf")
    group.add("crossed.nc", bytes_of(crossed()), "flag",
              ("read_as_nondetect", "3", "conc (ug/L)", ""), near=rules)  # fmt: skip
    grid = xr.Dataset({"t2m": (("time", "lat", "lon"), np.zeros((2, 3, 4)))})
    group.add("grid.nc", bytes_of(grid), "error", "netcdf_layout_unknown")
    beside = wide().assign(bathymetry=(("y", "x"), np.zeros((2, 2))))
    left = ("netcdf_variable_left_out", "", "bathymetry", "")
    group.add("grid_beside.nc", bytes_of(beside), "flag", left)
    months = wide().assign(analysed=("obs", [1, 2], {"units": "days since 2018-02-30",
                                                     "calendar": "360_day"}))  # fmt: skip
    left = ("netcdf_variable_left_out", "", "analysed", "")
    group.add("other_calendar.nc", bytes_of(months), "flag", left)
    people = wide().assign(phone=("obs", ["555-0100", "555-0101"]))
    group.add("people.nc", bytes_of(people), "error", ("personal_data", "1", "phone", ""))
    group.add("samples.nc", mine, "ok", near="netcdf_notes_unreadable netcdf_holds_result")
    other = mine.replace(b'"form": 1', b'"form": 9')
    group.add("notes_changed.nc", other, "error", "netcdf_notes_unreadable")
    result = wbe.estimate(wbe.locate(samples()), draws=0)
    group.add("result.nc", own(result), "error", "netcdf_holds_result")


def towns() -> gpd.GeoDataFrame:
    shapes = [box(116.0, 22.9, 116.1, 23.0), box(116.1, 22.9, 116.2, 23.0)]
    table = {"area": ["A1", "A2"], "name": ["甲镇", "乙镇"], "population": [12000.0, np.nan]}
    return gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:4326")


def parquet(frame: gpd.GeoDataFrame, change: Any = None, **options: Any) -> bytes:
    """GeoParquet, what it says of its geometry changed."""
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False, **options)
    if change is None:
        return buffer.getvalue()
    table = pq.read_table(io.BytesIO(buffer.getvalue()))
    about = json.loads(table.schema.metadata[b"geo"])
    table = change(table, about) or table
    metadata = {**(table.schema.metadata or {}), b"geo": json.dumps(about).encode()}
    out = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(metadata), out)
    return out.getvalue()


def package(frame: gpd.GeoDataFrame, name: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        write_places(frame, Path(folder) / name)
        return (Path(folder) / name).read_bytes()


def areas(group: Group) -> None:
    import pyarrow as pa

    good = parquet(towns())

    def add(name: str, data: bytes, outcome: str, *found: Any, near: str = "") -> None:
        group.add(name, data, outcome, *found, near=near, reads="areas")

    def without_crs(table: Any, about: dict[str, Any]) -> None:
        about["columns"]["geometry"]["crs"] = None

    def nonsense_crs(table: Any, about: dict[str, Any]) -> None:
        about["columns"]["geometry"]["crs"] = {"type": "GeographicCRS"}

    def broken_shape(table: Any, about: dict[str, Any]) -> Any:
        shapes = [table["geometry"][0].as_py()[:30], table["geometry"][1].as_py()]
        at = table.schema.get_field_index("geometry")
        return table.set_column(at, "geometry", pa.array(shapes, pa.binary()))

    add("areas.parquet", good, "ok", near="areas_file_of_tiers not_an_areas_file areas_crs_assumed")
    add("cgcs2000.parquet", parquet(towns().to_crs("EPSG:4490")), "ok", near="areas_crs_missing")
    add("metres.parquet", parquet(towns().to_crs("EPSG:4547")), "ok",
        near="areas_crs_contradicts areas_crs_missing")  # fmt: skip
    add("no_crs.parquet", parquet(towns(), without_crs), "flag", "areas_crs_assumed")
    add("crs_nonsense.parquet", parquet(towns(), nonsense_crs), "error", "not_an_areas_file")
    add("native.parquet", parquet(towns(), geometry_encoding="geoarrow"), "error",
        "not_an_areas_file")  # fmt: skip
    add("shape_cut.parquet", parquet(towns(), broken_shape), "error",
        ("geometry_invalid", "", "", "A1"))  # fmt: skip
    bow = Polygon([(116, 22), (116.1, 22.1), (116.1, 22), (116, 22.1)])
    crossing = towns().set_geometry([bow, box(117, 22, 117.1, 22.1)], crs="EPSG:4326")
    add("self_crossing.parquet", parquet(crossing), "error", ("geometry_invalid", "", "", "A1"))
    table = io.BytesIO()
    pd.DataFrame(towns().drop(columns="geometry")).to_parquet(table, index=False)
    add("no_geometry.parquet", table.getvalue(), "error", "not_an_areas_file")
    add("cut_off.parquet", good[:-30], "error", "archive_damaged")
    people = towns().assign(phone=["555-0100", "555-0101"])
    add("people.parquet", parquet(people), "error", ("personal_data", "", "phone", ""))
    rows = towns().drop(columns="population").assign(round="2018Q1", drug="cocaine", tier="severe")
    add("tiers.gpkg", package(rows, "tiers.gpkg"), "error", "areas_file_of_tiers")


def sites(group: Group) -> None:
    table = {
        "site": ["甲厂", "乙厂"], "name": ["甲厂", "乙厂"], "area": ["A1", "A2"],
        "lon": [116.05, 116.15], "lat": [22.95, 22.96], "crs": ["wgs84", "gcj02"],
        "population": [12000.0, 9000.0], "population_basis": ["served"] * 2,
        "population_date": ["2018"] * 2, "role": ["routine"] * 2, "type": ["wwtp"] * 2,
        "consent": [""] * 2,
    }  # fmt: skip
    points = [Point(x, y) for x, y in zip(table["lon"], table["lat"], strict=True)]
    frame = gpd.GeoDataFrame(table, geometry=points, crs="EPSG:4326")
    moved = frame.set_geometry([Point(116.06, 22.95), points[1]], crs="EPSG:4326")
    bare = frame[["site", "area", "geometry"]]
    for name, places in (("sites.gpkg", frame), ("sites.parquet", frame)):
        group.add(name, package(places, name), "ok", near="site_point_differs", reads="sites")
    group.add("sites_moved.gpkg", package(moved, "sites.gpkg"), "flag",
              ("site_point_differs", "2", "lon", "116.05, 22.95"), reads="sites")  # fmt: skip
    group.add("sites_bare.geojson", bare.to_json(ensure_ascii=False).encode(), "ok",
              near="site_point_differs", reads="sites")  # fmt: skip


def main() -> None:
    for name, makers in (("netcdf", [netcdf]), ("geo_formats", [areas, sites])):
        group = Group(name)
        for make in makers:
            make(group)
        group.close()


if __name__ == "__main__":
    main()
