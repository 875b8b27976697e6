"""The simulated county as the library's samples Dataset, without a detour over files."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from wbe.findings import Findings

from .constants import LABS, PLANT, SITE_TYPE, SOIL
from .model import County, matrix_of
from .tables import (
    AREAS,
    grab_minute,
    plant_has_range,
    role_of,
    sample_ids,
    site_names,
    visit_date,
)

SAMPLE_ANALYTE = ("sample", "analyte")


def as_samples(county: County, *, located: bool = True) -> xr.Dataset:
    """Return what reading the county's lab files gives.

    Parameters
    ----------
    county : County
    located : bool
        Fill ``area``, ``visit``, ``role`` and ``site_type`` as joining the sites table does.
        Without, only what the lab files themselves say.

    Returns
    -------
    xarray.Dataset
        Dimensions (sample, analyte).
    """
    data = {**_cells(county), **_per_sample(county)}
    attrs = {"files": [], "findings": Findings(), "qc_rows": pd.DataFrame()}
    return xr.Dataset(data, coords=_coordinates(county, located), attrs=attrs)


def _cells(county: County) -> dict[str, tuple[tuple[str, ...], np.ndarray, dict[str, str]]]:
    soil = (county.design.kind == SOIL)[:, None]
    value = np.where(county.status == "quantified", county.reported, np.nan)
    water, solid = {"units": "ng/L"}, {"units": "ng/g"}
    shape = value.shape
    return {
        "concentration": (SAMPLE_ANALYTE, np.where(soil, np.nan, value), water),
        "lod": (SAMPLE_ANALYTE, np.where(soil, np.nan, county.lod), water),
        "loq": (SAMPLE_ANALYTE, np.where(soil, np.nan, county.loq), water),
        "concentration_rsd": (SAMPLE_ANALYTE, np.full(shape, np.nan), {"units": "1"}),
        "content": (SAMPLE_ANALYTE, np.where(soil, value, np.nan), solid),
        "content_lod": (SAMPLE_ANALYTE, np.where(soil, county.lod, np.nan), solid),
        "content_loq": (SAMPLE_ANALYTE, np.where(soil, county.loq, np.nan), solid),
        "status": (SAMPLE_ANALYTE, county.status.astype(object), {}),
        "source_file": (SAMPLE_ANALYTE, np.full(shape, -1, dtype="int16"), {}),
        "source_line": (SAMPLE_ANALYTE, np.zeros(shape, dtype="int32"), {}),
    }


def _per_sample(county: County) -> dict[str, tuple[str, np.ndarray, dict[str, str]]]:
    design = county.design
    unknown = np.full(len(design.kind), np.nan)
    share = np.where(design.kind == PLANT, county.facts.domestic_share[design.town], np.nan)
    return {
        "flow": ("sample", county.flow, {"units": "m^3/day"}),
        "flow_rsd": ("sample", unknown, {"units": "1"}),
        "population": ("sample", county.population, {"units": "inhabitant"}),
        "population_rsd": ("sample", unknown.copy(), {"units": "1"}),
        "domestic_share": ("sample", share, {"units": "1"}),
    }


def _coordinates(county: County, located: bool) -> dict[str, object]:
    design, facts = county.design, county.facts
    n = len(design.kind)
    rounds = np.array(facts.rounds, dtype=object)[design.round]
    area = np.array(AREAS, dtype=object)[design.town]
    blank = np.full(n, "", dtype=object)
    visit = area + "|" + rounds
    role = np.array(
        [role_of(facts, int(t), int(p)) for t, p in zip(design.town, design.point, strict=True)],
        dtype=object,
    )
    time, duration, mode = _times(county)
    plants = design.kind == PLANT
    return {
        "sample": ("sample", np.array(sample_ids(design, facts.rounds), dtype=object)),
        "analyte": ("analyte", np.array(county.analytes, dtype=object)),
        "site": ("sample", np.array(site_names(design), dtype=object)),
        "area": ("sample", area if located else blank),
        "time": ("sample", time),
        "duration": ("sample", duration, {"units": "h"}),
        "matrix": ("sample", matrix_of(design).astype(object)),
        "mode": ("sample", mode),
        "round": ("sample", rounds),
        "visit": ("sample", visit if located else blank.copy()),
        "lab": ("sample", np.array(LABS, dtype=object)[design.lab]),
        "role": ("sample", role if located else blank.copy()),
        "site_type": (
            "sample",
            np.array(SITE_TYPE, dtype=object)[design.kind] if located else blank.copy(),
        ),
        "population_basis": ("sample", np.where(plants, "served", "").astype(object)),
        "population_date": ("sample", blank.copy()),
    }


def _times(county: County) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Start, hours and mode as the files state them: the third laboratory gives only the round."""
    design, rounds = county.design, county.facts.rounds
    n = len(design.kind)
    time = np.full(n, np.datetime64("NaT", "s"))
    duration = np.full(n, np.nan)
    mode = np.full(n, "", dtype=object)
    for i in range(n):
        town, round_, lab = int(design.town[i]), rounds[design.round[i]], design.lab[i]
        day = np.datetime64(visit_date(town, round_), "s")
        if lab == 0:
            time[i] = day
            if plant_has_range(town, round_):
                time[i] = day + np.timedelta64(9, "h")
                duration[i] = 24.0
                mode[i] = "composite_24h"
        elif lab == 1:
            time[i] = day + np.timedelta64(grab_minute(int(design.point[i])), "m")
            mode[i] = "grab"
    return time, duration, mode
