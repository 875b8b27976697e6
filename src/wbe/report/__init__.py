"""What people read: the page, the dashboard over many rounds, and the tier tables.

The dashboard is loaded when it is first used (PEP 562): the report of a run needs no trends.
"""

from typing import TYPE_CHECKING, Any

from wbe.report.html import render
from wbe.report.page_figures import figures
from wbe.report.publication import Publication
from wbe.report.tables import write_tiers_csv, write_tiers_xlsx

if TYPE_CHECKING:
    from wbe.report.dashboard_page import dashboard, dashboard_rows

__all__ = [
    "Publication",
    "dashboard",
    "dashboard_rows",
    "figures",
    "render",
    "write_tiers_csv",
    "write_tiers_xlsx",
]


def __getattr__(name: str) -> Any:
    """Load the dashboard at first use."""
    if name not in ("dashboard", "dashboard_rows"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from wbe.report import dashboard_page

    return getattr(dashboard_page, name)
