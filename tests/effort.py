"""How often the long tests repeat what they do.

What is random, or one of thousands, is done for a part of its cases on every change, and for all of
them where the environment variable `WBE_EXHAUSTIVE` is set: ``make exhaustive``, some hours.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

EXHAUSTIVE = bool(os.environ.get("WBE_EXHAUSTIVE"))


def times(usual: int, exhaustive: int) -> int:
    """Number of repetitions: the first, or the second if everything was asked for."""
    return exhaustive if EXHAUSTIVE else usual


def part(cases: Sequence[T], every: int) -> list[T]:
    """Each `every`-th case, or all if everything was asked for."""
    return list(cases) if EXHAUSTIVE else list(cases)[::every]
