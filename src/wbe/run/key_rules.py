"""What the keys of a campaign.toml say together: breaks, scheme, labels, floor, index, audience."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from wbe.run.keys import INDEX, STATED, percentiles_problem, wrong
from wbe.run.problems import Problem


def together(
    values: Mapping[str, Any], known: set[str], lines: Mapping[str, int]
) -> Iterable[Problem]:
    """Return what single keys cannot tell: breaks against scheme, labels and floor; audience.

    Parameters
    ----------
    values : mapping of str to object
        Every key with its value.
    known : set of str
        Keys whose values are wrong themselves.
    lines : mapping of str to int
        Line of each key.
    """

    def problem(key: str, said: str, /, **values: object) -> Problem:
        line = lines.get(key, lines.get(key.partition(".")[0]))
        return Problem(key, line, *wrong(said, **values))

    breaks, labels, floor = (values[f"tiers.{k}"] for k in ("breaks", "labels", "floor"))
    scheme = values["tiers.scheme"]
    if breaks is None and scheme in STATED and "tiers.breaks" not in known:
        yield problem("tiers.scheme", "scheme.breaks", scheme=repr(scheme))
    if breaks is not None and scheme not in (None, *STATED) and "tiers.scheme" not in known:
        yield problem("tiers.breaks", "breaks.computed", scheme=repr(scheme))
    if (scheme == "percentile") != (values["tiers.reference"] is not None):
        yield problem("tiers.reference", "reference.scheme")
    if breaks and scheme == "percentile" and (verdict := percentiles_problem(breaks)):
        yield Problem("tiers.breaks", lines.get("tiers.breaks"), *verdict)
    if breaks is not None and "tiers.labels" not in known and len(labels) != len(breaks) + 1:
        counts = {"labels": len(labels), "breaks": len(breaks), "needed": len(breaks) + 1}
        yield problem("tiers.labels", "labels.count", **counts)
    if breaks and floor and scheme != "percentile" and floor >= breaks[0]:
        yield problem("tiers.floor", "floor.breaks", floor=repr(floor), least=repr(breaks[0]))
    if values["privacy.audience"] == "internal":
        for key in ("privacy.purpose", "privacy.approval"):
            if not values[key] and key not in known:
                yield problem(key, "internal", key=key.partition(".")[2])


def index_problems(
    values: Mapping[str, Any], doses: Mapping[str, Any], known: set[str], lines: Mapping[str, int]
) -> Iterable[Problem]:
    """Return what drug, quantity, scheme and doses of an index must say together.

    Parameters
    ----------
    values, known, lines
        As of `together`.
    doses : mapping of str to object
        Doses of the index by drug.
    """
    is_index = [values[key] == INDEX for key in ("tiers.drug", "tiers.quantity")]

    def problem(key: str, said: str) -> Problem:
        return Problem(key, lines.get(key, lines.get("tiers")), *wrong(said))

    if is_index[0] != is_index[1] and not {"tiers.drug", "tiers.quantity"} & known:
        yield problem("tiers.quantity", "index.both")
    if all(is_index) and not doses:
        yield problem("tiers.drug", "index.doses")
    if all(is_index) and values["tiers.scheme"] == "model":
        yield problem("tiers.scheme", "index.model")
