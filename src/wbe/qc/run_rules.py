"""Run rules of control charts by name: what pattern of scores asks for action."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from wbe.errors import UsageError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def rule_names(rules: str | Sequence[str]) -> tuple[str, ...]:
    """Return the rules of a set, or check names of rules.

    Raises
    ------
    UsageError
        If the set or a rule is unknown, or there is none.
    """
    if isinstance(rules, str):
        if rules in RUN_RULE_SETS:
            return RUN_RULE_SETS[rules]
        rules = (rules,)
    if unknown := [name for name in rules if name not in RUN_RULES]:
        sets, all_rules = ", ".join(RUN_RULE_SETS), ", ".join(RUN_RULES)
        raise UsageError(f"no rule {unknown[0]!r}; sets: {sets}; rules: {all_rules}")
    if not rules:
        raise UsageError("a chart needs at least one rule")
    return tuple(rules)


def _in_window(hit: Bools, needed: int, size: int) -> Bools:
    """Points that are a hit and complete `needed` hits within the last `size` points."""
    total = np.cumsum(hit, axis=-1)
    before = np.zeros_like(total)
    before[..., size:] = total[..., :-size]
    return np.asarray(hit & (total - before >= needed))


def _same_side(limit: float, needed: int, size: int) -> Callable[[Floats], Bools]:
    def rule(z: Floats) -> Bools:
        high, low = (_in_window(side * z > limit, needed, size) for side in (1, -1))
        return np.asarray(high | low)

    return rule


def _either_side(needed: int, within: bool) -> Callable[[Floats], Bools]:
    def rule(z: Floats) -> Bools:
        hit = np.abs(z) < 1 if within else np.abs(z) > 1
        return _in_window(hit, needed, needed)

    return rule


def _steps(z: Floats) -> Floats:
    """Sign of each point's change from the one before; 0 for the first."""
    return np.sign(np.diff(z, axis=-1, prepend=z[..., :1]))


def _trend(z: Floats) -> Bools:
    step = _steps(z)
    return np.asarray(_in_window(step > 0, 5, 5) | _in_window(step < 0, 5, 5))


def _alternating(z: Floats) -> Bools:
    step = _steps(z)
    turns = step * np.concatenate([np.zeros_like(step[..., :1]), step[..., :-1]], axis=-1) < 0
    return _in_window(turns, 12, 12)


def _jump(z: Floats) -> Bools:
    before = np.concatenate([np.zeros_like(z[..., :1]), z[..., :-1]], axis=-1)
    return np.asarray(((z > 2) & (before < -2)) | ((z < -2) & (before > 2)))


RUN_RULES: Final[Mapping[str, Callable[[Floats], Bools]]] = MappingProxyType({
    "one_beyond_2s": _same_side(2, 1, 1),
    "one_beyond_3s": _same_side(3, 1, 1),
    "two_of_three_beyond_2s": _same_side(2, 2, 3),
    "four_of_five_beyond_1s": _same_side(1, 4, 5),
    "eight_on_one_side": _same_side(0, 8, 8),
    "nine_on_one_side": _same_side(0, 9, 9),
    "ten_on_one_side": _same_side(0, 10, 10),
    "six_rising_or_falling": _trend,
    "fourteen_alternating": _alternating,
    "fifteen_within_1s": _either_side(15, True),
    "eight_beyond_1s": _either_side(8, False),
    "two_beyond_2s": _same_side(2, 2, 2),
    "four_beyond_1s": _same_side(1, 4, 4),
    "two_apart_beyond_4s": _jump,
})  # fmt: skip
"""Rules by name: scores (..., point) -> points at which a run is complete.

``two_apart_beyond_4s`` is Westgard's R_4s: one value beyond 2 sd and the next beyond 2 sd on the
other side.
"""

RUN_RULE_SETS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({
    "western_electric": (
        "one_beyond_3s", "two_of_three_beyond_2s", "four_of_five_beyond_1s", "eight_on_one_side",
    ),
    "nelson": (
        "one_beyond_3s", "nine_on_one_side", "six_rising_or_falling", "fourteen_alternating",
        "two_of_three_beyond_2s", "four_of_five_beyond_1s", "fifteen_within_1s", "eight_beyond_1s",
    ),
    "westgard": (
        "one_beyond_3s", "two_beyond_2s", "two_apart_beyond_4s", "four_beyond_1s",
        "ten_on_one_side",
    ),
})  # fmt: skip
"""Named sets of rules."""
