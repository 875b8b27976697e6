"""How sure a tier is, in three steps that a print without colour keeps apart.

The tier is the colour; the step is a hatch over it: none where the tier is certain, wide where it
is likely, narrow where another tier is nearly as likely. With ``saturation`` the colour fades too,
towards the grey of its own luminance, so that a paler mark is never read as a lower tier.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from wbe import names
from wbe.errors import UsageError
from wbe.plot import style, words

if TYPE_CHECKING:
    import pandas as pd

HATCHING, SATURATION = "hatching", "saturation"
WAYS: Final = (HATCHING, SATURATION)
#: Probability from which a tier that is not certain counts as likely. Judgement: 7 in 10.
LIKELY: Final = 0.7


class Step(NamedTuple):
    """One step of certainty, as it is drawn.

    Parameters
    ----------
    hatch : str
        Over an area.
    dot : float
        In a mark, as a share of its area.
    least : float
        Area of the dot in small marks, so that it can be seen on paper [point^2].
    fade : float
        How far the colour moves towards its own grey, where certainty is shown by saturation.
    """

    hatch: str
    dot: float
    least: float
    fade: float


#: Certain, likely, weak.
STEPS: Final = (
    Step("", 0.0, 0.0, 0.0), Step("///", 0.1, 4.5, 0.3), Step("///////", 0.26, 6.5, 0.6),
)  # fmt: skip
SURE: Final = 0


def require_way(certainty: str) -> None:
    """Raise `UsageError` unless certainty is shown in a known way."""
    if certainty not in WAYS:
        raise UsageError(f"certainty = {certainty!r} is none of {', '.join(WAYS)}")


def steps(rows: pd.DataFrame) -> list[int]:
    """Return the step of every row: 0 certain, 1 likely, 2 weak or not computed.

    Parameters
    ----------
    rows : DataFrame (row)
        Of `words.selected`, with ``class``, ``resolved`` and the columns ``p_<label>``.

    Returns
    -------
    list of int
        Rows without a tier are at step 0: they have looks of their own.
    """
    return [_step(row) for row in rows.to_dict("records")]


def _step(row: dict[object, object]) -> int:
    if row["class"] in words.WITHOUT_TIER or words.yes(row["resolved"]):
        return SURE
    chance = row.get(f"p_{row['class']}")
    return 1 if chance is not None and float(str(chance)) >= LIKELY else 2


def tint(fill: str, step: int, way: str) -> str:
    """Return the colour of a tier at a step of certainty.

    Examples
    --------
    >>> tint("#B2182B", 2, "hatching"), tint("#B2182B", 2, "saturation")
    ('#B2182B', '#86484C')
    """
    return style.faded(fill, STEPS[step].fade) if way == SATURATION else fill


def entries(rows: pd.DataFrame, sure_at: float, language: str) -> list[tuple[int, str]]:
    """Return the legend's entries: the steps that occur among tiers, with their ranges and counts.

    Parameters
    ----------
    rows : DataFrame (row)
        With ``class`` and ``step``.
    sure_at : float
        Probability from which the table calls a tier certain.
    language : str
        ``en`` or ``zh``.
    """
    tiered = rows[~rows["class"].isin(words.WITHOUT_TIER)]
    found = []
    for step in sorted(set(tiered["step"])):
        low = min(LIKELY, sure_at)
        text = names.text(f"map.certainty.{step}", language, p=words.number(sure_at, pad=False),
                          low=words.number(low, pad=False))  # fmt: skip
        n = int((tiered["step"] == step).sum())
        found.append((step, f"{text}\n{words.counted('map.count', n, language)}"))
    return found
