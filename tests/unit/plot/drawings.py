"""A maker of every picture of wbe.plot from made-up (synthetic) data: tiny, normal and big."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from wbe import indicators, plot, qc, trends
from wbe.backcalc.residue_ratios import COLUMNS
from wbe.qc.censoring import censored
from wbe.trends import design
from wbe.uncertainty.budgets import DRAWN, Budget

SIZES = ("tiny", "normal", "big")
HELPERS = {"FAMILY", "context", "layer_style", "missing_glyphs", "register_font", "save_map",
           "svg_text", "tier_colours"}  # fmt: skip
"""Public names of wbe.plot that draw nothing."""

UNIT = "Load [mg/day/1000 inhabitants]"
INPUTS = ("analysis_bias", "repeatability", "sampling", "visit", "flow", "excretion", "dose",
          "marker_calibration", "marker_between", "area_level", "below_limit", "population",
          )  # fmt: skip
WEEKS = {"tiny": 1, "normal": 8, "big": 104}
MADE_UP = runpy.run_path(str(Path(__file__).parent / "made_up.py"))


def pick(size: str, tiny: int, normal: int, big: int) -> int:
    return dict(zip(SIZES, (tiny, normal, big), strict=True))[size]


@lru_cache(maxsize=16)
def _tiers(size: str, language: str, rounds: int) -> Any:
    names = tuple(f"2018Q{k + 1}" for k in range(rounds))
    if size != "big":
        tiers = MADE_UP["county"](language, rounds=names)
        return tiers[tiers["area"] == "A001"].copy() if size == "tiny" else tiers
    areas = [f"Area {i + 1}" for i in range(100)]
    rows = [
        row
        for k, name in enumerate(names)
        for row in MADE_UP["rows"](areas, drug="methamphetamine", round=name, seed=k)
    ]
    return gpd.GeoDataFrame(rows, geometry=MADE_UP["cells"](100) * rounds, crs=4326)  # fmt: skip


def tiers(size: str, language: str, rounds: int = 1) -> Any:
    found = _tiers(size, language, rounds).copy()
    found.attrs = {**MADE_UP["ATTRS"], "round": f"2018Q{rounds}"}
    return found


def sites(table: Any) -> Any:
    """Two points in the first area."""
    inside = table.geometry.iloc[0].representative_point()
    return gpd.GeoDataFrame(
        {"site": ["P1", "P2"], "matrix": ["wwtp_influent", "open_channel"], "role": "routine"},
        geometry=gpd.points_from_xy([inside.x, inside.x + 0.01], [inside.y, inside.y]), crs=4326,
    )  # fmt: skip


def random() -> np.random.Generator:
    return np.random.default_rng(2)


def daily(weeks: int) -> tuple[Any, Any]:
    level = np.tile([1.1, 0.9, 0.9, 0.92, 1, 1.2, 1.25], weeks)
    noise = np.exp(0.1 * random().standard_normal(7 * weeks))
    return np.datetime64("2024-03-04") + np.arange(7 * weeks), 40 * level * noise


def budget(size: str, **how: Any) -> Any:
    n = pick(size, 1, 5, 12)
    total = np.linspace(2, 0.01, n) / n
    values = {"share": total * 0.8, "first": total * 0.7, "total": total}
    table = Budget(
        INPUTS[:n], **values, **{f"{k}_se": np.full(n, 0.01) for k in values}, method=DRAWN,
        scale="log", variance=1.0, draws=10_000, seed=1,
        about={"kind": "area", "quantity": "pn_mass_load", "drug": "cocaine", "area": "Alder",
               "round": "2018Q1"},
    )  # fmt: skip
    return plot.budget(table, **how)


def distribution(size: str, **how: Any) -> Any:
    n = pick(size, 2, 40, 2_000)
    value = np.exp(random().normal(0.8, 1.2, n))
    limits = np.resize([1.0, 2.0], n) if size != "big" else np.linspace(0.5, 3, n)
    below = value < limits
    return plot.censored(censored(np.maximum(value, limits), below), label=UNIT, **how)


def change(size: str, **how: Any) -> Any:
    found = trends.changes_from_percent(population=-45, total=-75)
    draws = np.exp(0.2 * random().standard_normal((2, 500)))
    whole = trends.changes_between_rounds(
        per_capita=(50 * draws[0], 49 * draws[1]), population=(1000, 700)
    )
    n = pick(size, 1, 4, 40)
    named = {f"Kingswood upon the River {i}": whole if i % 2 else found for i in range(n)}
    return plot.change(named, **how)


def control_chart(size: str, **how: Any) -> Any:
    n = pick(size, 2, 40, 400)
    x = 100 + 6 * random().standard_normal(n)
    x[n // 2 :] += 8
    return plot.control_chart(qc.shewhart(x, qc.Baseline(100.0, 6.0)), label="Found [%]", **how)


def plan(size: str, **how: Any) -> Any:
    town = design.TownSpread(0.8, 0.6, 0.4, 0.1)
    kind = {
        "tiny": lambda: design.points_for_tier(0.9, 150.0, [20.0, 60.0], town, most=4),
        "normal": lambda: design.days_for_mean(0.2, design.DayVariation(0.5), shared_cv=0.05),
        "big": lambda: design.points_for_change(0.5, design.RoundSpread(0.8, 0.6, 0.4), areas=100),
    }[size]
    return plot.plan(kind(), **how)


def quadrant(size: str, **how: Any) -> Any:
    n, r = pick(size, 3, 13, 40), random()
    level = np.log(30) + 0.9 * r.standard_normal(n)
    draws = np.exp(level + 0.3 * r.standard_normal((400, n)))
    counts = r.poisson(90 * np.exp(0.4 * (level - level.mean()) + 0.5 * r.standard_normal(n))) + 5
    areas = [f"Example {i + 1}" for i in range(n)]
    return plot.quadrant(indicators.quadrants(areas, draws, counts, [1e5] * n, 365), **how)


def ratio_table(places: int, rounds: int) -> pd.DataFrame:
    r, rows = random(), []
    for i in range(places):
        for k in range(rounds):
            value, half = np.exp(r.normal(-2.2, 0.7)), np.exp(1.96 * r.uniform(0.1, 0.6))
            bound = ["at_most", "at_least", "not_told", ""][k % 4] if i == 1 else ""
            ends = {"": (value / half, value * half), "at_most": (0.0, value),
                    "at_least": (value, np.inf), "not_told": (0.0, np.inf)}[bound]  # fmt: skip
            shown = np.nan if bound else value
            below = 3 if bound else 0
            rows.append((f"Town {i + 1}", f"2018Q{k + 1}", shown, *ends, bound, 12, below))
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table.attrs = {"over": "amphetamine", "under": "methamphetamine", "by": "area", "level": 0.95}
    return table


def ratios(size: str, **how: Any) -> Any:
    return plot.ratios(ratio_table(pick(size, 1, 13, 100), pick(size, 1, 4, 2)), **how)


def scores(size: str, **how: Any) -> Any:
    labs, r = [f"x{i}" for i in range(pick(size, 6, 12, 40))], random()
    rows = pd.DataFrame([
        {"round": 1, "analyte": analyte, "lab": lab, "below": False,
         "value": 100 * np.exp(0.12 * r.standard_normal())}
        for analyte in ("cotinine", "methamphetamine") for lab in labs
    ])  # fmt: skip
    target = qc.Target("relative", 0.2)
    return plot.scores(qc.score_table(rows, target=target, codes=qc.code_labs(labs, 1)), **how)


def series(size: str, **how: Any) -> Any:
    table = tiers(size if size == "tiny" else "normal", how["language"], pick(size, 2, 4, 24))
    return plot.series(table, "A001", **how)


def tier_history(size: str, **how: Any) -> Any:
    return plot.tier_history(tiers(size, how["language"], pick(size, 2, 3, 2)), **how)


def tier_map(size: str, **how: Any) -> Any:
    table = tiers(size, how["language"])
    return plot.tier_map(table, sites=sites(table) if size == "tiny" else None, **how)


def tier_maps(size: str, **how: Any) -> Any:
    return plot.tier_maps(tiers(size, how["language"], pick(size, 1, 3, 2)), **how)


def trend(size: str, **how: Any) -> Any:
    n = pick(size, 2, 30, 730)
    dates = np.datetime64("2021-01-15") + pick(size, 30, 30, 1) * np.arange(n)
    loads = 40 * np.exp(0.25 * random().standard_normal(n))
    line = trends.loglinear_trend(dates, loads) if size != "big" else None
    data = censored(np.maximum(loads, 30), loads < 30)
    return plot.trend(dates, data, line=line, label=UNIT, **how)


def weekend(size: str, **how: Any) -> Any:
    dates, loads = daily(8)
    n = pick(size, 1, 3, 40)
    named = np.repeat([f"Plant {i + 1}" for i in range(n)], len(dates))
    return plot.weekend(trends.weekend_ratios(named, np.tile(dates, n), np.tile(loads, n)), **how)


MAKERS: dict[str, Callable[..., Any]] = {
    "budget": budget, "censored": distribution, "change": change, "control_chart": control_chart,
    "plan": plan, "quadrant": quadrant, "ratios": ratios, "scores": scores,
    "series": series,
    "rank_plot": lambda size, **how: plot.rank_plot(tiers(size, how["language"]), **how),
    "tier_history": tier_history, "tier_map": tier_map, "tier_maps": tier_maps,
    "tier_schematic": lambda size, **how: plot.tier_schematic(tiers(size, how["language"]), **how),
    "trend": trend, "weekend": weekend,
    "weekly": lambda size, **how: plot.weekly(
        trends.weekday_profile(*daily(WEEKS[size])), **how),
}  # fmt: skip
