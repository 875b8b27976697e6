"""``wbe convert --list``: the layouts that a table can have."""

from __future__ import annotations

from wbe.run.converting import BY_WORDS, TIDY, WRITTEN_BY_NAME
from wbe.run.words import say


def listing(lang: str = "en") -> str:
    """Return a line a layout: name, language, what is done with it, where it is from, title.

    Parameters
    ----------
    lang : str
        ``en`` or ``zh``.
    """
    from wbe.io.layout.files import built_in

    rows = [
        (TIDY if name == "long" else name, "en, zh", name in WRITTEN_BY_NAME, "words",
         say(f"convert.form.{name}", lang))
        for name in BY_WORDS
    ]  # fmt: skip
    rows += [(o.name, o.language, True, o.origin, o.title) for o in built_in()]
    shown = [
        (name, language, say("convert.both" if both else "convert.read", lang),
         say(f"convert.from.{origin}", lang), title)
        for name, language, both, origin, title in rows
    ]  # fmt: skip
    widths = [max(len(row[i]) for row in shown) for i in range(4)]
    return "\n".join(
        "  ".join([*(cell.ljust(w) for cell, w in zip(row[:4], widths, strict=True)), row[4]])
        for row in shown
    )
