"""Workers that die, a scheduler that dies, Ctrl-C: what is finished is whole and the same bytes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import trials

from wbe.run import state

pytest.importorskip("distributed", reason="needs the extra `distributed`")

NAMES = ("a", "b", "c")
#: As `trials` has it for the serial run.
EPOCH = "1700000000"
DEADLY = Path(__file__).with_name("dying_workers.py")
Started = subprocess.Popen[str]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three campaigns, and in ``whole`` what a serial run makes of them."""
    folder = tmp_path_factory.mktemp("workers")
    trials.warm()
    made = [trials.campaign(folder / name) for name in NAMES]
    end = trials.wbe("run", *made, "--out", folder / "whole")
    assert end.code == 0, end.err
    return folder


def environment(base: Path, out: Path, kill: str, **more: str) -> dict[str, str]:
    deaths = out.with_name(f"{out.name}-deaths")
    deaths.mkdir()
    return {
        **os.environ,
        "SOURCE_DATE_EPOCH": EPOCH,
        "KILL": kill,
        "DEATHS": str(deaths),
        "DASK_DISTRIBUTED__WORKER__PRELOAD": str(DEADLY),
        **more,
    }


def started(base: Path, out: Path, *options: str, kill: str = "none=0", **more: str) -> Started:
    """Start a batch of the three campaigns in a session of its own."""
    inputs = [str(base / name) for name in NAMES]
    command = [sys.executable, "-m", "wbe.cli", "run", *inputs, "--out", str(out), *options]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
        env=environment(base, out, kill, **more), start_new_session=True,
    )  # fmt: skip


def ended(run: Started, seconds: float = 300) -> tuple[int, str]:
    """Exit code and standard error of a batch; none of its processes is left."""
    try:
        _, said = run.communicate(timeout=seconds)
    finally:
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGKILL)
    until = time.monotonic() + 20
    while alive(run.pid) and time.monotonic() < until:
        time.sleep(0.1)
    assert not alive(run.pid), "processes of the cluster outlived the run"
    return run.returncode, said


def alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def states(out: Path) -> dict[str, tuple[str, int | None]]:
    return {Path(one.campaign).name: (one.state, one.code) for one in state.read(out)}


def require_same(base: Path, out: Path, names: tuple[str, ...] = NAMES) -> None:
    for name in names:
        assert trials.differing(trials.tree(out / name), trials.tree(base / "whole" / name)) == ""


def until_true(condition: Callable[[], Any], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.05)


@pytest.mark.slow
def test_a_killed_worker_costs_nothing_and_a_poison_campaign_fails_alone(base: Path) -> None:
    """a kills the first worker it meets, b every one, c none."""
    out = base / "poison"
    allowed = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}
    code, said = ended(started(base, out, "--workers", "2", kill="a=1,b=99", **allowed))
    assert code == 3 and "Traceback" not in said, said
    assert states(out) == {"a": ("done", 0), "b": ("failed", 5), "c": ("done", 0)}
    assert "failed: b: its work ended 2 workers" in said
    assert not (out / "b").exists()
    require_same(base, out, ("a", "c"))
    assert (base / "poison-deaths" / "a-0").exists()


@pytest.mark.slow
@pytest.mark.parametrize(("workers", "kill"), [("1", "none=0"), ("2", "none=0"), ("2", "b=3")])
def test_one_worker_two_workers_and_three_deaths_make_the_bytes_of_a_serial_run(
    base: Path, workers: str, kill: str
) -> None:
    out = base / f"same-{workers}-{kill}"
    code, said = ended(started(base, out, "--workers", workers, kill=kill))
    assert code == 0, said
    require_same(base, out)
    assert len(list(out.with_name(f"{out.name}-deaths").iterdir())) == int(kill[-1])


@pytest.mark.slow
@pytest.mark.parametrize(("deaths", "code"), [(2, 0), (99, 5)])
def test_workers_that_die_of_a_piece_of_the_only_campaign(
    base: Path, deaths: int, code: int
) -> None:
    out = base / f"pieces-{deaths}"
    command = [sys.executable, "-m", "wbe.cli", "run", str(base / "a"), "--out", str(out)]
    done = subprocess.run(
        [*command, "--workers", "2"], capture_output=True, text=True, encoding="utf-8",
        env=environment(base, out, f"chunk={deaths}"), check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == code and "Traceback" not in done.stderr, done.stderr
    if code:
        assert "perhaps it needs more memory" in done.stderr and not out.exists()
    else:
        assert trials.differing(trials.tree(out), trials.tree(base / "whole" / "a")) == ""


@contextmanager
def cluster(folder: Path, env: dict[str, str]) -> Iterator[tuple[str, Started]]:
    """A scheduler and a worker as people start them; address and scheduler."""
    file = folder / "scheduler.json"
    parts = {
        "dask_scheduler": ["--port", "0"],
        "dask_worker": ["--nthreads", "1", "--no-nanny", "--local-directory", str(folder)],
    }
    here = ["--host", "127.0.0.1", "--dashboard-address", "127.0.0.1:0", "--no-dashboard"]
    shared = ["--scheduler-file", str(folder / "scheduler.json")]
    running = [
        subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{name}", *shared, *here, *rest],
            stderr=subprocess.DEVNULL, env=env, text=True,
        )
        for name, rest in parts.items()
    ]  # fmt: skip
    try:
        import json

        until_true(lambda: file.exists() and file.read_text(encoding="utf-8").endswith("}"))
        yield json.loads(file.read_text(encoding="utf-8"))["address"], running[0]
    finally:
        for process in running:
            process.kill()
            process.wait()


@pytest.mark.slow
def test_a_scheduler_that_dies_leaves_what_is_finished(base: Path) -> None:
    """Once one campaign is done the scheduler goes: one message, code 5, and resuming ends well."""
    out = base / "headless"
    folder = base / "own-cluster"
    folder.mkdir()
    env = {**os.environ, "SOURCE_DATE_EPOCH": EPOCH}
    with cluster(folder, env) as (address, scheduler):
        run = started(base, out, "--scheduler", address)
        until_true(lambda: (out / state.NAME).exists() and ("done", 0) in states(out).values())
        scheduler.kill()
        code, said = ended(run)
    assert code == 5 and "Traceback" not in said, said
    assert "the scheduler is gone; what was finished is kept" in said
    found = states(out)
    done = tuple(name for name, (what, _) in found.items() if what == "done")
    assert done and {what for what, _ in found.values()} == {"done", "not started"}
    require_same(base, out, done)
    out.with_name("headless-deaths").rmdir()
    code, said = ended(started(base, out, "--resume"))
    assert code == 0, said
    require_same(base, out)


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.0, 1.5])
def test_ctrl_c_closes_the_cluster(base: Path, seconds: float) -> None:
    """The terminal interrupts every process of the batch; nothing stays, nobody complains."""
    out = base / f"interrupted-{seconds}"
    run = started(base, out, "--workers", "2")
    until_true((out / state.NAME).exists)  # it is written when the workers are there
    time.sleep(seconds)
    os.killpg(run.pid, signal.SIGINT)
    code, said = ended(run)
    assert code == 130 and "Traceback" not in said and "Exception" not in said, said
