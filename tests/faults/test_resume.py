"""Resuming trusts checksums: what stands is skipped, what differs is done again and said."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pytest
import trials
from effort import times
from write_points import Points, count_points


@pytest.fixture
def made(tmp_path: Path):
    """Two campaigns of this test alone, and the batch over them."""
    trials.warm()
    folders = [trials.campaign(tmp_path / name) for name in "ab"]

    def run(*options: object, out: str = "out", before=lambda: None) -> trials.Ended:
        return trials.wbe("run", *folders, "--out", tmp_path / out, *options, before=before)

    return run


def again(end: trials.Ended) -> dict[str, str]:
    """Which campaigns were done again, and why."""
    lines = [line.split(": done again: ") for line in end.err.splitlines()]
    return {line[0]: line[1] for line in lines if len(line) == 2}


def test_what_stands_is_skipped_and_nothing_is_written(made, tmp_path: Path) -> None:
    assert made().code == 0
    stamps = {f: f.stat().st_mtime_ns for f in (tmp_path / "out" / "a").iterdir()}
    before = trials.tree(tmp_path)
    end = made("--resume")
    assert end.code == 0 and again(end) == {} and end.out == ""
    assert end.err.count("unchanged since the run of 2023-11-14") == 2
    assert "Campaigns: 0 done, 0 failed, 2 unchanged and skipped" in end.err
    assert trials.tree(tmp_path) == before
    assert {f: f.stat().st_mtime_ns for f in (tmp_path / "out" / "a").iterdir()} == stamps


@pytest.mark.slow
def test_without_resume_everything_is_done_again(made, tmp_path: Path) -> None:
    made()
    stamp = (tmp_path / "out" / "a" / "run.json").stat().st_ino
    end = made()
    assert end.code == 0 and "Campaigns: 2 done, 0 failed, 0 unchanged" in end.err
    assert (tmp_path / "out" / "a" / "run.json").stat().st_ino != stamp


def test_rejected_rows_keep_their_exit_code_when_skipped(made, tmp_path: Path) -> None:
    trials.lab_file(tmp_path / "a" / "lab" / "two.csv", 100, "1.2.3")
    assert made().code == 3
    end = made("--resume")
    assert end.code == 3 and again(end) == {}


def edit_cell(base: Path) -> None:
    trials.lab_file(base / "a" / "lab" / "two.csv", 100, 201)


def add_file(base: Path) -> None:
    trials.lab_file(base / "a" / "lab" / "more.csv", 150)


def rename_file(base: Path) -> None:
    (base / "a" / "lab" / "two.csv").rename(base / "a" / "lab" / "zwei.csv")


def edit_config(base: Path) -> None:
    file = base / "a" / "campaign.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("[20, 60]", "[20, 61]"), "utf-8")


CHANGES = [
    (edit_cell, (), "inputs changed (lab/two.csv)"),
    (add_file, (), "inputs changed (lab/more.csv), settings changed (data.samples)"),
    (
        rename_file,
        (),
        "inputs changed (lab/two.csv, lab/zwei.csv), settings changed (data.samples)",
    ),
    (edit_config, (), "inputs changed (campaign.toml), settings changed (tiers.breaks)"),
    (None, ("--seed", 2), "settings changed (estimate.seed)"),
    (None, ("--draws", 30), "settings changed (estimate.draws)"),
    (None, ("--encoding", "utf-8"), "settings changed (data.encoding)"),
]


@pytest.mark.parametrize(
    ("change", "options", "said"),
    [CHANGES[0], *trials.later(*CHANGES[1:])],
)
def test_a_change_between_kill_and_resume_is_never_mixed(
    made, tmp_path: Path, change, options: tuple[object, ...], said: str
) -> None:
    """Killed once the first campaign is done; what it was done from then changes."""
    out = tmp_path / "out"
    points = count_points(tmp_path, "run", tmp_path / "a", tmp_path / "b", "--out", out)
    shutil.rmtree(out)
    at = 1 + points.index(("os.mkdir", str(out / ".wbe-b.new")))
    assert made(before=Points(tmp_path, at).install).code == -9
    if change is not None:
        change(tmp_path)
    end = made("--resume", *options)
    assert end.code == 0 and trials.unsound(out) == "", end.err
    told = again(end)
    reasons = [
        line.partition(": done again: ")[2] for line in end.err.splitlines() if "a: d" in line
    ]
    assert ", ".join(reasons) == said and told["b"] == "there are no finished results"
    assert made(*options, out="fresh").code == 0
    fresh, resumed = trials.tree(tmp_path / "fresh"), trials.tree(out)
    assert trials.differing(fresh, resumed) == ""


@pytest.mark.slow
def test_another_version_is_a_reason(made, tmp_path: Path) -> None:
    made()

    def newer() -> None:
        from wbe.run import record

        found = {**record.versions(), "numpy": "99.0"}
        record.versions = lambda: found

    end = made("--resume", before=newer)
    assert set(again(end).values()) == {"versions changed (numpy)"}
    about = json.loads((tmp_path / "out" / "a" / "run.json").read_bytes())
    assert about["versions"]["numpy"] == "99.0"


def test_a_publication_in_the_place_of_results_is_not_taken_for_them(pair, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert trials.wbe("publish", pair.base / "whole" / "a", out).code == 0
    end = trials.wbe("run", pair.base / "a", "--out", out, "--resume")
    assert end.code == 0 and "done again: there are no finished results" in end.err
    assert (out / "estimates.csv").is_file()


def flipped(file: Path, i: int) -> None:
    data = bytearray(file.read_bytes())
    data[i] ^= 1 << (i % 8)
    file.write_bytes(data)


@pytest.mark.parametrize("count", [4, pytest.param(times(50, 200), marks=pytest.mark.slow)])
def test_a_flipped_byte_anywhere_is_noticed_and_mended(pair, count: int) -> None:
    names = sorted(pair.whole)
    files = [n for n in names if pair.whole[n]]

    def work(i: int) -> str:
        out = pair.base / f"flip-{count}-{i}"
        shutil.copytree(pair.base / "whole", out)
        # Every other one in what tells whether the rest is right.
        name = (
            files[(i // 2) % len(files)] if i % 2 else ("a/run.json", ".wbe-batch.json")[i % 4 // 2]
        )
        size = (out / name).stat().st_size
        flipped(out / name, random.Random(i).randrange(size))
        end = trials.wbe(*pair.command, "--out", out, "--resume", before=pair.recall)
        campaign, _, inner = name.rpartition("/")
        if campaign:
            why = (
                "run.json was changed"
                if inner == "run.json"
                else f"outputs changed or missing ({inner})"
            )
            said = f"{campaign}: done again: {why}" in end.err
        else:
            said = "was damaged; it is written anew" in end.err
        found = trials.differing(trials.tree(out), pair.whole)
        shutil.rmtree(out)
        return "" if said and not found and not end.code else f"{name}: {found} {end.err}"

    answers = trials.spread(work, count)
    assert [text for text in answers if text] == []


def test_a_publication_of_a_damaged_run_is_refused(pair, tmp_path: Path) -> None:
    run = Path(shutil.copytree(pair.base / "whole" / "a", tmp_path / "run"))
    record = run / "run.json"
    good = record.read_text(encoding="utf-8")
    record.write_text(good.replace('"min_population": 5000', '"min_population": 4000'), "utf-8")
    end = trials.wbe("publish", run, tmp_path / "public")
    assert end.code == 2 and "was changed since the run: run.json" in end.err
    assert not (tmp_path / "public").exists()


@pytest.mark.slow
def test_inputs_written_to_during_the_run_are_refused(made, tmp_path: Path) -> None:
    made()
    before = trials.tree(tmp_path / "out" / "a")

    def meddling() -> None:
        from wbe.run import campaign

        original = campaign.compute

        def compute(config, **options):
            results = original(config, **options)
            if config.folder.name == "a":
                trials.lab_file(config.data.samples[0], 7, 8)
            return results

        campaign.compute = compute

    end = made(before=meddling)
    assert end.code == 3 and "a: lab/two.csv: changed during the run; run again" in end.err
    assert trials.tree(tmp_path / "out" / "a") == before
