from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import xarray as xr

from wbe.findings import Findings
from wbe.io import instruments
from wbe.io.read import read_sources
from wbe.io.sources import Source, open_source

ROOT = Path(__file__).resolve().parents[4]
SAMPLES = ROOT / "data" / "samples" / "instruments"
sys.path.insert(0, str(SAMPLES))

Read = tuple[xr.Dataset, Findings, Source]


def read_export(path: Path, **options: object) -> Read:
    """Samples, findings and source of one export."""
    findings = Findings()
    given = instruments.Options(**options)  # type: ignore[arg-type]
    source = open_source(path, path.name, findings, None, instrument=given)
    samples = read_sources([source], findings)
    return samples, findings, source


@pytest.fixture
def read() -> Callable[..., Read]:
    return read_export


@pytest.fixture
def samples_folder() -> Path:
    return SAMPLES
