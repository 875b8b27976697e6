"""Fonts, colours and the settings under which every picture is drawn.

A picture must come out the same on every machine, so nothing is taken from a user's matplotlibrc
and the Chinese font is the one that the package ships.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wbe.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FAMILY: Final = "Wbe Sans SC"
# matplotlib's own font, which stands in for the few signs that the shipped one lacks.
FALLBACK: Final = "DejaVu Sans"

# Light to dark; luminance falls strictly, so that the order survives a grey print. No green: none
# of these tiers says that all is well.
_SEQUENCE: Final = {
    1: ("#EF8A62",),
    2: ("#FDDBC7", "#B2182B"),
    3: ("#FDDBC7", "#EF8A62", "#B2182B"),
    4: ("#FDDBC7", "#F4A582", "#D6604D", "#B2182B"),
    5: ("#FDDBC7", "#F4A582", "#D6604D", "#B2182B", "#67001F"),
}
NOT_ELEVATED: Final = "#EFF5FB"
INK: Final = "#333333"
OUTLINE: Final = "#595959"
MUTED: Final = "#8C8C8C"
# Of Okabe and Ito: told apart by colour-blind readers. They differ in lines or markers too, for
# grey prints.
BLUE: Final = "#0072B2"
ORANGE: Final = "#E69F00"
VERMILION: Final = "#D55E00"
SKY: Final = "#9AD0F0"  # lighter than theirs, for areas
# Colours and markers of several series in one picture, dark ones first.
SERIES: Final = (
    (BLUE, "o"), (VERMILION, "s"), ("#009E73", "^"), ("#CC79A7", "D"), ("#000000", "v"),
    (ORANGE, "P"), ("#56B4E9", "X"),
)  # fmt: skip

_SETTINGS: Final = {
    "font.family": [FAMILY, FALLBACK],
    "font.size": 9.0,
    "text.parse_math": False,
    "text.color": INK,
    "axes.unicode_minus": True,
    "hatch.linewidth": 0.7,
    "savefig.facecolor": "white",
    "svg.fonttype": "path",
    "svg.hashsalt": "wbe",
}
_DPI: Final = 200
# Files name neither a date nor a program. Harder packing of a PNG takes as long as the drawing
# does, for a tenth of the size.
_FORMATS: Final[dict[str, dict[str, Any]]] = {
    "png": {"metadata": {"Software": None}, "pil_kwargs": {"compress_level": 3}},
    "svg": {"metadata": {"Date": None, "Creator": None, "Format": None, "Type": None}},
}


def font_path() -> Path:
    """Return the path of the font that the package ships."""
    return Path(str(files("wbe").joinpath("assets", "fonts", "WbeSansSC-Regular.otf")))


def register_font() -> str:
    """Make the shipped font known to matplotlib, for this process only.

    Returns
    -------
    str
        The font's family name. matplotlib's font cache on disk is not touched.

    Examples
    --------
    >>> from wbe import plot
    >>> plot.register_font()
    'Wbe Sans SC'
    """
    from matplotlib import font_manager

    path = str(font_path())
    if all(entry.fname != path for entry in font_manager.fontManager.ttflist):
        font_manager.fontManager.addfont(path)
    return FAMILY


def missing_glyphs(texts: Iterable[str]) -> set[str]:
    """Return the characters that neither the shipped font nor its stand-in can draw.

    Parameters
    ----------
    texts : iterable of str
        Everything that is to be printed: area names, titles, site names.

    Returns
    -------
    set of str
        Single characters; empty when all is well. Control characters are not counted, they are
        never drawn.

    Examples
    --------
    >>> from wbe import plot
    >>> plot.missing_glyphs(["methamphetamine", "甲基苯丙胺", "惠来县"])
    set()
    """
    wanted = {char for text in texts for char in text if char.isprintable()}
    return {char for char in wanted if ord(char) not in _drawable()}


@lru_cache(maxsize=1)
def _drawable() -> frozenset[int]:
    from matplotlib import font_manager
    from matplotlib.ft2font import FT2Font

    stand_in = font_manager.findfont(FALLBACK, rebuild_if_missing=False)
    paths = (str(font_path()), str(stand_in))
    return frozenset(code for path in paths for code in FT2Font(path).get_charmap())


@contextmanager
def context() -> Iterator[None]:
    """Draw under the package's settings, whatever a user's matplotlibrc says.

    Yields
    ------
    None
        The settings hold inside of ``with``.

    Examples
    --------
    >>> import matplotlib
    >>> from wbe import plot
    >>> with plot.context():
    ...     matplotlib.rcParams["svg.hashsalt"]
    'wbe'
    """
    import matplotlib as mpl

    register_font()
    # The backend is a matter of the caller: pictures here are drawn on Figures without pyplot.
    settings: Any = {k: v for k, v in mpl.rcParamsDefault.items() if not k.startswith("backend")}
    with mpl.rc_context(settings | _SETTINGS):
        yield


def new_figure(width: float, height: float) -> Figure:
    """Return an empty Figure with an Agg canvas, independent of pyplot.

    Parameters
    ----------
    width, height : float
        Size [inch].
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def tier_colours(n: int) -> list[str]:
    """Return ``n`` colours from light to dark, safe for colour-blind readers and grey prints.

    Parameters
    ----------
    n : int
        Number of tiers, at least 1.

    Returns
    -------
    list of str
        Hex colours of strictly falling luminance.

    Raises
    ------
    UsageError
        `n` is below 1.

    Examples
    --------
    >>> from wbe import plot
    >>> plot.tier_colours(3)
    ['#FDDBC7', '#EF8A62', '#B2182B']
    """
    if n < 1:
        raise UsageError(f"{n} tiers cannot be coloured: give at least one")
    if n in _SEQUENCE:
        return list(_SEQUENCE[n])
    anchors = [[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in _SEQUENCE[5]]
    return [_mixed(anchors, 4 * i / (n - 1)) for i in range(n)]


def _mixed(anchors: list[list[int]], at: float) -> str:
    """Interpolate linearly between the anchors' red, green and blue."""
    low = min(int(at), len(anchors) - 2)
    share = at - low
    pairs = zip(anchors[low], anchors[low + 1], strict=True)
    return "#" + "".join(f"{round(a + share * (b - a)):02X}" for a, b in pairs)


def luminance(colour: str) -> float:
    """Return the relative luminance of a hex colour, 0 black to 1 white (WCAG 2.1).

    Examples
    --------
    >>> round(luminance("#FFFFFF"), 3), round(luminance("#000000"), 3)
    (1.0, 0.0)
    """
    red, green, blue = linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def linear(colour: str) -> list[float]:
    """Return red, green and blue of a hex colour in proportion to light, 0 to 1 (sRGB)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]


def from_linear(parts: Iterable[float]) -> str:
    """Return the hex colour of red, green and blue in proportion to light, cut to 0 and 1.

    Examples
    --------
    >>> from_linear(linear("#B2182B"))
    '#B2182B'
    """
    cut = [min(max(p, 0.0), 1.0) for p in parts]
    coded = [12.92 * p if p <= 0.0031308 else 1.055 * p ** (1 / 2.4) - 0.055 for p in cut]
    return "#" + "".join(f"{round(255 * c):02X}" for c in coded)


def faded(colour: str, share: float) -> str:
    """Return a colour moved towards the grey of its own luminance, 0 not at all, 1 all the way.

    Examples
    --------
    >>> faded("#EF8A62", 0.0), faded("#EF8A62", 1.0)
    ('#EF8A62', '#A5A5A5')
    """
    grey = luminance(colour)
    return from_linear(p + share * (grey - p) for p in linear(colour))


def save_map(fig: Figure, path: str | Path, kind: str | None = None) -> None:
    """Write a figure as PNG (200 dpi) or SVG, the same byte for byte whenever it is repeated.

    Letters of an SVG are stored as outlines, so that Chinese shows where no Chinese font is
    installed. Neither file names a date or a program.

    Parameters
    ----------
    fig : Figure
    path : str or Path
    kind : str or None
        ``png`` or ``svg``; by default the suffix of the path.

    Raises
    ------
    UsageError
        The kind is neither ``png`` nor ``svg``.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from matplotlib.figure import Figure
    >>> from wbe import plot
    >>> with TemporaryDirectory() as folder:
    ...     plot.save_map(Figure(), Path(folder, "empty.png"))
    ...     sorted(path.name for path in Path(folder).iterdir())
    ['empty.png']
    """
    path = Path(path)
    kind = path.suffix.lower().lstrip(".") if kind is None else kind
    if kind not in _FORMATS:
        raise UsageError(f"{path.name}: a map is written as .png or .svg")
    with context():
        fig.savefig(path, format=kind, dpi=_DPI, **_FORMATS[kind])


def svg_text(fig: Figure) -> str:
    """Return a figure as the text of an SVG file, as `save_map` writes it.

    Parameters
    ----------
    fig : Figure
        Any figure.

    Returns
    -------
    str
        Letters are outlines.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from wbe import plot
    >>> plot.svg_text(Figure()).rstrip().endswith("</svg>")
    True
    """
    written = io.StringIO()
    with context():
        fig.savefig(written, format="svg", dpi=_DPI, **_FORMATS["svg"])
    return written.getvalue()
