"""Independent inputs of a model: variables, or levels of them; what is correlated is one input."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from wbe.uncertainty.joint import require_inputs
from wbe.uncertainty.product import Function, Joint, Mean, Model
from wbe.uncertainty.streams import Correlation

BELOW = {"below_limit": "sample", "below_limit_fit": "global"}
"""Variables of values below a limit, and the levels that they are at."""


def of_model(model: Model, by: str) -> tuple[dict[str, frozenset[str]], tuple[Correlation, ...]]:
    """Return the inputs of a model and its correlations.

    Parameters
    ----------
    model : Product, Mean, Joint or Function
    by : str
        ``name``: an input is a variable; ``level``: all variables of a level.

    Returns
    -------
    dict of str to frozenset of str, tuple of Correlation
    """
    if isinstance(model, Function):
        require_inputs(model)
        plain = {name: [name] for name in model.inputs}
        return inputs_of(plain, model.correlations), model.correlations
    inner = model.of if isinstance(model, Joint) else model
    product = inner.of if isinstance(inner, Mean) else inner
    levels: dict[str, set[str]] = {}
    for term in product.terms:
        if term.size.any():
            levels.setdefault(term.name, set()).add(term.level)
    if product.below is not None:
        levels |= {name: {level} for name, level in BELOW.items()}
    counted = levels if by == "level" else {name: {name} for name in levels}
    used = tuple(c for c in product.correlations if c.a in levels and c.b in levels)
    return inputs_of(counted, used), product.correlations


def inputs_of(
    variables: Mapping[str, Collection[str]], correlations: Iterable[Correlation] = ()
) -> dict[str, frozenset[str]]:
    """Return independent inputs: what is correlated, or at two levels at once, is one input.

    Parameters
    ----------
    variables : mapping of str to collection of str
        Variable -> what it is counted under: its own name, or its levels.
    correlations : iterable of Correlation

    Returns
    -------
    dict of str to frozenset of str
        Input -> its variables, sorted.

    Examples
    --------
    >>> inputs_of({"flow": ["flow"], "dose": ["dose"], "people": ["people"]},
    ...           [Correlation("people", "flow", 0.5)]).keys()
    dict_keys(['dose', 'flow + people'])
    """
    pairs = [{c.a, c.b} for c in correlations if c.rho]
    clusters: list[tuple[set[str], set[str]]] = []
    for name in sorted(variables):
        members, keys = {name}, set(variables[name])
        apart = []
        for others, held in clusters:
            tied = bool(held & keys) or any(p & members and p & others for p in pairs)
            if tied:
                members, keys = members | others, keys | held
            else:
                apart.append((others, held))
        clusters = [*apart, (members, keys)]
    return {
        " + ".join(sorted(keys)): frozenset(members)
        for members, keys in sorted(clusters, key=lambda c: sorted(c[1]))
    }
