"""Interrupted and terminated: the contract's exit code, no traceback, the state kept."""

from __future__ import annotations

import os
import random
import shutil
import signal
from collections.abc import Callable

import pytest
import trials
from effort import times
from write_points import Points, count_points

from wbe.errors import UsageError
from wbe.run import state


@pytest.mark.parametrize("count", [2, pytest.param(times(15, 50), marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), *trials.later((signal.SIGINT, 130))]
)
def test_signals_at_random_moments(pair, number: int, code: int, count: int) -> None:
    def work(i: int) -> str:
        out = pair.out(f"signal-{number}-{count}-{i}", old=i % 2 == 1)
        ready, tell = os.pipe()

        def armed() -> None:
            from wbe.run import stopping

            stopping.listen()
            os.write(tell, b".")

        begun = trials.start(*pair.command, "--out", out, "--quiet", ready=armed)
        os.read(ready, 1)
        os.close(ready)
        os.close(tell)
        end = trials.kill_after(begun, random.Random(i).uniform(0, pair.seconds), number)
        if end.code not in (code, 0) or end.err:
            return f"ended with {end.code}: {end.err}"
        return pair.resumed(out) or str(end.code)

    answers = trials.spread(work, count)
    assert [text for text in answers if text not in (str(code), "0")] == []
    assert answers.count(str(code)) >= count / 4


@pytest.mark.parametrize("place", ["swap", *trials.later("write", "batch")])
def test_a_signal_where_it_hurts_most(pair, place: str) -> None:
    """While a file is half written, between the two renames of the swap, with the state open."""
    out = pair.out(f"counted-{place}", old=True)
    points = count_points(pair.base, *pair.command, "--out", out)
    shutil.rmtree(out)
    wanted = {
        "write": ("write", str(out / ".wbe-a.new" / "report.html")),
        "swap": ("os.rename", str(out / ".wbe-a.new")),
        "batch": ("write", str(out / ".wbe-batch.json.new")),
    }
    at = 1 + points.index(wanted[place])
    out = pair.out(f"counted-{place}", old=True)
    stop = Points(pair.base, at, act=lambda: os.kill(os.getpid(), signal.SIGTERM))
    before = trials.both(pair.recall, stop.install)
    end = trials.wbe(*pair.command, "--out", out, "--quiet", before=before)
    assert (end.code, end.err) == (143, "")
    assert [f.name for f in out.iterdir() if f.name.startswith(".wbe-")] == [".wbe-batch.json"]
    assert sorted(f.name for f in out.iterdir() if f.is_dir()) == ["a", "b"]
    assert pair.resumed(out) == ""


def test_a_signal_that_a_finaliser_swallows_still_ends_the_run(pair) -> None:
    """Python drops exceptions in ``__del__``; the work ends at the next step instead."""
    out = pair.out("swallowed")

    def swallowing() -> None:
        from wbe.run import campaign

        original = campaign.compute

        class Finalised:
            def __del__(self) -> None:
                os.kill(os.getpid(), signal.SIGINT)
                sum(range(1000))

        def compute(config, **options):
            Finalised()
            return original(config, **options)

        campaign.compute = compute

    end = trials.wbe(*pair.command, "--out", out, "--quiet", before=swallowing)
    assert (end.code, end.err) == (130, "")
    assert pair.resumed(out) == ""


def losing(error: type[Exception] | None) -> Callable[[], None]:
    """Stop the second campaign's calculation where a library makes another error of it, or none."""

    def before() -> None:
        from wbe.run import campaign, stopping

        original = campaign.compute

        def compute(config, **options):
            if config.folder.name == "b":
                try:
                    os.kill(os.getpid(), signal.SIGTERM)
                    sum(range(1000))
                except stopping.Stopped:
                    if error is not None:
                        raise error("Error calling _values_for_json") from None
            return original(config, **options)

        campaign.compute = compute

    return before


@pytest.mark.parametrize("error", [OSError, *trials.later(ValueError, UsageError, None)])
def test_what_a_library_makes_of_a_signal_is_no_failure(pair, error) -> None:
    """C code of pandas turns it into ValueError; the campaign that it met has not failed."""
    out = pair.out("lost")
    end = trials.wbe(*pair.command, "--out", out, before=losing(error))
    assert end.code == 143
    assert end.err.splitlines() == [
        "wbe: stopped at b; 1 of 2 campaigns are done and kept, no results are in part. "
        "Go on with the same command and --resume"
    ]
    assert [(item.state, item.reason) for item in state.read(out)] == [
        (state.DONE, ""),
        (state.NOT_STARTED, ""),
    ]
    assert pair.resumed(out) == ""


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("run", "b"), "wbe: stopped at b; its results are as before or whole"),
        (("check", "b"), "wbe: stopped; nothing was left half-written"),
        (("check", "b", "--lang", "zh"), "wbe: 已中断"),
        (("check", "b", "--quiet"), ""),
    ],
)
@pytest.mark.parametrize("error", [ValueError, UsageError, None])
def test_a_stopped_command_says_what_stands_in_one_line(pair, error, command, words) -> None:
    name, campaign, *options = command
    out = ("--out", pair.base / "none") if name == "run" else ()
    end = trials.wbe(name, pair.base / campaign, *options, *out, before=losing(error))
    assert (end.code, end.out) == (143, "")
    assert end.err.startswith(words) and end.err.count("\n") == bool(words)
    assert not (pair.base / "none").exists()


@pytest.mark.parametrize("stream", ["out", "err"])
def test_a_reader_that_goes_away_changes_nothing(pair, stream: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    out = pair.out(f"unread-{stream}")
    cut = lambda: os.dup2(writer, 1 if stream == "out" else 2)  # noqa: E731
    end = trials.wbe(*pair.command, "--out", out, before=cut)
    os.close(writer)
    assert end.code == 0 and "Traceback" not in end.err + end.out
    assert trials.differing(trials.tree(out), pair.whole) == ""
    shutil.rmtree(out)
