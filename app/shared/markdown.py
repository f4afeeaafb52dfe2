"""Markdown of the pages."""

import re
from collections.abc import Iterable, Sequence

MARKS = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|$:~^&@/])")


def escaped(text: str) -> str:
    """Returns a text that people wrote so that Markdown shows it as it is.

    >>> print(escaped("a *b* [c](d) :e:"))
    a \\*b\\* \\[c\\]\\(d\\) \\:e\\:
    """
    return MARKS.sub(r"\\\1", text)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Returns a table in Markdown, at the size of the text around it; `st.table` is smaller.

    >>> print(table(["About", "This run"], [("Seed", "0"), ("Data", "a|b")]))
    | About | This run |
    |---|---|
    | Seed | 0 |
    | Data | a\\|b |
    """
    lines = [header, *rows]
    text = ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]
    return "\n".join([text[0], "|" + "---|" * len(header), *text[1:]])
