"""Trials of the command line in forked children, which are killed, stopped or starved at will.

The parent imports and warms everything once; a fork then costs milliseconds, so that hundreds of
trials fit into a minute. Children never return: they end in ``os._exit``.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import io
import json
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

NOBODY = 65534
#: A running command: its process, and the pipes of what it says on standard output and error.
Started = tuple[int, int, int]
HEADER = (
    "sample_id,site,area,date,analyte,concentration,unit,lod,flow,flow_unit,population,"
    "population_basis,population_date,matrix,mode"
)
ROW = (
    "{id},{site},{area},2024-01-01,{analyte},{value},ng/L,1,10000,m3/day,20000,served,2023-12-31,"
    "wwtp_influent,composite_24h"
)
CONFIG = """schema = 1
title = "{title} (synthetic)"
[data]
samples = ["lab/*.csv"]
{places}
[estimate]
draws = 20
[tiers]
scheme = "fixed"
breaks = [20, 60]
"""
SITES = "site,name,area,lon,lat,crs\nA,A,a,116,23,wgs84\nB,B,b,116.1,23,wgs84\n"


@dataclass(frozen=True)
class Ended:
    """How a child ended: its exit code, or minus the signal that killed it; and what it said."""

    code: int
    out: str
    err: str
    pid: int


def lab_file(path: Path, *values: float | str, analyte: str = "methamphetamine") -> Path:
    """Write a lab table of one sample a value, sites A, B, ... in areas a, b, ..."""
    rows = [
        ROW.format(
            id=f"{path.stem}-{i}", site=chr(65 + i), area=chr(97 + i), analyte=analyte, value=value
        )
        for i, value in enumerate(values)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([HEADER, *rows, ""]), encoding="utf-8")
    return path


def campaign(folder: Path, *, mapped: bool = False) -> Path:
    """Make a campaign of two samples; with places a map and a GeoPackage are written too."""
    lab_file(folder / "lab" / "two.csv", 100, 200)
    places = 'sites = "sites.csv"' if mapped else ""
    if mapped:
        (folder / "sites.csv").write_text(SITES, encoding="utf-8")
    text = CONFIG.format(title=folder.name, places=places)
    (folder / "campaign.toml").write_text(text, encoding="utf-8")
    return folder


@cache
def warm() -> None:
    """Import everything and draw one map in this process, so that forks need not."""
    import tqdm  # noqa: F401

    from wbe.run import config, outputs, resume, summary  # noqa: F401

    with tempfile.TemporaryDirectory() as folder:
        made = campaign(Path(folder) / "warm", mapped=True)
        outputs.run(config.load(made), made / "results")
    with tempfile.TemporaryDirectory() as folder:  # what a second run, a batch and a check add
        made = [campaign(Path(folder) / name) for name in "ab"]
        wbe("run", *made, "--resume")
        wbe("check", made[0])
    # Collections in the children then pass over all this, and copy no page for it.
    gc.collect()
    gc.freeze()


def recalled(*campaigns: Path) -> Callable[[], None]:
    """Compute campaigns once, here; what this returns lets a child take the results as they are.

    For trials that are about what happens on the disk, which begins after computing.
    """
    from wbe.run import campaign as module
    from wbe.run import config

    loaded = [config.load(folder) for folder in campaigns]
    known = {found.folder: (found, module.compute(found)) for found in loaded}

    def compute(asked: Any, *, tell: Callable[[str], None], **options: Any) -> Any:
        found, results = known[asked.folder]
        assert asked == found
        for step in module.STEPS:
            tell(step)
        return results

    def before() -> None:
        module.compute = compute

    return before


def both(*steps: Callable[[], object]) -> Callable[[], None]:
    """Do several things before a command."""

    def before() -> None:
        for step in steps:
            step()

    return before


def wbe(*args: object, before: Callable[[], object] = lambda: None, **options: Any) -> Ended:
    """Run one command in a fork and wait for its end."""
    return wait(start(*args, before=before, **options))


def start(
    *args: object,
    before: Callable[[], object] = lambda: None,
    cwd: Path | None = None,
    stdout: int | None = None,
    ready: Callable[[], object] = lambda: None,
) -> Started:
    """Start one command in a fork; `before` runs in the child, `ready` right before the command."""
    (out, to_out), (err, to_err) = _pipe(), _pipe()
    child = os.fork()
    if child:
        os.close(to_out)
        os.close(to_err)
        return child, out, err
    code = 70
    try:
        _redirect(to_out if stdout is None else stdout, to_err)
        if cwd is not None:
            os.chdir(cwd)
        os.environ["SOURCE_DATE_EPOCH"] = "1700000000"
        before()
        ready()
        code = _main([str(arg) for arg in args])
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(BaseException):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def wait(started: Started) -> Ended:
    """Wait for the end of a started command."""
    child, *pipes = started
    _, status = os.waitpid(child, 0)
    said = []
    for pipe in pipes:
        with os.fdopen(pipe, encoding="utf-8", errors="replace") as stream:
            said.append(stream.read())
    return Ended(os.waitstatus_to_exitcode(status), said[0], said[1], child)


def _pipe() -> tuple[int, int]:
    """A pipe that takes what a command says without being read meanwhile; no limit of files."""
    receive, send = os.pipe()
    fcntl.fcntl(send, fcntl.F_SETPIPE_SZ, 1 << 20)
    return receive, send


def _redirect(out: int, err: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.dup2(out, 1)
    os.dup2(err, 2)
    sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), encoding="utf-8")
    sys.stderr = io.TextIOWrapper(io.FileIO(2, "w", closefd=False), encoding="utf-8")
    sys.stdout.reconfigure(line_buffering=True)
    sys.stderr.reconfigure(line_buffering=True)


def _main(args: list[str]) -> int:
    from wbe import cli

    try:
        cli.main(args)
    except SystemExit as end:
        return int(end.code or 0)
    except BaseException as error:  # what the interpreter itself would do
        sys.excepthook(type(error), error, error.__traceback__)
        return 1


def spread(work: Callable[[int], str], count: int) -> list[str]:
    """Do `work` for 0 .. count - 1 over all processors; return what it says, in that order."""
    workers = max(1, min(count, len(os.sched_getaffinity(0))))
    pipes = []
    for first in range(workers):
        receive, send = os.pipe()
        if os.fork() == 0:
            os.close(receive)
            said = {i: _guarded(work, i) for i in range(first, count, workers)}
            with os.fdopen(send, "w", encoding="utf-8") as pipe:
                json.dump(said, pipe)
            os._exit(0)
        os.close(send)
        pipes.append(receive)
    answers: dict[str, str] = {}
    for receive in pipes:
        with os.fdopen(receive, encoding="utf-8") as pipe:
            answers |= json.loads(pipe.read() or "{}")
    for _ in pipes:
        os.wait()
    return [answers.get(str(i), "its worker died") for i in range(count)]


def _guarded(work: Callable[[int], str], i: int) -> str:
    try:
        return work(i)
    except BaseException:  # a fork must never return into the tests of its parent
        return traceback.format_exc()


def tree(folder: Path) -> dict[str, str]:
    """Checksum of every file below a folder, hidden ones and empty folders included."""
    return {
        path.relative_to(folder).as_posix(): (
            sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        )
        for path in sorted(folder.rglob("*"))
    }


def differing(one: dict[str, str], other: dict[str, str]) -> str:
    """Names of what differs between two trees."""
    names = sorted(n for n in {*one, *other} if one.get(n) != other.get(n))
    return f"differing: {', '.join(names)}" if names else ""


def limit_files(size: int, *, deadly: bool = False) -> None:
    """Let no file of this process grow beyond a size: writing more fails, or kills if `deadly`."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL if deadly else signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def drop_privileges() -> None:
    """Become nobody where this process is root, whom no permission stops."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def unsound(out: Path) -> str:
    """What must never be seen below the --out of a batch, whatever happened to its process."""
    from wbe.run import folder, state

    if not out.is_dir():
        return ""
    partial = [f.name for f in out.iterdir() if f.is_dir() and f.name[0] != "."]
    partial = [name for name in partial if not folder.is_whole(out / name)]
    try:
        items = state.read(out)
    except FileNotFoundError:
        items = []
    lost = [i.results for i in items if i.state == state.DONE and not (out / i.results).is_dir()]
    odd = {i.state for i in items} - {state.NOT_STARTED, state.DONE, state.FAILED}
    wrong = {"partial": partial, "done without results": lost, "states": sorted(odd)}
    return "; ".join(f"{what}: {', '.join(names)}" for what, names in wrong.items() if names)


def kill_after(started: Started, seconds: float, number: int = signal.SIGKILL) -> Ended:
    """Send a signal after a while, unless the child ended before."""
    time.sleep(seconds)
    with contextlib.suppress(ProcessLookupError):
        os.kill(started[0], number)
    return wait(started)


def later(*cases: object) -> list[Any]:
    """Cases of a table that only the long tests go through."""
    return [
        pytest.param(*c if isinstance(c, tuple) else (c,), marks=pytest.mark.slow) for c in cases
    ]


def occupied(folder: Path, block: int = 4096) -> int:
    """Bytes that the files of a folder take on a disk of blocks."""
    return sum(-(-file.stat().st_size // block) * block for file in folder.iterdir())
