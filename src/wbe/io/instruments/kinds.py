"""What an injection is, and which compounds are internal standards.

The vendor's column says what an injection is. Software fills it in with "unknown" or "sample"
unless somebody changes it, so where it says that, or nothing, the name decides (`_NAMES`, listed
in ``words.toml``), and the file is flagged. A sidecar table can state the kind of any injection,
which then counts.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from wbe import names
from wbe.io.instruments.vocabulary import load, word

KINDS = ("sample", "standard", "blank", "double_blank", "solvent", "control", "spike", "duplicate")
"""``sample`` is an unknown; the others are rows of quality control, as in ``attrs["qc_rows"]``."""

# 150.1 -> 91, 150>119, [M>113], (150.2/91.1) behind the name of a compound
_TRANSITION = re.compile(r"\s*[(\[]?\s*(?:[0-9.]+|M)\s*(?:-+>|>|/|→)\s*[0-9.]+\s*[)\]]?\s*$")
_MARKED = re.compile(r"\s*[(\[]\s*(?:ISTD|IS|I\.S\.|internal standard)\s*[)\]]\s*", re.IGNORECASE)
_BEHIND = re.compile(r"[-_ ]+(?:ISTD|IS)\s*$", re.IGNORECASE)
_LABEL = r"\(?(?:[±+-])*\)?(?:[dD]-?[1-9][0-9]?|D[1-9][0-9]?|13C-?[0-9]{0,2}|15N-?[0-9]{0,2})"
# the places of a double bond in cannabinoids, not deuterium; delta 9 is the usual one
_DELTA = re.compile(r"d(?:elta)?-?(?P<place>8|9|10)[- ]?(?=THC|tetra)", re.IGNORECASE)
_LABEL_BEHIND = re.compile(rf"[-_ ,(\[]+(?:{_LABEL})(?:[-_, ]*(?:{_LABEL}))*[)\]]?\s*$")
_LABEL_BEFORE = re.compile(rf"^\s*\[?(?:{_LABEL})(?:[-_, ]*(?:{_LABEL}))*\]?[-_ ]+(?=[A-Za-z])")


def kind_of(vendor: str, sample: str, filename: str = "") -> tuple[str, bool]:
    """What an injection is.

    Parameters
    ----------
    vendor : str
        Word of the sample-type column; "" without one.
    sample, filename : str
        Names of the sample and of the raw file.

    Returns
    -------
    kind : str
        One of `KINDS`.
    named : bool
        Whether the name decided and not the vendor's word.

    Examples
    --------
    >>> kind_of("Standard", "L1"), kind_of("Unknown", "QC_low_1"), kind_of("", "WW-QCH-03")
    (('standard', False), ('control', True), ('sample', False))
    """
    stated = _vendor_kinds().get(word(vendor), "")
    if stated and stated != "sample":
        return stated, False
    by_name = _kind_by_name(sample or _stem(filename))
    return (by_name, True) if by_name else ("sample", False)


@cache
def _vendor_kinds() -> dict[str, str]:
    return {word(text): kind for kind, texts in load()["kinds"].items() for text in texts}


@cache
def _name_rules() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (kind, re.compile("|".join(map(_bounded, texts)), re.IGNORECASE))
        for kind, texts in load()["names"].items()
    )


def _bounded(text: str) -> str:
    return text if not text.isascii() else rf"(?<![A-Za-z]){text}(?![A-Za-z])"


@lru_cache(maxsize=4096)
def _kind_by_name(name: str) -> str:
    return next((kind for kind, rule in _name_rules() if rule.search(name)), "")


def _stem(filename: str) -> str:
    return re.split(r"[\\/]", filename)[-1].rsplit(".", 1)[0]


def file_key(filename: str) -> str:
    """A raw file as it is compared: without folder, suffix and case.

    Examples
    --------
    >>> file_key("data/WW_01.d"), file_key("ww_01")
    ('ww_01', 'ww_01')
    """
    return re.sub(r"\.(?:d|raw|wiff2?|wiff\.scan)$", "", _last(filename), flags=re.IGNORECASE)


def _last(filename: str) -> str:
    return word(re.split(r"[\\/]", filename.strip())[-1])


def plain_compound(compound: str) -> str:
    """A compound's name without its transition and without a mark of internal standards.

    Examples
    --------
    >>> plain_compound("Cocaine (304.2 -> 182.1)"), plain_compound("D9-THC-COOH")
    ('Cocaine', 'THC-COOH')
    """
    name = _TRANSITION.sub("", _MARKED.sub(" ", compound)).strip()
    delta = _DELTA.match(name)
    return name[delta.end() :] if delta and delta["place"] == "9" else name


@lru_cache(maxsize=4096)
def is_standard(compound: str, stated: bool | None = None) -> bool:
    """Whether a compound is an internal standard.

    Parameters
    ----------
    compound : str
        As written.
    stated : bool, optional
        What the export itself says.

    Returns
    -------
    bool
        ``D9-THC`` is the drug, ``THC-D9`` its labelled form.

    Examples
    --------
    >>> [is_standard(name) for name in ("METH-d5", "Cocaine D3", "D9-THC", "13C6-Amphetamine")]
    [True, True, False, True]
    """
    if stated or _MARKED.search(compound):
        return True
    name = plain_compound(compound)
    if names.resolve("analyte", name):
        return False
    name = _DELTA.sub("", name)
    return any(rule.search(name) for rule in (_BEHIND, _LABEL_BEHIND, _LABEL_BEFORE))


@lru_cache(maxsize=4096)
def unlabelled(compound: str) -> str:
    """What an internal standard is the labelled form of: our name, or the name as written.

    Examples
    --------
    >>> unlabelled("METH-d5"), unlabelled("d11-Amphetamine (ISTD)"), unlabelled("Cocaine")
    ('methamphetamine', 'amphetamine', 'cocaine')
    """
    name = _BEHIND.sub("", plain_compound(compound))
    bare = _LABEL_BEFORE.sub("", _LABEL_BEHIND.sub("", name)).strip() or name
    return names.resolve("analyte", bare) or word(bare)
