"""Whether a finished run still stands: told by checksums of all that went in and came out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wbe.errors import UsageError
from wbe.run import disk, folder, record, verdict
from wbe.run.config import Config
from wbe.run.folder import Place
from wbe.run.words import say


@dataclass(frozen=True)
class Standing:
    """What is known of the results that lie in an output folder.

    Parameters
    ----------
    reasons : tuple of str
        Why the campaign must be run; none if its results stand.
    created : str
        When the results were made; empty if there are none.
    code : int
        The exit code with which the run of these results ended.
    """

    reasons: tuple[str, ...]
    created: str = ""
    code: int = verdict.CLEAN


def standing(config: Config, place: Place, *, encoding: str | None, lang: str) -> Standing:
    """Compare what a campaign would read and compute now with what its last run did.

    An interrupted swap is completed first, and what a killed run left half built is removed.

    Parameters
    ----------
    config : Config
    place : Place
        Its output folder.
    encoding : str or None
        Encoding of the lab tables, where the command line gave one.
    lang : str
        Language of the reasons.

    Raises
    ------
    EnvironmentFault
        If another run writes there, or the disk refuses.
    """
    if not place.out.parent.is_dir():
        return Standing((say("again.none", lang),))
    with folder.locked(place), disk.faults(place.out):
        folder.recover(place)
        folder.discard(place)
        try:
            about = record.read(place.out)
        except UsageError:
            there = (place.out / folder.RECORD).exists()
            return Standing((say("again.record" if there else "again.none", lang),))
        if about.get("kind") != "run":  # a publication
            return Standing((say("again.none", lang),))
        reasons = tuple(_reasons(config, place, about, encoding, lang))
    rejected = about["counts"]["errors"]
    return Standing(reasons, about["created"], verdict.PARTLY if rejected else verdict.CLEAN)


def _reasons(
    config: Config, place: Place, about: Mapping[str, Any], encoding: str | None, lang: str
) -> Iterator[str]:
    """One sentence for each way in which inputs, settings, versions or outputs differ."""
    differing = {
        "again.inputs": _inputs(record.inputs(config), about["inputs"]),
        "again.config": _keys(record.plain(record.settings(config, encoding)), about["config"]),
        "again.versions": _keys(record.versions(), about["versions"]),
        "again.outputs": folder.changed_outputs(place.out),
    }
    for sentence, names in differing.items():
        if names:
            yield say(sentence, lang, names=", ".join(names))


def _inputs(now: Sequence[Mapping[str, Any]], then: Sequence[Mapping[str, Any]]) -> list[str]:
    """Names of inputs that were added, removed, changed or put in another order."""

    def identities(entries: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
        return [tuple(entry.get(key) for key in record.IDENTITY) for entry in entries]

    ours, theirs = identities(now), identities(then)
    if ours == theirs:
        return []
    differing = {str(entry[1]) for entry in set(ours) ^ set(theirs)}
    return sorted(differing or {str(entry[1]) for entry in ours})


def _keys(now: Mapping[str, Any], then: Mapping[str, Any]) -> list[str]:
    """Dotted keys whose values differ."""
    ours, theirs = dict(_flat(now)), dict(_flat(then))
    absent = object()
    keys = sorted({*ours, *theirs})
    return [key for key in keys if ours.get(key, absent) != theirs.get(key, absent)]


def _flat(values: Mapping[str, Any], start: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{start}{key}.")
        else:
            yield f"{start}{key}", value
