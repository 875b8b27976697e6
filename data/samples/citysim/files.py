"""The simulated city as files: what three laboratories send, sites, catchments and the truth.

Where a cell is written oddly is fixed by its place, never drawn; every file says that it is
synthetic.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
from countysim.files import FULL_WIDTH, csv_text, geojson, number, save

from .constants import AREAS, CITY, LABS, PANEL, PLANTS
from .geometry import catchments, degrees, plants
from .model import City

Row = list[str]
TEXT = "合成示例数据"
POPULATION_DATE = "2022-12-31"
#: Order of the compounds in the drainage company's table.
WIDE_ORDER = (
    "cotinine", "ammonium", "codeine", "MDMA", "benzoylecgonine", "morphine", "methamphetamine",
    "amphetamine", "ketamine", "norketamine",
)  # fmt: skip
MICRO = ("μg/L", "ug/L", "µg/L")
RAINSTORM = 25.0
"""Rain that the operators write down as a rainstorm [mm]."""


def write(city: City, folder: str | Path) -> list[Path]:
    """Write lab files, sites, catchments and truth below a folder.

    Parameters
    ----------
    city : City
        With the full panel.
    folder : path
        Made where it does not exist. ``lab/`` and ``truth/`` are made inside.

    Returns
    -------
    list of Path
        The files written, in order.
    """
    from .workbook import crosstab

    folder = Path(folder)
    out = []
    for round_ in dict.fromkeys(city.rounds.tolist()):
        path = folder / "lab" / f"{round_}_drainage_company_synthetic.csv"
        out.append(save(path, csv_text(_wide(city, round_), ","), "gb18030"))
    path = folder / "lab" / "2023-2024_hired_lab_synthetic.csv"
    out.append(save(path, csv_text(_long(city), ","), "utf-8-sig"))
    for year in sorted({day.year for day in city.days}):
        path = folder / "lab" / f"{year}_crosstab_synthetic.xlsx"
        path.write_bytes(crosstab(city, year))
        out.append(path)
    out.append(save(folder / "sites.csv", csv_text(_sites(city), ",", "\n"), "utf-8-sig"))
    out.append(save(folder / "areas.geojson", _areas(), "utf-8"))
    path = folder / "truth" / "truth.csv"
    out.append(save(path, csv_text(_truth(city), ",", "\n"), "utf-8-sig"))
    return out


def limits(name: str) -> tuple[float, float]:
    """Limits of detection and quantification [ng/L]."""
    return float(PANEL[name].lod), float(PANEL[name].loq)


def _wide(city: City, round_: str) -> list[Row]:
    """Wide table of the drainage company's plants, a row a plant and day (layout A)."""
    header = [
        "样本编号", "污水处理厂名称", "所在地（省）", "所在地（市）", "所在地（区/县）", "采样时间",
        "污水厂服务人口（万人）", "生活污水占比", "流量（万立方米/天）",
        *(f"{PANEL[a].zh}({'mg/L' if a == 'ammonium' else 'ng/L'})" for a in WIDE_ORDER), "备注",
    ]  # fmt: skip
    blank = [""] * (len(header) - 1)
    preamble = [f"监测轮次:{_round_zh(round_)}", *blank]
    preamble[5], preamble[9] = "采样方式:24小时混合样", f"检测单位:{LABS[0]}"
    preamble[14] = "样品类型:污水处理厂进水"
    rows = [[f"附表2 {CITY}生活污水毒情监测逐日结果表({TEXT})", *blank], preamble, header]
    for p in _plants_of(0):
        days = np.flatnonzero(city.listed[p] & (city.rounds == round_)).tolist()
        rows += [_wide_row(city, p, d) for d in days]
    return rows


def _plants_of(lab: int) -> list[int]:
    return [p for p, plant in enumerate(PLANTS) if plant.lab == lab]


def _round_zh(round_: str) -> str:
    return f"{round_[:4]}年第{'一二三四'[int(round_[-1]) - 1]}季度"


def _wide_row(city: City, p: int, d: int) -> Row:
    day, plant, style = city.days[d], PLANTS[p], _plants_of(0).index(p)
    people, flow = number(city.population[p] / 1e4), number(city.flow[p, d] / 1e4)
    if (d + 17 * p) % 97 == 0:
        people, flow = people.translate(FULL_WIDTH), flow.translate(FULL_WIDTH)
    if (d + 17 * p) % 89 == 0:
        flow = f"{number(city.flow[p, d])}m3/d"
    percent = f"{plant.domestic * 100:.0f}"
    share = (f"{percent}%", f"{percent}％", f"{plant.domestic:g}")[style % 3]
    note = "采样器故障，未采样" if city.failed[p, d] else ""
    if not note and city.rain[d] >= RAINSTORM:
        note = "暴雨"
    return [
        f"WS{day:%y%m%d}-{p + 1}", plant.site, "示例省", "示例市", CITY[3:], _wide_date(day, style),
        people, share, flow, *(_wide_cell(city, p, d, a) for a in WIDE_ORDER), note,
    ]  # fmt: skip


def _wide_date(day: dt.date, style: int) -> str:
    return (
        f"{day.year}年{day.month}月{day.day}日 9:00-次日9:00",
        f"{day.year}/{day.month}/{day.day} 9:00-次日9:00",
        f"{day.year}.{day.month}.{day.day}",
        str((day - dt.date(1899, 12, 30)).days),
        f"{day:%Y%m%d}",
    )[style]


def _wide_cell(city: City, p: int, d: int, name: str) -> str:
    column = city.analytes.index(name)
    status, value = city.status[p, d, column], city.reported[p, d, column]
    lod, loq = map(number, limits(name))
    if not status:
        return "/"
    if status == "below_loq":
        return f"{'<' if d % 2 else '＜'}{loq}"
    if status == "below_lod":
        return (f"{lod}L", f"<{lod}", f"{lod}(L)")[(d + p) % 3]
    return number(value / 1e6 if name == "ammonium" else value)


def _long(city: City) -> list[Row]:
    """Long result list of the hired laboratory's plant (layout B), with its control rows."""
    rows = [
        [
            "样品编号", "采样点位", "样品类型", "采样方式", "采样时间", "流量", "流量单位",
            "检测项目", "检测结果", "单位", "检出限", "定量限", "平行样相对偏差(%)",
            "加标回收率(%)", "检测单位", "备注",
        ]
    ]  # fmt: skip
    for p in _plants_of(1):
        for d in np.flatnonzero(city.sampled[p]).tolist():
            head = _long_head(city, p, d)
            for column in range(len(city.analytes)):
                rows.append([*head, *_long_cells(city, p, d, column), LABS[1], ""])
            if city.days[d].day == 15:
                rows += _control_rows(city, p, d)
    return rows


def _long_head(city: City, p: int, d: int) -> Row:
    day = city.days[d]
    flow = city.flow[p, d]
    water = (number(flow / 1e4), "万吨/日") if day.year == 2023 else (number(flow), "m3/d")
    return [f"LF{day:%y%m%d}", PLANTS[p].site, "进水", "24h混合样", f"{day} 09:00", *water]


def _long_cells(city: City, p: int, d: int, column: int) -> Row:
    """Analyte, result, unit, limits, duplicate, recovery."""
    name = city.analytes[column]
    value, status = city.reported[p, d, column], city.status[p, d, column]
    unit, scale = "ng/L", 1.0
    if name == "ammonium":
        unit, scale = "mg/L", 1e6
    elif name == "cotinine" or (status == "quantified" and value >= 300):
        unit, scale = MICRO[(d + column) % 3], 1e3
    lod, loq = (number(limit / scale) for limit in limits(name))
    if status == "quantified":
        result = number(value / scale)
    elif status == "below_loq":
        result = ("<LOQ", f"＜{loq}", f"<{loq}")[d % 3]
    else:
        result = (f"{lod}L", "ND", "未检出")[d % 3]
    quality = ["", ""]
    if d % 10 == column:  # one duplicate and one spike a day, of each analyte in turn
        recovery = str(88 + (5 * d + column) % 17)
        deviation = f"{2 + (7 * d + 3 * column) % 60 / 10:.1f}" if status == "quantified" else ""
        quality = [deviation, recovery]
    return [PANEL[name].zh, result, unit, lod, loq, *quality]


def _control_rows(city: City, p: int, d: int) -> list[Row]:
    """Field blank, and the duplicate of the day's sample: kept apart from the samples."""
    day, name = city.days[d], "methamphetamine"
    again = np.format_float_positional(
        1.03 * city.reported[p, d, city.analytes.index(name)],
        precision=3, fractional=False, trim="-",
    )  # fmt: skip
    lod, loq = map(number, limits(name))
    head = _long_head(city, p, d)
    tail = ["ng/L", lod, loq, "", "", LABS[1], "质控"]
    return [
        [f"LF{day:%y%m}-FB", "现场空白", "纯水", "", f"{day} 09:00", "", "", PANEL[name].zh, "ND",
         *tail],
        [f"{head[0]}P", f"{head[1]}(平行)", *head[2:], PANEL[name].zh, str(again), *tail],
    ]  # fmt: skip


def _sites(city: City) -> list[Row]:
    columns = ["site", "name", "area", "lon", "lat", "crs", "population", "population_basis",
               "population_date", "role", "type"]  # fmt: skip
    rows = [columns]
    for p, (lon, lat) in enumerate(degrees(plants()).tolist()):
        plant = PLANTS[p]
        rows.append([
            plant.site, f"{plant.en} (synthetic)", AREAS[p], f"{lon:.5f}", f"{lat:.5f}", "wgs84",
            f"{city.population[p]:.0f}", "served", POPULATION_DATE, "routine", "wwtp",
        ])  # fmt: skip
    return rows


def _areas() -> str:
    rows = [
        {"area": area, "name": f"{plant.zh}片区", "name_en": plant.en}
        for area, plant in zip(AREAS, PLANTS, strict=True)
    ]
    return geojson("example_city_centre_synthetic", rows, catchments())


def _truth(city: City) -> list[Row]:
    def text(value: object) -> str:
        return f"{value:.6g}" if isinstance(value, float) else str(value)

    rows = [[*(text(v) for v in row), "true"] for row in city.truth.itertuples(index=False)]
    return [[*city.truth.columns, "synthetic"], *rows]
