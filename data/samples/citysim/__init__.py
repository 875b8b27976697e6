"""A synthetic city centre of eight sewage plants, sampled every day for two years.

Nothing here describes a real place or person. The random streams, the rounding, the text of the
files and the geometry of cells are the county's (``countysim``); what a city adds is time: a
weekday pattern, a season, holidays, a trend, rain, and what fails at a plant.
See ``generate_city_centre.py`` for the command.
"""
