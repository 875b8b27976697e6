"""Two small campaigns, and what an uninterrupted run makes of them."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import trials

ROOT = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the table out where no process can be forked."""
    if hasattr(os, "fork") and Path("/proc/self/fd").exists():
        return
    for item in items:
        if item.path.is_relative_to(ROOT):
            item.add_marker(pytest.mark.skip(reason="needs fork and /proc"))


@dataclass(frozen=True)
class Pair:
    """A batch of two campaigns in a folder of their own.

    Parameters
    ----------
    base : Path
        Holds the campaigns ``a`` and ``b``; every trial writes to a folder beside them.
    whole, old : dict of str to str
        Trees of uninterrupted runs: as configured, and with another seed.
    seconds : float
        How long an uninterrupted run takes here and now [s].
    recall : callable
        Lets a child take the results as computed before; see `trials.recalled`.
    """

    base: Path
    whole: dict[str, str]
    old: dict[str, str]
    seconds: float
    recall: Callable[[], None]

    @property
    def command(self) -> tuple[object, ...]:
        """The batch, but for its --out."""
        return "run", self.base / "a", self.base / "b"

    def out(self, i: object, *, old: bool = False) -> Path:
        """A new --out, on request with the results of an older run in it."""
        out = self.base / f"out-{i}"
        if old:
            shutil.copytree(self.base / "old", out)
        return out

    def resumed(self, out: Path, before: Callable[[], object] = lambda: None) -> str:
        """Resume in a folder; what is wrong with the tree then, and remove it if nothing."""
        wrong = trials.unsound(out)
        end = trials.wbe(*self.command, "--out", out, "--resume", before=before)
        if end.code or "Traceback" in end.err:
            wrong += f" resuming ended with {end.code}: {end.err}"
        wrong += trials.differing(trials.tree(out), self.whole)
        if not wrong:
            shutil.rmtree(out)
        return wrong


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder in which everybody may write; those of pytest are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="wbe-faults-"))
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """The batch that is killed, stopped and starved."""
    trials.warm()
    base = tmp_path_factory.mktemp("pair")
    names = [trials.campaign(base / name) for name in "ab"]
    lasted = []
    for out, options in (("old", ("--seed", 7)), ("whole", ())):
        started = time.monotonic()
        end = trials.wbe("run", *names, "--out", base / out, *options)
        lasted.append(time.monotonic() - started)
        assert end.code == 0, end.err
    whole, old = (trials.tree(base / name) for name in ("whole", "old"))
    assert set(whole) == set(old) and trials.differing(whole, old)
    return Pair(base, whole, old, min(lasted), trials.recalled(*names))
