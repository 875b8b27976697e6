"""Made-up (synthetic) tiers for the tests of maps, tables and pages."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely

UNIT = "mg/day/1000 inhabitants"
LABELS = ["general", "moderate", "severe"]
CHINESE = ["惠城镇", "华湖镇", "仙庵镇", "靖海镇", "周田镇", "前詹镇", "神泉镇", "东陇镇", "岐石镇",
           "隆江镇", "大滘镇", "深水埗", "鳌江镇"]  # fmt: skip
ENGLISH = ["Alder", "Birchwood", "Cedar Bay", "Dogwood", "Elm Hill", "Fernleigh",
           "Great Hazel Moor", "Holly", "Ivybridge", "Juniper", "Kingswood upon the River", "Larch",
           "Maple"]  # fmt: skip
ATTRS = {
    "drug": "methamphetamine", "quantity": "pn_mass_load", "unit": UNIT, "statistic": "geometric",
    "scheme": "fixed", "breaks": [20.0, 60.0], "labels": LABELS, "round": "2018Q2",
    "reference_round": "2018Q1", "factor_set": "default", "design": "county_round",
    "title": "Synthetic county, wastewater round", "language": "en",
}  # fmt: skip


def cells(n: int = 13, seed: int = 5) -> list[Any]:
    """Voronoi cells around random points, clipped to a lake-shaped outline."""
    rng = np.random.default_rng(seed)
    lon, lat = rng.uniform(115.95, 116.5, n), rng.uniform(22.9, 23.15, n)
    points = shapely.points(lon, lat)
    outline = shapely.buffer(shapely.multipoints(points), 0.09).convex_hull
    found = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(points)))
    ordered = [next(c for c in found if c.contains(p)) for p in points]
    return [shapely.intersection(c, outline) for c in ordered]


def rows(names: list[str], *, drug: str, round: str, seed: int) -> list[dict[str, Any]]:
    """Rows of ``tiers.csv``; the tier follows from the value, the chances from its distance."""
    rng = np.random.default_rng(seed)
    values = np.exp(rng.normal(3.4, 0.9, len(names)))
    values[1] = values[0]  # a tie
    order = np.argsort(np.argsort(-values, kind="stable"), kind="stable") + 1
    table = []
    for i, (name, value) in enumerate(zip(names, values, strict=True)):
        logs = np.array([np.log(value / b) / 0.35 for b in (20.0, 60.0)])
        above = 1 / (1 + np.exp(-1.7 * logs))
        chances = [1 - above[0], above[0] - above[1], above[1]]
        best = int(np.argmax(chances))
        table.append(
            {"area": f"A{i + 1:03d}", "name": name, "round": round, "drug": drug,
             "quantity": "pn_mass_load", "unit": UNIT, "value": value, "lower": value / 1.9,
             "upper": value * 1.9, "tier": LABELS[best],
             **{f"p_{k}": p for k, p in zip(LABELS, chances, strict=True)},
             "resolved": bool(max(chances) >= 0.9), "rank": float(order[i]),
             "rank_lower": float(max(order[i] - 2, 1)), "rank_upper": float(order[i] + 2),
             "n_sites": 5, "n_samples": 10, "n_censored": i % 3, "flags": ""}
        )  # fmt: skip
    return table


def emptied(row: dict[str, Any], flags: str) -> None:
    """Leave a row without tier, values and chances, and say why."""
    row.update({"tier": "", "flags": flags, "resolved": False, "value": np.nan, "lower": np.nan,
                "upper": np.nan, "rank": np.nan, "rank_lower": np.nan, "rank_upper": np.nan,
                **{f"p_{k}": np.nan for k in LABELS}})  # fmt: skip


def county(
    language: str = "en",
    *,
    drugs: tuple[str, ...] = ("methamphetamine",),
    rounds: tuple[str, ...] = ("2018Q2",),
) -> gpd.GeoDataFrame:
    """Thirteen towns: a tie, towns not certain, one with too little data, one suppressed."""
    names = CHINESE if language == "zh" else ENGLISH
    table = []
    for j, drug in enumerate(drugs):
        for k, round in enumerate(rounds):
            part = rows(names, drug=drug, round=round, seed=3 + 10 * j + k)
            emptied(part[4], "insufficient_data")
            emptied(part[7], "suppressed")
            part[2]["flags"] = "nondetects_imputed;wet_left_out"
            table += part
    shapes = cells(len(names)) * (len(drugs) * len(rounds))
    frame = gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:4326")
    title = "合成县污水监测" if language == "zh" else ATTRS["title"]
    frame.attrs = {**ATTRS, "title": title, "language": language}
    return frame


def cities(n: int = 100) -> gpd.GeoDataFrame:
    """Cities of a made-up Europe, as points."""
    rng = np.random.default_rng(11)
    names = [f"City {i + 1}" for i in range(n)]
    table = rows(names, drug="cocaine", round="2024", seed=8)
    emptied(table[9], "insufficient_data")
    emptied(table[10], "suppressed")
    lon, lat = rng.normal(10, 9, n), rng.normal(48, 5, n)
    frame = gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(lon, lat), crs="EPSG:4326")
    frame.attrs = {**ATTRS, "drug": "cocaine", "round": "2024", "scheme": "fisher_jenks",
                   "breaks": [23.4567, 61.2], "title": "Synthetic cities"}  # fmt: skip
    return frame
