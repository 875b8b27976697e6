"""Scale bar and north under a map, of true length at the map's middle latitude."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from wbe import names
from wbe.plot import style, words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from wbe.plot.frame import Frame

# WGS 84 (NIMA TR8350.2): equatorial radius [m] and square of the eccentricity.
_RADIUS: Final = 6_378_137.0
_ECCENTRICITY2: Final = 0.00669437999014
_WIDEST: Final = 0.3  # of the map's width
#: Height of the strip that bar and arrow take [point].
HEIGHT: Final = 25.0
_TALL: Final = 2.0  # degrees of latitude from which the bar holds only near its own latitude
_SIZE: Final = 7.5  # of the letters [point]


class Scale(NamedTuple):
    """A scale bar: its true length [m], and how long it is drawn in the map's coordinates."""

    metres: float
    drawn: float

    def label(self, language: str) -> str:
        """Return the length with its unit: ``500 m``, ``20 km``."""
        if self.metres < 1000:
            return names.text("map.scale.m", language, n=f"{self.metres:g}")
        return names.text("map.scale.km", language, n=f"{self.metres / 1000:g}")


def metres_per_degree(latitude: float) -> float:
    r"""Return the length of a degree of longitude on the WGS 84 ellipsoid [m].

    Parameters
    ----------
    latitude : float
        Geodetic latitude [degree].

    Notes
    -----
    .. math:: \frac{\pi}{180} \frac{a \cos\varphi}{\sqrt{1 - e^2 \sin^2\varphi}}

    with a = 6,378,137 m and e² = 0.00669437999014. CGCS2000 differs by less than a millimetre.

    Examples
    --------
    >>> round(metres_per_degree(0.0), 1), round(metres_per_degree(23.0), 1)
    (111319.5, 102522.5)
    """
    phi = math.radians(latitude)
    across = math.cos(phi) / math.sqrt(1 - _ECCENTRICITY2 * math.sin(phi) ** 2)
    return math.radians(1.0) * _RADIUS * across


def fitting(frame: Frame, degrees: bool) -> Scale:
    """Return the longest bar of a round length that is at most 3/10 of the map wide.

    Parameters
    ----------
    frame : Frame
        Limits of the map.
    degrees : bool
        Whether its coordinates are degrees; else metres of a projection.
    """
    unit = metres_per_degree((frame.south + frame.north) / 2) if degrees else 1.0
    most = _WIDEST * (frame.east - frame.west) * unit
    power = 10.0 ** math.floor(math.log10(most))
    metres = max(m * power for m in (1, 2, 5) if m * power <= most)
    return Scale(metres, metres / unit)


def draw(ax: Axes, frame: Frame, degrees: bool, language: str, below: float = 0.0) -> None:
    """Draw bar, length and north under the map's lower left corner.

    Parameters
    ----------
    ax : Axes
        The map, its limits set.
    frame : Frame
    degrees : bool
        As for `fitting`.
    language : str
        ``en`` or ``zh``.
    below : float
        Height of what already stands under the map [point].
    """
    scale = fitting(frame, degrees)
    label = scale.label(language)
    if degrees and frame.north - frame.south > _TALL:
        middle = words.number(abs(frame.south + frame.north) / 2, 2, pad=False)
        side = "N" if frame.south + frame.north >= 0 else "S"
        label = names.text("map.scale.at", language, length=label, latitude=f"{middle}° {side}")
    _arrow(ax, below, names.text("map.north", language))
    _bar(ax, frame, scale, below, label)


def _arrow(ax: Axes, below: float, letter: str) -> None:
    """An arrow upwards, where north is, with its letter beside it."""
    root: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points"}
    ax.annotate("", (0, 0), (0, 0), xycoords=_under(ax, 5, -below - 5),
                textcoords=_under(ax, 5, -below - 21),
                arrowprops={"arrowstyle": "-|>,head_width=0.22,head_length=0.5", "color": style.INK,
                            "linewidth": 1.0, "shrinkA": 0, "shrinkB": 0},
                annotation_clip=False)  # fmt: skip
    ax.annotate(letter, (0, 0), (11, -below - 13), ha="left", va="center", fontsize=_SIZE, **root)


def _bar(ax: Axes, frame: Frame, scale: Scale, below: float, label: str) -> None:
    """A line with ticks at both ends; as long as the coordinates say, in any size of figure."""
    from matplotlib.lines import Line2D
    from matplotlib.transforms import ScaledTranslation, blended_transform_factory

    figure = ax.get_figure(root=True)
    assert figure is not None
    down = ScaledTranslation(30 / 72, -(below + 17) / 72, figure.dpi_scale_trans)
    place = blended_transform_factory(ax.transData, ax.transAxes) + down
    ax.add_line(Line2D([frame.west, frame.west + scale.drawn], [0, 0], transform=place,
                       clip_on=False, color=style.INK, linewidth=1.4, marker="|", markersize=5.0,
                       markeredgewidth=1.0, solid_capstyle="butt", gid="scale"))  # fmt: skip
    ax.annotate(label, (frame.west + scale.drawn / 2, 0), (30, -below - 13),
                xycoords=("data", "axes fraction"), textcoords="offset points", ha="center",
                va="bottom", fontsize=_SIZE, annotation_clip=False)  # fmt: skip


def _under(ax: Axes, right: float, down: float) -> Any:
    """Coordinates in points from the map's lower left corner, moved."""
    from matplotlib.transforms import ScaledTranslation

    figure = ax.get_figure(root=True)
    assert figure is not None
    return ax.transAxes + ScaledTranslation(right / 72, down / 72, figure.dpi_scale_trans)
