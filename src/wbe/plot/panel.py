"""What the pictures with one pair of axes share: size, heading, frame and the legend beneath."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from wbe import names
from wbe.options import require_choice
from wbe.plot import style, words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH: Final = 7.4  # of a figure [inch]

Heading = list[tuple[str, float]]
"""Lines over a picture, from the top, and their font sizes [pt]."""


def require_language(language: str) -> None:
    """Raise `UsageError` unless the language is ``en`` or ``zh``."""
    require_choice("language", language, names.LANGUAGES)


def heading_lines(
    title: str | None,
    said: Sequence[str],
    *,
    subject: str = "",
    columns: tuple[int, int] = (60, 78),
) -> Heading:
    """Return the lines over a picture and their font sizes.

    Parameters
    ----------
    title : str or None
        Of the user; broken at the first number of columns.
    said : sequence of str
        In smaller letters, broken at the second number of columns; empty ones are left out.
    subject : str
        A line of its own between them, in large letters.
    columns : tuple of int
        A Chinese character takes two.
    """
    large = words.wrap(words.clean(title), columns[0]) if title else []
    large += [subject] if subject else []
    small = [piece for text in said if text for piece in words.wrap(text, columns[1])]
    return [(text, 11.0) for text in large] + [(text, 9.0) for text in small]


def columns_in(width: float) -> tuple[int, int]:
    """Return the columns of `heading_lines` that fit into a width [inch]."""
    small = int(width / 0.061)
    return small * 10 // 13, small


def new_axes(
    inner: float, above: float, below: float, left: float, right: float, width: float = WIDTH
) -> Axes:
    """Return axes on a new Figure without pyplot; their height and all margins in [inch]."""
    height = inner + above + below
    figure = style.new_figure(width, height)
    inside = (width - left - right) / width
    return figure.add_axes((left / width, below / height, inside, inner / height))


def axes_with(
    ax: Axes | None, inner: float, heading: Heading, left: float = 0.8,
    below: float = 0.6, right: float = 0.25, width: float = WIDTH,
) -> Axes:  # fmt: skip
    """Return axes with the heading over them; by default on a new Figure that fits [inch]."""
    if ax is None:
        ax = new_axes(inner, 0.25 + 0.21 * len(heading), below, left, right, width)
    write_heading(ax, heading)
    return ax


def write_heading(ax: Axes, heading: Heading, lowest: float = 8, line: float = 15) -> None:
    """Write the lines of a heading over axes; their places in [pt] above the frame."""
    for i, (text, size) in enumerate(reversed(heading)):
        ax.annotate(text, (0, 1), (0, lowest + line * i), xycoords="axes fraction", ha="left",
                    va="bottom", textcoords="offset points", fontsize=size)  # fmt: skip


def open_frame(ax: Axes, without: Sequence[str] = ("top", "right")) -> None:
    """Leave out sides of the frame."""
    for side in without:
        ax.spines[side].set_visible(False)


def legend_beneath(
    ax: Axes, down: float, entries: Sequence[tuple[Any, str]] | None = None, **how: Any
) -> None:
    """Put the legend beneath the axes, where no curve runs.

    Parameters
    ----------
    ax : Axes
    down : float
        From the lower side of the frame to the legend [inch].
    entries : sequence of (artist, str), optional
        By default what was drawn with a label.
    **how
        Columns and spaces, as `Axes.legend` takes them.
    """
    from matplotlib.transforms import ScaledTranslation

    figure = ax.get_figure(root=True)
    assert figure is not None
    place = ax.transAxes + ScaledTranslation(0, -down, figure.dpi_scale_trans)
    shown = (
        {}
        if entries is None
        else dict(handles=[artist for artist, _ in entries], labels=[text for _, text in entries])
    )
    ax.legend(**shown, loc="upper left", bbox_to_anchor=(0.0, 0.0), bbox_transform=place,
              frameon=False, fontsize=8.0, borderaxespad=0.0, borderpad=0.0, **how)  # fmt: skip


def finish(ax: Axes, legend: bool) -> None:
    """Draw grid, dates and, beneath the axes, the legend."""
    ax.grid(axis="both", color="#E6E6E6", linewidth=0.5, zorder=0)
    ax.set_axisbelow(True)
    open_frame(ax)
    if ax.xaxis.get_converter() is not None and ax.get_xscale() == "linear":
        _date_axis(ax)
    if legend:
        legend_beneath(ax, 0.5 if ax.get_xlabel() else 0.3, ncols=3, handlelength=1.8,
                       columnspacing=1.2, labelspacing=0.4)  # fmt: skip


def _date_axis(ax: Axes) -> None:
    """Write dates in digits, which read the same in both languages."""
    from matplotlib.dates import AutoDateLocator, DateConverter, DateFormatter

    if not isinstance(ax.xaxis.get_converter(), DateConverter) and not hasattr(
        ax.xaxis.get_converter(), "_get_converter"
    ):
        return
    low, high = ax.get_xlim()
    pattern = "%Y" if high - low > 3650 else "%Y-%m" if high - low > 120 else "%m-%d"
    ax.xaxis.set_major_locator(AutoDateLocator(minticks=4, maxticks=9))
    ax.xaxis.set_major_formatter(DateFormatter(pattern))
