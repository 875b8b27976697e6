"""The dashboard of real runs: a campaign split by rounds, joined again."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from wbe.cli import cli
from wbe.errors import UsageError
from wbe.io import read_runs
from wbe.plot import words
from wbe.run import config, dashboards, outputs, publish

INTERNAL = 'audience = "internal"\npurpose = "quarterly county round"\napproval = "document 7"'
KEYS = ["area", "round", "drug"]


def with_rounds(text: str, *rounds: str) -> str:
    """State the rounds of a campaign, and the marker's load, which a run would find for itself."""
    line = f"only_rounds = {json.dumps(rounds)}\n"
    text = re.sub(r"cotinine = \{[^}]*\}", 'cotinine = "0.6 mg/day/inhabitant"', text)
    return re.sub(r"(?m)^(\[data\].*\n)", lambda found: found[1] + line, text, count=1)


def part(made: Path, folder: Path, *rounds: str, internal: bool = False) -> Path:
    """Run some rounds of the synthetic campaign into a folder of their own."""
    name = "-".join(rounds)
    campaign = folder / "campaigns" / name
    shutil.copytree(made, campaign, ignore=shutil.ignore_patterns("results"))
    file = campaign / "campaign.toml"
    text = with_rounds(file.read_text(encoding="utf-8"), *rounds)
    if internal:
        text = text.replace('audience = "public"', INTERNAL)
    file.write_text(text, encoding="utf-8")
    outputs.run(config.load(campaign), folder / "runs" / name)
    return folder / "runs" / name


@pytest.fixture(scope="session")
def rounds(public_run: tuple[Path, object, object]) -> list[str]:
    table = pd.read_csv(public_run[0] / "tiers.csv", encoding="utf-8-sig")
    return sorted(set(table["round"]))


@pytest.fixture(scope="session")
def split(made: Path, rounds: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The campaign's rounds as runs of their own."""
    folder = tmp_path_factory.mktemp("centre")
    for name in rounds:
        part(made, folder, name)
    return folder / "runs"


@pytest.fixture(scope="session")
def whole(made: Path, rounds: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One run of all rounds."""
    return part(made, tmp_path_factory.mktemp("whole"), *rounds)


@pytest.fixture(scope="session")
def page(split: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("page") / "dashboard"
    dashboards.make([split / "*"], target)
    return target


def test_runs_of_single_rounds_joined_are_the_run_of_all(split: Path, whole: Path) -> None:
    """Rows of drugs without non-detects; the others are fitted to what their run holds."""
    table = pd.read_csv(whole / "tiers.csv", encoding="utf-8-sig").set_index(KEYS)
    joined = read_runs(split / "*").tiers.set_index(KEYS)
    assert set(table.index) == set(joined.index)
    clear = table.groupby("drug")["n_censored"].sum()
    drugs = clear.index[clear == 0]
    assert "methamphetamine" in drugs
    own = [key for key in table.index if key[2] in drugs]
    columns = ["value", "lower", "upper", "tier", "n_samples", "unit"]
    pd.testing.assert_frame_equal(
        table.loc[own, columns].replace({"tier": {float("nan"): ""}}),
        joined.loc[own, columns],
        check_dtype=False,
    )


def test_every_number_of_the_page_stands_in_the_runs(page: Path, split: Path) -> None:
    series = pd.read_csv(page / "series.csv", encoding="utf-8-sig").set_index(KEYS)
    text = (page / "dashboard.html").read_text(encoding="utf-8")
    for run in split.iterdir():
        tiers = pd.read_csv(run / "tiers.csv", encoding="utf-8-sig").set_index(KEYS)
        both = series.loc[tiers.index]
        pd.testing.assert_frame_equal(both[["value", "lower", "upper"]],
                                      tiers[["value", "lower", "upper"]])  # fmt: skip
    classes = [words.class_of(*pair) for pair in zip(series["tier"], series["flags"], strict=True)]
    shown = series[series["value"].notna() & ~pd.Series(classes, series.index).isin(
        words.WITHOUT_VALUE)]  # fmt: skip
    known = shown["lower"].notna()
    printed = {f"{words.number(r.value)} ({words.number(r.lower)} – {words.number(r.upper)})"
               for r in shown[known].itertuples()}  # fmt: skip
    printed |= {words.number(value) for value in shown.loc[~known, "value"]}
    found = set(re.findall(r": ([\d.]+(?: \([\d.]+ – [\d.]+\))?) mg/day", text))
    assert len(printed) > 10 and found == printed


def test_two_dashboards_of_the_same_runs_are_the_same_bytes(
    page: Path, split: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    for name in ("one", "two"):
        dashboards.make([split / "*"], tmp_path / name)
    one, two = (
        {f.name: f.read_bytes() for f in sorted((tmp_path / n).iterdir())} for n in ("one", "two")
    )
    assert one == two
    assert one["dashboard.html"] == (page / "dashboard.html").read_bytes()


def test_the_public_page_names_no_site_or_sample_and_no_hidden_value(
    page: Path, split: Path
) -> None:
    text = (page / "dashboard.html").read_text(encoding="utf-8")
    series = pd.read_csv(page / "series.csv", encoding="utf-8-sig", keep_default_na=False)
    hidden = series[series["flags"].str.contains("suppressed")]
    assert len(hidden) and set(hidden["value"]) == set(hidden["tier"]) == {""}
    estimates = pd.read_csv(next(split.iterdir()) / "estimates.csv", encoding="utf-8-sig")
    shown = set(series["area"]) | set(series["name"])
    names = (set(estimates["sample_id"]) | set(estimates["site"])) - shown
    assert names and not [name for name in names if str(name) in text]


def test_an_area_that_one_run_hides_is_hidden_in_all(
    made: Path, rounds: list[str], split: Path, tmp_path: Path
) -> None:
    tiers = pd.read_csv(split / rounds[0] / "tiers.csv", encoding="utf-8-sig")
    people = json.loads((split / rounds[0] / "run.json").read_text("utf-8"))["populations"]
    open_areas = {a for a in tiers.loc[tiers["value"].notna(), "area"] if a in people}
    smallest = min(open_areas, key=people.__getitem__)
    later = tmp_path / "campaign"
    shutil.copytree(made, later, ignore=shutil.ignore_patterns("results"))
    text = (later / "campaign.toml").read_text(encoding="utf-8")
    text = with_rounds(text, rounds[1])
    limit = f"min_population = {int(people[smallest]) + 1}"
    text = re.sub(r"min_population = \d+", limit, text)
    assert limit in text
    (later / "campaign.toml").write_text(text, encoding="utf-8")
    outputs.run(config.load(later), tmp_path / "later")
    dashboards.make([split / rounds[0], tmp_path / "later"], tmp_path / "page")
    series = pd.read_csv(tmp_path / "page" / "series.csv", encoding="utf-8-sig")
    own = series[series["area"] == smallest]
    assert set(own["round"]) == set(rounds[:2])
    assert own[["value", "lower", "upper", "rank", "n_samples"]].isna().all(axis=None)
    page = (tmp_path / "page" / "dashboard.html").read_text(encoding="utf-8")
    values = tiers.loc[(tiers["area"] == smallest) & tiers["value"].notna()]
    for row in values.itertuples():
        assert f"{words.number(row.value)} ({words.number(row.lower)}" not in page
    assert "<svg aria-label" not in page  # neither its map nor its order


@pytest.mark.slow
def test_one_internal_run_prints_purpose_and_approval(
    made: Path, rounds: list[str], split: Path, tmp_path: Path
) -> None:
    inside = part(made, tmp_path, rounds[1], internal=True)
    dashboards.make([split / rounds[0], inside], tmp_path / "page")
    text = (tmp_path / "page" / "dashboard.html").read_text(encoding="utf-8")
    assert "quarterly county round" in text and "document 7" in text
    record = json.loads((tmp_path / "page" / "run.json").read_text(encoding="utf-8"))
    assert record["audience"] == "internal"
    found = (tmp_path / "page" / "findings.csv").read_text(encoding="utf-8-sig")
    assert "runs_audience_differs" in found
    publish.publish(inside, tmp_path / "published")
    again = dashboards.make([split / rounds[0], tmp_path / "published"], tmp_path / "open")
    assert "document 7" not in again.page.read_text(encoding="utf-8")


def test_no_change_is_claimed_between_rounds_of_two_runs(page: Path, rounds: list[str]) -> None:
    text = (page / "dashboard.html").read_text(encoding="utf-8")
    assert f"Not tested, for the two rounds stand in different runs: {rounds[0]} to" in text
    assert "no trend can be told from fewer than 12" in text


def test_changes_within_a_run_are_those_of_its_table(whole: Path, tmp_path: Path) -> None:
    text = dashboards.make([whole], tmp_path / "page").page.read_text(encoding="utf-8")
    tests = pd.read_csv(whole / "changes.csv", encoding="utf-8-sig")
    own = tests[(tests["drug"] == "methamphetamine") & tests["p"].notna()]
    assert len(own)
    if not (own["outcome"] == "moved").any():
        assert f"No area of {len(own)} tested can be said to have moved." in text
    for row in own.itertuples():
        assert f"<td>{words.number(row.ratio)}</td>" in text
    assert "Not tested, for" not in text


def test_the_command_writes_the_page_and_ends_with_3_where_a_folder_was_left_out(
    split: Path, tmp_path: Path
) -> None:
    target, runner = tmp_path / "out", CliRunner()
    done = runner.invoke(cli, ["dashboard", str(split / "*"), "--out", str(target)])
    assert done.exit_code == 0, done.output
    assert "dashboard.html" in done.stdout
    (tmp_path / "unfinished").mkdir()
    again = ["dashboard", str(split / "*"), str(tmp_path / "unfinished"), "--out", str(target)]
    done = runner.invoke(cli, [*again, "--lang", "zh"])
    assert done.exit_code == 3 and "没有完成的运行" in done.stderr
    assert (target / "dashboard.html").read_text(encoding="utf-8").count('lang="zh-CN"') == 1
    nothing = runner.invoke(cli, ["dashboard", str(tmp_path / "unfinished"), "--out", "x"])
    assert nothing.exit_code == 4


def test_the_folder_of_a_run_is_not_replaced_and_a_dashboard_is_no_run(
    split: Path, page: Path, rounds: list[str], tmp_path: Path
) -> None:
    copy = shutil.copytree(split / rounds[0], tmp_path / "run")
    with pytest.raises(UsageError, match="holds a run"):
        dashboards.make([split / "*"], copy)
    with pytest.raises(UsageError, match="hold dashboards"):
        read_runs(page)
