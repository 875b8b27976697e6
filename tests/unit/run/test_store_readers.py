"""A store before other programs: a GeoPackage, PostGIS, and who may read what."""

from __future__ import annotations

import re
import sqlite3
import warnings
from pathlib import Path

import postgres
import pytest
from store_runs import NOW, asked, variant

from wbe import names
from wbe.io.store import tables
from wbe.io.store.content import content_of
from wbe.io.store.database import Store


def test_a_store_in_a_file_is_a_geopackage(package: Store, run: Path) -> None:
    import geopandas as gpd
    import pyogrio

    package.enter(content_of(run), NOW)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a type of column that a GeoPackage does not know
        layers = [name for name, geometry in pyogrio.list_layers(package.file) if geometry]
    assert layers == ["current_tiers", "tiers"]
    shown = gpd.read_file(package.file, layer="current_tiers")
    drawn = gpd.read_file(run / "areas.gpkg", layer="tiers")
    assert shown.crs == drawn.crs and len(shown) == len(drawn) == 48
    keys = ["area", "round", "drug"]
    pair = [f.sort_values(keys, ignore_index=True).fillna({"flags": ""}) for f in (shown, drawn)]
    assert pair[0][[*keys, "flags"]].equals(pair[1][[*keys, "flags"]])
    assert pair[0].geometry.geom_equals_exact(pair[1].geometry, 0).all()
    with sqlite3.connect(package.file) as file:
        assert file.execute("PRAGMA application_id").fetchone() == (0x47504B47,)
        said = file.execute("SELECT description, last_change FROM gpkg_contents").fetchall()
    for description, changed in said:
        assert changed == "2024-01-01T00:00:00.000Z"
        for lang in ("en", "zh"):
            assert names.text("disclaimer.population_level", lang) in description


def test_postgis_knows_the_reference_system_and_has_an_index(postgres_url: str, run: Path) -> None:
    store = Store.of(postgres_url)
    store.enter(content_of(run), NOW)
    held = asked(store, "SELECT f_table_name, srid FROM geometry_columns ORDER BY 1")
    assert held == [("current_tiers", 4326), ("geometries", 4326), ("tiers", 4326)]
    (index,) = asked(store, "SELECT indexdef FROM pg_indexes WHERE indexname = 'geometries_geom'")
    assert "USING gist" in str(index[0])
    found = asked(store, "SELECT DISTINCT area, ST_AsText(geom) FROM tiers WHERE area = 'east'")
    assert found == [("east", "POLYGON((0.1 0.05,0.15 0.05,0.15 0.1,0.1 0.1,0.1 0.05))")]
    (said,) = asked(store, "SELECT obj_description('current_tiers'::regclass)")
    assert names.text("disclaimer.population_level", "zh") in str(said[0])


def test_readers_from_outside_see_current_rows_of_public_runs_alone(
    postgres_server: postgres.Server, postgres_url: str, run: Path, internal_run: Path,
    tmp_path: Path,
) -> None:  # fmt: skip
    """The statements of the documentation do what it says of them."""
    import psycopg

    page = (Path(__file__).parents[3] / "docs/databases.md").read_text(encoding="utf-8")
    (statements_,) = re.findall(r"```text shown: for the administrator.*?\n(.*?)```", page, re.S)
    store = Store.of(postgres_url)
    other = content_of(variant(run, tmp_path / "b", title="Another county (synthetic)"))
    for content in (content_of(run), other, content_of(internal_run)):
        store.enter(content, NOW)
    assert asked(store, "SELECT DISTINCT audience FROM current_tiers ORDER BY 1") == [
        ("internal",), ("public",),
    ]  # fmt: skip
    address = postgres_url.replace("+psycopg", "")
    try:
        with psycopg.connect(address) as administrator:
            administrator.execute(statements_.encode())
        with psycopg.connect(address, autocommit=True) as reader:
            reader.execute("SET ROLE reader")
            shown = reader.execute("SELECT DISTINCT run_id, audience FROM public_tiers").fetchall()
            assert shown == [(other.run_id, "public")]
            for name in (*tables.metadata.tables, *tables.VIEWS):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    reader.execute(f"SELECT 1 FROM {name}".encode())
    finally:
        with store.writing() as connection:
            connection.exec_driver_sql("DROP OWNED BY reader")
        postgres_server.execute("DROP ROLE reader")
