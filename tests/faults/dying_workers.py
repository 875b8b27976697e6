"""Loaded by every worker of a trial (``distributed.worker.preload``): some tasks kill it.

``KILL`` says how often, by campaign (``a=1,b=9``) and for the chunks of estimates (``chunk=2``);
``DEATHS`` names the folder in which the deaths are counted, across processes.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from wbe.recipes import chunks
from wbe.run import campaign


def dask_setup(worker: object) -> None:
    """Let the tasks of this worker be deadly."""
    compute, columns = campaign.compute, chunks._columns

    def deadly_compute(config: Any, **options: Any) -> Any:
        _die(config.folder.name)
        return compute(config, **options)

    def deadly_columns(*arguments: Any, **options: Any) -> Any:
        _die("chunk")
        return columns(*arguments, **options)

    campaign.compute, chunks._columns = deadly_compute, deadly_columns


def _die(name: str) -> None:
    wanted = dict(pair.split("=") for pair in os.environ["KILL"].split(","))
    deaths = Path(os.environ["DEATHS"])
    died = len(list(deaths.glob(f"{name}-*")))
    if died < int(wanted.get(name, 0)):
        (deaths / f"{name}-{died}").touch()
        os.kill(os.getpid(), signal.SIGKILL)
