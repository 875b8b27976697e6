"""What the run layer asks of a disk: files written whole, patient renames, faults that say why."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

from wbe.errors import EnvironmentFault
from wbe.run.words import both

#: Pauses between the tries of a rename that another program blocks [s].
RETRY_SECONDS = (0.1, 0.2, 0.4, 0.8)
#: No room: a full disk, a used-up quota, a file longer than the limit of its owner.
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
#: No right to write: a read-only folder or disk.
CLOSED = (errno.EACCES, errno.EPERM, errno.EROFS)
#: Bytes that anything written here needs at least: one block of a disk.
LEAST = 4096


def checksum(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


@contextlib.contextmanager
def faults(what: Path, needs: Callable[[], int] = lambda: LEAST) -> Iterator[None]:
    """Turn an operating system's no into an error that names the path and the room needed.

    Parameters
    ----------
    what : Path
        The file or folder being written, for errors that do not name one.
    needs : callable
        Estimates the bytes needed; called only if the disk is full.

    Raises
    ------
    EnvironmentFault
        For every OSError inside.
    """
    try:
        yield
    except OSError as error:
        culprit, why = _culprit(error, what), error.strerror or str(error)
        if (closed := _closed(error, culprit)) is not None:
            raise EnvironmentFault(both("fault.closed", folder=closed, why=why)) from error
        found = _probed(what, needs()) if error.errno is None else ""
        room = _room(what, needs()) if found or error.errno in FULL else ""
        why = f"{why}: {found}" if found else why
        raise EnvironmentFault(f"{culprit}: {why}{room}") from error


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Write a file whole or not at all: fill the path given, which then takes the target's place.

    The path is hidden and beside the target; its name is fixed, so that what a killed process
    left is overwritten by the next. Callers hold a lock where two could write the same target.

    Raises
    ------
    EnvironmentFault
        If the disk refuses; the previous file is then still in its place.
    """
    part = target.with_name(f".wbe-{target.name.removeprefix('.wbe-')}.new")
    with faults(target):
        try:
            yield part
            sync(part)
            rename(part, target)
            sync(target.parent)
        except BaseException:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            raise


def rename(source: Path, target: Path) -> None:
    """Rename, with patience: on Windows a program that reads a file blocks its folder.

    Raises
    ------
    EnvironmentFault
        If the target stays blocked.
    OSError
        If the disk refuses otherwise.
    """
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


def sync(path: Path) -> None:
    """Fsync a file or a folder; Windows syncs files only when writable and no folders."""
    if os.name == "nt" and path.is_dir():
        return
    handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def written(folder: Path) -> int:
    """Bytes of the files in a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _culprit(error: OSError, what: Path) -> Path:
    """The file that could not be written: named by the error, else the last one touched."""
    if isinstance(error.filename, str | Path):
        return Path(error.filename)
    with contextlib.suppress(OSError):
        return max(what.iterdir(), key=lambda file: file.stat().st_mtime_ns, default=what)
    return what


def _closed(error: OSError, culprit: Path) -> Path | None:
    """The folder in which nothing may be written; of hidden files nobody knows."""
    is_ours = culprit.name.startswith(".wbe-")
    if error.errno not in CLOSED or (os.path.isfile(culprit) and not is_ours):
        return None
    above = [path for path in (culprit, *culprit.parents) if os.path.isdir(path)]
    return next((p for p in above if not any(n.startswith(".wbe-") for n in p.parts)), None)


def _probed(what: Path, size: int) -> str:
    """Try the disk where a library failed without an error number; empty if it takes `size`."""
    probe = what / ".wbe-probe" if what.is_dir() else what.with_name(".wbe-probe")
    try:
        with probe.open("wb") as file:
            file.write(bytes(size))
    except OSError as error:
        return str(error.strerror) if error.errno in FULL else ""
    finally:
        with contextlib.suppress(OSError):
            probe.unlink(missing_ok=True)
    return ""


def _room(path: Path, needs: int) -> str:
    """How much room is needed and left, for the message of a full disk."""
    needed = f"about {max(needs, LEAST):,} bytes are needed"
    folder = next((p for p in (path, *path.parents) if p.is_dir()), None)
    if folder is not None:
        with contextlib.suppress(OSError):
            return f" ({needed}, {shutil.disk_usage(folder).free:,} are free)"
    return f" ({needed})"
