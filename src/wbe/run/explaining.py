"""``wbe explain``: what a finding, an exit code or a key of campaign.toml means."""

from __future__ import annotations

import difflib
import re
from typing import Final

from wbe import names, thresholds
from wbe.errors import ConfigError, EnvironmentFault, UsageError, WbeError
from wbe.findings import RULES, Rule
from wbe.run.keys import KEYS, Key
from wbe.run.words import both, say

#: Exit codes of the contract; `words.csv` says what each means.
EXIT_CODES: Final = (0, 1, 2, 3, 4, 5, 130, 143)
#: Pages of the documentation, by their path in it.
PAGES: Final = {
    "rule": "reference/generated/findings.html#{id}",
    "code": "batches.html#exit-codes",
    "key": "formats.html#campaign-toml",
    "command": "reference/generated/commands.html#{id}",
    "headers": "reference/generated/headers.html#columns",
}
LANGS: Final = ("en", "zh")
#: What `headers` lists: columns of tables, and words that may stand in them.
HEADERS: Final = ("field", "analyte", "matrix", "mode", "basis", "status", "role", "site_type",
                  "datum")  # fmt: skip
#: Thresholds of one kind, such as ceilings by analyte, that are listed.
FEW: Final = 6


def explained(what: str | None, lang: str = "en") -> str:
    """Return what a word of the program means, and the page of the documentation about it.

    Parameters
    ----------
    what : str or None
        A rule of a finding, an exit code, a key of campaign.toml with or without its section, or
        ``headers``: every header and word that is understood in tables. None: all that can be
        explained.
    lang : str
        ``en`` or ``zh``. The words of a rule are given in both.

    Raises
    ------
    UsageError
        If nothing is called so; the message names what comes near.
    """
    if what is None:
        return "\n".join(_index(lang))
    word = what.strip().removeprefix("exit-")
    if word == "headers":
        return "\n".join(_headers(lang))
    if word in RULES:
        return "\n".join(_rule(RULES[word], lang))
    if word in map(str, EXIT_CODES):
        return "\n".join(_code(int(word), lang))
    if keys := [key for name, key in KEYS.items() if word in (name, name.rpartition(".")[2])]:
        return "\n\n".join("\n".join(_key(key, lang)) for key in keys)
    near = nearest(word)
    raise UsageError(
        both("explain.nearest", word=word, near=", ".join(near))
        if near
        else both("explain.unknown", word=word)
    )


def hint(error: WbeError, command: str, lang: str = "en") -> str:
    """Return where to read on about an error: a key, an exit code, or the page of the command.

    Parameters
    ----------
    error : WbeError
    command : str
        As typed, ``wbe run``.
    lang : str

    Returns
    -------
    str
        Empty where the error itself says it, as a list of findings does.
    """
    if isinstance(error, ConfigError):
        return (
            say("explain.hint", lang, word=error.key) if error.key in KEYS else _page("key", lang)
        )
    if isinstance(error, EnvironmentFault):
        return say("explain.hint", lang, word=error.exit_code)
    return command_page(command, lang) if isinstance(error, UsageError) else ""


def command_page(command: str, lang: str = "en") -> str:
    """Return the line that names the documentation page of a command."""
    return _page("command", lang, command.replace(" ", "-"))


def nearest(word: str, n: int = 3) -> list[str]:
    """Return the rules and keys whose names come nearest, best first.

    Examples
    --------
    >>> nearest("load_implausable")[0]
    'load_implausible'
    """
    plain = re.sub(r"[\s-]+", "_", word.casefold())
    return difflib.get_close_matches(plain, (*RULES, *KEYS), n=n, cutoff=0.6)


def _index(lang: str) -> list[str]:
    """Exit codes and rules, a line each, errors first."""
    lines = [say("explain.codes", lang)]
    said = {code: say(f"explain.code.{code}", lang) for code in EXIT_CODES}
    lines += [f"  {code}: {text}" for code, text in said.items()]
    for severity in ("error", "flag"):
        lines.append(say(f"explain.listed.{severity}", lang))
        chosen = sorted(rule.id for rule in RULES.values() if rule.severity == severity)
        lines += [f"  {id}: {_message(RULES[id], lang)}" for id in chosen]
    lines.append(say("explain.keys", lang))
    return [*lines, f"  {', '.join(KEYS)}", _page("rule", lang).partition("#")[0]]


def _headers(lang: str) -> list[str]:
    """Every accepted header and word, a line each under its kind: the usual one first."""
    lines = [say("explain.headers", lang)]
    for kind in HEADERS:
        lines.append(say(f"explain.headers.{kind}", lang))
        lines += [f"  {'; '.join(dict.fromkeys(name.spellings))}" for name in names.of_kind(kind)]
    return [*lines, _page("headers", lang)]


def _message(rule: Rule, lang: str) -> str:
    return rule.message_zh if lang == "zh" else rule.message


def _rule(rule: Rule, lang: str) -> list[str]:
    """Meaning, words in both languages, thresholds and page of a rule."""
    scope = say(f"explain.scope.{rule.scope}", lang)
    effect = say(f"explain.effect.{rule.severity}", lang, scope=scope)
    lines = [f"{rule.id}: {effect}"]
    words = {"en": (rule.message, rule.fix), "zh": (rule.message_zh, rule.fix_zh)}
    for spoken in sorted(LANGS, key=lambda other: other != lang):
        message, fix = words[spoken]
        lines += [
            say("explain.message", spoken, text=message),
            say("explain.fix", spoken, text=fix),
        ]
    decisive = thresholds.of_rule(rule.id)
    for one in decisive[:FEW]:
        values = " ".join(f"{value:.10g}" for value in one.values)
        shown = f"{one.id} = {values} {one.unit}: {one.meaning} ({one.reason})"
        lines.append(say("explain.threshold", lang, text=shown))
    if len(decisive) > FEW:
        lines.append(say("explain.thresholds", lang, n=len(decisive) - FEW))
    return [*lines, _page("rule", lang, rule.id)]


def _code(code: int, lang: str) -> list[str]:
    said = say(f"explain.code.{code}", lang)
    return [say("explain.code", lang, code=str(code), said=said), _page("code", lang)]


def _key(key: Key, lang: str) -> list[str]:
    """Kind, default and meaning of a key of the configuration."""
    kind = say(f"config.kind.{key.kind}", lang).strip()
    default = say("explain.unset", lang) if key.default is None else repr(key.default)
    head = say("explain.key", lang, name=key.name, kind=kind, default=default)
    meaning = say(f"key.{key.name}", lang)
    return [head, f"  {meaning}", _page("key", lang)]


def _page(kind: str, lang: str, id: str = "") -> str:
    return say("explain.page", lang, page=PAGES[kind].format(id=id))
