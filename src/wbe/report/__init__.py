"""What people read: the page, and the tier tables as CSV and XLSX."""

from wbe.report.html import render
from wbe.report.page_figures import figures
from wbe.report.publication import Publication
from wbe.report.tables import write_tiers_csv, write_tiers_xlsx

__all__ = ["Publication", "figures", "render", "write_tiers_csv", "write_tiers_xlsx"]
