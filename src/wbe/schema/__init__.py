"""What a samples Dataset holds, the one place that builds it, and the checks on it.

Dims are ``(sample, analyte)``. A quantity that was not found is never 0: its value is NaN, its
``status`` says why, and its limits say below what it lies.

============================================  ==================  ===============================
name                                          dims                unit
============================================  ==================  ===============================
``concentration, lod, loq``                   sample, analyte     ng/L (liquids)
``concentration_rsd``                         sample, analyte     1
``content, content_lod, content_loq``         sample, analyte     ng/g dry weight (solids)
``load, load_lod, load_loq``                  sample, analyte     mg/day, only if stated
``pn_load, pn_load_lod, pn_load_loq``         sample, analyte     mg/day/1000 inhabitants, only
                                                                  if stated
``status``                                    sample, analyte     a word of `STATUSES`
``flow``, ``flow_rsd``                        sample              m^3/day, 1
``population``, ``population_rsd``            sample              inhabitant, 1
``source_file``, ``source_line``              sample, analyte     index into ``attrs["files"]``;
                                                                  line as a person sees it
============================================  ==================  ===============================

Coordinates on ``sample``: ``site, area, time`` (start of collection, local clock), ``duration``
[h], ``matrix, mode, round, visit, lab, population_basis, population_date``, and where known
``role, weekday, lon, lat, crs, site_id``. ``attrs``: ``files``, ``findings``, ``qc_rows``. The
entry of a workbook in ``files`` leads to the ``sheets`` of its results.
"""

from wbe.schema.assembly import assemble, empty, numbering
from wbe.schema.checks import validate
from wbe.schema.variables import (
    CENSORED,
    NUMBER_COORDS,
    OPTIONAL_NUMBER_COORDS,
    OPTIONAL_RESULT_NUMBERS,
    OPTIONAL_SAMPLE_NUMBERS,
    OPTIONAL_SAMPLE_TEXTS,
    OPTIONAL_TEXT_COORDS,
    QUANTITIES,
    RESULT_NUMBERS,
    SAMPLE_NUMBERS,
    STATUSES,
    TEXT_COORDS,
    limits_of,
    require,
)

__all__ = [
    "CENSORED",
    "NUMBER_COORDS",
    "OPTIONAL_NUMBER_COORDS",
    "OPTIONAL_RESULT_NUMBERS",
    "OPTIONAL_SAMPLE_NUMBERS",
    "OPTIONAL_SAMPLE_TEXTS",
    "OPTIONAL_TEXT_COORDS",
    "QUANTITIES",
    "RESULT_NUMBERS",
    "SAMPLE_NUMBERS",
    "STATUSES",
    "TEXT_COORDS",
    "assemble",
    "empty",
    "limits_of",
    "numbering",
    "require",
    "validate",
]
