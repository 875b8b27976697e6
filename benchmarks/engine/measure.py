"""CPU time in turn, and peak memory in processes of their own."""

from __future__ import annotations

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent

Job = Callable[[int], object]
"""Takes the number of the repeat, so that nothing kept from the last one is used again."""


class Times:
    """CPU seconds of jobs that took turns, so that ratios hold while the machine drifts."""

    def __init__(self, jobs: dict[str, Job], repeats: int):
        self.seconds: dict[str, list[float]] = {name: [] for name in jobs}
        for repeat in range(repeats + 1):  # the first time warms caches and compiles
            for name, job in jobs.items():
                before = time.process_time()
                found = job(repeat)
                used = time.process_time() - before
                if isinstance(found, Elsewhere):
                    used = found.seconds
                if repeat:
                    self.seconds[name].append(used)

    def median(self, name: str) -> float:
        """Return the median CPU seconds of a job."""
        return statistics.median(self.seconds[name])

    def ratio(self, of: str, over: str) -> float:
        """Return the median over the repeats of one job's time over another's."""
        pairs = zip(self.seconds[of], self.seconds[over], strict=True)
        return statistics.median(a / b for a, b in pairs)

    def share(self, parts: list[tuple[float, str]], over: str) -> float:
        """Return the median of a weighted sum of jobs over another job."""
        sums = zip(*([w * t for t in self.seconds[name]] for w, name in parts), strict=True)
        totals = zip(map(sum, sums), self.seconds[over], strict=True)
        return statistics.median(a / b for a, b in totals)


@dataclass(frozen=True)
class Elsewhere:
    """CPU seconds that another process used and stated."""

    seconds: float


def peak() -> int:
    """Return the peak memory of this process [bytes].

    Not from `ru_maxrss` where it can be helped: Linux hands that down from the process that
    started this one.
    """
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text(encoding="utf-8").splitlines()
        return 1024 * int(next(line for line in lines if line.startswith("VmHWM")).split()[1])
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def child(*arguments: object) -> dict[str, float]:
    """Return what a fresh process found; see `engine.child`."""
    command = [sys.executable, "-m", "engine.child", *map(str, arguments)]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}:\n{done.stderr}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def machine() -> str:
    """Return the processor, its cores, how busy it is, and the versions."""
    libraries = [f"{name} {_version(name)}" for name in ("numpy", "numba", "dask")]
    load = f"; load before the start {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return (
        f"{_processor()}, {os.cpu_count()} cores{load}; Python {platform.python_version()}, "
        f"{', '.join(libraries)}"
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
