"""Uncertainty budgets of areas as one table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from markupsafe import Markup

from wbe import names
from wbe.plot import words
from wbe.report import template

if TYPE_CHECKING:
    from wbe.uncertainty.budgets import Budget


def of_areas(
    budgets: Mapping[str, Budget], area_names: Mapping[str, str], language: str
) -> Markup | None:
    """Return a table of total indices, an area a row; None without a budget that moves.

    Parameters
    ----------
    budgets : mapping of str to Budget
        By area, all on one scale, as `wbe.spatial.budget` returns them.
    area_names : mapping of str to str
        Printed name by area.
    language : str
        ``en`` or ``zh``.

    Returns
    -------
    Markup or None
        An element for `Publication.budgets`. Sources of error stand by their mean index, the
        largest first; one that an area lacks is blank there.
    """
    shown = {area: one for area, one in budgets.items() if one.moves}
    if not shown:
        return None
    parts = {area: dict(zip(one.inputs, one.total.tolist(), strict=True))
             for area, one in shown.items()}  # fmt: skip
    inputs = {name for own in parts.values() for name in own}
    order = sorted(inputs, key=lambda name: (-sum(p.get(name, 0.0) for p in parts.values()), name))
    heads = [names.text("column.name", language), *(_said(name, language) for name in order)]
    rows = sorted(
        [words.clean(area_names.get(area, area)), *(percent(own.get(name)) for name in order)]
        for area, own in parts.items()
    )
    first = next(iter(shown.values()))
    text = template.environment().get_template("budgets.html.j2").render(
        t=template.translator(language), table=(heads, rows), scale=first.scale,
        draws=f"{first.draws:,}",
    )  # fmt: skip
    return Markup(text)


def _said(name: str, language: str) -> str:
    """Return an input in words; correlated ones joined by a plus."""
    return " + ".join(names.said(words.clean(part), language) for part in name.split(" + "))


def percent(part: float | None) -> str:
    """Return a part in per cent without decimals; empty for none.

    Examples
    --------
    >>> [percent(p) for p in (None, 0.0, 0.003, 0.286, 1.0)]
    ['', '0', '< 1', '29', '100']
    """
    if part is None:
        return ""
    return "< 1" if 0 < part < 0.005 else f"{100 * max(part, 0.0):.0f}"
