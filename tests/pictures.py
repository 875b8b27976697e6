"""What tests ask of a drawn picture: its texts, and whether they can be read."""

from __future__ import annotations

from itertools import combinations
from typing import Any


def drawn_texts(figure: Any) -> list[tuple[str, Any, Any]]:
    """Return every text that is seen with its extent and outline; ticks beyond the axes are not."""
    from matplotlib.text import Text

    from wbe.plot import style

    with style.context():
        figure.draw_without_rendering()
        hidden = set()
        for ax in figure.axes:
            if not ax.axison:
                hidden |= set(ax.xaxis.findobj(Text)) | set(ax.yaxis.findobj(Text))
            for axis, limits in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, ax.get_ylim())):
                low, high = sorted(limits)
                hidden |= {
                    label for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks())
                    for label in (tick.label1, tick.label2) if not low <= tick.get_loc() <= high
                }  # fmt: skip
        found = [t for t in figure.findobj(Text) if t.get_text().strip() and t.get_visible()]
        found = [t for t in found if t not in hidden and t.get_window_extent().width > 1]
        return [(t.get_text(), t.get_window_extent(), _outline(t)) for t in found]


def _outline(text: Any) -> Any:
    """Return the box of a text as it lies, also where it is slanted [pixel]."""
    from shapely import affinity, box

    angle = text.get_rotation()
    text.set_rotation(0)
    level = text.get_window_extent()
    text.set_rotation(angle)
    if angle % 90 == 0:
        level = text.get_window_extent()
        return box(level.x0 + 1, level.y0 + 1, level.x1 - 1, level.y1 - 1)
    anchor = tuple(text.get_transform().transform(text.get_position()))
    flat = box(level.x0 + 1, level.y0 + 1, level.x1 - 1, level.y1 - 1)
    return affinity.rotate(flat, angle, origin=anchor)


def said(figure: Any) -> str:
    """Return all texts on one line."""
    return " ".join(" ".join(text for text, *_ in drawn_texts(figure)).split())


def hard_to_read(figure: Any) -> list[tuple[str, str]]:
    """Return pairs of texts that overlap, and texts that leave the figure."""
    boxes = drawn_texts(figure)
    page = figure.bbox.padded(1)
    cut = [(text, "outside") for text, box, _ in boxes
           if not (page.x0 <= box.x0 and box.x1 <= page.x1 and page.y0 <= box.y0
                   and box.y1 <= page.y1)]  # fmt: skip
    over = [(a[0], b[0]) for a, b in combinations(boxes, 2)
            if a[1].overlaps(b[1]) and a[2].intersects(b[2])]  # fmt: skip
    return cut + over
