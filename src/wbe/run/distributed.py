"""Work on other processes: a cluster of this machine, or one that somebody runs already.

dask is imported only when a call asks for it. Tasks are pure, so a worker that dies costs time and
nothing else: dask does its tasks again elsewhere. A task that kills every worker it meets is given
up by dask after ``distributed.scheduler.allowed-failures`` deaths; it fails alone.
"""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
from collections.abc import Callable, Hashable, Iterator, Mapping
from functools import partial
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from wbe.errors import EnvironmentFault, UsageError

if TYPE_CHECKING:
    import xarray as xr
    from distributed import Client, Future, LocalCluster

#: How long a scheduler may take to answer, and a worker to appear [s].
PATIENCE = 5
#: How long a cluster may take to close [s].
CLOSING = 15
#: Pieces of a campaign for each thread of the workers: some take longer than others.
PIECES = 2

Item = TypeVar("Item", bound=Hashable)
Made = TypeVar("Made")
Tasks = Mapping[Item, tuple[Any, ...]]


@contextlib.contextmanager
def opened(workers: int | None, scheduler: str | None) -> Iterator[Client | None]:
    """Open what a call asks for, and close it at the end, however it ends.

    Parameters
    ----------
    workers : int or None
        Processes to start on this machine; they listen on the loopback alone.
    scheduler : str or None
        Address of a running ``dask scheduler``, such as ``tcp://10.0.0.1:8786``.

    Yields
    ------
    Client or None
        None where neither is asked for; nothing of dask is then imported.

    Raises
    ------
    UsageError
        If both are asked for, the extra is missing, or the address is none.
    EnvironmentFault
        If nobody answers at the address, or no worker is there.
    """
    if workers is None and scheduler is None:
        yield None
        return
    if workers is not None and scheduler is not None:
        raise UsageError("use --workers (processes here) or --scheduler (a cluster), not both")
    require_library()
    connect = partial(_started, workers) if workers is not None else partial(_joined, scheduler)
    with _hushed(), connect() as client:
        yield client


def require_library() -> None:
    """Refuse work on a cluster where dask is not installed.

    Raises
    ------
    UsageError
        Naming the extra.
    """
    try:
        import distributed  # noqa: F401
    except ImportError as error:
        raise UsageError(
            "--workers and --scheduler need the extra `distributed`: "
            "pip install -c constraints.txt -e '.[distributed]'"
        ) from error


@contextlib.contextmanager
def _started(workers: int | None) -> Iterator[Client]:
    """A cluster of processes of this machine; no dashboard, nothing that others can reach."""
    from distributed import Client, LocalCluster

    with contextlib.ExitStack() as closing:
        with _deaf():
            temporary = TemporaryDirectory(prefix="wbe-workers-", ignore_cleanup_errors=True)
            scratch = closing.enter_context(temporary)
            cluster = LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",  # its fixed port might be taken
                scheduler_kwargs={"dashboard": False},
                # left to itself, xarray would connect a worker to its own cluster to write a file
                env={"DASK_SCHEDULER": "synchronous"},
                local_directory=scratch,
                silence_logs=logging.CRITICAL,
            )
            closing.callback(_close, cluster)
            client = closing.enter_context(Client(cluster, set_as_default=False))
        yield client


def _close(cluster: LocalCluster) -> None:
    """Close a cluster; one with a worker that just starts anew may never say that it is closed.

    Its processes end with this one at the latest.
    """
    with contextlib.suppress(TimeoutError):
        cluster.close(timeout=CLOSING)


@contextlib.contextmanager
def _deaf() -> Iterator[None]:
    """Ignore Ctrl-C; processes that start meanwhile go on doing so.

    A terminal sends it to every process. The workers are ours to close: those that answered it
    themselves would print tracebacks, and their nannies would start them anew.
    """
    if threading.current_thread() is not threading.main_thread():  # it hears no signals anyway
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def _joined(scheduler: str | None) -> Iterator[Client]:
    """A cluster that somebody else runs, and goes on running."""
    from distributed import Client

    try:
        client = Client(scheduler, timeout=PATIENCE, set_as_default=False)
    except ValueError as error:
        raise UsageError(f"--scheduler {scheduler}: no address such as tcp://host:8786") from error
    except OSError as error:
        raise EnvironmentFault(f"no scheduler answers at {scheduler}") from error
    with client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError as error:
            raise EnvironmentFault(f"the scheduler at {scheduler} has no workers") from error
        yield client


@contextlib.contextmanager
def _hushed() -> Iterator[None]:
    """What dask would print of dying workers is said once, by whoever asked for the work."""
    names = [name for name in logging.root.manager.loggerDict if name.startswith("distributed")]
    levels = {logger: logger.level for logger in map(logging.getLogger, names)}
    for logger in levels:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in levels.items():
            logger.setLevel(level)


@contextlib.contextmanager
def faults() -> Iterator[None]:
    """Turn what a cluster says into errors that a person understands.

    Raises
    ------
    EnvironmentFault
        If workers died of the work inside, or the scheduler is gone.
    """
    from distributed import KilledWorker
    from distributed.client import CancelledError

    try:
        yield
    except KilledWorker as error:
        raise EnvironmentFault(
            f"its work ended {error.allowed_failures + 1} workers, one after the other; "
            "perhaps it needs more memory than a worker has"
        ) from error
    except CancelledError as error:
        raise EnvironmentFault(
            "the scheduler is gone; what was finished is kept, --resume does the rest"
        ) from error


def threads(client: Client) -> int:
    """Number of tasks that the workers do at a time, at least 1."""
    return max(1, sum(client.nthreads().values()))


def spread(client: Client) -> Callable[..., xr.Dataset]:
    """Return :func:`wbe.estimate`, done by the workers in pieces of the samples.

    Parameters
    ----------
    client : Client
        The samples are sent to its workers: these need no file of the campaign.
    """

    def estimate(samples: xr.Dataset, **options: Any) -> xr.Dataset:
        from wbe import recipes

        size = -(-samples.sizes["sample"] // (PIECES * threads(client)))
        with faults():
            lazy = recipes.estimate(samples.chunk(sample=max(1, size)), **options)
            return lazy.compute(scheduler=client)

    return estimate


def completed(
    client: Client, function: Callable[..., Made], tasks: Tasks[Item]
) -> Iterator[tuple[Item, Callable[[], Made]]]:
    """Do tasks on the workers; give each as it ends.

    Parameters
    ----------
    client : Client
    function : callable
        Pure: it may be done twice.
    tasks : dict
        Arguments of each item.

    Yields
    ------
    tuple of item and callable
        The callable returns the result or raises what the task raised.

    Raises
    ------
    EnvironmentFault
        If the scheduler is gone.

    Notes
    -----
    dask blames all tasks that a dying worker had been given. So no more tasks are out than there
    are threads, and a task that is blamed is done once more, with no other out: what then still
    ends its workers fails, and its neighbours do not.
    """
    blamed = {}
    for item, future in _in_window(client, function, tasks, threads(client)):
        if _is_blamed(future):
            blamed[item] = tasks[item]
        else:
            yield item, partial(_outcome, future)
    for item, future in _in_window(client, function, blamed, 1):
        yield item, partial(_outcome, future)


def _in_window(
    client: Client, function: Callable[..., Made], tasks: Tasks[Item], width: int
) -> Iterator[tuple[Item, Future]]:
    """Submit tasks, at most so many at a time, and give their futures as they end."""
    from distributed import as_completed

    # Others may use the cluster: a key that two calls share would be one task.
    token, waiting = uuid4().hex, list(tasks)
    ended, out = as_completed(loop=client.loop), {}

    def submit() -> None:
        item = waiting.pop(0)
        key = f"wbe-{token}-{len(waiting)}"
        future = client.submit(function, *tasks[item], key=key, pure=False)
        out[future.key] = item
        ended.add(future)

    while waiting and len(out) < width:
        submit()
    for future in ended:
        if future.cancelled():
            with faults():
                future.result()
        if waiting:  # before the caller has its turn, so that no worker waits for it
            submit()
        yield out.pop(future.key), future


def _is_blamed(future: Future) -> bool:
    from distributed import KilledWorker

    return future.status == "error" and isinstance(future.exception(), KilledWorker)


def _outcome(future: Future) -> Any:
    with faults():
        return future.result()
