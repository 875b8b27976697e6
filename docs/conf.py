"""Sphinx configuration. Builds without a network and with warnings as errors."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import generate  # noqa: E402

import wbe  # noqa: E402

project = "wbe"
author = "The wbe developers"
copyright = "2026, The wbe developers"
version = release = wbe.__version__
language = "en"
smartquotes = False  # option names start with two hyphens

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_nb",
]
exclude_patterns = ["_build", "reference/generated/error_model.md"]
templates_path: list[str] = []

# Pages
myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "off"  # generate.notebooks() has run them, in the folder where users run them

# API reference
autosummary_generate = True
autodoc_typehints = "none"  # numpydoc's type place holds shapes and units
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
numpydoc_class_members_toctree = False

# Look
html_theme = "pydata_sphinx_theme"
html_title = f"wbe {release}"
html_static_path = ["_static"]
html_css_files = ["wbe.css"]
html_show_sourcelink = False
html_sidebars = {"index": []}
html_theme_options = {
    "show_prev_next": False,
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": {
        "**": ["page-toc"],
        "reference/generated/factors": [],
        "reference/generated/findings": [],
    },
    "search_as_you_type": False,
}
html_math_renderer = "mathml"


def setup(app):
    """Draw formulas as MathML (no script from a network), and write the generated pages."""
    app.add_html_math_renderer("mathml", (generate.inline_math, None), (generate.block_math, None))
    app.connect("builder-inited", generate.pages)
