"""Findings: the rules file, the records, their order and their words."""

from __future__ import annotations

import ast
import json
import re
import string
from pathlib import Path

import pytest

import wbe
from wbe.findings import COLUMNS, RULES, SCOPES, SEVERITIES, Finding, Findings

ROOT = Path(wbe.__file__).parent


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_every_rule_is_complete_in_both_languages(rule) -> None:
    assert rule.severity in SEVERITIES
    assert rule.scope in SCOPES
    assert rule.message and rule.fix and rule.message_zh and rule.fix_zh
    english = placeholders(rule.message) | placeholders(rule.fix)
    assert placeholders(rule.message_zh) | placeholders(rule.fix_zh) <= english


def build() -> Findings:
    findings = Findings(rows=4, accepted=3)
    findings.add("comma_in_number", file="b.csv", line=7, column="result", value="1,250")
    findings.add("matrix_unstated", file="a.csv", count=4)
    findings.add("comma_in_number", file="a.csv", line=3, column="result", value="2,5")
    return findings


def test_add_takes_severity_and_words_from_the_rule() -> None:
    finding = Findings().add("row_too_long", file="a.csv", line=3, found=5, expected=4)
    assert (finding.severity, finding.scope) == ("error", "row")
    assert "5 cells under 4 headers" in finding.message
    assert finding.text("zh")[0].startswith("此行有 5 个单元格")


@pytest.mark.parametrize(
    ("rule", "details", "wanted"),
    [
        ("read_as_nondetect", {"status": "below_lod", "limit": "3"}, "低于检出限"),
        ("no_route", {"n": 3, "matrix": "open_channel"}, "3 个样品（明渠污水）"),
        ("column_missing", {"field": "concentration / load / pn_load"}, "浓度、负荷量、千人均负荷"),
        ("sample_conflict", {"field": "round", "values": "a (2); b (3)"}, "监测轮次"),
        ("sample_conflict", {"field": "duration_h", "values": "a (2); b (3)"}, "采样时长"),
        ("unit_missing", {"field": "content", "count": 2}, "含量"),
        ("matrix_unknown", {"suggestions": "soil, sediment"}, "土壤、沉积物"),
        ("analyte_unknown", {"suggestions": "none"}, "无"),
        ("word_unknown", {"field": "mode", "choices": "grab, composite"}, "瞬时样、混合样"),
        ("quality_control_apart", {"kind": "blank"}, "空白"),
        ("sequence_apart", {"what": "blank 2, double_blank 1, internal standard 6"}, "双空白 1"),
        ("sequence_apart", {"what": "control 2, duplicate 1, solvent 1"}, "质控样 2, 平行样 1"),
        ("sequence_kind_from_name", {"count": 2, "examples": "1 (spike)"}, "(加标样)"),
        ("geometry_invalid", {"value": "1", "reason": "a ring is not closed"}, "环未闭合"),
        ("geometry_invalid", {"reason": "its coordinates cannot be read"}, "坐标无法读取"),
        ("geometry_invalid", {"reason": "a coordinate is not finite"}, "非有限"),
        ("layout_mismatch", {"wanted": "long", "found": "wide"}, "是 长表，但表格是 宽表"),
    ],
)  # fmt: skip
def test_chinese_messages_hold_no_english_ids(rule, details, wanted) -> None:
    finding = Findings().add(rule, **details)
    shown = "".join(finding.text("zh"))
    assert wanted in shown
    left = {w for v in details.values() for w in re.findall("[a-z_]{3,}", str(v))}
    assert not left & set(re.findall("[a-z_]+", shown))


@pytest.mark.parametrize(
    ("reason", "wanted"),
    [
        ("its member crs names no system", "（crs 成员未指明坐标系）"),
        ("its table (.dbf) is missing", "（缺少属性表（.dbf））"),
        ("its index (.shx) is missing", "（缺少索引（.shx））"),
    ],
)
def test_names_of_parts_stay_in_chinese_reasons(reason: str, wanted: str) -> None:
    assert wanted in Findings().add("not_an_areas_file", reason=reason).text("zh")[0]


def test_what_a_file_says_is_not_translated() -> None:
    finding = Findings().add("area_not_in_areas", value="soil")
    assert "区域 soil 不在" in finding.text("zh")[0]
    told = {"count": 1, "examples": "blank_7 (river) (blank)"}
    finding = Findings().add("sequence_kind_from_name", **told)
    assert "blank_7 (river) (空白)" in finding.text("zh")[0]
    finding = Findings().add("archive_too_large", what="blank of 2 sheets")
    assert "blank of 2 sheets" in finding.text("zh")[0]


def test_a_severity_may_stand_instead_of_the_rules() -> None:
    findings = Findings()
    findings.add("indicators_table", file="a.csv", severity="flag")
    findings.add("indicators_table", file="a.csv")
    assert [f.severity for f in findings] == ["flag", "error"]


def test_nearest_names_may_be_unknown() -> None:
    findings = Findings()
    assert "nearest names: none" in findings.add("site_outside_areas", value="N").fix
    given = findings.add("site_outside_areas", value="Nort", nearest="North")
    assert "nearest names: North" in given.fix
    assert "相近的名称：North" in given.text("zh")[1]


def test_an_unknown_rule_or_a_missing_word_is_refused() -> None:
    with pytest.raises(KeyError):
        Findings().add("no_such_rule")
    with pytest.raises(KeyError):
        Findings().add("row_too_long", file="a.csv")


def test_errors_and_flags_part_the_findings() -> None:
    findings = build()
    assert [f.line for f in findings.errors] == [7, 3]
    assert [f.rule for f in findings.flags] == ["matrix_unstated"]
    assert findings.last_is_error


def test_the_order_does_not_depend_on_the_order_of_reading() -> None:
    findings = build()
    reverse = Findings(list(findings)[::-1])
    assert list(findings.sorted()) == list(reverse.sorted())
    assert [f.file for f in findings.sorted()] == ["a.csv", "a.csv", "b.csv"]
    assert findings == reverse
    assert findings.to_json(4, 3) == reverse.to_json(4, 3)


def test_json_has_the_shape_of_the_contract() -> None:
    content = json.loads(build().to_json())
    assert set(content) == {"findings", "summary"}
    assert content["summary"] == {"rows": 4, "accepted": 3, "errors": 2, "flags": 1}
    assert tuple(content["findings"][0]) == COLUMNS
    assert content["findings"][0]["line"] is None


def test_frame_has_the_columns_of_the_contract() -> None:
    frame = build().to_frame()
    assert list(frame.columns) == [
        "severity", "rule", "scope", "file", "sheet", "line", "column", "cell", "sample_id",
        "site", "analyte", "value", "message", "fix",
    ]  # fmt: skip
    assert frame["line"].isna().tolist() == [True, False, False]
    assert list(Findings().to_frame().columns) == list(COLUMNS)


def test_extend_adds_counts_of_findings_only() -> None:
    findings = build()
    findings.extend(build())
    assert (len(findings), findings.rows, findings.accepted) == (6, 8, 6)
    findings.extend([Finding("flag", "x", "file")])
    assert (len(findings), findings.rows) == (7, 8)


def named_rules() -> set[str]:
    """Rules that the reader names in its calls, found in its source."""
    found = set()
    for path in (ROOT / "io").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            function = name == "note" and isinstance(node.func, ast.Name)
            first = node.args[1 if function else 0]
            plain_add = name == "add" and not node.keywords
            if name not in ("add", "note", "Refused") or plain_add:
                continue
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                found.add(first.value)
    return found - {"columns_refused"}


def test_every_rule_that_the_reader_names_exists() -> None:
    named = named_rules()
    assert len(named) > 60
    assert named <= set(RULES)


def test_a_notebook_shows_findings_escaped_errors_first_and_says_how_many_more() -> None:
    from wbe.findings import SHOWN

    found = Findings()
    for line in range(SHOWN + 3):
        found.add("read_as_nondetect", file="a&b.csv", line=line, value="<5", status="below_loq",
                  limit="5")  # fmt: skip
    found.add("date_unreadable", file="<script>alert(1)</script>.csv", line=9, value="<b>x</b>")
    page = found._repr_html_()
    assert "<script>" not in page and "&lt;script&gt;alert(1)&lt;/script&gt;.csv" in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page and "a&amp;b.csv" in page
    assert page.index("date_unreadable") < page.index("read_as_nondetect")
    assert page.count("<tr>") == SHOWN + 1
    assert f"1 errors, {SHOWN + 3} flags; the first {SHOWN} are shown" in page
    assert Findings()._repr_html_().count("<tr>") == 1
