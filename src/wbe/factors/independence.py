"""What a number was made from may not confirm it."""

from __future__ import annotations

from collections.abc import Iterable

from wbe.errors import UsageError

KINDS = (
    "PK", "WBE", "sales", "seizures", "census", "register", "operator", "survey", "mobile",
)  # fmt: skip
"""What factors, marker loads and populations are made from; ``PK``: studies of people."""


def made_from(derived_from: str) -> frozenset[str]:
    """Return the parts of a ``derived_from``, such as ``WBE+sales``.

    Parameters
    ----------
    derived_from : str
        Kinds joined by ``+``, as in the column of ``excretion.csv``.

    Returns
    -------
    frozenset of str
        Members of `KINDS`.

    Raises
    ------
    UsageError
        If a part is none of `KINDS`.

    Examples
    --------
    >>> from wbe import factors
    >>> sorted(factors.made_from("WBE+sales"))
    ['WBE', 'sales']
    """
    parts = frozenset(part.strip() for part in derived_from.split("+") if part.strip())
    if unknown := sorted(parts - set(KINDS)):
        known = ", ".join(KINDS)
        raise UsageError(f"derived_from {derived_from!r}: {', '.join(unknown)} is none of {known}")
    return parts


def require_independent(name: str, derived_from: str | Iterable[str], against: str) -> None:
    """Refuse to validate a number against what it was made from.

    Parameters
    ----------
    name : str
        Of the factor, marker load or population; for the message.
    derived_from : str or iterable of str
        What it was made from, as in the column of ``excretion.csv``; several where it was
        calculated with several factors.
    against : str
        What it is to be compared with: one of `KINDS`.

    Raises
    ------
    UsageError
        If `against` is among them, or `derived_from` is empty: what is not known to be independent
        validates nothing.

    Examples
    --------
    >>> from wbe.factors import require_independent
    >>> require_independent("methadone|EDDP", "PK", "sales")
    >>> require_independent("methadone|EDDP", "WBE+sales", "sales")
    Traceback (most recent call last):
    wbe.errors.UsageError: methadone|EDDP was derived from sales and cannot be validated against ...
    """
    if against not in KINDS:
        raise UsageError(f"{against!r} is none of {', '.join(KINDS)}")
    texts = [derived_from] if isinstance(derived_from, str) else list(derived_from)
    parts = [made_from(text) for text in texts]
    if not parts or not all(parts):
        raise UsageError(f"{name}: derived_from is not stated, so nothing can validate it")
    if against in frozenset().union(*parts):
        raise UsageError(
            f"{name} was derived from {against} and cannot be validated against {against}: "
            "agreement would be built in"
        )


__all__ = ["KINDS", "made_from", "require_independent"]
