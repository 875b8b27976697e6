"""``wbe factors``: the factor tables as people read them, and as CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wbe import names
from wbe.errors import UsageError

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
        table = table[table["factor_id"].isin(list(factors.load_set(chosen).rows.index))]
    if drug:
        found = names.resolve("drug", drug) or names.resolve("analyte", drug)
        if found is None:
            near = ", ".join(names.suggest("drug", drug)) or "none"
            raise UsageError(f"{drug!r} is not a known drug; near it: {near}")
        table = table[(table["drug"] == found) | (table["analyte"] == found)]
    if table.empty:
        raise UsageError("no factor row is left; leave --set or DRUG out to see all")
    return table


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
