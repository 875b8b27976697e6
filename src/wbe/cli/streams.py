"""Where the command line prints: streams that never fail, and the language of errors."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TextIO

from wbe.run import stopping


@dataclass
class Console:
    """What holds for the whole process.

    Attributes
    ----------
    lang : str
        Language of errors: ``en``, or what the command or the campaign says.
    unsaid : bool
        Whether a result could not be printed.
    """

    lang: str = "en"
    unsaid: bool = False


console = Console()


def prepare() -> None:
    """Let the streams never fail on a narrow encoding."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def echo(text: str) -> None:
    """Print a result; a reader that went away (``| head``) changes neither work nor exit code."""
    stopping.pulse()  # what was computed after a swallowed stop may lack something
    try:
        print(text, flush=True)
    except BrokenPipeError:
        _silence(sys.stdout)
    except OSError as error:  # a full disk below a redirect
        _silence(sys.stdout)
        console.unsaid = True
        warn(f"wbe: standard output: {error.strerror}")


def warn(text: str) -> None:
    """Print a message; nobody is left to hear that it could not be printed."""
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        _silence(sys.stderr)


def _silence(stream: TextIO) -> None:
    """Let the rest of a stream go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
