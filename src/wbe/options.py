"""Options of functions, checked: words that must be known, probabilities. Standard library only."""

from __future__ import annotations

from collections.abc import Collection

from wbe.errors import UsageError


def require_choice(name: str, value: str, known: Collection[str]) -> None:
    """Refuse a value of an option that is none of those known: a misspelt one means no other.

    Parameters
    ----------
    name : str
        Of the option, for the message.
    value : str
    known : collection of str

    Raises
    ------
    UsageError
        With the values that are known.

    Examples
    --------
    >>> require_choice("scale", "lgo", ("log", "linear"))
    Traceback (most recent call last):
    ...
    wbe.errors.UsageError: scale = 'lgo' is none of log, linear
    """
    if value not in known:
        raise UsageError(f"{name} = {value!r} is none of {', '.join(known)}")


def require_level(level: float) -> float:
    """Return the probability of an interval if it lies between 0 and 1.

    Parameters
    ----------
    level : float [1]

    Returns
    -------
    float

    Raises
    ------
    UsageError
        If it does not, or is NaN.

    Examples
    --------
    >>> require_level(95)
    Traceback (most recent call last):
    ...
    wbe.errors.UsageError: level = 95: the probability of an interval lies between 0 and 1
    """
    if not 0 < level < 1:
        raise UsageError(f"level = {level}: the probability of an interval lies between 0 and 1")
    return level
