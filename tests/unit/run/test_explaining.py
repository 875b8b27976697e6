"""``wbe explain``: rules, exit codes and keys in words, with their page in the documentation."""

from __future__ import annotations

import pytest

from wbe import names
from wbe.errors import ConfigError, EnvironmentFault, FindingsError, UsageError
from wbe.findings import RULES, Findings
from wbe.run import explaining, verdict
from wbe.run.keys import KEYS


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_rule_is_explained_in_both_languages_with_its_page(lang: str) -> None:
    for rule in RULES.values():
        said = explaining.explained(rule.id, lang)
        for text in (rule.message, rule.fix, rule.message_zh, rule.fix_zh):
            assert text in said, rule.id
        assert said.endswith(f"reference/generated/findings.html#{rule.id}")


def test_the_language_asked_for_comes_first() -> None:
    rule = RULES["date_unreadable"]
    english, chinese = (explaining.explained(rule.id, lang) for lang in ("en", "zh"))
    assert english.index(rule.message) < english.index(rule.message_zh)
    assert chinese.index(rule.message_zh) < chinese.index(rule.message)


def test_thresholds_stand_with_the_rules_that_they_decide_about() -> None:
    said = explaining.explained("load_contradicts")
    assert "load_share = " in said
    assert "... and" in explaining.explained("load_implausible")
    assert "Threshold" not in explaining.explained("date_unreadable")


def test_every_exit_code_and_key_is_explained() -> None:
    used = {verdict.CLEAN, verdict.CONFIG, verdict.PARTLY, verdict.NOTHING, 1, 130, 143,
            EnvironmentFault.exit_code}  # fmt: skip
    assert set(explaining.EXIT_CODES) == used
    for code in explaining.EXIT_CODES:
        assert explaining.explained(str(code)).startswith(f"Exit code {code}: ")
    for key in KEYS:
        assert explaining.explained(key).startswith(f"{key}: ")
    assert explaining.explained("seed") == explaining.explained("estimate.seed")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_headers_lists_every_spelling_of_every_column_and_word(lang: str) -> None:
    said = explaining.explained("headers", lang)
    lines = {frozenset(line.strip().split("; ")) for line in said.splitlines()}
    for kind in ("field", "analyte", "matrix", "site_type"):
        assert {frozenset(name.spellings) for name in names.of_kind(kind)} <= lines
    assert said.endswith("reference/generated/headers.html#columns")


def test_an_exit_code_may_be_called_as_its_place_in_the_documentation() -> None:
    assert explaining.explained("exit-3") == explaining.explained("3")


def test_something_unknown_names_what_comes_near() -> None:
    with pytest.raises(UsageError, match="date_unreadable"):
        explaining.explained("date-unreadible")
    with pytest.raises(UsageError, match=r"tiers\.breaks"):
        explaining.explained("tiers.break")
    with pytest.raises(UsageError, match="lists all"):
        explaining.explained("qqqqqqqqqq")


def test_without_a_word_everything_is_listed() -> None:
    lines = explaining.explained(None, "zh").splitlines()
    listed = {line.strip().partition(":")[0] for line in lines}
    assert set(RULES) | set(map(str, explaining.EXIT_CODES)) <= listed


def test_the_pages_exist_in_the_documentation(root) -> None:
    headings = {
        "code": ("batches.md", "## Exit codes"), "key": ("formats.md", "## campaign.toml"),
    }  # fmt: skip
    for kind, (page, heading) in headings.items():
        assert explaining.PAGES[kind].startswith(page.replace(".md", ".html#"))
        assert heading in (root / "docs" / page).read_text(encoding="utf-8").splitlines()
    text = (root / "docs" / "plausibility.md").read_text(encoding="utf-8")
    assert "## Thresholds" in text.splitlines()
    generator = (root / "docs" / "generate.py").read_text(encoding="utf-8")
    assert '"findings.md"' in generator and '"commands.md"' in generator


def test_an_error_leads_to_its_key_its_code_or_its_command() -> None:
    def said(error) -> str:
        return explaining.hint(error, "wbe run")

    assert said(ConfigError("no", "campaign.toml", "tiers.breaks", 3)) == (
        "wbe explain tiers.breaks says more."
    )
    assert "formats.html" in said(ConfigError("no", "campaign.toml", "tiers.brakes"))
    assert said(EnvironmentFault("disk")) == "wbe explain 5 says more."
    assert said(UsageError("no")).endswith("commands.html#wbe-run")
    assert said(FindingsError(Findings())) == ""
