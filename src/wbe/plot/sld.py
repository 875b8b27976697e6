"""The style of a layer of tiers as an OGC Styled Layer Descriptor 1.1.0 (Symbology Encoding)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from wbe.io.write import GPKG_LAYER
from wbe.plot import certainty, shapes, words
from wbe.plot.markup import Element

if TYPE_CHECKING:
    from wbe.plot.qgis import Rule

_SPACES: Final = {
    "xmlns": "http://www.opengis.net/sld", "xmlns:se": "http://www.opengis.net/se",
    "xmlns:ogc": "http://www.opengis.net/ogc", "version": "1.1.0",
}  # fmt: skip
# Well-known names by which QGIS and GeoServer know hatches.
_PATTERNS: Final = {"/": "slash", "\\": "backslash", "-": "horline", "|": "line", "+": "cross",
                    "x": "x"}  # fmt: skip
_MARKS: Final = {"o": "circle", "s": "square", "|": "line", "_": "line", "+": "cross", "x": "x",
                 "v": "triangle", "1": "star"}  # fmt: skip
_SIZE: Final = 10  # of a mark [pixel]


def document(rules: Sequence[Rule], drug: str, round: str, points: bool) -> str:
    """Return the style as text.

    Parameters
    ----------
    rules : sequence of Rule
        From `wbe.plot.qgis.rules`.
    drug, round : str
        What is shown of the layer.
    points : bool
        Whether areas are points.
    """
    root = Element("StyledLayerDescriptor", _SPACES)
    layer = root.add("NamedLayer")
    layer.add("se:Name", text=GPKG_LAYER)
    kind = layer.add("UserStyle").add("se:FeatureTypeStyle")
    for rule in rules:
        entry = kind.add("se:Rule")
        entry.add("se:Name", text=rule.label)
        held = entry.add("ogc:Filter").add("ogc:And")
        _equal(held, "drug", drug)
        _equal(held, "round", round)
        _filter(held, rule)
        (_marks if points else _fills)(entry, rule)
    text = root.written()
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _filter(held: Element, rule: Rule) -> None:
    """Ask for the class of an area: tier and certainty, or the first reason that holds."""
    if rule.id not in words.WITHOUT_TIER:
        _equal(held, "tier", rule.id)
        _equal(held, "resolved", "1" if rule.step == 0 else "0")
        if rule.step:
            parent = held if rule.step == 1 else held.add("ogc:Not")
            chance = parent.add("ogc:PropertyIsGreaterThanOrEqualTo")
            _operands(chance, f"p_{rule.id}", str(certainty.LIKELY))
        return
    _equal(held, "tier", "")
    order = [(words.SUPPRESSED, (words.SUPPRESSED,)), *words.REASONS]
    for id, flags in order:
        if id == rule.id:
            _any(held, flags)
            return
        _any(held.add("ogc:Not"), flags)


def _any(parent: Element, flags: Sequence[str]) -> None:
    """Ask for any of some flags."""
    if len(flags) > 1:
        parent = parent.add("ogc:Or")
    for flag in flags:
        _like(parent, flag)


def _like(parent: Element, flag: str) -> None:
    test = parent.add("ogc:PropertyIsLike", {"wildCard": "*", "singleChar": "?",
                                                     "escapeChar": "!"})  # fmt: skip
    _operands(test, "flags", f"*{flag}*")


def _equal(parent: Element, name: str, value: str) -> None:
    _operands(parent.add("ogc:PropertyIsEqualTo"), name, value)


def _operands(parent: Element, name: str, value: str) -> None:
    parent.add("ogc:PropertyName", text=name)
    parent.add("ogc:Literal", text=value)


def _parameter(parent: Element, name: str, value: object) -> None:
    parent.add("se:SvgParameter", {"name": name}, str(value))


def _fills(entry: Element, rule: Rule) -> None:
    for layer in shapes.layers(rule.look, rule.step):
        symbol = entry.add("se:PolygonSymbolizer")
        if hatch := layer.get("hatch"):
            graphic = symbol.add("se:Fill").add("se:GraphicFill").add("se:Graphic")
            mark = graphic.add("se:Mark")
            mark.add("se:WellKnownName", text=_PATTERNS[hatch[0]])
            _parameter(mark.add("se:Stroke"), "stroke", layer["edgecolor"])
            graphic.add("se:Size", text=f"{48 / len(hatch):.0f}")
        elif layer["facecolor"] != "none":
            _parameter(symbol.add("se:Fill"), "fill", layer["facecolor"])
        else:
            stroke = symbol.add("se:Stroke")
            _parameter(stroke, "stroke", layer["edgecolor"])
            _parameter(stroke, "stroke-width", layer["linewidth"])


def _marks(entry: Element, rule: Rule) -> None:
    drawn: list[dict[str, Any]] = shapes.marks(rule.look, rule.step, _SIZE**2)
    for mark in drawn:
        graphic = entry.add("se:PointSymbolizer").add("se:Graphic")
        shape = graphic.add("se:Mark")
        shape.add("se:WellKnownName", text=_MARKS[mark["marker"]])
        _parameter(shape.add("se:Fill"), "fill", mark["color"])
        stroke = shape.add("se:Stroke")
        _parameter(stroke, "stroke", mark.get("edgecolors", mark["color"]))
        _parameter(stroke, "stroke-width", mark["linewidths"])
        graphic.add("se:Size", text=f"{mark['s'] ** 0.5:.1f}")
        if mark["marker"] == "_":
            graphic.add("se:Rotation", text="90")
        if mark["marker"] == "v":
            graphic.add("se:Rotation", text="180")
