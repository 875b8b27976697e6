"""The page: one self-contained HTML file that a reader needs no network and no program for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup

from wbe import names
from wbe.plot import shapes, words
from wbe.report import (
    changes,
    embedded,
    live_map,
    narrow,
    page_figures,
    picture,
    quality,
    selection,
    statistics,
    template,
    views,
)
from wbe.report.grids import other_drugs, over_rounds

if TYPE_CHECKING:
    import pandas as pd

    from wbe.report.publication import Publication

# Nothing is loaded; styles, pictures and fonts come from the page itself. One script runs, the
# page's own, known by its checksum; and no text can become markup by it (trusted types).
POLICY: Final = (
    f"default-src 'none'; script-src {embedded.script_source()}; style-src 'unsafe-inline'; "
    "img-src data:; font-src data:; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
_READING: Final = ("population", "tier", "interval", "certain", "chance", "source", "nondetect")
_USES: Final = ("services", "sampling", "change")
_NOT_FOR: Final = ("search", "person", "officials", "comparison")


def render(publication: Publication) -> str:
    """Return the page as HTML text.

    Parameters
    ----------
    publication : Publication
        What the page may show; the guard has passed it already.

    Returns
    -------
    str
        One file without outside reference. Its only script is its own; without it, and in print,
        the page shows the mapped drug and round. Every text from data is escaped.

    Raises
    ------
    UsageError
        The tiers table lacks the mapped drug and round, or the map's SVG is not one of ours.

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
    >>> page = wbe.report.render(about)
    >>> page[:15], "Example county (synthetic)" in page
    ('<!DOCTYPE html>', True)
    """
    page, language = _plain(publication), publication.language
    about: dict[Any, Any] = {**publication.tiers.attrs, **page.meta}
    mapped = _mapped(page.tiers, about)
    rows_of = selection.by_view(page.tiers)
    meta = words.for_drug(page.meta, mapped[0])
    colours = _colours(meta, rows_of, language)
    index = {c.id: i for i, c in enumerate(colours)}
    keys = embedded.chosen(rows_of, mapped)
    shown = {key: selection.shown(rows_of[key], about, index, language) for key in keys}
    compared = changes.by_drug(page.changes, page.run, language)
    text = template.environment().get_template("report.html.j2").render(
        page=page, policy=POLICY, t=template.translator(language), language=language,
        language_tag="zh-CN" if language == "zh" else "en",
        synthetic=words.is_synthetic(page.title), shown=shown[mapped],
        map=_map(page), pictures=_pictures(page), swatches=_swatches(colours),
        live=live_map.drawn(page.outlines, shown, colours, language),
        rounds=over_rounds(rows_of, mapped[0], index, language),
        drugs=other_drugs(rows_of, *mapped, index, language),
        changes=compared.get(mapped[0], []), method=_method(page, meta),
        drug=views.drug_name(mapped[0], language),
        tables=_tables(page), run=views.run_record(page.run, language),
        reading=_READING, uses=_USES, not_for=_NOT_FOR,
        data=Markup(embedded.as_json(embedded.content(shown, mapped, compared, language))),
        script=Markup(embedded.script()),
    )  # fmt: skip
    return template.with_font(text, language, _lettered(text))


def _mapped(tiers: pd.DataFrame, about: dict[Any, Any]) -> tuple[str, str]:
    """Return drug and round of the map."""
    rows = words.selected(tiers, about.get("drug"), about.get("round"))
    return str(rows["drug"].iloc[0]), str(rows["round"].iloc[0])


def _colours(
    meta: dict[str, Any], rows_of: Mapping[selection.Key, views.Rows], language: str
) -> list[words.TierClass]:
    """Return the classes of all drugs and rounds, in the order of their colours.

    Others may lack a tier for reasons that the mapped one does not have.
    """
    present = {row["class"] for rows in rows_of.values() for row in rows}
    return words.classes(meta, sorted(present | set(words.WITHOUT_TIER)), language)


def _plain(publication: Publication) -> Publication:
    """Return a publication with a plain table of tiers, and all references in its list."""
    import pandas as pd

    tiers = words.bare(publication.tiers)
    geometry = [name for name in tiers.columns if tiers[name].dtype == "geometry"]
    references = narrow.all_references(publication.factors, publication.references)
    return replace(publication, tiers=pd.DataFrame(tiers.drop(columns=geometry)),
                   references=references)  # fmt: skip


def _map(page: Publication) -> Any:
    """The map's element: SVG where it is small enough, else the PNG; None without a map."""
    from markupsafe import escape

    label = names.text("page.map_label", page.language, title=words.clean(page.title))
    if page.map_svg and (len(page.map_svg) <= picture.LARGEST_SVG or not page.map_png):
        return Markup(picture.inline_svg(page.map_svg, label))
    if page.map_png:
        address = picture.data_uri(page.map_png)
        return Markup(f'<img src="{address}" alt="{escape(label)}">')
    return None


def _pictures(page: Publication) -> dict[str, Any]:
    """The elements of the pictures beside the map, by name."""
    found: dict[str, Any] = dict.fromkeys(page_figures.NAMES)
    for name, text in page.figures.items():
        label = names.text("page.figure_label", page.language, title=words.clean(page.title),
                           heading=names.text(f"page.{name}", page.language))  # fmt: skip
        found[name] = Markup(picture.inline_svg(text, label, f"{name}-"))
    return found


def _swatches(classes: list[words.TierClass]) -> list[tuple[str, str]]:
    """Fill and lines of every class, in the order of the classes."""
    looks = shapes.looks(classes)
    return [(looks[c.id].fill, shapes.over(looks[c.id].fill)) for c in classes]


def _method(page: Publication, meta: dict[str, Any]) -> list[str]:
    """Sentences on what was computed and how the tiers were cut."""
    language = page.language
    sentences = [words.method_sentence(meta, language)]
    breaks = [words.number(b, pad=False) for b in meta.get("breaks") or ()]
    if breaks:
        unit = str(meta.get("unit") or "")
        sentences.append(names.text("method.breaks", language, unit=unit,
                                    breaks=views.listed(breaks, language)))  # fmt: skip
    if str(meta.get("scheme")) in ("quantile", "relative", "fisher_jenks"):
        sentences.append(names.text("method.relative", language))
    return [*sentences, *page.notes]


def _tables(page: Publication) -> dict[str, Any]:
    """Plain tables of the page; None for those that have nothing to show."""
    sites: Any = None if page.sites is None else page.sites.to_dict("records")
    records: dict[str, Any] = {
        "error_model": narrow.errors(page.error_model, page.language),
        "factors": narrow.factors(page.factors, page.references, page.language), "sites": sites,
        "sources": narrow.sources(page.sources, str(page.meta.get("round", "")), page.language),
        "quality": quality.rows(page.quality, page.language),
        "statistics": statistics.rows(page.statistics, page.language),
        "findings_summary": _worded(page.findings_summary, page.language),
        "findings": _worded(page.findings, page.language),
    }  # fmt: skip
    return {k: views.plain_table(v, page.language) if v else None for k, v in records.items()}


def _worded(findings: list[dict[str, Any]] | None, language: str) -> list[dict[str, Any]]:
    return [narrow.in_words(row, ("severity", "scope"), language) for row in findings or ()]


def _lettered(text: str) -> str:
    """Return a page without its pictures whose letters are outlines, which need no font."""
    return re.sub(r"<svg.*?</svg>", lambda m: m[0] if "<text" in m[0] else "", text, flags=re.S)
