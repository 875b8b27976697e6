"""Several residues of one drug in the samples of a finished campaign, as one estimate each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import xarray as xr

from wbe.backcalc import evidence_of_samples, joint_consumption, rows
from wbe.backcalc.residues import UNKNOWN, DisagreementRule
from wbe.recipes.estimation import UNITS

if TYPE_CHECKING:
    import pandas as pd


def joint_residues(
    result: xr.Dataset,
    factor_ids: Sequence[str],
    *,
    quantity: Literal["mass_load", "pn_mass_load"],
    disagreement: DisagreementRule,
    net_of: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Return the consumption of a drug by all its residues, sample by sample.

    Parameters
    ----------
    result : Dataset
        From `wbe.estimate`, or the ``estimates.nc`` of a run.
    factor_ids : sequence of str
        A row of the factor table for each residue, as in `wbe.backcalc.evidence`.
    quantity : str
        Load that consumption is made from: ``mass_load`` or ``pn_mass_load``.
    disagreement : str
        ``shown`` or ``widened``, see `wbe.backcalc.joint_consumption`; no default.
    net_of : mapping of str to str, optional
        Factor id -> what was subtracted from its loads before; rows for net loads need it.

    Returns
    -------
    DataFrame
        A row a sample in which a residue was looked for: ``sample_id, site, round, drug, unit`` and
        the columns of `wbe.backcalc.residues.JointConsumption.to_frame`. ``attrs``: ``factor_ids``,
        ``convention`` and ``cautions``.

    Raises
    ------
    MissingFactorError
        If the table has no such row.
    UsageError
        If the samples do not hold a residue, rows are of several drugs, or an option is unknown.

    Notes
    -----
    See `wbe.backcalc.joint_consumption`. Sites are for internal use.

    References
    ----------
    Jones 2014, 10.1016/j.scitotenv.2014.02.101

    Examples
    --------
    >>> import wbe
    >>> samples = wbe.read("data/samples/example-county/lab/2018Q1_plants_synthetic.csv")
    >>> result = wbe.estimate(samples, draws=1000)
    >>> rows = ["cocaine|BE|Castiglioni2013", "cocaine|COC|Zuccato2008"]
    >>> table = wbe.recipes.joint_residues(
    ...     result, rows, quantity="pn_mass_load", disagreement="shown"
    ... )
    >>> table["status"].value_counts().to_dict()
    {'bound': 13}
    """
    import pandas as pd

    net = net_of or {}
    found = [
        evidence_of_samples(result, one, quantity=quantity, net_of=net.get(one, ""))
        for one in factor_ids
    ]
    joint = joint_consumption(found, disagreement=disagreement)
    s = rows.extract(result)
    about = {"sample_id": s.sample, "site": s.site, "round": s.round}
    kind = {"drug": found[0].factor.drug, "unit": UNITS[quantity]}
    table = pd.concat([pd.DataFrame(about).assign(**kind), joint.to_frame()], axis=1)
    table = table[table["status"] != UNKNOWN].reset_index(drop=True)
    table.attrs.update(
        factor_ids=list(joint.factor_ids),
        convention=joint.convention,
        cautions=list(joint.cautions),
    )
    return table


__all__ = ["joint_residues"]
