"""What is written on maps and pages: cleaned names, rounded numbers, classes in words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from wbe import names
from wbe.errors import UsageError
from wbe.plot.lines import clean as clean
from wbe.plot.lines import width as width
from wbe.plot.lines import wrap as wrap

if TYPE_CHECKING:
    import pandas as pd

INSUFFICIENT, SUPPRESSED, UNCLASSIFIED = "insufficient_data", "suppressed", "unclassified"
BELOW_LIMIT, NO_DATA = "below_limit", "no_data"
NOT_ELEVATED, NOT_DISTINGUISHABLE = "not_elevated", "not_distinguishable"
WITHOUT_TIER = (
    NOT_DISTINGUISHABLE, BELOW_LIMIT, INSUFFICIENT, NO_DATA, UNCLASSIFIED, SUPPRESSED,
)  # fmt: skip
# Classes of which no number is shown.
WITHOUT_VALUE = (INSUFFICIENT, NO_DATA, SUPPRESSED)
# Classes without a tier, each with the flags that say so, in the order in which they count.
REASONS = (
    (NOT_DISTINGUISHABLE, (NOT_DISTINGUISHABLE,)),
    (INSUFFICIENT, (INSUFFICIENT, "limit_unknown", "population_missing")),
    (NO_DATA, (NO_DATA,)),
    (BELOW_LIMIT, ("bounds_only",)),
)


class TierClass(NamedTuple):
    """One entry of a legend: a tier, or a reason for having none."""

    id: str
    name: str
    span: str

    def text(self, language: str) -> str:
        """Return name and range, ``Severe: > 60``."""
        if not self.span:
            return self.name
        return names.text("class.with_span", language, name=self.name, span=self.span)


def number(value: object, digits: int = 3, *, pad: bool = True) -> str:
    """Return a number at `digits` significant figures, never with an exponent.

    Parameters
    ----------
    value : float
        NaN and None give an empty text.
    digits : int
        Significant figures.
    pad : bool
        Keep trailing zeros (``20.0``), as for an estimate; without, ``20``, as for a limit.

    Examples
    --------
    >>> number(1234.5), number(20), number(20, pad=False), number(0.000123456)
    ('1230', '20.0', '20', '0.000123')
    """
    if value is None or value != value or value == "":
        return ""
    size = float(str(value))
    if math.isinf(size):
        return "∞" if size > 0 else "-∞"
    rounded = float(f"{size:.{digits - 1}e}")
    whole = math.floor(math.log10(abs(rounded))) + 1 if rounded else 1
    places = max(digits - whole, 0)
    text = f"{rounded:.{places}f}"
    if not pad and "." in text:
        text = text.rstrip("0").rstrip(".")
    return text


def chance(value: object, threshold: float) -> str:
    """Return a probability at two decimals, or at three where two would cross the threshold.

    Parameters
    ----------
    value : float
        NaN and None give an empty text.
    threshold : float
        Probability from which a tier counts as certain.

    Examples
    --------
    >>> [chance(p, 0.95) for p in (0.9, 0.944, 0.948, 0.94999, 0.95)]
    ['0.90', '0.94', '0.948', '0.949', '0.95']
    """
    if value is None or value != value or value == "":
        return ""
    size = float(str(value))
    text = f"{size:.2f}"
    if (float(text) >= threshold) == (size >= threshold):
        return text
    # Three decimals may round across as well: cut instead.
    cut = math.floor if size < threshold else math.ceil
    return f"{cut(round(size * 1000, 9)) / 1000:.3f}"


def bound(row: Mapping[Any, Any]) -> str:
    """Return what non-detects leave of a value: ``< upper``, or both bounds.

    The row has ``lower``, ``upper``, ``n_samples`` and ``n_censored`` as in ``tiers.csv``.

    Examples
    --------
    >>> bound({"lower": 0.2, "upper": 12.34, "n_samples": 4, "n_censored": 4})
    '< 12.3'
    """
    low, high = number(row["lower"]), number(row["upper"])
    if not high:
        return ""
    open_below = row["n_censored"] >= row["n_samples"] or not low or float(low) == 0
    return f"< {high}" if open_below else f"{low} – {high}"


def counted(key: str, n: int, language: str) -> str:
    """Return a text about a number of things, in the singular where it is one.

    Examples
    --------
    >>> counted("map.count", 1, "en"), counted("map.count", 2, "en")
    ('1 area', '2 areas')
    """
    return names.text(f"{key}.one" if n == 1 else key, language, n=n)


def threshold(attrs: Mapping[Any, Any]) -> float:
    """Return the probability from which a tier counts as certain."""
    return float(attrs.get("resolved_at", 0.9))


def class_of(tier: object, flags: object) -> str:
    """Return the class of an area: its tier, or the reason why it has none.

    Parameters
    ----------
    tier : str
        Tier as in ``tiers.csv``; empty where there is none.
    flags : str
        Flag ids joined by ``;``.
    """
    found = set(str(flags).split(";")) if flags == flags and flags is not None else set()
    if SUPPRESSED in found:
        return SUPPRESSED
    if tier == tier and tier:
        return str(tier)
    return next((id for id, flags in REASONS if found & set(flags)), UNCLASSIFIED)


def span(position: int, breaks: Sequence[float], floor: float | None = None) -> str:
    """Return the range of a tier: ``≤ 20``, ``20 – 60``, ``> 60``.

    Parameters
    ----------
    position : int
        0 for the lowest tier; -1 for "not elevated", the range below `floor`.
    breaks : sequence of float
        Upper limits of all tiers but the highest.
    floor : float or None
        Lower limit of the lowest tier.

    Examples
    --------
    >>> [span(i, [20, 60]) for i in range(3)], span(0, [20, 60], floor=5)
    (['≤ 20', '20 – 60', '> 60'], '5 – 20')
    """
    limits = [None if floor is None else floor, *breaks, None]
    low, high = (None, floor) if position < 0 else (limits[position], limits[position + 1])
    if high is None:
        return "" if low is None else f"> {number(low, pad=False)}"
    if low is None:
        return f"≤ {number(high, pad=False)}"
    return f"{number(low, pad=False)} – {number(high, pad=False)}"


def classes(attrs: dict[Any, Any], present: Iterable[str], language: str) -> list[TierClass]:
    """Return the legend's entries, lowest tier first, then the reasons for having no tier.

    Parameters
    ----------
    attrs : dict
        The attrs of a tiers table: ``labels``, ``breaks`` and, where set, ``floor``.
    present : iterable of str
        Classes that occur (see `class_of`); tiers are listed whether they occur or not.
    language : str
        ``en`` or ``zh``.
    """
    seen = set(present)
    labels = [str(label) for label in attrs.get("labels") or ()]
    breaks = [float(b) for b in attrs.get("breaks") or ()]
    floor = attrs.get("floor")
    spans = ["" if len(breaks) + 1 != len(labels) else span(i, breaks, floor)
             for i in range(len(labels))]  # fmt: skip
    entries = list(zip(labels, spans, strict=True))
    if floor is not None or NOT_ELEVATED in seen:
        entries.insert(0, (NOT_ELEVATED, "" if floor is None else span(-1, breaks, floor)))
    known = {label for label, _ in entries}
    entries += [(c, "") for c in sorted(seen - known - set(WITHOUT_TIER))]
    entries += [(c, "") for c in WITHOUT_TIER if c in seen]
    return [TierClass(c, class_name(c, language), text) for c, text in entries]


def resolved_at(attrs: Mapping[Any, Any]) -> str:
    """Return `threshold` as printed."""
    return number(threshold(attrs), pad=False)


def for_drug(attrs: Mapping[Any, Any], drug: str) -> dict[str, Any]:
    """Return the attrs of a tiers table as they hold for one drug.

    Parameters
    ----------
    attrs : mapping
        Its ``breaks`` are a list, which belongs to the drug that the attrs name, or a mapping from
        drug to list; a list may begin with the floor.
    drug : str
        The drug wanted. Without breaks of its own it has no floor either.

    Returns
    -------
    dict
        A copy, with ``breaks`` as a list without the floor.
    """
    given, floor = attrs.get("breaks"), attrs.get("floor")
    if isinstance(given, Mapping):
        given = given.get(drug)
    elif attrs.get("drug") not in (None, drug):
        given = None
    own = [float(b) for b in given] if given is not None else []
    if floor is not None and own[:1] == [float(floor)]:
        own = own[1:]
    return {**attrs, "breaks": own, "floor": floor if own else None}


def from_highest(classes: list[TierClass]) -> list[TierClass]:
    """Return tiers from the highest down, and after them the reasons for having none."""
    tiers = [c for c in classes if c.id not in WITHOUT_TIER]
    return [*reversed(tiers), *(c for c in classes if c.id in WITHOUT_TIER)]


def class_name(id: str, language: str) -> str:
    """Return the printed name of a tier or of a reason for having none."""
    if id in WITHOUT_TIER:
        return names.text(f"class.{id}", language)
    return names.display("tier", id, language)


def selected(tiers: pd.DataFrame, drug: str | None, round: str | None) -> pd.DataFrame:
    """Return the rows of one drug and one round, with a column ``class``, sorted by area.

    Parameters
    ----------
    tiers : DataFrame (row)
        Columns of ``tiers.csv``.
    drug, round : str or None
        By default those of the table's attrs; without these the only drug, the latest round.

    Returns
    -------
    DataFrame (row)
        Without attrs.

    Raises
    ------
    UsageError
        There is no such row, the drug is not given, or an area occurs twice.
    """
    drug = drug_of(tiers, drug)
    round = round or tiers.attrs.get("round")
    rows = bare(tiers)
    rows = rows[rows["drug"] == drug]
    round = round or max(map(str, rows["round"]), default="")
    rows = rows[rows["round"].astype(str) == str(round)]
    if rows.empty:
        raise UsageError(f"no tiers of {drug!r} in round {round!r}")
    if rows["area"].duplicated().any():
        twice = rows.loc[rows["area"].duplicated(), "area"].iloc[0]
        raise UsageError(f"area {twice!r} has several tiers of {drug} in round {round}: pick one")
    found = [class_of(*pair) for pair in zip(rows["tier"], rows["flags"], strict=True)]
    return rows.assign(**{"class": found}).sort_values("area", kind="stable")


def bare(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table without its attrs, of which pandas makes a deep copy at every selection."""
    table = table.copy(deep=False)
    table.attrs = {}
    return table


def drug_of(tiers: pd.DataFrame, drug: str | None = None) -> str:
    """Return the drug asked for, else that of the table's attrs, else the only one.

    Raises
    ------
    UsageError
        It is not given and the table holds several.
    """
    if drug or tiers.attrs.get("drug"):
        return str(drug or tiers.attrs["drug"])
    found = sorted(set(map(str, tiers["drug"])))
    if len(found) != 1:
        raise UsageError(f"the table holds {len(found)} drugs: name one of {', '.join(found)}")
    return found[0]


def is_synthetic(*texts: object) -> bool:
    """Tell whether a title says that its data are made up."""
    joined = " ".join(str(text) for text in texts).casefold()
    return "synthetic" in joined or "合成" in joined or "虚构" in joined


def label_of(name: object, area: object) -> str:
    """Return the name to print for an area; its id where it has no name."""
    return clean(name if name == name and name is not None else "") or clean(area)


def yes(resolved: object) -> bool:
    """Read ``resolved``, which is text in a table read back from a file, and may be missing."""
    return str(resolved).casefold() in ("true", "1", "1.0")


def all_flagged(rows: pd.DataFrame, flag: str) -> bool:
    """Tell whether every row carries a flag."""
    return bool(len(rows)) and all(flag in str(f).split(";") for f in rows["flags"])


def round_name(round: object, language: str) -> str:
    """Return a round as printed; ``all`` and an unstated round in words."""
    if round != round or str(round) in ("", "all"):
        return names.text("round.all", language)
    return str(round)


def reference_name(round: object, language: str) -> str:
    """Return the round at which breaks were frozen as printed; in words where it is not named."""
    known = {"": "round.reference", "first": "round.first"}
    return names.text(known[str(round)], language) if str(round) in known else str(round)


def method_sentence(attrs: dict[Any, Any], language: str) -> str:
    """Return quantity's statistic, scheme, reference round and factor set in words."""
    parts = []
    for key in ("statistic", "scheme"):
        if attrs.get(key):
            value = names.text(f"{key}.{attrs[key]}", language)
            parts.append(names.text(f"map.{key}", language, value=value))
    if attrs.get("reference_round"):
        value = reference_name(attrs["reference_round"], language)
        parts.append(names.text("map.reference_round", language, value=value))
    if attrs.get("factor_set"):
        parts.append(names.text("map.factor_set", language, value=clean(attrs["factor_set"])))
    return names.text("list.separator", language).join(parts) + names.text("full_stop", language)
