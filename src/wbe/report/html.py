"""The page: one self-contained HTML file that a reader needs no network and no program for."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from wbe import names
from wbe.plot import shapes, style, words
from wbe.report import changes, fonts, narrow, page_figures, picture, quality, statistics, views

if TYPE_CHECKING:
    from jinja2 import Environment

    from wbe.report.publication import Publication

# Nothing is loaded and nothing runs; styles, pictures and fonts come from the page itself.
POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "base-uri 'none'; form-action 'none'"
)
_READING: Final = ("population", "chance", "source", "nondetect")
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
        One file without outside reference or script. Every text from data is escaped.

    Raises
    ------
    UsageError
        The tiers table lacks the mapped drug and round, or the map's SVG is not one of ours.
    """
    page, language = _plain(publication), publication.language
    about: dict[Any, Any] = {**publication.tiers.attrs, **page.meta}
    rows = words.selected(page.tiers, about.get("drug"), about.get("round"))
    drug, round = str(rows["drug"].iloc[0]), str(rows["round"].iloc[0])
    meta = words.for_drug(page.meta, drug)
    classes = words.classes(meta, rows["class"], language)
    # Other rounds and drugs may lack a tier for reasons that the mapped one does not have.
    colours = words.classes(meta, [*rows["class"], *words.WITHOUT_TIER], language)
    index = {c.id: i for i, c in enumerate(colours)}
    text = _environment().get_template("report.html.j2").render(
        page=page, policy=POLICY, t=_translator(language), language=language,
        language_tag="zh-CN" if language == "zh" else "en",
        subtitle=_subtitle(drug, round, language), quantity=_quantity(rows, language),
        synthetic=words.is_synthetic(page.title), unit=views.printed_unit(rows),
        found=views.found(rows, classes, language),
        sure=[*views.how_sure(rows, words.resolved_at(meta), language),
              *views.pooled(about, drug, round, language)],
        ranked=views.ranked(rows, index, language, words.threshold(meta)),
        map=_map(page), pictures=_pictures(page), swatches=_swatches(colours),
        rounds=views.over_rounds(page, drug, index),
        drugs=views.other_drugs(page, drug, round, index),
        changes=changes.of_drug(page.changes, drug, page.run, language), method=_method(page, meta),
        tables=_tables(page), run=views.run_record(page.run, language),
        reading=_READING, not_for=_NOT_FOR,
    )  # fmt: skip
    return _with_font(text, language)


def _plain(publication: Publication) -> Publication:
    """Return a publication with a plain table of tiers, and all references in its list."""
    import pandas as pd

    tiers = words.bare(publication.tiers)
    geometry = [name for name in tiers.columns if tiers[name].dtype == "geometry"]
    references = narrow.all_references(publication.factors, publication.references)
    return replace(publication, tiers=pd.DataFrame(tiers.drop(columns=geometry)),
                   references=references)  # fmt: skip


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("wbe.report"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip


def _translator(language: str) -> Any:
    def t(key: str, **values: object) -> str:
        return names.text(key, language, **values)

    return t


def _subtitle(drug: str, round: str, language: str) -> str:
    kind = "quantity" if drug == "index" else "drug"
    return names.text("map.subtitle", language, drug=names.display(kind, drug, language),
                      round=words.round_name(round, language))  # fmt: skip


def _quantity(rows: Any, language: str) -> str:
    return names.display("quantity", str(rows["quantity"].iloc[0]), language)


def _map(page: Publication) -> Any:
    """The map's element: SVG where it is small enough, else the PNG; None without a map."""
    from markupsafe import Markup, escape

    label = names.text("page.map_label", page.language, title=words.clean(page.title))
    if page.map_svg and (len(page.map_svg) <= picture.LARGEST_SVG or not page.map_png):
        return Markup(picture.inline_svg(page.map_svg, label))
    if page.map_png:
        address = picture.data_uri(page.map_png)
        return Markup(f'<img src="{address}" alt="{escape(label)}">')
    return None


def _pictures(page: Publication) -> dict[str, Any]:
    """The elements of the pictures beside the map, by name."""
    from markupsafe import Markup

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


def _with_font(text: str, language: str) -> str:
    """Put the font for the characters of the page where the style sheet left room for it."""
    printed = re.sub(r"<svg.*?</svg>", "", text, flags=re.S)
    data = fonts.embedded(printed, language)
    rule = ""
    if data:
        rule = (f'@font-face{{font-family:"{style.FAMILY}";'
                f'src:url(data:font/woff;base64,{data}) format("woff")}}')  # fmt: skip
    return text.replace("/*font*/", rule, 1)
