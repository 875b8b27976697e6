"""Processes enter one store at once, or are killed in it: every run is whole or absent."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import postgres
import pytest
import store_runs
import trials
from store_runs import NOW, at_statement, die, ended, forked, unsound

from wbe.errors import EnvironmentFault
from wbe.io.store.content import Content
from wbe.io.store.database import Store
from wbe.run import config, outputs

KILLED = -signal.SIGKILL
BACKENDS = ("geopackage", "postgis")
MANY = [6, pytest.param(50, marks=pytest.mark.slow)]


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run with places."""
    pytest.importorskip("sqlalchemy")
    made = trials.campaign(tmp_path_factory.mktemp("stored") / "made", mapped=True)
    trials.lab_file(made / "lab" / "two.csv", 100, "<5")  # a finding among the rows
    outputs.run(config.load(made), made / "results")
    return made / "results"


@pytest.fixture
def runs(finished: Path, tmp_path: Path) -> list[Content]:
    """Finished runs of 50 campaigns."""
    return store_runs.contents(finished, tmp_path / "runs", 50)


@pytest.fixture(params=BACKENDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """A store that does not exist yet."""
    if request.param == "postgis":
        return Store.of(request.getfixturevalue("postgres_url"))
    return Store.of(tmp_path / "results.gpkg")


@pytest.mark.parametrize("count", MANY)
def test_runs_that_enter_at_the_same_time(store: Store, runs: list[Content], count: int) -> None:
    """Each campaign is entered by two processes, all of them at once, into a store yet to be."""
    chosen = [runs[i // 2] for i in range(count)]
    gate, opener = os.pipe()

    def work(run: Content) -> None:
        os.close(opener)
        os.read(gate, 1)  # returns when the parent closes the other end
        store.enter(run, NOW)

    children = [forked(lambda run=run: work(run)) for run in chosen]
    os.close(opener)
    assert [ended(child) for child in children] == [0] * count
    os.close(gate)
    wrong, held = unsound(store, runs)
    assert wrong == [] and sorted(held) == sorted({run.run_id for run in chosen})


@pytest.mark.parametrize("count", MANY)
def test_kills_at_every_statement(store: Store, runs: list[Content], count: int) -> None:
    """The first run makes the tables, the second finds them: a kill leaves nothing of either."""
    for before, run in enumerate(runs[:2]):
        total = store_runs.statements(store, run)
        assert total > (10, 40)[before == 0]
        places = {1 + round(i * (total - 1) / (count // 2 - 1)) for i in range(count // 2)}
        for place in sorted(places):
            child = forked(
                lambda run=run, place=place: (at_statement(place, die), store.enter(run, NOW))
            )
            assert ended(child) == KILLED, place
            wrong, held = unsound(store, runs)
            assert wrong == [] and len(held) == before, place
        store.enter(run, NOW)
    _complete(store, runs[:2], runs)


@pytest.mark.parametrize("count", MANY)
def test_kills_at_random_moments(store: Store, runs: list[Content], count: int) -> None:
    started = time.monotonic()
    ended(forked(lambda: store.enter(runs[-1], NOW)))
    lasted = time.monotonic() - started
    codes = []
    for i, run in enumerate(runs[:count]):
        child = forked(lambda run=run: store.enter(run, NOW))
        time.sleep(random.Random(i).uniform(0, lasted))
        os.kill(child, signal.SIGKILL)
        codes.append(ended(child))
        wrong, held = unsound(store, runs)
        assert wrong == [] and (codes[-1] == KILLED or run.run_id in held)
    assert codes.count(KILLED) >= count / 4
    _complete(store, runs[:count], runs)


@pytest.mark.parametrize("count", [4, pytest.param(25, marks=pytest.mark.slow)])
@pytest.mark.parametrize("is_new", [True, False], ids=["new", "there"])
def test_kills_in_the_middle_of_a_write_of_sqlite(
    runs: list[Content], tmp_path: Path, is_new: bool, count: int
) -> None:
    """The kernel kills at a file's n-th byte: in the journal, and while the file is extended."""
    known = Store.of(tmp_path / "known.gpkg")
    known.enter(runs[-1], NOW)
    assert known.file is not None
    size = known.file.stat().st_size
    codes = []
    for i, run in enumerate(runs[:count]):
        store = Store.of(tmp_path / f"{i}.gpkg") if is_new else known
        limit = int(size * (0.02 + (0.9 if is_new else 1.2) * i / count))
        child = forked(
            lambda store=store, run=run, limit=limit: (
                trials.limit_files(limit, deadly=True),
                store.enter(run, NOW),
            )
        )
        codes.append(ended(child))
        store.require_usable()
        wrong, held = unsound(store, runs)
        assert wrong == [] and (run.run_id in held) == (codes[-1] == 0)
        if is_new:
            _complete(store, [run], runs)
    assert codes.count(-signal.SIGXFSZ) >= count / 2
    _complete(known, runs[:count], runs)


@pytest.mark.slow
def test_the_server_is_killed_in_the_middle(runs: list[Content]) -> None:
    """Its files are synced, as those of a server must be that may be killed."""
    with postgres.server(fast=False) as mortal, mortal.database() as url:
        store = Store.of(url)
        store.enter(runs[0], NOW)
        total = store_runs.statements(store, runs[1])
        for place in (1, total // 2, total):
            forget = at_statement(place, mortal.kill)
            try:
                with pytest.raises(EnvironmentFault, match="the store cannot be written"):
                    store.enter(runs[1], NOW)
            finally:
                forget()
                mortal.start()
            assert unsound(store, runs) == ([], [runs[0].run_id])
        _complete(store, runs[:2], runs)


def _complete(store: Store, wanted: list[Content], runs: list[Content]) -> None:
    """Enter what is missing: afterwards everything is there once, and nothing changes any more."""
    for run in wanted:
        store.enter(run, NOW)
    wrong, held = unsound(store, runs, closely=True)
    assert wrong == [] and {run.run_id for run in wanted} <= set(held)
    before = store_runs.dump(store)
    for run in wanted:
        assert not store.enter(run, "2025-01-01T00:00:00+00:00").is_new
    assert store_runs.dump(store) == before
