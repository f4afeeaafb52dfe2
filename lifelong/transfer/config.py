"""A transfer study: what is to be found out, and what happens meanwhile, as values; no torch.

For every seed a source is learned once, then the target again and again from few and from many images: from scratch,
with frozen features and a new head, by fine-tuning, and by fine-tuning with a strategy that protects the source. Or the
source is what the network's weights were learned from before it came here; then it can neither be lost nor protected.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

import pydantic
from pydantic import BaseModel, ConfigDict, Field

from .. import config as configs
from ..config import RunConfig
from ..errors import LifelongError

REGIMES = ("scratch", "frozen", "finetune")  # the three learning curves
CANNOT_PROTECT = (*REGIMES, "joint")  # joint training knows the target before it is there
SIZES = (1, 5, 20, 100)
PRETRAINED_SIZES = (1, 5, 20)  # whole networks learn from them, which takes minutes
# The learning rate at which all of a pretrained network learns on, where none is given: larger steps shake what it knows. Chosen with
# 2,000 of CIFAR-10's training images held out, two seeds, 5 and 20 images a class: 1e-5 gave 54 and 64 % (one seed), 3e-5 64 and 73, 1e-4 62 and
# 72, 3e-4 55 and 66, 1e-3 38 and 59.
FINE_TUNE_LEARNING_RATE = 3e-5
Size = int | None  # target images a class; None is all there are


class StudyConfig(BaseModel):
    """What is to be found out.

    run: source, target and how to learn; its strategy, with its settings, is the one that protects the source.
    seeds: how often all of it is repeated, with seeds 0, 1, ...; classes keep their order, natural unless it is given.
    sizes: target images a class, ascending; all there are come last by themselves.
    pretrained: the source is what the network's weights come from, the target the whole data set, learned by whole networks
    from few images only; there is nothing to protect.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: RunConfig
    seeds: int = Field(default=3, ge=1, le=100)
    sizes: tuple[Annotated[int, Field(ge=1)], ...] = SIZES
    pretrained: bool = False

    @property
    def protect(self) -> str | None:
        """Name of the strategy that protects the source; None where there is none to protect."""
        return None if self.pretrained else self.run.strategy

    @property
    def regimes(self) -> tuple[str, ...]:
        """The three learning curves, and the strategy that protects the source."""
        return (*REGIMES, self.protect) if self.protect else REGIMES


def make(
    seeds: int = 3,
    sizes: Iterable[int] | None = None,
    protect: str = "lwf",
    pretrained: bool = False,
    **run: object,
) -> StudyConfig:
    """A StudyConfig; the rest are fields of its RunConfig. Raises LifelongError for a value that does not fit."""
    fixed = (
        {"scenario": "class", "tasks": 1, "strategy": "finetune"}
        if pretrained
        else {"scenario": "transfer", "strategy": protect}
    )
    chosen = tuple(sizes if sizes is not None else PRETRAINED_SIZES if pretrained else SIZES)
    return _checked(
        lambda: StudyConfig(
            run=configs.make(**{**run, **fixed}), seeds=seeds, sizes=chosen, pretrained=pretrained
        )
    )


def read(text: str | bytes) -> StudyConfig:
    """The StudyConfig in a `study.json`."""
    return _checked(lambda: StudyConfig.model_validate_json(text))


def _checked(build) -> StudyConfig:
    try:
        made = build()
    except pydantic.ValidationError as error:
        raise configs.validation_error(error) from None
    if made.pretrained:
        _check_pretrained(made)
    elif made.run.tasks != 2:
        raise LifelongError(
            f"A transfer study was given {made.run.tasks} tasks; it has 2, a source and a target."
        )
    if not made.pretrained and made.protect in CANNOT_PROTECT:
        raise LifelongError(
            f"{made.protect} was to protect the source, which it does not; choose a strategy such as ewc, lwf or replay."
        )
    if list(made.sizes) != sorted(set(made.sizes)):
        raise LifelongError(
            f"The numbers of images were given as {list(made.sizes)}; expected them in ascending order, each once."
        )
    return made


def _check_pretrained(made: StudyConfig) -> None:
    if not made.sizes:
        raise LifelongError(
            "A study of a pretrained network was given no number of images; give some, such as 1,5,20."
        )
    if made.run.target or made.run.class_order or made.run.task_sizes:
        raise LifelongError(
            "A study of a pretrained network learns one whole data set; leave out the target, the order and the sizes of tasks."
        )


@dataclass(frozen=True)
class Branch:
    """What is learned in one go and again as a whole after an interruption: the ways of one seed that share a source."""

    seed: int
    regimes: tuple[str, ...]


def branches(config: StudyConfig) -> list[Branch]:
    """All parts of a study, in order; whole networks share no source, so each of their ways is a part of its own."""
    together = [(way,) for way in REGIMES] if config.pretrained else [REGIMES, (config.protect,)]
    return [Branch(seed, ways) for seed in range(config.seeds) for ways in together]
