"""A synthetic campaign whose every name is an attempt on a program that shows it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

#: Markup, formulas, templates, mathematics, directions, lengths, devices, paths, symbols.
NAMES = (
    "<script>alert('run')</script>",
    "</title></style><script>console.error('run')</script>",
    "<img src=x onerror=alert('run')>",
    "\"'><svg onload=alert('run')>",
    "&lt;b&gt;bold&lt;/b&gt; <b>bold</b>",
    "<!--",
    "javascript:alert('run')",
    "=cmd|' /C calc'!A0",
    "+1+1", "-2+3", "@SUM(1)",
    "${7*7}", "{{7*7}}", "{% raw %}", "{0.__class__} %s %n",
    "`id` $(id)",
    "$x_1$", "$\\frac{a}{",
    "\u202egnp.exe\u2066", "\u200b\ufeffzero\u00adwidth",
    "\u2400NUL",
    "long" * 75,
    "CON", "../../x", "/etc/passwd", "C:\\x|y?*",
    "😀🏴\u200d☠️",
    "'quoted\" and ; DROP TABLE areas",
)  # fmt: skip
TITLE = f"Synthetic {NAMES[0]} ${{7*7}} {{{{7*7}}}} $x_1$ `id` =1+1"
PURPOSE = "<script>alert('run')</script> {{7*7}}"
_SIDE = 6


def campaign(folder: Path, *, audience: str = "internal", draws: int = 50) -> Path:
    """Write the campaign into a new folder and return it; an area and a plant for each name."""
    (folder / "lab").mkdir(parents=True)
    _write(folder / "lab" / "results.csv", _results())
    _write(folder / "sites.csv", _sites())
    features = [_feature(i, name) for i, name in enumerate(NAMES)]
    areas = {"type": "FeatureCollection", "name": TITLE, "features": features}
    (folder / "areas.geojson").write_text(json.dumps(areas), encoding="utf-8")
    privacy = [f"audience = {json.dumps(audience)}", "min_population = 5000"]
    if audience == "internal":
        privacy += [f"purpose = {json.dumps(PURPOSE)}", f"approval = {json.dumps(PURPOSE)}"]
    lines = [
        "schema = 1", f"title = {json.dumps(TITLE)}", 'language = "en"',
        "[data]", 'samples = ["lab/*.csv"]', 'sites = "sites.csv"', 'areas = "areas.geojson"',
        "[estimate]", f"draws = {draws}", "seed = 1",
        "[tiers]", 'drug = "methamphetamine"', 'quantity = "pn_mass_load"', 'scheme = "fixed"',
        "breaks = [20, 60]", 'labels = ["general", "moderate", "severe"]', 'rounds = "quarter"',
        "[privacy]", *privacy,
    ]  # fmt: skip
    (folder / "campaign.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def _write(path: Path, rows: list[list[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def _results() -> list[list[object]]:
    head = ["sample_id", "site", "date", "matrix", "mode", "analyte", "concentration", "unit",
            "lod", "loq", "flow", "flow_unit", "lab", "note"]  # fmt: skip
    rows: list[list[object]] = [head]
    for i, name in enumerate(NAMES):
        for day in (11, 12):
            for analyte, value in (("methamphetamine", 40 + 30 * i), ("ketamine", "<3")):
                rows.append([
                    f"{name}|{day}", name, f"2024-03-{day}", "wwtp_influent", "composite_24h",
                    analyte, value, "ng/L", 1, 3, 20_000, "m3/d", name[:40], name,
                ])  # fmt: skip
    return rows


def _sites() -> list[list[object]]:
    head = ["site", "name", "area", "lon", "lat", "crs", "population", "population_basis",
            "population_date", "role", "type"]  # fmt: skip
    rows: list[list[object]] = [head]
    for i, name in enumerate(NAMES):
        west, south = _corner(i)
        rows.append([name, name, name, west + 0.05, south + 0.05, "wgs84", 80_000, "served",
                     "2023-12-31", "routine", "wwtp"])  # fmt: skip
    return rows


def _corner(i: int) -> tuple[float, float]:
    """South-west corner of an area, in an empty piece of sea west of Greenwich."""
    return round(-30.0 + 0.1 * (i % _SIDE), 3), round(-20.0 + 0.1 * (i // _SIDE), 3)


def _feature(i: int, name: str) -> dict[str, object]:
    west, south = _corner(i)
    ring = [[west, south], [west + 0.1, south], [west + 0.1, south + 0.1], [west, south + 0.1],
            [west, south]]  # fmt: skip
    return {
        "type": "Feature",
        "properties": {"area": name, "name": name, "population": 80_000},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
