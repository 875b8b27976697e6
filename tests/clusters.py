"""A small cluster inside the process of the tests, on the loopback alone.

The network guard (``offline/netguard.py``) lets processes talk to their own machine; a cluster
here listens on 127.0.0.1 and asks nobody else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

WITHOUT = "needs the extra `distributed`"


@contextmanager
def threads(workers: int = 2) -> Iterator[Any]:
    """Workers as threads of this process: quick to start; what is sent is still pickled."""
    library = pytest.importorskip("distributed", reason=WITHOUT)
    with library.LocalCluster(
        n_workers=workers, threads_per_worker=1, processes=False, protocol="tcp",
        host="127.0.0.1", dashboard_address="127.0.0.1:0", scheduler_kwargs={"dashboard": False},
    ) as cluster:  # fmt: skip
        yield cluster


@contextmanager
def client(workers: int = 2) -> Iterator[Any]:
    """A client of such a cluster."""
    with threads(workers) as cluster, cluster.get_client() as connected:
        yield connected
