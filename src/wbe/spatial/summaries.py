"""From samples to the numbers of area values: quantiles, bounds and flags."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wbe.backcalc import rows
from wbe.spatial import levels
from wbe.spatial.levels import AreaModel, Level, Members
from wbe.spatial.members import Series, factor_of
from wbe.uncertainty import Stream, blocks, natural

VARIANTS: tuple[rows.Censored, ...] = ("fit", "limit", "zero")
BOUND = 0.001
"""Probability left outside each bound of a value with non-detects.

Smaller than that of the 95 % interval: a town is seen below its limits because this visit was low,
so that 2.5 % would in truth be more. It is that of the errors that a visit shares; the t of the
points stays at 2.5 % (see `AreaModel.bound`)."""

QUANTILES = (BOUND, 0.025, 0.5, 0.975, 1 - BOUND)
_LARGEST = float(np.finfo(np.float64).max)


@dataclass
class Task:
    """One area, round and residue, with the places of its numbers in the Dataset."""

    m: Members
    level: Level
    places: list[tuple[tuple[int, int, int, int], Series]]
    flags: set[str]
    variants: dict[str, AreaModel]
    low: NDArray[np.bool_]
    unknown: bool


def compile_tasks(s: rows.Samples, tasks: list[Task]) -> None:
    """Give each task its models: as fitted, and for non-detects the bounds."""
    usable = [t for t in tasks if "population_missing" not in t.flags]
    for variant in VARIANTS:
        some = [t for t in usable if _wants(t, variant)]
        for task, model in zip(
            some,
            levels.compile_areas(s, tasks[0].level, [t.m for t in some], variant),
            strict=True,
        ):
            task.variants[variant] = model


def _wants(task: Task, variant: rows.Censored) -> bool:
    if variant == "fit":
        return True
    if variant == "limit":
        return bool(task.low.any())
    return bool(task.level.weighted and task.low.any() and not task.low.all())


class Summary(NamedTuple):
    """Quantiles of an area value at `QUANTILES`, and its mean."""

    lowest: float
    lower: float
    value: float
    upper: float
    highest: float
    mean: float

    @classmethod
    def of(cls, quantiles: NDArray[np.float64], mean: float) -> Summary:
        """Return the summary of quantiles at `QUANTILES` and a mean."""
        lowest, lower, value, upper, highest = (float(q) for q in quantiles)
        return cls(lowest, lower, value, upper, highest, mean)


Drawn = dict[tuple[int, str, str], Summary]


def draw_all(tasks: list[Task], n_draws: int, stream: Stream) -> Drawn:
    """Return (task, quantity, variant) -> summary.

    Exact where the marginal has a formula, by draws elsewhere.
    """
    out: Drawn = {}
    kept: dict[tuple[int, str, str], NDArray[np.float64]] = {}
    for t, task in enumerate(tasks):
        for variant, model in task.variants.items():
            for _, series in task.places:
                key = (t, series.quantity + series.drug, variant)
                if model.is_exact:
                    # no mean: Student's t has no exponential moment
                    out[key] = Summary.of(model.exact(series.path, QUANTILES), np.nan)
                else:
                    kept[key] = np.empty(n_draws)
    for block, span in blocks(n_draws):
        used = span.stop - span.start
        factors: dict[tuple[str, str], NDArray[np.float64] | float] = {}
        for t, task in enumerate(tasks):
            for variant, model in task.variants.items():
                if model.is_exact:
                    continue
                x = levels.log_draws_of([model], stream, block)[0]
                for _, series in task.places:
                    name = (series.quantity, series.drug)
                    if name not in factors:
                        factors[name] = factor_of(series, stream, block)
                    kept[t, series.quantity + series.drug, variant][span] = (x + factors[name])[
                        :used
                    ]
    out |= {key: _summary(log) for key, log in kept.items()}
    return _with_bounds(out, tasks)


def _with_bounds(drawn: Drawn, tasks: list[Task]) -> Drawn:
    """Set the upper bounds of geometric county values, and take away means that do not exist."""
    out = dict(drawn)
    for t, task in enumerate(tasks):
        for variant, model in task.variants.items():
            if not model.is_student:
                continue
            for _, series in task.places:
                key = (t, series.quantity + series.drug, variant)
                out[key] = out[key]._replace(mean=np.nan)
                if variant == "limit":
                    out[key] = out[key]._replace(highest=model.bound(series.path, BOUND))
    return out


def _summary(log: NDArray[np.float64]) -> Summary:
    x = np.sort(natural(log))  # sorted, so that the mean is summed in one order
    if np.isnan(x[-1]):
        return Summary.of(np.full(len(QUANTILES), np.nan), np.nan)
    if x[-1] < _LARGEST / len(x):
        return Summary.of(np.quantile(x, QUANTILES), float(x.mean()))
    # Draws leave the range of numbers: quantiles among them are not told, the mean is infinite.
    reached = x[np.ceil(np.array(QUANTILES) * (len(x) - 1)).astype(np.intp)]
    known = np.quantile(np.minimum(x, _LARGEST), QUANTILES)
    return Summary.of(np.where(np.isinf(reached), np.nan, known), float((x / len(x)).sum()))


def numbers_of(
    s: rows.Samples, task: Task, series: Series, t: int, drawn: Drawn
) -> tuple[dict[str, float], set[str]]:
    """Return the numbers of one area value and its flags."""
    m, flags = task.m, set(task.flags)
    out: dict[str, float] = {
        "n_sites": m.n_sites,
        "n_samples": len(m.i),
        "n_censored": int(task.low.sum()),
    }
    if "population_missing" in flags:
        return out, flags

    def numbers(variant: rows.Censored) -> Summary:
        if variant in task.variants:
            return drawn[t, series.quantity + series.drug, variant]
        which: rows.Censored = "substitute" if variant == "fit" else variant
        value = levels.central(s, task.level, m, which) * series.factor
        return Summary.of(np.full(len(QUANTILES), value), np.nan)

    lower, value, upper, mean = _inner(numbers("fit"))
    if not task.variants or "insufficient_data" in flags:  # no draws: a value without an interval
        out |= {"value": value, "lower": np.nan, "upper": np.nan}
    else:
        out |= {"value": value, "lower": lower, "upper": upper, "mean": mean}
    if not task.low.any():
        return out | {"bound_lower": out["lower"], "bound_upper": out["upper"]}, flags
    out |= _bounds(task, numbers)
    if not task.variants or s.rule != "censored":
        return out, flags | {"nondetects_substituted"}
    if np.isfinite(value):
        return out, flags | {"nondetects_imputed"}
    ends = {"lower": out["bound_lower"], "upper": out["bound_upper"]}
    return out | ends, flags | {"bounds_only"}


def _inner(x: Summary) -> tuple[float, float, float, float]:
    return x.lower, x.value, x.upper, x.mean


def _bounds(task: Task, numbers: Callable[[rows.Censored], Summary]) -> dict[str, float]:
    """All non-detects at zero and at their limit, with the other errors out to `BOUND`."""
    low, high = 0.0, np.nan
    if task.level.weighted and not task.low.all():
        low = numbers("zero").lowest
    if not task.unknown:
        high = numbers("limit").highest
    elif low == 0.0:
        low = np.nan  # between zero and an unknown limit: nothing is known
    return {"bound_lower": low, "bound_upper": high}
