"""What a page is made of, filled by the run after the guard has passed it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wbe.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd
    from markupsafe import Markup

    from wbe.plot.outlines import Outlines

AUDIENCES = ("public", "internal")


@dataclass(frozen=True)
class Publication:
    """Everything that one page prints; nothing else reaches it.

    Parameters
    ----------
    title : str
        Title of the campaign.
    tiers : DataFrame (row)
        Columns of ``tiers.csv``, all drugs and rounds.
    meta : dict
        attrs of the tiers table: drug, quantity, unit, statistic, scheme, breaks, labels, floor,
        round, reference_round, factor_set, design.
    language : str
        ``en`` or ``zh``.
    audience : str
        ``public`` or ``internal``. Sites and single findings are printed only when internal.
    purpose, approval : str
        Printed on every page when internal.
    generated : str
        Time stamp to print; empty for none.
    map_svg : str
        Text of ``map.svg``; empty where there is no map.
    map_png : bytes
        Content of ``map.png``, used where the SVG is too large for a page.
    figures : dict of str to str
        Text of further SVG files: ``schematic`` (where there is no map), ``ranks``, ``history``.
        From `wbe.report.figures`.
    outlines : Outlines or None
        Outlines of the areas from `wbe.plot.outlines`, which the page colours as the reader
        chooses; None for no such map.
    factors : list of dict
        factor_id, drug, analyte, gives, excretion, correction_factor, source, verified, reference.
    references : list of str
        Lines of the reference list.
    error_model : list of dict
        Rows of the error model; all keys become columns.
    findings_summary : list of dict
        rule, severity, count, message.
    quality : list of dict
        criterion, judged, outside, limits, source, verified: of the laboratory's batches.
    findings : list of dict or None
        Every finding; internal only.
    sites : DataFrame or None
        Estimates per site; internal only.
    sources : DataFrame or None
        Columns of ``sources.csv``: classes of sources by area, with their alternatives; internal
        only.
    run : dict
        Content of ``run.json``.
    notes : list of str
        Sentences about this run, printed with the method.
    warning : str
        Printed at the top of every page of a public report: that the guard is off.
    guard : list of tuple of str
        Questions of the ethical guidelines with their answers: purpose, people, what is hidden.
    statistics : list of dict
        Rows of ``indicators.csv``: counts by area beside loads, suppressed cells empty.
    statistics_said : list of str
        How far they agree, and what must be said with it.
    changes : DataFrame or None
        Columns of ``changes.csv``; None for one round.
    series : Markup or None
        Values of sites over time, as an element ready to be printed; internal only.
    budgets : Markup or None
        What the uncertainty comes from, as an element ready to be printed.

    Raises
    ------
    UsageError
        The audience is neither of the two, it is internal without purpose or approval, or it is
        public and holds sites, single findings, classes of sources or series of sites.

    Examples
    --------
    >>> import wbe
    >>> folder = "data/samples/example-county"
    >>> samples = wbe.read(f"{folder}/lab/2018Q1_plants_synthetic.csv")
    >>> sites = wbe.read_sites(f"{folder}/sites.csv")
    >>> areas = wbe.read_areas(f"{folder}/areas.geojson")
    >>> located = wbe.locate(samples, sites, areas)
    >>> values = wbe.by_area(wbe.estimate(located, draws=500))
    >>> tiers = wbe.rank(values, "methamphetamine")
    >>> about = wbe.report.Publication("Example county (synthetic)", tiers, dict(tiers.attrs))
    >>> about.audience, about.language
    ('public', 'en')
    """

    title: str
    tiers: pd.DataFrame
    meta: dict[str, Any]
    language: str = "en"
    audience: str = "public"
    purpose: str = ""
    approval: str = ""
    generated: str = ""
    map_svg: str = ""
    map_png: bytes = b""
    figures: dict[str, str] = field(default_factory=dict)
    factors: list[dict[str, Any]] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    error_model: list[dict[str, Any]] = field(default_factory=list)
    findings_summary: list[dict[str, Any]] = field(default_factory=list)
    quality: list[dict[str, Any]] = field(default_factory=list)
    findings: list[dict[str, Any]] | None = None
    sites: pd.DataFrame | None = None
    sources: pd.DataFrame | None = None
    run: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    warning: str = ""
    guard: list[tuple[str, str]] = field(default_factory=list)
    statistics: list[dict[str, Any]] = field(default_factory=list)
    statistics_said: list[str] = field(default_factory=list)
    changes: pd.DataFrame | None = None
    outlines: Outlines | None = None
    series: Markup | None = None
    budgets: Markup | None = None

    def __post_init__(self) -> None:
        if self.audience not in AUDIENCES:
            raise UsageError(f"audience {self.audience!r}: give one of {', '.join(AUDIENCES)}")
        if self.internal and not (self.purpose and self.approval):
            raise UsageError("an internal page needs purpose and approval: it prints both")
        inside = (self.sites, self.findings, self.sources, self.series)
        if not self.internal and any(part is not None for part in inside):
            raise UsageError(
                "a public page holds areas only: leave out sites, single findings and sources"
            )

    @property
    def internal(self) -> bool:
        """Whether the page may show sites."""
        return self.audience == "internal"
