"""What a run says beside tiers: changes between rounds, and who is above whom. Areas only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import xarray as xr

    from wbe.run.config import Tiers

CHANGES, RANKS = "changes.csv", "ranks.csv"
FILES = (CHANGES, RANKS)

SUPPRESSED = "suppressed"
_WORDS = ("drug", "quantity", "round_before", "round_after")


@dataclass(frozen=True)
class RoundTables:
    """Two tables of areas, the guard applied; each is None where there is nothing to say.

    Attributes
    ----------
    changes : DataFrame or None
        `wbe.spatial.tier_changes` of consecutive rounds; hidden areas as ``suppressed``.
    ranks : DataFrame or None
        `wbe.spatial.rank_table` of the mapped drug, every round; an area that has no rank keeps
        its names and its ``flags``, which say why: ``suppressed``, ``no_data``.
    about : mapping
        Level, power and spreads of the test of changes.
    """

    changes: pd.DataFrame | None = None
    ranks: pd.DataFrame | None = None
    about: Mapping[str, Any] | None = None

    def write(self, target: Path, *, suffix: str = "") -> list[str]:
        """Write the tables that there are; return their names.

        Parameters
        ----------
        target : Path
            A folder.
        suffix : str
            Put before ``.csv``: ``.public`` for what an internal run keeps for publication.
        """
        from wbe.report import write_tiers_csv

        written = []
        for name, table in zip(FILES, (self.changes, self.ranks), strict=True):
            if table is not None:
                written.append(name.replace(".csv", f"{suffix}.csv"))
                write_tiers_csv(table, target / written[-1])
        return written


NOTHING = RoundTables()


def read_tables(run: Path, *, suffix: str = "") -> RoundTables:
    """Read the tables of a finished run back; None for those that it did not write."""
    import pandas as pd

    found = []
    for name in FILES:
        file = run / name.replace(".csv", f"{suffix}.csv")
        texts = {c: str for c in ("area", "name", *_WORDS, "tier_before", "tier_after", "reason")}
        found.append(
            pd.read_csv(file, dtype=texts, encoding="utf-8-sig", keep_default_na=False,
                        na_values=[""])
            if file.is_file() else None
        )  # fmt: skip
    changes, ranks = found
    return RoundTables(changes, ranks)


def tables_of(values: xr.Dataset, tiers: gpd.GeoDataFrame, wanted: Tiers) -> RoundTables:
    """Return the tables of areas that the tiers show.

    A hidden area takes no part: neither in the number of tests nor in the spread of points.

    Parameters
    ----------
    values : Dataset
        From `wbe.by_area`, of all areas.
    tiers : GeoDataFrame
        The columns of tiers.csv, the guard applied.
    wanted : Tiers
        The configuration.
    """
    hidden = set(tiers.loc[_is_hidden(tiers), "area"].astype(str))
    shown = [a for a in values["area"].values.astype(str) if a not in hidden]
    if not shown:
        return RoundTables()
    kept = [a not in hidden for a in values["sample_area"].values.astype(str)]
    rest = values.sel(area=shown).isel(sample=kept)
    changes = _changes(rest, tiers, wanted, hidden)
    about = None if changes is None else {str(k): v for k, v in changes.attrs.items()}
    ranks = _ranks(rest, wanted)
    return RoundTables(changes, None if ranks is None else _with_unranked(ranks, tiers), about)


def _is_hidden(tiers: pd.DataFrame) -> pd.Series:
    return tiers["flags"].astype(str).str.split(";").map(lambda f: SUPPRESSED in f).astype(bool)


def _changes(
    values: xr.Dataset, tiers: gpd.GeoDataFrame, wanted: Tiers, hidden: set[str]
) -> pd.DataFrame | None:
    """Changes of consecutive rounds; None for one round, and for plants."""
    import pandas as pd

    from wbe.spatial import tier_changes

    quantity = "pn_consumption" if wanted.quantity == "index" else wanted.quantity
    table = tier_changes(values, quantity=quantity, tiers=tiers)
    if table.empty:
        return None
    names = dict(zip(tiers["area"].astype(str), tiers["name"], strict=True))
    blanks = [
        {**dict(zip(_WORDS, key, strict=True)), "area": area, "name": names[area]}
        for key in table[list(_WORDS)].drop_duplicates().itertuples(index=False, name=None)
        for area in sorted(hidden)
    ]
    about = table.attrs
    if blanks:
        rows = pd.DataFrame(blanks).assign(outcome=SUPPRESSED)
        texts = ["tier_before", "tier_after", "reason"]
        rows[texts] = ""
        table = pd.concat([table.astype({"n_kept": float, "n_before": float, "n_after": float}),
                           rows.reindex(columns=table.columns)], ignore_index=True)  # fmt: skip
    order = ["drug", "round_before", "round_after", "area"]
    table = table.sort_values(order, kind="stable", ignore_index=True)
    table.attrs = about
    return table


def _ranks(values: xr.Dataset, wanted: Tiers) -> pd.DataFrame | None:
    """The order of areas for the mapped drug; None without draws, or for very many areas."""
    import pandas as pd

    from wbe.spatial.orders import MOST_AREAS, rank_tables

    if not values.attrs["draws"] or values.sizes["area"] > MOST_AREAS:
        return None
    scheme: Literal["plain", "model"] = "model" if wanted.scheme == "model" else "plain"
    tables = rank_tables(values, wanted.drug, quantity=wanted.quantity, scheme=scheme)
    held = [t for t in tables if len(t)]
    return pd.concat(held, ignore_index=True) if held else None


def _with_unranked(ranks: pd.DataFrame, tiers: pd.DataFrame) -> pd.DataFrame:
    """Add an empty row for each area without a rank, so that nobody takes it for forgotten."""
    keys = ["drug", "round", "area"]
    rounds = {label: k for k, label in enumerate(ranks["round"].drop_duplicates())}
    named = tiers.loc[tiers["drug"].isin(set(ranks["drug"])), [*keys, "name", "flags"]]
    named = named[named["round"].isin(list(rounds))].astype(str)
    table = ranks.merge(named, on=keys, how="outer", suffixes=("", "_stated"))
    is_ranked = table["rank_lower"].notna()
    table["flags"] = table["flags"].where(~is_ranked, "")
    table["name"] = table["name"].where(is_ranked, table["name_stated"])
    table["quantity"] = ranks["quantity"].iloc[0]
    table = table[[*ranks.columns, "flags"]].assign(at=table["round"].map(rounds))
    return table.sort_values(["at", "area"], kind="stable", ignore_index=True).drop(columns="at")
