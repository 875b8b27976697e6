"""Made-up tiers for the tests of maps."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest


@pytest.fixture(scope="session")
def made_up() -> SimpleNamespace:
    """Return the builders of made-up tiers: ``county`` and ``cities``."""
    return SimpleNamespace(**runpy.run_path(str(Path(__file__).parent / "made_up.py")))
