"""Tidy tables of a simulated county, and the names of its samples and sites."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .constants import (
    ANALYTES,
    CHANNEL,
    INDEX,
    LABS,
    MATRIX,
    PLANT,
    POINTS,
    POPULATION_DATE,
    SITE_TYPE,
    SOIL,
    STREAM,
    TOWNS,
)
from .geometry import point_coordinates, seat_coordinates, to_baidu
from .truth import ordinal

if TYPE_CHECKING:
    from .model import County, Design
    from .truth import Truth

AREAS = tuple(f"EX{i + 1:02d}" for i in range(len(TOWNS)))
QUARTER_ZH = {"1": "第一季度", "2": "第二季度", "3": "第三季度", "4": "第四季度"}


def round_zh(round_: str) -> str:
    """Return ``2018年第二季度`` for ``2018Q2``."""
    year, quarter = round_.split("Q")
    return f"{year}年{QUARTER_ZH[quarter]}"


def site_name(town: int, point: int, lab: int) -> str:
    """Return the site as the laboratory writes it: plant, point name, or town and number."""
    name = TOWNS[town][0]
    if lab == 0:
        return f"{name}污水处理厂"
    return f"{name}采样点{point + 1}" if lab == 1 else f"{name}{point + 1}#"


def site_names(design: Design) -> list[str]:
    """Site of each sample."""
    codes = zip(design.town, design.point, design.lab, strict=True)
    return [site_name(int(t), int(p), int(lab)) for t, p, lab in codes]


def sample_ids(design: Design, rounds: tuple[str, ...]) -> list[str]:
    """Identifier of each sample; the third laboratory prints none: the library builds it then."""
    codes = zip(design.round, design.town, design.point, design.lab, design.kind, strict=True)
    out = []
    for r, t, p, lab, kind in codes:
        word = rounds[r]
        if lab == 0:
            out.append(f"EXW{word[2:]}-{t + 1:03d}")
        elif lab == 1:
            out.append(f"EX-{word[2:4]}-{word[-1]}-T{t + 1:02d}-{p + 1}")
        else:
            out.append(f"{site_name(int(t), int(p), 2)}|{word}|{MATRIX[kind]}")
    return out


def visit_date(town: int, round_: str) -> dt.date:
    """Return the day on which a town is visited: one town a working day, in the last month."""
    year, quarter = round_.split("Q")
    start = dt.date(int(year), 3 * int(quarter), 5)
    day = start + dt.timedelta(days=town + 2 * (town // 5))
    return day


def plant_has_range(town: int, round_: str) -> bool:
    """Whether the plant's row states the 24 hours, or only a day (a few rows in each file)."""
    return (town + ordinal(round_)) % 5 != 0


def grab_minute(point: int) -> int:
    """Return the minute of the day at which a point is sampled."""
    return 9 * 60 + 20 + 35 * point


def records_table(county: County) -> pd.DataFrame:
    """Return one row per sample and analyte that was measured."""
    design, rounds = county.design, county.facts.rounds
    n, m = county.reported.shape

    def spread_out(values: object) -> np.ndarray:
        return np.repeat(np.asarray(values), m)

    theta = county.facts.all_source[design.town, design.round][
        :, [INDEX[a] for a in county.analytes]
    ]
    table = pd.DataFrame(
        {
            "sample_id": spread_out(sample_ids(design, rounds)),
            "site": spread_out(site_names(design)),
            "area": spread_out(np.array(AREAS)[design.town]),
            "round": spread_out(np.array(rounds)[design.round]),
            "point": spread_out(design.point + 1),
            "matrix": spread_out(np.array(MATRIX)[design.kind]),
            "lab": spread_out(np.array(LABS)[design.lab]),
            "analyte": np.tile(np.array(county.analytes), n),
            "typical_load": np.where((design.kind <= CHANNEL)[:, None], theta, np.nan).ravel(),
            "visit_effect": spread_out(
                np.where(design.kind <= CHANNEL, county.visit[design.town, design.round], np.nan)
            ),
            "carried_load": county.carried.ravel(),
            "exact": county.exact.ravel(),
            "reported": county.reported.ravel(),
            "status": county.status.ravel(),
            "lod": county.lod.ravel(),
            "loq": county.loq.ravel(),
            "flow": spread_out(county.flow),
            "population": spread_out(county.population),
        }
    )
    return table[table["status"] != "not_measured"].reset_index(drop=True)


def truth_table(county: County) -> pd.DataFrame:
    """Return one row per town, round and analyte."""
    facts = county.facts
    rows = []
    for t, (name, _) in enumerate(TOWNS):
        for r, round_ in enumerate(facts.rounds):
            for analyte in county.analytes:
                i = INDEX[analyte]
                drug = ANALYTES[i].is_drug
                marker = county.marker_load[t, i]
                effect = county.visit[t, r] if drug else 0.0
                total = facts.all_source[t, r, i] if drug else marker
                rows.append(
                    {
                        "area": AREAS[t],
                        "name": name,
                        "round": round_,
                        "analyte": analyte,
                        "theta_all_source": total,
                        "theta_use_only": facts.use_only[t, r, i] if drug else marker,
                        "visit_effect": effect,
                        "visit_load_all_source": total * np.exp(effect),
                        "production_share": (
                            facts.production_share[t] if analyte == "methamphetamine" else 0.0
                        ),
                        "population_resident": facts.resident[t],
                        "population_present": facts.present[t, r],
                    }
                )
    return pd.DataFrame(rows)


def role_of(facts: Truth, town: int, point: int) -> str:
    """Return why the point is where it is."""
    kind = facts.kinds[town, point]
    if kind == STREAM:
        return "former_production"
    return "key_area" if kind == SOIL else "routine"


def sites_table(county: County) -> pd.DataFrame:
    """Return the sites table: one row per point, coordinates in the datum of the source."""
    facts = county.facts
    lon, lat = point_coordinates(facts.seed)
    rows = []
    for town in range(len(TOWNS)):
        for point in range(POINTS):
            kind = int(facts.kinds[town, point])
            lab = int(county.design.lab[town * POINTS + point])
            here = (lon[town, point], lat[town, point])
            x, y = to_baidu(*here) if lab == 2 else here
            served = county.population[town * POINTS + point]
            rows.append(
                {
                    "site": site_name(town, point, lab),
                    "name": f"{TOWNS[town][1]} point {point + 1} (synthetic)",
                    "area": AREAS[town],
                    "lon": round(x, 5),
                    "lat": round(y, 5),
                    "crs": "bd09" if lab == 2 else "wgs84",
                    "population": "" if kind != PLANT else int(served),
                    "population_basis": "" if kind != PLANT else "served",
                    "population_date": "" if kind != PLANT else POPULATION_DATE,
                    "role": role_of(facts, town, point),
                    "type": SITE_TYPE[kind],
                }
            )
    return pd.DataFrame(rows)


def areas_table(county: County) -> pd.DataFrame:
    """Return one row per town."""
    lon, lat = seat_coordinates(county.facts.seed)
    return pd.DataFrame(
        {
            "area": AREAS,
            "name": [name for name, _ in TOWNS],
            "name_en": [name for _, name in TOWNS],
            "population": county.facts.resident.astype(int),
            "population_basis": "resident",
            "population_date": POPULATION_DATE,
            "lon": lon,
            "lat": lat,
        }
    )
