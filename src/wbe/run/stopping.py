"""Asked to end: a signal unwinds the work, whatever a library makes of it on the way.

The handler raises `Stopped` wherever the program is. Code that it interrupts may lose it: Python
drops what a finaliser raises, and C code may turn it into an error of its own. Handlers of such
errors therefore ask `pulse` first, and so does every step of the work.
"""

from __future__ import annotations

import signal
from types import FrameType
from typing import NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM)
#: The last request to end, if there was one.
_asked: Stopped | None = None


class Stopped(BaseException):
    """The process was asked to end; unwinds so that nothing half done stays behind.

    Parameters
    ----------
    number : int
        Number of the signal; the exit code is 128 more (130 interrupted, 143 terminated).

    Attributes
    ----------
    kept : str
        What stands, in words for people; whoever knows fills it in while unwinding.
    """

    def __init__(self, number: int):
        super().__init__(number)
        self.exit_code = 128 + number
        self.kept = ""


def listen() -> None:
    """Let signals stop the work from now on."""
    for number in SIGNALS:
        signal.signal(number, stop)


def ignore() -> None:
    """The work is done or undone: a further signal has nothing to stop."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def stop(number: int, frame: FrameType | None) -> NoReturn:
    """Handle a signal: remember it, and end the work."""
    global _asked
    _asked = Stopped(number)
    raise _asked


def asked() -> Stopped | None:
    """The request to end, if there was one."""
    return _asked


def pulse() -> None:
    """End the work if it was asked to.

    Raises
    ------
    Stopped
    """
    if _asked is not None:
        raise _asked
