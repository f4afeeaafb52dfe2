"""Words about the lesson in which a class was lost, seen step by step."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.views.draw.facts import Reading, RunFacts
from app.views.draw.words.phrases import MOST_NAMED, lesson, listed, percent
from app.views.draw.words.remedies import contest


@dataclass(frozen=True)
class Moment:
    """Answer of the network after so many steps of a lesson."""

    step: int
    reading: Reading


Moments = Sequence[Moment]


def heading(name: str, unlabelled: Moments) -> str:
    """Returns the heading: what is left of a class among the answers of its own lesson."""
    still = unlabelled[-1].reading.alone_answer == name
    return "It is still in there" if still else f"How the {name} was lost"


def lead(run: RunFacts, name: str, learning: int, moments: Moments, label: bool) -> str:
    """Returns what the slider shows, and between which steps the class was lost."""
    steps = f"the {moments[-1].step:,} steps of {lesson(run, learning)}"
    if label:
        return f"Through {steps}, with the lesson given. {_given(name, moments[-1].reading)}"
    return f"Through {steps}. {_lost(name, moments)}"


def _lost(name: str, moments: Moments) -> str:
    for before, after in zip(moments, moments[1:]):
        if before.reading.known and not after.reading.known:
            return f"Your {name} is first lost between steps {before.step:,} and {after.step:,}."
    return f"Your {name} is lost at none of them."


def _given(name: str, last: Reading) -> str:
    said = f"in the end it says {last.answer} ({percent(last.share)})"
    if last.known:
        return f"Now {said}: the {name} was still in there."
    return f"Even so, {said}."


def moment(steps: int, at: Moment, name: str) -> str:
    """Returns what the network says at a moment, and how likely the true class is."""
    when = f"After {at.step:,} of {steps:,} steps" if at.step else "Before the lesson"
    shown = [label for label, _ in at.reading.shares[:2]]
    rest = "" if name in shown else f"; {name} has {percent(at.reading.probability or 0)}"
    return f"{when}: {contest(at.reading.shares)}{rest}"


def toggle(run: RunFacts, name: str, label: bool) -> str:
    """Returns the words of the button that gives the task label or takes it; empty for none."""
    own = run.classes[run.lesson_of(name)]
    if len(own) == 1:
        return ""
    if label:
        return "Ask among all again"
    choice = f": {listed(own, 'or')}?" if len(own) <= MOST_NAMED else ""
    return f"Tell it the lesson{choice}"
