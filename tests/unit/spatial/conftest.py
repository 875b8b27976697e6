"""One small county of four towns and two drugs, shared by the tests of tiers and orders."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from builders import build_samples

from wbe.recipes import estimate
from wbe.spatial import by_area, locate


@pytest.fixture(scope="session")
def county_result() -> Any:
    """Four towns of four open-channel points in one round, far enough apart to be ranked."""
    rng = np.random.default_rng(11)
    level = np.repeat([5.0, 6.0, 7.5, 9.0], 4)
    read = {
        drug: np.exp(level + shift + 0.4 * rng.normal(size=16)).tolist()
        for drug, shift in (("methamphetamine", 0.0), ("MDMA", -1.0))
    }
    samples = build_samples(
        read,
        site=[f"{t}{k}" for t in "ABCD" for k in range(4)],
        area=[t for t in "ABCD" for _ in range(4)],
        matrix="open_channel", mode="grab", flow=np.nan, population=20_000.0, round="2018Q1",
    )  # fmt: skip
    return estimate(locate(samples), draws=4_000, markers={"water": "150 L/day/inhabitant"})


@pytest.fixture(scope="session")
def county_values(county_result: Any) -> Any:
    """Their area values of load and consumption."""
    return by_area(county_result)
