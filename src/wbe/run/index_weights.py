"""The section [index] of a campaign: what a dose of each drug is taken to be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wbe.errors import UsageError

if TYPE_CHECKING:
    from wbe.backcalc.assumptions import Assumed
    from wbe.backcalc.drug_index import IndexWeights


def dose_of(drug: str, value: object) -> str | Assumed:
    """Return a dose id, or a dose stated with its source.

    Parameters
    ----------
    drug : str
    value : object
        As the campaign writes it: a dose id, or ``{"dose": "30 mg/dose", "source": "..."}``.

    Raises
    ------
    WbeError
        If the dose id is not there, of another drug or without a value; or a dose lacks its unit
        or its source.
    """
    from wbe.backcalc.assumptions import assumed
    from wbe.backcalc.drug_index import weights_from

    if isinstance(value, str):
        weights_from({drug: value}, "campaign")
        return value
    if not isinstance(value, dict) or set(value) != {"dose", "source"}:
        raise UsageError(f"{value!r} is no dose")
    return assumed("dose", str(value["dose"]), source=str(value["source"]), key=f"{drug}|campaign")


def weights_of(doses: Mapping[str, Any]) -> IndexWeights:
    """Return the weights of a campaign's index."""
    from wbe.backcalc.drug_index import weights_from

    return weights_from({drug: dose_of(drug, value) for drug, value in doses.items()}, "campaign")
