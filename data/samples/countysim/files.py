"""The simulated county as files: what three laboratories send, sites, areas and the truth.

The layouts, encodings and oddities are those met in practice; every file says that it is
synthetic. Where a cell is written oddly is fixed by its place, never drawn.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .constants import ANALYTES as PANEL
from .constants import INDEX, LABS, SOIL, SOIL_PANEL, STREAM, STREAM_PANEL, TOWNS
from .geometry import Ring, cells, point_coordinates, to_baidu
from .model import County, unstated_limit
from .tables import (
    grab_minute,
    plant_has_range,
    round_zh,
    sample_ids,
    site_name,
    visit_date,
)

Row = list[str]
FULL_WIDTH = str.maketrans("0123456789.", "０１２３４５６７８９．")
#: Order of the compounds in the plants' table.
PLANT_ORDER = (
    "cotinine", "ammonium", "codeine", "MDMA", "cocaine", "benzoylecgonine", "morphine",
    "6-monoacetylmorphine", "methamphetamine", "amphetamine", "ephedrine", "ketamine",
    "norketamine",
)  # fmt: skip
MICRO = ("μg/L", "ug/L", "µg/L")


def write(county: County, folder: str | Path) -> list[Path]:
    """Write lab files, sites, areas and truth below a folder.

    Parameters
    ----------
    county : County
        With the full panel.
    folder : path
        Made where it does not exist. ``lab/`` and ``truth/`` are made inside.

    Returns
    -------
    list of Path
        The files written, in order.
    """
    folder = Path(folder)
    out = []
    for r, round_ in enumerate(county.facts.rounds):
        for name, encoding, text in (
            (f"{round_}_plants_synthetic.csv", "gb18030", csv_text(_plants(county, r), ",")),
            (f"{round_}_channels_synthetic.csv", "utf-8-sig", csv_text(_channels(county, r), ",")),
            (f"{round_}_streams_soil_synthetic.tsv", "gbk", csv_text(_blocks(county, r), "\t")),
        ):
            out.append(save(folder / "lab" / name, text, encoding))
    sites = [list(county.sites.columns), *county.sites.astype(str).values.tolist()]
    out.append(save(folder / "sites.csv", csv_text(sites, ",", "\n"), "utf-8-sig"))
    out.append(save(folder / "areas.geojson", areas_geojson(county), "utf-8"))
    truth = [_truth_header(county.truth), *_truth_rows(county.truth)]
    path = folder / "truth" / "truth_synthetic.csv"
    out.append(save(path, csv_text(truth, ",", "\n"), "utf-8-sig"))
    return out


def areas_geojson(county: County) -> str:
    """Return the towns as GeoJSON text, marked synthetic."""
    columns = ["area", "name", "name_en", "population", "population_basis", "population_date"]
    rows = county.areas[columns].to_dict("records")
    return geojson("example_county_synthetic", rows, cells(county.facts.seed))


def geojson(name: str, rows: Iterable[dict[str, Any]], rings: Iterable[Ring]) -> str:
    """Return polygons as GeoJSON text, one feature a line, each marked synthetic."""
    features = []
    for row, ring in zip(rows, rings, strict=True):
        geometry = {"type": "Polygon", "coordinates": [[list(point) for point in ring]]}
        properties = {**row, "synthetic": True}
        features.append({"type": "Feature", "properties": properties, "geometry": geometry})
    lines = ",\n".join(json.dumps(f, ensure_ascii=False) for f in features)
    return f'{{"type": "FeatureCollection", "name": "{name}", "features": [\n{lines}\n]}}\n'


def save(path: Path, text: str, encoding: str) -> Path:
    """Write text in an encoding; its line ends stay as they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode(encoding))
    return path


def csv_text(rows: Iterable[Sequence[str]], delimiter: str, newline: str = "\r\n") -> str:
    """Return rows as delimited text."""
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, lineterminator=newline).writerows(rows)
    return buffer.getvalue()


def _truth_header(truth: pd.DataFrame) -> Row:
    return [*truth.columns, "synthetic"]


def _truth_rows(truth: pd.DataFrame) -> list[Row]:
    def text(value: object) -> str:
        return f"{value:.6g}" if isinstance(value, float) else str(value)

    return [[*(text(v) for v in row), "true"] for row in truth.itertuples(index=False)]


def number(value: float) -> str:
    """Write a value of at most four significant digits without exponent."""
    return str(np.format_float_positional(value, precision=4, fractional=False, trim="-"))


def grouped(text: str) -> str:
    """Group the digits of a number by blanks, as ``2 350``."""
    whole, dot, rest = text.partition(".")
    return f"{int(whole):,}".replace(",", " ") + dot + rest


def _plants(county: County, r: int) -> list[Row]:
    """Wide table of plant influents (layout A)."""
    round_ = county.facts.rounds[r]
    names = [_plant_heading(a) for a in PLANT_ORDER]
    header = [
        "样本编号", "污水处理厂名称", "所在地（省）", "所在地（市）", "所在地（区/县）", "采样时间",
        "污水厂服务人口（万人）", "生活污水占比", "流量（万立方米/天）", "人均日吸烟（支）",
        *names, "备注",
    ]  # fmt: skip
    blank = [""] * (len(header) - 1)
    preamble = [f"监测轮次:{round_zh(round_)}", *blank]
    preamble[7] = f"检测单位:{LABS[0]}"
    rows = [["附表1 示例县生活污水毒情监测结果汇总表(合成示例)", *blank], preamble, header]
    ids = sample_ids(county.design, county.facts.rounds)
    for i in _samples(county, r, 0):
        rows.append(_plant_row(county, i, ids[i], r))
    return rows


def _plant_heading(analyte: str) -> str:
    unit = "mg/L" if analyte == "ammonium" else "ng/L"
    return f"{PANEL[INDEX[analyte]].zh}({unit})"


def _samples(county: County, r: int, lab: int) -> list[int]:
    design = county.design
    return np.flatnonzero((design.round == r) & (design.lab == lab)).tolist()


def _plant_row(county: County, i: int, sample_id: str, r: int) -> Row:
    town = int(county.design.town[i])
    share = county.facts.domestic_share[town]
    percent = f"{share * 100:.0f}"
    shares = (f"{percent}%", f"{percent}％", f"{share:g}")
    people = number(county.population[i] / 1e4)
    flow = number(county.flow[i] / 1e4)
    if (town + r) % 13 == 2:
        people, flow = people.translate(FULL_WIDTH), flow.translate(FULL_WIDTH)
    if (town + r) % 13 == 5:
        flow = f"{number(county.flow[i])}m3/d"
    results = [_plant_cell(county, i, a, (town + r) % 13 == 7) for a in PLANT_ORDER]
    return [
        sample_id, site_name(town, 0, 0), "示例省", "示例市", "示例县",
        _plant_date(town, county.facts.rounds[r]), people, shares[town % 3], flow, "4.1",
        *results, "",
    ]  # fmt: skip


def _plant_date(town: int, round_: str) -> str:
    day = visit_date(town, round_)
    if plant_has_range(town, round_):
        style = (f"{day.year}年{day.month}月{day.day}日", f"{day.year}/{day.month}/{day.day}")
        return f"{style[town % 2]} 9:00-次日9:00"
    serial = (day - dt.date(1899, 12, 30)).days
    dots = f"{day.year}.{day.month}.{day.day}"
    return (dots, str(serial), f"{day:%Y%m%d}")[town % 3]


def _plant_cell(county: County, i: int, analyte: str, full_width: bool) -> str:
    column = county.analytes.index(analyte)
    status, value = county.status[i, column], county.reported[i, column]
    if status == "quantified":
        text = number(value / 1e6 if analyte == "ammonium" else value)
        wide = full_width and analyte == "methamphetamine"
        return text.translate(FULL_WIDTH) if wide else text
    if status == "below_loq":
        return ("＜" if full_width else "<") + number(county.loq[i, column])
    unstated = np.isnan(county.lod[i, column])
    return "未检出" if unstated else f"{number(county.lod[i, column])}L"


def _channels(county: County, r: int) -> list[Row]:
    """Long result list of open channels (layout B) with blank and duplicate rows."""
    round_ = county.facts.rounds[r]
    rows = [
        [
            "样品编号", "采样点位", "样品类型", "采样方式", "采样时间", "采样季度", "检测项目",
            "检测结果", "单位", "检出限", "定量限", "检测依据", "平行样相对偏差(%)",
            "加标回收率(%)", "检测单位", "备注",
        ]
    ]  # fmt: skip
    ids = sample_ids(county.design, county.facts.rounds)
    chosen = _samples(county, r, 1)
    for i in chosen:
        town, point = int(county.design.town[i]), int(county.design.point[i])
        head = [ids[i], site_name(town, point, 1), "明渠污水", "瞬时样"]
        when = _grab_time(town, point, round_)
        for column in range(len(county.analytes)):
            rows.append([*head, *when, *_channel_cells(county, i, column), LABS[1], ""])
    rows += _quality_rows(county, chosen[r], ids[chosen[r]], round_)
    return rows


def _grab_time(town: int, point: int, round_: str) -> Row:
    day, minute = visit_date(town, round_), grab_minute(point)
    clock = f"{minute // 60}:{minute % 60:02d}"
    return [f"{day.year}年{day.month}月{day.day}日 {clock}", round_zh(round_)]


def _channel_cells(county: County, i: int, column: int) -> Row:
    """Analyte, result, unit, limits, method, duplicate, recovery."""
    analyte = county.analytes[column]
    value, status = county.reported[i, column], county.status[i, column]
    unit, scale = "ng/L", 1.0
    if analyte == "ammonium":
        unit, scale = "mg/L", 1e6
    elif analyte == "cotinine" or (status == "quantified" and value >= 1000):
        unit, scale = MICRO[(i + column) % 3], 1e3
    lod, loq = number(county.lod[i, column] / scale), number(county.loq[i, column] / scale)
    if status == "quantified":
        result = number(value / scale)
    elif status == "below_loq":
        result = ("<LOQ", f"＜{loq}", f"<{loq}")[i % 3]
    else:
        result = (f"{lod}L", "ND", "未检出")[(i + column) % 3]
    quality = ["", ""]
    if status == "quantified":
        quality = [f"{2 + (7 * i + 3 * column) % 60 / 10:.1f}", str(88 + (5 * i + column) % 17)]
    method = "HJ 535-2009" if analyte == "ammonium" else "实验室方法"
    return [PANEL[INDEX[analyte]].zh, result, unit, lod, loq, method, *quality]


def _quality_rows(county: County, i: int, sample_id: str, round_: str) -> list[Row]:
    """Field blank, and the duplicate of one sample: kept apart from the samples."""
    town, point = int(county.design.town[i]), int(county.design.point[i])
    when = _grab_time(town, point, round_)
    meth = PANEL[INDEX["methamphetamine"]].zh
    blank_id = f"EX-{round_[2:4]}-{round_[-1]}-FB-01"
    tail = ["实验室方法", "", "", LABS[1], "质控"]
    again = 0.97 * county.reported[i, county.analytes.index("methamphetamine")]
    twin = np.format_float_positional(again, precision=3, fractional=False, trim="-")
    return [
        [blank_id, "现场空白", "纯水", "", *when, meth, "ND", "ng/L", "1", "3", *tail],
        [
            f"{sample_id}P", f"{site_name(town, point, 1)}(平行)", "明渠污水", "瞬时样", *when,
            meth, twin, "ng/L", "1", "3", *tail,
        ],
    ]  # fmt: skip


def _blocks(county: County, r: int) -> list[Row]:
    """Two-level table of streams, soil and the stream towns' fourth channel (layout C)."""
    round_ = county.facts.rounds[r]
    water = [PANEL[INDEX[a]].zh for a in STREAM_PANEL]
    soil = [PANEL[INDEX[a]].zh for a in SOIL_PANEL]
    width = 5 + len(water) + len(soil) + 1
    preamble = [""] * width
    preamble[0] = f"采样季度：{round_zh(round_)}"
    preamble[5] = "坐标系：百度坐标"
    preamble[8] = f"检测单位：{LABS[2]}"
    upper = ["序号", "镇（场）", "采样点", "样品类别", "经纬度", "水样（ng/L）", *[""] * 4]
    upper += ["土壤（ng/g）", *[""] * (len(soil) - 1), "备注"]
    rows = [
        ["示例县水样土壤毒情检测结果（合成数据）", *[""] * (width - 1)],
        preamble,
        upper,
        [*[""] * 5, *water, *soil, ""],
    ]
    unstated = unstated_limit(county.design, county.analytes)
    last_town = -1
    for serial, i in enumerate(_samples(county, r, 2), start=1):
        town = int(county.design.town[i])
        rows.append(_block_row(county, i, serial, town != last_town, unstated[i]))
        if town == last_town:
            rows.append(_subtotal(county, [i - 1, i], width))
        last_town = town
    return rows


def _block_row(county: County, i: int, serial: int, first: bool, unstated: np.ndarray) -> Row:
    town, point = int(county.design.town[i]), int(county.design.point[i])
    kind = int(county.design.kind[i])
    category = {STREAM: "既往制毒点附近地表水", SOIL: "土壤"}.get(kind, "明渠污水")
    is_soil = kind == SOIL
    water = ["/" if is_soil else _block_cell(county, i, a, unstated) for a in STREAM_PANEL]
    soil = [_block_cell(county, i, a, unstated) if is_soil else "/" for a in SOIL_PANEL]
    name = TOWNS[town][0] if first else ""
    where = _block_place(county, town, point, serial)
    return [str(serial), name, f"{point + 1}#", category, where, *water, *soil, ""]


def _block_cell(county: County, i: int, analyte: str, unstated: np.ndarray) -> str:
    column = county.analytes.index(analyte)
    status = county.status[i, column]
    if status == "quantified":
        return grouped(number(county.reported[i, column]))
    if status == "below_loq":
        return f"<{number(county.loq[i, column])}"
    return "ND" if unstated[column] else f"{number(county.lod[i, column])}L"


def _block_place(county: County, town: int, point: int, serial: int) -> str:
    """Baidu coordinates, in turn as degrees, minutes and seconds and as decimals."""
    lon, lat = point_coordinates(county.facts.seed)
    x, y = to_baidu(lon[town, point], lat[town, point])
    if serial % 3:
        return f"N{_sexagesimal(y)} E{_sexagesimal(x)}"
    return f"{x:.4f},{y:.4f}"


def _sexagesimal(degrees: float) -> str:
    seconds = round(degrees * 3600)
    return f"{seconds // 3600}°{seconds // 60 % 60:02d}′{seconds % 60:02d}″"


def _subtotal(county: County, pair: list[int], width: int) -> Row:
    column = county.analytes.index("methamphetamine")
    mean = float(np.mean(county.reported[pair, column]))
    return ["小计", *[""] * 4, f"均值{mean:.0f}", *[""] * (width - 6)]
