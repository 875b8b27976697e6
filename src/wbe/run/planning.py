"""``wbe plan``: how many days, points or minutes, as text, CSV or JSON, and as a picture."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from wbe import names
from wbe.errors import UsageError
from wbe.run import disk, summary
from wbe.run.words import both

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure

    from wbe.plot.plan_words import Plan

PICTURES: Final = (".png", ".svg")

#: Rows of the printed table, where the plan has them; CSV and JSON hold every row.
_SHOWN: Final = frozenset(
    (*range(1, 9), 10, 12, 14, 15, 20, 21, 28, 30, 42, 56, 60, 90, 91, 120, 180, 182, 240, 364,
     365)
)  # fmt: skip
#: Columns that are parts of one, and ratios; the others are counts.
_PARTS: Final = frozenset(
    ("lower", "upper", "sampling_cv", "right", "resolved", "misled", "none", "error", "cv",
     "bias", "unseen")
)  # fmt: skip
_RATIOS: Final = frozenset(("rise", "fall", "textbook_rise"))


def days(
    *, error: float, cv: float, measurement_cv: float, weekday: float, season: float | None,
    autocorrelation: float | None, design: str, shared_cv: float, level: float, period: int,
) -> Plan:  # fmt: skip
    """Return the days for a mean; see `wbe.trends.design.days_for_mean`."""
    from wbe.trends.design import DayVariation, days_for_mean
    from wbe.trends.design.variation import unstated

    variation = DayVariation(cv, measurement_cv, weekday, season, autocorrelation)
    if missing := unstated(variation, design):  # said here by the names of the options
        needed = ", ".join(f"--{name}" for name in missing)
        raise UsageError(both("usage.days_in_a_row", design=design, needed=needed))
    return days_for_mean(
        error, variation, design=design, shared_cv=shared_cv, level=level, period=period
    )


def points(
    *, chance: float, truth: float, breaks: tuple[float, ...], place_sd: float, sample_sd: float,
    visit_sd: float | None, shared_sd: float, goal: str, visits: int, valid: float, most: int,
) -> Plan:  # fmt: skip
    """Return the points for the right tier; see `wbe.trends.design.points_for_tier`."""
    from wbe.trends.design import TownSpread, default_visit_sd, points_for_tier

    visit = default_visit_sd() if visit_sd is None else visit_sd
    spread = TownSpread(place_sd, sample_sd, visit, shared_sd)
    return points_for_tier(
        chance, truth, breaks, spread, goal=goal, visits=visits, valid=valid, most=most
    )


def change(
    *, ratio: float, place_sd: float, sample_sd: float, visit_sd: float | None,
    own_change_sd: float, uncancelled_sd: float, paired: bool, visits: int, areas: int,
    power: float, alpha: float, most: int,
) -> Plan:  # fmt: skip
    """Return the points for a change; see `wbe.trends.design.points_for_change`."""
    from wbe.trends.design import RoundSpread, default_visit_sd, points_for_change

    visit = default_visit_sd() if visit_sd is None else visit_sd
    spread = RoundSpread(place_sd, sample_sd, visit, own_change_sd, uncancelled_sd)
    return points_for_change(
        ratio, spread, paired=paired, visits=visits, areas=areas, power=power, alpha=alpha,
        most=most,
    )  # fmt: skip


def sampler(
    *, error: float, population: float, users: float, pulses_per_user: float, duration: float,
    mass_cv: float, shape: str, mode: str, flow_swing: float, pulse_swing: float, lag: float,
) -> Plan:  # fmt: skip
    """Return the interval of a sampler; see `wbe.trends.design.plan_sampler`."""
    from wbe.trends.design import Catchment, DayPattern, Sampler, plan_sampler

    pattern = DayPattern(flow_swing, pulse_swing, lag)
    met = Sampler(duration, mass_cv, shape, mode, pattern)
    return plan_sampler(error, Catchment(population, users, pulses_per_user), met)


KINDS: Final[dict[str, Callable[..., Plan]]] = {
    "days": days,
    "points": points,
    "change": change,
    "sampler": sampler,
}


def printed(
    kind: str,
    *,
    form: str = "text",
    figure: Path | None = None,
    title: str | None = None,
    lang: str = "en",
    brief: bool = False,
    **options: Any,
) -> str:
    """Return a plan as text, and draw it where a figure is asked for.

    Parameters
    ----------
    kind : str
        ``days``, ``points``, ``change`` or ``sampler``.
    form : str
        ``text`` (answer, notes, assumptions, some rows of the table), ``csv`` (every row) or
        ``json`` (``answer`` and every row as ``table``).
    figure : Path or None
        A ``.png`` or ``.svg`` to write.
    title : str or None
        A line over the picture.
    lang : str
        ``en`` or ``zh``.
    brief : bool
        Only the table of the text form.
    **options : object
        Of the function of that kind.

    Raises
    ------
    UsageError
        If a number or word makes no sense, or the figure is neither PNG nor SVG.
    EnvironmentFault
        If the figure cannot be written.
    """
    if figure is not None and figure.suffix.lower() not in PICTURES:
        raise UsageError(f"{figure.name}: a figure is written as {' or '.join(PICTURES)}")
    plan = KINDS[kind](**options)
    if figure is not None:
        _draw(plan, figure, title, lang)
    if form == "csv":
        return plan.to_frame().to_csv(index=False, lineterminator="\n").rstrip("\n")
    if form == "json":
        return _json(plan)
    return "\n".join(_text(plan, figure, lang, brief=brief))


def _draw(plan: Plan, figure: Path, title: str | None, lang: str) -> None:
    from wbe import plot

    axes = plot.plan(plan, language=lang, title=title)
    with disk.replacing(figure) as part:
        kind = figure.suffix.lower().lstrip(".")
        plot.save_map(cast("Figure", axes.figure), part, kind)


def _json(plan: Plan) -> str:
    rows = plan.to_frame().to_dict("records")
    body = {"answer": _finite(plan.summary()), "table": [_finite(row) for row in rows]}
    return json.dumps(body, ensure_ascii=False, indent=1, allow_nan=False)


def _finite(values: dict[Any, Any]) -> dict[str, Any]:
    """Return values as JSON knows them: what is infinite has no number there."""
    return {
        str(k): None if isinstance(v, float) and not math.isfinite(v) else v
        for k, v in values.items()
    }


def _text(plan: Plan, figure: Path | None, lang: str, *, brief: bool) -> list[str]:
    from wbe.plot import plan_words

    table = summary.table(_cells(plan, lang))
    if brief:
        return table
    said = [plan_words.answer(plan, lang), *plan_words.notes(plan, lang)]
    said += [plan_words.assumed(plan, lang), *plan_words.textbook(plan, lang), *table]
    if figure is not None:
        said.append(names.text("plan.wrote", lang, path=figure))
    return said


def _cells(plan: Plan, lang: str) -> list[list[str]]:
    """Return heading and rows as texts; the row of the answer has a mark."""
    columns = plan.columns()
    key = next(iter(columns))
    answer = next(iter(plan.summary().values()))
    head = ["", *(names.text(f"plan.column.{name}", lang) for name in columns)]
    rows = []
    for at, number in enumerate(columns[key]):
        if number in _SHOWN or number == answer:
            mark = "*" if number == answer else ""
            rows.append([mark, *(_cell(name, values[at]) for name, values in columns.items())])
    return [head, *rows]


def _cell(column: str, value: np.generic) -> str:
    from wbe.plot import plan_words

    number = float(value)
    if not math.isfinite(number):
        return "-"
    if column in _PARTS:
        return plan_words.percent(number)
    return plan_words.factor(number) if column in _RATIOS else plan_words.whole(number)
