"""What the page says about the laboratory's batches: criteria in words, never a sample or site."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from wbe import names


def rows(criteria: Iterable[Mapping[str, Any]], language: str) -> list[dict[str, Any]]:
    """Return the table of criteria.

    Parameters
    ----------
    criteria : iterable of mapping
        criterion, judged, outside, limits, source, verified.
    language : str
        ``en`` or ``zh``.

    Returns
    -------
    list of dict
        One a criterion: its name, how often it was judged and missed, its limit and source. A
        criterion that was never judged is listed: the laboratory did not report it.
    """
    return [
        {
            "criterion": names.text(f"quality.{row['criterion']}", language),
            "judged": str(row["judged"]),
            "outside": str(row["outside"]) if row["judged"] else "",
            "limit": names.text(
                f"quality.{row['criterion']}.limit", language, **_named(row["limits"])
            ),
            "source": row["source"],
            "verified": _checked(row["verified"], language),
        }
        for row in criteria
    ]


def _checked(words: str, language: str) -> str:
    """How the sources of a criterion's limits were checked."""
    between = names.text("list.separator", language)
    return between.join(names.text(f"verified.{word}", language) for word in words.split("; "))


def _named(limits: Iterable[str]) -> dict[str, str]:
    """Limits in their order as ``a, b, ...``, which the sentences name."""
    return dict(zip("abcd", limits, strict=False))
