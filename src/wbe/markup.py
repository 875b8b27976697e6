"""Tables as HTML for notebooks, every text escaped. Standard library only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape


def table(caption: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table as HTML.

    Parameters
    ----------
    caption : str
    header : sequence of str
    rows : iterable of sequence
        Cells of any kind, shown as their text; None as nothing.

    Examples
    --------
    >>> table("n", ["a"], [["<b>"]])
    '<table><caption>n</caption><tr><th>a</th></tr><tr><td>&lt;b&gt;</td></tr></table>'
    """
    lines = [_row("th", header), *(_row("td", row) for row in rows)]
    return f"<table><caption>{escape(caption)}</caption>{''.join(lines)}</table>"


def _row(tag: str, cells: Iterable[object]) -> str:
    texts = ("" if cell is None else escape(str(cell)) for cell in cells)
    return f"<tr>{''.join(f'<{tag}>{text}</{tag}>' for text in texts)}</tr>"
