"""Files for other programs made of a public run: behind the guard, and styled."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import geopandas as gpd

from wbe import plot
from wbe.io.tier_files import write_geojson, write_geoparquet
from wbe.io.write import write_areas
from wbe.run import guard, leaks, publish, record


def test_exports_of_a_public_run_hold_no_site_and_no_hidden_value(
    public_run, tmp_path: Path
) -> None:
    run = public_run[0]
    about = record.read(run)
    tiers = publish.read_tiers(run, about)
    tiers.attrs = publish.mapped_attrs(tiers)
    out = tmp_path / "out"
    out.mkdir()
    write_geojson(tiers, out / "areas.json")
    write_geoparquet(tiers, out / "areas.parquet")
    write_areas(tiers, out / "areas.gpkg", plot.layer_style(tiers))
    assert leaks.leaks(out, leaks.secrets(run)) == []
    privacy = publish.public_privacy(about)
    hidden = 0
    for name in ("areas.json", "areas.parquet", "areas.gpkg"):
        path = out / name
        layer = {"layer": "tiers"} if path.suffix == ".gpkg" else {}
        back = gpd.read_parquet(path) if path.suffix == ".parquet" else gpd.read_file(path, **layer)
        assert guard.revealed(back, about["populations"], privacy, ()) == []
        hidden += int(back["flags"].str.contains("suppressed").sum())
        assert len(back) == len(tiers)
    assert hidden > 0


def test_search_for_leaks_finds_a_site_in_an_export(public_run, tmp_path: Path) -> None:
    run = public_run[0]
    tiers = publish.read_tiers(run, record.read(run))
    secret = max(leaks.secrets(run).names, key=len)
    write_geojson(tiers.assign(name=secret), tmp_path / "areas.json")
    assert leaks.leaks(tmp_path, leaks.secrets(run)) != []


def test_geopackage_of_a_run_opens_in_the_colours_of_its_map(public_run, tmp_path: Path) -> None:
    package = shutil.copy(public_run[0] / publish.GEOPACKAGE, tmp_path / "areas.gpkg")
    with sqlite3.connect(package) as base:
        (qml,) = base.execute("select styleQML from layer_styles where useAsDefault").fetchone()
    about = record.read(public_run[0])
    assert f"'{about['tiers']['drug']}'" in qml and f"'{about['tiers']['round']}'" in qml
