"""Series of sites for the internal report of one run: every sample of the mapped drug."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup

from wbe import names
from wbe.plot import words
from wbe.report import template, views
from wbe.report.series_chart import Point, Scale, chart

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = ("quantified", "below_loq", "below_lod", "above_range")


def of_sites(
    rows: pd.DataFrame, area_names: Mapping[str, str], language: str, hidden: Collection[str] = ()
) -> Markup | None:
    """Return the pictures of all sites, by area; None where no sample has a value or a limit.

    Parameters
    ----------
    rows : DataFrame (sample)
        Columns of ``estimates.csv``, of one drug and quantity, all rounds.
    area_names : mapping of str to str
        Printed name by area.
    language : str
        ``en`` or ``zh``.
    hidden : collection of str
        Sites that nobody sees by themselves: without consent, or with a small catchment.

    Returns
    -------
    Markup or None
        An element for `Publication.series`, which only an internal page takes.
    """
    own = rows[rows["status"].isin(_SHOWN) & ~rows["site"].astype(str).isin(list(hidden))]
    known = own["time"].notna() & (own["time"].astype(str) != "")
    own = own[known].sort_values(["area", "site", "time"], kind="stable")
    by_site = {(str(a), str(s)): part for (a, s), part in own.groupby(["area", "site"], sort=True)}
    points = {key: _points(part, language) for key, part in by_site.items()}
    points = {key: shown for key, shown in points.items() if any(p.shown for p in shown)}
    if not points:
        return None
    scale = Scale.of([p for shown in points.values() for p in shown])
    times = sorted(p.at for shown in points.values() for p in shown)
    unit = str(own["unit"].iloc[0])
    cards = [
        _card(area_names.get(area, area), site, shown, scale, times, unit, language)
        for (area, site), shown in points.items()
    ]
    text = template.environment().get_template("series.html.j2").render(
        t=template.translator(language), cards=cards
    )  # fmt: skip
    return Markup(text)


def _points(rows: pd.DataFrame, language: str) -> list[Point]:
    return [_point(row, language) for row in rows.to_dict("records")]


def _point(row: Mapping[Any, Any], language: str) -> Point:
    day = str(np.datetime_as_string(np.datetime64(row["time"]), unit="D"))
    value, low, high = (float(row[name]) for name in ("value", "lower", "upper"))
    if row["status"] in ("below_loq", "below_lod"):
        value = np.nan
    shown = words.number(value) if value == value else f"< {words.number(high)}"
    interval = views.interval(row) if value == value else ""
    said = f"{day}{names.text('colon', language)} {shown}{f' ({interval})' if interval else ''}"
    return Point(_day(row["time"]), day, value, low, high, "", f"{said} {row['unit']}")


def _day(time: Any) -> float:
    return float((np.datetime64(time) - np.datetime64(0, "s")) / np.timedelta64(1, "D"))


def _card(
    area: str, site: str, points: list[Point], scale: Scale, times: list[float], unit: str,
    language: str,
) -> dict[str, Any]:  # fmt: skip
    below = sum(p.bound for p in points)
    said = names.text("series.n", language, n=len(points), below=below)
    label = f"{words.clean(site)}{names.text('colon', language)} {said}"
    return {"site": words.clean(site), "area": words.clean(area), "said": said,
            "chart": chart(points, scale, times, label=label, unit=unit, n="")}  # fmt: skip
