"""Names: every spelling finds its identifier, and no spelling finds two."""

from __future__ import annotations

import csv
import subprocess
import sys
from importlib.resources import files

import pytest

from wbe import names

_FIELDS = """
    sample_id site name area date start end analyte concentration unit lod loq rsd status flow
    flow_unit population population_basis population_date matrix mode round visit lab replicate
    recovery phase weight_basis rain_24h_mm rain_72h_mm preservation storage_temp analysed_date
    note load pn_load lon lat crs coordinates role type province city county domestic_share
    cigarettes method duplicate_rpd serial_no
"""
CONTRACT_FIELDS = _FIELDS.split()

SPELLINGS = {
    ("analyte", "methamphetamine"): "甲基安非他明 甲基苯丙胺 MAMP METH 冰毒 meth",
    ("analyte", "6-monoacetylmorphine"): "单乙酰吗啡 O6-单乙酰吗啡 6-MAM O6-MAM 6-AM 6‑mam",
    ("analyte", "benzoylecgonine"): "苯甲酰爱康宁 苯甲酰芽子碱 BE BZE",
    ("analyte", "ammonium"): "氨氮 NH3-N NH4-N NH4+-N ＮＨ４－Ｎ NH₄⁺-N",
    ("analyte", "cotinine"): "可替宁 COT Cotinine",
    ("analyte", "norketamine"): "去甲氯胺酮 NK",
    ("analyte", "MDMA"): "MDMA 摇头丸 mdma",
    ("analyte", "THC-COOH"): "四氢大麻酸 THC-COOH THCCOOH thc‐cooh",
    ("analyte", "chemical oxygen demand"): "CODcr CODCr 化学需氧量",
    ("analyte", "codeine"): "可待因 COD",
    ("drug", "heroin"): "海洛因",
    ("field", "sample_id"): "样品编号 样本编号 样号 sample_id Sample-ID",
    ("field", "site"): "采样点位 采样点 点位 监测点 污水处理厂名称",
    ("field", "date"): "采样时间 采样日期 date",
    ("field", "analyte"): "检测项目",
    ("field", "concentration"): "检测结果 浓度",
    ("field", "unit"): "单位",
    ("field", "lab"): "检测单位",
    ("field", "lod"): "检出限 LOD",
    ("field", "loq"): "定量限",
    ("field", "flow"): "流量 日处理量 进水量 污水厂流量",
    ("field", "population"): "污水厂服务人口 服务人口 常住人口 户籍人口",
    ("field", "matrix"): "样品类型 样品类别",
    ("field", "area"): "镇 镇（场） 镇(场) 乡镇 town",
    ("field", "coordinates"): "经纬度",
    ("field", "county"): "所在地（区/县） 区县",
    ("field", "duplicate_rpd"): "平行样相对偏差",
    ("field", "recovery"): "加标回收率",
    ("field", "method"): "检测依据",
    ("field", "note"): "备注",
    ("field", "serial_no"): "序号",
    ("field", "domestic_share"): "生活污水占比",
    ("field", "cigarettes"): "人均日吸烟",
    ("field", "round"): "季度 采样季度 监测轮次 轮次",
    ("field", "crs"): "坐标系",
    ("matrix", "open_channel"): "明渠污水 open_channel",
    ("matrix", "wwtp_influent"): "污水处理厂进水 污水处理厂污水 influent",
    ("matrix", "wwtp_effluent"): "污水处理厂出水",
    ("matrix", "surface_water"): "地表水 河水 既往制毒点附近地表水",
    ("matrix", "soil"): "土壤",
    ("matrix", "sediment"): "沉积物 底泥",
    ("role", "former_production"): "既往制毒点附近地表水",
    ("mode", "grab"): "瞬时样",
    ("mode", "composite_24h"): "24小时混合样 ２４小时混合样",
    ("mode", "passive"): "被动采样",
    ("basis", "served"): "服务人口 污水厂服务人口",
    ("basis", "resident"): "常住人口",
    ("basis", "registered"): "户籍人口",
    ("basis", "estimated"): "测算人口",
    ("datum", "bd09"): "百度坐标",
    ("datum", "gcj02"): "火星坐标",
    ("datum", "cgcs2000"): "国家2000 CGCS2000",
    ("datum", "wgs84"): "WGS84 WGS-84",
}


@pytest.mark.parametrize(("kind", "name"), SPELLINGS)
def test_every_spelling_finds_its_name(kind: str, name: str) -> None:
    found = {spelling: names.resolve(kind, spelling) for spelling in SPELLINGS[kind, name].split()}
    assert found == dict.fromkeys(found, name)


@pytest.mark.parametrize("kind", names.kinds())
def test_identifiers_and_displayed_names_resolve_to_themselves(kind: str) -> None:
    for name in names.ids(kind):
        assert names.resolve(kind, name) == name
        for lang in names.LANGUAGES:
            assert names.resolve(kind, names.display(kind, name, lang)) == name


@pytest.mark.parametrize("kind", names.kinds())
def test_no_spelling_stands_for_two_names(kind: str) -> None:
    with files("wbe").joinpath("names.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if kind in row["kind"].split("|")]
    owners: dict[str, set[str]] = {}
    for row in rows:
        for spelling in (row["id"], row["en"], row["zh"], *row["aliases"].split("|")):
            owners.setdefault(names.key(spelling), set()).add(row["id"])
    shared = {spelling: ids for spelling, ids in owners.items() if len(ids) > 1 and spelling}
    documented = {"cod": {"codeine", "chemical oxygen demand"}} if kind == "analyte" else {}
    assert shared == documented
    assert len({row["id"] for row in rows}) == len(rows)


def test_every_row_names_both_languages() -> None:
    with files("wbe").joinpath("names.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            assert None not in row, f"a comma too many: {row}"
            assert row["id"] and row["en"] and row["zh"], row


def test_the_fields_of_the_contract_are_all_there() -> None:
    assert set(CONTRACT_FIELDS) <= set(names.ids("field"))


def test_cod_is_codeine_first_and_chemical_oxygen_demand_second() -> None:
    assert names.candidates("analyte", "COD") == ("codeine", "chemical oxygen demand")
    assert names.resolve("analyte", "COD") == "codeine"


def test_unknown_words_resolve_to_nothing_and_get_suggestions() -> None:
    assert names.resolve("analyte", "unobtainium") is None
    assert names.resolve("analyte", "—") is None
    assert names.resolve("field", "") is None
    assert names.suggest("analyte", "metamphetamine")[0] == "methamphetamine"
    assert names.suggest("field", "concentraton")[0] == "concentration"
    assert len(names.suggest("analyte", "morphin", n=2)) <= 2
    assert names.suggest("analyte", "zzzzzz") == []


def test_an_unknown_kind_is_named_with_the_kinds_there_are() -> None:
    for call in (names.resolve, names.suggest, names.candidates):
        with pytest.raises(KeyError, match=r"colour.*analyte"):
            call("colour", "red")
    with pytest.raises(KeyError, match="colour"):
        names.ids("colour")


def test_display_speaks_both_languages_and_falls_back_to_the_identifier() -> None:
    assert names.display("tier", "severe") == "Severe"
    assert [names.display("tier", t, "zh") for t in ("general", "moderate", "severe")] == [
        "一般严重",
        "较严重",
        "严重",
    ]
    assert names.display("tier", "not_elevated", "zh") == "未见异常"
    assert names.display("tier", "third from the left", "zh") == "third from the left"


def test_text_fills_values_and_falls_back(monkeypatch: pytest.MonkeyPatch) -> None:
    sentences = {
        "areas.found": {"en": "{n} areas", "zh": "{n} 个区域"},
        "only.english": {"en": "one", "zh": ""},
    }
    monkeypatch.setattr(names, "_texts", lambda: sentences)
    assert names.text("areas.found", n=3) == "3 areas"
    assert names.text("areas.found", "zh", n=3) == "3 个区域"
    assert names.text("only.english", "zh") == "one"
    assert names.text("no.such.key", "zh", n=3) == "no.such.key"


def test_the_module_needs_the_standard_library_only() -> None:
    code = (
        "import sys, wbe.names as n; n.resolve('analyte', 'METH');"
        "sys.exit(bool({'numpy', 'pandas', 'pint', 'xarray'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
