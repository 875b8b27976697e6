"""Nothing that somebody sent is ever run, and nothing is unpacked into objects or onto the disk."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src" / "wbe").rglob("*.py"))

#: Modules whose loading runs what the data say, or whose XML parsers expand entities.
MODULES = frozenset({
    "pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal", "joblib", "numexpr", "xlrd",
    "xml.etree", "xml.sax", "xml.dom", "lxml", "pickletools", "runpy", "code",
})  # fmt: skip
#: Of those modules, what only writes.
WRITERS = frozenset({
    "xml.sax.saxutils.escape", "xml.sax.saxutils.quoteattr", "xml.etree.ElementTree",
})  # fmt: skip
#: Functions by the name that they are called under.
CALLS = frozenset({
    "eval", "exec", "compile", "__import__", "read_pickle", "to_pickle", "extractall", "extract",
    "unpack_archive", "full_load", "unsafe_load", "load_module", "system", "popen",
})  # fmt: skip
#: Other things of the same name: regular expressions, `str.extract` of pandas, our own rows.
MEANT = frozenset({("re", "compile"), ("str", "extract"), ("rows", "extract")})


def offences(tree: ast.AST) -> list[str]:
    """What a module imports or calls that it must not."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = getattr(node, "module", None)
            names = [alias.name for alias in node.names]
            names = [f"{module}.{name}" for name in names] if module else names
            names = [name for name in names if name not in WRITERS]
            found += [n for n in names if any(f"{n}.".startswith(f"{m}.") for m in MODULES)]
        elif isinstance(node, ast.Call):
            found += _call(node)
    return found


def _call(node: ast.Call) -> list[str]:
    owner, name = "", ""
    if isinstance(node.func, ast.Attribute):
        name = node.func.attr
        value = node.func.value
        owner = value.id if isinstance(value, ast.Name) else getattr(value, "attr", "")
    elif isinstance(node.func, ast.Name):
        name = node.func.id
    meant = (owner, name) in MEANT or (name == "extract" and not owner)
    found = [name] if name in CALLS and not meant else []
    for keyword in node.keywords:
        true = isinstance(keyword.value, ast.Constant) and bool(keyword.value.value)
        found += [keyword.arg] if keyword.arg in ("allow_pickle", "shell") and true else []
    if (owner, name) == ("yaml", "load") or (owner == "ElementTree" and name != "tostring"):
        found.append(f"{owner}.{name}")
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.relative_to(ROOT / "src").as_posix())
def test_a_module_runs_nothing_that_it_reads(path: Path) -> None:
    assert offences(ast.parse(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "text",
    [
        "import pickle", "from joblib import load", "eval(x)", "exec(x)", "frame.eval(x)",
        "np.load(f, allow_pickle=True)", "yaml.load(f)", "archive.extractall()", "compile(x)",
        "from xml.etree.ElementTree import parse", "from xml.etree import ElementTree\n"
        "ElementTree.fromstring(x)", "import xml.sax", "__import__(x)", "numexpr = 1\n"
        "import numexpr", "subprocess.run(x, shell=True)", "os.system(x)",
    ],
)  # fmt: skip
def test_the_rule_sees_what_it_should(text: str) -> None:
    assert offences(ast.parse(text))


def test_the_rule_leaves_what_is_harmless() -> None:
    harmless = "re.compile(x)\nimport json\nyaml.safe_load(f)\nnp.load(f, allow_pickle=False)"
    assert offences(ast.parse(harmless)) == []
