"""``wbe check --format json`` and ``--strict``: what scripts rely on."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result
from corpus import BAD

from wbe.cli import cli
from wbe.findings import RULES, SCOPES, SEVERITIES

FIELDS = [
    "severity", "rule", "scope", "file", "sheet", "line", "column", "cell", "sample_id", "site",
    "analyte", "value", "message", "fix",
]  # fmt: skip
FILES = [
    "numbers/number_range.csv", "numbers/flag_above.csv", "numbers/ok_plain.csv",
    "structure/empty.csv", "structure/several.csv", "security/personal_zh.csv",
    "config/two_problems.toml", "folders/unmatched",
]  # fmt: skip


def check(name: str, *options: str) -> Result:
    return CliRunner().invoke(cli, ["check", str(BAD / name), *options])


def body(name: str, *options: str) -> dict[str, Any]:
    done = check(name, "--format", "json", *options)
    assert done.stderr == ""
    loaded = json.loads(done.stdout)
    assert isinstance(loaded, dict)
    return loaded


@pytest.mark.parametrize("name", FILES)
def test_the_body_has_the_fields_of_the_contract(name: str) -> None:
    found = body(name)
    assert list(found) == ["findings", "summary"]
    assert list(found["summary"]) == ["rows", "accepted", "errors", "flags"]
    assert all(type(count) is int and count >= 0 for count in found["summary"].values())
    assert found["summary"]["accepted"] <= found["summary"]["rows"]
    for finding in found["findings"]:
        assert list(finding) == FIELDS
        line = finding.pop("line")
        assert line is None or (type(line) is int and line >= 1)
        assert all(type(text) is str for text in finding.values())
        assert finding["severity"] in SEVERITIES and finding["scope"] in SCOPES
        assert (
            finding["rule"] in RULES
            and finding["message"]
            and finding["file"] == finding["file"].strip()
        )
    severities = [finding["severity"] for finding in found["findings"]]
    assert found["summary"]["errors"] == severities.count("error")
    assert found["summary"]["flags"] == severities.count("flag")


def test_a_file_of_two_rows_counts_one_that_is_refused() -> None:
    assert body("numbers/number_range.csv")["summary"] == {
        "rows": 2, "accepted": 1, "errors": 1, "flags": 0,
    }  # fmt: skip


def test_the_messages_follow_the_language() -> None:
    english, chinese = (body("numbers/number_range.csv", "--lang", lang) for lang in ("en", "zh"))
    assert english["findings"][0]["message"] == RULES["value_range"].message
    assert chinese["findings"][0]["message"] == RULES["value_range"].message_zh


@pytest.mark.parametrize(
    ("name", "code", "strict"),
    [
        ("numbers/ok_plain.csv", 0, 0),
        ("numbers/flag_above.csv", 0, 3),
        ("numbers/number_range.csv", 3, 3),
        ("structure/empty.csv", 4, 4),
        ("config/two_problems.toml", 2, 2),
    ],
)
def test_flags_count_as_errors_where_that_is_asked(name: str, code: int, strict: int) -> None:
    assert check(name).exit_code == code
    assert check(name, "--strict").exit_code == strict


def test_quiet_leaves_the_verdict_and_the_json() -> None:
    said = check("numbers/number_range.csv", "--quiet").stdout
    assert said == "2 rows, 1 accepted; 1 error, 0 flags\n"
    assert body("numbers/number_range.csv", "--quiet")["summary"]["errors"] == 1
