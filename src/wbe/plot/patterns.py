"""Pictures of the weekly pattern and of changes between two rounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from wbe import names
from wbe.errors import UsageError
from wbe.plot import style, words
from wbe.plot.change_axes import log_axis, names_axis, percent_axis, signed
from wbe.plot.panel import axes_with, finish, heading_lines, require_language
from wbe.trends.population_change import PopulationChange
from wbe.trends.weekdays import DayRule, rule
from wbe.trends.weekly import WeekdayProfile, WeekendRatio

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_QUANTITIES: Final = ("total", "per_capita", "population")
_SIGNS: Final = {
    "total": ("o", style.BLUE),
    "per_capita": ("D", style.VERMILION),
    "population": ("s", style.MUTED),
}


def weekly(
    profile: WeekdayProfile,
    *,
    days: str | DayRule = "score",
    ratio: WeekendRatio | None = None,
    ax: Axes | None = None,
    language: str = "en",
    title: str | None = None,
) -> Axes:
    """Draw each day of the week over its week, with intervals; the weekend is shaded.

    Parameters
    ----------
    profile : WeekdayProfile
        From `wbe.trends.weekday_profile`.
    days : str or DayRule
        Which days are shaded as the weekend.
    ratio : WeekendRatio, optional
        Said over the picture.
    ax, language, title
        As `wbe.plot.trend`.

    Returns
    -------
    Axes

    Raises
    ------
    UsageError
        The language is neither ``en`` nor ``zh``, or the rule of days is not known.

    Examples
    --------
    >>> import numpy as np
    >>> from wbe import plot, trends
    >>> dates = np.datetime64("2024-03-04") + np.arange(28)
    >>> loads = np.tile([9.0, 10, 10, 10, 11, 14, 13], 4) * np.resize([1.0, 1.01, 0.99], 28)
    >>> ax = plot.weekly(trends.weekday_profile(dates, loads), title="Synthetic town")
    """
    require_language(language)
    chosen = rule(days)
    with style.context():
        said = [_profile_said(profile, language), _ratio_said(ratio, language)]
        ax = axes_with(ax, 2.6, heading_lines(title, said))
        for day in chosen.weekend:
            ax.axvspan(day - 0.5, day + 0.5, color="#EDEDED", zorder=0, linewidth=0)
        at = np.arange(1, 8)
        ax.axhline(1.0, color=style.INK, linewidth=0.8, zorder=1)
        if profile.testable:
            errors = np.stack([profile.ratio - profile.lower, profile.upper - profile.ratio])
            ax.errorbar(at, profile.ratio, yerr=errors, fmt="none", ecolor=style.INK,
                        elinewidth=1.0, capsize=3, zorder=2)  # fmt: skip
        ax.plot(at, profile.ratio, "o", color=style.BLUE, markeredgecolor=style.INK,
                markeredgewidth=0.5, markersize=6, zorder=3)  # fmt: skip
        ax.set_xlim(0.5, 7.5)
        ax.set_xticks(at, [names.text(f"weekly.day.{d}", language) for d in at])
        log_axis(ax, "y", names.text("weekly.axis", language))
        finish(ax, legend=False)
        ax.set_xlabel(names.text("weekly.shaded", language))
    return ax


def weekend(
    ratios: Sequence[WeekendRatio],
    *,
    ax: Axes | None = None,
    language: str = "en",
    title: str | None = None,
) -> Axes:
    """Draw weekend over weekday by site, with intervals; claims that hold are filled.

    Parameters
    ----------
    ratios : sequence of WeekendRatio
        From `wbe.trends.weekend_ratios`.
    ax, language, title
        As `wbe.plot.trend`.

    Returns
    -------
    Axes

    Raises
    ------
    UsageError
        The language is neither ``en`` nor ``zh``, or there is no site with a ratio.

    Examples
    --------
    >>> import numpy as np
    >>> from wbe import plot, trends
    >>> dates = np.datetime64("2024-03-06") + np.arange(42)  # synthetic
    >>> loads = np.resize([40.0, 42, 60, 66, 63, 61, 41], 42) * np.resize([1, 1.1, 0.9, 1], 42)
    >>> found = trends.weekend_ratios(["A"] * 42, dates, loads)
    >>> ax = plot.weekend(found, title="Synthetic town")
    """
    require_language(language)
    shown = [r for r in ratios if not np.isnan(r.ratio)]
    if not shown:
        raise UsageError("no site has a ratio of weekend and weekday")
    with style.context():
        said = names.text("weekend.said", language, level=f"{shown[0].level:.0%}")
        ax = axes_with(ax, 0.5 + 0.28 * len(shown), heading_lines(title, [said]), left=1.9)
        for i, r in enumerate(shown):
            if not np.isnan(r.lower):
                ax.plot([r.lower, r.upper], [i, i], color=style.INK, linewidth=1.2, zorder=2)
            sure = r.conclusion in ("weekend_higher", "weekend_lower")
            ax.plot(r.ratio, i, "o", markeredgecolor=style.BLUE, markersize=6.5, zorder=3,
                    color=style.BLUE if sure else "white")  # fmt: skip
        ax.axvline(1.0, color=style.INK, linewidth=0.8, zorder=1)
        names_axis(ax, [f"{words.clean(r.site)} (n = {r.n_weeks})".lstrip() for r in shown])
        log_axis(ax, "x", names.text("weekend.axis", language))
        finish(ax, legend=False)
    return ax


def change(
    changes: Mapping[str, PopulationChange],
    *,
    ax: Axes | None = None,
    language: str = "en",
    title: str | None = None,
) -> Axes:
    """Draw total, per-capita and population change side by side, an area a row.

    Parameters
    ----------
    changes : mapping of str to PopulationChange
        Area to its changes, drawn in the order given.
    ax, language, title
        As `wbe.plot.trend`.

    Returns
    -------
    Axes

    Raises
    ------
    UsageError
        The language is neither ``en`` nor ``zh``, or there is no area.

    Examples
    --------
    >>> from wbe import plot, trends
    >>> ax = plot.change({"City": trends.changes_from_percent(population=-45, total=-75)})
    """
    require_language(language)
    if not changes:
        raise UsageError("no area to draw")
    with style.context():
        said = names.text("change.said", language, n=len(changes))
        ax = axes_with(
            ax, 0.5 + 0.62 * len(changes), heading_lines(title, [said]), left=1.9, below=0.9
        )
        for i, found in enumerate(changes.values()):
            for k, quantity in enumerate(_QUANTITIES):
                _draw_change(ax, found, quantity, i + (k - 1) * 0.25, language if not i else "")
        ax.axvline(1.0, color=style.INK, linewidth=0.8, zorder=1)
        for i in range(1, len(changes)):
            ax.axhline(i - 0.5, color="#D9D9D9", linewidth=0.6, zorder=0)
        names_axis(ax, list(changes))
        percent_axis(ax, language)
        finish(ax, legend=True)
    return ax


def _draw_change(ax: Axes, found: PopulationChange, quantity: str, y: float, language: str) -> None:
    one = getattr(found, quantity)
    sign, colour = _SIGNS[quantity]
    if not np.isnan(one.lower):
        ax.plot([one.lower, one.upper], [y, y], color=style.INK, linewidth=1.2, zorder=2)
    text = names.text(f"change.{quantity}", language) if language else "_"
    ax.plot(one.ratio, y, sign, color=colour, markeredgecolor=style.INK, markeredgewidth=0.5,
            markersize=6, linestyle="none", zorder=3, label=text)  # fmt: skip
    end = one.ratio if np.isnan(one.upper) else one.upper
    ax.annotate(signed(one.percent), (end, y), (7, 0), textcoords="offset points", va="center",
                fontsize=8.0, annotation_clip=False)  # fmt: skip


def _profile_said(profile: WeekdayProfile, language: str) -> str:
    level = f"{profile.level:.0%}"
    if not profile.testable:
        return names.text("weekly.too_few", language, n=profile.n_weeks)
    return names.text(
        "weekly.said", language, n=profile.n_weeks, level=level,
        p="< 0.001" if profile.p_value < 0.001 else f"= {words.number(profile.p_value, 2)}",
    )  # fmt: skip


def _ratio_said(ratio: WeekendRatio | None, language: str) -> str:
    if ratio is None or np.isnan(ratio.ratio):
        return ""
    key = "weekly.ratio" if not np.isnan(ratio.lower) else "weekly.ratio_alone"
    return names.text(
        key, language, ratio=words.number(ratio.ratio), low=words.number(ratio.lower),
        high=words.number(ratio.upper), level=f"{ratio.level:.0%}",
    )  # fmt: skip
