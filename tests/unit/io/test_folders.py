"""Folders that cannot lie in a repository: names no file system shares, links, no permission."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import pytest
from lab_tables import row, write_csv

import wbe
from wbe.errors import EnvironmentFault, FindingsError, UsageError
from wbe.run import checking

NAMES = ["a\nb.csv", "😀 样品.csv", "é.csv", "e\u0301.csv", "x" * 200 + ".csv", "-rf.csv",
         "$HOME.csv", "a;b.csv", "'quoted'.csv", "NUL.csv", " blank .csv"]  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="names that this file system refuses")
@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_any_name_is_read_and_shown(name: str, tmp_path: Path) -> None:
    write_csv(tmp_path / name, [row(), row(sample_id="S2", concentration="~9")])
    found = checking.check([tmp_path]).findings
    assert [(f.rule, f.line) for f in found.errors] == [("approximate_value", 3)]
    assert found.to_json().encode("utf-8")
    assert Path(name).name in {f.file for f in found}


@pytest.mark.skipif(sys.platform != "linux", reason="names of any bytes exist on Linux")
def test_a_name_that_is_no_utf8(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xb1\xb1.csv"))
    write_csv(path, [row(concentration="~9")])
    found = checking.check([tmp_path]).findings
    assert [f.rule for f in found] == ["approximate_value"]
    found.to_json().encode("utf-8", "backslashreplace")


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege")
def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    write_csv(tmp_path / "lab.csv", [row()])
    (tmp_path / "again").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "self.csv").symlink_to(tmp_path / "self.csv")
    assert list(checking.check([tmp_path]).findings) == []
    samples = wbe.read([tmp_path / "lab.csv", tmp_path / "self.csv"], errors="reject")
    (error,) = samples.attrs["findings"].errors
    assert (error.rule, error.file) == ("file_unreadable", "self.csv")
    assert samples.sizes["sample"] == 1


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege")
def test_a_link_to_nothing_is_no_such_file(tmp_path: Path) -> None:
    (tmp_path / "lab.csv").symlink_to(tmp_path / "nowhere.csv")
    samples = wbe.read(tmp_path / "lab.csv", errors="reject")
    assert [f.rule for f in samples.attrs["findings"]] == ["file_not_found"]


def test_an_empty_folder_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no table"):
        checking.check([tmp_path])


@pytest.mark.parametrize("reader", [wbe.read, wbe.read_sites, wbe.read_areas])
def test_a_file_that_may_not_be_read_is_a_finding_of_the_file(tmp_path, monkeypatch, reader):
    path = write_csv(tmp_path / ("a.geojson" if reader is wbe.read_areas else "a.csv"), [row()])
    _refuse(monkeypatch, errno.EACCES)
    with pytest.raises(FindingsError) as caught:
        reader(path)
    (error,) = caught.value.findings.errors
    assert (error.rule, error.file) == ("file_unreadable", path.name)
    assert error.message == "The file cannot be read (Permission denied)."
    assert error.text("zh")[0] == "文件无法读取（权限不足）。"


def test_what_any_file_would_meet_is_a_fault_of_the_machine(tmp_path, monkeypatch):
    """Left out for too many open files, files would be missing at random."""
    path = write_csv(tmp_path / "lab.csv", [row()])
    _refuse(monkeypatch, errno.EMFILE)
    with pytest.raises(EnvironmentFault, match=r"lab\.csv"):
        wbe.read(path, errors="reject")


def _refuse(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def refuse(path: Path) -> bytes:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "read_bytes", refuse)


def test_a_folder_and_a_missing_file_are_findings(tmp_path: Path) -> None:
    samples = wbe.read([tmp_path, tmp_path / "nothing.csv"], errors="reject")
    assert {f.rule for f in samples.attrs["findings"]} == {"is_directory", "file_not_found"}
    assert samples.sizes["sample"] == 0
