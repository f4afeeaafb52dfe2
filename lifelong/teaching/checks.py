"""Checks of what a person gives to teach a class: run, name, pictures, strategy. No torch."""

import re
import unicodedata
from collections.abc import Sequence

import numpy as np

from .. import datasets, registry
from ..config import TaughtClass
from ..data.uploads import decoders
from ..errors import LifelongError, unknown_name
from ..formatting import plural
from ..inference.preprocess import preprocess
from ..runs.history import History

MOST_PICTURES = 50
FEWEST_FOR_TEST = 5  # pictures: of so many, one in five is only tested on
LONGEST_NAME = 30  # characters
STEPS = 200
VARIANTS = 400
# As many images of each earlier class as the new one has variants: none outweighs the others.
EARLIER_IMAGES = 400
# Strategies by which a class can be taught, with the settings that differ from their defaults.
# EWC's strength for whole tasks, 10⁹, is too stiff for one class in STEPS steps: after fine-tuning,
# 57 % of new drawings of six symbols were recognised, of some symbols none. At 3 · 10⁴ all are; see
# `benchmarks/results/teach.json`. Stronger than that, some are not where only the sample is here.
STRATEGIES: dict[str, dict[str, float | int | bool | str]] = {
    "replay": {},
    "analytic": {},
    "finetune": {},
    "ewc": {"strength": 3e4},
}
DEFAULT_STRATEGY = "replay"
_NAME = re.compile(r"\w[\w '+-]*")


def check_run(run: str, history: History, strategy: str) -> None:
    """Raises LifelongError for a run that a class cannot be taught to by this strategy."""
    config = history.config
    if strategy not in STRATEGIES:
        raise unknown_name("strategy to teach with", strategy, STRATEGIES)
    if not config.rules.infers_task:
        raise LifelongError(
            f"The run {run} is {config.rules.short_title}: a single new class would have no other "
            "to compete with; teach a class-incremental run."
        )
    if datasets.outline(config.dataset).transformation is not None:
        raise LifelongError(
            f"The run {run} transforms the images of each task, and a class that is taught has no"
            " transformation; teach a run of another data set."
        )
    if not history.finished:
        raise LifelongError(
            f"The run {run} has learned {len(history.learned)} of {config.tasks} tasks; "
            "let it learn the others first."
        )
    learner = registry.strategy(config.of_task(config.tasks - 1).strategy)
    if learner.at_once:
        raise LifelongError(
            f"The run {run} learned all tasks at once; teach one that learned them one after "
            "the other."
        )
    if learner.inference_fields and registry.name_of(learner) != strategy:
        raise LifelongError(
            f"The run {run} answers by what {learner.title} computed, not by its network's "
            f"outputs, so {strategy} has nothing to start from; teach another run"
            + (", or choose analytic." if registry.name_of(learner) in STRATEGIES else ".")
        )


def check_teachable(run: str, history: History) -> None:
    """Raises LifelongError for a run that a class cannot be taught to by any strategy."""
    refusals = []
    for strategy in STRATEGIES:
        try:
            check_run(run, history, strategy)
        except LifelongError as error:
            refusals.append(error)
    if len(refusals) == len(STRATEGIES):
        raise refusals[0]


def checked_name(name: object, history: History) -> str:
    """Returns the name of a new class, without spaces around it.

    Raises LifelongError unless it is a short word or two, and no class of the run has it.
    """
    tidy = " ".join(unicodedata.normalize("NFC", name).split()) if isinstance(name, str) else ""
    if not tidy:
        raise LifelongError("The name is empty; give the symbol one, such as heart.")
    if len(tidy) > LONGEST_NAME or not _NAME.fullmatch(tidy):
        raise LifelongError(
            f"The name was given as {tidy[:40]!r}; expected at most {LONGEST_NAME} letters, "
            "digits, spaces, and - + _ ' between them."
        )
    known = [each for names in history.started.classes for each in names]
    if tidy.casefold() in (each.casefold() for each in known):
        raise LifelongError(
            f"The run knows a class named {tidy} already ({', '.join(known)[:200]}); "
            "choose another name."
        )
    return tidy


def checked_pictures(
    files: Sequence[bytes], history: History, names: Sequence[str] = ()
) -> np.ndarray:
    """Returns picture files as inputs of the run's model, uint8 (n, channels, height, width).

    names: of the files, for errors; by default their numbers. Raises LifelongError for none, for
    more than MOST_PICTURES, and for one that cannot be read or is blank.
    """
    if not 1 <= len(files) <= MOST_PICTURES:
        raise LifelongError(
            f"{plural(len(files), 'picture')} of the symbol were given; give 1 to "
            f"{MOST_PICTURES}, best 5 to 10."
        )
    found = []
    for number, file in enumerate(files, 1):
        name = names[number - 1] if names else f"{number} of {len(files)}"
        try:  # one after the other: a small file may hold a large picture
            found.append(_input(file, history))
        except LifelongError as error:
            raise LifelongError(f"Picture {name}: {error}") from None
    return np.stack(found)


def _input(file: bytes, history: History) -> np.ndarray:
    shape = history.started.shape
    pixels = preprocess(decoders.open(file), history.config.dataset, shape)
    if pixels is None or pixels.min() == pixels.max():
        raise LifelongError("It is blank, nothing stands out from its background; leave it out.")
    return pixels.reshape(shape)


def taught_class(name: str, strategy: str, pictures: int, scenario: str) -> TaughtClass:
    """Returns the configuration of a class that is taught from so many pictures."""
    learner = registry.strategy(strategy).make(scenario, STRATEGIES[strategy])
    return TaughtClass(
        name=name,
        strategy=strategy,
        settings=learner.settings_dict(),
        steps=STEPS,
        pictures=pictures,
        test_pictures=pictures // FEWEST_FOR_TEST,
        variants=VARIANTS,
        earlier_images=EARLIER_IMAGES,
    )


def warning(taught: TaughtClass) -> str | None:
    """Returns a sentence about what too few pictures leave open; None where there are enough."""
    if taught.test_pictures:
        return None
    return (
        f"With {plural(taught.pictures, 'picture')} of {taught.name}, none is left to test on: how "
        f"well it is recognised was not measured; give at least {FEWEST_FOR_TEST}."
    )
