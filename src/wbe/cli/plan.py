"""The commands of ``wbe plan``: options with their units; nothing heavy at import."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from wbe import __version__
from wbe.cli.options import common, spoken
from wbe.cli.streams import echo

Option = Callable[[Callable[..., Any]], Callable[..., Any]]


class Part(click.ParamType):
    """A part of one, written ``0.2`` or ``20%``; ``20`` alone is refused, not guessed."""

    name = "part"

    def __init__(self, most: float = 1.0):
        self.most = most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the part as a number."""
        text = str(value).strip()
        try:
            number = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            self.fail(f"{value!r} is not a number; write 0.2 or 20%", param, ctx)
        if number > self.most and not text.endswith("%"):
            self.fail(f"{text} would be {100 * number:g}%; write {number / 100:g} or {text}%",
                      param, ctx)  # fmt: skip
        return number


class Breaks(click.ParamType):
    """Numbers with commas between them: ``20,60``."""

    name = "breaks"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the numbers."""
        if isinstance(value, tuple):
            return value
        try:
            return tuple(float(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r} is not a list such as 20,60", param, ctx)


_CV: Final = Part(math.inf)  # may exceed 1; the planners refuse what is meant in per cent
_ERROR: Final = click.option("--error", type=Part(), required=True,
                             help="Largest relative error: 0.2 or 20%.")  # fmt: skip
_MOST: Final = click.option("--most", type=click.IntRange(max=200), default=30, show_default=True,
                            help="Most points to think about.")  # fmt: skip
_VISITS: Final = click.option("--visits", type=click.IntRange(1), default=1, show_default=True,
                              help="Visits to the same points in a round.")  # fmt: skip


def _sd(name: str, text: str, **options: Any) -> Option:
    return click.option(name, type=click.FloatRange(0), help=f"{text} [sd of the log].", **options)


_SPREAD: Final = (
    _sd("--place-sd", "Between the points of an area", required=True),
    _sd("--sample-sd", "Between samples at one point", required=True),
    _sd("--visit-sd", "Of a visit, shared by its samples; default: the error model's, 0.4"),
)

_DAYS: Final = (
    _ERROR,
    click.option("--cv", type=_CV, required=True, help="CV of daily results: 0.5 or 50%."),
    click.option("--measurement-cv", type=_CV, default=0.0,
                 help="The part of --cv that is sampling and repeatability."),
    click.option("--shared-cv", type=_CV, default=0.0,
                 help="Error that all days share: meter, population, laboratory, excretion."),
    click.option("--design", default="random", show_default=True,
                 type=click.Choice(["random", "stratified", "weeks", "consecutive"]),
                 help="Days at random, as many of each weekday, whole weeks, or one run of days."),
    click.option("--weekday", type=Part(), default=0.0,
                 help="Share of the real variance that weekdays explain."),
    click.option("--season", type=Part(),
                 help="Share of the real variance that a yearly wave explains; needed for weeks "
                 "and consecutive, 0 included."),
    click.option("--autocorrelation", type=float,
                 help="Correlation of the rest from one day to the next; needed as --season."),
    click.option("--level", type=Part(), default=0.95, show_default=True,
                 help="Probability of the interval."),
    click.option("--period", type=click.IntRange(2, 3660), default=365, show_default=True,
                 help="Days that the mean is about."),
)  # fmt: skip

_POINTS: Final = (
    click.option("--chance", type=Part(), required=True,
                 help="Probability of the right tier: 0.9 or 90%."),
    click.option("--truth", type=float, required=True,
                 help="Level of the town [unit of the breaks]."),
    click.option("--breaks", type=Breaks(), required=True, metavar="A,B",
                 help="Limits between the tiers, the floor among them: 20,60."),
    *_SPREAD,
    _sd("--shared-sd", "Of errors shared by all visits", default=0.0),
    click.option("--goal", type=click.Choice(["tier", "resolved"]), default="tier",
                 show_default=True, help="The right tier, or the right tier printed as certain."),
    _VISITS,
    click.option("--valid", type=Part(), default=1.0,
                 help="Probability that a point gives a valid sample."),
    _MOST,
)  # fmt: skip

_CHANGE: Final = (
    click.option("--ratio", type=float, required=True,
                 help="Change between two rounds: 0.5 is a halving, 2 a doubling."),
    *_SPREAD,
    _sd("--own-change-sd", "By how much the changes of single points differ", default=0.0),
    _sd("--uncancelled-sd", "What does not cancel, such as another laboratory", default=0.0),
    click.option("--paired/--unpaired", default=True, show_default=True,
                 help="The same points in both rounds, or others."),
    _VISITS,
    click.option("--areas", type=click.IntRange(1), default=1, show_default=True,
                 help="Areas compared at once."),
    click.option("--power", type=Part(), default=0.8, show_default=True,
                 help="Probability of finding the change."),
    click.option("--alpha", type=Part(), default=0.05, show_default=True,
                 help="Probability of any false alarm, two-sided."),
    _MOST,
)  # fmt: skip

_SAMPLER: Final = (
    _ERROR,
    click.option("--population", type=float, required=True, help="Catchment [inhabitants]."),
    click.option("--users", type=float, required=True,
                 help="People who take the drug on a day [per 1000 inhabitants]."),
    click.option("--pulses-per-user", type=float, required=True,
                 help="Visits to the toilet with which one of them excretes it [per day]."),
    click.option("--duration", type=float, required=True,
                 help="Of a pulse where it is sampled [min]."),
    click.option("--mass-cv", type=_CV, default=1.0, show_default=True,
                 help="CV of the mass of drug in a pulse."),
    click.option("--shape", type=click.Choice(["gaussian", "rectangle"]), default="gaussian",
                 show_default=True, help="Concentration of a pulse over time."),
    click.option("--mode", type=click.Choice(["flow", "time", "volume"]), default="flow",
                 show_default=True, help="In proportion to flow, or equal aliquots at equal "
                 "times, or at equal volumes of water."),
    click.option("--flow-swing", type=Part(), default=0.0,
                 help="Relative amplitude of the flow over the day."),
    click.option("--pulse-swing", type=Part(), default=0.0,
                 help="Relative amplitude of the number of pulses over the day."),
    click.option("--lag", type=float, default=0.0, help="Of the pulses behind the flow [h]."),
)  # fmt: skip

_SHOWN: Final = (
    click.option("--format", "form", type=click.Choice(["text", "csv", "json"]), default="text",
                 help="CSV and JSON hold every row of the table."),
    click.option("--figure", type=click.Path(path_type=Path, dir_okay=False),
                 metavar="FILE.png|svg", help="Picture to write."),
    click.option("--title", help="Line over the picture."),
)  # fmt: skip

_COMMANDS: Final = {
    "days": (_DAYS, "Days needed for a mean over a year with a given error."),
    "points": (_POINTS, "Points a town for a given chance of the right tier."),
    "change": (_CHANGE, "Points an area to find a change between two rounds."),
    "sampler": (_SAMPLER, "Interval of a sampler, and the catchment that it needs."),
}


def group() -> click.Group:
    """Return ``wbe plan`` with its commands; the language of the group holds for all of them."""
    plan = click.Group("plan", help="How much to sample: days, points, rounds and minutes.")
    spoken(plan)
    click.version_option(__version__, prog_name="wbe")(plan)
    for name, (options, text) in _COMMANDS.items():
        command = spoken(common(_runner(name)))
        for option in reversed((*options, *_SHOWN)):
            command = option(command)
        plan.command(name, help=text)(command)
    return plan


def _runner(kind: str) -> Callable[..., None]:
    def run(lang: str | None, quiet: bool, debug: bool, **options: Any) -> None:
        from wbe.run import planning

        echo(planning.printed(kind, lang=lang or "en", brief=quiet, **options))

    return run
