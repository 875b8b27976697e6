"""A laboratory's bias, from interlaboratory rounds into the error model of its results.

By default a known bias widens the interval of everything the laboratory measured, by one unknown
that all its results of a drug share. Dividing results by it is a decision, taken once, on request.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from wbe import schema
from wbe.errors import UsageError
from wbe.uncertainty import Component, ErrorModel, few_degrees

if TYPE_CHECKING:
    import pandas as pd

COMPONENT: Final = "analysis_bias"
MARK: Final = "lab_bias_correction"
"""Attribute of samples that were divided by a bias; a second time is refused."""
APPLIED: Final = "lab_bias_applied"
FEWEST: Final = 3
"""Results from which a bias is estimated."""


@dataclass(frozen=True)
class LabBias:
    """How far a laboratory lies from assigned values; all on the scale of natural logarithms.

    Attributes
    ----------
    lab, analyte : str
    n : int
        Results with an assigned value: rounds, or materials of them.
    bias : float
        Mean of ln(result / assigned) [1]; 0.1 is 10 % too much.
    spread : float
        Standard deviation of these between rounds [1].
    u_reference : float
        Relative standard uncertainty of the assigned values, their root mean square [1].
    n_below : int
        Results below a limit, which are left out.
    testable : bool
        False with fewer than 3 results; the numbers are then NaN.
    reason : str
    """

    lab: str
    analyte: str
    n: int
    bias: float
    spread: float
    u_reference: float
    n_below: int = 0
    testable: bool = True
    reason: str = ""

    @property
    def ratio(self) -> float:
        """Result over true value, exp(bias) [1]."""
        return math.exp(self.bias)

    @property
    def u(self) -> float:
        """Standard uncertainty of `bias` [1]: sqrt(spread^2 / n + u_reference^2)."""
        return math.hypot(self.spread / math.sqrt(self.n), self.u_reference)

    @property
    def shows(self) -> bool:
        """Whether the bias is more than twice its uncertainty."""
        return abs(self.bias) > 2 * self.u

    def log_sd(self, corrected: bool = False) -> float:
        """Return the size of the error that all results of the laboratory share [1].

        Parameters
        ----------
        corrected : bool
            Whether the results were divided by `ratio`.

        Notes
        -----
        Not corrected: sqrt(bias^2 + k^2 spread^2 (n - 1) / n + u_ref^2), which for many rounds
        (k = 1) is the root mean square of ln(result / assigned), as in Nordtest TR 537.
        Corrected: sqrt(k^2 spread^2 (1 + 1 / n) + u_ref^2), what one more round would show. k =
        t_(0.975, n - 1) / 1.96, so that a 95 % interval holds although few rounds tell the spread.
        Repeatability within the rounds is part of both, which is cautious.

        References
        ----------
        Nordtest TR 537 (edition 4, 2017), clause 6
        """
        few = few_degrees(self.n - 1)
        if corrected:
            scatter = few * self.spread * math.sqrt(1 + 1 / self.n)
            return math.hypot(scatter, self.u_reference)
        scatter = few * self.spread * math.sqrt((self.n - 1) / self.n)
        return math.hypot(self.bias, scatter, self.u_reference)


def estimate_lab_bias(
    results: ArrayLike, assigned: ArrayLike, u_assigned: ArrayLike, *, lab: str, analyte: str
) -> LabBias:
    """Return the bias of a laboratory from its results on materials with assigned values.

    Parameters
    ----------
    results : array_like (material,) [any one unit]
        Above 0; several rounds.
    assigned, u_assigned : array_like (material,) [the same unit]
        Assigned values, above 0, and their standard uncertainties. Best of references; a
        consensus in which the laboratory took part hides 1 / n of its bias.
    lab, analyte : str

    Returns
    -------
    LabBias
        Not testable with fewer than 3 results.

    Raises
    ------
    UsageError
        If lengths differ, or a number is not finite and positive.

    Notes
    -----
    d_r = ln(x_r / x_pt,r); bias = mean d, spread = sd of d (n - 1), u_ref^2 = mean of
    (u(x_pt,r) / x_pt,r)^2. The last is not divided by n: assigned values of one exercise share
    their makers.

    References
    ----------
    Nordtest TR 537 (edition 4, 2017), clause 6

    Examples
    --------
    >>> found = estimate_lab_bias([118.0, 61.0, 236.0], [100.0, 50.0, 200.0], [2.0, 1.0, 4.0],
    ...                           lab="L01", analyte="benzoylecgonine")
    >>> round(found.ratio, 3), round(found.u, 3), found.shows
    (1.193, 0.023, True)
    """
    x, value, u = (np.asarray(v, dtype=float).ravel() for v in (results, assigned, u_assigned))
    if not len(x) == len(value) == len(u):
        raise UsageError("give one assigned value with its uncertainty for each result")
    known = np.isfinite(x) & np.isfinite(value) & np.isfinite(u)
    if not (known & (x > 0) & (value > 0) & (u >= 0)).all():
        raise UsageError("results and assigned values are finite and above 0, uncertainties >= 0")
    if len(x) < FEWEST:
        why = f"{len(x)} results with an assigned value; a bias needs {FEWEST}"
        nan = math.nan
        return LabBias(lab, analyte, len(x), nan, nan, nan, testable=False, reason=why)
    d = np.log(x / value)
    reference = math.sqrt(float(((u / value) ** 2).mean()))
    return LabBias(lab, analyte, len(x), float(d.mean()), float(d.std(ddof=1)), reference)


def lab_biases(table: pd.DataFrame) -> list[LabBias]:
    """Return the bias of every laboratory and analyte of a table of scores.

    Parameters
    ----------
    table : DataFrame
        From `wbe.qc.score_table`: its laboratories are codes.

    Returns
    -------
    list of LabBias
        Sorted by laboratory and analyte. Results below a limit, and those without an assigned
        value, are left out; `n_below` counts the former.

    Raises
    ------
    UsageError
        If the table is none of scores.

    Examples
    --------
    >>> import pandas as pd
    >>> from wbe import qc
    >>> results = pd.DataFrame(
    ...     {"round": sorted([1, 2, 3, 4] * 5), "analyte": "MDMA", "lab": list("abcde") * 4,
    ...      "value": [95, 98, 101, 104, 150, 91, 99, 100, 107, 144,
    ...                97, 96, 103, 105, 139, 94, 101, 99, 102, 155]}
    ... )
    >>> codes = qc.code_labs("abcde", seed=1)
    >>> table = qc.score_table(results, target=qc.Target("relative", 0.2), codes=codes)
    >>> [(round(b.ratio, 2), b.shows) for b in qc.lab_biases(table) if b.lab == codes["e"]]
    [(1.4, True)]
    """
    found = []
    for (lab, analyte), rows in table.groupby(["lab", "analyte"], sort=True):
        known = rows[(rows["low"] == rows["high"]) & (rows["high"] > 0) & rows["assigned"].notna()]
        one = estimate_lab_bias(known["high"], known["assigned"], known["u_assigned"],
                       lab=str(lab), analyte=str(analyte))  # fmt: skip
        found.append(replace(one, n_below=int((rows["low"] < rows["high"]).sum())))
    return found


def bias_component(
    biases: LabBias | Sequence[LabBias], *, source: str, corrected: bool = False
) -> Component:
    """Return the row of the error model for one analyte.

    Parameters
    ----------
    biases : LabBias or sequence of LabBias
        Of the laboratory that measured the campaign; of all of them where several did. The row
        names no laboratory, since the error model is published: several make it their root mean
        square, and each keeps an unknown of its own.
    source : str
        Which exercise: printed with the row.
    corrected : bool
        Whether the results were corrected for the bias by `correct_lab_bias`.

    Returns
    -------
    Component
        ``analysis_bias`` at level ``lab``, ``when`` the analyte, lognormal with the `log_sd` of
        the bias. It takes the place of the general row; it is not added to it.

    Raises
    ------
    UsageError
        Without a bias, if the biases are of several analytes, or one is not testable.

    Examples
    --------
    >>> row = bias_component(LabBias("L01", "cotinine", 6, 0.2, 0.05, 0.02), source="round 3")
    >>> row.level, row.when, round(row.spread, 4)
    ('lab', 'analyte=cotinine', 0.2097)
    """
    several = [biases] if isinstance(biases, LabBias) else list(biases)
    if len({b.analyte for b in several}) != 1:
        raise UsageError("a row is about one analyte; give the biases of one")
    if lost := [b for b in several if not b.testable]:
        raise UsageError(f"the bias of {lost[0].lab} is not known: {lost[0].reason}")
    size = math.sqrt(float(np.mean([b.log_sd(corrected) ** 2 for b in several])))
    rounds = ", ".join(str(b.n) for b in several)
    how = "results divided by the known bias" if corrected else "known bias not corrected"
    note = f"from {rounds} interlaboratory results; {how}; shared by all results of a laboratory"
    return Component(
        COMPONENT, "lab", "concentration", f"analyte={several[0].analyte}", "lognormal", "log_sd",
        size, source, "computed", note,
    )  # fmt: skip


def with_lab_bias(
    model: ErrorModel,
    biases: Iterable[LabBias],
    *,
    source: str,
    corrected: bool = False,
) -> ErrorModel:
    """Return an error model in which the laboratory's own bias stands for the general one.

    Parameters
    ----------
    model : ErrorModel
        Such as `wbe.uncertainty.default_model`.
    biases : iterable of LabBias
        From `lab_biases`, of the laboratories that measured the campaign. Analytes without a
        testable one keep the general row.
    source : str
        Which exercise.
    corrected : bool
        Whether the results were corrected by `correct_lab_bias`.

    Returns
    -------
    ErrorModel
        With a row for each analyte before the general one; a row that was there for it is
        replaced.

    Raises
    ------
    UsageError
        If no bias is testable.

    Examples
    --------
    >>> from wbe.uncertainty import default_model
    >>> own = LabBias("L01", "cotinine", 6, 0.2, 0.05, 0.02)
    >>> model = with_lab_bias(default_model(), [own], source="synthetic round 3")
    >>> round(model.spread("analysis_bias", {"analyte": "cotinine"}), 4)
    0.2097
    """
    by: dict[str, list[LabBias]] = {}
    for bias in biases:
        if bias.testable:
            by.setdefault(bias.analyte, []).append(bias)
    if not by:
        raise UsageError("no bias is known well enough; see their reasons")
    made = [bias_component(by[a], source=source, corrected=corrected) for a in sorted(by)]
    new = {row.when for row in made}
    kept = [c for c in model.components if not (c.component == COMPONENT and c.when in new)]
    at = next((i for i, c in enumerate(kept) if c.component == COMPONENT), len(kept))
    return replace(model, components=(*kept[:at], *made, *kept[at:]))


def correct_lab_bias(samples: xr.Dataset, biases: Iterable[LabBias]) -> xr.Dataset:
    """Divide the results of laboratories by their known bias. Done only on request, and once.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
        With the coordinate ``lab``, whose names are those of the biases.
    biases : iterable of LabBias
        Those to correct. Worth it where a bias `shows` in several rounds and its cause is known to
        stay.

    Returns
    -------
    Dataset (sample, analyte)
        Values and their limits divided in one operation; ``lab_bias_applied`` [1] says by what,
        NaN where nothing was done; ``attrs["lab_bias_correction"]`` keeps the biases, without the
        laboratories' names. The error that remains is that of `with_lab_bias` with
        ``corrected=True``.

    Raises
    ------
    UsageError
        If these samples were corrected before, a bias is not testable or given twice, or no result
        is of these laboratories and analytes.

    Notes
    -----
    C' = C / exp(bias), LOD' and LOQ' alike. JCGM 100:2008, 3.2.4 asks for the correction of known
    systematic effects; a bias found in few rounds by consensus is seldom known well enough.

    Examples
    --------
    >>> import pandas as pd
    >>> import wbe
    >>> scores = pd.DataFrame(
    ...     {"round": sorted([1, 2, 3, 4] * 5), "analyte": "MDMA", "lab": list("abcde") * 4,
    ...      "value": [95.0, 98.0, 101.0, 104.0, 150.0] * 4}
    ... )
    >>> target, codes = wbe.qc.Target("relative", 0.2), {lab: f"lab {lab}" for lab in "abcde"}
    >>> biases = wbe.qc.lab_biases(wbe.qc.score_table(scores, target=target, codes=codes))
    >>> about = pd.DataFrame({"site": ["A"], "lab": ["lab e"]}, index=["s1"])
    >>> found = pd.DataFrame(
    ...     {"sample": ["s1"], "analyte": "MDMA", "status": "quantified", "concentration": 150.0}
    ... )
    >>> samples = wbe.schema.assemble(about, found)
    >>> corrected = wbe.qc.correct_lab_bias(samples, [b for b in biases if b.lab == "lab e"])
    >>> corrected["concentration"].round(0).values.tolist()
    [[104.0]]
    """
    if MARK in samples.attrs:
        raise UsageError("these samples were corrected for the laboratory's bias already")
    by = np.full(samples["status"].shape, np.nan)
    labs = samples["lab"].values.astype(str) if "lab" in samples.coords else np.array([])
    analytes = samples["analyte"].values.astype(str)
    used = list(biases)
    for bias in used:
        if not bias.testable:
            raise UsageError(f"the bias of {bias.lab} is not known: {bias.reason}")
        cells = np.outer(labs == bias.lab, analytes == bias.analyte)
        if not cells.any():
            raise UsageError(f"no result of {bias.analyte} by laboratory {bias.lab!r}")
        if np.isfinite(by[cells]).any():
            raise UsageError(f"two biases are given for {bias.analyte} by {bias.lab!r}")
        by[cells] = bias.ratio
    new: dict[str, Any] = {APPLIED: (("sample", "analyte"), by, {"units": "1"})}
    for quantity in schema.QUANTITIES:
        for name in (quantity, *schema.limits_of(quantity)):
            if name in samples:
                values = samples[name].values / np.where(np.isnan(by), 1.0, by)
                new[name] = (("sample", "analyte"), values, samples[name].attrs)
    said = [{k: v for k, v in asdict(b).items() if k != "lab"} for b in used]
    return samples.assign(new).assign_attrs({MARK: said})
