"""Reading aggregate statistics by area and period; `wbe.indicators` computes with them."""

from wbe.io.indicators.reading import COLUMNS, indicators_of, note_unknown_areas, read_indicators
from wbe.io.indicators.windows import Window, read_window

__all__ = [
    "COLUMNS",
    "Window",
    "indicators_of",
    "note_unknown_areas",
    "read_indicators",
    "read_window",
]
