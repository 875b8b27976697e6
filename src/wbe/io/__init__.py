"""Files in, files out."""

from wbe.io.area_list import note_edition, read_area_list
from wbe.io.catchments import read_catchments
from wbe.io.check import check
from wbe.io.indicators import read_indicators
from wbe.io.places import read_areas, read_sites
from wbe.io.quality import assess_quality
from wbe.io.read import read
from wbe.io.runs import Runs, read_runs
from wbe.io.summary import summary

__all__ = [
    "Runs",
    "assess_quality",
    "check",
    "note_edition",
    "read",
    "read_area_list",
    "read_areas",
    "read_catchments",
    "read_indicators",
    "read_runs",
    "read_sites",
    "summary",
]
