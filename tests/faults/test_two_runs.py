"""Two runs that want one folder: one writes, the other says who does; never a mixture."""

from __future__ import annotations

import shutil
import time

import pytest
import trials
from effort import times


@pytest.mark.slow
@pytest.mark.parametrize("count", [3, pytest.param(times(20, 50), marks=pytest.mark.slow)])
def test_pairs_of_runs_in_one_folder(pair, count: int) -> None:
    expected = {n[2:]: s for n, s in pair.whole.items() if n.startswith("a/")}
    refused = 0
    for i in range(count):
        out = pair.base / f"pair-{count}-{i}" / "results"
        command = ("run", pair.base / "a", "--out", out, "--quiet")
        first = trials.start(*command)
        time.sleep(0.2 * i / (count - 1))
        second = trials.start(*command)
        ends = [trials.wait(first), trials.wait(second)]
        codes = sorted(end.code for end in ends)
        assert codes in ([0, 5], [0, 0]), [end.err for end in ends]
        if codes == [0, 5]:
            loser, winner = sorted(ends, key=lambda end: -end.code)
            assert f"another run writes here: process {winner.pid} on " in loser.err
            assert f"({out}). Wait for its end" in loser.err and ".wbe-" not in loser.err
            refused += 1
        assert [f.name for f in out.parent.iterdir()] == ["results"]
        assert trials.differing(trials.tree(out), expected) == ""
        shutil.rmtree(out.parent)
    assert refused >= count / 4


def test_two_batches_in_one_folder(pair) -> None:
    out = pair.out("batches")
    first = trials.start(*pair.command, "--out", out, "--quiet")
    while not (out / ".wbe-batch.json").exists():
        time.sleep(0.005)
    second = trials.wbe(*pair.command, "--out", out)
    assert second.code == 5 and f"process {first[0]} on " in second.err
    assert trials.wait(first).code == 0
    assert trials.differing(trials.tree(out), pair.whole) == ""
    shutil.rmtree(out)


def test_a_campaign_that_another_run_holds_fails_alone(pair) -> None:
    from wbe.run import folder

    out = pair.out("held")
    with folder.locked(folder.Place.at(out / "a")):
        end = trials.wbe(*pair.command, "--out", out)
    assert end.code == 3 and "another run writes here" in end.err
    assert pair.resumed(out) == ""
