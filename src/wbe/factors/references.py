"""The bibliography behind the factor tables: ``references.bib`` read and printed."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files
from typing import Final

_ENTRY: Final = re.compile(r"@(\w+)\{([^,\s]+),\n(.*?)\n\}", re.DOTALL)
_FIELD: Final = re.compile(r"^\s*(\w+) = \{(.*)\},$", re.MULTILINE)


def references() -> dict[str, dict[str, str]]:
    """Return every reference, by key.

    Returns
    -------
    dict of str to dict of str to str
        Fields as in the file: author, title, journal or howpublished, year, doi, doi_verified
        (``yes``, ``recalled`` or ``none``), note, and ``type``. Unknown fields are empty.

    Examples
    --------
    >>> references()["Du2020"]["doi"]
    '10.1016/j.envint.2020.105645'
    """
    return {key: dict(fields) for key, fields in _read().items()}


def format_reference(key: str) -> str:
    """Return a reference as one line with its DOI.

    A DOI that nobody has looked up says so. A key that is not in the bibliography, such as the
    source a user wrote into a factor table, is returned as it is.

    Parameters
    ----------
    key : str
        Key of the bibliography.

    Returns
    -------
    str

    Examples
    --------
    >>> format_reference("KhanNicell2011").endswith("doi:10.1016/j.envint.2011.05.009")
    True
    """
    entry = _read().get(key)
    if entry is None:
        return key
    year = f" ({entry['year']})" if entry["year"] else ""
    place = entry.get("journal") or entry.get("howpublished", "")
    authors = _authors(entry["author"])
    heads = [authors + year, entry["title"]] if authors else [entry["title"] + year]
    return ". ".join(part.rstrip(".") for part in (*heads, place, _doi(entry)) if part)


def _authors(written: str) -> str:
    names = [name.strip("{} ") for name in written.split(" and ") if name]
    if len(names) > 3 or "others" in names:
        return f"{names[0]} et al"
    return "; ".join(names)


def _doi(entry: dict[str, str]) -> str:
    if not entry["doi"]:
        return ""
    recalled = " (recalled, not looked up)" if entry["doi_verified"] == "recalled" else ""
    return f"doi:{entry['doi']}{recalled}"


@lru_cache(maxsize=1)
def _read() -> dict[str, dict[str, str]]:
    text = files("wbe.factors").joinpath("references.bib").read_text(encoding="utf-8")
    found = {}
    for kind, key, body in _ENTRY.findall(text):
        found[key] = {"type": kind, "note": "", **dict(_FIELD.findall(body))}
    return found
