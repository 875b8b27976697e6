"""A PostgreSQL server with PostGIS that the tests start themselves, and a database for each test.

The server listens on 127.0.0.1, on a free port, and lives in a temporary folder; every pytest
worker that asks for one gets its own. Where the programs or PostGIS are absent (Debian:
``postgresql`` and ``postgresql-<version>-postgis-3``) the tests skip.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest

PROGRAMS, EXTENSIONS = Path("/usr/lib/postgresql"), Path("/usr/share/postgresql")
#: The owner of the server's files: PostgreSQL refuses to run as root.
OWNER = "postgres"
USER, PASSWORD = "wbe", "s3cret-of-the-tests"
TEMPLATE = "with_postgis"
START_SECONDS = 60
#: Fits a small machine and the connections of 50 processes.
SETTINGS = {
    "listen_addresses": "127.0.0.1", "max_connections": "120", "shared_buffers": "16MB",
    "dynamic_shared_memory_type": "mmap", "autovacuum": "off", "timezone": "UTC",
}  # fmt: skip
#: Not for tests of a server that is killed: what it said is stored must be stored.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass
class Server:
    """A server in a folder of its own; `start` again after `kill` recovers as after a crash."""

    programs: Path
    folder: Path
    settings: dict[str, str]
    port: int = 0
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def url(self, database: str = "postgres", *, driver: str = "postgresql+psycopg") -> str:
        """The address of a database, password included."""
        return f"{driver}://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def create(self) -> None:
        """Make the folder of a new server."""
        secret = self.folder / "password"
        secret.write_text(PASSWORD, encoding="utf-8")
        if os.geteuid() == 0:
            for path in (self.folder, secret):
                shutil.chown(path, OWNER)
        options = ["--no-sync", "--encoding=UTF8", "--locale=C", "--auth=scram-sha-256"]
        account = [f"--username={USER}", f"--pwfile={secret}"]
        self._run("initdb", *options, *account, self.folder / "data")

    def start(self) -> None:
        """Start it, on the port it had before if it had one, and wait until it answers."""
        self.port = self.port or _free_port()
        options = [f"-c{k}={v}" for k, v in {**SETTINGS, **self.settings}.items()]
        command = [self.programs / "postgres", "-D", self.folder / "data", f"-p{self.port}",
                   f"-cunix_socket_directories={self.folder}", *options]  # fmt: skip
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                start_new_session=True, preexec_fn=_die_with_parent, **_as_owner(),
            )  # fmt: skip
        self._wait()

    def kill(self) -> None:
        """Kill it and its children as a power cut would."""
        assert self.process is not None
        children = _children(self.process.pid)
        for pid in (self.process.pid, *children):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        _until_gone(children)

    def stop(self) -> None:
        """End it; nothing in it is wanted any more."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(timeout=START_SECONDS)

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Run one statement outside of a transaction."""
        import psycopg

        url = self.url(database, driver="postgresql")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(statement.encode())

    @contextlib.contextmanager
    def database(self) -> Iterator[str]:
        """A new database with PostGIS, dropped at the end; yield its address."""
        name = f"test_{uuid4().hex[:12]}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        try:
            yield self.url(name)
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _run(self, program: str, *arguments: str | Path) -> None:
        done = subprocess.run(
            [self.programs / program, *arguments], capture_output=True, cwd=self.folder,
            **_as_owner(),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode(errors="replace")

    def _wait(self) -> None:
        import psycopg

        assert self.process is not None
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                return self.execute("SELECT 1")
            except psycopg.OperationalError:
                ended = self.process.poll() is not None
                if ended or time.monotonic() > until:
                    said = self.log.read_text(encoding="utf-8", errors="replace")
                    raise AssertionError(f"PostgreSQL did not start:\n{said[-3000:]}") from None
                time.sleep(0.05)


@contextlib.contextmanager
def server(*, fast: bool = True) -> Iterator[Server]:
    """Run a server with a template database that has PostGIS.

    Parameters
    ----------
    fast : bool
        Without waiting for the disk; False where the server itself is killed.
    """
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="wbe-pg-"))  # short: the socket's path has 107 bytes
    own = Server(programs, folder, FAST if fast else {})
    try:
        own.create()
        own.start()
        own.execute(f"CREATE DATABASE {TEMPLATE}")
        own.execute("CREATE EXTENSION postgis", TEMPLATE)
        yield own
    finally:
        own.stop()
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """The server of this pytest worker; skips where PostgreSQL or PostGIS is absent."""
    with server() as own:
        yield own


@pytest.fixture
def postgres_url(postgres_server: Server) -> Iterator[str]:
    """The address (postgresql+psycopg://...) of a new, empty database with PostGIS."""
    with postgres_server.database() as url:
        yield url


def _programs() -> Path:
    """The folder of the newest server that PostGIS is installed for."""
    for module in ("sqlalchemy", "psycopg"):
        pytest.importorskip(module)
    if sys.platform == "win32":
        pytest.skip("the test server of PostgreSQL is started as on Debian")
    found = sorted(PROGRAMS.glob("*/bin/postgres"), key=lambda p: float(p.parts[-3]))
    if not found:
        pytest.skip(f"no PostgreSQL server in {PROGRAMS}: apt-get install postgresql")
    fit = [p for p in found if (EXTENSIONS / p.parts[-3] / "extension/postgis.control").is_file()]
    if not fit:
        version = found[-1].parts[-3]
        pytest.skip(f"no PostGIS: apt-get install postgresql-{version}-postgis-3")
    return fit[-1].parent


def _as_owner() -> dict[str, object]:
    """Arguments of a process that runs as the owner of the server's files."""
    if os.geteuid() != 0:
        return {}
    return {"user": OWNER, "group": OWNER, "extra_groups": []}


def _die_with_parent() -> None:
    """Ask Linux to end this process with pytest, whatever ends that."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGQUIT)  # 1: PR_SET_PDEATHSIG


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _children(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True)
    return [int(word) for word in listed.stdout.split()]


def _until_gone(pids: list[int]) -> None:
    """Wait for processes that are not our children: their memory belongs to the old server."""
    until = time.monotonic() + START_SECONDS
    while any(Path(f"/proc/{pid}").exists() for pid in pids) and time.monotonic() < until:
        time.sleep(0.01)
