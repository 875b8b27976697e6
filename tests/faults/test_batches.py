"""One bad file among many, one bad campaign among several: the rest as if it were not there."""

from __future__ import annotations

import csv
import json
import os
import shutil
from pathlib import Path

import pytest
import trials
from write_points import Points

from wbe.run import state

BAD = "sample_id,site,date,analyte,concentration,unit\nx,A,2024-01-01,methamphetamine,?,ng/L\n"


@pytest.fixture
def several(tmp_path: Path) -> Path:
    """Four campaigns: two right, one with a wrong configuration, one without anything usable."""
    trials.warm()
    for name in ("a", "bad-config", "bad-data", "c"):
        trials.campaign(tmp_path / name)
    file = tmp_path / "bad-config" / "campaign.toml"
    file.write_text(file.read_text(encoding="utf-8") + "nonsense = 1\n", encoding="utf-8")
    (tmp_path / "bad-data" / "lab" / "two.csv").write_text(BAD, encoding="utf-8")
    return tmp_path


def states(folder: Path) -> dict[str, tuple[str, int | None, str]]:
    return {item.campaign: (item.state, item.code, item.reason) for item in state.read(folder)}


@pytest.mark.slow
def test_bad_campaigns_leave_the_others_as_they_would_be_alone(several: Path) -> None:
    folders = [several / n for n in ("a", "bad-config", "bad-data", "c")]
    end = trials.wbe("run", *folders, several / "nowhere.toml", "--out", several / "out")
    assert end.code == 3 and "Traceback" not in end.err
    found = states(several / "out")
    assert found["../a"] == found["../c"] == ("done", 0, "")
    assert found["../bad-config"][:2] == ("failed", 2) and "nonsense" in found["../bad-config"][2]
    assert found["../bad-data"][:2] == ("failed", 4) and found["../bad-data"][2]
    assert found["../nowhere.toml"][:2] == ("failed", 2)
    said = trials.wbe("run", *folders, "--out", several / "zh", "--lang", "zh").err
    assert "bad-config：campaign.toml，第 " in said and "未知的键" in said
    assert "Campaigns: 2 done, 3 failed, 0 unchanged and skipped" in end.err
    assert f"failed: bad-data: {found['../bad-data'][2]}" in end.err
    assert trials.wbe("run", several / "a", several / "c", "--out", several / "good").code == 0
    for name in "ac":
        alone = trials.tree(several / "good" / name)
        assert trials.differing(trials.tree(several / "out" / name), alone) == ""
    assert sorted(f.name for f in (several / "out").iterdir()) == [".wbe-batch.json", "a", "c"]


def test_a_failure_keeps_the_results_of_an_earlier_run(several: Path) -> None:
    out = several / "out"
    assert trials.wbe("run", several / "a", several / "c", "--out", out).code == 0
    before = trials.tree(out / "a")
    (several / "a" / "lab" / "two.csv").write_text(BAD, encoding="utf-8")
    end = trials.wbe("run", several / "a", several / "c", "--out", out)
    assert end.code == 3 and trials.tree(out / "a") == before
    assert states(out)["../a"][:2] == ("failed", 4)


def breaking(name: str):
    """Make the calculation of one campaign fail as a fault of ours would."""

    def before() -> None:
        from wbe.run import campaign

        original = campaign.compute

        def compute(config, **options):
            if config.folder.name == name:
                raise ZeroDivisionError("division by zero")
            return original(config, **options)

        campaign.compute = compute

    return before


@pytest.mark.slow
def test_a_fault_of_ours_in_one_campaign_is_one_line_and_stops_no_other(pair) -> None:
    out = pair.out("broken")
    end = trials.wbe(*pair.command, "--out", out, before=breaking("a"))
    reason = "internal error: ZeroDivisionError: division by zero"
    assert end.code == 3 and f"a: {reason}" in end.err and "Traceback" not in end.err
    assert states(out) == {"../a": ("failed", 1, reason), "../b": ("done", 0, "")}
    assert pair.resumed(out) == ""
    out = pair.out("broken-debug")
    end = trials.wbe(*pair.command, "--out", out, "--debug", before=breaking("a"))
    assert end.code == 3 and "Traceback" in end.err and "in compute" in end.err
    shutil.rmtree(out)


def test_the_state_is_on_disk_at_every_instant(pair) -> None:
    """At every write point of a batch: each campaign is in one state, and earlier ones are done."""
    out = pair.out("instants")
    log = pair.base / "instants.jsonl"

    class Looking(Points):
        def point(self, event: str, path: object) -> bool:
            hit = super().point(event, path)
            if self._is_ours(path) and (out / state.NAME).exists():
                found = [item.state for item in state.read(out)]
                with open(os.open(log, os.O_APPEND | os.O_CREAT | os.O_WRONLY), "a") as file:
                    file.write(json.dumps(found) + "\n")
            return hit

    end = trials.wbe(*pair.command, "--out", out, before=Looking(out).install)
    assert end.code == 0, end.err
    seen = [tuple(json.loads(line)) for line in log.read_text(encoding="utf-8").splitlines()]
    none, one, both = ("not started",) * 2, ("done", "not started"), ("done",) * 2
    assert list(dict.fromkeys(seen)) == [none, one, both] and len(seen) > 60
    shutil.rmtree(out)


def test_without_out_the_state_lies_in_the_folder_that_the_campaigns_share(tmp_path: Path) -> None:
    trials.warm()
    made = [trials.campaign(tmp_path / "x" / name) for name in "ab"]
    assert trials.wbe("run", *made, cwd=tmp_path).code == 0
    assert set(states(tmp_path / "x")) == {"a", "b"}
    assert [f.name for f in tmp_path.iterdir()] == ["x"]
    end = trials.wbe("run", made[0], made[0] / "campaign.toml")
    assert end.code == 2 and "name each once" in end.err


def test_one_campaign_keeps_no_state_beside_its_results(tmp_path: Path) -> None:
    trials.warm()
    made = trials.campaign(tmp_path / "a")
    (made / "lab" / "two.csv").write_text(BAD, encoding="utf-8")
    before = trials.tree(tmp_path)
    assert trials.wbe("run", made).code == 4
    assert trials.tree(tmp_path) == before


@pytest.mark.parametrize("count", [12, pytest.param(1000, marks=pytest.mark.slow)])
def test_one_bad_file_among_many(tmp_path: Path, count: int) -> None:
    trials.warm()
    made = trials.campaign(tmp_path / "many")
    (made / "lab" / "two.csv").unlink()
    for i in range(count - 1):
        trials.lab_file(made / "lab" / f"{i:04}.csv", 100 + i)
    out = tmp_path / "out"
    assert trials.wbe("run", made, "--out", out, "--draws", 0).code == 0
    alone = {f.name: f.read_bytes() for f in out.iterdir()}
    # Between two others by name: what comes after it must not shift.
    (made / "lab" / "0007-bad.csv").write_bytes(b"\x00\x01 no table at all \xff" * 50)
    end = trials.wbe("run", made, "--out", out, "--draws", 0)
    assert end.code == 3, end.err
    for name in ("estimates.csv", "tiers.csv"):
        assert (out / name).read_bytes() == alone[name], name
    with (out / "findings.csv").open(encoding="utf-8-sig", newline="") as file:
        errors = [row for row in csv.DictReader(file) if row["severity"] == "error"]
    assert {row["file"] for row in errors} == {"0007-bad.csv"} and all(r["message"] for r in errors)
    about = json.loads((out / "run.json").read_bytes())
    failed = [entry for entry in about["inputs"] if entry["state"] == "failed"]
    assert [entry["name"] for entry in failed] == ["lab/0007-bad.csv"]
    assert failed[0]["reason"] == ", ".join(sorted({row["rule"] for row in errors}))
    assert sum(entry["state"] == "done" for entry in about["inputs"]) == count  # and the config


def test_a_file_that_may_not_be_read_is_left_out(open_folder: Path) -> None:
    trials.warm()
    made = trials.campaign(open_folder / "campaign")
    closed = trials.lab_file(made / "lab" / "closed.csv", 300)
    closed.chmod(0)
    out = open_folder / "out"
    end = trials.wbe("run", made, "--out", out, before=trials.drop_privileges)
    assert end.code == 3 and "closed.csv" in end.err, end.err
    about = json.loads((out / "run.json").read_bytes())
    failed = {entry["name"]: entry for entry in about["inputs"] if entry["state"] == "failed"}
    assert set(failed) == {"lab/closed.csv"}
    entry = failed["lab/closed.csv"]
    assert (entry["reason"], entry["sha256"], entry["bytes"]) == ("file_unreadable", "", None)
    end = trials.wbe("check", made, before=trials.drop_privileges)
    assert end.code == 3 and "error file_unreadable: The file cannot be read (" in end.out
    again = ("run", made, "--out", out, "--resume")
    assert "skipped" in trials.wbe(*again, before=trials.drop_privileges).err
    closed.chmod(0o644)
    end = trials.wbe(*again, before=trials.drop_privileges)
    assert end.code == 0 and "done again: inputs changed (lab/closed.csv)" in end.err


@pytest.mark.parametrize("command", ["run", "check"])
def test_a_file_that_vanishes_after_it_was_listed_is_left_out(tmp_path: Path, command: str) -> None:
    trials.warm()
    made = trials.campaign(tmp_path / "campaign")
    gone = trials.lab_file(made / "lab" / "gone.csv", 300)

    def vanishing() -> None:
        from wbe.run import config

        original = config.examine

        def examine(*args, **options):
            found = original(*args, **options)
            gone.unlink()
            return found

        config.examine = examine

    options = ("--out", tmp_path / "out") if command == "run" else ()
    end = trials.wbe(command, made, *options, before=vanishing)
    assert end.code == 3 and "gone.csv" in end.err + end.out, end.err
