"""Room under a picture: Figures of our own become as long as what stands on them needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def lengthen(axes: Sequence[Any], by: float) -> None:
    """Make a Figure longer at its lower edge; what stands on it keeps its size and place.

    Parameters
    ----------
    axes : sequence of Axes
        All of the Figure.
    by : float
        How much [inch]; negative makes it shorter.
    """
    figure = axes[0].get_figure(root=True)
    width, height = (float(v) for v in figure.get_size_inches())
    boxes = [ax.get_position(original=True) for ax in axes]
    figure.set_size_inches(width, height + by)
    share = height / (height + by)
    for ax, box in zip(axes, boxes, strict=True):
        ax.set_position((box.x0, 1 - (1 - box.y0) * share, box.width, box.height * share))


def set_below(axes: Sequence[Any], needed: float) -> None:
    """Leave exactly so much room below the lowest Axes of a Figure [inch]."""
    figure = axes[0].get_figure(root=True)
    height = float(figure.get_size_inches()[1])
    lowest = min(ax.get_position(original=True).y0 for ax in axes)
    lengthen(axes, needed - lowest * height)
