"""How many bytes the outputs of a run take, for the message of a full disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wbe.run.campaign import Results

#: Bytes of one row, measured on the example county and rounded up.
ESTIMATE, FINDING, TIER = 200, 300, 400
#: Bytes of what hardly depends on the data: page, fonts and record; map; empty GeoPackage.
PAGE, MAP, PACKAGE = 150_000, 350_000, 100_000


def needed(results: Results) -> int:
    """Estimate the size of all outputs, right to a factor of about two.

    Parameters
    ----------
    results : Results
        What was computed and could not be written.

    Returns
    -------
    int
        [byte]
    """
    import wbe

    rows = len(wbe.to_tidy(results.result))
    size = PAGE + results.result.nbytes
    size += rows * ESTIMATE + len(results.findings) * FINDING + len(results.tiers) * TIER
    geometry = results.tiers.geometry if "geometry" in results.tiers else []
    shapes = sum(len(shape.wkb) for shape in geometry if shape is not None)
    # Outlines are stored in the GeoPackage, drawn in the vector map, and repeated on the page.
    return int(size + (MAP + PACKAGE + 3 * shapes if shapes else 0))
