"""``wbe init``: a campaign that explains itself, checks clean and says that it is synthetic."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wbe.errors import UsageError
from wbe.run import checking, config, scaffold
from wbe.run.keys import KEYS


def test_the_campaign_is_complete_and_has_no_errors(tmp_path: Path) -> None:
    written = scaffold.create(tmp_path / "a" / "new")
    names = [f.relative_to(tmp_path / "a" / "new").as_posix() for f in written]
    assert names == [
        "areas.geojson", "campaign.toml", "lab/synthetic-2024Q1.csv", "lab/synthetic-2024Q2.csv",
        "sites.csv",
    ]  # fmt: skip
    found = checking.check([tmp_path / "a" / "new"]).findings
    assert list(found.errors) == []
    assert found.rows and found.accepted == found.rows


def test_every_file_says_that_the_data_are_synthetic(tmp_path: Path) -> None:
    for file in scaffold.create(tmp_path / "new"):
        assert "ynthetic" in file.read_text(encoding="utf-8"), file.name


def test_the_comments_name_every_key_but_the_rare_ones(tmp_path: Path) -> None:
    scaffold.create(tmp_path / "new")
    text = (tmp_path / "new" / "campaign.toml").read_text(encoding="utf-8")
    named = set(re.findall(r"^(?:# )?(\w+) = ", text, flags=re.M)) | {"purpose", "approval"}
    rare = {"indicators", "layout", "enrichment", "dilution", "unit", "engine", "error_model"}
    assert {k.rpartition(".")[2] for k in KEYS} - named == rare


def test_the_language_of_the_outputs_can_be_chosen(tmp_path: Path) -> None:
    scaffold.create(tmp_path / "new", "zh")
    assert config.load(tmp_path / "new").language == "zh"


def test_a_folder_that_holds_anything_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="not empty"):
        scaffold.create(tmp_path)
    with pytest.raises(UsageError, match="is a file"):
        scaffold.create(tmp_path / "notes.txt")
    assert [f.name for f in tmp_path.iterdir()] == ["notes.txt"]
