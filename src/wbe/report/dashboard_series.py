"""Series by area and drug over the rounds of several runs, and what of them may be shown."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from markupsafe import Markup

from wbe import names
from wbe.plot import shapes, words
from wbe.report import views
from wbe.report.series_chart import Band, Point, Scale, chart

if TYPE_CHECKING:
    import pandas as pd

SUPPRESSED, CONSENT = "suppressed", "consent_missing"
_TEXTS = ("tier", "breaks")
RANKS = ("rank", "rank_lower", "rank_upper")
_KEPT = ("area", "name", "round", "drug", "quantity", "unit", "start", "end", "run", "title",
         "factor_set", "scheme", "values_as", "tiers_as")  # fmt: skip


class Palette(NamedTuple):
    """The classes of a page: place and fill of each, and the lines over the fill."""

    places: dict[str, int]
    swatches: list[tuple[str, str]]

    def fill(self, label: str) -> str:
        """Return the colour of a class."""
        return self.swatches[self.places[label]][0]


def palette_of(tiers: pd.DataFrame, language: str) -> Palette:
    """Return the classes of all rounds: tiers from the lowest, then reasons for having none."""
    ids = [*labels_of(tiers), *words.WITHOUT_TIER]
    looks = shapes.looks([words.TierClass(i, words.class_name(i, language), "") for i in ids])
    fills = [looks[i].fill for i in ids]
    return Palette({c: i for i, c in enumerate(ids)}, [(f, shapes.over(f)) for f in fills])


class Card(NamedTuple):
    """One area's series: its name, the latest value in words, picture and numbers."""

    area: str
    said: str
    chart: Markup | None
    rows: list[list[str]]


class History(NamedTuple):
    """Tiers over the rounds in which they are cut alike."""

    cut: str
    heads: list[str]
    rows: list[tuple[str, list[views.Cell | None]]]


class Drug(NamedTuple):
    """What the page says of one drug."""

    id: str
    name: str
    quantity: str
    heads: list[str]
    cards: list[Card]
    hidden: list[str]
    histories: list[History]
    legend: list[tuple[int, str]]


def hidden_areas(tiers: pd.DataFrame, *, internal: bool) -> frozenset[str]:
    """Name the areas that no round of a page may show.

    What one run of a series hides, no other round of a public page tells: who is hidden today for
    the size of the place was as small a year ago. On an internal page that holds for institutions
    without a record of consent.
    """
    flags = tiers["flags"].str.split(";")
    own = flags.map(lambda f: SUPPRESSED in f and (not internal or CONSENT in f)).astype(bool)
    return frozenset(tiers.loc[own, "area"])


def masked(tiers: pd.DataFrame, hidden: frozenset[str]) -> pd.DataFrame:
    """Empty every row of the areas named; they keep names, round and drug."""
    out, own = tiers.copy(), tiers["area"].isin(list(hidden))
    for column in out.columns:
        if column in _KEPT:
            continue
        if column == "flags":
            out.loc[own, column] = SUPPRESSED
        elif column == "resolved":
            out.loc[own, column] = False
        elif column in _TEXTS:
            out.loc[own & (column == "tier"), column] = ""
        else:
            out[column] = out[column].where(~own)
    return out


def without_ranks(tiers: pd.DataFrame, runs: frozenset[str]) -> pd.DataFrame:
    """Empty all ranks of the runs named: a gap among them tells the place of who was taken out."""
    out, own = tiers.copy(), tiers["run"].isin(list(runs))
    for column in RANKS:
        out[column] = out[column].where(~own)
    return out


def masked_changes(changes: pd.DataFrame, hidden: frozenset[str]) -> pd.DataFrame:
    """Empty the tests of the areas named."""
    if changes.empty:
        return changes
    out, own = changes.copy(), changes["area"].isin(list(hidden))
    for column in ("ratio", "lower", "upper", "p", "detectable", "n_kept", "n_before", "n_after"):
        out[column] = out[column].where(~own)
    out.loc[own, ["tier_before", "tier_after", "reason"]] = ""
    out.loc[own, "outcome"] = SUPPRESSED
    return out


def drugs_of(
    tiers: pd.DataFrame, rounds: list[str], mapped: str, palette: Palette, language: str
) -> list[Drug]:
    """Return the sections of all drugs, the mapped one first.

    Parameters
    ----------
    tiers : DataFrame
        From `wbe.io.read_runs`, masked; with ``class`` (see `with_class`).
    rounds : list of str
        By their time.
    mapped : str
        The drug that comes first.
    palette : Palette
    language : str
    """
    found = sorted(set(tiers["drug"]), key=lambda drug: (drug != mapped, drug))
    return [_drug(tiers[tiers["drug"] == drug], drug, rounds, palette, language) for drug in found]


def with_class(tiers: pd.DataFrame) -> pd.DataFrame:
    """Add ``class``: the tier, or the reason for having none."""
    ids = [words.class_of(*pair) for pair in zip(tiers["tier"], tiers["flags"], strict=True)]
    return tiers.assign(**{"class": ids})


def _drug(
    rows: pd.DataFrame, drug: str, rounds: list[str], palette: Palette, language: str
) -> Drug:
    times = places(rows, rounds)
    by_area = {str(a): own for a, own in rows.groupby("area", sort=True)}
    # One axis has one unit: what an earlier run measured otherwise stands in the tables alone.
    like = rows.iloc[-1].to_dict()
    latest = _of_one_unit(rows, like)
    drawn = {a: _of_one_unit(own, like) for a, own in by_area.items()}
    points = {a: [_as_point(r, times, language) for r in _records(own, rounds)]
              for a, own in drawn.items()}  # fmt: skip
    bands = _bands(latest, palette)
    limits = [x for band in bands for x in (band.low, band.high) if 0 < x < np.inf]
    scale = Scale.of([p for own in points.values() for p in own], limits)
    printed = {a: words.label_of(own["name"].iloc[-1], a) for a, own in by_area.items()}
    gone = {a for a, own in by_area.items() if (own["class"] == words.SUPPRESSED).all()}
    ends = sorted(times.values())
    cards = [
        _card(printed[a], points[a], _records(by_area[a], rounds), scale, ends, bands, like,
              language)
        for a in sorted(by_area, key=lambda a: (printed[a], a)) if a not in gone
    ]  # fmt: skip
    heads = [views.heading(c, language) for c in ("round", "value", "interval", "tier")]
    return Drug(
        drug, views.drug_name(drug, language), quantity_text(like, language),
        [*heads, names.text("column.n_samples", language), views.heading("n_censored", language)],
        cards, sorted(printed[a] for a in gone),
        histories(rows[~rows["area"].isin(gone)], rounds, palette.places, language),
        [(i, words.class_name(c, language)) for c, i in palette.places.items()
         if c in set(rows["class"]) - {words.SUPPRESSED}],
    )  # fmt: skip


def _of_one_unit(rows: pd.DataFrame, like: Mapping[Any, Any]) -> pd.DataFrame:
    """Rows of the quantity and unit of another row."""
    return rows[(rows["quantity"] == like["quantity"]) & (rows["unit"] == like["unit"])]


def labels_of(rows: pd.DataFrame) -> list[str]:
    """Return the tiers of some rows, lowest first, by the columns of their probabilities."""
    chances = [str(c)[2:] for c in rows.columns if str(c).startswith("p_")]
    held = [c for c in chances if rows[f"p_{c}"].notna().any()]
    low = [c for c in held if c == words.NOT_ELEVATED]
    return [*low, *(c for c in held if c not in low)]


def quantity_text(row: Mapping[Any, Any], language: str) -> str:
    """Return quantity and unit as printed."""
    name, unit = names.display("quantity", str(row["quantity"]), language), _unit_of(row)
    return f"{name} [{unit}]" if unit else name


def places(rows: pd.DataFrame, rounds: list[str]) -> dict[str, float]:
    """Return the place of every round on the axis of time [day]; of unnamed times their order."""
    held = rows.drop_duplicates("round").set_index("round")
    middle = held["start"] + (held["end"] - held["start"]) / 2
    if middle.isna().any():
        return {r: float(i) for i, r in enumerate(rounds)}
    return {str(r): t.timestamp() / 86_400 for r, t in middle.items()}


def _records(rows: pd.DataFrame, rounds: list[str]) -> list[dict[str, Any]]:
    """Rows by the time of their rounds."""
    at = {label: i for i, label in enumerate(rounds)}
    return sorted(rows.to_dict("records"), key=lambda row: at[row["round"]])  # type: ignore[arg-type]


def _as_point(row: Mapping[Any, Any], times: dict[str, float], language: str) -> Point:
    shown = row["class"] not in words.WITHOUT_VALUE
    value, low, high = (float(row[c]) if shown else np.nan for c in ("value", "lower", "upper"))
    return Point(
        times[row["round"]], words.round_name(row["round"], language), value, low, high,
        views.whole(row["n_samples"]), said_of(row, language), int(row["values_as"]),
        int(row["tiers_as"]),
    )  # fmt: skip


def said_of(row: Mapping[Any, Any], language: str) -> str:
    """Return one round of one area in words: value, interval, tier, samples."""
    cell = views.cell(row, {}, language)
    interval = f" ({cell.interval})" if cell.interval else ""
    value = f"{cell.value}{interval} {_unit_of(row)}".strip() if cell.value else ""
    n = views.whole(row["n_samples"])
    parts = [value, cell.text, names.text("dashboard.samples", language, n=n) if n else ""]
    joint = names.text("list.separator", language)
    head = words.round_name(row["round"], language) + names.text("colon", language)
    return f"{head} {joint.join(part for part in parts if part)}"


def _card(
    area: str, points: list[Point], rows: list[dict[str, Any]], scale: Scale, ends: list[float],
    bands: list[Band], like: Mapping[Any, Any], language: str,
) -> Card:  # fmt: skip
    said = said_of(rows[-1], language)
    label = names.text("dashboard.chart", language, area=area, latest=said)
    drawn = None
    if any(p.shown for p in points):
        unit = _unit_of(like) or names.display("quantity", str(like["quantity"]), language)
        drawn = chart(points, scale, ends, label=label, unit=unit, bands=bands)
    return Card(area, said, drawn, [_numbers(row, like, language) for row in rows])


def _unit_of(row: Mapping[Any, Any]) -> str:
    return "" if row["unit"] in ("", "1") else str(row["unit"])


def _numbers(row: Mapping[Any, Any], like: Mapping[Any, Any], language: str) -> list[str]:
    """One line of a table whose head has the quantity of `like`; another one says itself."""
    cell = views.cell(row, {}, language)
    label = words.round_name(row["round"], language)
    if (row["quantity"], row["unit"]) != (like["quantity"], like["unit"]):
        label += f" ({quantity_text(row, language)})"
    tier = cell.text if cell.sure else f"{cell.text} ({names.text('table.unsure', language)})"
    return [label, cell.value, cell.interval, tier,
            views.whole(row["n_samples"]), views.whole(row["n_censored"])]  # fmt: skip


def _bands(rows: pd.DataFrame, palette: Palette) -> list[Band]:
    """Tiers behind the points, for each way in which they are cut."""
    found = []
    for cut, own in rows.groupby("tiers_as", sort=True):
        breaks = [float(b) for b in str(own["breaks"].iloc[0]).split(";") if b]
        labels = labels_of(own)
        if len(breaks) + 1 != len(labels):
            continue
        ends = pairwise([0.0, *breaks, np.inf])
        found += [Band(*pair, palette.fill(label), int(str(cut)))
                  for pair, label in zip(ends, labels, strict=True)]  # fmt: skip
    return found


_AT_ONCE = 8  # rounds that fit an A4 page beside the area's name


def histories(
    rows: pd.DataFrame, rounds: list[str], colours: dict[str, int], language: str
) -> list[History]:
    """Return tables of tiers over rounds; one for each way in which they are cut."""
    found = []
    for _, own in rows.groupby("tiers_as", sort=True):
        held = [r for r in rounds if r in set(own["round"])]
        cells = {(row["area"], row["round"]): views.cell(row, colours, language)
                 for row in own.to_dict("records")}  # fmt: skip
        printed = {row["area"]: words.label_of(row["name"], row["area"])
                   for row in own.to_dict("records")}  # fmt: skip
        areas = sorted(printed, key=lambda a: (printed[a], a))
        for start in range(0, len(held), _AT_ONCE):
            block = held[start : start + _AT_ONCE]
            lines = [(printed[a], [cells.get((a, r)) for r in block]) for a in areas]
            heads = [words.round_name(r, language) for r in block]
            found.append(History(_cut(own, language), heads, lines))
    return found


def _cut(rows: pd.DataFrame, language: str) -> str:
    """How the tiers of some rows are cut: scheme and breaks with their unit."""
    row = rows.iloc[0]
    breaks = [words.number(float(b), pad=False) for b in str(row["breaks"]).split(";") if b]
    scheme = names.text(f"scheme.{row['scheme']}", language)
    if not breaks:
        return names.text("dashboard.no_breaks", language)
    return names.text("dashboard.cut", language, scheme=scheme,
                      breaks=views.listed(breaks, language), unit=row["unit"])  # fmt: skip
