"""The statistics of a campaign beside its loads: one guarded table, and sentences for the page.

What a reader could work out counts as printed (`wbe.run.counts_known`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wbe import names
from wbe.errors import FindingsError
from wbe.findings import Findings
from wbe.run import guard
from wbe.run.config import Config
from wbe.run.counts_known import WHOLE, with_known
from wbe.run.withheld import SUPPRESSED

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    import pandas as pd
    import xarray as xr

    from wbe.indicators import Beside
    from wbe.indicators.beside import Span

FILE = "indicators.csv"
COLUMNS = (
    "area", "name", "round", "period", "days", "indicator", "unit", "count", "rate", "rate_lower",
    "rate_upper", "rate_rank", "load", "load_lower", "load_upper", "load_rank", "flags",
)  # fmt: skip


@dataclass(frozen=True)
class Statistics:
    """What the outputs show of a campaign's statistics.

    Attributes
    ----------
    rows : DataFrame
        `COLUMNS`, suppressed cells empty.
    beside : list of Beside
        Of the cells that are shown.
    """

    rows: pd.DataFrame
    beside: list[Beside] = field(default_factory=list)

    def sentences(self, language: str) -> list[str]:
        """Say how far each indicator agrees, then every caution once."""
        from wbe.indicators import caution_text
        from wbe.indicators.cautions import in_order

        said = [_sentence(one, language) for one in self.beside]
        cautions = in_order(c for one in self.beside for c in one.agreement.cautions)
        return said + [caution_text(c, language) for c in cautions] if said else []


def read(config: Config, tiers: gpd.GeoDataFrame, found: Findings) -> pd.DataFrame | None:
    """Read the campaign's statistics; None where it has none, or they are refused.

    Parameters
    ----------
    config : Config
    tiers : GeoDataFrame
        Areas of the campaign.
    found : Findings
        Receives all findings.
    """
    from wbe.io.indicators import note_unknown_areas, read_indicators

    if config.data.indicators is None:
        return None
    try:
        table = read_indicators(config.data.indicators, errors="reject")
    except FindingsError as error:
        found.extend(error.findings)
        return None
    note_unknown_areas(table, [*_ids(tiers)], table.attrs["findings"])
    found.extend(table.attrs["findings"])
    return table


def computed(
    table: pd.DataFrame, values: xr.Dataset, tiers: gpd.GeoDataFrame, config: Config,
    people: Mapping[str, float],
) -> Statistics:  # fmt: skip
    """Set statistics beside the tiers of the mapped drug, the guard applied.

    Parameters
    ----------
    table : DataFrame
        From `read`.
    values : Dataset
        From :func:`wbe.by_area`.
    tiers : GeoDataFrame
        Guarded already: loads of hidden areas are empty.
    config : Config
    people : mapping of str to float
        Population of the areas [inhabitant].
    """
    from wbe.indicators import paired, set_beside

    loads = tiers[tiers["drug"] == config.tiers.drug]
    areas, rounds = _ids(loads), _windows(loads)
    pairs = paired(table, areas, rounds)
    hidden_areas = set(loads.loc[loads["flags"].str.contains(SUPPRESSED, na=False), "area"])
    known = {a: 0.0 if a in hidden_areas else p for a, p in people.items()}
    hidden = _hidden(pairs, known, config)
    found = set_beside(
        pairs[~hidden], loads, areas={a: a for a in areas.values()}, rounds=rounds,
        population=people, draws=_draws(values, config, rounds), seed=config.estimate.seed,
    )  # fmt: skip
    return Statistics(_rows(found, pairs[hidden], loads), found)


def _ids(tiers: pd.DataFrame) -> dict[str, str]:
    """Ids and unambiguous names of the areas to their ids."""
    table = tiers[["area", "name"]].astype(str).drop_duplicates()
    once = table[~table["name"].duplicated(keep=False)]
    return dict(zip(once["name"], once["area"], strict=True)) | {a: a for a in table["area"]}


def _windows(tiers: pd.DataFrame) -> dict[str, Span]:
    """First and last day of each round whose name says when it was."""
    import pandas as pd

    from wbe.io.indicators import read_window

    found = {str(r): read_window(str(r)) for r in sorted(set(tiers["round"].astype(str)))}
    return {
        r: (pd.Timestamp(w.start), pd.Timestamp(w.end)) for r, w in found.items() if w is not None
    }


def _draws(
    values: xr.Dataset, config: Config, rounds: Mapping[str, Span]
) -> dict[str, tuple[list[str], np.ndarray]] | None:
    """One block of draws of each round's loads (draw, area); None of a run without draws."""
    import numpy as np

    from wbe.spatial.series_draws import series_draws

    drug = series_draws(values, config.tiers.quantity).get(config.tiers.drug)
    if drug is None or not drug.n:
        return None
    out = {}
    for label in rounds:
        areas = drug.areas(label)
        if areas:
            out[label] = (areas, np.exp(drug.log(areas, label)(0)[:, : drug.n].T))
    return out


def _hidden(pairs: pd.DataFrame, people: Mapping[str, float], config: Config) -> pd.Series:
    """Tell which cells the guard hides, with all that a reader could work out from the others."""
    import pandas as pd

    if pairs.empty:
        return pd.Series(False, index=pairs.index)
    cells, sums = with_known(pairs)
    shown = guard.protected_counts(
        cells, people, config.privacy, sums, column="value", wholes=[WHOLE]
    )
    of_table = shown[shown["at"] >= 0].set_index("at")["flags"]
    return of_table.reindex(range(len(pairs))).eq(SUPPRESSED).set_axis(pairs.index)


def _rows(found: list[Beside], hidden: pd.DataFrame, loads: pd.DataFrame) -> pd.DataFrame:
    """All rows in one order; a hidden one keeps its names alone."""
    import pandas as pd

    titles = dict(zip(loads["area"].astype(str), loads["name"].astype(str), strict=True))
    blank = hidden.assign(name=hidden["area"].map(titles), flags=SUPPRESSED)
    blank = blank[["area", "name", "round", "period", "days", "indicator", "unit", "flags"]]
    parts = [one.rows.assign(flags="") for one in found] + [blank]
    kept = [part for part in parts if len(part)]
    if not kept:
        return pd.DataFrame(columns=list(COLUMNS))
    rows = pd.concat(kept, ignore_index=True).reindex(columns=list(COLUMNS))
    return rows.sort_values(["indicator", "unit", "period", "area"], ignore_index=True)


def _sentence(one: Beside, language: str) -> str:
    found = one.agreement
    place = {
        "indicator": one.indicator, "unit": names.text(f"indicators.unit.{one.unit}", language),
        "period": one.period, "round": one.round, "n": found.n,
    }  # fmt: skip
    if not found.testable:
        return names.text("indicators.beside.not_testable", language, **place)
    text = names.text(
        "indicators.beside", language, value=_number(found.value), lower=_number(found.lower),
        upper=_number(found.upper), p=f"{found.p:.2g}", chance_lower=_number(found.chance_lower),
        chance_upper=_number(found.chance_upper), level=f"{100 * found.level:g}",
        least=_number(min(found.without_one)), most=_number(max(found.without_one)), **place,
    )  # fmt: skip
    if not found.draws:
        return text
    carried = names.text(
        "indicators.beside.carried", language, value=_number(found.carried),
        lower=_number(found.carried_lower), upper=_number(found.carried_upper),
    )  # fmt: skip
    return text + ("" if language == "zh" else " ") + carried


def _number(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")
