"""Sentences that explain the field's terms, read from docs/glossary.md."""

import re
from functools import cache
from pathlib import Path

GLOSSARY = Path(__file__).parents[2] / "docs" / "glossary.md"
ENTRY = re.compile(r"^- \*\*(.+?)\*\*: (.+)$", re.MULTILINE)


@cache
def _entries() -> dict[str, str]:
    return {term.lower(): text for term, text in ENTRY.findall(GLOSSARY.read_text("utf-8"))}


def sentence(term: str) -> str:
    """Returns the explanation of a term. Raises KeyError where the glossary lacks it.

    >>> sentence("chance")
    'The accuracy of guessing among the active classes.'
    """
    text = _entries()[term.lower()]
    return text[:1].upper() + text[1:]
