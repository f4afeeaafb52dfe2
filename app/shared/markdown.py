"""Markdown of the pages."""

from collections.abc import Iterable, Sequence


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
