"""Names and codes of divisions: what a written name may mean, as candidates; nothing is chosen.

One name is borne by several divisions (惠城镇 is a town, 惠城区 a district elsewhere; there are two
龙华区), and one division is written in several ways (traditional characters, a wrong character, its
village, its name before it was renamed). A list of divisions belongs to an edition, a year: what
is looked up is code and edition.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from wbe.area_names.units import AreaList, Unit, forms, known_areas, simplified, stem
from wbe.spellings import nearest

_LATIN_KINDS: Final = re.compile(
    r"\b(?:town|township|zhen|district|qu|county|xian|city|shi|subdistrict)\b"
)
_FULL_CODE: Final = re.compile(r"(\d{9})000")
_LEAST_LETTERS: Final = 3  # of a name that one other character may have replaced
_VILLAGE: Final = "village"
NO_UNIT: Final = "no_unit"


@dataclass(frozen=True)
class Candidate:
    """One division that a name may mean.

    Attributes
    ----------
    unit : Unit
    score : float [1]
        From 0 to 1: 1 is the name or code itself. It orders candidates and is no probability.
    reason : str
        Why it is one.
    above : str
        Names of the divisions above, highest first.
    """

    unit: Unit
    score: float
    reason: str
    above: str = ""

    @property
    def name(self) -> str:
        """Name of the division."""
        return self.unit.name

    @property
    def code(self) -> str:
        """Code of the division."""
        return self.unit.code

    @property
    def note(self) -> str:
        """Note of the list about the division."""
        return self.unit.note


@dataclass(frozen=True)
class Resolution:
    """What a written name may mean.

    Attributes
    ----------
    text : str
        As asked for.
    candidates : tuple of Candidate
        Best first; empty if there is none.
    note : str
        Why there is none, where that is known.
    """

    text: str
    candidates: tuple[Candidate, ...]
    note: str = ""

    def __iter__(self) -> Iterator[Candidate]:
        return iter(self.candidates)

    def __len__(self) -> int:
        return len(self.candidates)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the candidates, best first."""
        return tuple(c.name for c in self.candidates)


def resolve_area(
    name: str,
    *,
    edition: str | int | None = None,
    within: str = "",
    units: AreaList | None = None,
) -> Resolution:
    """Return the divisions that a written name may mean; the choice is the caller's.

    Parameters
    ----------
    name : str
        Name, with or without what is above it or its kind, in simplified or traditional
        characters or pinyin; or a code.
    edition : str or int, optional
        Year of the data. The newest edition of the list up to it counts; the newest of all if
        not given.
    within : str
        Code or name of a division that must hold the candidates.
    units : AreaList, optional
        From `wbe.io.read_area_list`; the list of the package if not given.

    Returns
    -------
    Resolution
        Candidates with score and reason. Also those that share a name or a pronunciation with
        the best one: they are what it is confused with.

    Raises
    ------
    UsageError
        If the list has no edition up to that year.

    Examples
    --------
    >>> [(c.name, c.code, c.score) for c in resolve_area("惠城")]
    [('惠城镇', '445224100', 0.8), ('惠城区', '441302', 0.8)]
    >>> resolve_area("寄陇村").candidates[0].reason
    '寄陇村 is a village of 东陇镇'
    """
    whole = units if units is not None else known_areas()
    asked = whole.of(edition)
    text = simplified(name)
    form = forms().get(text)
    if form and form["kind"] == NO_UNIT:
        return Resolution(name, (), form["note"])
    best: dict[str, Candidate] = {}
    for found in (*_matches(asked, name, text), *_renamed(whole, asked, name, text)):
        old = best.get(found.unit.key)
        if whole.holds(found.unit, within) and (old is None or found.score > old.score):
            best[found.unit.key] = found
    if not best:
        best = {c.unit.key: c for c in _similar(asked, text) if whole.holds(c.unit, within)}
    ordered = sorted(best.values(), key=lambda c: (-c.score, -len(c.code), c.code, c.name))
    return Resolution(name, tuple(ordered))


def _matches(units: AreaList, name: str, text: str) -> Iterator[Candidate]:
    """Candidates of one edition; a village stands for its town."""
    for unit in units.units:
        score, reason = _match(units, unit, name, text)
        if not score:
            continue
        above = units.above(unit)
        if unit.kind == _VILLAGE and above:
            town = above[0]
            reason = f"{unit.name} is a village of {town.name}"
            noted = replace(town, note=unit.note or town.note)
            yield Candidate(noted, round(0.9 * score, 2), reason, _path(units, town))
        else:
            yield Candidate(unit, score, reason, _path(units, unit))


def _match(units: AreaList, unit: Unit, name: str, text: str) -> tuple[float, str]:
    """Score and reason of one unit, (0, "") if it is none."""
    if _code(text) and _code(text) == unit.code:
        return 1.0, "code"
    if text == unit.name:
        plain = unit.name == unicodedata.normalize("NFKC", name).strip()
        return (1.0, "name") if plain else (0.95, "traditional characters or blanks")
    form = forms().get(text)
    if form and form["name"] == unit.name:
        return 0.9, form["note"]
    if text.endswith(unit.name):
        before = text.removesuffix(unit.name)
        fits = _without(before, [u.name for u in units.above(unit)]) == ""
        return (1.0, "name and what is above") if fits else (0.3, f"{before} is not above it")
    if len(stem(unit.name)) > 1 and stem(unit.name) in (text, stem(text)):
        return (0.8, "name without its kind") if text == stem(unit.name) else (
            0.4, "same name, another kind")  # fmt: skip
    return _by_sound(units, unit, text)


def _by_sound(units: AreaList, unit: Unit, text: str) -> tuple[float, str]:
    """Match by pinyin: of what was written in letters, or of a namesake in the list."""
    if not unit.pinyin:
        return 0.0, ""
    if text.isascii():
        asked = _letters(_LATIN_KINDS.sub("", text.casefold()))
        return (0.7, "pinyin") if asked and asked == _letters(unit.pinyin) else (0.0, "")
    same = text != unit.name and (unit.pinyin, unit.kind) in units.sounds.get(text, ())
    return (0.4, f"sounds like {text}") if same else (0.0, "")


def _renamed(whole: AreaList, asked: AreaList, name: str, text: str) -> Iterator[Candidate]:
    """Candidates of other editions, under the code that they have in the one asked for."""
    here = {u.code: u for u in asked.units if u.code}
    for unit in whole.units:
        score, _ = _match(whole, unit, name, text)
        if score < 0.8 or not unit.code or unit.code in here:
            continue
        others = [u for u in asked.units if u.predecessor == unit.code]
        others += [here[unit.predecessor]] if unit.predecessor in here else []
        for other in others:
            reason = f"{unit.name} ({unit.code}) of the edition {unit.edition}"
            yield Candidate(other, round(0.9 * score, 2), reason, _path(asked, other))


def _similar(units: AreaList, text: str) -> Iterator[Candidate]:
    """Units whose name differs in one character."""
    for unit in units.units:
        if len(unit.name) != len(text) or len(text) < _LEAST_LETTERS or text.isascii():
            continue
        if sum(a != b for a, b in zip(unit.name, text, strict=True)) == 1:
            yield Candidate(unit, 0.3, "one character differs", _path(units, unit))


def nearest_areas(name: str, known: Iterable[str], n: int = 3) -> list[str]:
    """Return areas of a campaign that a stated area may have been meant for, best first.

    Parameters
    ----------
    name : str
        As stated.
    known : iterable of str
        Areas of the campaign: names or codes.
    n : int
        How many at most.

    Returns
    -------
    list of str
        Those that the lists of divisions lead to, then names that look alike.

    Examples
    --------
    >>> nearest_areas("傲江镇", ["东陇镇", "鳌江镇"]), nearest_areas("隆江镇", ["445224110"])
    (['鳌江镇'], ['445224110'])
    """
    choices = list(dict.fromkeys(known))
    meant = [key for c in resolve_area(name) for key in (c.name, c.code) if key]
    own = simplified(name)
    found = [
        choice
        for wanted in (own, *meant)
        for choice in choices
        if simplified(choice) == wanted or (wanted == own and stem(simplified(choice)) == stem(own))
    ]
    return list(dict.fromkeys([*found, *nearest(name, choices, n)]))[:n]


def _code(text: str) -> str:
    if not text.isascii() or not text.isdigit():
        return ""
    full = _FULL_CODE.fullmatch(text)
    return full[1] if full else text


def _letters(text: str) -> str:
    return re.sub(r"[^a-z]", "", text.casefold())


def _without(text: str, above: list[str]) -> str:
    """Take the names above, highest first, off the front of a text; with or without their kind."""
    for name in reversed(above):
        for form in (name, stem(name)):
            if text.startswith(form):
                text = text.removeprefix(form)
                break
    return text


def _path(units: AreaList, unit: Unit) -> str:
    return " ".join(u.name for u in reversed(units.above(unit)))
