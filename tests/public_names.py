"""What is public, and what docstrings say: read here, judged by tests/contracts."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import textwrap
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

FURTHER = (
    "wbe.emerging.source_classes", "wbe.emerging.source_evidence", "wbe.emerging.source_rounds",
    "wbe.io.indicators", "wbe.io.tier_files", "wbe.reproduce", "wbe.spatial.county",
)  # fmt: skip
"""Modules that are public beside those that `wbe.__all__` leads to."""

SECTIONS = (
    "Parameters", "Attributes", "Returns", "Yields", "Raises", "Warns", "See Also", "Notes",
    "References", "Examples",
)  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """One entry of a section: ``names : type``, and what is said below it."""

    names: tuple[str, ...]
    type: str
    text: str


@dataclass(frozen=True)
class Docstring:
    """A numpydoc docstring in parts."""

    summary: str
    sections: dict[str, str]

    def entries(self, *sections: str) -> list[Entry]:
        """Return the entries of some sections, in order."""
        return [e for s in sections for e in _entries(self.sections.get(s, ""), s)]


@dataclass(frozen=True)
class Public:
    """A public function or class, at the shortest path that leads to it."""

    path: str
    value: Any

    @property
    def bare(self) -> Any:
        """The object itself, without a cache or the decorator of units."""
        return inspect.unwrap(self.value)

    @property
    def is_class(self) -> bool:
        return inspect.isclass(self.bare)

    @property
    def is_error(self) -> bool:
        return self.is_class and issubclass(self.bare, BaseException)

    @property
    def doc(self) -> Docstring:
        return parsed(inspect.getdoc(self.bare) or "")

    @property
    def parameters(self) -> list[str]:
        """Names of what a caller gives, in order; of a class, what makes it."""
        made_elsewhere = self.is_error and "__init__" not in vars(self.bare)
        if made_elsewhere or getattr(self.bare, "_is_protocol", False):
            return []
        names = inspect.signature(self.bare).parameters
        return [n for n in names if not n.startswith("_")]


def names_of(module: types.ModuleType) -> list[str]:
    """Return `__all__`; of a module without one, what it defines itself."""
    if hasattr(module, "__all__"):
        return [n for n in module.__all__ if not n.startswith("_")]
    own = module.__name__
    return [
        n
        for n, v in vars(module).items()
        if not n.startswith("_") and getattr(v, "__module__", None) == own
    ]


def modules() -> list[str]:
    """Return the public modules: those that `__all__` leads to, and `FURTHER`."""
    found: list[str] = []
    todo = ["wbe", *FURTHER]
    while todo:
        name = todo.pop(0)
        if name in found:
            continue
        found.append(name)
        module = importlib.import_module(name)
        values = (getattr(module, n) for n in names_of(module))
        todo += [v.__name__ for v in values if inspect.ismodule(v)]
    return found


@cache
def public() -> tuple[Public, ...]:
    """Return every public function and class of the package, once."""
    found: dict[int, Public] = {}
    for name in sorted(modules(), key=len):
        module = importlib.import_module(name)
        for n in names_of(module):
            one = Public(f"{name}.{n}", getattr(module, n))
            bare = one.bare if callable(one.value) else None
            ours = getattr(bare, "__module__", "").startswith("wbe")
            if ours and (inspect.isfunction(bare) or inspect.isclass(bare)):
                found.setdefault(id(bare), one)
    return tuple(sorted(found.values(), key=lambda p: p.path))


def parsed(text: str) -> Docstring:
    """Split a docstring at its headings."""
    heading = re.compile(rf"^({'|'.join(SECTIONS)})\n-+$", re.M)
    pieces = heading.split(text)
    pairs = zip(pieces[1::2], pieces[2::2], strict=True)
    return Docstring(pieces[0].partition("\n\n")[0].strip(), {n: b.strip("\n") for n, b in pairs})


def _entries(body: str, section: str) -> Iterator[Entry]:
    head, rest = "", []
    for line in [*body.splitlines(), "\0"]:
        if not line or line.startswith(" "):
            rest.append(line.strip())
            continue
        if head:
            yield _entry(head, " ".join(rest).strip(), section)
        head, rest = line, []


def _entry(head: str, text: str, section: str) -> Entry:
    names, colon, kind = head.partition(" : ")
    if not colon and section in ("Returns", "Yields"):
        return Entry((), head, text)
    return Entry(tuple(n.strip().lstrip("*") for n in names.split(",")), kind, text)


def hints(one: Public) -> dict[str, str]:
    """Return the annotations of a function, or of the fields of a class, as texts."""
    if not one.is_class:
        signature = inspect.signature(one.bare)
        given = {n: str(p.annotation) for n, p in signature.parameters.items()}
        return {**given, "return": str(signature.return_annotation)}
    return {
        n: str(a)
        for c in reversed(one.bare.__mro__)
        for n, a in vars(c).get("__annotations__", {}).items()
    }


@cache
def given_back() -> frozenset[str]:
    """Return names of classes that public functions return, or that are fields of public ones."""
    said = [
        text
        for one in public()
        for name, text in hints(one).items()
        if one.is_class or name == "return"
    ]
    return frozenset(word for text in said for word in re.findall(r"\w+", text))


def raised(function: Callable[..., Any], depth: int = 1) -> set[str]:
    """Return what a function raises itself, or in a function of the package that it calls."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and node.exc is not None:
            error = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            found.add(ast.unparse(error))
        elif depth and isinstance(node, ast.Call):
            called = inspect.unwrap(_called(node.func, function.__globals__))
            if inspect.isfunction(called) and called.__module__.startswith("wbe"):
                found |= raised(called, depth - 1)
    return found


def _called(node: ast.expr, space: dict[str, Any]) -> Any:
    if isinstance(node, ast.Name):
        return space.get(node.id)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return getattr(space.get(node.value.id), node.attr, None)
    return None


__all__ = [
    "FURTHER", "SECTIONS", "Docstring", "Entry", "Public", "given_back", "hints", "modules",
    "names_of", "parsed", "public", "raised",
]  # fmt: skip
