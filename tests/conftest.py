"""Fixtures that several folders share; the builders themselves are in ``builders.py``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from builders import build_areas, build_samples, build_sites, reference_file
from postgres import postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]  # fixtures of every folder

ROOT = Path(__file__).resolve().parent.parent
OFFLINE = ROOT / "tests" / "offline"
sys.path.insert(0, str(OFFLINE))

import netguard  # noqa: E402

netguard.install()

# Derandomised everywhere: a property either holds for the same examples for everybody or fails
# for everybody. `--hypothesis-profile=search` looks for new counterexamples.
hypothesis.settings.register_profile(
    "repeatable", derandomize=True, deadline=None, max_examples=60, database=None
)
hypothesis.settings.register_profile("search", deadline=None, max_examples=1000)
hypothesis.settings.load_profile("repeatable")


@pytest.fixture(scope="session", autouse=True)
def no_network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let no test ask a network, nor a Python that it starts; at the end no one has tried."""
    log = tmp_path_factory.mktemp("network") / "attempts.txt"
    paths = [str(OFFLINE), *filter(None, [os.environ.get("PYTHONPATH")])]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(netguard.LOG, str(log))
        patch.setenv("PYTHONPATH", os.pathsep.join(paths))
        yield
    assert not log.exists(), f"tests asked a network:\n{log.read_text(encoding='utf-8')}"


@pytest.fixture(scope="session")
def samples() -> Callable[..., Any]:
    """Return the builder of a samples Dataset."""
    return build_samples


@pytest.fixture(scope="session")
def sites() -> Callable[..., Any]:
    """Return the builder of a sites table."""
    return build_sites


@pytest.fixture(scope="session")
def areas() -> Callable[..., Any]:
    """Return the builder of an areas table."""
    return build_areas


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the folder of the project."""
    return ROOT


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """Return the folder of published tables that are too large to be copied into the project."""
    return reference_file()
