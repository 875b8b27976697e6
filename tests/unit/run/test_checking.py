"""``wbe check``: every finding of every file, as text and JSON, with its exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from wbe.errors import UsageError
from wbe.findings import Finding, Findings
from wbe.run import checking


def finding(severity: str, rule: str = "some_rule", **place) -> Finding:
    return Finding(severity, rule, "cell", message="It is wrong.", fix="Mend it.", **place)


@pytest.mark.parametrize(
    ("found", "strict", "code"),
    [
        (Findings(), False, 0),
        (Findings([finding("flag")], 5, 5), False, 0),
        (Findings([finding("flag")], 5, 5), True, 3),
        (Findings([finding("error")], 5, 4), False, 3),
        (Findings([finding("error")], 5, 0), False, 4),
        (Findings([finding("error", "config_invalid")], 5, 5), False, 2),
    ],
)
def test_the_exit_code_is_that_of_the_contract(found: Findings, strict: bool, code: int) -> None:
    assert checking.exit_code(found, strict=strict) == code


def test_the_report_groups_by_file_and_keeps_one_line_a_finding() -> None:
    found = Findings(
        [
            finding("error", file="b.csv", line=7, column="flow", value="1,250"),
            finding("flag", file="a.xlsx", sheet="S1", line=3, cell="C3", value="two\nlines"),
            finding("flag", file="b.csv", line=2),
        ],
        10,
        9,
    )
    assert checking.report(found).splitlines() == [
        "a.xlsx / S1",
        "  flag some_rule (line 3, C3): It is wrong. [two lines] Mend it.",
        "b.csv",
        "  flag some_rule (line 2): It is wrong. Mend it.",
        "  error some_rule (line 7, column flow): It is wrong. [1,250] Mend it.",
        "10 rows, 9 accepted; 1 errors, 2 flags",
    ]
    assert "第 7 行" in checking.report(found, "zh")
    assert checking.report(Findings()) == "No findings."


def test_a_campaign_with_a_bad_configuration_lists_every_problem(campaign: Path) -> None:
    file = campaign / "campaign.toml"
    text = file.read_text(encoding="utf-8").replace("draws = 400", "drawz = 400")
    text = text.replace("seed = 1", "seed = 2.5")
    file.write_text(text, encoding="utf-8")
    found = checking.check([campaign])
    assert [f.column for f in found.errors] == ["estimate.drawz", "estimate.seed"]
    assert checking.exit_code(found) == 2


def test_a_campaign_is_checked_with_its_files(campaign: Path) -> None:
    lab = campaign / "lab" / "synthetic-2024Q1.csv"
    lab.write_text(lab.read_text(encoding="utf-8").replace(",ng/L,", ",bananas,"), encoding="utf-8")
    found = checking.check([campaign])
    assert len(found.errors) >= 72
    assert {f.file for f in found.errors} == {"synthetic-2024Q1.csv"}
    body = json.loads(found.to_json())
    assert body["summary"]["errors"] == len(found.errors)
    assert body["findings"][0]["line"] == 2


def test_a_folder_is_checked_without_results_of_runs(public_run, made: Path, tmp_path) -> None:
    import shutil

    plain = shutil.copytree(made, tmp_path / "plain")
    (plain / "campaign.toml").unlink()
    assert (plain / "results" / "tiers.csv").is_file()
    found = checking.check([Path(plain)])
    assert list(found.errors) == []
    assert not any("tiers" in f.file or "estimates" in f.file for f in found)


def test_what_does_not_exist_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no file or folder"):
        checking.check([tmp_path / "nowhere.csv"])
    with pytest.raises(UsageError, match="no file or folder"):
        checking.check([tmp_path], sites=tmp_path / "nowhere.csv")


def test_nothing_is_written(campaign: Path) -> None:
    before = sorted(f.name for f in campaign.rglob("*"))
    checking.check([campaign])
    assert sorted(f.name for f in campaign.rglob("*")) == before
