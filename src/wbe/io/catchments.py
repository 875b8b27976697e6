"""Tables of catchments: which share of a plant's people lives in which area."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from wbe.area_names import nearest_areas
from wbe.errors import FindingsError
from wbe.findings import Findings
from wbe.io.catchment_form import weight_column
from wbe.io.cells import read_quantity
from wbe.io.gather import extract
from wbe.io.quantities import read_quantities
from wbe.io.rows import Body
from wbe.io.sources import Source, Table, open_source
from wbe.io.text import Refused
from wbe.spellings import nearest

if TYPE_CHECKING:
    from wbe.io.header import Column

COLUMNS: Final = ("site", "area", "weight", "population")
SLACK: Final = 1e-3
"""What weights may lack to 1, or exceed it by: they are written with three decimals."""


def read_catchments(path: str | PathLike[str], *, encoding: str | None = None) -> pd.DataFrame:
    r"""Read which share of each plant's people lives in which area.

    Parameters
    ----------
    path : path
        Any table format: ``site, area`` and ``weight`` (a share or per cent) or ``population``
        [inhabitant], one row a plant and area.
    encoding : str, optional
        Codec of a text file.

    Returns
    -------
    DataFrame
        ``site, area, weight`` [1]``, population`` [inhabitant], sorted. Weights that are not stated
        are populations over their sum. ``attrs["findings"]`` holds all findings; a plant of which
        any row is refused is left out whole, so that no area gets another one's people.

    Raises
    ------
    FindingsError
        If the file is refused or no plant is left.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import wbe
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "catchments.csv")
    ...     _ = path.write_text("site,area,weight\nplant,A,70%\nplant,B,30%\n", encoding="utf-8")
    ...     print(wbe.io.read_catchments(path)[["site", "area", "weight"]])
        site area  weight
    0  plant    A     0.7
    1  plant    B     0.3
    """
    findings = Findings()
    source = open_source(Path(path), Path(path).name, findings, encoding)
    table = catchments_of(source, findings)
    if table is None or table.empty:
        raise FindingsError(findings)
    return table


def catchments_of(source: Source, findings: Findings) -> pd.DataFrame | None:
    """Catchments of an opened file; None if it holds none, with the reason among the findings.

    Parameters
    ----------
    source : Source
    findings : Findings
        Receives what is noticed.
    """
    parts = []
    for table in source.tables:
        header = table.header
        if not (header.has("site") and (header.has("area") or header.has("town"))):
            continue
        try:
            parts.append(_rows(table, findings))
        except Refused as refused:
            if refused.rule != "columns_refused":
                findings.add(refused.rule, file=source.name, sheet=table.sheet.name,
                             line=refused.line, **refused.details)  # fmt: skip
    if not parts:
        if source.tables:
            findings.add("not_a_catchments_table", file=source.name)
        return None
    frame = pd.concat(parts, ignore_index=True).sort_values(["site", "area"], ignore_index=True)
    frame.attrs = {"findings": findings, "file": source.name}
    return frame


def _rows(table: Table, findings: Findings) -> pd.DataFrame:
    column = weight_column(table.header)
    if column is None and not table.header.has("population"):
        raise Refused("not_a_catchments_table")
    body = extract(table.sheet, table.header, findings, quality_control=False)
    rows = pd.DataFrame(index=range(len(body)))
    rows["site"] = body.plain("site")
    rows["area"] = [a or t for a, t in zip(body.plain("area"), body.plain("town"), strict=True)]
    rows["weight"] = _weights(body, column)
    rows["population"] = read_quantities(body, "population")
    refused = _refused(body, rows, column)
    kept = _completed(rows[~rows["site"].isin(refused) & (rows["site"] != "")])
    findings.rows += body.seen
    findings.accepted += len(kept)
    return _within_one(kept, body)


def _weights(body: Body, column: Column | None) -> np.ndarray:
    """Shares as stated, NaN where none is; what is no share is refused."""
    out = np.full(len(body), np.nan)
    texts = _texts(body, column)
    for position, text in enumerate(texts):
        if not text.strip():
            continue
        reading = read_quantity(text)
        value = reading.value / 100 if reading.unit == "%" else reading.value
        bare = reading.kind == "number" and reading.unit in ("", "%")
        if bare and 0 < value <= 1:
            out[position] = value
        else:
            body.note("catchment_weight_invalid", position, column, value=text)
            body.rejected[body.members(position)] = True
    return out


def _texts(body: Body, column: Column | None) -> list[str]:
    if column is None:
        return [""] * len(body)
    if column.index in body.cells:
        return body.cells[column.index]
    by_row = body.texts_by_row[column.index]
    return [by_row[int(body.members(i)[0])] for i in range(len(body))]


def _refused(body: Body, rows: pd.DataFrame, column: Column | None) -> set[str]:
    """Plants of which a row cannot be used."""
    header = body.header
    bad = {str(rows["site"][i]) for i in range(len(body)) if body.rejected[body.members(i)].any()}
    stated = rows["weight"].notna().groupby(rows["site"]).transform("any")
    number = rows["weight"].where(stated, rows["population"])
    for position, (site, area) in enumerate(zip(rows["site"], rows["area"], strict=True)):
        if not site:
            body.note("site_missing", position, header.column("site"))
        elif not area:
            body.note("catchment_area_missing", position, header.column("area"), value="")
        elif np.isnan(number[position]) and site not in bad:
            body.note("catchment_number_missing", position, column, value=site)
        else:
            continue
        body.rejected[body.members(position)] = True
        bad.add(site)
    again = rows.duplicated(["site", "area"]) & (rows["site"] != "") & (rows["area"] != "")
    for position in np.flatnonzero(again.to_numpy()).tolist():
        body.note("catchment_twice", position, header.column("area"), value=rows["site"][position],
                  area=rows["area"][position])  # fmt: skip
        bad.add(str(rows["site"][position]))
    return bad - {""}


def _completed(rows: pd.DataFrame) -> pd.DataFrame:
    """Weights from populations, where a plant states none."""
    stated = rows["weight"].notna().groupby(rows["site"]).transform("any")
    total = rows["population"].groupby(rows["site"]).transform("sum")
    return rows.assign(weight=rows["weight"].where(stated, rows["population"] / total))


def _within_one(rows: pd.DataFrame, body: Body) -> pd.DataFrame:
    """Tell plants whose weights do not add up to 1, and leave out those that exceed it."""
    file, sheet = body.sheet.file, body.sheet.name
    above = []
    for site, total in rows.groupby("site", sort=True)["weight"].sum().items():
        if total > 1 + SLACK:
            findings_of = body.findings
            findings_of.add("catchment_weights_above", file=file, sheet=sheet, value=str(site),
                            sum=f"{total:.4g}")  # fmt: skip
            above.append(site)
        elif total < 1 - SLACK:
            body.findings.add("catchment_weights_below", file=file, sheet=sheet, value=str(site),
                              sum=f"{total:.4g}", missing=f"{1 - total:.1%}")  # fmt: skip
    return rows[~rows["site"].isin(above)][list(COLUMNS)]


def matched(
    table: pd.DataFrame, sites: Iterable[str], areas: Collection[str] | None, findings: Findings
) -> pd.DataFrame:
    """Leave out the plants that were not sampled and those that name an unknown area.

    Parameters
    ----------
    table : DataFrame
        From `read_catchments`.
    sites : iterable of str
        Sites with samples.
    areas : collection of str or None
        Areas of the campaign; None where it has no file of them.
    findings : Findings
        Receives what is noticed.

    Returns
    -------
    DataFrame
        The rows that can be used.
    """
    file = str(table.attrs.get("file", ""))
    sampled, own = sorted(set(sites)), sorted(set(table["site"]))
    unused = [site for site in own if site not in sampled]
    for site in unused:
        near = ", ".join(nearest(site, [s for s in sampled if s not in own])) or "none"
        findings.add("catchment_site_unknown", file=file, value=site, nearest=near)
    unknown = table[~table["area"].isin(list(areas))] if areas is not None else table.iloc[:0]
    for site, area in unknown[["site", "area"]].itertuples(index=False):
        near = ", ".join(nearest_areas(area, sorted(areas or ()))) or "none"
        findings.add("catchment_area_unknown", file=file, value=site, area=area, nearest=near)
    return table[~table["site"].isin([*unused, *unknown["site"]])].reset_index(drop=True)
