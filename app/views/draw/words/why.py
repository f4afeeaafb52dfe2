"""Why a class was lost: two sentences made from the answers for one picture."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.views.draw.facts import LOST, Reading, RunFacts, Truth, losses
from app.views.draw.words.phrases import MOST_NAMED, lesson, listed, named, noun, percent

Readings = Sequence[Reading]
# What a strategy that teaches a class from pictures has of an earlier class.
TAUGHT_WITH = {
    "replay": "it had only a few images of {} to practise",
    "finetune": "nothing reminded it of {}",
    "ewc": "it had images of {} only to see which weights matter for it",
    "analytic": "it computed new weights from some images of {} and of all other classes",
}
SEE = "See it for all test images"


@dataclass(frozen=True)
class Why:
    """Answer to "Why?". question: of the button; toggle: of the one that gives or takes the
    label, empty where that would change nothing.
    """

    question: str
    sentences: tuple[str, str]
    toggle: str = ""


def why(run: RunFacts, truth: Truth, readings: Readings, label: bool) -> Why | None:
    """Returns why a class was lost first; None where nothing was lost."""
    if truth.name is None or run.at_once:
        return None
    lost = losses(run, readings, truth.name)
    if not lost:
        return None
    forgot = not readings[-1].known and run.kept(run.lesson_of(truth.name)) < LOST
    return Why(
        "Why did it forget?" if forgot else "Why was it lost?",
        (_loss(run, truth.name, readings, lost[0]), _alone(run, truth.name, readings, label)),
        _toggle(run, truth.name, label),
    )


def _loss(run: RunFacts, name: str, readings: Readings, at: int) -> str:
    """Returns what happened in the lesson in which a class was lost first."""
    before, after = readings[at - 1].probability or 0.0, readings[at].probability or 0.0
    verb = "fell" if after < before else "went"
    taker = f"{readings[at].answer} took its place ({percent(readings[at].share)})"
    return (
        f"Learning {lesson(run, at)}, {_practised(run, name, at)}: its probability {verb} from"
        f" {percent(before)} to {percent(after)}, and {taker}."
    )


def _practised(run: RunFacts, name: str, at: int) -> str:
    """Returns what the network had of a class's images while it learned a later lesson."""
    taught = at - (len(run.classes) - len(run.taught))
    if taught >= 0:
        return TAUGHT_WITH[run.taught[taught]].format(named(name))
    if run.family == "replay":
        return f"it had only the few stored images of {named(name)} to practise"
    if run.strategy == "cumulative":
        return f"it started over with the images of all {noun(run)} so far"
    if run.strategy == "finetune":
        return f"nothing reminded it of {named(name)}"
    return f"it saw no real image of {named(name)}"


def _alone(run: RunFacts, name: str, readings: Readings, label: bool) -> str:
    """Returns what the last checkpoint says among the classes of the lesson alone."""
    now = readings[-1]
    own = run.classes[run.lesson_of(name)]
    if run.shared_outputs:
        return "Every lesson uses the same outputs here, so the task label would not help."
    if len(own) == 1:
        return "The lesson has only one class, so the task label would give the answer away."
    question = f"to choose between the {len(own)} {noun(run)} of its own lesson"
    if len(own) <= MOST_NAMED:
        question = f"whether it is {_choice(own)}"
    begin = f"Asked only {question}, the network of today"
    share = percent(now.alone or 0)
    if now.alone_answer == name:
        return f"{begin} says {name} ({share})."
    return f"{begin} says {now.alone_answer}, and {name} has {share}: the lesson itself is lost."


def _choice(names: Sequence[str]) -> str:
    return listed([named(name) for name in names], "or")


def _toggle(run: RunFacts, name: str, label: bool) -> str:
    """Returns the words of the button that gives or takes the task label."""
    own = run.classes[run.lesson_of(name)]
    if run.shared_outputs or len(own) == 1:
        return ""
    if label:
        return "Let it choose among all again"
    return f"Ask only: {listed(own, 'or')}?" if len(own) <= MOST_NAMED else "Ask within its lesson"
