"""Values of findings in Chinese: what the templates of ``findings.csv`` are filled with.

A value is the id of something that has a name (``names.csv``), a fixed word of ours, or what a file
says, which stays as written.
"""

from __future__ import annotations

import re

from wbe import names

# words that templates name -> the kinds of names.csv they may be ids of
_KINDS = {
    "field": ("field", "quantity"),
    "status": ("status",),
    "matrix": ("matrix",),
    "analyte": ("analyte",),
    "suggestions": ("analyte", "matrix"),
    "choices": ("mode", "basis", "status", "role", "site_type"),
}
_WORDS_ZH = {
    "none": "无", "unknown": "未知", "inhabitant": "人", "hour": "小时", "time": "采样日期",
    "duration": "采样时长", "duration_h": "采样时长", "weekday": "星期", "town": "镇（场）",
    "flow_rsd": "流量相对标准偏差", "population_rsd": "人口相对标准偏差",
    "blank": "空白", "duplicate": "平行样", "spike": "加标样", "control": "质控样",
    "long": "长表", "wide": "宽表", "town_blocks": "乡镇分组表", "euda": "EUDA 负荷表",
    "euda_sites": "EUDA 点位表", "sites": "点位表", "areas": "区域表", "indicators": "统计表",
    "statcan": "加拿大统计局月均值表",
    "encrypted": "已加密", "it holds no geometry": "没有几何图形", "it is no JSON": "不是 JSON",
    "it is no FeatureCollection with features": "不是含有要素的 FeatureCollection",
    "a ring is not closed": "环未闭合", "its coordinates cannot be read": "坐标无法读取",
    "a coordinate is not finite": "存在非有限的坐标值",
    "its member crs names no system": "crs 成员未指明坐标系",
    "its table (.dbf) is missing": "缺少属性表（.dbf）",
    "its index (.shx) is missing": "缺少索引（.shx）",
    "it is no GeoPackage (.gpkg)": "不是 GeoPackage（.gpkg）", "text": "文本", "zip": "ZIP 压缩包",
    "it is Parquet without a geometry": "是没有几何图形的 Parquet",
    "its metadata geo cannot be read": "元数据 geo 无法读取",
    "its crs cannot be read": "坐标系无法读取", "it holds no tiers of a run": "不含运行结果的分级",
    "standard": "标准溶液", "double_blank": "双空白", "solvent": "溶剂",
    "internal standard": "内标", "Permission denied": "权限不足", "Input/output error": "读写错误",
}  # fmt: skip
_TRANSLATED = {*_KINDS, "nearest", "kind", "found", "wanted", "expected", "reason"}
# kinds of injections: before their count ("blank 2"), behind a name of somebody else ("A (blank)")
_INJECTIONS = {
    "what": re.compile(r"(?:(?<=, )|^)[a-z_ ]+(?= \d+(?:, |$))"),
    "examples": re.compile(r"(?<=\()[a-z_]+(?=\)(?:, |$))"),
}
_LISTED = re.compile("(, | / )")
_LISTED_ZH = {", ": "、", " / ": "、"}


def in_chinese(key: str, text: str) -> str:
    """Return one value of a template in Chinese.

    Parameters
    ----------
    key : str
        Name of the value in the template.
    text : str
        The value in English; what a file says (``value``, ``unit``) stays as written.

    Examples
    --------
    >>> in_chinese("field", "site"), in_chinese("value", "site")
    ('采样点位', 'site')
    """
    if key in _INJECTIONS:
        return _INJECTIONS[key].sub(lambda found: _WORDS_ZH.get(found[0], found[0]), text)
    if key not in _TRANSLATED:
        return text
    if text in _WORDS_ZH:
        return _WORDS_ZH[text]
    parts = _LISTED.split(text) if key in _KINDS else [text]
    shown = (_LISTED_ZH.get(part) or _word_in_chinese(key, part) for part in parts)
    return "".join(shown)


def _word_in_chinese(key: str, word: str) -> str:
    for kind in _KINDS.get(key, ()):
        if word in names.ids(kind):
            return names.display(kind, word, "zh")
    return _WORDS_ZH.get(word, word)
