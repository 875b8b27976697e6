"""The style of a layer of tiers for QGIS (QML) and other programs (SLD), as on our own map.

A layer holds all drugs and rounds; the style shows one of each. Its rules ask for the class of an
area as `wbe.plot.words.class_of` finds it, from ``tier`` and ``flags``, and for its certainty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from wbe import names
from wbe.io.tier_files import LayerStyle
from wbe.plot import certainty, shapes, sld, style, words
from wbe.plot.markup import Element

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

_MM: Final = 25.4 / 72  # millimetres a point
_LINE: Final = 0.25  # width of lines of hatches [mm]
# Angles of the lines of a hatch [degree, counter-clockwise from east].
_ANGLES: Final = {"/": (45,), "\\": (135,), "-": (0,), "|": (90,), "+": (0, 90), "x": (45, 135)}
# Marks as QGIS names them, with a rotation [degree].
_SIGNS: Final = {
    "o": ("circle", 0), "s": ("square", 0), "|": ("line", 0), "_": ("line", 90),
    "+": ("cross", 0), "x": ("cross2", 0), "v": ("triangle", 180), "1": ("diamond", 0),
}  # fmt: skip
_MARK: Final = 30.0  # area of a point's mark [point^2]


class Rule(NamedTuple):
    """One entry of the legend in QGIS: a class at one step of certainty."""

    id: str
    step: int
    label: str
    look: shapes.Look


def layer_style(
    tiers: GeoDataFrame,
    *,
    drug: str | None = None,
    round: str | None = None,
    language: str = "en",
) -> LayerStyle:
    """Return the style by which QGIS draws a GeoPackage of tiers like `wbe.plot.tier_map`.

    Parameters
    ----------
    tiers : GeoDataFrame (row)
        What `wbe.rank` returns.
    drug, round : str or None
        What QGIS shows of the layer; by default what the table's attrs name. To see another,
        change the filter of the style's one outer rule.
    language : str
        ``en`` or ``zh``: of the legend.

    Returns
    -------
    LayerStyle
        For `wbe.io.write.write_areas`.

    Raises
    ------
    UsageError
        The table holds no such drug or round.

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
    >>> style = wbe.plot.layer_style(tiers)
    >>> style.name, style.qml[:9]
    ('Methamphetamine, 2018Q1', '<!DOCTYPE')
    """
    rows = words.selected(tiers, drug, round)
    drug, round = str(rows["drug"].iloc[0]), str(rows["round"].iloc[0])
    attrs = words.for_drug(tiers.attrs, drug)
    found = rules(words.classes(attrs, rows["class"], language), words.threshold(attrs), language)
    points = bool(len(rows)) and not rows.geom_type.dropna().isin(["Polygon", "MultiPolygon"]).all()
    name = names.text("map.subtitle", language, drug=names.display("drug", drug, language),
                      round=words.round_name(round, language))  # fmt: skip
    said = " ".join(names.text(f"disclaimer.{k}", language)
                    for k in ("schematic", "population_level"))  # fmt: skip
    return LayerStyle(words.clean(name)[:30], said, _qml(found, drug, round, name, points),
                      sld.document(found, drug, round, points))  # fmt: skip


def rules(classes: list[words.TierClass], sure_at: float, language: str) -> list[Rule]:
    """Return what the legend in QGIS lists: every tier at every step, then the other classes."""
    looks = shapes.looks(classes)
    low = words.number(min(certainty.LIKELY, sure_at), pad=False)
    found = []
    for entry in words.from_highest(classes):
        tiered = entry.id not in words.WITHOUT_TIER
        for step in range(len(certainty.STEPS)) if tiered else (0,):
            label = entry.text(language)
            if tiered:
                said = names.text(f"map.certainty.{step}", language, low=low,
                                  p=words.number(sure_at, pad=False))  # fmt: skip
                label += names.text("list.separator", language) + said
            found.append(Rule(entry.id, step, label, looks[entry.id]))
    return found


def _has(flag: str) -> str:
    return f"';' || coalesce(\"flags\", '') || ';' LIKE '%;{flag};%'"


def class_expression() -> str:
    """Return the class of an area as an expression of QGIS; the same order as `words.class_of`."""
    cases = [f"WHEN {_has(words.SUPPRESSED)} THEN '{words.SUPPRESSED}'",
             "WHEN coalesce(\"tier\", '') <> '' THEN \"tier\""]  # fmt: skip
    for id, flags in words.REASONS:
        cases.append(f"WHEN {' OR '.join(map(_has, flags))} THEN '{id}'")
    return f"CASE {' '.join(cases)} ELSE '{words.UNCLASSIFIED}' END"


def _expression(rule: Rule) -> str:
    """Return the filter of a rule, within its drug and round."""
    text = f"({class_expression()}) = {_quoted(rule.id)}"
    if rule.id in words.WITHOUT_TIER:
        return text
    chance = f'coalesce("p_{rule.id}", 0) >= {certainty.LIKELY}'
    steps = ['"resolved"', f'NOT "resolved" AND {chance}', f'NOT "resolved" AND NOT {chance}']
    return f"{text} AND {steps[rule.step]}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _qml(found: list[Rule], drug: str, round: str, name: str, points: bool) -> str:
    root = Element("qgis", {"version": "3.22.0", "styleCategories": "Symbology"})
    renderer = root.add("renderer-v2", {
        "type": "RuleRenderer", "symbollevels": "0", "enableorderby": "0", "forceraster": "0",
        "referencescale": "-1"})  # fmt: skip
    outer = renderer.add("rules", {"key": "{wbe}"}).add("rule", {
        "key": "{wbe-shown}", "label": name,
        "filter": f'"drug" = {_quoted(drug)} AND "round" = {_quoted(round)}'})  # fmt: skip
    symbols = renderer.add("symbols")
    for i, rule in enumerate(found):
        outer.add("rule", {"key": f"{{wbe-{i}}}", "label": rule.label, "symbol": str(i),
                                   "filter": _expression(rule)})  # fmt: skip
        kind = "marker" if points else "fill"
        symbol = _symbol(symbols, kind, str(i))
        (_marks if points else _fills)(symbol, i, rule)
    root.add("layerGeometryType", text="0" if points else "2")
    text = root.written()
    return f"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n{text}\n"


def _symbol(parent: Element, kind: str, name: str) -> Element:
    about = {"type": kind, "name": name, "alpha": "1", "clip_to_extent": "1", "force_rhr": "0"}
    return parent.add("symbol", about)


def _layer(symbol: Element, kind: str, options: dict[str, Any]) -> Element:
    layer = symbol.add("layer", {"class": kind, "enabled": "1", "locked": "0",
                                         "pass": "0"})  # fmt: skip
    held = layer.add("Option", {"type": "Map"})
    for key, value in options.items():
        held.add("Option", {"type": "QString", "name": key, "value": str(value)})
    return layer


def _colour(text: str) -> str:
    return ",".join(str(int(text[i : i + 2], 16)) for i in (1, 3, 5)) + ",255"


def _fills(symbol: Element, number: int, rule: Rule) -> None:
    """Fill, hatch and outline, from the layers that our own map draws."""
    at = 0
    for layer in shapes.layers(rule.look, rule.step):
        if hatch := layer.get("hatch"):
            for angle in _ANGLES[hatch[0]]:
                _hatch(symbol, f"@{number}@{at}", hatch, angle, layer["edgecolor"])
                at += 1
            continue
        filled = layer["facecolor"] != "none"
        _layer(symbol, "SimpleFill", {
            "color": _colour(layer["facecolor"] if filled else "#FFFFFF"),
            "style": "solid" if filled else "no",
            "outline_color": _colour(style.OUTLINE), "outline_width": 0.25,
            "outline_width_unit": "MM", "outline_style": "no" if filled else "solid",
            "joinstyle": "bevel"})  # fmt: skip
        at += 1


def _hatch(symbol: Element, name: str, hatch: str, angle: int, colour: str) -> None:
    spacing = f"{12 / len(hatch) * _MM:.3f}"  # as matplotlib: 6 lines an inch for each sign
    layer = _layer(symbol, "LinePatternFill", {
        "angle": angle, "color": _colour(colour), "distance": spacing, "distance_unit": "MM",
        "line_width": _LINE, "line_width_unit": "MM", "offset": 0,
        "offset_unit": "MM"})  # fmt: skip
    _layer(_symbol(layer, "line", name), "SimpleLine", {
        "line_color": _colour(colour), "line_style": "solid", "line_width": _LINE,
        "line_width_unit": "MM"})  # fmt: skip


def _marks(symbol: Element, number: int, rule: Rule) -> None:
    """The layers of a point's mark, from those that our own map draws."""
    for mark in shapes.marks(rule.look, rule.step, _MARK):
        shape, angle = _SIGNS[mark["marker"]]
        edge = mark.get("edgecolors", mark["color"])
        _layer(symbol, "SimpleMarker", {
            "name": shape, "angle": angle, "color": _colour(mark["color"]),
            "outline_color": _colour(edge), "size": f"{mark['s'] ** 0.5 * _MM:.3f}",
            "size_unit": "MM", "outline_width": f"{mark['linewidths'] * _MM:.3f}",
            "outline_width_unit": "MM",
            "outline_style": "solid" if mark["linewidths"] else "no"})  # fmt: skip
