"""The run folder: whole at every instant, one writer, nothing of anybody else's lost."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from wbe.errors import EnvironmentFault, UsageError
from wbe.io.seal import sealed
from wbe.run import disk, folder, lock
from wbe.run.folder import Place

NAMES = ("tiers.csv", "map.png", "report.html")


def fill(target: Path, text: str, names: tuple[str, ...] = NAMES) -> None:
    """Write the files of a small run and its record last."""
    for name in names:
        (target / name).write_text(f"{text} {name}", encoding="utf-8")
    outputs = {name: folder.checksum(target / name) for name in names}
    (target / "run.json").write_text(sealed({"outputs": outputs}), encoding="utf-8")


def run_once(place: Place, text: str, names: tuple[str, ...] = NAMES) -> None:
    with folder.locked(place):
        fill(folder.start(place), text, names)
        folder.finish(place)


def content(place: Place) -> dict[str, str]:
    return {f.name: f.read_text(encoding="utf-8") for f in sorted(place.out.iterdir())}


def test_a_run_replaces_the_last_one_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    place = Place.at(tmp_path / "results")
    run_once(place, "old")
    run_once(place, "new", ("tiers.csv",))
    assert set(content(place)) == {"tiers.csv", "run.json"}
    assert content(place)["tiers.csv"] == "new tiers.csv"
    assert os.listdir(tmp_path) == ["results"]


def die_at(place: Place, function: str, n: int) -> None:
    """Run in this process and die without a farewell at the n-th call of an os function."""
    original, calls = getattr(os, function), [0]

    def dying(*args: object, **options: object) -> object:
        calls[0] += 1
        if calls[0] == n:
            os._exit(9)
        return original(*args, **options)

    setattr(os, function, dying)
    run_once(place, "new")
    os._exit(0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a killed process is simulated with fork")
@pytest.mark.parametrize("function", ["replace", "fsync", "mkdir", "unlink", "rmdir"])
def test_killed_at_any_write_the_results_stay_whole_and_the_next_run_completes(
    tmp_path: Path, function: str
) -> None:
    outcomes = set()
    for n in range(1, 12):
        place = Place.at(tmp_path / f"{function}{n}" / "results")
        run_once(place, "old")
        (place.out / "notes.txt").write_text("mine", encoding="utf-8")
        process = multiprocessing.get_context("fork").Process(
            target=die_at, args=(place, function, n)
        )
        process.start()
        process.join()
        assert process.exitcode in (0, 9)
        if place.out.exists():  # between the two renames there is no folder for an instant
            assert folder.is_whole(place.out)
        with folder.locked(place):
            folder.start(place)
        assert folder.is_whole(place.out)
        outcomes.add(content(place)["tiers.csv"])
        run_once(place, "new")
        assert content(place)["tiers.csv"] == "new tiers.csv"
        assert content(place)["notes.txt"] == "mine"
        assert os.listdir(place.out.parent) == ["results"]
        if process.exitcode == 0:
            assert n > 1, "the function was never called"
            break
    assert outcomes <= {"old tiers.csv", "new tiers.csv"}


@pytest.mark.parametrize("n", [1, 2])
def test_a_refused_rename_keeps_the_previous_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n: int
) -> None:
    place = Place.at(tmp_path / "results")
    run_once(place, "old")
    original, calls = os.replace, []

    def refusing(source: Path, target: Path) -> None:
        calls.append(source)
        if Path(source) == place.new or (n == 1 and Path(source) == place.out):
            raise PermissionError(errno.EACCES, "in use", str(source))
        original(source, target)

    monkeypatch.setattr(disk, "RETRY_SECONDS", (0.0,))
    monkeypatch.setattr(os, "replace", refusing)
    with pytest.raises(EnvironmentFault, match="close the programs"):
        run_once(place, "new")
    assert content(place)["tiers.csv"] == "old tiers.csv"
    assert folder.is_whole(place.out)


def test_a_rename_that_works_at_the_second_try_is_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, refused = os.replace, []

    def once(source: Path, target: Path) -> None:
        if not refused:
            refused.append(source)
            raise PermissionError(errno.EACCES, "in use", str(source))
        original(source, target)

    monkeypatch.setattr(disk, "RETRY_SECONDS", (0.0, 0.0))
    monkeypatch.setattr(os, "replace", once)
    place = Place.at(tmp_path / "results")
    run_once(place, "new")
    assert folder.is_whole(place.out)


def test_the_record_reaches_the_disk_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    monkeypatch.setattr(disk, "sync", lambda path: synced.append(path.name))
    place = Place.at(tmp_path / "results")
    run_once(place, "new")
    assert sorted(synced[:3]) == sorted(NAMES)
    assert synced[3:] == ["run.json", ".wbe-results.new", tmp_path.name]


def test_a_full_disk_is_an_environment_fault_that_names_the_path(tmp_path: Path) -> None:
    with (
        pytest.raises(
            EnvironmentFault,
            match=r"map\.png: No space left on device \(about 123,456 bytes are needed, .* free\)",
        ),
        disk.faults(tmp_path, lambda: 123_456),
    ):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(tmp_path / "map.png"))


def hold(place: Place, ready: Callable[[], None], go: Callable[[], bool]) -> None:
    with folder.locked(place):
        ready()
        go()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a second process by fork")
def test_the_second_run_is_refused_and_names_the_first(tmp_path: Path) -> None:
    place = Place.at(tmp_path / "results")
    context = multiprocessing.get_context("fork")
    ready, go = context.Event(), context.Event()
    first = context.Process(target=hold, args=(place, ready.set, go.wait))
    first.start()
    assert ready.wait(10)
    with pytest.raises(EnvironmentFault, match=f"process {first.pid}"), folder.locked(place):
        pass
    go.set()
    first.join()
    with folder.locked(place):
        assert str(os.getpid()) in place.lock.read_text(encoding="utf-8")
    assert not place.lock.exists()


def test_a_lock_file_of_a_dead_process_is_stale(tmp_path: Path) -> None:
    place = Place.at(tmp_path / "results")
    who = {"pid": 999999, "host": "another", "start": "2020-01-01"}
    place.lock.write_text(json.dumps(who), encoding="utf-8")
    run_once(place, "new")
    assert folder.is_whole(place.out)


def test_places_that_would_harm_something_are_refused(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "thesis.docx").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="no run wrote"):
        folder.require_usable(Place.at(taken), [])
    with pytest.raises(UsageError, match=r"holds the input thesis.docx"):
        folder.require_usable(Place.at(tmp_path), [taken / "thesis.docx"])
    with pytest.raises(UsageError, match="is a file"):
        folder.require_usable(Place.at(taken / "thesis.docx"), [])
    run_once(Place.at(tmp_path / "results"), "old")
    folder.require_usable(Place.at(tmp_path / "results"), [taken / "thesis.docx"])


def test_a_changed_or_missing_output_is_noticed(tmp_path: Path) -> None:
    place = Place.at(tmp_path / "results")
    run_once(place, "old")
    assert folder.changed_outputs(place.out) == []
    (place.out / "tiers.csv").write_text("forged", encoding="utf-8")
    (place.out / "map.png").unlink()
    assert folder.changed_outputs(place.out) == ["map.png", "tiers.csv"]
    (place.out / "run.json").unlink()
    assert folder.changed_outputs(place.out) == ["run.json"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a second process by fork")
def test_a_holder_that_has_not_signed_yet_is_waited_for(tmp_path: Path) -> None:
    place = Place.at(tmp_path / "results")
    context = multiprocessing.get_context("fork")
    ready, go = context.Event(), context.Event()
    first = context.Process(target=hold, args=(place, ready.set, go.wait))
    first.start()
    assert ready.wait(10)
    signed = place.lock.read_text(encoding="utf-8")
    place.lock.write_text("", encoding="utf-8")  # the moment between taking and signing
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lock.time, "sleep", lambda _: place.lock.write_text(signed, encoding="utf-8"))
        with (
            pytest.raises(EnvironmentFault, match=f"process {first.pid} on "),
            folder.locked(place),
        ):
            pass
    go.set()
    first.join()


def test_a_record_that_cannot_be_read_leaves_no_old_output_among_the_new(tmp_path: Path) -> None:
    place = Place.at(tmp_path / "results")
    run_once(place, "old")
    (place.out / "notes.txt").write_text("mine", encoding="utf-8")
    (place.out / "run.json").write_bytes(b'{"outputs": {"mbp.png": 1}}')
    run_once(place, "new", ("tiers.csv",))
    assert set(content(place)) == {"tiers.csv", "run.json", "notes.txt"}


def test_a_changed_byte_of_the_record_is_noticed(tmp_path: Path) -> None:
    place = Place.at(tmp_path / "results")
    run_once(place, "old")
    good = (place.out / "run.json").read_bytes()
    for i in range(len(good)):
        (place.out / "run.json").write_bytes(good[:i] + bytes([good[i] ^ 1]) + good[i + 1 :])
        assert folder.changed_outputs(place.out) == ["run.json"], i
    (place.out / "run.json").write_bytes(good)
    assert folder.is_whole(place.out)


def test_side_files_of_the_old_database_do_not_survive_the_swap(tmp_path: Path) -> None:
    place = Place.at(tmp_path / "results")
    run_once(place, "old", ("areas.gpkg",))
    (place.out / "areas.gpkg-wal").write_text("stale", encoding="utf-8")
    (place.out / "areas.qml").write_text("style", encoding="utf-8")
    run_once(place, "new", ("areas.gpkg",))
    assert set(content(place)) == {"areas.gpkg", "areas.qml", "run.json"}
