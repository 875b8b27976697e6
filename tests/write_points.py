"""Every point at which a command changes the disk: counted, and one of them made the last."""

from __future__ import annotations

import builtins
import errno
import io
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from trials import wbe


class Points:
    """Counts every point at which a child changes the disk below a folder, and acts at one of them.

    Points are: opening for writing, every write (of which half is done), fsync, rename, making
    and removing of files and folders. C libraries that write by themselves show only their open.

    Parameters
    ----------
    root : Path
        Changes elsewhere do not count.
    at : int
        The point at which to act, from 1; 0: never.
    act : callable
        What to do there; the default kills the process as ``kill -9`` does.
    room : int, optional
        Bytes after which every write fails as on a full disk.
    """

    def __init__(
        self,
        root: Path,
        at: int = 0,
        act: Callable[[], object] = lambda: os.kill(os.getpid(), signal.SIGKILL),
        room: int | None = None,
    ) -> None:
        self.root, self.at, self.act, self.room = str(root), at, act, room
        self.seen: list[tuple[str, str]] = []
        self._files: dict[int, str] = {}

    def install(self) -> None:
        """Hook this process; there is no way back."""
        fsync, original = os.fsync, io.open

        def synced(handle: int) -> None:
            self.point("fsync", os.readlink(f"/proc/self/fd/{handle}"))
            fsync(handle)

        def opened(file: Any, mode: str = "r", buffering: int = -1, *args: Any, **rest: Any) -> Any:
            if not set("wax+") & set(mode) or not self._is_ours(file) or buffering == 0:
                return original(file, mode, buffering, *args, **rest)
            return self._open(file, mode, *args, **rest)

        os.fsync, io.open, builtins.open = synced, opened, opened  # type: ignore[assignment]
        sys.addaudithook(self._audit)

    def point(self, event: str, path: object) -> bool:
        """Note a point; True if it is the one to act at (for acts that return)."""
        if not self._is_ours(path):
            return False
        self.seen.append((event, os.fspath(path)))
        if len(self.seen) != self.at:
            return False
        self.act()
        return True

    def _is_ours(self, path: object) -> bool:
        return isinstance(path, str | os.PathLike) and os.fspath(path).startswith(self.root)

    def _audit(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(args[2], int):
            if args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                self.point("open", args[0])
        elif event in ("os.rename", "os.mkdir", "os.remove", "os.rmdir"):
            self.point(event, args[0])

    def _open(self, file: Any, mode: str, *args: Any, **rest: Any) -> Any:
        raw = _Watched(file, mode.replace("b", "").replace("t", ""), self)
        buffer = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        if "b" in mode:
            return buffer
        return io.TextIOWrapper(buffer, *args, **rest)


class _Watched(io.FileIO):
    """A file whose every write is a point; the write at which the process dies is torn."""

    def __init__(self, file: Any, mode: str, points: Points) -> None:
        self.points = points
        super().__init__(file, mode)

    def write(self, data: Any) -> int:
        points, path = self.points, os.fspath(self.name)
        if len(points.seen) + 1 == points.at:
            super().write(bytes(data)[: len(data) // 2])
        points.point("write", path)
        if points.room is not None:
            points.room -= len(data)
            if points.room < 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(data)


def count_points(root: Path, *args: object) -> list[tuple[str, str]]:
    """Run a command once and return the points that it passes."""
    found = root.parent / f"{root.name}-points.json"

    def hooked() -> None:
        points = Points(root)
        points.install()
        end = os._exit

        def told(code: int) -> None:
            found.write_text(json.dumps(points.seen), encoding="utf-8")
            end(code)

        os._exit = told  # type: ignore[assignment]

    ended = wbe(*args, before=hooked)
    assert ended.code == 0, ended.err
    seen = json.loads(found.read_text(encoding="utf-8"))
    found.unlink()
    return [(event, path) for event, path in seen]
