"""Sites and areas as ODM-shaped tables: sites and polygons (well-known text)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from wbe.io.odm.samples_out import Sheets, exact
from wbe.io.odm.systems import EPSG, WGS84
from wbe.io.odm.words import NOT_REPORTED, PREFIX, columns, odm_word, words

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr

#: Kind of geography of our areas: ODM knows sewer catchments and health regions.
AREA: Final = f"{PREFIX}area"
_FROM_SAMPLES: Final = ("lon", "lat", "crs", "type", "role")


def put_places(
    samples: xr.Dataset, sites: gpd.GeoDataFrame | None, areas: gpd.GeoDataFrame | None,
    sheets: Sheets,
) -> None:  # fmt: skip
    """Add the tables sites and, where there are areas, polygons.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
        Every site of theirs gets a row, whether the table of sites has it or not.
    sites, areas : GeoDataFrame or None
        As `wbe.read_sites` and `wbe.read_areas` return them.
    sheets : Sheets
        Receives the tables.
    """
    known = set() if areas is None else {str(area) for area in areas["area"]}
    rows = [_site_row(record, known) for record in _sites(samples, sites)]
    heads = [c.name for c in columns("sites")]
    sheets.put("sites", {head: [row.get(head, "") for row in rows] for head in heads})
    if areas is not None:
        sheets.put("polygons", _polygons(areas))


def _sites(samples: xr.Dataset, sites: gpd.GeoDataFrame | None) -> Iterable[dict[str, Any]]:
    records = [] if sites is None else sites.drop(columns="geometry").to_dict("records")
    listed = {record["site"] for record in records}
    names = samples["site"].values.astype(str)
    for site in sorted(set(names.tolist()) - listed - {""}):
        records.append({"site": site, **_common(samples, names == site)})
    return sorted(records, key=lambda record: str(record["site"]))


def _common(samples: xr.Dataset, chosen: np.ndarray) -> dict[str, Any]:
    """What all samples of a site say alike of the place."""
    found = {}
    for name in _FROM_SAMPLES:
        stated = set(samples[name].values[chosen].tolist()) if name in samples else set()
        if len(stated) == 1:
            found[name] = stated.pop()
    return found


def _site_row(record: dict[str, Any], polygons: set[str]) -> dict[str, str]:
    texts = {name: _text(value) for name, value in record.items()}
    datum, kind, area = (texts.get(name, "") for name in ("crs", "type", "area"))
    epsg = EPSG.get(datum, datum.removeprefix("EPSG:") if datum.startswith("EPSG:") else "")
    shed = {ours: odm for odm, ours in reversed(words("shed").items())}
    name = texts.get("name", "")
    return {
        "siteID": texts["site"], "polygonID": area if area in polygons else "",
        "siteType": odm_word("site_type", kind), "sampleShed": shed.get(kind, NOT_REPORTED),
        "contactID": NOT_REPORTED, "name": name if name != texts["site"] else "",
        "popServ": texts.get("population", ""), "geoLat": texts.get("lat", ""),
        "geoLong": texts.get("lon", ""), "geoEPSG": epsg,
        "wbe:area": "" if area in polygons else area, "wbe:crs": "" if epsg else datum,
        **{f"{PREFIX}{n}": texts.get(n, "")
           for n in ("population_basis", "population_date", "role", "consent")},
    }  # fmt: skip


def _text(value: Any) -> str:
    return exact(value) if isinstance(value, float) else str(value)


def _polygons(areas: gpd.GeoDataFrame) -> dict[str, list[str]]:
    import shapely

    count = len(areas)
    shapes = areas.geometry.to_crs(f"EPSG:{WGS84}").to_numpy()
    texts = shapely.to_wkt(shapes, rounding_precision=-1)
    return {
        "polygonID": [str(area) for area in areas["area"]],
        "name": [str(name) for name in areas["name"]],
        "polyPop": [exact(float(people)) for people in areas["population"]],
        "geoType": [AREA] * count,
        "geoEPSG": [WGS84] * count,
        "geoWKT": [text or NOT_REPORTED for text in texts],
    }
