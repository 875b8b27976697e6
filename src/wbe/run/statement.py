"""What the published guidelines ask of every report: purpose, people, and what was kept back.

Reviews of wastewater studies found that much of this could not be judged for want of reporting
(43 % of the answers for 53 studies, PMC10484207), so every page answers it, if only by saying that
it was not stated.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from wbe.run.config import Privacy
from wbe.run.withheld import CONSENT_MISSING, SUPPRESSED
from wbe.run.words import say

if TYPE_CHECKING:
    import pandas as pd


def statement(
    tiers: pd.DataFrame, people: Mapping[str, float], privacy: Privacy, lang: str
) -> list[tuple[str, str]]:
    """Answer the questions of the guidelines about one page.

    Parameters
    ----------
    tiers : DataFrame (row)
        Guarded tiers: ``area`` and ``flags``.
    people : mapping of str to float
        Population of the areas [inhabitant]; of hidden ones nothing is told.
    privacy : Privacy
    lang : str
        ``en`` or ``zh``.

    Returns
    -------
    list of tuple of str
        Question and answer.
    """
    flags = tiers["flags"].fillna("").astype(str).str.split(";")
    named = tiers["area"].astype(str)
    hidden = {a for a, own in zip(named, flags, strict=True) if SUPPRESSED in own}
    refused = {a for a, own in zip(named, flags, strict=True) if CONSENT_MISSING in own}
    shown = sorted(set(named) - hidden)
    known = [people[area] for area in shown if area in people]
    counted = {"people": f"{sum(known):.0f}", "areas": len(known), "of": len(set(named))}
    state = "guard" if privacy.min_population else "off"
    if privacy.audience == "internal":
        state = "internal" if privacy.min_population else "off"
    answers = {
        "purpose": privacy.purpose or say("about.not_stated", lang),
        "readers": say(f"about.readers.{privacy.audience}", lang),
        "approval": privacy.approval or say("about.not_stated", lang),
        "people": say("about.people.answer", lang, **counted),
        "hidden": say(f"about.hidden.{state}", lang, least=privacy.min_population, n=len(hidden)),
        "institutions": say("about.institutions.answer", lang, n=len(refused)),
        "precision": say(f"about.precision.{privacy.audience}", lang),
        "harm": say("about.harm.answer", lang),
    }
    return [(say(f"about.{key}", lang), answer) for key, answer in answers.items()]
