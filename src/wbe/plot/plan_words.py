"""What a sampling plan says in words: its answer, its notes, what was assumed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from wbe import names
from wbe.plot.words import number
from wbe.trends.design import ChangePlan, DaysPlan, PointsPlan, SamplerPlan

Plan = DaysPlan | PointsPlan | ChangePlan | SamplerPlan

FEW_PULSES: Final = 20
"""Pulses a day below which a standard deviation says little."""

Said = Callable[..., str]


def percent(value: float) -> str:
    """Return a part in per cent at up to three figures; tiny ones only by their bound.

    Examples
    --------
    >>> percent(0.2), percent(-0.9471), percent(0.0005), percent(4e-9)
    ('20 %', '-94.7 %', '0.05 %', '< 0.01 %')
    """
    if 0 < abs(value) < 1e-4:
        return "< 0.01 %"
    return f"{number(100 * value + 0.0, 3, pad=False)} %"


def factor(value: float) -> str:
    """Return a ratio at two figures.

    Examples
    --------
    >>> factor(0.5), factor(4.878)
    ('0.5', '4.9')
    """
    return number(value, 2, pad=False)


def whole(value: float) -> str:
    """Return a count with its thousands apart.

    Examples
    --------
    >>> whole(45523.7)
    '45,524'
    """
    return f"{value:,.0f}"


def answer(plan: Plan, language: str = "en") -> str:
    """Return the answer in one sentence, or why there is none.

    Parameters
    ----------
    plan : DaysPlan, PointsPlan, ChangePlan or SamplerPlan
    language : str
        ``en`` or ``zh``.
    """

    def say(key: str, **values: object) -> str:
        return names.text(f"plan.{key}", language, **values)

    if isinstance(plan, DaysPlan):
        return _days(plan, say)
    if isinstance(plan, PointsPlan):
        return _points(plan, say)
    return _change(plan, say) if isinstance(plan, ChangePlan) else _sampler(plan, say)


def notes(plan: Plan, language: str = "en") -> list[str]:
    """Return what has to be known beside the answer, one sentence each."""
    found = []
    if isinstance(plan, DaysPlan):
        if plan.rough:
            found.append(names.text("plan.days.rough", language, cv=percent(plan.variation.cv)))
        if not plan.table.own_interval:
            found.append(names.text("plan.days.run", language))
    elif isinstance(plan, ChangePlan):
        found.append(names.text("plan.change.note", language))
    elif isinstance(plan, SamplerPlan):
        if plan.catchment.pulses < FEW_PULSES:
            found.append(names.text("plan.sampler.few", language))
        found.append(names.text("plan.sampler.load", language, cv=percent(plan.table.load_cv)))
    return found


def textbook(plan: Plan, language: str = "en") -> list[str]:
    """Return what the usual formula would have said, where that is one number."""
    if not isinstance(plan, DaysPlan):
        return []
    return [names.text("plan.days.textbook", language, n=plan.textbook)]


def assumed(plan: Plan, language: str = "en") -> str:
    """Return everything that was assumed, in one sentence."""

    def given(key: str, **values: object) -> str:
        return names.text(f"plan.given.{key}", language, **values)

    parts = _GIVEN[type(plan)](plan, given)  # type: ignore[operator]
    what = names.text("plan.given.separator", language).join(parts)
    return names.text("plan.assumed", language, what=what)


def _days(plan: DaysPlan, say: Said) -> str:
    error, table = percent(plan.error), plan.table
    if plan.days is not None:
        return say("days.yes", days=plan.days, error=error)
    if table.floor >= plan.error:
        return say("days.floor", error=error, floor=percent(table.floor))
    left = percent(float(table.upper[-1]))
    return say("days.period", days=table.days[-1], left=left, error=error)


def _points(plan: PointsPlan, say: Said) -> str:
    table = plan.table
    reached = table.right if plan.goal == "tier" else table.resolved
    if plan.points is not None:
        kept = percent(float(reached[table.points == plan.points][0]))
        suffix = "" if plan.goal == "tier" else ".resolved"
        return say(f"points.yes{suffix}", points=plan.points, kept=kept)
    chance = percent(plan.chance)
    if plan.ceiling < plan.chance:
        return say("points.ceiling", chance=chance, ceiling=percent(plan.ceiling))
    best = percent(float(reached[-1]))
    return say("points.most", points=table.points[-1], reached=best, chance=chance)


def _change(plan: ChangePlan, say: Said) -> str:
    ratio, table = factor(plan.ratio), plan.table
    if plan.points is not None:
        return say("change.yes", points=plan.points, ratio=ratio, power=percent(plan.power))
    if table.ratio_at_best >= max(plan.ratio, 1 / plan.ratio):
        return say("change.floor", ratio=ratio, best=factor(table.ratio_at_best))
    reached = factor(float(table.ratio[-1]))
    return say("change.most", points=table.points[-1], reached=reached, ratio=ratio)


def _sampler(plan: SamplerPlan, say: Said) -> str:
    error, table = percent(plan.error), plan.table
    if plan.interval is not None:
        return say("sampler.yes", interval=plan.interval, error=error)
    bias = float(table.bias[0])
    if abs(bias) > plan.error:
        return say("sampler.bias", error=error, bias=percent(bias))
    return say("sampler.minute", left=percent(float(table.error[0])), error=error)


def _days_given(plan: DaysPlan, given: Said) -> list[str]:
    v = plan.variation
    parts = [given(f"design.{plan.table.design}"), given("cv", v=percent(v.cv))]
    stated = {"measurement_cv": v.measurement_cv or None, "weekday": v.weekday or None}
    for key, value in {**stated, "season": v.season}.items():  # a season of 0 is a statement
        if value is not None:
            parts.append(given(key, v=percent(value)))
    if v.autocorrelation is not None:
        parts.append(given("autocorrelation", v=factor(v.autocorrelation)))
    shared = given("shared_cv", v=percent(plan.shared_cv)) if plan.shared_cv else None
    parts.append(shared or given("no_shared"))
    parts.append(given("period", v=plan.period))
    return [*parts, given("level", v=percent(plan.table.level))]


def _points_given(plan: PointsPlan, given: Said) -> list[str]:
    breaks = ", ".join(number(b, pad=False) for b in plan.breaks)
    parts = [given("truth", v=number(plan.truth, pad=False)), given("breaks", v=breaks)]
    parts += [given(k, v=factor(getattr(plan.spread, k)))
              for k in ("place_sd", "sample_sd", "visit_sd")]  # fmt: skip
    if plan.spread.shared_sd:
        parts.append(given("shared_sd", v=factor(plan.spread.shared_sd)))
    parts.append(_visits(plan.visits, given))
    if plan.valid < 1:
        parts.append(given("valid", v=percent(plan.valid)))
    return parts


def _change_given(plan: ChangePlan, given: Said) -> list[str]:
    spread = plan.spread
    parts = [given("paired" if plan.paired else "unpaired")]
    parts += [given(k, v=factor(v)) for k, v in vars(spread).items() if v or k == "place_sd"]
    parts.append(_visits(plan.visits, given))
    if plan.areas > 1:
        parts.append(given("areas", v=plan.areas))
    return [*parts, given("power", v=percent(plan.power)), given("alpha", v=percent(plan.alpha))]


def _visits(n: int, given: Said) -> str:
    return given("visits.one") if n == 1 else given("visits", v=n)


def _sampler_given(plan: SamplerPlan, given: Said) -> list[str]:
    s, catchment = plan.sampler, plan.catchment
    parts = [
        given("population", v=whole(catchment.population)),
        given("pulses", v=number(catchment.pulses, pad=False)),
        given("duration", v=factor(s.duration), shape=given(f"shape.{s.shape}")),
        given("mass_cv", v=percent(s.mass_cv)),
        given(f"mode.{s.mode}"),
    ]
    day = s.pattern
    if day.flow or day.pulses:
        swing = {"flow": percent(day.flow), "pulses": percent(day.pulses)}
        parts.append(given("pattern", **swing, lag=factor(day.lag_h)))
    return parts


_GIVEN: Final = {
    DaysPlan: _days_given,
    PointsPlan: _points_given,
    ChangePlan: _change_given,
    SamplerPlan: _sampler_given,
}
