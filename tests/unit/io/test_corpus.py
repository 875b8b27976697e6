"""Every file of the corpus ends in exactly what its list of cases says."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from corpus import (
    BAD,
    CASES,
    COMMON,
    OUTCOMES,
    READS,
    SUPPORT,
    Case,
    as_row,
    groups,
    load_cases,
    read_case,
    without_many,
)

import wbe
from wbe.cli import cli
from wbe.findings import RULES, Findings
from wbe.io.layout.check import FAULTS
from wbe.run.checking import OTHER_TABLES

ALL = load_cases()
TABLES = [case for case in ALL if case.reads in ("lab", "instrument")]


def each(cases: list[Case] | tuple[Case, ...]) -> Any:
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.id)


@cache
def opened(case: Case) -> tuple[Findings, Any]:
    return read_case(case)


def found_in(case: Case) -> Findings:
    return opened(case)[0]


def _first_of_each(cases: list[Case]) -> list[Case]:
    """The first case of every group and outcome: what every run of the tests can afford."""
    return list({(case.group, case.outcome): case for case in reversed(cases)}.values())[::-1]


# The lists themselves


def test_every_folder_of_the_corpus_has_a_list() -> None:
    assert sorted(path for path in BAD.iterdir() if path.is_dir()) == groups()


def test_lists_use_known_words_only() -> None:
    for case in ALL:
        assert case.outcome in OUTCOMES and case.reads in READS, case.id
        assert case.rules | case.near_miss_of <= set(RULES), case.id
        severities = {row[1] for row in case.expected}
        assert severities <= {"error", "flag"}, case.id
        worst = "error" if "error" in severities else "flag" if severities else "ok"
        assert worst == case.outcome, case.id


@pytest.mark.parametrize("group", groups(), ids=lambda path: path.name)
def test_every_file_has_a_case_and_every_case_its_file(group: Path) -> None:
    cases = [case for case in ALL if case.group == group.name]
    for case in cases:
        assert case.path.exists() != ("absent" in case.options), case.id
    # a Shapefile and its table share a stem, and options name files beside the case
    needed = {Path(case.file).stem for case in cases}
    needed |= {Path(value).stem for case in cases for value in case.options.values()}
    inner = {path.relative_to(group).parts[0] for path in group.rglob("*") if path.is_file()}
    left_over = {n for n in inner - {CASES, SUPPORT} if Path(n).stem not in needed}
    assert not left_over


def test_the_corpus_is_as_large_as_promised() -> None:
    assert len(ALL) >= 200
    assert len({case.group for case in ALL}) >= 13


def test_line_ends_are_as_committed(root: Path) -> None:
    assert "tests/data/** -text" in (root / ".gitattributes").read_text(encoding="utf-8")
    counts = {
        name: tuple((BAD / "structure" / name).read_bytes().count(end) for end in (b"\r", b"\n"))
        for name in ("ok_plain.csv", "ok_crlf.csv", "ok_cr_only.csv")
    }
    assert counts == {"ok_plain.csv": (0, 3), "ok_crlf.csv": (3, 3), "ok_cr_only.csv": (3, 0)}


# What a file ends in


@each(ALL)
def test_findings_are_those_of_the_list_in_words_of_the_catalogue(case: Case) -> None:
    """One test a file, for each is read once: what is found, how it is said, and no path in it."""
    _assert_listed(case)
    _assert_in_words_of_the_catalogue(case)
    assert str(BAD) not in found_in(case).to_json()


def _assert_listed(case: Case) -> None:
    found = without_many({as_row(f) for f in found_in(case)}, case)
    wanted = set(case.expected)
    if case.outcome == "error":
        assert {row for row in found if row[1] == "error"} == {
            row for row in wanted if row[1] == "error"
        }
        assert wanted <= found
    elif case.outcome == "flag":
        assert {row for row in found if row[0] not in COMMON - case.rules} == wanted
    else:
        assert not found
    assert not case.near_miss_of & {row[0] for row in found}


def _assert_in_words_of_the_catalogue(case: Case) -> None:
    for finding in found_in(case):
        rule = RULES[finding.rule]
        for lang in ("en", "zh"):
            message, fix = finding.text(lang)
            suffix = "" if lang == "en" else "_zh"
            assert _filled(getattr(rule, f"message{suffix}")).fullmatch(message), message
            assert _filled(getattr(rule, f"fix{suffix}")).fullmatch(fix), fix
        assert finding.scope == rule.scope
        assert "Traceback" not in finding.message and "0x7f" not in finding.message


def _filled(template: str) -> re.Pattern[str]:
    """The texts that a template of the catalogue can become."""
    parts = re.split(r"(?<!\{)\{[a-z_0-9]+(?:![a-z])?\}(?!\})", template)
    plain = (re.escape(part.replace("{{", "{").replace("}}", "}")) for part in parts)
    return re.compile(".*".join(plain), re.DOTALL)


@each(_first_of_each(TABLES))
def test_errors_raise_with_all_findings_and_nothing_else_does(case: Case) -> None:
    _assert_raises(case)


@pytest.mark.slow
@each(TABLES)
def test_every_error_raises_with_all_findings_and_nothing_else_does(case: Case) -> None:
    _assert_raises(case)


def _assert_raises(case: Case) -> None:
    if case.outcome != "error":
        samples = wbe.read(case.path, **case.reader_options)
        assert "rejected" not in samples["status"].values
        return
    with pytest.raises(wbe.errors.FindingsError) as caught:
        wbe.read(case.path, **case.reader_options)
    assert caught.value.findings == found_in(case)


@each([case for case in ALL if case.file.startswith("number_") and case.outcome == "error"])
def test_the_good_row_beside_a_bad_one_is_kept(case: Case) -> None:
    samples = opened(case)[1]
    assert samples["concentration"].sel(sample="S1", analyte="methamphetamine").item() == 120
    assert samples["status"].sel(sample="S2", analyte="methamphetamine").item() == "rejected"


@each([case for case in ALL if case.twin is not None])
def test_another_spelling_of_the_same_data_reads_equal(case: Case) -> None:
    assert case.twin is not None
    samples, other = opened(case)[1], wbe.read(case.twin, errors="reject")
    left = ["source_file", "source_line"]
    samples, other = samples.drop_vars(left), other.drop_vars(left)
    assert set(samples.variables) == set(other.variables)
    for name, values in other.variables.items():
        if values.dtype.kind == "f":
            np.testing.assert_allclose(samples[name].values, values.values, rtol=1e-12)
        else:
            np.testing.assert_array_equal(samples[name].values, values.values)


# The command line


#: Options of the reader that the command has under the same name.
_ON_COMMAND_LINE = {name for parameter in cli.commands["check"].params for name in [parameter.name]}
#: What a reader of one kind of table says of another, which ``check`` opens as what it is.
_NOT_OF_THIS_KIND = ("not_an_indicators_table", "not_published_means")
#: What ``check`` opens as it is listed: a folder named like a table is a folder to it.
_CHECKED = [
    case
    for case in ALL
    if set(case.reader_options) <= _ON_COMMAND_LINE
    and (case.path.is_file() or case.reads == "folder")
]


def _check(case: Case) -> Any:
    options = {**case.reader_options, "format": "json"}
    if case.reads in ("sites", "areas"):
        options[case.reads] = case.path
    flags = [text for k, v in options.items() for text in (f"--{k}", str(v))]
    return CliRunner().invoke(cli, ["check", str(case.path), *flags])


@each(_first_of_each(_CHECKED))
def test_check_ends_with_the_code_of_the_contract(case: Case) -> None:
    _assert_code(case)


@pytest.mark.slow
@each(_CHECKED)
def test_every_check_ends_with_the_code_of_the_contract(case: Case) -> None:
    _assert_code(case)


def _assert_code(case: Case) -> None:
    done = _check(case)
    assert done.exception is None or isinstance(done.exception, SystemExit), case.id
    # Right as another kind of table: a table of sites is no statistics, and checks as what it is.
    if case.rules and case.rules <= {*OTHER_TABLES, *_NOT_OF_THIS_KIND}:
        assert done.exit_code == 0
    elif case.outcome != "error":
        assert done.exit_code == (0 if _holds_something(case) else 4)
    elif case.rules & {"config_invalid", *FAULTS}:
        assert done.exit_code == 2
    else:
        assert done.exit_code in (3, 4)


def _holds_something(case: Case) -> bool:
    """Whether a result is left to compute with; not asked of sites, areas and folders."""
    from wbe.run.reading import USABLE

    samples = opened(case)[1]
    return samples is None or bool(samples["status"].isin(USABLE).any())


def _all_refused(case: Case) -> bool:
    """A file without anything usable; a folder named in its place would be a campaign."""
    plain = case.reads == "lab" and case.outcome == "error" and case.path.is_file()
    return plain and set(case.reader_options) <= {"encoding"} and not _holds_something(case)


def test_run_writes_nothing_where_everything_is_refused(tmp_path: Path) -> None:
    refused = [case for case in _first_of_each(list(ALL)) if _all_refused(case)]
    assert refused
    _assert_nothing_written(refused, tmp_path)


@pytest.mark.slow
def test_no_run_writes_anything_where_everything_is_refused(tmp_path: Path) -> None:
    refused = [case for case in ALL if _all_refused(case)]
    assert len(refused) > 20
    _assert_nothing_written(refused, tmp_path)


@pytest.mark.parametrize(
    ("file", "words"),
    [("named_like_a_file.csv", "wbe init"), ("not_there.csv", "there is no file")],
)
def test_run_of_no_file_cannot_be_carried_out(tmp_path: Path, file: str, words: str) -> None:
    """A folder means the campaign in it, whatever its name; what is not there means nothing."""
    path = BAD / "folders" / file
    done = CliRunner().invoke(cli, ["run", str(path), "--out", str(tmp_path / "results")])
    assert done.exit_code == 2 and words in done.stderr
    assert list(tmp_path.iterdir()) == []


def _assert_nothing_written(cases: list[Case], tmp_path: Path) -> None:
    for case in cases:
        options = [text for k, v in case.reader_options.items() for text in (f"--{k}", str(v))]
        out = tmp_path / "results"
        done = CliRunner().invoke(cli, ["run", str(case.path), "--out", str(out), *options])
        assert done.exit_code == 4, (case.id, done.output)
        assert list(tmp_path.iterdir()) == [], case.id


# Persons


def test_personal_values_are_nowhere_in_the_findings() -> None:
    for name, secret in (("personal_zh.csv", "张三"), ("personal_en.csv", "555-0100")):
        findings = wbe.check(BAD / "security" / name)
        assert "personal_data" in {f.rule for f in findings}
        assert secret not in findings.to_json()


# Limits of time, memory and writing


@pytest.mark.slow
def test_every_file_is_read_within_ten_seconds_and_half_a_gigabyte() -> None:
    from children import read_in_child

    before = _listing()
    failed = {case.id: said for case in ALL if (said := read_in_child(case))}
    assert not failed
    assert _listing() == before


def _listing() -> dict[str, tuple[int, int]]:
    """Every file of the corpus with its size and its time of writing."""
    inner = (path for path in BAD.rglob("*"))
    return {str(p): (p.lstat().st_size, p.lstat().st_mtime_ns) for p in inner if p.is_file()}
