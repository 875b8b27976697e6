"""Jones 2014: cocaine from benzoylecgonine and norbenzoylecgonine at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from wbe import backcalc
from wbe.backcalc.residues import DisagreementRule
from wbe.factors import load_set
from wbe.recipes.estimation import estimate
from wbe.recipes.published.inputs import sewage
from wbe.recipes.published.means import from_means, mean_over_days
from wbe.recipes.published.results import Page, day_rows, sheet

if TYPE_CHECKING:
    import pandas as pd

JONES = Page(
    "jones_2014",
    "cocaine of each day by benzoylecgonine and norbenzoylecgonine at once, weighted by the "
    "errors that they do not share; mean over days with the variation between them",
    ("Jones2014",),
    "jones2014",
)


def jones_2014(
    samples: xr.Dataset,
    *,
    disagreement: DisagreementRule,
    draws: int = 10_000,
    seed: int = 1,
) -> pd.DataFrame:
    """Return the cocaine of each day and of the average day by two residues, as in Jones 2014.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
        From `wbe.read`, or `samples_of`, with both residues.
    disagreement : str
        ``shown`` or ``widened``, see `wbe.backcalc.joint_consumption`; no default.
    draws, seed : int

    Returns
    -------
    DataFrame
        `COLUMNS`, ``pn_consumption`` [mg/day/1000 inhabitants]: ``day`` of each composite, and
        ``mean_over_days`` of each plant with three days or more that all have an estimate. Flags:
        ``agree``, ``disagree`` or ``not_testable``; ``below_limit``: a bound.

    Raises
    ------
    SchemaError
        If concentration, flow or population are missing.
    UsageError
        If the samples lack a residue, none is sewage, or `disagreement` is unknown.

    Notes
    -----
    For residue r of day t, with one unknown E_r for all days::

        y_rt = ln(1000 C_rt Q_t / P  MR_r / E_r)        mu_t = sum_r w_r y_rt
        average = mean_t exp(mu_t),  variance = shared errors + between days / n

    The paper fits a Bayesian model by Markov chains; this weighs by generalised least squares and
    adds the variation between days by Student's t. Its priors were not read: benzoylecgonine is
    the row of Castiglioni 2013, norbenzoylecgonine is recalled.

    References
    ----------
    Jones 2014, 10.1016/j.scitotenv.2014.02.101

    Examples
    --------
    >>> from wbe.recipes import published
    >>> day = published.samples_of(
    ...     {"benzoylecgonine": [500.0], "norbenzoylecgonine": [32.0]}, flow=50_000,
    ...     population=200_000, date=["2024-03-12"], site="A", population_basis="served",
    ... )
    >>> both = published.jones_2014(day, disagreement="shown")
    >>> both[["value", "flags"]].round(0).values.tolist()
    [[447.0, 'agree']]
    """
    chosen = load_set(JONES.factor_set)
    result = estimate(sewage(samples), chosen, draws, seed)
    found = [
        backcalc.evidence_of_samples(result, factor_id, quantity="pn_mass_load")  # y_rt
        for factor_id in chosen.rows.index
    ]
    joint = backcalc.joint_consumption(found, disagreement=disagreement)  # mu_t
    bound = joint.status == "bound"
    about = {
        "analyte": ";".join(joint.residues), "drug": found[0].factor.drug,
        "quantity": "pn_consumption", "factor_ids": ";".join(joint.factor_ids),
    }  # fmt: skip
    flags = np.where(bound, "below_limit", np.char.replace(joint.agreement, " ", "_"))
    days = day_rows(result, about, joint.value, joint.lower, joint.upper, flags)
    average = mean_over_days(JONES, result, joint.product, joint.value, bound, about)
    return sheet(JONES, [days, from_means(average)])
