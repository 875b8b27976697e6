"""Whole files, patient renames, and what is said of a disk that refuses."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from wbe.errors import EnvironmentFault
from wbe.run import disk


def refusing(times: int, calls: list[object]):
    """Make os.replace refuse, as Windows does while a spreadsheet is open in another program."""
    original = os.replace

    def replace(source, target) -> None:
        calls.append(source)
        if len(calls) <= times:
            raise PermissionError(errno.EACCES, "in use", str(target))
        original(source, target)

    return replace


def test_a_file_is_replaced_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "list.xlsx"
    target.write_text("old", encoding="utf-8")
    with disk.replacing(target) as part:
        assert part.parent == tmp_path and part.name.startswith(".wbe-")
        part.write_text("new", encoding="utf-8")
        assert target.read_text(encoding="utf-8") == "old"
    assert target.read_text(encoding="utf-8") == "new"
    assert os.listdir(tmp_path) == ["list.xlsx"]


def test_a_file_that_fails_half_way_keeps_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "list.xlsx"
    target.write_text("old", encoding="utf-8")
    with pytest.raises(RuntimeError), disk.replacing(target) as part:
        part.write_text("ne", encoding="utf-8")
        raise RuntimeError
    assert target.read_text(encoding="utf-8") == "old"
    assert os.listdir(tmp_path) == ["list.xlsx"]


def test_a_file_is_synced_before_its_name_and_the_folder_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    monkeypatch.setattr(disk, "sync", lambda path: order.append(path.name))
    with disk.replacing(tmp_path / "a.csv") as part:
        part.write_text("x", encoding="utf-8")
    assert order == [".wbe-a.csv.new", tmp_path.name]


def test_a_target_open_in_another_program_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[object] = []
    monkeypatch.setattr(disk, "RETRY_SECONDS", (0.0, 0.0))
    monkeypatch.setattr(os, "replace", refusing(2, calls))
    with disk.replacing(tmp_path / "a.csv") as part:
        part.write_text("x", encoding="utf-8")
    assert (tmp_path / "a.csv").read_text(encoding="utf-8") == "x" and len(calls) == 3


def test_a_target_that_stays_open_is_named_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "list.xlsx"
    target.write_text("old", encoding="utf-8")
    monkeypatch.setattr(disk, "RETRY_SECONDS", (0.0, 0.0))
    monkeypatch.setattr(os, "replace", refusing(99, []))
    with (
        pytest.raises(EnvironmentFault, match=r"list\.xlsx: .*close the programs"),
        disk.replacing(target) as part,
    ):
        part.write_text("new", encoding="utf-8")
    assert target.read_text(encoding="utf-8") == "old"
    assert os.listdir(tmp_path) == ["list.xlsx"]


@pytest.mark.parametrize("number", disk.FULL)
def test_no_room_is_said_with_path_and_bytes(tmp_path: Path, number: int) -> None:
    (tmp_path / "old.csv").write_text("x", encoding="utf-8")
    os.utime(tmp_path / "old.csv", (1, 1))
    (tmp_path / "half.csv").write_text("x", encoding="utf-8")
    words = rf"half\.csv: {os.strerror(number)} \(about 5,000 bytes are needed, [\d,]+ are free\)"
    # A write that fails does not name its file; it is the last one touched.
    with pytest.raises(EnvironmentFault, match=words), disk.faults(tmp_path, lambda: 5000):
        raise OSError(number, os.strerror(number))


def test_other_faults_ask_for_no_room(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault) as caught, disk.faults(tmp_path, lambda: 5000):
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path / "a.csv"))
    assert str(caught.value).startswith(f"{tmp_path}: nothing may be written in this folder (")
    (tmp_path / "a.csv").touch()
    with pytest.raises(EnvironmentFault) as caught, disk.faults(tmp_path):
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path / "a.csv"))
    assert str(caught.value) == f"{tmp_path / 'a.csv'}: Permission denied"


def test_a_hidden_file_that_cannot_be_written_is_told_by_its_folder(tmp_path: Path) -> None:
    hidden = tmp_path / ".wbe-results.new" / ".wbe-a.new"
    hidden.mkdir(parents=True)
    with pytest.raises(EnvironmentFault) as caught, disk.faults(tmp_path):
        raise PermissionError(errno.EROFS, "Read-only file system", str(hidden / "map.png"))
    assert str(caught.value).startswith(f"{tmp_path}: nothing may be written")


def test_an_error_without_a_number_is_looked_into(tmp_path: Path) -> None:
    """Libraries such as GDAL say what failed, not why: the disk itself is asked."""
    with pytest.raises(EnvironmentFault, match=r": no such table$"), disk.faults(tmp_path):
        raise OSError("no such table")
    assert os.listdir(tmp_path) == []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(disk, "_probed", lambda what, size: "No space left on device")
        words = r"no such table: No space left on device \(about 4,096 bytes"
        with pytest.raises(EnvironmentFault, match=words), disk.faults(tmp_path):
            raise OSError("no such table")
