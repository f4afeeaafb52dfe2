"""The field's terms in a sentence, underlined and explained on a tap from docs/glossary.md."""

import re
from collections.abc import Iterable
from html import escape

from app.shared import glossary


def marked(text: str, terms: Iterable[str]) -> str:
    """Returns a text as HTML in which the first mention of each term is a button that explains it.

    A term is found in its plural, too. Raises KeyError for a term that the glossary lacks.

    >>> print(marked("task labels <b>", ["task label"]))  # doctest: +ELLIPSIS
    <button type="button" class="term" data-explanation="...">task labels</button> &lt;b&gt;
    """
    found = {term.lower(): escape(glossary.sentence(term)) for term in terms}
    if not found:
        return escape(text)
    longest_first = sorted(map(re.escape, found), key=len, reverse=True)
    pattern = rf"(?<!\w)((?:{'|'.join(longest_first)})s?)(?!\w)"
    html = []
    for part in re.split(pattern, text, flags=re.IGNORECASE):
        term = part.lower() if part.lower() in found else part.lower().removesuffix("s")
        explanation = found.pop(term, None)
        html.append(_button(part, explanation) if explanation else escape(part))
    return "".join(html)


def _button(term: str, explanation: str) -> str:
    return (
        f'<button type="button" class="term" data-explanation="{explanation}">'
        f"{escape(term)}</button>"
    )
