"""A synthetic county of thirteen fictional towns: truth, samples, lab files.

Nothing here describes a real place or person. The model is that of a county round: thirteen
towns, five points a town, every quarter; sewage plants, open sewage channels, streams near former
production sites, soil. See ``generate_example_county.py`` for the command and
``example-county/README.md`` for what the shipped files hold.
"""
