"""Files in, files out."""

from wbe.io.check import check
from wbe.io.indicators import read_indicators
from wbe.io.places import read_areas, read_sites
from wbe.io.quality import assess_quality
from wbe.io.read import read

__all__ = ["assess_quality", "check", "read", "read_areas", "read_indicators", "read_sites"]
