"""Divisions and their editions, and spellings of their names. Standard library only."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache, cached_property
from importlib.resources import files
from typing import Final

from wbe.errors import UsageError

#: Traditional characters, and variants, of the names in the lists.
_SIMPLE: Final = str.maketrans(
    "隴鰲鼇龍華東僑園鎮縣區鄉農場廣陽經濟開發試驗來陸豐溝瑞順雲瀋邊莊覽寶灣島嶺門蘇",
    "陇鳌鳌龙华东侨园镇县区乡农场广阳经济开发试验来陆丰沟瑞顺云沈边庄览宝湾岛岭门苏",
)
_KINDS: Final = re.compile("(?:街道办事处|街道|管理区|农场|林场|自治县|镇|乡|村|社区|区|县|市|省)$")


@dataclass(frozen=True)
class Unit:
    """One division in one edition of a list.

    Attributes
    ----------
    edition : str
        Year of the list; "" where the source states none, so that it counts in every edition.
    code : str
        Of the division, 2 to 9 digits; "" where it is not known.
    name, pinyin : str
    kind : str
        For example ``town``, ``district``, ``farm``, ``zone``, ``village``.
    parent : str
        Code, or name, of the division above.
    predecessor : str
        Code before the division was renamed or made.
    source, note : str
    """

    edition: str = ""
    code: str = ""
    name: str = ""
    pinyin: str = ""
    kind: str = ""
    parent: str = ""
    predecessor: str = ""
    source: str = ""
    note: str = ""

    @property
    def key(self) -> str:
        """Code, or name where there is no code."""
        return self.code or self.name


COLUMNS: Final = tuple(f.name for f in fields(Unit))


@dataclass(frozen=True)
class AreaList:
    """Divisions of one or more editions.

    Attributes
    ----------
    units : tuple of Unit
        In the order of the list.
    """

    units: tuple[Unit, ...]

    @cached_property
    def editions(self) -> tuple[str, ...]:
        """Editions, earliest first."""
        return tuple(sorted({u.edition for u in self.units} - {""}))

    def of(self, edition: str | int | None) -> AreaList:
        """Return the units of one year: those of the newest edition up to it.

        Parameters
        ----------
        edition : str, int or None
            Year; None is the newest.

        Raises
        ------
        UsageError
            If the list has no edition up to that year.
        """
        if not self.editions:
            return self
        wanted = str(self.editions[-1] if edition is None else edition)
        held = [e for e in self.editions if e <= wanted]
        if not held:
            raise UsageError(
                f"no edition of the list of areas up to {wanted}; there are "
                f"{', '.join(self.editions)}"
            )
        return AreaList(tuple(u for u in self.units if u.edition in ("", held[-1])))

    def above(self, unit: Unit) -> tuple[Unit, ...]:
        """Return the units above one, nearest first."""
        out: list[Unit] = []
        while unit.parent and (parent := self._by_key.get(unit.parent)) and parent not in out:
            out.append(parent)
            unit = parent
        return tuple(out)

    @cached_property
    def _by_key(self) -> Mapping[str, Unit]:
        """The newest unit of every code, and of every name without one."""
        return {u.key: u for u in sorted(self.units, key=lambda u: u.edition)}

    @cached_property
    def sounds(self) -> Mapping[str, frozenset[tuple[str, str]]]:
        """Pinyin and kind of every name."""
        found: dict[str, set[tuple[str, str]]] = {}
        for unit in self.units:
            found.setdefault(unit.name, set()).add((unit.pinyin, unit.kind))
        return {name: frozenset(both) for name, both in found.items()}

    def holds(self, unit: Unit, within: str) -> bool:
        """Tell whether a unit is, or lies in, the division of a code or name."""
        if not within:
            return True
        keys = [k for u in (unit, *self.above(unit)) for k in (u.code, u.name) if k]
        return simplified(within) in keys or (within.isdigit() and unit.code.startswith(within))


@cache
def known_areas() -> AreaList:
    """Return the list of the package: the divisions that its documentation names.

    It holds Huilai county in the editions 2018 and 2021, and namesakes elsewhere; no coordinate.
    `wbe.io.read_area_list` reads one of your own.

    Returns
    -------
    AreaList

    Examples
    --------
    >>> from wbe import spatial
    >>> sorted({unit.edition for unit in spatial.known_areas().units})
    ['', '2018', '2021']
    """
    return AreaList(tuple(Unit(**row) for row in _rows("list.csv")))


@cache
def forms() -> Mapping[str, Mapping[str, str]]:
    """Return what is written for a name, or is none, by the written form."""
    return {row["form"]: row for row in _rows("forms.csv")}


def simplified(text: str) -> str:
    """Return a name in simplified characters, without blanks and full-width forms.

    Characters of the names in the lists are known, not all of the script.

    Examples
    --------
    >>> simplified("東隴鎮 "), simplified("鰲江鎮")
    ('东陇镇', '鳌江镇')
    """
    plain = unicodedata.normalize("NFKC", text).strip().translate(_SIMPLE)
    return plain if plain.isascii() else re.sub(r"\s+", "", plain)


def stem(name: str) -> str:
    """Return a name without its kind: ``惠城`` of ``惠城镇``; a name of one character stays."""
    found = _KINDS.sub("", name)
    return found if len(found) > 1 else name


def _rows(name: str) -> list[dict[str, str]]:
    text = files("wbe.area_names").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
