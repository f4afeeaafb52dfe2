"""Words about the pixels that spoke for a class or against it."""

from app.views.draw.facts import RunFacts
from app.views.draw.words.phrases import look, percent

QUESTION = "Which pixels spoke for it?"
NOTE = (
    "A pixel counts by its brightness times the gradient of the lead: how the answer would move if"
    " the pixel were a little brighter. It shows what the network weighed, not why it learned to."
)
NO_GRADIENT = (
    "This network rounds what it computes from the pixels. A rounded number has no gradient, so"
    " nobody can say which pixels spoke for its answer."
)


def lead(name: str) -> str:
    """Returns what the pictures show."""
    return f"Green pixels spoke for {name}, orange ones for the strongest other answer."


def heading(run: RunFacts, after: int) -> str:
    """Returns which checkpoint a picture is of."""
    return f"After {look(run, after)}"


def caption(name: str, rival: str, share: float) -> str:
    """Returns how much spoke for a class and how much for the strongest other answer.

    >>> caption("0", "2", 0.25)
    '25\\xa0% for 0, 75\\xa0% for 2'
    """
    return f"{percent(share)} for {name}, {percent(1 - share)} for {rival}"


def description(run: RunFacts, after: int, words: str) -> str:
    """Returns the alternative text of a picture, given its caption."""
    return f"{heading(run, after)}: of all that the pixels say, {words}"


def not_yet(run: RunFacts, name: str, after: int) -> str:
    """Returns why a checkpoint has no picture."""
    return "not learned yet" if after < run.own(name) else "nothing to compare with"
