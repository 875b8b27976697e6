"""Whatever the cells hold, reading ends in a Dataset and findings, never in another error."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lab_tables import COLUMNS, FIRST, as_text

import wbe
from wbe import schema

AWKWARD = [
    "", " ", "NA", "nan", "/", "—", "ND", "<LOQ", "<3", "0.5L", "0", "-1", "1e400", "1,250",
    "12-15",
    "2 350", ">1000", "断流未采", "#REF!", "=1+1", "空白", "平行", "小计",
    "ng/g", "%", "m3/d", "万",
    "2024-03-12", "45363", "2018年第二季度", "03/04/2024", "soil", "土壤", "METH", "氨氮", "COD",
    "\u202e", "０", "'", '"', "a\nb", "°", "N22°E116°", "999999999999999999999", "质控",
]  # fmt: skip
CELL = st.sampled_from(AWKWARD) | st.text(max_size=6)
SLOW = settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)


@SLOW
@given(rows=st.lists(st.dictionaries(st.sampled_from(COLUMNS), CELL, max_size=6), max_size=5))
def test_long_tables(tmp_path: Path, rows: list[dict[str, str]]) -> None:
    cells = [list(COLUMNS), *([{**FIRST, **row}[name] for name in COLUMNS] for row in rows)]
    check(tmp_path, as_text(cells))


@SLOW
@given(
    rows=st.lists(st.lists(CELL, min_size=8, max_size=8), max_size=5),
    header=st.permutations(
        [
            "镇（场）",
            "采样点",
            "样品类别",
            "经纬度",
            "采样时间",
            "流量（m3/d）",
            "甲基苯丙胺(ng/L)",
            "吗啡",
        ]
    ),
)
def test_wide_tables(tmp_path: Path, rows: list[list[str]], header: list[str]) -> None:
    check(tmp_path, as_text([header, *rows]))


@SLOW
@given(text=st.text(alphabet='site,analyte\n"单位浓度;\t5<', max_size=120))
def test_texts(tmp_path: Path, text: str) -> None:
    check(tmp_path, text)


def check(tmp_path: Path, text: str) -> None:
    path = tmp_path / "any.csv"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    samples = wbe.read(path, errors="reject")
    findings = samples.attrs["findings"]
    assert 0 <= findings.accepted <= findings.rows
    assert not [f for f in schema.validate(samples) if f.rule == "status_contradicts"]
    assert all(f.line is None or f.line >= 1 for f in findings)
    assert all(f.file == "any.csv" for f in findings)
    assert samples.sizes["sample"] or findings
