"""The catalogue as data: complete, and refused with a reason where it is not."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from wbe import factors
from wbe.errors import ConfigError, UsageError
from wbe.reproduce import STATUSES, read_study, studies, study_keys
from wbe.reproduce.methods import METHODS
from wbe.reproduce.study import EXTERNAL, catalogue_folder

ALL = list(studies())
MOST_ROWS = 50  # a longer table is its publisher's, not a fact


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(catalogue_folder() / "korea_2015", tmp_path / "korea_2015")
    return tmp_path


def change(folder: Path, old: str, new: str) -> None:
    path = folder / "korea_2015" / "study.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_catalogue_holds_studies_of_every_status() -> None:
    assert len(ALL) == len(study_keys()) >= 12
    assert {table.status for study in ALL for table in study.tables} == set(STATUSES)
    assert sum("CN" in study.country for study in ALL) >= 3


@pytest.mark.parametrize("study", ALL, ids=lambda s: s.key)
def test_every_study_says_where_its_numbers_were_opened_and_who_may_hand_them_on(study) -> None:
    assert study.title and study.citation and study.source and study.redistribution
    assert study.problems
    assert bool(study.doi) == (study.doi_verified != "none")
    assert not study.doi or re.fullmatch(r"10\.\d{4,9}/\S+", study.doi)
    assert not study.factor_set or study.factor_set in factors.set_names()


@pytest.mark.parametrize("study", ALL, ids=lambda s: s.key)
def test_nothing_read_in_an_excerpt_is_called_recomputed(study) -> None:
    if study.read in ("excerpt", "recalled"):
        assert {table.status for table in study.tables} <= {"consistent", "cited_only"}


@pytest.mark.parametrize("study", ALL, ids=lambda s: s.key)
def test_tables_name_known_methods_and_are_short_or_not_copied(study) -> None:
    for table in study.tables:
        assert table.status == "cited_only" or table.method in METHODS
        for name in {table.inputs, table.expected} - {""}:
            if not name.startswith(EXTERNAL):
                lines = (study.folder / name).read_text(encoding="utf-8").splitlines()
                assert 1 < len(lines) <= MOST_ROWS


def test_no_file_of_the_catalogue_is_left_unread() -> None:
    for study in ALL:
        read = {"study.toml"} | {n for t in study.tables for n in (t.inputs, t.expected) if n}
        assert {path.name for path in study.folder.iterdir()} == {
            name for name in read if not name.startswith(EXTERNAL)
        }


def test_an_unknown_study_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="korea_2015"):
        read_study("korea_1915")


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ('citation = "Kim', "citation"),
        ('redistribution = "', "redistribution"),
        ('factor_set = "korea2015"', "factor_set"),
        ('rule = "load over', "rule"),
        ('unit = "mg/day', "unit"),
        ('method = "consumption"', "method"),
        ('output = "consumption"', "output"),
        ('reason = "<1.89', "reason"),
        ('title_zh = "', "title_zh"),
        ('source_zh = "', "source_zh"),
        ('redistribution_zh = "', "redistribution_zh"),
        ('name_zh = "', "name_zh"),
        ('where_zh = "', "where_zh"),
        ('rule_zh = "', "rule_zh"),
        ('unit_zh = "', "unit_zh"),
        ('reason_zh = "', "reason_zh"),
    ],
)
def test_a_field_that_is_missing_is_named_with_its_file(copy: Path, line: str, field: str) -> None:
    path = copy / "korea_2015" / "study.toml"
    lines = path.read_text(encoding="utf-8").splitlines()
    [first, *_] = [i for i, text in enumerate(lines) if text.startswith(line)]
    path.write_text("\n".join(lines[:first] + lines[first + 1 :]), encoding="utf-8")
    with pytest.raises(ConfigError, match=f"missing: .*{field}") as caught:
        read_study("korea_2015", copy)
    assert caught.value.file == "korea_2015/study.toml" and field in caught.value.key


def test_all_missing_fields_are_named_at_once(copy: Path) -> None:
    change(copy, 'title = "', 'titel = "')
    change(copy, 'country = "KR"\n', "")
    with pytest.raises(ConfigError, match="title, country"):
        read_study("korea_2015", copy)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('status = "recomputed"', 'status = "right"', "'right' is none of recomputed"),
        ('read = "copy"', 'read = "seen"', "'seen' is none of whole"),
        ('keys = ["site", "drug"]', 'keys = ["site", "drug"]\nkind = 1', "unknown field: kind"),
        ('reason = "<1.89', 'reason = ""\nnote = "', "unknown field: note"),
        ('rows = [["B-10", "codeine"]]', "", "names its rows"),
        ('country = "KR"', "country = KR", "not TOML"),
        ('name_zh = "消费量"', 'name_zh = " "', "a text without its Chinese"),
        ('  "转载的表即论文之表，系凭记忆，未核对。",\n', "", "3 texts and 2 in Chinese"),
    ],
)
def test_what_nothing_reads_is_refused(copy: Path, old: str, new: str, said: str) -> None:
    change(copy, old, new)
    with pytest.raises(ConfigError, match=said):
        read_study("korea_2015", copy)


def test_an_exception_without_a_reason_is_refused(copy: Path) -> None:
    path = copy / "korea_2015" / "study.toml"
    text = re.sub(r'reason = "[^"]*"', 'reason = " "', path.read_text(encoding="utf-8"))
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="needs its reason"):
        read_study("korea_2015", copy)


@pytest.mark.parametrize("study", [s for s in ALL if s.constants], ids=lambda s: s.key)
def test_every_constant_is_used_and_says_who_stated_it(study) -> None:
    used = [
        a["constant"]
        for table in study.tables
        for a in (table.arguments or {}).values()
        if isinstance(a, dict) and "constant" in a
    ]
    assert {constant["name"] for constant in study.constants} == set(used)
    assert all(
        c["source"] and c["verified"].split(":")[0] in ("yes", "no") for c in study.constants
    )


def test_a_constant_without_its_chinese_is_refused(tmp_path: Path) -> None:
    shutil.copytree(catalogue_folder() / "dalian_2021", tmp_path / "dalian_2021")
    path = tmp_path / "dalian_2021" / "study.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('verified_zh = "', 'checked_zh = "', 1), encoding="utf-8")
    with pytest.raises(ConfigError, match="unknown field: checked_zh"):
        read_study("dalian_2021", tmp_path)
    path.write_text(re.sub(r'verified_zh = "[^"]*"\n', "", text, count=1), encoding="utf-8")
    with pytest.raises(ConfigError, match="missing: verified_zh") as caught:
        read_study("dalian_2021", tmp_path)
    assert caught.value.key.startswith("constant 'methamphetamine of a user and day'")
