"""Results of samples that a table of EUDA's shape can hold: one load a day, residue and place.

What it cannot hold is counted, by what it is: nothing is left out unsaid.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd
import xarray as xr

from wbe import names, schema
from wbe.backcalc import mass_load, per_1000
from wbe.errors import UsageError
from wbe.io.euda.long import SITE_ID
from wbe.io.euda.places import SEPARATOR, place_of
from wbe.io.words import load

REASONS: Final = (
    "rejected", "above_range", "other_matrix", "not_24h", "non_detect_as_zero",
    "no_load_per_inhabitant", "other_days",
)  # fmt: skip
"""Why a result is not carried, or not as it was."""
_YEAR: Final = re.compile(r"(?:19|20)[0-9]{2}")
_COUNTRY: Final = re.compile(r"[A-Z]{1,3}")
_NOT_A_DAY: Final = ("grab", "passive")
_DAY: Final = (22.0, 26.0)
"""Hours of collection that count as a day (judgement)."""
_NOTHING: Final = ("not_measured", "missing")
_WEEKDAYS: Final = (
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
)  # fmt: skip
#: Variables that the table holds in another form, or that say where a value stands in a file.
_HELD: Final = frozenset({"pn_load", "status", "source_file", "source_line"})
_HELD_COORDS: Final = frozenset({"sample", "analyte", "site", "site_id", "weekday", "round",
                                 "matrix", "mode", "duration"})  # fmt: skip


@dataclass
class Carried:
    """Results that have a place in the table.

    Attributes
    ----------
    rows : pandas.DataFrame
        ``year, name`` (EUDA's of the residue), ``site_id, country, city, weekday, date, load``
        [mg/day/1000 inhabitants]; a load below a limit is 0.
    lost : Counter of str
        What is not carried, and how many values of it: a word of `REASONS`, ``residue:`` with the
        name of one that the table has no name for, or the name of a variable.
    computed : int
        Loads that were computed from concentration, flow and population.
    """

    rows: pd.DataFrame
    lost: Counter[str] = field(default_factory=Counter)
    computed: int = 0


def carried(samples: xr.Dataset, country: str = "") -> Carried:
    """Results with a per-capita load of a residue of EUDA's, day by day.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
    country : str, optional
        Of sites whose name does not begin with one.

    Returns
    -------
    Carried

    Raises
    ------
    UsageError
        If the country is no code, a site has none, or a sample no year or no day of the week.
    """
    if country and not _COUNTRY.fullmatch(country):
        raise UsageError(names.both("euda.country", country=repr(country)))
    lost: Counter[str] = Counter()
    rows = _rows(samples)
    rows = _left_out(rows, lost)
    computed = int(rows["computed"].sum())
    rows["year"], rows["weekday"] = _years(rows), _weekday_names(rows)
    places = {site: _place(site, country) for site in rows["site"].unique()}
    rows["country"] = [places[site][0] for site in rows["site"]]
    rows["city"] = [places[site][1] for site in rows["site"]]
    _count_fields(samples, lost)
    return Carried(rows.reset_index(drop=True), lost, computed)


def _rows(samples: xr.Dataset) -> pd.DataFrame:
    """Every result that says anything, one a row."""
    value, computed = _loads(samples)
    status = samples["status"].values
    stated = ~np.isin(status, _NOTHING)
    i, j = np.nonzero(stated)
    rows = pd.DataFrame({"sample": samples["sample"].values[i].astype(object)})
    rows["analyte"] = samples["analyte"].values[j].astype(object)
    rows["status"] = status[i, j].astype(object)
    rows["load"], rows["computed"] = value[i, j], computed[i, j]
    rows["duration"] = samples["duration"].values[i]
    for name in ("site", "weekday", "round", "matrix", "mode"):
        known = name in samples.coords
        rows[name] = samples[name].values[i].astype(object) if known else ""
    ids = _site_ids(samples)
    rows["site_id"] = samples[ids].values[i].astype(object) if ids else ""
    rows["date"] = samples["time"].values[i].astype("datetime64[D]").astype("datetime64[s]")
    return rows


def _site_ids(samples: xr.Dataset) -> str:
    """Name of the variable that holds EUDA's site ids; "" if none does."""
    if "site_id" in samples.coords:
        return "site_id"
    kept = (name for name, values in samples.data_vars.items()
            if values.attrs.get("long_name") == SITE_ID and values.dims == ("sample",))  # fmt: skip
    return str(next(kept, ""))


def _loads(samples: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Per-capita loads [mg/day/1000 inhabitants], and which of them were computed."""
    mass = mass_load(samples["concentration"], samples["flow"])
    if "load" in samples:
        mass = mass.where(samples["load"].isnull(), samples["load"])
    routed = per_1000(mass, samples["population"]).transpose("sample", "analyte").values
    if "pn_load" not in samples:
        return routed, np.isfinite(routed)
    stated = samples["pn_load"].values
    use = np.isnan(stated) & np.isfinite(routed)
    return np.where(use, routed, stated), use


def _left_out(rows: pd.DataFrame, lost: Counter[str]) -> pd.DataFrame:
    """Rows that the table can hold, the load of a non-detect as EUDA writes it."""
    names = {analyte: name for name, analyte in load("euda")["residues"].items()}
    reasons: dict[str, pd.Series] = {
        "rejected": rows["status"] == "rejected",
        "above_range": rows["status"] == "above_range",
        "other_matrix": ~rows["matrix"].isin(["", "wwtp_influent"]),
        "not_24h": rows["mode"].isin(_NOT_A_DAY)
        | (rows["duration"].notna() & ~rows["duration"].between(*_DAY)),
    }
    for what, out in reasons.items():
        rows = _less(rows, out.reindex(rows.index), what, lost)
    for analyte in sorted(set(rows["analyte"]) - set(names)):
        rows = _less(rows, rows["analyte"] == analyte, f"residue:{analyte}", lost)
    censored = rows["status"].isin(schema.CENSORED)
    rows = rows.assign(load=rows["load"].where(~censored, 0.0),
                       computed=rows["computed"] & ~censored)  # fmt: skip
    lost["non_detect_as_zero"] += int(censored.sum())
    rows = _less(rows, rows["load"].isna(), "no_load_per_inhabitant", lost)
    return rows.assign(name=rows["analyte"].map(names))


def _less(rows: pd.DataFrame, out: pd.Series, what: str, lost: Counter[str]) -> pd.DataFrame:
    out = out.astype(bool)
    lost[what] += int(out.sum())
    return rows[~out]


def _years(rows: pd.DataFrame) -> list[int]:
    found = []
    for sample, label, date in zip(rows["sample"], rows["round"], rows["date"], strict=True):
        if not pd.isna(date):
            found.append(int(date.year))
        elif _YEAR.fullmatch(label):
            found.append(int(label))
        else:
            raise UsageError(names.both("euda.no_year", sample=sample))
    return found


def _weekday_names(rows: pd.DataFrame) -> list[str]:
    """Day on which the collection started; as stated where there is no date."""
    found = []
    for sample, stated, date in zip(rows["sample"], rows["weekday"], rows["date"], strict=True):
        if not pd.isna(date):
            found.append(_WEEKDAYS[date.weekday()])
        elif stated in _WEEKDAYS:
            found.append(stated)
        else:
            raise UsageError(names.both("euda.no_weekday", sample=sample))
    return found


def _place(site: str, country: str) -> tuple[str, str]:
    stated, mark, city = site.partition(SEPARATOR)
    if not (mark and _COUNTRY.fullmatch(stated) and city):
        stated, city = country, site
    if not stated:
        raise UsageError(names.both("euda.no_country", site=repr(site), separator=SEPARATOR))
    taken = place_of(stated, city).partition(SEPARATOR)
    return taken[0], taken[2]


def _count_fields(samples: xr.Dataset, lost: Counter[str]) -> None:
    """Values beside the loads that have no column."""
    ids = _site_ids(samples)
    for name in samples.variables:
        if name in _HELD or name in _HELD_COORDS or name == ids:
            continue
        values = samples[name].values
        stated = (values != "") if values.dtype.kind in "OUST" else ~pd.isna(values)
        if name == "area":
            stated &= values != samples["site"].values
        if count := int(stated.sum()):
            header = str(samples[name].attrs.get("long_name", name))
            lost[header if str(name).startswith("extra_") else str(name)] += count
