"""Options that are words, checked."""

from __future__ import annotations

from collections.abc import Collection

from wbe.errors import UsageError


def require_choice(name: str, value: str, known: Collection[str]) -> None:
    """Refuse a value of an option that is none of those known.

    Raises
    ------
    UsageError
        With the values that are.
    """
    if value not in known:
        raise UsageError(f"{name} = {value!r} is not known; use one of {', '.join(known)}")
