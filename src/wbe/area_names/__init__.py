"""Names and codes of divisions: what a written name may mean, as candidates."""

from wbe.area_names.resolving import Candidate, Resolution, nearest_areas, resolve_area
from wbe.area_names.units import COLUMNS, AreaList, Unit, known_areas, simplified, stem

__all__ = [
    "COLUMNS",
    "AreaList",
    "Candidate",
    "Resolution",
    "Unit",
    "known_areas",
    "nearest_areas",
    "resolve_area",
    "simplified",
    "stem",
]
