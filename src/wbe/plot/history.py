"""The tier history: areas against rounds, with what a test says of every step between rounds."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from wbe import names
from wbe.errors import UsageError
from wbe.plot import map_legend, map_words, shapes, style, words
from wbe.plot.change_axes import names_axis, names_width
from wbe.plot.map_panel import with_steps
from wbe.plot.panel import axes_with, columns_in, heading_lines, require_language
from wbe.plot.room import set_below

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

#: Rounds that one page can show, and areas.
MOST: Final = 8
MOST_AREAS: Final = 40
_ROW, _CELL, _STEP, _RIGHT = 0.27, 0.78, 0.62, 0.25  # [inch]
_NARROWEST: Final = 6.2  # of the figure [inch]
_TALL: Final = 0.8  # of a cell, in rows
OUTCOMES: Final = ("moved", "not_distinguishable", "not_comparable", "insufficient")
# What stands between two cells; a move says upwards or downwards.
_SIGNS: Final = {"not_distinguishable": "≈", "not_comparable": "≠", "insufficient": "?"}
_UP, _DOWN = "↑", "↓"


def tier_history(
    tiers: pd.DataFrame,
    *,
    drug: str | None = None,
    rounds: Sequence[str] | None = None,
    changes: pd.DataFrame | None = None,
    most: int = MOST_AREAS,
    language: str = "en",
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the tier of every area in every round, and whether it moved between them.

    Tiers change by chance: with five points a town, a third of the towns changes at the next round
    although nothing happened. Only a test on kept points says that an area moved.

    Parameters
    ----------
    tiers : DataFrame (row)
        The columns of ``tiers.csv``; geometry is not needed.
    drug : str or None
        By default that of the table's attrs.
    rounds : sequence of str or None
        By default the last eight of the drug.
    changes : DataFrame or None
        Tests between rounds: ``area, drug, round_before, round_after, outcome, ratio, p``, as
        `wbe.spatial.tier_changes` returns them. ``outcome`` is ``moved``,
        ``not_distinguishable``, ``not_comparable`` or ``insufficient``; rows with ``suppressed``
        are left out. Without the table the picture says that changes were not tested.
    most : int
        Areas drawn, from the highest rank in the last round down; how many are left out is said.
    language : str
        ``en`` or ``zh``.
    ax : Axes or None
        Where to draw; by default on a new Figure of its own, without pyplot.
    title : str or None
        By default the title in the table's attrs.

    Returns
    -------
    Axes
        A line an area, by its highest rank in the last round; a cell a round, in the colour of the
        tier with its probability and hatched where it is not certain; between two cells the
        outcome of the test with its p, adjusted for the number of areas.

    Raises
    ------
    UsageError
        There are fewer than two rounds or more than eight, an outcome is not known, or the
        language is not.

    Examples
    --------
    >>> import pandas as pd
    >>> from wbe import plot
    >>> tiers = pd.DataFrame(
    ...     {"area": ["A", "B"] * 2, "name": ["North", "South"] * 2, "drug": "MDMA",
    ...      "round": ["2018Q1", "2018Q1", "2018Q2", "2018Q2"], "quantity": "pn_mass_load",
    ...      "unit": "mg/day/1000 inhabitants", "value": [5.0, 9.0, 6.0, 2.0],
    ...      "tier": ["general", "severe", "severe", "general"], "p_general": [0.9, 0.1, 0.2, 0.8],
    ...      "p_severe": [0.1, 0.9, 0.8, 0.2], "resolved": [True, True, False, False],
    ...      "rank": [2, 1, 1, 2], "n_samples": 5, "flags": ""}
    ... )
    >>> axes = plot.tier_history(tiers, drug="MDMA", title="made-up county")
    >>> sorted({text.get_text() for text in axes.texts})[:3]
    ['0.80', '0.90', '2018Q1']
    """
    require_language(language)
    drug = words.drug_of(tiers, drug)
    shown = _rounds(tiers, drug, rounds)
    tables = [with_steps(words.selected(tiers, drug, r)) for r in shown]
    every = _labels(tables)
    labels = dict(list(every.items())[:most])
    tables = [t[t["area"].astype(str).isin(labels)] for t in tables]
    tests = _tests(changes, drug)
    attrs = words.for_drug(tiers.attrs, drug)
    own = words.clean(tiers.attrs.get("title", ""))
    title = words.clean(title) if title is not None else own
    with style.context():
        together = _together(tables)
        classes = words.classes(attrs, together["class"], language)
        span = f"{words.round_name(shown[0], language)} – {words.round_name(shown[-1], language)}"
        title, said = map_words.over(map_words.heading(together, title, own, language, span))
        said.append(_said(changes, language))
        if len(every) > len(labels):
            said.append(names.text("rank.left_out", language, n=len(every) - len(labels)))
        left = names_width(labels.values())
        wide = len(shown) * _CELL + (len(shown) - 1) * _STEP
        width = max(left + wide + _RIGHT, _NARROWEST)
        notes = map_words.wrapped(_notes(together, attrs, language), int(17 * width))
        mine = ax is None
        lines = heading_lines(title, said, columns=columns_in(width - left))
        ax = axes_with(ax, _ROW * (len(labels) + 0.6), lines, left,
                       right=width - left - wide, width=width)  # fmt: skip
        _cells(ax, tables, list(labels), shapes.looks(classes), words.threshold(attrs))
        _signs(ax, _shown_tests(tests, together), list(labels), shown)
        _frame(ax, labels, shown, language)
        entries = map_legend.in_rows(together, classes, language, words.threshold(attrs), None)
        entries += _sign_entries(tests, language)
        tall = map_legend.beneath(ax, entries, 0.2 - left, 0.12)
        map_words.write_notes(ax, notes, 72 * tall, 72 * (0.2 - left))
        if mine:
            set_below([ax], tall + map_words.LINE * len(notes) + 0.25)
    return ax


def _rounds(tiers: pd.DataFrame, drug: str, rounds: Sequence[str] | None) -> list[str]:
    known = sorted(set(map(str, tiers.loc[tiers["drug"] == drug, "round"])))
    shown = known[-MOST:] if rounds is None else [str(r) for r in rounds]
    if not 2 <= len(shown) <= MOST:
        raise UsageError(f"{len(shown)} rounds of {drug!r}; a history shows 2 to {MOST}")
    return shown


def _together(tables: list[pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd

    return pd.concat([words.bare(t) for t in tables], ignore_index=True)


def _labels(tables: list[pd.DataFrame]) -> dict[str, str]:
    """Area -> printed name, by rank in the last round; areas without one last, by name."""
    printed: dict[str, str] = {}
    for table in tables:
        for row in table.to_dict("records"):
            printed[str(row["area"])] = words.label_of(row["name"], row["area"])
    last = tables[-1]
    ranks = dict(zip(last["area"].astype(str), last["rank"].astype(float), strict=True))

    def order(area: str) -> tuple[float, str, str]:
        rank = ranks.get(area, np.nan)
        return (rank if rank == rank else np.inf, printed[area], area)

    return {area: printed[area] for area in sorted(printed, key=order)}


Tests = dict[tuple[str, str, str], tuple[str, float, float]]


def _tests(changes: pd.DataFrame | None, drug: str) -> Tests:
    """Return (area, before, after) -> outcome, ratio, p."""
    if changes is None:
        return {}
    found: Tests = {}
    for row in words.bare(changes).to_dict("records"):
        if row["drug"] != drug or row["outcome"] == words.SUPPRESSED:
            continue
        if row["outcome"] not in OUTCOMES:
            raise UsageError(f"outcome {row['outcome']!r} is none of {', '.join(OUTCOMES)}")
        key = (str(row["area"]), str(row["round_before"]), str(row["round_after"]))
        found[key] = (row["outcome"], float(row["ratio"]), float(row["p"]))
    return found


def _shown_tests(tests: Tests, rows: pd.DataFrame) -> Tests:
    """Leave out tests of areas of which a round is suppressed: they would tell of its value."""
    hidden = rows[rows["class"] == words.SUPPRESSED]
    cells = set(zip(hidden["area"].astype(str), hidden["round"].astype(str), strict=True))
    return {key: test for key, test in tests.items()
            if not {(key[0], key[1]), (key[0], key[2])} & cells}  # fmt: skip


def _said(changes: pd.DataFrame | None, language: str) -> str:
    if changes is None:
        return names.text("history.untested", language)
    level = float(changes.attrs.get("level", 0.05))
    return names.text("history.tested", language, level=words.number(100 * level, pad=False))


def _notes(rows: pd.DataFrame, attrs: dict[Any, Any], language: str) -> list[str]:
    quantity = names.display("quantity", str(rows["quantity"].iloc[0]), language)
    unit = str(rows["unit"].iloc[0])
    about = quantity + ("" if unit in ("", "1", "nan") else f" [{unit}]")
    samples = f"{rows['n_samples'].min():g} – {rows['n_samples'].max():g}"
    return [
        names.text("history.about", language, quantity=about, n=samples),
        words.method_sentence(attrs, language),
        names.text("disclaimer.population_level", language),
    ]


def _x(i: int) -> float:
    """Left edge of the cell of a round [inch]."""
    return i * (_CELL + _STEP)


def _cells(
    ax: Axes, tables: list[pd.DataFrame], areas: list[str], looks: dict[str, Any], sure_at: float
) -> None:
    """Draw a cell an area and round, with the probability of its tier."""
    from shapely import box

    at = {area: i for i, area in enumerate(areas)}
    held: dict[tuple[str, int], list[Any]] = {}
    for i, table in enumerate(tables):
        for row in table.to_dict("records"):
            y, name = at[str(row["area"])], str(row["class"])
            cell = box(_x(i), y - _TALL / 2, _x(i) + _CELL, y + _TALL / 2)
            held.setdefault((name, int(row["step"])), []).append(cell)
            text = words.chance(row.get(f"p_{name}"), sure_at)
            if text:
                shapes.halo_text(ax, _x(i) + _CELL / 2, y, text, 7.5)
    for (name, step), cells in sorted(held.items()):
        shapes.draw_areas(ax, cells, shapes.layers(looks[name], step))


def _signs(ax: Axes, tests: Tests, areas: list[str], rounds: list[str]) -> None:
    """Write the outcome of every test between the cells of its two rounds."""
    at = {area: i for i, area in enumerate(areas)}
    steps = {pair: i for i, pair in enumerate(pairwise(rounds))}
    for (area, before, after), (outcome, ratio, p) in sorted(tests.items()):
        if area not in at or (before, after) not in steps:
            continue
        x = _x(steps[before, after]) + _CELL + _STEP / 2
        moved = outcome == "moved"
        sign = (_UP if ratio > 1 else _DOWN) if moved else _SIGNS[outcome]
        text = f"{sign} {_p(p)}".rstrip()
        ax.text(x, at[area], text, ha="center", va="center", fontsize=8.5 if moved else 7.5,
                color=style.INK if moved else "#707070", zorder=3)  # fmt: skip


def _p(p: float) -> str:
    """Adjusted p at two decimals, below 0.01 as such; empty where nothing was tested.

    Examples
    --------
    >>> _p(0.0312), _p(0.0004), _p(float("nan"))
    ('0.03', '<0.01', '')
    """
    if p != p:
        return ""
    return "<0.01" if p < 0.005 else f"{p:.2f}"


def _frame(ax: Axes, labels: dict[str, str], rounds: list[str], language: str) -> None:
    """Set names at the left and rounds at the top."""
    names_axis(ax, list(labels.values()))
    ax.set_ylim(len(labels) - 0.5, -1.1)
    ax.set_xlim(-0.03, _x(len(rounds) - 1) + _CELL + 0.03)
    ax.set_xticks([])
    for i, name in enumerate(rounds):
        ax.text(_x(i) + _CELL / 2, -0.8, words.round_name(name, language), ha="center",
                va="center", fontsize=8.5)  # fmt: skip
    for side in ("top", "right", "bottom", "left"):
        ax.spines[side].set_visible(False)


def _sign_entries(tests: Tests, language: str) -> list[map_legend.Entry]:
    """Return the signs that occur, for the legend."""
    seen = {outcome for outcome, _, _ in tests.values()}
    signs = {"moved": f"{_UP}{_DOWN}", **_SIGNS}
    return [(map_legend.Sign(signs[o]), names.text(f"history.outcome.{o}", language))
            for o in OUTCOMES if o in seen]  # fmt: skip
