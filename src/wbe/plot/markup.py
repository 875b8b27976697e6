"""Writing XML: elements, and their text. Nothing here reads any."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr


@dataclass
class Element:
    """One element while a document is being written.

    Parameters
    ----------
    name : str
    attributes : mapping of str to str
        Written in their order.
    text : str
        What it holds instead of other elements.
    """

    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    inner: list[Element] = field(default_factory=list)

    def add(
        self, name: str, attributes: Mapping[str, str] | None = None, text: str = ""
    ) -> Element:
        """Add an element within and return it."""
        self.inner.append(Element(name, attributes or {}, text))
        return self.inner[-1]

    def written(self, depth: int = 0) -> str:
        """Return the element as lines, a blank further in for each level.

        Examples
        --------
        >>> root = Element("a", {"b": "<"})
        >>> _ = root.add("c", text="1 & 2")
        >>> print(root.written())
        <a b="&lt;">
         <c>1 &amp; 2</c>
        </a>
        """
        said = "".join(f" {key}={quoteattr(value)}" for key, value in self.attributes.items())
        start, blank = f"{' ' * depth}<{self.name}{said}", " " * depth
        if self.inner:
            held = "\n".join(part.written(depth + 1) for part in self.inner)
            return f"{start}>\n{held}\n{blank}</{self.name}>"
        return f"{start}>{escape(self.text)}</{self.name}>" if self.text else f"{start}/>"
