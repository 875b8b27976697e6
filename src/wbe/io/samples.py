"""What a row says about its sample: who, where, when, how much water, how many people.

One reading for each row; `wbe.io.collapse` joins the rows of a sample and finds contradictions.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache

import numpy as np
import pandas as pd

from wbe import names
from wbe.io.coordinates import Position, read_angle, read_datum, read_pair
from wbe.io.dates import FIRST_YEAR, LAST_YEAR, is_yearless_quarter, read_round, read_when, years_in
from wbe.io.header import Column, split_unit
from wbe.io.quantities import QUANTITIES, read_quantities, read_shares
from wbe.io.rows import Body
from wbe.io.site_positions import refuse_impossible
from wbe.io.words import plain

TEXTS = ("visit", "lab", "population_date", "phase", "preservation", "storage_temp",
         "analysed_date", "note", "province", "city", "county", "type", "weekday")  # fmt: skip
_BASES = ("resident", "registered", "served", "design", "mobile", "estimated")
# asked for, whether a table states them or not
ALWAYS = ("population_date", "flow", "population", "duration_h")
SHARES = ("domestic_share", "flow_rsd", "population_rsd")


def read_rows(body: Body) -> pd.DataFrame:
    """Sample-level fields of every row.

    Parameters
    ----------
    body : Body
        Rows of a sheet; its findings receive what is noticed.

    Returns
    -------
    pandas.DataFrame
        One row for each statement: texts ("" where unknown), ``time`` (datetime64),
        numbers in our units (NaN where unknown), ``refused`` (the sample is rejected).
    """
    rows = pd.DataFrame(index=range(len(body)))
    rows["refused"] = False
    rows["sample_id"] = column_of(body.plain("sample_id"))
    for name in TEXTS:
        if name in ALWAYS or body.header.column(name) or name in body.header.titles:
            rows[name] = column_of(_text(body, name))
    _read_places(body, rows)
    _read_matrix(body, rows)
    rows["mode"] = column_of(_words(body, "mode", "mode"))
    _read_times(body, rows)
    _read_rounds(body, rows)
    for name in (*QUANTITIES, *SHARES):
        if name in ALWAYS or body.header.column(name):
            read = read_shares if name in SHARES else read_quantities
            rows[name] = read(body, name)
    read_population_basis(body, rows)
    _infer_mode(body, rows)
    return rows


def column_of(texts: Iterable[str]) -> pd.Series:
    """Texts as a column of references; pandas' own kind of text column costs a copy of each."""
    return pd.Series(list(texts), dtype=object)


def _title(body: Body, name: str) -> str:
    """Value of a title line; flagged once where the table leaves the field to it."""
    if name not in body.header.titles or body.header.column(name) is not None:
        return ""
    value, row = body.header.titles[name]
    place = next(
        (c for c in range(len(body.sheet.rows[row])) if value in plain(body.sheet.cell(row, c))), 0
    )
    body.findings.add(
        "read_from_title", file=body.sheet.file, sheet=body.sheet.name,
        line=body.sheet.lines[row], cell=body.sheet.address(row, place), value=value, field=name,
    )  # fmt: skip
    return value


def _text(body: Body, name: str) -> list[str]:
    title = _title(body, name)
    return [title] * len(body) if title else body.plain(name)


def _read_places(body: Body, rows: pd.DataFrame) -> None:
    """Site, area and coordinates; a point such as ``1#`` is named after its town."""
    sites = body.plain("site")
    towns = body.plain("town")
    areas = body.plain("area")
    rows["area"] = column_of(area or town for area, town in zip(areas, towns, strict=True))
    rows["site"] = column_of(
        site if not town or site.startswith(town) else town + site
        for site, town in zip(sites, towns, strict=True)
    )
    if body.header.column("site") is None:
        rows["site"] = rows["area"]
    column = body.header.column("site") or body.header.column("sample_id")
    for position in np.flatnonzero(rows["site"].to_numpy() == ""):
        body.note("site_missing", int(position), column, sample_id=rows["sample_id"][position])
        rows.loc[position, "refused"] = True
    refuse_impossible(body)
    read_coordinates(body, rows)


def read_coordinates(body: Body, rows: pd.DataFrame, crs: str = "") -> None:
    """Columns ``lon``, ``lat``, ``crs`` of `rows` from a pair or from two columns.

    Parameters
    ----------
    body : Body
    rows : pandas.DataFrame
        Receives the columns.
    crs : str
        Datum of a table that is known to use one and states none.
    """
    rows["crs"] = column_of(stated or crs for stated in _read_crs(body))
    pair = body.header.column("coordinates")
    lon, lat = body.header.column("lon"), body.header.column("lat")
    if pair is not None:
        found = [read_pair(t) if t else Position() for t in body.texts(pair)]
        for position, place in enumerate(found):
            if place.rule:
                body.note(place.rule, position, pair)
        rows["lon"], rows["lat"] = [p.lon for p in found], [p.lat for p in found]
    else:
        rows["lon"] = _angles(body, lon, "lon", rows["crs"].tolist())
        rows["lat"] = _angles(body, lat, "lat", rows["crs"].tolist())
    placed = rows["lon"].notna() & rows["lat"].notna()
    rows.loc[~placed, ["lon", "lat"]] = math.nan
    unstated = placed & (rows["crs"] == "")
    if unstated.any():
        body.note("crs_unstated", column=pair or lon, count=body.tally(unstated))
    rows.loc[unstated, "crs"] = "unknown"
    rows.loc[~placed, "crs"] = ""


def _angles(body: Body, column: Column | None, axis: str, crs: list[str]) -> list[float]:
    if column is None:
        return [math.nan] * len(body)
    values = []
    for position, text in enumerate(body.texts(column)):
        angle = read_angle(text) if text else (math.nan, "")
        projected = crs[position].startswith("EPSG:")
        if angle is None or angle[1] not in ("", axis):
            body.note("coordinate_unreadable", position, column)
            angle = (math.nan, "")
        elif not projected and abs(angle[0]) > (180 if axis == "lon" else 90):
            body.note("coordinate_out_of_range", position, column)
            angle = (math.nan, "")
        values.append(angle[0])
    return values


def _read_crs(body: Body) -> list[str]:
    column, title = body.header.column("crs"), _title(body, "crs")
    texts = [title] * len(body) if title else body.texts(column)
    known = {text: read_datum(text) for text in set(texts)}
    if title and known[title] is None:
        body.note("crs_unknown", value=title)
    for position, text in enumerate(texts):
        if column is not None and known[text] is None:
            body.note("crs_unknown", position, column)
    return [known[text] or "" for text in texts]


@lru_cache(maxsize=4096)
def contained(kind: str, text: str) -> str:
    """Our name for a word, or for the longest Chinese word that the text contains."""
    found = names.resolve(kind, text)
    if found or text.isascii():
        return found or ""
    for length in range(len(text) - 1, 1, -1):
        for start in range(len(text) - length + 1):
            found = names.resolve(kind, text[start : start + length])
            if found:
                return found
    return ""


def _read_matrix(body: Body, rows: pd.DataFrame) -> None:
    """Matrix and role: ``既往制毒点附近地表水`` says both."""
    texts = _text(body, "matrix")
    known = {t: contained("matrix", t) if t else "" for t in set(texts)}
    rows["matrix"], rows["matrix_text"] = column_of(known[t] for t in texts), column_of(texts)
    column = body.header.column("matrix")
    for position, text in enumerate(texts):
        if text and not known[text]:
            near = ", ".join(names.suggest("matrix", text)) or ", ".join(names.ids("matrix"))
            body.note("matrix_unknown", position, column, suggestions=near)
            rows.loc[position, "refused"] = True
    roles = body.plain("role")
    rows["role"] = column_of(
        contained("role", role) if role else _role_of(text)
        for role, text in zip(roles, texts, strict=True)
    )


def _role_of(text: str) -> str:
    return contained("role", text) if text and not text.isascii() else ""


def _words(body: Body, name: str, kind: str) -> list[str]:
    """A field of known words; an unknown one is flagged and counts as unstated."""
    column, texts = body.header.column(name), _text(body, name)
    known = {t: (contained(kind, t) if t else "") for t in set(texts)}
    for position, text in enumerate(texts):
        if text and not known[text]:
            choices = ", ".join(names.ids(kind))
            body.note("word_unknown", position, column, field=name, choices=choices)
    return [known[text] for text in texts]


def _read_times(body: Body, rows: pd.DataFrame) -> None:
    """``time``, ``duration`` and ``clock`` from ``date`` or from ``start`` and ``end``."""
    years = years_in(body.header.title_texts)
    year = years.pop() if len(years) == 1 else None
    name = "start" if body.header.column("start") else "date"
    column = body.header.column(name)
    texts = _text(body, name)
    if name == "start":  # a row without a start may still have its day
        texts = [start or day for start, day in zip(texts, body.plain("date"), strict=True)]
    starts, hours, clocks, rounds = [], [], [], []
    epoch = body.sheet.epoch_1904
    for position, text in enumerate(texts):
        when = read_when(text, year, epoch) if text else None
        for flag in when.flags if when else ():
            body.note(flag, position, column, read_as=when.start or when.round if when else "")
        if when and when.rule:
            body.note(when.rule, position, column, sample_id=rows["sample_id"][position],
                      first=FIRST_YEAR, last=LAST_YEAR)  # fmt: skip
            rows.loc[position, "refused"] = True
        starts.append(when.start if when else None)
        hours.append(when.hours if when else math.nan)
        clocks.append(bool(when and when.clock))
        rounds.append(when.round if when else "")
    rows["time"] = pd.to_datetime(pd.Series(starts, dtype="object")).astype("datetime64[s]")
    rows["hours"] = np.array(hours, dtype=float)
    rows["clock"] = np.array(clocks, dtype=bool)
    rows["date_round"] = column_of(rounds)
    if body.header.column("end") is not None:
        _read_ends(body, rows, year)


def _read_ends(body: Body, rows: pd.DataFrame, year: int | None) -> None:
    column = body.header.column("end")
    starts, hours_of = rows["time"].tolist(), rows["hours"].tolist()
    for position, text in enumerate(body.texts(column)):
        start = starts[position]
        if not text or pd.isna(start):
            continue
        when = read_when(text, year, body.sheet.epoch_1904)
        if when.rule or when.start is None:
            body.note(when.rule or "date_unreadable", position, column, first=FIRST_YEAR,
                      last=LAST_YEAR)  # fmt: skip
            rows.loc[position, "refused"] = True
            continue
        hours = (pd.Timestamp(when.start) - start).total_seconds() / 3600
        if hours < 0 or (hours == 0 and when.clock):
            body.note("end_before_start", position, column)
            rows.loc[position, "refused"] = True
        elif hours > 0:
            hours_of[position] = hours
    rows["hours"] = hours_of


def _read_rounds(body: Body, rows: pd.DataFrame) -> None:
    """Canonical where the text is a quarter, month or year; else as written."""
    column, texts = body.header.column("round"), _text(body, "round")
    years = years_in(body.header.title_texts)
    title_year = years.pop() if len(years) == 1 else None
    years_of = rows["time"].dt.year.fillna(0).astype(int).tolist()
    date_rounds = rows["date_round"].tolist()
    rounds = []
    for position, text in enumerate(texts):
        year = years_of[position] or title_year
        found = read_round(text, year)
        if not found and is_yearless_quarter(text):
            body.note("round_without_year", position, column, value=text)
            rows.loc[position, "refused"] = True
        rounds.append(found or text or date_rounds[position])
    rows["round"] = column_of(rounds)


def read_population_basis(body: Body, rows: pd.DataFrame) -> None:
    """From its column, or from a header such as ``常住人口``."""
    rows["population_basis"] = column_of(_words(body, "population_basis", "basis"))
    column = body.header.column("population")
    if column is None:
        return
    base = names.resolve("basis", split_unit(plain(column.text))[0]) or ""
    if base in _BASES and not rows["population_basis"].any():
        rows["population_basis"] = np.where(rows["population"].notna(), base, "")


def _infer_mode(body: Body, rows: pd.DataFrame) -> None:
    """A span of 24 h is a 24-h composite; a 24-h composite lasts 24 h."""
    rows["duration"] = rows["hours"].fillna(rows["duration_h"])
    spans = (rows["duration"] == 24) & (rows["mode"] == "")
    if spans.any():
        column = body.header.column("date") or body.header.column("start")
        body.note("mode_inferred", column=column, count=body.tally(spans))
        rows.loc[spans, "mode"] = "composite_24h"
    daily = (rows["mode"] == "composite_24h") & rows["duration"].isna()
    rows.loc[daily, "duration"] = 24.0
