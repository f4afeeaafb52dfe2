"""Words about the pixels that spoke for a class or against it."""

from collections.abc import Sequence

from app.views.draw.facts import RunFacts
from app.views.draw.words.phrases import look

QUESTION = "Which pixels spoke for it?"
SIDE = 4  # in pixels, of the squares over which contributions to a photograph are summed
NO_GRADIENT = (
    "The scores of this network have no gradient that leads back to the pixels: on the way numbers"
    " are rounded, or computed without one. So this method cannot say which pixels spoke."
)
TO_COME = "The network has not learned this class yet, so no pixel can speak for it."
ONE_ANSWER = "There is only one answer to choose from, so no pixel had to decide."
LIMITS = (
    "A black pixel counts nothing, though a gap may matter. This shows what the network weighed"
    " here, not why it learned to."
)
CLOSE = 0.25  # of a lead, or of a point, at most: the rest that sums called close leave


def points(value: float) -> str:
    """Returns points of a score with their sign.

    >>> points(3), points(-10.96), points(-0.01)
    ('+3.0', '−11.0', '0.0')
    """
    text = f"{abs(value):.1f}"
    return text if float(text) == 0 else f"{'−' if value < 0 else '+'}{text}"


def lead(run: RunFacts, name: str) -> str:
    """Returns what the pictures show."""
    unit = "squares" if run.photo else "pixels"
    return (
        f"Light green {unit} spoke for {name}, dark orange ones for the strongest other answer, in"
        " points of the score."
    )


def heading(run: RunFacts, after: int) -> str:
    """Returns which checkpoint a picture is of."""
    return f"After {look(run, after)}"


def captions(name: str, rival: str, given: float, against: float) -> tuple[str, str]:
    """Returns the points that spoke for a class, and those for the strongest other answer.

    >>> captions("0", "2", 3, 10.96)
    ('3.0 for 0', '11.0 for 2')
    """
    return f"{given:.1f} for {name}", f"{against:.1f} for {rival}"


def description(run: RunFacts, after: int, points_of: tuple[str, str]) -> str:
    """Returns the alternative text of a picture, given its captions."""
    unit = "squares" if run.photo else "pixels"
    said = " and ".join(points_of)
    return f"{heading(run, after)}: the {unit} say {said}, in points of the score"


def missing(run: RunFacts, name: str, after: int, answers: int) -> str:
    """Returns why a checkpoint has no picture. answers: how many it chooses from."""
    if after < run.own(name):
        return "not learned yet"
    return "no gradient" if answers > 1 else "nothing to compare with"


def instead(absent: set[str]) -> str:
    """Returns the sentence in place of all pictures. absent: why each of them is missing."""
    if "no gradient" in absent:
        return NO_GRADIENT
    return ONE_ANSWER if "nothing to compare with" in absent else TO_COME


def note(run: RunFacts, leads: Sequence[tuple[int, float, float]]) -> str:
    """Returns how the pictures are made, and what they do not say.

    leads: (checkpoint, lead of the class over the strongest other answer, sum of the contributions)
    of every picture.
    """
    summed = f", summed over squares of {SIDE} × {SIDE} pixels" if run.photo else ""
    return (
        "A pixel counts by its brightness times the gradient of the class's lead over that"
        f" answer{summed}. {added_up(run, leads)} {LIMITS}"
    )


def added_up(run: RunFacts, leads: Sequence[tuple[int, float, float]]) -> str:
    """Returns how far the sums of contributions are from the leads."""
    after, lead, total = max(leads, key=_rest)
    if _rest((after, lead, total)) <= CLOSE:
        rest = max(abs(lead - total) for _, lead, total in leads)
        return (
            f"Added up they give that lead but for at most {rest:.1f} points, which belong to no"
            " pixel."
        )
    return (
        f"Added up they do not give that lead ({points(total)} of {points(lead)} after"
        f" {look(run, after)}); the rest belongs to no pixel. So the colours say where a small"
        " change would count, not how the answer came about."
    )


def _rest(lead: tuple[int, float, float]) -> float:
    """Returns what the sum leaves of a lead, as a share of it or of a point."""
    _, own, total = lead
    return abs(own - total) / max(abs(own), 1.0)
