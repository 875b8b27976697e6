"""Disks that are full, read-only or gone: exit 5, the path and the room needed, nothing lost."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import trials
from write_points import Points, count_points

SIZES = 20
ROOM = re.compile(r"about ([\d,]+) bytes are needed")


def sizes(biggest: int, count: int) -> list[int]:
    """Sizes from nothing to just below the biggest, closer together where files are small."""
    return [int(biggest * (i / count) ** 2) for i in range(count)]


def complaint(end: trials.Ended, base: Path, before: dict[str, str], needed: int) -> str:
    """What is wrong with a run on a full disk, whose total output would be `needed` bytes."""
    found = ROOM.search(end.err)
    if end.code != 5 or "Traceback" in end.err or found is None or str(base) not in end.err:
        return f"ended with {end.code}: {end.err}"
    said = int(found[1].replace(",", ""))
    if said != 4096 and not needed / 2.5 < said < needed * 2.5:  # a block, before any is known
        return f"says {said} bytes where {needed} are needed"
    return trials.differing(trials.tree(base), before)


@pytest.fixture(scope="module")
def mapped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A campaign with a map, and its results."""
    trials.warm()
    made = trials.campaign(tmp_path_factory.mktemp("mapped") / "mapped", mapped=True)
    assert trials.wbe("run", made, "--seed", 7).code == 0
    return made


def starved(mapped: Path, tmp_path: Path, limit: Callable[[Path, int], object], count: int):
    """Run where the disk gives less and less room, over old results; return the complaints."""
    recall = trials.recalled(mapped)
    outputs = [f.stat().st_size for f in (mapped / "results").iterdir()]

    def work(i: int) -> str:
        size = sizes(max(outputs), SIZES)[(2 * i + 1) * SIZES // (2 * count)]
        base = tmp_path / f"{i}"
        shutil.copytree(mapped / "results", base / "results")
        before = trials.tree(base)
        out = base / "results"
        before_it = trials.both(recall, lambda: limit(base, size))
        end = trials.wbe("run", mapped, "--out", out, before=before_it)
        return complaint(end, base, before, sum(outputs))

    return [f"{i}: {text}" for i, text in enumerate(trials.spread(work, count)) if text]


@pytest.mark.parametrize("count", [2, pytest.param(SIZES, marks=pytest.mark.slow)])
def test_files_that_may_not_grow(mapped: Path, tmp_path: Path, count: int) -> None:
    """RLIMIT_FSIZE binds every writer, C libraries too; the error is EFBIG."""
    assert starved(mapped, tmp_path, lambda _, size: trials.limit_files(size), count) == []


@pytest.mark.parametrize("count", [2, pytest.param(SIZES, marks=pytest.mark.slow)])
def test_a_disk_without_room(mapped: Path, tmp_path: Path, count: int) -> None:
    """ENOSPC once all files together are too large; for those that Python itself writes."""

    def limit(base: Path, size: int) -> None:
        Points(base, room=size).install()

    assert starved(mapped, tmp_path, limit, count) == []


@pytest.fixture
def small_disk(tmp_path: Path):
    """Mount file systems in memory, where this process may."""
    mounted: list[Path] = []

    def mount(name: str, size: int) -> Path:
        place = tmp_path / name
        place.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(place)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
        mounted.append(place)
        return place

    yield mount
    for place in mounted:
        subprocess.run(["umount", str(place)], check=True)


@pytest.mark.skipif(shutil.which("mount") is None, reason="no mount command")
@pytest.mark.parametrize("count", [1, pytest.param(SIZES, marks=pytest.mark.slow)])
def test_a_small_file_system(mapped: Path, small_disk, count: int) -> None:
    total, recall = trials.occupied(mapped / "results"), trials.recalled(mapped)
    # From one page to just too little; a new folder is built beside the old one.
    shares = [(2 * i + 1) / (2 * count) for i in range(count)]
    disks = [small_disk(f"disk{s:.3f}", 4096 + int(0.95 * total * s)) for s in shares]

    def work(i: int) -> str:
        end = trials.wbe("run", mapped, "--out", disks[i] / "results", before=recall)
        return complaint(end, disks[i], {}, total)

    assert trials.spread(work, count) == [""] * count
    disk = small_disk("enough", 3 * total)
    assert trials.wbe("run", mapped, "--out", disk / "results").code == 0
    before = trials.tree(disk)
    (disk / "ballast").write_bytes(bytes(max(0, shutil.disk_usage(disk).free - total // 2)))
    end = trials.wbe("run", mapped, "--out", disk / "results")
    (disk / "ballast").unlink()
    assert complaint(end, disk, before, total) == ""


def test_a_full_disk_behind_standard_output(pair) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    out = pair.out("full")
    end = trials.wbe(*pair.command, "--out", out, stdout=full)
    os.close(full)
    assert end.code == 5 and "standard output: No space left" in end.err
    assert trials.differing(trials.tree(out), pair.whole) == ""


def as_nobody(what: Callable[[], object] = lambda: None) -> Callable[[], None]:
    """Run in the child: what root must prepare, then drop its rights."""

    def before() -> None:
        what()
        trials.drop_privileges()

    return before


def computing_is_told() -> None:
    """Say so on standard error when a campaign begins to compute."""
    from wbe.run import campaign

    original = campaign.compute

    def compute(*args, **options):
        os.write(2, b"COMPUTING\n")
        return original(*args, **options)

    campaign.compute = compute


@pytest.mark.parametrize("locked", ["results", *trials.later(".", "above")])
def test_a_read_only_place_is_refused_before_anything_is_computed(
    open_folder: Path, locked: str
) -> None:
    trials.warm()
    made = trials.campaign(open_folder / "campaign")
    place = open_folder / "place"
    assert trials.wbe("run", made, "--out", place / "results", "--seed", 7).code == 0
    out = place / "new" / "results" if locked == "above" else place / "results"
    for folder in (place, place / "results"):
        os.chown(folder, trials.NOBODY, trials.NOBODY) if os.geteuid() == 0 else None
    closed = place / "results" if locked == "results" else place
    closed.chmod(0o555)
    before = trials.tree(open_folder)
    end = trials.wbe("run", made, "--out", out, before=as_nobody(computing_is_told))
    closed.chmod(0o755)
    assert end.code == 5, end.err
    assert f"{closed}: nothing may be written in this folder" in end.err
    assert ".wbe-" not in end.err and "COMPUTING" not in end.err and "Traceback" not in end.err
    assert trials.tree(open_folder) == before
    # The message tells this from a broken place: with the rights given back, the same call works.
    if os.geteuid() == 0:
        for path in (open_folder, *open_folder.rglob("*")):
            os.chown(path, trials.NOBODY, trials.NOBODY)
    end = trials.wbe("run", made, "--out", out, before=as_nobody(computing_is_told))
    assert end.code == 0 and "COMPUTING" in end.err, end.err


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.6, *trials.later(0.3, 0.9)])
def test_a_place_that_vanishes_during_the_run(pair, tmp_path: Path, share: float) -> None:
    """Somebody removes the folder, or the drive, while the results are written."""
    out = tmp_path / "drive" / "results"
    points = count_points(tmp_path, "run", pair.base / "a", "--out", out)
    shutil.rmtree(out.parent)
    opened = [i for i, (event, _) in enumerate(points, start=1) if event == "open"]
    at = opened[int(share * len(opened))]
    hooked = Points(tmp_path, at, act=lambda: shutil.rmtree(out.parent))
    end = trials.wbe("run", pair.base / "a", "--out", out, before=hooked.install)
    assert (end.code, "Traceback" in end.err) == (5, False), end.err
    assert str(tmp_path) in end.err and "No such file" in end.err
    assert trials.unsound(out.parent) == "" and not out.exists()
    assert trials.wbe("run", pair.base / "a", "--out", out).code == 0


@pytest.mark.parametrize("command", ["init", "publish", "check"])
def test_other_commands_leave_nothing_partial_on_a_full_disk(
    pair, tmp_path: Path, command: str
) -> None:
    lab = pair.base / "a" / "lab" / "two.csv"
    run, target = pair.base / "whole" / "a", tmp_path / "new.xlsx"
    calls = {
        "init": ("init", target),
        "publish": ("publish", run, target),
        "check": ("check", lab, "--annotate", target),
    }
    for room in (0, 300, 3000):
        limit = Points(tmp_path, room=room)
        end = trials.wbe(*calls[command], before=limit.install)
        assert end.code == 5 and ROOM.search(end.err), (room, end.err)
        assert "Traceback" not in end.err and list(tmp_path.iterdir()) == []
    assert trials.wbe(*calls[command]).code == 0


@pytest.mark.parametrize("command", ["init", *trials.later("publish", "check")])
def test_other_commands_killed_at_a_write_point_can_be_called_again(
    pair, tmp_path: Path, command: str
) -> None:
    lab, run = pair.base / "a" / "lab" / "two.csv", pair.base / "whole" / "a"
    calls = {
        "init": lambda out: ("init", out),
        "publish": lambda out: ("publish", run, out),
        "check": lambda out: ("check", lab, "--annotate", out),
    }
    base = tmp_path / "x"
    base.mkdir()
    points = count_points(tmp_path, *calls[command](base / "new.xlsx"))
    expected = trials.tree(base)

    def work(i: int) -> str:
        out = tmp_path / f"x{i}"
        out.mkdir()
        hooked = Points(tmp_path, 1 + i * len(points) // 6)
        end = trials.wbe(*calls[command](out / "new.xlsx"), before=hooked.install)
        if end.code != -9:
            return f"ended with {end.code}: {end.err}"
        final = {
            n: s for n, s in trials.tree(out).items() if not n.rpartition("/")[2].startswith(".")
        }
        if any(expected.get(n) != s for n, s in final.items()) and command != "publish":
            return f"partial: {sorted(final)}"
        end = trials.wbe(*calls[command](out / "new.xlsx"))
        return trials.differing(trials.tree(out), expected) + ("" if end.code == 0 else end.err)

    answers = trials.spread(work, 6)
    assert answers == [""] * 6
