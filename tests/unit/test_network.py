"""Nothing here asks a network: the guard of the tests, PROJ, and a run where there is none."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import netguard
import pytest

#: No host answers at these: set aside for documentation.
NOWHERE = ("192.0.2.1", "2001:db8::1", "host.example.org")
ASK = """
import socket, sys
kind, host = sys.argv[1:]
family = socket.AF_INET6 if ":" in host else socket.AF_INET
if kind == "connect":
    socket.socket(family).connect((host, 9))
elif kind == "send":
    socket.socket(family, socket.SOCK_DGRAM).sendto(b"x", (host, 9))
else:
    getattr(socket, kind)(host, *([9] if kind == "getaddrinfo" else []))
"""


def started(code: str, *arguments: str, log: Path, **world: str) -> subprocess.CompletedProcess:
    """Run Python under the guard, which it finds through PYTHONPATH."""
    environment = {**os.environ, netguard.LOG: str(log), **world}
    return subprocess.run([sys.executable, "-c", code, *arguments], env=environment, check=False,
                          capture_output=True, text=True, encoding="utf-8",
                          timeout=300)  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "host"),
    [
        ("connect", NOWHERE[0]), ("connect", NOWHERE[1]), ("connect", NOWHERE[2]),
        ("send", NOWHERE[0]), ("getaddrinfo", NOWHERE[2]), ("gethostbyname", NOWHERE[2]),
    ],
)  # fmt: skip
def test_the_guard_stops_and_remembers(kind: str, host: str, tmp_path: Path) -> None:
    done = started(ASK, kind, host, log=tmp_path / "log")
    assert done.returncode == 1 and "NetworkBlockedError" in done.stderr
    assert host in (tmp_path / "log").read_text(encoding="utf-8")


def test_this_machine_may_be_asked(tmp_path: Path) -> None:
    """Kernels of notebooks and workers talk over the loopback."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(("localhost", server.getsockname()[1])):
            pass
        done = started(ASK, "getaddrinfo", "localhost", log=tmp_path / "log")
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "log").exists()
    if hasattr(socket, "AF_UNIX"):
        one, other = socket.socketpair(socket.AF_UNIX)
        one.close()
        other.close()


@pytest.mark.parametrize("first", ["wbe, pyproj", "pyproj, wbe"])
def test_proj_fetches_no_grids(first: str, tmp_path: Path) -> None:
    """Also where the user's settings say so, and where pyproj was loaded before."""
    code = f"import {first}, pyproj.network as n; print(n.is_network_enabled())"
    done = started(code, log=tmp_path / "log", PROJ_NETWORK="ON")
    assert done.stdout.strip() == "False", done.stderr


def without_network() -> list[str] | None:
    """The command that runs another without any network but the loopback; None if not allowed."""
    unshare = shutil.which("unshare")
    for options in (["-n"], ["-r", "-n"]):
        if unshare:
            tried = subprocess.run([unshare, *options, "true"], capture_output=True, check=False)
            if tried.returncode == 0:
                return [unshare, *options]
    return None


def test_a_run_asks_nobody(root: Path, tmp_path: Path) -> None:
    """The demo runs in a network namespace of its own where the kernel allows it, and everywhere
    under the guard; what it writes is what it writes with a network.
    """
    alone = without_network()
    print("network namespace of its own" if alone else "guard of the tests alone")
    campaign = shutil.copytree(root / "data" / "samples" / "example-county", tmp_path / "county",
                               ignore=shutil.ignore_patterns("results"))  # fmt: skip
    command = [sys.executable, "-m", "wbe.cli", "run", str(campaign), "--draws", "100", "--out"]
    log = tmp_path / "log"
    written = {}
    for name, before in (("alone", alone or []), ("among-others", [])):
        done = subprocess.run(
            [*before, *command, str(tmp_path / name)], env={**os.environ, netguard.LOG: str(log)},
            capture_output=True, text=True, encoding="utf-8", timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        written[name] = {
            path.name: path.read_bytes() for path in (tmp_path / name).iterdir()
            if path.name != "run.json"
        }  # fmt: skip
    assert not log.exists()
    assert written["alone"] == written["among-others"]
    assert {"report.html", "map.png", "areas.gpkg"} <= set(written["alone"])
