"""Fonts, colours, settings, and files that repeat byte for byte."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from wbe.errors import UsageError
from wbe.plot import style


def test_font_draws_place_names_of_guangdong_and_units() -> None:
    texts = ["大滘镇 深水埗 漖 冚 㘵 𬒔", "µg/L ± ≤ ≥ – · ° m³ α", "惠来县"]
    assert style.missing_glyphs(texts) == set()


def test_missing_glyph_is_reported_and_control_characters_are_not() -> None:
    assert style.missing_glyphs(["ok", "ก tab\there"]) == {"ก"}


def test_font_is_registered_once_under_its_own_name() -> None:
    from matplotlib import font_manager

    assert style.register_font() == style.register_font() == "Wbe Sans SC"
    listed = [f for f in font_manager.fontManager.ttflist if f.name == "Wbe Sans SC"]
    assert len(listed) == 1


def test_font_keeps_its_licence_and_claims_no_other_name() -> None:
    from fontTools.ttLib import TTFont

    with TTFont(style.font_path(), lazy=True) as font:
        names = {n.nameID: str(n) for n in font["name"].names}
    assert "SIL Open Font License" in names[13]
    assert "Adobe" in names[0]
    assert names[1] == style.FAMILY
    licence = style.font_path().with_name("LICENSE-OFL.txt").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence


@pytest.mark.parametrize("n", range(1, 12))
def test_luminance_of_tiers_falls_and_none_is_green(n: int) -> None:
    colours = style.tier_colours(n)
    light = [style.luminance(c) for c in colours]
    assert len(set(colours)) == n
    assert all(a > b for a, b in pairwise(light))
    channels = [[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in colours]
    assert all(red > green for red, green, _ in channels)


def test_not_elevated_is_lighter_than_the_lowest_tier_in_grey() -> None:
    assert style.luminance(style.NOT_ELEVATED) > style.luminance(style.tier_colours(3)[0]) + 0.1


def test_no_tier_no_colour() -> None:
    with pytest.raises(UsageError, match="at least one"):
        style.tier_colours(0)


def test_settings_of_the_user_do_not_reach_the_picture(made_up: Any, tmp_path: Path) -> None:
    import matplotlib as mpl

    from wbe import plot

    def bytes_of(name: str) -> bytes:
        figure = plot.tier_map(made_up.county()).figure
        plot.save_map(figure, tmp_path / name)
        return (tmp_path / name).read_bytes()

    before = bytes_of("a.svg"), bytes_of("a.png")
    with mpl.rc_context({"font.size": 20, "font.family": "serif", "savefig.dpi": 30,
                         "svg.fonttype": "none", "text.color": "green"}):  # fmt: skip
        assert (bytes_of("b.svg"), bytes_of("b.png")) == before
        assert mpl.rcParams["font.size"] == 20


def test_files_name_neither_date_nor_program(made_up: Any, tmp_path: Path) -> None:
    from wbe import plot

    figure = plot.tier_map(made_up.county()).figure
    for name in ("map.svg", "map.png"):
        plot.save_map(figure, tmp_path / name)
        content = (tmp_path / name).read_bytes()
        assert b"atplotlib" not in content.replace(b"matplotlib.axis", b"")
        assert b"dc:date" not in content


def test_only_png_and_svg_are_written(made_up: Any, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.png or \.svg"):
        style.save_map(style.new_figure(1, 1), tmp_path / "map.pdf")


def test_map_is_drawn_where_home_is_read_only(tmp_path: Path) -> None:
    """matplotlib wants to write a cache; without a place for it the map is drawn all the same."""
    code = (
        "from wbe.plot import style; style.register_font(); f = style.new_figure(2, 1);"
        "style.save_map(f, 'm.svg'); print('drawn')"
    )
    nowhere = {k: v for k, v in os.environ.items() if not k.startswith(("MPL", "XDG"))}
    nowhere |= {"HOME": "/proc/nowhere", "MPLBACKEND": "Agg"}
    done = subprocess.run([sys.executable, "-c", code], env=nowhere, cwd=tmp_path,
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.stdout == "drawn\n", done.stderr
