"""Areas of a campaign in tiers: every drug ranked, the hidden areas beside, rounds named."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from wbe.errors import UsageError
from wbe.run import guard
from wbe.run.config import Config, Tiers
from wbe.run.keys import INDEX, STATED
from wbe.run.reference_file import read_reference
from wbe.run.withheld import NOBODY, Withheld
from wbe.run.words import both

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import xarray as xr

    from wbe.spatial import ReferenceSet


def classified(
    values: xr.Dataset,
    hidden: pd.DataFrame,
    config: Config,
    people: Mapping[str, float],
    held: Withheld = NOBODY,
    never: Collection[str] = (),
) -> gpd.GeoDataFrame:
    """Rank areas, with the hidden ones beside them.

    Parameters
    ----------
    values : Dataset
        From `wbe.by_area`, of the areas shown.
    hidden : DataFrame
        From `guard.cut`.
    config : Config
    people : mapping of str to float
        Population of the areas [inhabitant].
    held : Withheld
        What lacks a record of consent.
    never : collection of str
        Areas that this audience may not see, whatever their population.
    """
    reference = config.data.reference
    reference_set = None if reference is None else read_reference(reference)
    tiers = ranked(values, config.tiers, reference_set)
    tiers = guard.guarded(guard.beside(tiers, hidden), people, config.privacy, never)
    tiers = guard.marked(tiers, held)
    tiers = tiers if config.privacy.audience == "internal" else guard.rounded(tiers)
    if config.data.areas is None:
        tiers = guard.coarsened(tiers)
    order = values["round"].values.astype(str).tolist()
    tiers.attrs |= {
        "drug": config.tiers.drug,
        "round": map_round(tiers, config.tiers, order),
        "reference_round": reference_round(tiers, config.tiers, order),
        "statistic_stated": config.tiers.statistic is not None,
        "labels": list(config.tiers.labels),
        "floor": config.tiers.floor,
        "title": config.title,
        "language": config.language,
    }
    return tiers


def ranked(
    values: xr.Dataset, tiers: Tiers, reference: ReferenceSet | None = None
) -> gpd.GeoDataFrame:
    """Rank every drug; stated breaks and a floor are about the mapped drug alone.

    Beside an index stands the consumption of every drug.

    Raises
    ------
    UsageError
        If the data hold no residue of the mapped drug.
    """
    import pandas as pd

    from wbe.spatial import rank

    drugs = values["drug"].values.astype(str).tolist()
    if tiers.drug not in drugs:
        held = ", ".join(drugs) or "none"
        raise UsageError(both("usage.drug", drug=repr(tiers.drug), held=held))
    options: dict[str, Any] = {
        "reference": reference,
        "scheme": tiers.scheme,
        "labels": tiers.labels,
        "statistic": tiers.statistic,
        "reference_round": _reference_round(values, tiers.reference_round),
    }
    breaks = {tiers.drug: tiers.breaks} if tiers.breaks else None
    is_index = tiers.drug == INDEX
    apart = is_index or tiers.scheme == "model"  # a quantity, or draws, that others do not have
    others = values.sel(drug=[d for d in drugs if not (apart and d == tiers.drug)])
    quantity = "pn_consumption" if is_index else tiers.quantity
    if not others.sizes["drug"]:
        own: dict[str, Any] = {"breaks": tiers.breaks, "floor": tiers.floor}
        return rank(values, tiers.drug, quantity=tiers.quantity, **own, **options)
    table = rank(others, quantity=quantity, breaks=breaks, **options)
    if tiers.floor is None and not apart:
        return table
    mapped = rank(
        values, tiers.drug, quantity=tiers.quantity, breaks=tiers.breaks, floor=tiers.floor,
        **options,
    )  # fmt: skip
    rest = table[table["drug"] != tiers.drug]
    joined = pd.concat([mapped, rest], ignore_index=True)
    joined.attrs = {**table.attrs, **mapped.attrs}
    joined.attrs["breaks"] = {**table.attrs["breaks"], **mapped.attrs["breaks"]}
    return ordered(joined)


def ordered(tiers: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Sort by drug, round and area, by code points."""
    attrs = dict(tiers.attrs)
    keys = zip(*(tiers[name].astype(str) for name in ("drug", "round", "area")), strict=True)
    order = [position for _, position in sorted((key, i) for i, key in enumerate(keys))]
    out = tiers.iloc[order].reset_index(drop=True)
    out.attrs = attrs
    return out


def map_round(tiers: gpd.GeoDataFrame, wanted: Tiers, order: Sequence[str]) -> str:
    """Name the round on the map: a label, or the first or latest with a sample of the drug.

    Parameters
    ----------
    tiers : GeoDataFrame
        The columns of tiers.csv.
    wanted : Tiers
        The configuration.
    order : sequence of str
        All rounds, earliest first.

    Raises
    ------
    UsageError
        If the round is not among those of the data.
    """
    rows = tiers[tiers["drug"] == wanted.drug]
    rounds = _in_order(rows, order)
    filled = _in_order(rows[rows["n_samples"].fillna(0) > 0], order)
    if wanted.map_round in ("latest", "first"):
        return (filled or rounds)[-1 if wanted.map_round == "latest" else 0]
    if wanted.map_round not in rounds:
        listed = ", ".join(rounds)
        raise UsageError(both("usage.map_round", round=repr(wanted.map_round), rounds=listed))
    return wanted.map_round


def reference_round(tiers: gpd.GeoDataFrame, wanted: Tiers, order: Sequence[str]) -> str:
    """Name the round at which the mapped drug's breaks are frozen; empty for stated breaks."""
    if wanted.scheme in STATED:
        return ""
    if wanted.reference_round not in ("first", "latest"):
        return wanted.reference_round
    rows = tiers[(tiers["drug"] == wanted.drug) & tiers["value"].notna()]
    rounds = _in_order(rows, order) or [""]
    return rounds[0 if wanted.reference_round == "first" else -1]


def _in_order(rows: gpd.GeoDataFrame, order: Sequence[str]) -> list[str]:
    held = set(rows["round"].astype(str))
    return [label for label in order if label in held]


def _reference_round(values: xr.Dataset, wanted: str) -> str:
    """The label of the latest round, which the classification does not know by that word."""
    return str(values["round"].values[-1]) if wanted == "latest" else wanted
