"""``wbe check``: every finding of every file, as text and JSON, with its exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from wbe.errors import UsageError, WbeError
from wbe.run import checking

HEAD = "sample_id,site,date,analyte,concentration,unit,lod\n"
ROW = "S1,A,2024-02-10,methamphetamine,20,ng/L,1\n"


def edited(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_a_campaign_with_a_bad_configuration_lists_every_problem(campaign: Path) -> None:
    file = campaign / "campaign.toml"
    text = file.read_text(encoding="utf-8").replace("draws = 400", "drawz = 400")
    text = text.replace("seed = 1", "seed = 2.5")
    file.write_text(text, encoding="utf-8")
    checked = checking.check([campaign])
    found = checked.findings
    assert [f.column for f in found.errors] == ["estimate.drawz", "estimate.seed"]
    assert checked.code() == 2


def test_a_campaign_is_checked_with_its_files(campaign: Path) -> None:
    lab = campaign / "lab" / "synthetic-2024Q1.csv"
    lab.write_text(lab.read_text(encoding="utf-8").replace(",ng/L,", ",bananas,"), encoding="utf-8")
    found = checking.check([campaign]).findings
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
    found = checking.check([Path(plain)]).findings
    assert list(found.errors) == []
    assert not any("tiers" in f.file or "estimates" in f.file for f in found)


def test_what_does_not_exist_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no file or folder"):
        checking.check([tmp_path / "nowhere.csv"])
    with pytest.raises(UsageError, match="no file or folder"):
        checking.check([tmp_path], sites=tmp_path / "nowhere.csv")


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("good.csv", HEAD + ROW, 0),
        ("one-row-wrong.csv", HEAD + ROW + ROW.replace("S1", "S2").replace(",20,", ',"1,2",'), 3),
        ("empty.csv", "", 4),
        ("binary.csv", "\x00\x01\x02\x03" * 99, 4),
        ("header-only.csv", HEAD, 4),
        ("personal.csv", HEAD.replace("lod", "id_card") + ROW, 4),
        ("no-result.csv", "sample_id,site,date\nS1,A,2024-02-10\n", 4),
        ("all-rejected.csv", HEAD + ROW.replace(",20,", ',"1,2",'), 4),
    ],
)
def test_files_end_as_a_run_of_them_ends(tmp_path: Path, name: str, content: str, code: int):
    from wbe.run import batch

    file = tmp_path / name
    file.write_text(content, encoding="utf-8")
    assert checking.check([file]).code() == code
    said: list[str] = []
    try:
        ended = batch.run_all([file], echo=said.append, warn=said.append, draws=0)
    except WbeError as error:
        ended = error.exit_code
    # A single site may be too little to classify, which is no matter of the exit code.
    assert ended == code


def test_a_wide_table_that_lacks_one_unit_is_used_in_part(tmp_path: Path) -> None:
    file = tmp_path / "wide.csv"
    text = "site,date,METH,KET (ng/L)\nA,2024-02-10,5,7\nB,2024-02-10,6,8\n"
    file.write_text(text, encoding="utf-8")
    checked = checking.check([file])
    assert checked.findings.errors and checked.code() == 3


def test_an_empty_folder_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no table"):
        checking.check([tmp_path])


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('drug = "methamphetamine"', 'drug = "cocaine"', "tiers.drug"),
        ('map_round = "latest"', 'map_round = "2019Q1"', "tiers.map_round"),
        ('# only_rounds = ["2024Q2"]', 'only_rounds = ["2019Q1"]', "data.only_rounds"),
    ],
)
def test_what_does_not_fit_the_data_is_found_at_its_key(
    campaign: Path, old: str, new: str, key: str
) -> None:
    edited(campaign / "campaign.toml", old, new)
    checked = checking.check([campaign])
    (error,) = checked.findings.errors
    lines = (campaign / "campaign.toml").read_text(encoding="utf-8").splitlines()
    assert error.column == key and lines[(error.line or 0) - 1].startswith(key.split(".")[1])
    assert checked.code() == 2


def test_strict_counts_flags_and_several_campaigns_join(campaign: Path, tmp_path: Path) -> None:
    checked = checking.check([campaign])
    assert (checked.code(), checked.code(strict=True)) == (0, 3)
    (tmp_path / "bad.toml").write_text("nonsense = 1\n", encoding="utf-8")
    assert checking.check([campaign, tmp_path / "bad.toml"]).code() == 3
    assert checking.check([tmp_path / "bad.toml"]).code() == 2


def test_nothing_is_written(campaign: Path) -> None:
    before = sorted(f.name for f in campaign.rglob("*"))
    checking.check([campaign])
    assert sorted(f.name for f in campaign.rglob("*")) == before
