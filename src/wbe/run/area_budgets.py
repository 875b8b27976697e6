"""What the uncertainty of each area's value comes from, for an internal page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wbe.errors import PrecisionError, UsageError
from wbe.run.keys import INDEX

if TYPE_CHECKING:
    from wbe.run.campaign import Results
    from wbe.run.config import Config
    from wbe.uncertainty.budgets import Budget


def of_areas(config: Config, results: Results) -> dict[str, Budget]:
    """Return the budget of every area's value, of the mapped drug and round.

    Parameters
    ----------
    config : Config
    results : Results
        Of an internal run, which keeps the values of the areas.

    Returns
    -------
    dict of str to Budget
        By area; without those that have no value with an interval. Empty for an index of drugs,
        and where the campaign asked for no draws.
    """
    from wbe.spatial import budgets

    if results.values is None or config.tiers.drug == INDEX or not config.estimate.draws:
        return {}
    found = {}
    for area in results.values["area"].values.astype(str).tolist():
        try:
            found[area] = budgets.budget(
                results.values, area, config.tiers.drug, quantity=config.tiers.quantity,
                round=results.round,
            )  # fmt: skip
        except (UsageError, PrecisionError):
            continue  # no value with an interval: the table of areas says why
    return found
