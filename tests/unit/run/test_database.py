"""A campaign whose samples stand in a database: the run of the files, and no password anywhere."""

from __future__ import annotations

import csv
import json
import os
import sqlite3
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner
from postgres import PASSWORD
from sql_tables import store

import wbe
from wbe.cli import cli
from wbe.errors import ConfigError, EnvironmentFault, UsageError
from wbe.run import config, database, scaffold
from wbe.run.database import SampleTable

SECRET = "s3cret-of-a-lab"


@pytest.fixture
def campaign(tmp_path: Path) -> Path:
    """The campaign of `wbe init`, without draws."""
    folder = tmp_path / "campaign"
    scaffold.create(folder, "en")
    _edit(folder, "draws = 10000", "draws = 0")
    return folder


def _edit(folder: Path, old: str, new: str) -> None:
    file = folder / "campaign.toml"
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    file.write_text(text.replace(old, new), encoding="utf-8")


def _into_database(folder: Path, name: str = "lab.gpkg") -> Path:
    """Take the laboratory's files into a table, in their order, and out of the folder."""
    rows: list[list[str]] = []
    for file in sorted((folder / "lab").glob("*.csv")):
        with file.open(encoding="utf-8-sig", newline="") as lines:
            header, *more = csv.reader(lines)
        rows = rows or [header]
        assert rows[0] == header
        rows += more
        file.unlink()
    return store(folder / name, "samples", rows)


def _use(folder: Path, stated: str) -> None:
    line = next(text for text in (folder / "campaign.toml").read_text(encoding="utf-8").splitlines()
                if text.startswith("samples = "))  # fmt: skip
    _edit(folder, line, f"database = {stated}")


def _run(folder: Path, *more: str) -> Any:
    return CliRunner().invoke(cli, ["run", str(folder), *more])


#: Outputs in which the name of the database stands.
NAMES_THE_DATABASE = {"run.json", "findings.csv", "estimates.nc", "report.html"}


def rows_with_header(file: Path) -> list[tuple[Any, ...]]:
    """The rows of the table and their header before them."""
    connection = sqlite3.connect(file)
    cursor = connection.execute("SELECT * FROM samples ORDER BY rowid")
    header = tuple(column[0] for column in cursor.description)
    rows = [header, *cursor]
    connection.close()
    return rows


FILE = '{ file = "lab.gpkg", table = "samples" }'
ADDRESS = '{ url_env = "LAB_DB", query = "SELECT * FROM samples ORDER BY rowid" }'


def test_a_run_of_a_database_is_the_run_of_its_files(
    campaign: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _run(campaign).exit_code == 0
    expected = {name: (campaign / "results" / name).read_bytes()
                for name in ("estimates.csv", "tiers.csv")}  # fmt: skip
    stored = _into_database(campaign)
    _use(campaign, ADDRESS)
    monkeypatch.setenv("LAB_DB", f"sqlite:///{stored}")
    done = _run(campaign)
    assert done.exit_code == 0, done.output
    for name, content in expected.items():
        assert (campaign / "results" / name).read_bytes() == content
    record = json.loads((campaign / "results" / "run.json").read_text(encoding="utf-8"))
    entry = next(i for i in record["inputs"] if i["kind"] == "database")
    assert (entry["name"], len(entry["sha256"]), entry["state"]) == ("lab.gpkg", 64, "done")
    assert record["config"]["data"]["database"]["url_env"] == "LAB_DB"
    assert str(campaign) not in json.dumps(record)


def test_postgresql_and_sqlite_give_identical_results(
    campaign: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = _into_database(campaign)
    header, *rows = rows_with_header(stored)
    wbe.io.write_sql(pd.DataFrame(rows, columns=header), postgres_url, "samples")
    _use(campaign, '{ url_env = "LAB_DB", table = "samples" }')
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    made = []
    for url in (postgres_url, str(stored)):
        monkeypatch.setenv("LAB_DB", url)
        done = _run(campaign)
        assert done.exit_code == 0, done.output
        folder = campaign / "results"
        made.append({f.name: f.read_bytes() for f in sorted(folder.iterdir()) if f.is_file()})
        assert not any(PASSWORD.encode() in content for content in made[-1].values())
    theirs, ours = ({n: c for n, c in m.items() if n not in NAMES_THE_DATABASE} for m in made)
    assert theirs == ours and {"estimates.csv", "tiers.csv", "areas.gpkg"} <= set(ours)
    sums = [next(i for i in json.loads(m["run.json"])["inputs"] if i["kind"] == "database")
            for m in made]  # fmt: skip
    assert sums[0]["sha256"] == sums[1]["sha256"]


@pytest.mark.slow
def test_a_file_of_the_campaign_needs_no_environment(campaign: Path) -> None:
    _into_database(campaign)
    _use(campaign, FILE)
    assert _run(campaign).exit_code == 0
    checked = CliRunner().invoke(cli, ["check", str(campaign)])
    assert checked.exit_code == 0, checked.output


def test_check_counts_the_rows_of_the_database_as_those_of_the_files(campaign: Path) -> None:
    checked = CliRunner().invoke(cli, ["check", str(campaign), "--quiet"])
    _into_database(campaign)
    _use(campaign, FILE)
    stored = CliRunner().invoke(cli, ["check", str(campaign), "--quiet"])
    assert stored.output == checked.output and "168 rows, 168 accepted" in stored.output


def test_bad_rows_are_found_by_check_and_by_run(campaign: Path) -> None:
    stored = _into_database(campaign)
    connection = sqlite3.connect(stored)
    connection.execute("UPDATE samples SET concentration = '1,250' WHERE rowid = 1")
    connection.commit()
    connection.close()
    _use(campaign, FILE)
    assert _run(campaign).exit_code == 3
    checked = CliRunner().invoke(cli, ["check", str(campaign), "--format", "json"])
    assert checked.exit_code == 3
    found = [f for f in json.loads(checked.stdout)["findings"] if f["severity"] == "error"]
    assert [(f["rule"], f["file"], f["sheet"]) for f in found] == [
        ("comma_in_number", "lab.gpkg", "samples")
    ]


def test_an_unset_variable_is_told_by_its_name(
    campaign: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LAB_DB", raising=False)
    _use(campaign, ADDRESS)
    done = _run(campaign)
    assert done.exit_code == 2 and "LAB_DB is not set" in done.stderr
    assert "未设置" in _run(campaign, "--lang", "zh").stderr
    assert not (campaign / "results").exists()


@pytest.mark.parametrize("address", ["gibberish", "mysql://host/lab", "gibberish.gpkg"])
@pytest.mark.parametrize("command", ["run", "check"])
def test_an_address_that_is_none_is_told_by_its_variable_and_key(
    command: str, address: str, campaign: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_DB", address)
    _use(campaign, ADDRESS)
    for lang in ("en", "zh"):
        done = CliRunner().invoke(cli, [command, str(campaign), "--lang", lang])
        told = done.output + done.stderr
        assert done.exit_code in (2, 3) and "LAB_DB" in told and "[data] database" in told


@pytest.mark.parametrize("debug", [(), ("--debug",)])
def test_a_server_that_says_no_ends_in_5_and_tells_no_password(
    debug: tuple[str, ...], campaign: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_DB", f"postgresql://lab:{SECRET}@127.0.0.1:1/lab")
    _use(campaign, ADDRESS)
    done = _run(campaign, *debug)
    assert done.exit_code == 5
    assert "postgresql database lab" in done.output + done.stderr
    assert SECRET not in done.output + done.stderr
    for file in campaign.rglob("*"):
        assert file.is_dir() or SECRET not in file.read_text(encoding="utf-8", errors="replace")


@pytest.mark.parametrize(
    "stated",
    [
        f'"postgresql://lab:{SECRET}@host/lab"', f'["{SECRET}"]', "5", "{}",
        '{ url_env = "LAB_DB" }', '{ table = "samples" }', '{ url_env = "LAB_DB", table = 5 }',
        f'{{ url_env = "postgresql://lab:{SECRET}@host/lab", table = "samples" }}',
        f'{{ url = "postgresql://lab:{SECRET}@host/lab", table = "samples" }}',
        '{ url_env = "A", file = "lab.gpkg", table = "samples" }',
        '{ url_env = "A", table = "samples", query = "SELECT 1" }',
    ],
)  # fmt: skip
def test_what_is_no_source_is_refused_without_its_words(stated: str, campaign: Path) -> None:
    _use(campaign, stated)
    with pytest.raises(ConfigError, match="one of url_env and file") as caught:
        config.load(campaign)
    assert caught.value.key == "data.database" and SECRET not in str(caught.value)
    assert SECRET not in CliRunner().invoke(cli, ["check", str(campaign)]).output


def test_files_and_a_database_are_not_joined(campaign: Path) -> None:
    _edit(campaign, "sites = ", f"database = {ADDRESS}\nsites = ")
    with pytest.raises(ConfigError, match="both are named"):
        config.load(campaign)


@pytest.mark.parametrize("file", ["../lab.gpkg", "no.gpkg"])
def test_a_file_stays_inside_the_campaign_and_exists(file: str, campaign: Path) -> None:
    _use(campaign, f'{{ file = "{file}", table = "samples" }}')
    with pytest.raises(ConfigError) as caught:
        config.load(campaign)
    assert caught.value.key == "data.database"


def test_finished_results_stand_until_a_row_changes(campaign: Path) -> None:
    from wbe.run import folder, resume

    stored = _into_database(campaign)
    _use(campaign, FILE)
    assert _run(campaign).exit_code == 0
    loaded, place = config.load(campaign), folder.Place(campaign / "results")
    assert resume.standing(loaded, place, encoding=None, lang="en").reasons == ()
    connection = sqlite3.connect(stored)
    connection.execute("CREATE TABLE other (a TEXT)")  # the rows are the input, not the file
    connection.commit()
    assert resume.standing(loaded, place, encoding=None, lang="en").reasons == ()
    connection.execute("DELETE FROM samples WHERE rowid = 1")
    connection.commit()
    connection.close()
    reasons = resume.standing(loaded, place, encoding=None, lang="en").reasons
    assert len(reasons) == 1 and "lab.gpkg" in reasons[0]


def test_rows_that_change_during_the_run_are_refused() -> None:
    inputs = [{"kind": "database", "name": "lab.gpkg", "sha256": "a"}]
    database.require_same(inputs, [{"sha256": "a"}])
    with pytest.raises(EnvironmentFault, match=r"lab\.gpkg: changed during the run"):
        database.require_same(inputs, [{"sha256": "b"}])


def test_the_address_is_read_when_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    table = SampleTable("samples", "LAB_DB")
    monkeypatch.setenv("LAB_DB", " sqlite:///a.sqlite\n")
    assert table.url() == "sqlite:///a.sqlite"
    monkeypatch.setitem(os.environ, "LAB_DB", " ")
    with pytest.raises(UsageError, match="LAB_DB"):
        table.url()
