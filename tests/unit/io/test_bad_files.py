"""Byte-exact bad and doubtful files: each ends in exactly the findings it should."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import wbe
from wbe.findings import Finding

BAD = Path(__file__).parents[2] / "data" / "bad"

# flags that nearly every table draws and that no file here is about
COMMON = {"date_unstated"}


def expected() -> dict[str, list[tuple[str, str, str, str, str]]]:
    with (BAD / "expected.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found: dict[str, list[tuple[str, str, str, str, str]]] = {}
    for row in rows:
        found.setdefault(row["file"], []).append(
            (row["rule"], row["severity"], row["line"], row["column"], row["value"])
        )
    return found


EXPECTED = expected()


def as_row(finding: Finding) -> tuple[str, str, str, str, str]:
    line = "" if finding.line is None else str(finding.line)
    return finding.rule, finding.severity, line, finding.column, finding.value


def test_every_file_has_an_expectation() -> None:
    files = {path.name for path in BAD.iterdir()} - {"expected.csv"}
    assert files == set(EXPECTED)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_findings_of_a_bad_file(name: str) -> None:
    samples = wbe.read(BAD / name, errors="reject")
    found = {as_row(f) for f in samples.attrs["findings"]}
    wanted = set(EXPECTED[name])
    assert wanted <= found
    errors = {row for row in found if row[1] == "error"}
    assert errors == {row for row in wanted if row[1] == "error"}
    if not errors:
        assert {row for row in found if row[0] not in COMMON} == wanted


@pytest.mark.parametrize("name", sorted(n for n in EXPECTED if not n.startswith("flag_")))
def test_a_bad_file_raises_with_all_findings(name: str) -> None:
    with pytest.raises(wbe.errors.FindingsError) as caught:
        wbe.read(BAD / name)
    wanted = {row for row in EXPECTED[name] if row[1] == "error"}
    assert wanted <= {as_row(f) for f in caught.value.findings}
    assert all(f.message and f.fix for f in caught.value.findings)


@pytest.mark.parametrize("name", sorted(n for n in EXPECTED if n.startswith("number_")))
def test_the_good_row_beside_a_bad_one_is_kept(name: str) -> None:
    samples = wbe.read(BAD / name, errors="reject")
    assert samples["concentration"].sel(sample="S1", analyte="methamphetamine").item() == 120
    assert samples["status"].sel(sample="S2", analyte="methamphetamine").item() == "rejected"


def test_personal_values_are_nowhere_in_the_findings() -> None:
    for name, secret in (("personal_zh.csv", "张三"), ("personal_en.csv", "555-0100")):
        findings = wbe.check(BAD / name)
        assert "personal_data" in {f.rule for f in findings}
        assert secret not in findings.to_json()


def test_a_folder_and_a_missing_file_are_findings(tmp_path: Path) -> None:
    samples = wbe.read([tmp_path, tmp_path / "nothing.csv"], errors="reject")
    rules = {f.rule for f in samples.attrs["findings"]}
    assert rules == {"is_directory", "file_not_found"}
    assert samples.sizes["sample"] == 0


def test_no_finding_names_an_absolute_path() -> None:
    findings = wbe.check(BAD)
    assert str(BAD) not in findings.to_json()
    assert {f.file for f in findings if f.rule == "file_empty"} == {"empty.csv", "only_blanks.csv"}
