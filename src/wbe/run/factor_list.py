"""``wbe factors``: the factor tables as people read them, and as CSV."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wbe import names
from wbe.errors import UsageError
from wbe.run.keys import is_set_name
from wbe.run.words import both

if TYPE_CHECKING:
    import pandas as pd


def listing(drug: str | None, chosen: str | None, *, form: str = "text", lang: str = "en") -> str:
    """Factor rows of one drug or all, of a named set or all, with sources.

    Raises
    ------
    UsageError
        If the drug is unknown or no row is left.
    """
    table = _chosen(drug, chosen)
    if form == "csv":
        return table.to_csv(index=False, lineterminator="\n").rstrip("\n")
    return _as_text(table, lang)


def _chosen(drug: str | None, chosen: str | None) -> pd.DataFrame:
    from wbe import factors

    table = factors.table()
    if "factor_id" not in table:
        table = table.reset_index()
    if chosen:
        _check_named(chosen)
        table = table[table["factor_id"].isin(list(factors.load_set(chosen).rows.index))]
    if drug:
        found = names.resolve("drug", drug) or names.resolve("analyte", drug)
        if found is None:
            near = ", ".join(map(repr, names.suggest("drug", drug)))
            message = both("config.drug", value=repr(drug))
            fix = both("config.near", near=near) if near else both("usage.drugs")
            raise UsageError(both("config.reason", message=message, fix=fix))
        table = table[(table["drug"] == found) | (table["analyte"] == found)]
    if table.empty:
        raise UsageError(both("usage.no_factor"))
    return table


def _check_named(chosen: str) -> None:
    """Refuse a word that names no set; of tables by path their reader says what is wrong."""
    from wbe import factors

    if is_set_name(chosen) and Path(chosen).name == chosen and chosen not in factors.set_names():
        listed = ", ".join(factors.set_names())
        raise UsageError(both("usage.factor_set", value=repr(chosen), choices=listed))


def _as_text(table: pd.DataFrame, lang: str) -> str:
    """Drug by drug; under each row its source with DOI, as the bibliography has it."""
    from wbe import factors

    known = factors.references()
    lines = []
    for drug, rows in table.astype(object).fillna("").groupby("drug", sort=True):
        lines.append(names.display("drug", str(drug), lang))
        for row in rows.to_dict("records"):
            value = " ".join(str(row[c]) for c in ("quantity", "value", "unit") if str(row[c]))
            stated = f"{row['analyte']}, {value} (verified: {row['verified']})"
            lines.append(f"  {row['factor_id']}: {stated}")
            source = str(row["source"])
            where = factors.format_reference(source) if source in known else source
            lines.append(f"    {where} {row['locator']}".rstrip())
    return "\n".join(lines)
