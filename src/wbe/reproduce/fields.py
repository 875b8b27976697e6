"""Fields of a study's file: there, known, and of an allowed value, or an error that names them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wbe.errors import ConfigError


def require(
    raw: Mapping[str, Any],
    needed: Sequence[str],
    shown: str,
    known: Sequence[str] | None,
    where: str = "",
) -> None:
    """Raise for all fields that are missing at once, or for those that nothing reads.

    Parameters
    ----------
    raw : mapping
        A part of the file.
    needed : sequence of str
        Fields that must be there.
    shown : str
        The file, as messages name it.
    known : sequence of str, optional
        Fields that may be there; without it any may.
    where : str
        What stands before a field's name in messages.

    Raises
    ------
    ConfigError
        Naming file and field.
    """
    if missing := [name for name in needed if name not in raw]:
        raise ConfigError(
            f"a field is missing: {', '.join(missing)}; write it, even where it is empty",
            shown, where + missing[0],
        )  # fmt: skip
    if known is not None and (odd := sorted(set(raw) - set(known))):
        raise ConfigError(f"unknown field: {', '.join(odd)}", shown, where + odd[0])


def one_of(value: Any, allowed: Sequence[str], shown: str, key: str) -> None:
    """Raise where a value is none of those allowed.

    Raises
    ------
    ConfigError
        Naming file and field.
    """
    if value not in allowed:
        raise ConfigError(f"{value!r} is none of {', '.join(allowed)}", shown, key)


def texts(raw: Mapping[str, Any], names: Sequence[str], shown: str, where: str = "") -> None:
    """Raise where a text for people is missing, empty, or without its Chinese.

    Parameters
    ----------
    raw : mapping
    names : sequence of str
        Fields whose Chinese stands in a field of the same name with ``_zh``.
    shown, where : str
        As in `require`.

    Raises
    ------
    ConfigError
        Naming file and field.
    """
    require(raw, [f"{name}_zh" for name in names], shown, None, where)
    for name in names:
        told = raw[f"{name}_zh"]
        if isinstance(told, str) and raw[name].strip() and not told.strip():
            raise ConfigError("a text without its Chinese", shown, f"{where}{name}_zh")
        if isinstance(told, list) and len(told) != len(raw[name]):
            text = f"{len(raw[name])} texts and {len(told)} in Chinese"
            raise ConfigError(text, shown, f"{where}{name}_zh")
