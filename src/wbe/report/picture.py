"""The map inside the page: the SVG cleaned for HTML, or the PNG as data."""

from __future__ import annotations

import base64
from html import escape
from typing import Any, Final
from xml.etree import ElementTree

from wbe.errors import UsageError

# Above this an SVG makes the page heavy to open, and the PNG looks as good.
LARGEST_SVG: Final = 700_000  # [byte]
_TAGS: Final = frozenset(
    "svg g path defs style use clipPath rect circle ellipse line polyline polygon pattern symbol"
    " title desc".split()
)
_HREF: Final = ("href", "{http://www.w3.org/1999/xlink}href")


def inline_svg(text: str, label: str, prefix: str = "") -> str:
    """Return an SVG file as an HTML element that loads and runs nothing.

    Parameters
    ----------
    text : str
        Content of an SVG file as `wbe.plot.save_map` writes it.
    label : str
        What the picture shows, for readers who do not see it.
    prefix : str
        Before every id, so that pictures on one page do not share any.

    Raises
    ------
    UsageError
        The file holds an element, a handler or a reference that a map has no use for.
    """
    from defusedxml.ElementTree import fromstring

    root = fromstring(text)
    _strip(root)
    if prefix:
        _prefix(root, prefix)
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.attrib["role"] = "img"
    drawn = ElementTree.tostring(root, encoding="unicode", method="html")
    # ElementTree leaves "<" in attributes as it is: right for HTML, but not for what searches it
    return drawn.replace("<svg", f'<svg aria-label="{escape(label)}"', 1)


def _strip(element: Any) -> None:
    """Take name spaces and metadata out, in place; refuse what could act."""
    element.tag = element.tag.rpartition("}")[2]
    if element.tag not in _TAGS:
        raise UsageError(f"the map's SVG holds <{element.tag}>: draw it with wbe.plot.save_map")
    for name in list(element.attrib):
        value = element.attrib.pop(name)
        plain = "href" if name in _HREF else name
        if plain.startswith(("on", "{")) or (plain == "href" and not value.startswith("#")):
            raise UsageError(f"the map's SVG holds {plain}={value[:40]!r}, which no map needs")
        element.attrib[plain] = value
    for child in list(element):
        if child.tag.endswith("}metadata"):
            element.remove(child)
        else:
            _strip(child)


def _prefix(element: Any, prefix: str) -> None:
    """Put a prefix before every id and every reference to one, in place."""
    for part in element.iter():
        for name, value in part.attrib.items():
            if name == "id":
                part.attrib[name] = prefix + value
            elif name == "href":
                part.attrib[name] = f"#{prefix}{value[1:]}"
            elif "url(#" in value:
                part.attrib[name] = value.replace("url(#", f"url(#{prefix}")


def data_uri(png: bytes) -> str:
    """Return a PNG as an address that holds it."""
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
