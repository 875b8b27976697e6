"""Run the code of docs/gallery.md and put the pictures that it saves into docs/_static.

``python docs/draw_gallery.py``: a minute. All data are synthetic.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "docs" / "_static"
WIDEST = 1100  # of a picture [pixel]
LARGEST = 150_000  # of a file [byte]


def blocks() -> str:
    """Return the Python of the page."""
    page = (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8")
    return "\n".join(re.findall(r"^```python\n(.*?)^```$", page, re.S | re.M))


def shrink(source: Path) -> None:
    """Write a picture into docs/_static with few colours, rare ones kept."""
    from PIL import Image

    target = STATIC / source.name
    with Image.open(source) as picture:
        height = round(picture.height * WIDEST / picture.width)
        small = picture.convert("RGB").resize((WIDEST, height), Image.Resampling.LANCZOS)
    few = small.quantize(160, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(target, optimize=True)
    if target.stat().st_size >= LARGEST:
        raise SystemExit(f"{target.name} has {target.stat().st_size} bytes, {LARGEST} at most")


def main() -> None:
    """Draw everything in a folder of its own, beside the sample data."""
    space: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Path("data").symlink_to(ROOT / "data", target_is_directory=True)
        exec(compile(blocks(), "docs/gallery.md", "exec"), space)
        for picture in sorted(Path().glob("gallery-*.png")):
            shrink(picture)
        os.chdir(ROOT)


if __name__ == "__main__":
    main()
