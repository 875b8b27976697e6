"""Probabilities of source classes: consumption, disposal, manufacture, legacy, unresolved.

The combination is this package's own and unpublished. It gives hints for a town or a catchment,
with other explanations named; it is no evidence about any person, household or enterprise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from wbe.backcalc.sources.tables import (
    CLASSES,
    Likelihood,
    Prior,
    Rule,
    likelihoods,
    priors,
    rules,
    wordings,
)
from wbe.emerging.source_evidence import (
    LEVEL,
    Background,
    Evidence,
    log_likelihoods,
    outlying,
    require_backgrounds,
)
from wbe.errors import UsageError
from wbe.options import require_choice

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Strings = NDArray[np.str_]

FLAGGED: Final = 0.95
"""Posterior probability from which an outlying level is flagged."""

PRECURSORS: Final = ("EPH/METH", "EPH level")
"""Features that weigh only where the drug itself is above its background: one of them at most."""

DISCLAIMER: Final = (
    "a hint about a town or catchment and no accusation: not evidence about any person, household "
    "or enterprise; the alternatives remain possible"
)
DISCLAIMER_ZH: Final = (
    "仅为对镇或集水区的提示，不构成指控：不是针对任何个人、家庭或企业的证据；其他解释仍然可能"
)
BOUND: Final = "a bound: a residue is below its limit"
NOT_ELEVATED: Final = "no weight: the drug itself is not above its background (cold medicine)"
FEW: Final = "no weight: too few values, or all alike, to know the background"
NOT_MEASURED: Final = "not measured"


@dataclass(frozen=True)
class SourceClasses:
    """Posterior probabilities of the source classes, with everything they were made from.

    Attributes
    ----------
    drug : str
    labels : tuple of str
        Towns or catchments, never sampling points of their own.
    probability : ndarray (area, class) [1]
        In the order of `classes`; rows sum to 1.
    classes : tuple of str
    most_probable : ndarray (area,) of str
    outlying : ndarray (area,) of bool
        Whether the level lies above the background by more than 3 MAD; False where not given.
    flag : ndarray (area,) of str
        A class of at least 0.95 at an outlying level, or ``disposal or manufacture`` where the
        two together reach it; else empty.
    likelihood_ratios : dict of str to ndarray (area, class)
        Against consumption, by feature; 1 where a feature has no weight.
    no_weight : dict of str to ndarray (area,) of str
        Why a feature has no weight; empty where it has.
    prior : tuple of Prior
    likelihoods : tuple of Likelihood
        The lines that were used.
    backgrounds : dict of str to Background
    rules : tuple of Rule
        The rules about the drug.
    """

    drug: str
    labels: tuple[str, ...]
    probability: Floats
    classes: tuple[str, ...]
    most_probable: Strings
    outlying: Flags
    flag: Strings
    likelihood_ratios: dict[str, Floats]
    no_weight: dict[str, Strings]
    prior: tuple[Prior, ...]
    likelihoods: tuple[Likelihood, ...]
    backgrounds: dict[str, Background]
    rules: tuple[Rule, ...]

    def of(self, source_class: str) -> Floats:
        """Return the probability of one class, shape (area,)."""
        return np.asarray(self.probability[:, self.classes.index(source_class)])

    def to_frame(self, audience: Literal["internal", "public"]) -> pd.DataFrame:
        """Return a row an area; for the public the areas alone, without any class.

        Raises
        ------
        UsageError
            If the audience is unknown.
        """
        import pandas as pd

        _require_audience(audience)
        table = pd.DataFrame({"area": list(self.labels)})
        if audience == "public":
            return table
        for k, name in enumerate(self.classes):
            table[f"p_{name}"] = self.probability[:, k]
        said = [wordings()[c] for c in self.most_probable.tolist()]
        table["most_probable"] = self.most_probable
        table["wording"] = [w.wording for w in said]
        table["alternatives"] = [w.alternatives for w in said]
        table["wording_zh"] = [w.wording_zh for w in said]
        table["alternatives_zh"] = [w.alternatives_zh for w in said]
        table["flag"] = self.flag
        table["note"] = DISCLAIMER
        table["note_zh"] = DISCLAIMER_ZH
        return table

    def evidence_frame(self, audience: Literal["internal", "public"]) -> pd.DataFrame:
        """Return the likelihood ratios, priors and sources behind the probabilities.

        Returns
        -------
        DataFrame
            ``area, feature, source_class, value, reason, source, verified``: `value` is the prior
            of the class (feature ``prior``, area empty) or the likelihood ratio against
            consumption.

        Raises
        ------
        UsageError
            If the audience is unknown.
        """
        import pandas as pd

        _require_audience(audience)
        columns = ["area", "feature", "source_class", "value", "reason", "source", "verified"]
        if audience == "public":
            return pd.DataFrame(columns=columns)
        records: list[tuple[object, ...]] = [
            ("", "prior", p.source_class, p.probability, p.prior, p.source, p.verified)
            for p in self.prior
        ]
        cited = {(row.feature, row.source_class): row for row in self.likelihoods}
        for feature, ratios in self.likelihood_ratios.items():
            why = self.no_weight[feature]
            for i, area in enumerate(self.labels):
                for k, name in enumerate(self.classes):
                    row = cited.get((feature, name))
                    said = (row.source, row.verified) if row else ("", "")
                    records.append((area, feature, name, ratios[i, k], why[i], *said))
        return pd.DataFrame(records, columns=columns)


def classify_sources(
    drug: str,
    labels: Sequence[str],
    evidence: Sequence[Evidence],
    *,
    prior: str,
    backgrounds: Mapping[str, Background],
    table: Sequence[Likelihood] | None = None,
) -> SourceClasses:
    """Return how probable each source class is for each area.

    Parameters
    ----------
    drug : str
        Name of the drug.
    labels : sequence of str
        Areas: towns or catchments.
    evidence : sequence of Evidence
        Features of all areas; what was not measured is NaN.
    prior : str
        ``routine`` for sites that represent their town, ``purposive`` for former production sites
        and key areas, ``even`` to see what the data say alone. There is no default.
    backgrounds : mapping of str to Background
        Of features that have no published cut-off (``level``, ``EPH level``, ``EPH/METH``).
    table : sequence of Likelihood or None
        None: the table of the package.

    Returns
    -------
    SourceClasses

    Raises
    ------
    UsageError
        If a feature is unknown for the drug, a background is missing, or the drug is
        methcathinone, which forms in the sewer: subtract that first.

    Notes
    -----
    P(class | data) is proportional to the prior times the product of the likelihoods of the
    features, taken as independent given the class. A likelihood is a (log)normal density from the
    table, widened by the standard error of the feature and by what is not known of its
    background. ``unresolved`` is wide: what fits no pattern ends there.

    Without weight, by rule: enantiomers of amphetamine and methamphetamine, the ratio of ketamine
    to norketamine, a ratio whose residue is below its limit, and ephedrine where
    methamphetamine is not above its background.

    A level is outlying above median + 3 MAD of its background (logarithms), and only an outlying
    level with a probability of 0.95 is flagged.

    The combination is not published. Rules and ranges: Emke 2014, Du 2020, Wu 2021.

    References
    ----------
    Emke 2014, 10.1016/j.scitotenv.2013.11.043; Du 2020, 10.1016/j.envint.2020.105645;
    Wu 2021, 10.1016/j.scitotenv.2021.149058

    Examples
    --------
    >>> from wbe.emerging.source_evidence import Evidence
    >>> found = classify_sources(
    ...     "MDMA", ["town 1", "town 2"], [Evidence.of("MDMA EF", [0.511, 0.666])],
    ...     prior="routine", backgrounds={},
    ... )
    >>> found.to_frame("internal")["most_probable"].tolist()
    ['disposal', 'consumption']
    """
    _require(drug, labels, evidence)
    lines = _lines(drug, evidence, likelihoods() if table is None else table)
    require_backgrounds({f: rows for f, rows in lines.items() if rows}, backgrounds)
    given = {item.feature: item for item in evidence}
    far = np.zeros(len(labels), dtype=bool)
    if LEVEL in given:
        far = outlying(given[LEVEL], backgrounds[LEVEL])
    why = {f: _without_weight(item, lines[f], backgrounds.get(f), far) for f, item in given.items()}
    weights = {f: _weighed(item, lines[f], backgrounds.get(f), why[f]) for f, item in given.items()}
    before = priors(prior)
    total = np.log([p.probability for p in before]) + sum(weights.values(), np.zeros(1))
    total = np.broadcast_to(total, (len(labels), len(CLASSES)))
    probability = np.exp(total - logsumexp(total, axis=1, keepdims=True))
    return SourceClasses(
        drug=drug,
        labels=tuple(labels),
        probability=probability,
        classes=CLASSES,
        most_probable=np.asarray(CLASSES)[np.argmax(probability, axis=1)],
        outlying=far,
        flag=_flags(probability, far),
        likelihood_ratios={f: np.exp(w - w[:, :1]) for f, w in weights.items()},
        no_weight=why,
        prior=before,
        likelihoods=tuple(row for rows in lines.values() for row in rows),
        backgrounds=dict(backgrounds),
        rules=tuple(rule for rule in rules() if rule.drug in (drug, "any")),
    )


def _require(drug: str, labels: Sequence[str], evidence: Sequence[Evidence]) -> None:
    if drug == "methcathinone":
        raise UsageError(
            "methcathinone forms in the sewer from ephedrine and pseudoephedrine: subtract what "
            "they explain first (backcalc.beyond_transformation)"
        )
    names = [item.feature for item in evidence]
    if not names or len(set(names)) < len(names):
        raise UsageError("give at least one feature, and each once")
    if set(PRECURSORS) <= set(names):
        raise UsageError(f"{' and '.join(PRECURSORS)} are the same evidence: give one of them")
    if any(len(item.value) != len(labels) for item in evidence):
        raise UsageError("every feature needs one value an area, NaN where not measured")


def _lines(
    drug: str, evidence: Sequence[Evidence], table: Sequence[Likelihood]
) -> dict[str, list[Likelihood]]:
    """Return the lines of every feature given; none for one that a rule leaves without weight."""
    ruled = _ruled_out(drug)
    found = {}
    for item in evidence:
        rows = [r for r in table if r.feature == item.feature and r.drug in (drug, "any")]
        if not rows and item.feature not in ruled:
            known = sorted({r.feature for r in table if r.drug in (drug, "any")} | set(ruled))
            raise UsageError(
                f"{item.feature!r} is no feature of {drug}; there are {', '.join(known)}"
            )
        found[item.feature] = [] if item.feature in ruled else rows
    return found


def _ruled_out(drug: str) -> dict[str, Rule]:
    return {r.feature: r for r in rules() if r.drug == drug and r.effect == "no weight"}


def _without_weight(
    item: Evidence, rows: Sequence[Likelihood], background: Background | None, far: Flags
) -> Strings:
    """Return why a feature has no weight, by area; empty where it has."""
    why = np.full(len(item.value), "", dtype="U200")
    if not rows:
        why[:] = next(
            f"no weight: {r.reason}"
            for r in rules()
            if r.feature == item.feature and r.effect == "no weight"
        )
        return why
    if rows[0].kind == "background" and background is not None and not background.usable:
        why[:] = FEW
    if item.feature in PRECURSORS:
        why[~far & (why == "")] = NOT_ELEVATED
    why[item.below] = BOUND
    why[np.isnan(item.value)] = NOT_MEASURED
    return why


def _weighed(
    item: Evidence, rows: Sequence[Likelihood], background: Background | None, why: Strings
) -> Floats:
    """Return the log-likelihoods, 0 for every class where the feature has no weight."""
    out = np.zeros((len(item.value), len(CLASSES)))
    counts = why == ""
    if counts.any():
        part = Evidence(item.feature, item.value[counts], item.sd[counts], item.below[counts])
        out[counts] = log_likelihoods(part, rows, background)
    return out


def _flags(probability: Floats, far: Flags) -> Strings:
    at = {name: k for k, name in enumerate(CLASSES)}
    either = probability[:, at["disposal"]] + probability[:, at["manufacture"]]
    flag = np.where(either >= FLAGGED, "disposal or manufacture", "").astype("U32")
    for name in ("disposal", "manufacture", "legacy"):
        flag[probability[:, at[name]] >= FLAGGED] = name
    return np.where(far, flag, "")


def _require_audience(audience: str) -> None:
    require_choice("audience", audience, ("internal", "public"))
