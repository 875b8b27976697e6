"""XML of files that somebody sent: no document type, no entity, no depth and no length without end.

The parser is defusedxml's, which forbids; the handlers of elements are set on it directly, because
a large sheet has millions of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from xml.parsers.expat import ExpatError

from wbe.io.text import Refused

MAX_DEPTH = 200
MAX_TAGS = 16_000_000
MAX_NAMES = 5_000
_UNFINISHED = 4_000_000

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]
Text = Callable[[str], None]


def parse(
    pieces: Iterable[bytes],
    part: str,
    start: Start,
    end: End | None = None,
    text: Text | None = None,
    most: int = MAX_TAGS,
) -> None:
    """Parse a document as it comes, calling back for each element and text.

    Parameters
    ----------
    pieces : iterable of bytes
        The document.
    part : str
        Its name for the finding.
    start : callable
        Called with the name ``namespace}local`` and the attributes, named alike.
    end : callable, optional
        Called with the name.
    text : callable, optional
        Called with a piece of text.
    most : int
        Number of tags that it may have.

    Raises
    ------
    Refused
        ``xml_unsafe`` (a document type or an entity), ``archive_damaged`` or ``archive_too_large``.
    """
    from defusedxml.common import DefusedXmlException

    parser = _parser(start, end, text)
    fed = tags = 0
    try:
        for piece in pieces:
            parser.Parse(piece, False)
            fed += len(piece)
            tags += piece.count(b"<")
            if tags > most:
                raise Refused("archive_too_large", what=f"{part} has too many elements")
            if fed - parser.CurrentByteIndex > _UNFINISHED:
                raise Refused("archive_too_large", what=f"{part} has a piece without end")
        parser.Parse(b"", True)
    except DefusedXmlException:
        raise Refused("xml_unsafe", part=part) from None
    except (ExpatError, ValueError) as error:  # ValueError: an encoding that expat does not know
        raise Refused("archive_damaged", reason=f"{part}: {type(error).__name__}") from None
    except LookupError:
        raise Refused("archive_damaged", reason=f"{part}: encoding") from None


def attribute(attributes: dict[str, str], name: str) -> str:
    """Value of an attribute by its local name; "" if it is not there."""
    if name in attributes:
        return attributes[name]
    return next((v for k, v in attributes.items() if k.rpartition("}")[2] == name), "")


def local(name: str) -> str:
    """Name of an element without its namespace."""
    return name.rpartition("}")[2]


class Handlers:
    """Handlers of the elements of one namespace, found by name; other elements are passed over.

    Attributes
    ----------
    depth : int
        Of the element that is open. Nothing here recurses, but the parser keeps what is open.
    starts : dict of str to callable
        Local name to what is called with the attributes.
    ends : dict of str to callable
        Local name to what is called at the end of the element.
    """

    def __init__(self) -> None:
        self.depth = 0
        self.starts: dict[str, Callable[[dict[str, str]], None]] = {}
        self.ends: dict[str, Callable[[], None]] = {}
        self._opening: dict[str, Callable[[dict[str, str]], None] | None] = {}
        self._closing: dict[str, Callable[[], None] | None] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Call the handler of an element that begins."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Refused("archive_too_large", what="its XML is nested too deeply")
        try:
            handler = self._opening[name]
        except KeyError:
            handler = self._opening[name] = self.starts.get(local(name))
            self._bound(self._opening)
        if handler is not None:
            handler(attributes)

    def end(self, name: str) -> None:
        """Call the handler of an element that ends."""
        self.depth -= 1
        try:
            handler = self._closing[name]
        except KeyError:
            handler = self._closing[name] = self.ends.get(local(name))
            self._bound(self._closing)
        if handler is not None:
            handler()

    def _bound(self, names: dict[str, Any]) -> None:
        if len(names) > MAX_NAMES:
            raise Refused("archive_too_large", what="its XML has too many kinds of elements")


def _parser(start: Start, end: End | None, text: Text | None) -> Any:
    from defusedxml.ElementTree import DefusedXMLParser

    parser = DefusedXMLParser(forbid_dtd=True, forbid_entities=True, forbid_external=True).parser
    parser.ordered_attributes = False
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.DefaultHandlerExpand = None
    parser.CommentHandler = parser.ProcessingInstructionHandler = None
    return parser
