"""Every error and warning of the package. Standard library only.

Each error says what is wrong and how to mend it; the command line turns the class into its exit
code, so that scripts can tell a wrong configuration from a full disk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wbe.findings import Findings


class Said(str):
    """A sentence in English that knows its Chinese, for errors, whose reader is not known yet.

    Parameters
    ----------
    english, chinese : str
    """

    zh: str

    def __new__(cls, english: str, chinese: str) -> Said:
        """Keep both; the text itself is the English one."""
        sentence = super().__new__(cls, english)
        sentence.zh = chinese
        return sentence

    def __reduce__(self) -> tuple[type[Said], tuple[str, str]]:
        return type(self), (str(self), self.zh)


def in_language(text: Any, lang: str) -> Any:
    """Return a `Said` in one language; anything else as it is.

    Parameters
    ----------
    text : object
    lang : str
        ``en`` or ``zh``.

    Returns
    -------
    object
        The Chinese of a `Said` for ``zh``, else what was given.

    Examples
    --------
    >>> from wbe.errors import Said, in_language
    >>> in_language(Said("no", "否"), "zh"), in_language(5, "zh")
    ('否', 5)
    """
    return text.zh if lang == "zh" and isinstance(text, Said) else text


class WbeError(Exception):
    """Base of all errors that the package raises on purpose."""

    exit_code = 1


class UsageError(WbeError, ValueError):
    """A call or a configuration that cannot be carried out as written."""

    exit_code = 2


class ConfigError(UsageError):
    """A campaign.toml that cannot be used.

    Parameters
    ----------
    message : str
        What is wrong and how to mend it.
    file : str
        Name of the configuration file.
    key : str
        Dotted key, for example ``tiers.breaks``.
    line : int or None
        Line of the key as a person counts it, where it could be told.
    """

    def __init__(self, message: str, file: str = "", key: str = "", line: int | None = None):
        parts = (file, f"line {line}" if line else "", f"key {key!r}" if key else "")
        where = ", ".join(filter(None, parts))
        super().__init__(f"{where}: {message}" if where else message)
        self.message, self.file, self.key, self.line = message, file, key, line

    def __reduce__(self) -> tuple[type[ConfigError], tuple[str, str, str, int | None]]:
        return type(self), (self.message, self.file, self.key, self.line)


class UnitError(UsageError):
    """A unit that is missing, unknown, or of the wrong dimension."""


class MissingFactorError(UsageError, LookupError):
    """A factor that the calculation needs and no row states. Never replaced by a default."""

    def __str__(self) -> str:  # LookupError would print the repr of the message
        return str(self.args[0]) if self.args else ""


class MissingPopulationError(UsageError):
    """A population that a weighted mean or a per-capita value needs and nobody stated."""


class SchemaError(UsageError):
    """A Dataset or table that does not hold what the function needs."""


class TooFewDetectsError(UsageError):
    """Results of which too few, or too much alike, lie above their limits for the method asked."""


class FindingsError(WbeError):
    """Input with errors; carries every finding, not only the first.

    Parameters
    ----------
    findings : wbe.findings.Findings
        All findings of the read, errors and flags.
    message : str
        Instead of the first errors.

    Attributes
    ----------
    findings : wbe.findings.Findings
        All findings of the read, errors and flags.
    """

    exit_code = 4

    def __init__(self, findings: Findings, message: str = ""):
        self.findings = findings
        super().__init__(message or _first_errors(findings))

    def __reduce__(self) -> tuple[type[FindingsError], tuple[Findings, str]]:
        return type(self), (self.findings, str(self))


class PrecisionError(WbeError):
    """A number that cannot be given as exactly as is promised; never given less exactly instead."""

    exit_code = 2


class NothingUsableError(WbeError):
    """After all rejections no sample is left to compute with."""

    exit_code = 4


class EnvironmentFault(WbeError):
    """Disk, permission or lock: the input may be right, the machine said no."""

    exit_code = 5


class WbeWarning(UserWarning):
    """Base of the package's warnings."""


def _first_errors(findings: Findings, most: int = 5) -> str:
    errors = list(findings.errors)
    lines = [f"{e.file}:{e.line or ''} {e.column}: {e.message} {e.fix}" for e in errors[:most]]
    if len(errors) > most:
        lines.append(f"... and {len(errors) - most} more; see .findings")
    return "\n".join(lines)


# Without `Said` and `in_language`: how a message finds its language is the package's own affair.
__all__ = [
    "ConfigError", "EnvironmentFault", "FindingsError", "MissingFactorError",
    "MissingPopulationError", "NothingUsableError", "PrecisionError", "SchemaError",
    "TooFewDetectsError", "UnitError", "UsageError", "WbeError", "WbeWarning",
]  # fmt: skip
