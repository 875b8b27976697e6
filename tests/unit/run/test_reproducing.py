"""``wbe reproduce``: what it prints, writes and ends with."""

from __future__ import annotations

import re
import shutil
from importlib.resources import files
from pathlib import Path

import pytest
from click.testing import CliRunner

from wbe.cli import cli
from wbe.errors import UsageError
from wbe.reproduce.study import REFERENCE, catalogue_folder
from wbe.run import reproducing
from wbe.run.words import has


@pytest.fixture(autouse=True)
def _no_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(REFERENCE, raising=False)


def invoke(*args: object):
    return CliRunner().invoke(cli, ["reproduce", *map(str, args)])


def test_all_tables_are_listed_and_the_last_line_counts() -> None:
    done = invoke()
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert sum(not line.startswith(" ") for line in lines[:-1]) == 30
    assert "30 studies: 12 recomputed, 10 checked by a relation, 8 cited only" in lines[-1]
    assert lines[-1].endswith(
        "0 without; not computed, because data are not at hand: 7 tables of 3 studies"
    )
    assert done.output.count("WBE_REFERENCE_DATA") == 7


def test_nothing_is_said_to_be_absent_where_all_was_computed() -> None:
    assert invoke("korea_2015").output.rstrip().endswith("1 with a reason, 0 without")


def test_a_folder_without_the_data_is_not_asked_for_as_if_none_had_been_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(REFERENCE, str(tmp_path))
    said = invoke("euda_weeks", "--lang", "zh").output
    assert "WBE_REFERENCE_DATA 须指明存有这些数据的文件夹" in said
    assert said.rstrip().endswith("因数据不在本机而未计算：1 项研究的 3 个表")


def test_studies_are_chosen_by_name_or_option() -> None:
    done = invoke("korea_2015", "--study", "us_campus_2018")
    assert "2 studies" in done.output and "29 of 30 agree (96.7 %)" in done.output
    assert "allows 55 at most" in done.output


def test_a_page_is_written_and_named(tmp_path: Path) -> None:
    done = invoke("korea_2015", "--out", tmp_path / "new" / "folder")
    page = tmp_path / "new" / "folder" / reproducing.PAGE
    assert done.exit_code == 0 and page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert str(page) in done.output.replace("\n", "")


def test_quiet_leaves_the_closing_lines(tmp_path: Path) -> None:
    assert len(invoke("korea_2015", "--quiet").output.splitlines()) == 1
    assert len(invoke("korea_2015", "--quiet", "--out", tmp_path).output.splitlines()) == 2


def test_an_unknown_study_is_a_usage_error() -> None:
    assert invoke("nowhere_1900").exit_code == 2


def test_an_unknown_study_is_named_in_the_language_of_the_reader() -> None:
    english, chinese = invoke("nowhere_1900"), invoke("nowhere_1900", "--lang", "zh")
    assert "there is no study 'nowhere_1900'; the catalogue has alcohol_" in english.output
    assert "没有研究 'nowhere_1900'；目录中有 alcohol_20_cities_2016、alcohol_" in chinese.output
    assert "there is no" not in chinese.output and chinese.exit_code == 2


def test_the_folder_of_the_catalogue_is_no_study() -> None:
    for key in ("", "../catalogue/korea_2015"):
        with pytest.raises(UsageError, match="there is no study"):
            reproducing.run([key])


def test_console_and_page_say_the_same_of_deviations(tmp_path: Path) -> None:
    done = invoke("korea_2015", "codeine_methadone_2016", "--out", tmp_path)
    page = (tmp_path / reproducing.PAGE).read_text(encoding="utf-8").replace("\xa0", " ")
    arithmetic = "these deviate by less than 1e-9 %, the rounding of the computation"
    for said in ("off by up to 101 %", "largest deviation of these 0.48 %", arithmetic):
        assert said in done.output and said in page
    assert not re.search(r"e-\d+ %", done.output.replace("1e-9 %", ""))


def test_chinese_is_spoken() -> None:
    said = invoke("korea_2015", "--lang", "zh").output
    assert "一致" in said and "韩国 5 市 15 座污水处理厂" in said and "截尾而未修约" in said
    assert "甲基苯丙胺、海洛因、氯胺酮" in invoke("china_southwest_2021", "--lang", "zh").output


def test_conclusions_are_told_with_how_many_choices_they_stand() -> None:
    said = invoke("korea_2015", "china_southwest_2021").output
    assert "methamphetamine before codeine: stands with 4 of 6 choices" in said
    assert "relatively low use of ketamine: stands with 4 of 6 choices" in said


def test_a_value_that_does_not_reproduce_ends_with_another_code(tmp_path: Path) -> None:
    shutil.copytree(catalogue_folder() / "korea_2015", tmp_path / "korea_2015")
    path = tmp_path / "korea_2015" / "expected.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("12.0", "13.0", 1), encoding="utf-8")
    text, code = reproducing.run([], folder=tmp_path)
    assert code == reproducing.SOME
    assert "WITHOUT A REASON: 1 value does not reproduce (B-1/methamphetamine)" in text


def test_a_reason_no_longer_needed_is_printed(tmp_path: Path) -> None:
    shutil.copytree(catalogue_folder() / "korea_2015", tmp_path / "korea_2015")
    path = tmp_path / "korea_2015" / "expected.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("<1.89", "<3.79"), encoding="utf-8")
    text, code = reproducing.run([], folder=tmp_path)
    assert code == reproducing.SOME and "REASON NO LONGER NEEDED for B-10/codeine" in text


def test_every_sentence_is_there_and_said() -> None:
    package = files("wbe.reproduce")
    source = package.joinpath("page.html.j2").read_text(encoding="utf-8")
    source += package.joinpath("page.py").read_text(encoding="utf-8")
    source += Path(reproducing.__file__).read_text(encoding="utf-8")
    said = set(re.findall(r'"(reproduce\.[\w.]+\w)"', source)) - {reproducing.PAGE}
    said |= {f"reproduce.status.{s}" for s in ("recomputed", "consistent", "cited_only")}
    said |= {f"reproduce.read.{s}" for s in ("whole", "excerpt", "copy", "recalled")}
    said |= {f"reproduce.doi.{s}" for s in ("yes", "recalled", "none")}
    words = files("wbe.run").joinpath("words.csv").read_text(encoding="utf-8")
    there = set(re.findall(r"^(reproduce\.[\w.]+),", words, re.M))
    assert there == said and all(has(key) for key in said)
