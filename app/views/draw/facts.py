"""Facts that the sentences of the drawing page are made of: about a run, a picture and answers.

A lesson is what the field calls a task; lessons count from 0 here. Probabilities and accuracies
are shares in [0, 1].
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from lifelong import api
from lifelong.api import History, LifelongError

Shows = Literal["blank", "sure", "doubtful", "none", "unknown"]
Origin = Literal["", "announced", "hand", "label", "example"]
Basis = Literal["", "label", "hand", "announced", "picture", "network", "example"]
LOST, SURVIVES = 1 / 3, 3 / 4  # shares of what a lesson's accuracy was above chance


@dataclass(frozen=True)
class RunFacts:
    """Facts about a run.

    classes: names by lesson, also of those to come. accuracy, accuracy_given_task: [after][on] of
    the lessons learned. chance: accuracy of guessing on each lesson. photo: whether it takes
    photographs, not drawn digits. at_once: whether it was trained on all lessons from the start.
    task_given, shared_outputs, has_source: see `Scenario`. title, family: of its strategy; the
    title names that of each taught class, too. taught: strategies of the last lessons, each of a
    class that was taught from pictures.
    images_per_class: of a target, None for all. transforms: whether every lesson has all classes,
    its images transformed. whole_network: the deep network of which all layers learned, such as
    "whole ResNet-50", empty for others.
    """

    run: str
    classes: tuple[tuple[str, ...], ...]
    accuracy: tuple[tuple[float, ...], ...]
    accuracy_given_task: tuple[tuple[float, ...], ...]
    chance: tuple[float, ...]
    photo: bool = False
    at_once: bool = False
    task_given: bool = False
    shared_outputs: bool = False
    strategy: str = "finetune"
    title: str = "Fine-tuning"
    family: str = "baseline"
    test_images: int = 10_000
    taught: tuple[str, ...] = ()
    has_source: bool = False
    images_per_class: int | None = None
    transforms: bool = False
    whole_network: str = ""

    @property
    def learned(self) -> int:
        """Number of lessons learned."""
        return len(self.accuracy)

    @property
    def names(self) -> tuple[str, ...]:
        """All classes, each once; the digits in their order."""
        names = tuple(dict.fromkeys(name for lesson in self.classes for name in lesson))
        return tuple(sorted(names)) if all(map(str.isdigit, names)) else names

    @property
    def infers_task(self) -> bool:
        """True where the task label leaves fewer answers."""
        return not (self.task_given or self.shared_outputs)

    @property
    def equal_outputs(self) -> bool:
        """True where every lesson has as many classes as any other."""
        return len({len(lesson) for lesson in self.classes}) == 1

    @property
    def taught_names(self) -> tuple[str, ...]:
        """Classes that were taught from pictures."""
        first = len(self.classes) - len(self.taught)
        return tuple(name for names in self.classes[first:] for name in names)

    def lesson_of(self, name: str) -> int:
        """Returns the lesson that teaches a class, the first where none does."""
        return next((at for at, names in enumerate(self.classes) if name in names), 0)

    def own(self, name: str) -> int:
        """Returns the first checkpoint that has been trained on a class."""
        return 0 if self.at_once else self.lesson_of(name)

    def kept(self, lesson: int, after: int = -1) -> float:
        """Returns the share of a learned lesson's first accuracy above chance that is left after
        another one, by default the last.
        """
        chance, first = self.chance[lesson], self.accuracy[lesson][lesson]
        now = self.accuracy[after][lesson]
        return (now - chance) / (first - chance) if first > chance else 1.0


@lru_cache(maxsize=256)
def _strategy(name: str) -> Any:
    return api.strategy_outline(name)


def of_history(run: str, history: History, photo: bool) -> RunFacts:
    """Returns the facts about a run that has begun."""
    config, rows = history.config, history.learned
    outline = _strategy(config.strategy)
    return RunFacts(
        run,
        tuple(_in_order(names) for names in history.started.classes),
        tuple(row.accuracy for row in rows),
        tuple(row.accuracy_given_task for row in rows),
        tuple(history.chance(task) for task in range(config.tasks)),
        photo,
        outline.at_once,
        config.rules.task_given,
        config.rules.shared_outputs,
        config.strategy,
        _title(outline.title, config),
        outline.family,
        history.started.images[1],
        tuple(each.strategy for each in config.taught),
        config.rules.has_source,
        config.images_per_class,
        api.dataset_spec(config.dataset).transformation is not None,
        api.whole_network(config.model, config.network),
    )


def _title(title: str, config: api.RunConfig) -> str:
    """Returns a run's strategy, and those by which classes were taught to it."""
    taught = [f"{each.name} by {_strategy(each.strategy).title}" for each in config.taught]
    return f"{title} ({', '.join(taught)})" if taught else title


def _in_order(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(names)) if all(map(str.isdigit, names)) else names


def of_run(run: str) -> RunFacts:
    """Returns the facts about a run. Raises LifelongError for one that is unknown or not begun."""
    history = api.history(run)
    if not history.learned:
        raise LifelongError(f"The run {run[:60]} has not learned anything yet; train it first.")
    return of_history(run, history, not api.holds_digits(run))


@dataclass(frozen=True)
class Choice:
    """Class that was chosen, None for none yet.

    origin: 'announced' before anything was drawn, by 'hand' for what is on the pad, the 'label' of
    a test image, or the class of an 'example' that the page draws itself; empty where nothing was
    chosen. run: whose classes there were to choose from.
    """

    name: str | None = None
    origin: Origin = ""
    run: str = ""


UNCHOSEN = Choice()


@dataclass(frozen=True)
class Picture:
    """Facts about the picture on the pad.

    shows: 'blank', 'sure' of the likeliest class, 'doubtful', 'none' of the classes of the data
    set, or 'unknown' where no network can say. likeliest: the two likeliest of these.
    unfinished: the pen is down. taught: the taught class that the newest checkpoint surely takes
    it for, empty for none.
    """

    shows: Shows
    likeliest: tuple[str, ...] = ()
    unfinished: bool = False
    taught: str = ""


@dataclass(frozen=True)
class Truth:
    """Class that a picture is taken for, None where that is not known. basis: why."""

    name: str | None = None
    basis: Basis = ""


@dataclass(frozen=True)
class Reading:
    """Answer of one checkpoint for the picture.

    answer, share: the likeliest output and its probability. known: whether it is the true class.
    probability: of the true class; alone: of the true class among those of its own lesson only;
    alone_answer: the likeliest of these. These are None without a true class. shares: all answers
    with their probabilities, the likeliest first. damaged: whether the checkpoint is, so that there
    is no answer.
    """

    answer: str
    share: float
    known: bool | None = None
    probability: float | None = None
    alone: float | None = None
    alone_answer: str | None = None
    shares: tuple[tuple[str, float], ...] = ()
    damaged: bool = False


def reading(run: RunFacts, answer: Any, name: str | None) -> Reading:
    """Returns the reading of an answer of `api.classify`, None of a damaged checkpoint.

    name: of the true class, if it is known.
    """
    if answer is None:
        return Reading("", 0.0, damaged=True)
    label, share = answer.top[0]
    if name is None:
        return Reading(label, share, shares=answer.top)
    own = run.classes[run.lesson_of(name)]
    alone = _softmax({n: answer.score_of[n] for n in own if n in answer.score_of})
    best = max(alone, key=lambda n: alone[n]) if name in alone else None
    known = name in answer.classes
    probability = answer.probability_of.get(name, 0.0)
    return Reading(label, share, known, probability, alone.get(name), best, answer.top)


def _softmax(scores: dict[str, float]) -> dict[str, float]:
    """Returns the softmax of scores by name.

    >>> _softmax({"0": 2.0, "1": 2.0}), _softmax({})
    ({'0': 0.5, '1': 0.5}, {})
    """
    top = max(scores.values(), default=0.0)
    powers = {name: math.exp(score - top) for name, score in scores.items()}
    total = sum(powers.values())
    return {name: power / total for name, power in powers.items()}


def is_given(run: RunFacts, label_on: bool, name: str | None) -> bool:
    """Returns whether the task label is part of the question that the checkpoints answer."""
    return label_on and name is not None and not run.shared_outputs


def losses(run: RunFacts, readings: Sequence[Reading], name: str) -> list[int]:
    """Returns the checkpoints at which a class was lost that was known just before."""
    own = run.own(name)
    pairs = range(own + 1, len(readings))
    return [at for at in pairs if readings[at - 1].known and not readings[at].known]
