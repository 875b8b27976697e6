"""Axes that pictures of change share: log scales with plain numbers, changes in per cent, names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from wbe import names
from wbe.plot import words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NAME_COLUMNS: Final = 24
_LETTER: Final = 0.072  # width of a letter of names, which are set at 9 to 10 points [inch]


def signed(percent: float) -> str:
    """Return a change in per cent with its sign.

    Examples
    --------
    >>> [signed(v) for v in (-54.54, 0.2, 130.0, -0.01)]
    ['−54.5 %', '+0.2 %', '+130 %', '0 %']
    """
    text = f"{percent:+.0f}" if abs(percent) >= 99.95 else f"{percent:+.1f}"
    text = "0" if float(text) == 0 else text
    return f"{text} %".replace("-", "−")


def log_axis(ax: Axes, which: str, label: str) -> None:
    """Make an axis logarithmic with plain numbers at 1, 2, 5 and their like."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    low, high = ax.get_ylim() if which == "y" else ax.get_xlim()
    getattr(ax, f"set_{which}scale")("log")
    axis = ax.yaxis if which == "y" else ax.xaxis
    span = np.log10(max(high, 1e-300) / max(low, 1e-300)) if low > 0 else 9.0
    close = (
        (1.0, 1.2, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0) if span < 0.8 else (1.0, 2.0, 5.0)
    )
    axis.set_major_locator(LogLocator(subs=close, numticks=30))
    axis.set_major_formatter(FuncFormatter(lambda v, _: words.number(v, pad=False)))
    axis.set_minor_formatter(NullFormatter())
    axis.set_label_text(words.clean(label))


def percent_axis(ax: Axes, language: str) -> None:
    """Make x the log of a ratio, with ticks in per cent."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    ax.set_xscale("log")
    low, high = ax.get_xlim()
    low, high = min(low, 0.45), max(high, 1.6)
    ax.set_xlim(low / 1.05, high * 1.25)  # room for the numbers
    ticks = [t for t in (0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 20, 50, 100)
             if low <= t <= high]  # fmt: skip
    ax.xaxis.set_major_locator(FixedLocator(ticks))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(
        FuncFormatter(
            lambda v, _: f"{100 * (v - 1):+.0f} %".replace("-", "−").replace("+0 %", "0 %")
        )
    )
    ax.set_xlabel(names.text("change.axis", language))


def names_axis(ax: Axes, labels: Sequence[str]) -> None:
    """Write names down the left side, the first at the top."""
    wrapped = ["\n".join(words.wrap(words.clean(text), _NAME_COLUMNS)) for text in labels]
    ax.set_yticks(range(len(labels)), wrapped)
    ax.set_ylim(len(labels) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)


def names_width(labels: Iterable[str]) -> float:
    """Return the room that `names_axis` needs left of the axes [inch]."""
    lines = [line for text in labels for line in words.wrap(words.clean(text), _NAME_COLUMNS)]
    return max([words.width(line) for line in lines], default=0) * _LETTER + 0.3
