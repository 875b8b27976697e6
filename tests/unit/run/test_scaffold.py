"""``wbe init``: a campaign that explains itself, checks clean and says that it is synthetic."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pandas as pd
import pytest
import xarray as xr

import wbe
from wbe.errors import UsageError
from wbe.run import checking, config, scaffold
from wbe.run.keys import KEYS


def test_the_campaign_is_complete_and_has_no_errors(tmp_path: Path) -> None:
    written = scaffold.create(tmp_path / "a" / "new")
    names = [f.relative_to(tmp_path / "a" / "new").as_posix() for f in written]
    assert names == [
        "README.txt", "areas.geojson", "campaign.toml", "lab/synthetic-2024Q1.csv",
        "lab/synthetic-2024Q2.csv", "sites.csv",
    ]  # fmt: skip
    found = checking.check([tmp_path / "a" / "new"]).findings
    assert list(found.errors) == []
    assert found.rows and found.accepted == found.rows


@pytest.mark.parametrize(("lang", "word"), [("en", "ynthetic"), ("zh", "合成")])
def test_every_file_says_that_the_data_are_synthetic(tmp_path: Path, lang: str, word: str) -> None:
    for file in scaffold.create(tmp_path / "new", lang):
        assert word in file.read_text(encoding="utf-8"), file.name


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_comments_name_every_key_but_the_rare_ones(tmp_path: Path, lang: str) -> None:
    scaffold.create(tmp_path / "new", lang)
    text = (tmp_path / "new" / "campaign.toml").read_text(encoding="utf-8")
    named = set(re.findall(r"^(?:# )?(\w+) = ", text, flags=re.M)) | {"purpose", "approval"}
    rare = {"indicators", "layout", "enrichment", "dilution", "unit", "engine", "error_model"}
    assert {k.rpartition(".")[2] for k in KEYS} - named == rare


def test_a_chinese_campaign_explains_itself_in_chinese_and_says_the_same(tmp_path: Path) -> None:
    english, chinese = tmp_path / "en", tmp_path / "zh"
    names = [
        [file.relative_to(folder).as_posix() for file in scaffold.create(folder, folder.name)]
        for folder in (english, chinese)
    ]
    assert names[0] == names[1]
    settings = [tomllib.loads((f / "campaign.toml").read_text("utf-8")) for f in (english, chinese)]
    assert [one.pop("language") for one in settings] == ["en", "zh"]
    assert settings[0].pop("title") != settings[1].pop("title")
    assert settings[0] == settings[1]
    text = (chinese / "campaign.toml").read_text(encoding="utf-8")
    comments = [line.partition("#")[2] for line in text.splitlines() if "#" in line]
    assert [c for c in comments if not re.search("[\u4e00-\u9fff]", c) and "=" not in c] == []
    assert "wbe run" in (chinese / "README.txt").read_text(encoding="utf-8-sig")
    assert config.load(chinese).language == "zh"


def test_the_chinese_tables_hold_the_same_results_and_check_clean(tmp_path: Path) -> None:
    read = []
    for lang in ("en", "zh"):
        scaffold.create(tmp_path / lang, lang)
        found = checking.check([tmp_path / lang]).findings
        assert list(found.errors) == [] and found.rows == found.accepted == 168
        assert {one.rule for one in found.flags} == {"read_as_nondetect"}
        read.append(wbe.read(sorted((tmp_path / lang / "lab").iterdir())).drop_vars("note"))
    xr.testing.assert_identical(*(one.assign_attrs(dict.fromkeys(one.attrs)) for one in read))
    sites = [wbe.read_sites(tmp_path / lang / "sites.csv") for lang in ("en", "zh")]
    pd.testing.assert_frame_equal(*(pd.DataFrame(one.drop(columns="name")) for one in sites))
    for place in ("sites.csv", "lab/synthetic-2024Q1.csv"):  # Excel in China takes others for GBK
        assert (tmp_path / "zh" / place).read_bytes().startswith(b"\xef\xbb\xbf")


def test_a_folder_that_holds_anything_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="not empty"):
        scaffold.create(tmp_path)
    with pytest.raises(UsageError, match="is a file"):
        scaffold.create(tmp_path / "notes.txt")
    assert [f.name for f in tmp_path.iterdir()] == ["notes.txt"]
