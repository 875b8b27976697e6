"""Made-up tiers and a publication of them."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest


@pytest.fixture(scope="session")
def made_up() -> SimpleNamespace:
    """Return the builders of made-up tiers and publications."""
    folder = Path(__file__).parents[1] / "unit"
    tiers = runpy.run_path(str(folder / "plot" / "made_up.py"))
    pages = runpy.run_path(str(folder / "report" / "made_up_page.py"))
    return SimpleNamespace(**{**tiers, **pages})
