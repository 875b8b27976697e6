"""Files in, files out."""

from wbe.io.area_list import note_edition, read_area_list
from wbe.io.catchments import read_catchments
from wbe.io.check import check
from wbe.io.euda.write import EudaTable, write_euda
from wbe.io.geo.files import read_tiers, write_places
from wbe.io.indicators import read_indicators
from wbe.io.netcdf.files import read_netcdf, write_netcdf
from wbe.io.odm.exchange import Odm, OdmWritten, read_odm, write_odm
from wbe.io.places import read_areas, read_sites
from wbe.io.quality import assess_quality
from wbe.io.read import read
from wbe.io.runs.join import Runs, read_runs
from wbe.io.sql.read import read_sql, read_sql_areas, read_sql_sites
from wbe.io.sql.write import SqlWritten, write_sql
from wbe.io.statcan import read_statcan
from wbe.io.summary import summary

__all__ = [
    "EudaTable",
    "Odm",
    "OdmWritten",
    "Runs",
    "SqlWritten",
    "assess_quality",
    "check",
    "note_edition",
    "read",
    "read_area_list",
    "read_areas",
    "read_catchments",
    "read_indicators",
    "read_netcdf",
    "read_odm",
    "read_runs",
    "read_sites",
    "read_sql",
    "read_sql_areas",
    "read_sql_sites",
    "read_statcan",
    "read_tiers",
    "summary",
    "write_euda",
    "write_netcdf",
    "write_odm",
    "write_places",
    "write_sql",
]
