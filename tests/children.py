"""Reading a file of the corpus in a forked child that may use only so much time and memory."""

from __future__ import annotations

import os
import resource
import signal
import traceback

from corpus import Case, read_case

CPU_SECONDS = 10
WALL_SECONDS = 60
MEGABYTES = 500


def read_in_child(case: Case) -> str:
    """Read a case in a fork; "" if it stayed within the limits, else what went wrong."""
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(receive)
        os.write(send, _read_here(case).encode()[:4096])
        os._exit(0)
    os.close(send)
    with os.fdopen(receive, "rb") as pipe:
        said = pipe.read().decode()
    _, status = os.waitpid(child, 0)
    return said or (f"ended with status {status}" if status else "")


def _read_here(case: Case) -> str:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    signal.alarm(WALL_SECONDS)
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        read_case(case)
    except BaseException:  # a fork must never return into the tests of its parent
        return traceback.format_exc()
    used = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base) / 1024
    return f"{used:.0f} MB" if used > MEGABYTES else ""
