"""``wbe run --store``: what stands is entered, and what cannot be entered costs no results."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
import trials
from store_runs import dump

from wbe.io.store.database import Store

pytest.importorskip("sqlalchemy")

#: Nobody listens at the first port.
ABSENT = "postgresql://clerk:geheim@127.0.0.1:1/lab"


@pytest.fixture(scope="module")
def ready() -> None:
    """Whatever a command with a store imports is there before it is forked."""
    import psycopg  # noqa: F401

    from wbe.io.geo import geopackage  # noqa: F401
    from wbe.io.store import enter as store_enter  # noqa: F401
    from wbe.io.store import read as store_read  # noqa: F401
    from wbe.io.store import schema as store_schema  # noqa: F401

    trials.warm()


@pytest.fixture
def made(ready: None, tmp_path: Path) -> Path:
    return trials.campaign(tmp_path / "a", mapped=True)


@pytest.fixture
def recall(made: Path) -> Callable[[], None]:
    """Lets a child take the results as computed before."""
    return trials.recalled(made)


def held(file: Path) -> list[tuple[str, str]]:
    with sqlite3.connect(file) as connection:
        return connection.execute("SELECT campaign, run_id FROM runs ORDER BY campaign").fetchall()


def test_results_enter_once_and_stay(made: Path, tmp_path: Path) -> None:
    file = tmp_path / "results.gpkg"
    plain = trials.wbe("run", made, "--out", tmp_path / "plain")
    first = trials.wbe("run", made, "--store", file)
    assert (plain.code, first.code) == (0, 0) and "Store: results.gpkg holds run" in first.out
    # The folder is that of a run without a store, byte for byte.
    assert trials.tree(made / "results") == trials.tree(tmp_path / "plain")
    before = file.read_bytes()
    for options in ((), ("--resume",)):
        again = trials.wbe("run", made, "--store", file, *options)
        assert again.code == 0 and "already; nothing was changed" in again.out
        assert file.read_bytes() == before
    assert [f.name for f in tmp_path.iterdir() if "results" in f.name] == ["results.gpkg"]
    quiet = trials.wbe("run", made, "--store", file, "--quiet")
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")


def test_what_stands_is_entered_without_being_computed(made: Path, tmp_path: Path) -> None:
    file = tmp_path / "results.gpkg"
    assert trials.wbe("run", made).code == 0
    results = trials.tree(made / "results")
    late = trials.wbe("run", made, "--resume", "--store", file)
    assert late.code == 0 and "skipped" in late.err and "holds run" in late.out
    assert trials.tree(made / "results") == results
    assert [campaign for campaign, _ in held(file)] == ["a (synthetic)"]


@pytest.mark.slow
def test_each_campaign_of_a_batch_enters_by_itself(made: Path, tmp_path: Path) -> None:
    file = tmp_path / "results.gpkg"
    bad = trials.campaign(tmp_path / "b")
    (bad / "campaign.toml").write_text("schema = 9\n", encoding="utf-8")
    other = trials.campaign(tmp_path / "c")
    twin = trials.campaign(tmp_path / "d")
    text = (twin / "campaign.toml").read_text(encoding="utf-8")
    (twin / "campaign.toml").write_text(text.replace('"d (', '"c ('), encoding="utf-8")
    end = trials.wbe("run", made, bad, other, twin, "--store", file)
    assert end.code == 3
    assert [campaign for campaign, _ in held(file)] == ["a (synthetic)", "c (synthetic)"]
    assert 'two campaigns of this call are called "c (synthetic)"' in end.err
    assert (twin / "results" / "run.json").is_file()


def test_a_server_that_does_not_answer_costs_no_results(made: Path, tmp_path: Path) -> None:
    end = trials.wbe("run", made, "--store", ABSENT, "--debug")
    assert end.code == 5 and "Connection refused" in end.err
    assert "The results are whole in" in end.err and "--resume" in end.err
    assert trials.wbe("run", made, "--resume").code == 0  # they stand
    file = tmp_path / "results.gpkg"
    assert trials.wbe("run", made, "--resume", "--store", file).code == 0
    said = end.out + end.err + "".join(
        f.read_text(encoding="utf-8", errors="replace") for f in (made / "results").iterdir()
    )  # fmt: skip
    assert "geheim" not in said
    chinese = trials.wbe("run", made, "--store", ABSENT, "--lang", "zh")
    assert chinese.code == 5 and "结果已完整写入" in chinese.err


@pytest.mark.slow
def test_a_store_that_somebody_writes_to_is_waited_for(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wbe.io.sql import database as sql_database

    file = tmp_path / "results.gpkg"
    assert trials.wbe("run", made, "--store", file).code == 0
    monkeypatch.setattr(sql_database, "_PATIENCE", 0.2)
    with sqlite3.connect(file, isolation_level=None) as writer:
        writer.execute("BEGIN IMMEDIATE")
        end = trials.wbe("run", made, "--store", file, "--seed", 2)
        writer.execute("ROLLBACK")
    assert end.code == 5 and "somebody else has been writing there" in end.err
    assert len(held(file)) == 1
    assert trials.wbe("run", made, "--store", file, "--seed", 2, "--resume").code == 0
    assert len(held(file)) == 2


def test_a_full_disk_leaves_the_store_as_it_was(
    made: Path, tmp_path: Path, recall: Callable[[], None]
) -> None:
    file = tmp_path / "results.gpkg"
    assert trials.wbe("run", made, "--store", file).code == 0
    before = dump(Store.of(file))

    def full() -> None:
        """Limit files once the folder is written: the store then cannot grow."""
        from wbe.run import store as storing

        enter = storing.enter

        def limited(*args: object, **options: object) -> str:
            trials.limit_files(file.stat().st_size)
            return enter(*args, **options)

        storing.enter = limited

    (made / "campaign.toml").write_text(
        (made / "campaign.toml").read_text(encoding="utf-8").replace("a (", "other ("),
        encoding="utf-8",
    )
    end = trials.wbe("run", made, "--store", file, before=full)
    assert end.code == 5 and "the store cannot be written" in end.err
    assert dump(Store.of(file)) == before
    assert trials.wbe("run", made, "--store", file, "--resume").code == 0
    assert len(held(file)) == 2


def test_a_store_nobody_may_write_to(made: Path, open_folder: Path) -> None:
    source = trials.campaign(open_folder / "a")
    for folder in (source, source / "lab"):
        folder.chmod(0o777)
    file = open_folder / "results.gpkg"
    assert trials.wbe("run", source, "--store", file, "--out", open_folder / "one").code == 0
    file.chmod(0o444)
    out = open_folder / "two"
    end = trials.wbe("run", source, "--seed", 2, "--store", file, "--out", out,
                     before=trials.drop_privileges)  # fmt: skip
    assert end.code == 5 and "readonly" in end.err and (out / "run.json").is_file()


def test_a_store_inside_the_results_or_of_something_else_is_refused_before(
    made: Path, tmp_path: Path
) -> None:
    end = trials.wbe("run", made, "--store", made / "results" / "results.gpkg")
    assert end.code == 2 and not (made / "results").exists()
    other = tmp_path / "other.gpkg"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE plants (name TEXT)")
    end = trials.wbe("run", made, "--store", other)
    assert end.code == 2 and "a table plants of something else" in end.err
    assert not (made / "results").exists()


@pytest.mark.slow
def test_runs_killed_at_random_are_whole_or_absent(
    made: Path, tmp_path: Path, recall: Callable[[], None]
) -> None:
    """Wherever the command dies, --resume makes folder and store whole."""
    file = tmp_path / "expected.gpkg"
    assert trials.wbe("run", made, "--store", file, before=recall).code == 0
    expected = dump(Store.of(file))

    def work(i: int) -> str:
        own = tmp_path / f"store-{i}.gpkg"
        command = ("run", made, "--out", tmp_path / f"out-{i}", "--store", own)
        started = trials.start(*command, before=recall)
        end = trials.kill_after(started, random.Random(i).uniform(0.05, 1.0))
        again = trials.wbe(*command, "--resume", before=recall)
        same = dump(Store.of(own)) == expected
        killed = "killed" if end.code == -signal.SIGKILL else "ended"
        return killed if again.code == 0 and same else f"{again.code} {same}: {again.err}"

    answers = trials.spread(work, 8)
    assert set(answers) <= {"killed", "ended"} and "killed" in answers


def test_a_command_without_a_store_loads_no_database(made: Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys; from wbe.run import batch; "
        "print([m for m in sys.modules if m.split('.')[0] in ('sqlalchemy', 'psycopg')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=os.environ, check=True
    )
    assert done.stdout.strip() == "[]"
