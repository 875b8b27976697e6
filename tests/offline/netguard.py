"""No test asks a network: every attempt but to this machine itself raises, and is remembered.

An audit hook sees what any Python code asks the operating system for, whichever library it is.
Processes that a test starts get the guard by ``sitecustomize.py`` in this folder and write their
attempts into the file that ``LOG`` names. What C libraries (PROJ, GDAL) would ask is not seen
here: ``tests/unit/test_network.py`` runs the command where there is no network at all.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

LOG = "WBE_TEST_NETWORK_LOG"
#: Event to the place of its address or host.
_EVENTS = {
    "socket.connect": 1, "socket.sendto": 1, "socket.sendmsg": 1, "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0, "socket.gethostbyaddr": 0,
}  # fmt: skip
_LOCAL = getattr(socket, "AF_UNIX", None)


class NetworkBlockedError(OSError):
    """A test asked a network."""


def install() -> None:
    """Watch this process from now on; a hook stays until the process ends.

    The methods are wrapped as well: they resolve a host's name before the hook hears of it.
    """
    sys.addaudithook(_look)
    for name in ("connect", "connect_ex", "sendto"):
        setattr(socket.socket, name, _wrapped(getattr(socket.socket, name)))


def _wrapped(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def asked(self: socket.socket, *arguments: Any) -> Any:
        _look("socket.connect", (self, arguments[-1]))  # the address comes last
        return method(self, *arguments)

    return asked


def _look(event: str, arguments: tuple[Any, ...]) -> None:
    if event not in _EVENTS:
        return
    if _EVENTS[event] == 1 and arguments[0].family == _LOCAL:
        return
    asked = arguments[_EVENTS[event]]
    if _is_here(asked[0] if isinstance(asked, tuple) else asked):
        return
    line = f"{event} {asked!r} in {os.environ.get('PYTEST_CURRENT_TEST', sys.argv[0])}"
    if os.environ.get(LOG):
        with open(os.environ[LOG], "a", encoding="utf-8") as log:
            log.write(line + "\n")
    raise NetworkBlockedError(f"no test may ask a network: {line}")


def _is_here(host: object) -> bool:
    """Whether a host is this machine: a loopback address, its name, or none (connected before)."""
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if name in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(str(name).partition("%")[0]).is_loopback
    except ValueError:
        return False
