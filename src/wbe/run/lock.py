"""One writer at a time: a lock file that the operating system holds for a living process.

The file says who holds it (process, host, start), for the message of whoever is refused. Whether
it is held, the operating system alone decides: a file left by a process that died, on whatever
host, is free, and the next run takes it over. A share whose mount keeps locks local to each
machine cannot tell machines apart; there, one machine at a time must write.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from wbe.errors import EnvironmentFault, Said
from wbe.run.disk import faults
from wbe.run.words import both

_LOCK_BYTE = 1 << 20  # beyond the content, so that others can still read who holds it (Windows)
#: A holder writes its name right after it has the lock; this long it is waited for [s].
_PATIENCE, _PAUSE = 1.0, 0.02


@contextlib.contextmanager
def held(path: Path, target: Path) -> Iterator[None]:
    """Hold a lock file.

    Parameters
    ----------
    path : Path
        The lock file, hidden.
    target : Path
        What is written under it, for messages.

    Raises
    ------
    EnvironmentFault
        If another process holds it (named by its id), or the place cannot be written.
    """
    with faults(path):
        handle = _acquire(path, target)
    try:
        yield
    finally:
        _release(handle, path)


def _acquire(path: Path, target: Path) -> IO[str]:
    """Open and lock the file; try again if its holder removed it in between."""
    while True:
        handle = path.open("a+", encoding="utf-8")
        if not _lock(handle):
            handle.close()
            raise EnvironmentFault(both("fault.held", holder=_holder(path), target=target))
        if not _is_same_file(handle, path):
            handle.close()
            continue
        try:
            _sign(handle)
        except BaseException:
            _release(handle, path)
            raise
        return handle


def _sign(handle: IO[str]) -> None:
    """Say who holds the lock."""
    started = datetime.now(UTC).isoformat(timespec="seconds")
    who = {"pid": os.getpid(), "host": socket.gethostname(), "start": started}
    handle.truncate(0)
    handle.write(json.dumps(who))
    handle.flush()


def _release(handle: IO[str], path: Path) -> None:
    """Remove the file while it is still held, so that nobody else's is removed."""
    if os.name != "nt":
        with contextlib.suppress(OSError):
            path.unlink()
    with contextlib.suppress(OSError):  # what a full disk did not take is flushed again here
        handle.close()
    if os.name == "nt":  # an open file cannot be removed there, and one that others hold neither
        with contextlib.suppress(OSError):
            path.unlink()


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


def _holder(path: Path) -> Said:
    """Who holds the lock, in words; waits a moment for a holder that has not signed yet."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        try:
            who = json.loads(path.read_text(encoding="utf-8"))
            return both("fault.holder", pid=who["pid"], host=who["host"], start=who["start"])
        except FileNotFoundError:
            break
        except (OSError, ValueError, KeyError, TypeError):
            time.sleep(_PAUSE)
    return both("fault.somebody")
