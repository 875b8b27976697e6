"""A campaign folder to begin with: it runs at once and says what every line is for."""

from __future__ import annotations

import contextlib
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from wbe.errors import UsageError
from wbe.run import disk, lock
from wbe.run.config import FILE_NAME
from wbe.run.words import both

LOCK = ".wbe-init.lock"


def create(folder: Path, language: str = "en") -> list[Path]:
    """Write a commented campaign with small synthetic data into an empty or new folder.

    Every file is whole from the instant that it is there, and the configuration is the last: a
    folder that a killed call left is no campaign yet, and the next call completes it.

    Parameters
    ----------
    folder : Path
        Made with its parents if it does not exist.
    language : str
        Language of the comments, of the synthetic tables, and of map and report: ``en`` or ``zh``.

    Returns
    -------
    list of Path
        The files written, sorted.

    Raises
    ------
    UsageError
        If the folder holds anything else, or is a file.
    EnvironmentFault
        If the disk refuses; nothing is left of the attempt then.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(both("usage.init_file", name=folder.name))
    content = _content(files("wbe.run").joinpath("scaffold", language))
    if folder.is_dir() and not _is_begun(folder, content):
        raise UsageError(both("usage.init_full", name=folder.name))
    is_new = not folder.exists()
    try:
        with disk.faults(folder):
            folder.mkdir(parents=True, exist_ok=True)
        with lock.held(folder / LOCK, folder), disk.faults(folder):
            for name, data in content.items():
                (folder / name).parent.mkdir(exist_ok=True)
                with disk.replacing(folder / name) as part:
                    part.write_bytes(data)
    except BaseException:
        _undo(folder, content, is_new=is_new)
        raise
    return sorted(folder / name for name in content)


def _content(source: Traversable) -> dict[str, bytes]:
    """Names and bytes of the files, the configuration last."""
    found = dict(_walk(source, ""))
    config = found.pop(FILE_NAME)
    return {**found, FILE_NAME: config}


def _walk(source: Traversable, start: str) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for item in sorted(source.iterdir(), key=lambda item: item.name):
        if item.is_dir():
            found += _walk(item, f"{start}{item.name}/")
        else:
            found.append((f"{start}{item.name}", item.read_bytes()))
    return found


def _is_begun(folder: Path, content: dict[str, bytes]) -> bool:
    """Tell whether a folder is empty, or holds only files of a call that did not end."""
    if (folder / FILE_NAME).exists():
        return False
    there = [f for f in folder.rglob("*") if f.is_file() and not f.name.startswith(".wbe-")]
    names = [file.relative_to(folder).as_posix() for file in there]
    return all(content.get(n) == f.read_bytes() for n, f in zip(names, there, strict=True))


def _undo(folder: Path, content: dict[str, bytes], *, is_new: bool) -> None:
    """Remove the files of a call that failed, and the folders that it made."""
    for name in content:
        with contextlib.suppress(OSError):
            (folder / name).unlink(missing_ok=True)
    inner = sorted({(folder / name).parent for name in content} - {folder})
    for made in [*inner, *([folder] if is_new else [])]:
        with contextlib.suppress(OSError):  # never made, or somebody else's file lies there
            made.rmdir()
