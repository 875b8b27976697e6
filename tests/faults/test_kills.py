"""Killed at any instant: nothing partial is left, and resuming gives the uninterrupted tree."""

from __future__ import annotations

import random
import shutil
import signal
from pathlib import Path

import pytest
import trials
from effort import part, times
from write_points import Points, count_points

KILLED, ENDED = "killed", "ended"


def many(few: int, long: int) -> pytest.MarkDecorator:
    """A handful of trials in everyday tests, many in the long ones."""
    counts = [few, pytest.param(long, marks=pytest.mark.slow)]
    return pytest.mark.parametrize("count", counts)


def wrong(answers: list[str], *words: str) -> list[str]:
    """Complaints, that is answers other than the words expected."""
    return [f"{i}: {text}" for i, text in enumerate(answers) if text not in words]


@many(4, times(40, 200))
def test_random_kills(pair, count: int) -> None:
    def work(i: int) -> str:
        moment = random.Random(i).uniform(0, pair.seconds)
        out = pair.out(f"random-{count}-{i}", old=i % 2 == 1)
        end = trials.kill_after(trials.start(*pair.command, "--out", out, "--quiet"), moment)
        return pair.resumed(out) or (KILLED if end.code == -signal.SIGKILL else ENDED)

    answers = trials.spread(work, count)
    assert wrong(answers, KILLED, ENDED) == []
    assert answers.count(KILLED) >= count / 4


def few_of(points: list[tuple[str, str]]) -> list[int]:
    """First and last of every row of equal points; numbers from 1."""
    last = len(points) - 1
    return [
        i + 1
        for i, point in enumerate(points)
        if i in (0, last) or point != points[i - 1] or point != points[i + 1]
    ]


@pytest.mark.slow
@pytest.mark.parametrize("old", [False, True])
def test_a_kill_at_every_write_point(pair, tmp_path: Path, old: bool) -> None:
    counted = pair.out(f"counted-{old}", old=old)
    points = count_points(pair.base, *pair.command, "--out", counted)
    shutil.rmtree(counted)
    # Every single point where no results lie there yet; with old results the first and last of each
    # row of writes to one file, and right after each rename of the swap, where no or two result
    # folders lie there. Of both a part, unless everything was asked for.
    renamed = [i for i, (event, _) in enumerate(points, start=1) if event == "os.rename"]
    few = sorted({*few_of(points), *(i + 1 for i in renamed[:4])})
    chosen = part(few, 2) if old else part(range(1, len(points) + 1), 3)
    assert {e for e, _ in points} >= {"open", "write", "fsync", "os.rename", "os.mkdir"}
    assert len(points) > 60

    def work(i: int) -> str:
        out = pair.out(f"point-{old}-{i}", old=old)
        hooked = trials.both(pair.recall, Points(pair.base, chosen[i]).install)
        end = trials.wbe(*pair.command, "--out", out, "--quiet", before=hooked)
        if end.code != -signal.SIGKILL:
            return f"not killed at {points[chosen[i] - 1]} but ended with {end.code}: {end.err}"
        return pair.resumed(out, pair.recall)

    assert wrong(trials.spread(work, len(chosen)), "") == []


@pytest.mark.slow
@pytest.mark.parametrize("count", [times(15, 50)])
def test_resuming_killed_again_and_again(pair, count: int) -> None:
    def work(i: int) -> str:
        out = pair.out(f"deep-{count}-{i}")
        for depth in range(5):
            moment = random.Random(10 * i + depth).uniform(0, 0.8 * pair.seconds)
            begun = trials.start(*pair.command, "--out", out, "--resume", "--quiet")
            trials.kill_after(begun, moment)
            if found := trials.unsound(out):
                return f"at depth {depth}: {found}"
        return pair.resumed(out)

    assert wrong(trials.spread(work, count), "") == []


@many(2, 16)
def test_a_kill_in_the_middle_of_what_libraries_write(tmp_path: Path, count: int) -> None:
    """Databases and pictures are written by C libraries: the kernel kills at a file's n-th byte."""
    trials.warm()
    made = trials.campaign(tmp_path / "mapped", mapped=True)
    expected = tmp_path / "expected"
    assert trials.wbe("run", made, "--out", expected).code == 0
    sizes = sorted(f.stat().st_size for f in expected.iterdir())
    limits = [int(sizes[-1] * (i + 0.5) / count) for i in range(count)]

    def work(i: int) -> str:
        out = tmp_path / f"out{i}" / "results"
        dying = lambda: trials.limit_files(limits[i], deadly=True)  # noqa: E731
        end = trials.wbe("run", made, "--out", out, before=dying)
        if end.code != -signal.SIGXFSZ or out.exists():
            return f"ended with {end.code}: {end.err}"
        end = trials.wbe("run", made, "--out", out, "--resume")
        left = sorted(f.name for f in out.parent.iterdir())
        found = trials.differing(trials.tree(out), trials.tree(expected))
        return found or ("" if (end.code, left) == (0, ["results"]) else f"{left} {end.err}")

    assert wrong(trials.spread(work, count), "") == []


def test_what_reaches_the_disk_before_what(pair) -> None:
    """A power cut may keep a rename and lose what was written before it, unless it was synced."""
    out = pair.out("order")
    points = count_points(pair.base, *pair.command, "--out", out)
    shutil.rmtree(out)
    order = [
        (e, Path(p).relative_to(out).as_posix()) for e, p in points if e in ("fsync", "os.rename")
    ]
    built = [i for i, (e, p) in enumerate(order) if e == "fsync" and p.startswith(".wbe-a.new/")]
    swap = order.index(("os.rename", ".wbe-a.new"))
    assert len(built) == 8 and order[built[-1]][1] == ".wbe-a.new/run.json"
    assert order[built[-1] + 1] == ("fsync", ".wbe-a.new") and built[-1] + 2 == swap
    assert order[swap + 1] == ("fsync", ".")
    part = ".wbe-batch.json.new"
    assert order[:3] == [("fsync", part), ("os.rename", part), ("fsync", ".")]
    assert order[-3:] == order[:3]
