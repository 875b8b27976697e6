"""What two runs had differently before any number was computed, from their records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Final, TypeVar

About = Mapping[str, Any]
Key = TypeVar("Key", bound=str | tuple[str, ...])
#: Settings that name what runs and pages are called and for whom they are; no number hangs on them.
NAMES: Final = frozenset(
    {"title", "language", "tiers.map_round", "privacy.purpose", "privacy.approval"}
)
#: Packages that draw and compute nothing.
PICTURES: Final = frozenset({"matplotlib"})
#: The kind of inputs of which a run has many: the files of another quarter replace none.
SEVERAL: Final = "samples"
#: Fields of a factor that its numbers hang on.
OF_FACTOR: Final = ("excretion", "correction_factor")
FACTOR_SHOWN: Final = ("factor_id", "correction_factor", "verified", "reference")
#: Fields of a term of the error model that tell one from another, and that intervals hang on.
TERM: Final = ("component", "level", "term", "when")
OF_TERM: Final = ("distribution", "measure", "spread")


@dataclass(frozen=True)
class Difference:
    """One thing that the records of two runs state differently.

    Attributes
    ----------
    kind : str
        ``input``, ``setting``, ``factor``, ``error``, ``version``, ``marker`` or ``breaks``.
    name : str
        File, key, factor, component, package, analyte or drug.
    before, after : str
        Empty where only one of the runs has it.
    follows : bool
        Whether it comes of another difference or moves no number: no cause of its own.
    moves_nothing : bool
        Whether it follows since no number hangs on it.
    """

    kind: str
    name: str
    before: str
    after: str
    follows: bool = False
    moves_nothing: bool = False


def differences(a: About, b: About) -> list[Difference]:
    """Return everything that the records of two runs state differently, causes first.

    Parameters
    ----------
    a, b : mapping
        From `record.read`.

    Returns
    -------
    list of Difference
        In the order inputs, settings, factors, error model, versions; then what follows of them.
    """
    files = list(_changed(_files(a), _files(b)))
    settings = list(_settings(a, b))
    kinds = {kind for (kind, _), _, _ in files}
    another_set = "factors" in kinds or any(s.name == "estimate.factors" for s in settings)
    found = [*_inputs(files, {s.name.removeprefix("estimate.") for s in settings}), *settings]
    found += _factors(a, b, follows=another_set)
    found += _errors(a, b, follows="error_model" in kinds)
    found += _versions(a, b)
    found += [*_markers(a, b), *_breaks(a, b)]
    return sorted(found, key=lambda one: one.follows)


def causes(found: Sequence[Difference]) -> list[Difference]:
    """Return those that may have moved a number by themselves."""
    return [one for one in found if not one.follows]


def _changed(before: Mapping[Key, str], after: Mapping[Key, str]) -> Iterator[tuple[Key, str, str]]:
    """Keys whose text differs, with both texts; empty where one has none."""
    for key in sorted({*before, *after}, key=lambda one: (one,) if isinstance(one, str) else one):
        old, new = before.get(key, ""), after.get(key, "")
        if old != new:
            yield key, old, new


def _files(about: About) -> dict[tuple[str, str], str]:
    """Kind and name -> SHA-256; a file that could not be read has none."""
    return {
        (str(one["kind"]), str(one["name"])): str(one.get("sha256") or "-")
        for one in about["inputs"]
        if one["kind"] != "config"
    }


def _inputs(
    files: Sequence[tuple[tuple[str, str], str, str]], set_anew: Set[str]
) -> Iterator[Difference]:
    """Files that differ. One file in the place of another of its kind is one thing, not two.

    A file that only one run reads because a setting now names it, or no longer does, follows.
    """
    for kind in dict.fromkeys(kind for (kind, _), _, _ in files):
        own = [(name, old, new) for (its, name), old, new in files if its == kind]
        gone, come = ([one for one in own if not one[i]] for i in (2, 1))
        if kind != SEVERAL and len(gone) == len(come) == 1:
            ((before, old, _),), ((after, _, new),) = gone, come
            yield Difference("input", f"{before} → {after}", old, new)
            own = [one for one in own if one[1] and one[2]]
        for name, old, new in own:
            yield Difference("input", name, old, new, follows=kind in set_anew)


def _settings(a: About, b: About) -> Iterator[Difference]:
    """Keys of the configuration; names of files are told with the inputs."""
    kinds, others = ({str(one["kind"]) for one in about["inputs"]} for about in (a, b))
    told = {f"data.{kind}" for kind in kinds | others}
    told |= {f"estimate.{kind}" for kind in kinds & others}
    for key, old, new in _changed(_flat(a["config"]), _flat(b["config"])):
        if key not in told:
            is_name = key in NAMES
            yield Difference("setting", key, old, new, follows=is_name, moves_nothing=is_name)


def _flat(value: Any, start: str = "") -> dict[str, str]:
    """Dotted key -> value as text; what is not set has no key."""
    if isinstance(value, Mapping):
        found: dict[str, str] = {}
        for key, inner in value.items():
            found |= _flat(inner, f"{start}.{key}" if start else str(key))
        return found
    text = _text(value)
    return {start: text} if text else {}


def _text(value: Any) -> str:
    """Return a plain value as people write it; nothing for None and empty lists."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    return str(value)


def _factors(a: About, b: About, *, follows: bool) -> Iterator[Difference]:
    """Factors by drug, residue and use: another row, or another number or reference in it."""
    numbers = [_factor_texts(about, OF_FACTOR) for about in (a, b)]
    for key, old, new in _changed(*(_factor_texts(about, FACTOR_SHOWN) for about in (a, b))):
        # A reference may be put right without a number moving.
        is_same = numbers[0].get(key) == numbers[1].get(key)
        drug, residue, gives = key
        name = f"{drug} ({residue}, {gives})"
        yield Difference("factor", name, old, new, follows or is_same, moves_nothing=is_same)


def _factor_texts(about: About, shown: Sequence[str]) -> dict[tuple[str, str, str], str]:
    """Drug, residue and use -> the fields of the rows that serve it."""
    found: dict[tuple[str, str, str], str] = {}
    for row in about["factors"]:
        key = (str(row["drug"]), str(row["analyte"]), str(row["gives"]))
        text = "; ".join(filter(None, (_text(row.get(name)) for name in shown)))
        found[key] = " + ".join(filter(None, (found.get(key, ""), text)))
    return found


def _errors(a: About, b: About, *, follows: bool) -> Iterator[Difference]:
    for key, old, new in _changed(_terms(a), _terms(b)):
        yield Difference("error", " ".join(filter(None, key)), old, new, follows)


def _terms(about: About) -> dict[tuple[str, ...], str]:
    return {
        tuple(str(row.get(f) or "") for f in TERM): " ".join(_text(row.get(f)) for f in OF_TERM)
        for row in about["error_model"]
    }


def _versions(a: About, b: About) -> Iterator[Difference]:
    for name, old, new in _changed(a["versions"], b["versions"]):
        draws = name in PICTURES
        yield Difference("version", name, old, new, follows=draws, moves_nothing=draws)


def _markers(a: About, b: About) -> Iterator[Difference]:
    """Per-capita loads of markers: stated ones are settings, calibrated ones follow of the data."""
    loads = ({k: _text(v.get("value")) for k, v in about.get("markers", {}).items()}
             for about in (a, b))  # fmt: skip
    for name, old, new in _changed(*loads):
        yield Difference("marker", name, old, new, follows=True)


def _breaks(a: About, b: About) -> Iterator[Difference]:
    limits = ({k: _text(v) for k, v in about["breaks"].items()} for about in (a, b))
    for drug, old, new in _changed(*limits):
        yield Difference("breaks", drug, old, new, follows=True)
