"""The folder that a run writes: built beside its place, swapped in whole, held by a lock.

Several files replaced one by one cannot be both whole and unmixed, so a run builds a sibling
folder and renames it. Beside an output folder ``results`` there may lie, hidden: the folder being
built ``.wbe-results.new``, the one moved aside ``.wbe-results.old`` and the lock
``.wbe-results.lock``. At every instant either the old or the new folder is whole on disk, and the
next start completes whatever a crash left.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import IO

from wbe.errors import EnvironmentFault, UsageError

RECORD = "run.json"
#: Side files of SQLite that make no sense beside another database.
SIDE_FILES = ("-wal", "-shm", "-journal")
RETRY_SECONDS = (0.1, 0.2, 0.4, 0.8)
_LOCK_BYTE = 1 << 20  # beyond the content, so that others can still read who holds it (Windows)


@dataclass(frozen=True)
class Place:
    """The output folder and its hidden neighbours.

    Parameters
    ----------
    out : Path
        The folder that people open, absolute.
    """

    out: Path

    @classmethod
    def at(cls, out: str | Path) -> Place:
        """Place an output folder; a link is followed once, here."""
        return cls(Path(out).resolve())

    def _beside(self, kind: str) -> Path:
        return self.out.with_name(f".wbe-{self.out.name}.{kind}")

    @property
    def new(self) -> Path:
        """The folder being built."""
        return self._beside("new")

    @property
    def old(self) -> Path:
        """The previous results, moved aside for the moment of the swap."""
        return self._beside("old")

    @property
    def gone(self) -> Path:
        """The previous results once nothing in them is wanted any more."""
        return self._beside("gone")

    @property
    def lock(self) -> Path:
        """The lock file."""
        return self._beside("lock")


def checksum(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def require_usable(
    place: Place,
    inputs: Iterable[Path],
    *,
    typed: Path | None = None,
    choose: str = "another --out",
    base: Path | None = None,
) -> None:
    """Refuse an output folder that would harm something, before anything is computed.

    Parameters
    ----------
    place : Place
    inputs : iterable of Path
        Files that are read.
    typed : Path, optional
        The folder as the person wrote it, for messages.
    choose : str
        What to choose instead, as the command names it.
    base : Path, optional
        Folder of the campaign. Its folders that hold inputs hold no results: patterns such as
        ``lab/**/*.csv`` would find them there.

    Raises
    ------
    UsageError
        If it is a file, holds an input, lies among inputs, or holds files and is not the folder
        of a run.
    """
    out, name = place.out, typed if typed is not None else place.out.name
    if out.exists() and not out.is_dir():
        raise UsageError(f"{name} is a file; choose {choose}")
    for file in (f.resolve() for f in inputs):
        if file.is_relative_to(out):
            raise UsageError(f"{name} holds the input {file.name}; choose {choose}")
        if base is not None and (among := _folder_of(file, base)) and out.is_relative_to(among):
            raise UsageError(f"{name} lies in {among.name}, which holds inputs; choose {choose}")
    if out.is_dir() and any(out.iterdir()) and not (out / RECORD).is_file():
        raise UsageError(f"{name} holds files that no run wrote; choose {choose}")


def _folder_of(file: Path, base: Path) -> Path | None:
    """The folder in `base` under which a file lies; none for files beside the configuration."""
    inner = file.relative_to(base).parts if file.is_relative_to(base) else ()
    return base / inner[0] if len(inner) > 1 else None


@contextlib.contextmanager
def faults(what: Path) -> Iterator[None]:
    """Turn an operating system's no into an EnvironmentFault that names the path."""
    try:
        yield
    except OSError as error:
        path = Path(error.filename) if isinstance(error.filename, str) else what
        why = error.strerror or str(error)
        raise EnvironmentFault(f"{path}: {why}{_space(what)}") from error


@contextlib.contextmanager
def locked(place: Place) -> Iterator[None]:
    """Hold the lock of an output folder, so that two runs never mix.

    The operating system holds the lock for the living process: a file left by a process that
    died is stale by itself and taken over.

    Raises
    ------
    EnvironmentFault
        If another process holds it (named by its id), or the place cannot be written.
    """
    with faults(place.lock):
        place.out.parent.mkdir(parents=True, exist_ok=True)
        handle = _acquire(place.lock)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # an open file cannot be removed on Windows
            place.lock.unlink()
        handle.close()


def start(place: Place) -> Path:
    """Recover what a crash left and return a fresh, empty folder to build in.

    Raises
    ------
    EnvironmentFault
        If the disk refuses.
    """
    with faults(place.new):
        recover(place)
        _remove(place.new)
        place.new.mkdir()
    return place.new


def recover(place: Place) -> None:
    """Complete an interrupted swap: forwards if the new folder is whole, else backwards."""
    if place.old.is_dir() and not place.out.exists():
        try:
            _rename(place.new if is_whole(place.new) else place.old, place.out)
        except (OSError, EnvironmentFault):
            if place.out.exists():
                raise
            _rename(place.old, place.out)
    if place.old.is_dir():
        _keep_foreign(place.old, place.out)
        _remove(place.gone)
        os.replace(place.old, place.gone)  # in one step, so that half of it is never taken for ours
    _remove(place.gone)


def finish(place: Place) -> None:
    """Put the built folder on disk and swap it in; the previous one is removed last.

    Raises
    ------
    EnvironmentFault
        If the disk refuses; the previous results are then still in their place.
    """
    with faults(place.out):
        _sync_tree(place.new)
        try:
            if place.out.exists():
                _rename(place.out, place.old)
            _rename(place.new, place.out)
            _sync(place.out.parent)
        finally:
            recover(place)


def discard(place: Place) -> None:
    """Remove what was built and not swapped in."""
    with contextlib.suppress(OSError):
        _remove(place.new)


def is_whole(folder: Path) -> bool:
    """Tell whether a folder holds a run record and every output it lists, unchanged."""
    return not changed_outputs(folder)


def changed_outputs(folder: Path) -> list[str]:
    """Names of outputs that are missing or differ from the run record, the record included."""
    try:
        outputs = json.loads((folder / RECORD).read_text(encoding="utf-8"))["outputs"]
    except (OSError, ValueError, KeyError, TypeError):
        return [RECORD]
    return [
        name
        for name, sha in sorted(outputs.items())
        if not (folder / name).is_file() or checksum(folder / name) != sha
    ]


def _acquire(path: Path) -> IO[str]:
    """Open and lock the file; try again if its holder removed it in between."""
    while True:
        handle = path.open("a+", encoding="utf-8")
        if not _lock(handle):
            handle.close()
            raise EnvironmentFault(f"another run writes here: {_holder(path)}; wait for it")
        if _is_same_file(handle, path):
            handle.truncate(0)
            started = datetime.now(UTC).isoformat(timespec="seconds")
            handle.write(json.dumps({"pid": os.getpid(), "start": started}))
            handle.flush()
            return handle
        handle.close()


def _lock(handle: IO[str]) -> bool:
    """Take the operating system's lock, or say that somebody has it."""
    try:
        if os.name == "nt":
            import msvcrt

            handle.seek(_LOCK_BYTE)
            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(handle.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _is_same_file(handle: IO[str], path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _holder(path: Path) -> str:
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        return f"process {held['pid']}, since {held['start']}"
    except (OSError, ValueError, KeyError):
        return "another process"


def _rename(source: Path, target: Path) -> None:
    """Rename, with patience: on Windows a program that reads a file blocks its folder."""
    for pause in RETRY_SECONDS:
        try:
            os.replace(source, target)
            return
        except PermissionError:
            time.sleep(pause)
    try:
        os.replace(source, target)
    except PermissionError as error:
        message = f"{target.name}: permission denied; close the programs that have its files open"
        raise EnvironmentFault(message) from error


def _keep_foreign(old: Path, out: Path) -> None:
    """Move files that people put beside the outputs (notes, styles) into the new folder."""
    try:
        ours = {RECORD, *json.loads((old / RECORD).read_text(encoding="utf-8"))["outputs"]}
    except (OSError, ValueError, KeyError, TypeError):
        ours = {RECORD}
    for file in sorted(old.iterdir()):
        is_side = any(file.name == name + side for name in ours for side in SIDE_FILES)
        if file.name not in ours and not is_side and not (out / file.name).exists():
            os.replace(file, out / file.name)


def _remove(folder: Path) -> None:
    if folder.is_dir():
        shutil.rmtree(folder)


def _sync_tree(folder: Path) -> None:
    """Put every file on disk, the run record last, then the folder itself."""
    files = sorted((f for f in folder.rglob("*") if f.is_file()), key=lambda f: f.name == RECORD)
    for file in files:
        _sync(file)
    _sync(folder)


def _sync(path: Path) -> None:
    """Fsync a file or a folder; Windows syncs files only when writable and no folders."""
    if os.name == "nt" and path.is_dir():
        return
    handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _space(path: Path) -> str:
    """How much room is left, for the message of a full disk."""
    folder = next((p for p in (path, *path.parents) if p.is_dir()), None)
    if folder is None:
        return ""
    with contextlib.suppress(OSError):
        return f" ({shutil.disk_usage(folder).free / 1e6:.0f} MB free)"
    return ""
