"""What every page is made with: templates, the words in them, the font of its characters."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from wbe import names
from wbe.plot import style
from wbe.report import fonts

if TYPE_CHECKING:
    from jinja2 import Environment

#: Where a style sheet leaves room for the rule of the font.
_ROOM = "/*font*/"


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Return the templates; every text from data is escaped, and a missing value is an error."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("wbe.report"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip


def translator(language: str) -> Callable[..., str]:
    """Return the function by which a template asks for a sentence."""

    def t(key: str, **values: object) -> str:
        return names.text(key, language, **values)

    return t


def with_font(text: str, language: str, printed: str | None = None) -> str:
    """Put the font for the characters of a page where the style sheet left room for it.

    Parameters
    ----------
    text : str
        The page.
    language : str
    printed : str, optional
        All that is set in the font, where that is less than the page.
    """
    data = fonts.embedded(text if printed is None else printed, language)
    rule = ""
    if data:
        rule = (f'@font-face{{font-family:"{style.FAMILY}";'
                f'src:url(data:font/woff;base64,{data}) format("woff")}}')  # fmt: skip
    return text.replace(_ROOM, rule, 1)
