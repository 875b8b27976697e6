"""The style of a GeoPackage: colours of the map, rules that find the classes that we find."""

from __future__ import annotations

import sqlite3
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring

from wbe import plot
from wbe.io.write import write_areas
from wbe.plot import certainty, shapes, style, words

STATES = {1: "no_data", 3: "not_distinguishable", 5: "bounds_only", 6: "bounds_cross_break",
          8: "limit_unknown", 9: "wet_left_out;no_data;one_visit"}  # fmt: skip


@pytest.fixture(scope="module")
def tiers(made_up: Any) -> Any:
    table = made_up.county(drugs=("methamphetamine", "cocaine"), rounds=("2018Q1", "2018Q2"))
    for at, flags in STATES.items():
        table.loc[table["area"] == f"A{at + 1:03d}", ["tier", "flags"]] = ["", flags]
    return table


def rules(qml: str) -> tuple[Element, list[Element]]:
    (outer,) = fromstring(qml).iter("rules")
    (shown,) = list(outer)
    return shown, list(shown)


@pytest.fixture(scope="module")
def package(tiers: Any, tmp_path_factory: Any) -> Path:
    path = tmp_path_factory.mktemp("qgis") / "areas.gpkg"
    write_areas(tiers, path, plot.layer_style(tiers))
    return path


def test_style_stands_where_qgis_looks_for_it(package: Path) -> None:
    with sqlite3.connect(package) as base:
        columns = [row[1] for row in base.execute("pragma table_info(layer_styles)")]
        assert columns == [
            "id", "f_table_catalog", "f_table_schema", "f_table_name", "f_geometry_column",
            "styleName", "styleQML", "styleSLD", "useAsDefault", "description", "owner", "ui",
            "update_time",
        ]  # fmt: skip
        found = base.execute(
            "select s.styleName, s.description from layer_styles s join gpkg_geometry_columns g "
            "on s.f_table_name = g.table_name and s.f_geometry_column = g.column_name "
            "where s.f_table_schema = '' and s.useAsDefault = 1"
        ).fetchall()
        kinds = dict(base.execute("select table_name, data_type from gpkg_contents"))
    assert [name for name, _ in found] == ["Methamphetamine, 2018Q2"]
    assert "not grounds for search" in found[0][1]
    assert kinds == {"tiers": "features", "layer_styles": "attributes"}


def test_every_area_falls_under_the_one_rule_of_its_class(package: Path, tiers: Any) -> None:
    """The filters are read by SQLite, whose grammar they share, and compared with our classes."""
    shown, entries = rules(plot.layer_style(tiers).qml)
    rows = words.selected(tiers, None, None)
    expected = dict(zip(rows["area"], zip(rows["class"], certainty.steps(rows), strict=True),
                        strict=True))  # fmt: skip
    labels = {c.id: c.text("en") for c in words.classes(
        words.for_drug(tiers.attrs, "methamphetamine"), rows["class"], "en")}  # fmt: skip
    found: dict[str, list[str]] = {}
    with sqlite3.connect(package) as base:
        for entry in entries:
            query = f"select area from tiers where {shown.get('filter')} and {entry.get('filter')}"
            for (area,) in base.execute(query):
                found.setdefault(area, []).append(str(entry.get("label")))
    steps = ("Certain", "Likely", "Weak")
    for area, (name, step) in expected.items():
        (label,) = found[area]
        assert label.startswith(labels[name])
        assert name in words.WITHOUT_TIER or steps[step] in label
    assert len(found) == 13 and len({c for c, _ in expected.values()}) >= 7


def rgb(text: str | None) -> str:
    return "#" + "".join(f"{int(part):02X}" for part in str(text).split(",")[:3])


def test_colours_and_hatches_are_those_of_the_map(tiers: Any) -> None:
    qml = fromstring(plot.layer_style(tiers).qml)
    _, entries = rules(plot.layer_style(tiers).qml)
    symbols = {s.get("name"): s for s in qml.find("renderer-v2/symbols")}
    looks = shapes.looks(words.classes(words.for_drug(tiers.attrs, "methamphetamine"),
                                       words.WITHOUT_TIER, "en"))  # fmt: skip
    colours = {look.fill for look in looks.values()}
    for entry in entries:
        symbol = symbols[entry.get("symbol")]
        kinds = [layer.get("class") for layer in symbol.findall("layer")]
        assert kinds[0] == kinds[-1] == "SimpleFill"
        options = {o.get("name"): o.get("value") for o in symbol.find("layer/Option")}
        assert rgb(options["color"]) in colours
        certain = "Certain" in str(entry.get("label"))
        flat = certain or "Not elevated" in str(entry.get("label"))
        assert ("LinePatternFill" in kinds) != flat
    shown = {rgb({o.get("name"): o.get("value") for o in s.find("layer/Option")}["color"])
             for s in symbols.values()}  # fmt: skip
    assert set(style.tier_colours(3)) <= shown


def test_sld_asks_for_the_same_and_is_in_order(tiers: Any) -> None:
    sld = fromstring(plot.layer_style(tiers).sld.encode())
    space = {"se": "http://www.opengis.net/se", "ogc": "http://www.opengis.net/ogc"}
    found = sld.findall(".//se:Rule", space)
    _, entries = rules(plot.layer_style(tiers).qml)
    assert [r.findtext("se:Name", namespaces=space) for r in found] == [
        e.get("label") for e in entries
    ]
    for rule in found:
        literals = [e.text for e in rule.findall(".//ogc:Literal", space)]
        assert literals[:2] == ["methamphetamine", "2018Q2"]
    fills = [e.text for e in sld.findall(".//se:Fill/se:SvgParameter", space)]
    assert set(style.tier_colours(3)) <= set(fills)


def test_points_are_drawn_as_marks(made_up: Any) -> None:
    found = plot.layer_style(made_up.cities(20), language="zh")
    qml = fromstring(found.qml)
    assert {s.get("type") for s in qml.find("renderer-v2/symbols")} == {"marker"}
    assert qml.findtext("layerGeometryType") == "0"
    sizes = [
        float({o.get("name"): o.get("value") for o in layer.find("Option")}["size"])
        for layer in next(iter(qml.find("renderer-v2/symbols"))).findall("layer")
    ]
    assert all(a > b for a, b in pairwise(sizes)) and "可卡因" in found.name


def test_quotes_in_names_of_drugs_stay_within_the_filter(tiers: Any, package: Path) -> None:
    odd = tiers.assign(drug="it's", round="Q'1").iloc[:13]
    odd.attrs = {**tiers.attrs, "drug": "it's", "round": "Q'1"}
    shown, _ = rules(plot.layer_style(odd).qml)
    with sqlite3.connect(package) as base:
        query = f"select count(*) from tiers where {shown.get('filter')}"
        assert base.execute(query).fetchone() == (0,)
