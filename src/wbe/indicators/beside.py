"""A table of statistics set beside the loads of areas and rounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wbe.errors import UsageError
from wbe.indicators.cautions import cautions_of
from wbe.indicators.exact import exact_rate
from wbe.indicators.rank_agreement import RankAgreement, agreement_of_ranks
from wbe.qc.ranking import ranks

Floats = NDArray[np.float64]
Span = tuple[pd.Timestamp, pd.Timestamp]

ROW_COLUMNS: tuple[str, ...] = (
    "area", "name", "round", "period", "days", "indicator", "unit", "count", "population", "rate",
    "rate_lower", "rate_upper", "rate_rank", "load", "load_lower", "load_upper", "load_rank",
)  # fmt: skip
"""Columns of `Beside.rows`. Rates are per 100,000 inhabitants and year, rank 1 is the highest."""
_KEYS = ["indicator", "unit", "period", "round", "definition", "basis"]
_LOADS = ("area", "name", "round", "value", "lower", "upper")
_PURPOSIVE = "purposive_left_out"


@dataclass(frozen=True)
class Beside:
    """One indicator of one period beside the loads of one round.

    Attributes
    ----------
    indicator, unit, period, round : str
    rows : DataFrame
        One row an area, `ROW_COLUMNS`.
    agreement : RankAgreement
        Spearman's, of loads and rates.
    """

    indicator: str
    unit: str
    period: str
    round: str
    rows: pd.DataFrame
    agreement: RankAgreement


def paired(
    table: pd.DataFrame, areas: Mapping[str, str], rounds: Mapping[str, Span]
) -> pd.DataFrame:
    r"""Return the counts that can stand beside a round, with the area and the round of each.

    Parameters
    ----------
    table : DataFrame
        From `wbe.read_indicators`.
    areas : mapping of str to str
        Id or name of an area to its id. What is not in it is left out, never guessed.
    rounds : mapping of str to (Timestamp, Timestamp)
        First and last day of each round.

    Returns
    -------
    DataFrame
        Rows of `table` with ``area`` as id and ``round``: counts of everybody whose window shares
        days with a round; of several rounds the one that shares most. Shares, bounds, changes
        alone, and counts of a chosen group are left out.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import pandas as pd
    >>> import wbe
    >>> text = "area,period,indicator,value,unit\nA,2018-01/2018-03,admitted,513,persons\n"
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "statistics.csv")
    ...     _ = path.write_text(text, encoding="utf-8")
    ...     table = wbe.read_indicators(path)
    >>> rounds = {"2018Q1": (pd.Timestamp("2018-03-05"), pd.Timestamp("2018-03-07"))}
    >>> wbe.indicators.paired(table, {"A": "EX01"}, rounds)[["area", "round", "value"]]
       area   round  value
    0  EX01  2018Q1  513.0
    """
    counts = table[
        table["value"].notna()
        & table["unit"].isin(["persons", "person_times", "cases"])
        & table["bound"].eq("")
        & table["group"].eq("")
    ]
    known = counts[counts["area"].isin(list(areas))].copy()
    known["area"] = known["area"].map(dict(areas))
    spans = zip(known["start"], known["end"], strict=True)
    known["round"] = [_nearest(start, end, rounds) for start, end in spans]
    return known[known["round"] != ""].reset_index(drop=True)


def _nearest(start: pd.Timestamp, end: pd.Timestamp, rounds: Mapping[str, Span]) -> str:
    shared = {r: (min(end, b) - max(start, a)).days + 1 for r, (a, b) in rounds.items()}
    longest = max(shared.values(), default=0)
    return next((r for r, days in shared.items() if days == longest > 0), "")


def set_beside(
    table: pd.DataFrame,
    loads: pd.DataFrame,
    *,
    areas: Mapping[str, str],
    rounds: Mapping[str, Span],
    population: Mapping[str, float],
    draws: Mapping[str, tuple[Sequence[str], Floats]] | None = None,
    sweeps_by_tier: bool = False,
    level: float = 0.95,
    seed: int = 1,
) -> list[Beside]:
    r"""Set statistics beside loads, indicator by indicator and period by period.

    Parameters
    ----------
    table : DataFrame
        From `wbe.read_indicators`.
    loads : DataFrame
        ``area, name, round, value, lower, upper, flags`` of one drug, such as `wbe.rank` returns;
        values [mg/day/1000 inhabitants], made without sites placed by suspicion, as those of
        `wbe.by_area` are.
    areas : mapping of str to str
        As in `paired`.
    rounds : mapping of str to (Timestamp, Timestamp)
        As in `paired`.
    population : mapping of str to float [inhabitant]
        Area to its people; an area without has no rate.
    draws : mapping of str to (areas, ndarray (draw, area)), optional
        Draws of each round's loads.
    sweeps_by_tier : bool
        Whether searches were sent to where the water was high.
    level : float
        Probability of the intervals [1].
    seed : int
        Of permutations and draws.

    Returns
    -------
    list of Beside
        In the order of indicator, unit, period. Definitions and bases are told apart.

    Raises
    ------
    UsageError
        If `loads` lacks a column or names an area twice in a round.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import pandas as pd
    >>> import wbe
    >>> counts = {"A": 90, "B": 14, "C": 33, "D": 51, "E": 8, "F": 70}
    >>> rows = [f"{a},2018-01/2018-03,admitted,{n},persons\n" for a, n in counts.items()]
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "statistics.csv")
    ...     text = "area,period,indicator,value,unit\n" + "".join(rows)
    ...     _ = path.write_text(text, encoding="utf-8")
    ...     table = wbe.read_indicators(path)
    >>> value = pd.Series([80.0, 10.0, 35.0, 60.0, 12.0, 50.0])
    >>> loads = pd.DataFrame(
    ...     {"area": list(counts), "name": list(counts), "round": "2018Q1", "value": value,
    ...      "lower": 0.8 * value, "upper": 1.25 * value, "flags": ""}
    ... )
    >>> found = wbe.indicators.set_beside(
    ...     table, loads, areas={a: a for a in counts}, population=dict.fromkeys(counts, 50_000),
    ...     rounds={"2018Q1": (pd.Timestamp("2018-03-05"), pd.Timestamp("2018-03-07"))},
    ... )
    >>> [(one.indicator, one.unit, round(one.agreement.value, 2)) for one in found]
    [('admitted', 'persons', 0.89)]
    """
    if absent := [name for name in _LOADS if name not in loads]:
        raise UsageError(f"loads have no column {', '.join(absent)}")
    if loads.duplicated(["area", "round"]).any():
        raise UsageError("loads name an area twice in a round: give those of one drug")
    pairs = paired(table, areas, rounds)
    found = []
    for key, own in pairs.groupby(_KEYS, sort=True):
        indicator, unit, period, round_ = (str(word) for word in list(key)[:4])
        here = loads[loads["round"].astype(str) == round_]
        rows = _rows(own, here, population, level)
        cautions = _cautions(own, here, pairs, rounds[round_], sweeps_by_tier)
        drawn = None if draws is None or round_ not in draws else _of(draws[round_], rows["area"])
        agreement = agreement_of_ranks(
            rows["area"].tolist(), rows["load"], rows["rate"],
            load_draws=drawn, cautions=cautions, level=level, seed=seed,
        )  # fmt: skip
        found.append(Beside(indicator, unit, period, round_, rows, agreement))
    return found


def _rows(
    own: pd.DataFrame, here: pd.DataFrame, population: Mapping[str, float], level: float
) -> pd.DataFrame:
    """One row an area that has a count, its load where it has one."""
    own = own.drop_duplicates("area").sort_values("area")
    loads = here.set_index(here["area"].astype(str)).reindex(own["area"])
    people = own["area"].map(dict(population)).astype(float).to_numpy()
    rates = [
        exact_rate(int(k), float(p), d, level=level) if p > 0 else None
        for k, p, d in zip(own["value"], people, own["days"], strict=True)
    ]
    rows = pd.DataFrame(
        {
            **{name: own[name].to_numpy() for name in ("area", "round", "period", "days",
                                                       "indicator", "unit")},
            "name": loads["name"].fillna(pd.Series(loads.index, loads.index)).to_numpy(),
            "count": own["value"].to_numpy(),
            "population": people,
            "rate": [np.nan if r is None else r.value for r in rates],
            "rate_lower": [np.nan if r is None else r.lower for r in rates],
            "rate_upper": [np.nan if r is None else r.upper for r in rates],
            "load": loads["value"].to_numpy(dtype=float),
            "load_lower": loads["lower"].to_numpy(dtype=float),
            "load_upper": loads["upper"].to_numpy(dtype=float),
        }
    )  # fmt: skip
    for name in ("rate", "load"):
        rows[f"{name}_rank"] = _ranks(rows[name].to_numpy())
    return rows[list(ROW_COLUMNS)].reset_index(drop=True)


def _ranks(values: Floats) -> Floats:
    out = np.full(len(values), np.nan)
    known = np.isfinite(values)
    if known.any():
        out[known] = ranks(-values[known])
    return out


def _cautions(
    own: pd.DataFrame, here: pd.DataFrame, pairs: pd.DataFrame, span: Span, sweeps: bool
) -> tuple[str, ...]:
    same = pairs[pairs["indicator"] == own["indicator"].iloc[0]]
    flags = here["flags"].fillna("").astype(str) if "flags" in here else pd.Series("", here.index)
    found = cautions_of(
        counts=own["value"], units=same["unit"].tolist(), definitions=same["definition"].tolist(),
        days=[*own["days"].tolist(), (span[1] - span[0]).days + 1],
        sites_by_suspicion=bool(flags.str.contains(_PURPOSIVE).any()), sweeps_by_tier=sweeps,
    )  # fmt: skip
    several = pairs["indicator"].nunique() > 1
    return (*found, *(["several_indicators"] if several else []))


def _of(drawn: tuple[Sequence[str], Floats], wanted: pd.Series) -> Floats:
    """Draws in the order of the wanted areas; NaN for those without."""
    at = {area: i for i, area in enumerate(drawn[0])}
    out = np.full((len(drawn[1]), len(wanted)), np.nan)
    for i, area in enumerate(wanted):
        if area in at:
            out[:, i] = drawn[1][:, at[area]]
    return out
