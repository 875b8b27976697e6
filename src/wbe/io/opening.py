"""Files that do not let themselves be read: findings of theirs, unless the machine is at fault."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

from wbe.errors import EnvironmentFault
from wbe.io.text import Refused

#: Too many open files, no memory: left out for these, files would be missing at random.
_OF_THE_MACHINE = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)


#: Rules of files of which nothing was read.
UNREAD = ("is_directory", "file_not_found", "file_unreadable")


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn an operating system's no while a file is read into a refusal of this file.

    Parameters
    ----------
    path : Path
        The file, for messages.

    Raises
    ------
    Refused
        ``file_not_found``, or ``file_unreadable`` with the reason.
    EnvironmentFault
        If any other file would meet the same.
    """
    try:
        yield
    except FileNotFoundError:
        raise Refused("file_not_found") from None
    except OSError as error:
        why = error.strerror or str(error)
        if error.errno in _OF_THE_MACHINE:
            raise EnvironmentFault(f"{path.name}: cannot be read ({why})") from error
        raise Refused("file_unreadable", reason=why) from None


def bytes_of(path: Path) -> bytes:
    """Read a file whole.

    Raises
    ------
    Refused
        ``is_directory``, and as `reading`.
    EnvironmentFault
        As `reading`.
    """
    with reading(path):
        if path.is_dir():
            raise Refused("is_directory")
        return path.read_bytes()
