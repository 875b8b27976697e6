"""Work on other processes: what is opened for it, what is refused, what a task may do to others."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import clusters
import pytest
import trials
from clusters import WITHOUT

from wbe.errors import EnvironmentFault, FindingsError, UsageError
from wbe.run import batch, config, distributed, outputs, remote


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """A cluster of two threads of this process."""
    with clusters.client() as connected:
        yield connected


def reciprocal(number: int) -> float:
    return 1 / number


def test_without_a_wish_nothing_is_opened() -> None:
    with distributed.opened(None, None) as client:
        assert client is None


def test_two_wishes_are_refused() -> None:
    with pytest.raises(UsageError, match="not both"), distributed.opened(2, "tcp://127.0.0.1:1"):
        pass


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match="extra `distributed`"), distributed.opened(2, None):
        pass


@pytest.mark.parametrize("address", ["nonsense", "tcp://127.0.0.1", "smoke://127.0.0.1:8786"])
def test_an_address_that_is_none_is_a_fault_of_the_call(address: str) -> None:
    pytest.importorskip("distributed", reason=WITHOUT)
    with pytest.raises(UsageError, match="no address"), distributed.opened(None, address):
        pass


def test_a_scheduler_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed", reason=WITHOUT)
    monkeypatch.setattr(distributed, "PATIENCE", 0.3)
    unheard = "tcp://127.0.0.1:9"
    fault = pytest.raises(EnvironmentFault, match=f"no scheduler answers at {unheard}")
    with fault, distributed.opened(None, unheard):
        pass


def test_a_scheduler_without_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distributed, "PATIENCE", 1)
    with clusters.threads(0) as empty:
        fault = pytest.raises(EnvironmentFault, match="no workers")
        with fault, distributed.opened(None, empty.scheduler_address):
            pass


def test_every_task_comes_back_with_its_item_and_an_error_with_its_own_alone(client: Any) -> None:
    tasks = {f"item {number}": (number,) for number in range(-3, 4)}
    got = dict(distributed.completed(client, reciprocal, tasks))
    assert set(got) == set(tasks)
    with pytest.raises(ZeroDivisionError):
        got.pop("item 0")()
    assert {item: outcome() for item, outcome in got.items()} == {
        item: 1 / number for item, (number,) in tasks.items() if number
    }


def test_two_calls_never_share_a_task(client: Any) -> None:
    """The keys of tasks on one cluster differ, however alike the calls are."""
    first, second = (
        [outcome() for _, outcome in distributed.completed(client, id_of_a_new_object, {0: ()})]
        for _ in range(2)
    )
    assert first != second


def id_of_a_new_object() -> str:
    from uuid import uuid4

    return uuid4().hex


@pytest.mark.slow
def test_a_campaign_estimated_in_pieces_writes_the_same_bytes(
    client: Any, campaign: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    here, there = campaign.parent / "here", campaign.parent / "there"
    outputs.run(config.load(campaign), here)
    outputs.run(config.load(campaign), there, estimate=distributed.spread(client))
    assert trials.differing(trials.tree(there), trials.tree(here)) == ""


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[config.Config, Path]:
    """A tiny campaign and where its results go."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    return config.load(trials.campaign(tmp_path / "a", mapped=True)), tmp_path / "out"


@pytest.mark.slow
def test_made_elsewhere_and_put_here_are_the_bytes_of_a_run(
    pair: tuple[config.Config, Path],
) -> None:
    asked, out = pair
    _, written = outputs.run(asked, out)
    whole = trials.tree(out)
    made = remote.make(asked, out, "en")
    assert sorted([*made.files, "run.json"]) == written
    remote.put(made, asked, out)
    assert trials.differing(trials.tree(out), whole) == ""
    assert made.closing.code == 0 and str(out / "map.png") in "\n".join(made.closing.lines)


def test_results_of_other_inputs_are_not_written(pair: tuple[config.Config, Path]) -> None:
    asked, out = pair
    made = remote.make(asked, out, "en")
    trials.lab_file(asked.folder / "lab" / "two.csv", 100, 300)
    with pytest.raises(EnvironmentFault, match=r"lab/two\.csv: the worker read other contents"):
        remote.put(made, asked, out)
    assert not out.exists()


def test_results_of_other_versions_are_not_written(pair: tuple[config.Config, Path]) -> None:
    asked, out = pair
    made = remote.make(asked, out, "en")
    versions = {**made.about["versions"], "numpy": "1.0"}
    with pytest.raises(EnvironmentFault, match=r"other versions \(numpy 1\.0, here "):
        remote.put(replace(made, about={**made.about, "versions": versions}), asked, out)
    assert not out.exists()


def test_inputs_that_a_worker_does_not_see_are_named(pair: tuple[config.Config, Path]) -> None:
    asked, out = pair
    (asked.folder / "lab" / "two.csv").unlink()
    with pytest.raises(FindingsError, match=r"two\.csv.*no such file"):
        remote.make(asked, out, "en")


@pytest.mark.slow
def test_a_run_without_the_options_needs_no_dask(tmp_path: Path) -> None:
    """xarray imports dask wherever it finds it; nothing of ours does."""
    made = trials.campaign(tmp_path / "a")
    code = (
        "import sys\nsys.modules.update(dask=None, distributed=None)\n"
        "from wbe.run import batch\nfrom pathlib import Path\n"
        f"assert batch.run_all([Path({str(made)!r})], echo=print, warn=print) == 0"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (made / "results" / "run.json").exists()


def test_the_call_opens_and_closes_what_it_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The options reach the cluster, and it is closed also where a campaign fails."""
    from contextlib import contextmanager

    seen: list[object] = []

    @contextmanager
    def opened(workers: int | None, scheduler: str | None) -> Iterator[None]:
        seen.append((workers, scheduler))
        try:
            yield None
        finally:
            seen.append("closed")

    monkeypatch.setattr(distributed, "opened", opened)
    with pytest.raises(UsageError):
        batch.run_all([tmp_path / "none.toml"], echo=print, warn=print, workers=3)
    assert seen == [(3, None), "closed"]
