"""Configuration of a transfer study, of which there are two kinds. No torch.

Both compare the accuracy on a target, learned from few and from many images a class: from scratch,
with frozen features and a new head, and by fine-tuning. `BetweenTasksStudy` learns the source
itself, once for each seed, and adds a strategy that protects it. In `PretrainedStudy` the source is
what the network's weights were trained on before; it can neither be lost nor protected.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, Field, PositiveInt

from .. import config as configs
from ..config import RunConfig
from ..errors import LifelongError
from ..validation import Config, validated

REGIMES = ("scratch", "frozen", "finetune")  # the three learning curves
DEFAULT_PROTECTOR = "lwf"
# Learning rate of fine-tuning a pretrained network, where none is given: larger steps destroy what
# it knows. Chosen with 2,000 of CIFAR-10's training images held out, two seeds, 5 and 20 images a
# class: 1e-5 gave 54 and 64 % (one seed), 3e-5 64 and 73, 1e-4 62 and 72, 3e-4 55 and 66, 1e-3 38
# and 59.
FINE_TUNE_LEARNING_RATE = 3e-5
Size = int | None  # target images a class; None is all there are


@dataclass(frozen=True)
class Branch:
    """The regimes of one seed that share a source: learned in one process, repeated as a unit."""

    seed: int
    regimes: tuple[str, ...]


class Study(Config, ABC):
    """Base class of the configurations of transfer studies.

    run: source, target and training; its strategy, with its settings, protects the source.
    seeds: number of repetitions, with seeds 0, 1, ...; classes keep their order, by default the
    natural one.
    sizes: target images a class, ascending.
    """

    learns_source: ClassVar[bool]
    trains_whole_network: ClassVar[bool]  # in some regime, whatever the settings of the network

    run: RunConfig
    seeds: int = Field(default=3, ge=1, le=100)
    sizes: tuple[PositiveInt, ...]
    pretrained: bool

    @property
    @abstractmethod
    def protect(self) -> str | None:
        """Name of the strategy that protects the source; None where there is none to protect."""

    @property
    @abstractmethod
    def regimes(self) -> tuple[str, ...]:
        """The regimes that are compared, `scratch` first."""

    @property
    @abstractmethod
    def branches(self) -> list[Branch]:
        """All branches of the study, in order."""

    @property
    @abstractmethod
    def name_words(self) -> tuple[str, ...]:
        """Words for source and target in the name of the study's folder."""

    def check(self) -> None:
        """Raises LifelongError for values that do not go together."""
        if list(self.sizes) != sorted(set(self.sizes)):
            raise LifelongError(
                f"The numbers of images were given as {list(self.sizes)}; "
                "expected them in ascending order, each once."
            )


class BetweenTasksStudy(Study):
    """Study of transfer between two tasks: the source is learned here, once for each seed.

    The whole target, all images of each class, comes last by itself.
    """

    learns_source = True
    trains_whole_network = False

    sizes: tuple[PositiveInt, ...] = (1, 5, 20, 100)
    pretrained: Literal[False] = False

    @property
    def protect(self) -> str:
        return self.run.strategy

    @property
    def regimes(self) -> tuple[str, ...]:
        return (*REGIMES, self.protect)

    @property
    def branches(self) -> list[Branch]:
        pairs = [
            (seed, regimes) for seed in range(self.seeds) for regimes in (REGIMES, (self.protect,))
        ]
        return [Branch(seed, regimes) for seed, regimes in pairs]

    @property
    def name_words(self) -> tuple[str, ...]:
        return (self.run.dataset, self.run.target) if self.run.target else (self.run.dataset,)

    def check(self) -> None:
        if self.run.tasks != 2:
            raise LifelongError(
                f"A transfer study was given {self.run.tasks} tasks; "
                "it has 2, a source and a target."
            )
        super().check()


class PretrainedStudy(Study):
    """Study of transfer from the data that a network was pretrained on to a whole data set.

    Whole networks learn, from few images only: that takes minutes.
    """

    learns_source = False
    trains_whole_network = True

    sizes: tuple[PositiveInt, ...] = (1, 5, 20)
    pretrained: Literal[True] = True

    @property
    def protect(self) -> None:
        return None

    @property
    def regimes(self) -> tuple[str, ...]:
        return REGIMES

    @property
    def branches(self) -> list[Branch]:
        return [Branch(seed, (regime,)) for seed in range(self.seeds) for regime in REGIMES]

    @property
    def name_words(self) -> tuple[str, ...]:
        return "pretrained", self.run.dataset

    def check(self) -> None:
        if not self.sizes:
            raise LifelongError(
                "A study of a pretrained network was given no number of images; "
                "give some, such as 1,5,20."
            )
        if self.run.target or self.run.class_order or self.run.task_sizes:
            raise LifelongError(
                "A study of a pretrained network learns one whole data set; "
                "leave out the target, the order and the sizes of tasks."
            )
        super().check()


StudyConfig = BetweenTasksStudy | PretrainedStudy


class _Kind(Config):
    """Field of a study.json that says which of the two kinds it is."""

    model_config = ConfigDict(extra="ignore")

    pretrained: bool = False

    @property
    def config(self) -> type[BetweenTasksStudy] | type[PretrainedStudy]:
        return PretrainedStudy if self.pretrained else BetweenTasksStudy


def make(protect: str = DEFAULT_PROTECTOR, pretrained: bool = False, **fields: Any) -> StudyConfig:
    """Returns the configuration of a study from its own fields and those of its RunConfig.

    protect: strategy that protects the source, unless the study is of a pretrained network.
    Raises LifelongError for a value that does not fit.
    """
    own = {name: fields.pop(name, None) for name in ("seeds", "sizes")}
    if pretrained:
        fields |= {"scenario": "class", "tasks": 1, "strategy": "finetune"}
    else:
        fields |= {"scenario": "transfer", "strategy": protect}
    given = {name: value for name, value in own.items() if value is not None}
    given["run"] = configs.make(**fields)
    return _checked(lambda: _Kind(pretrained=pretrained).config.model_validate(given))


def read(text: str | bytes) -> StudyConfig:
    """Returns the configuration in a `study.json`. Raises LifelongError for one that is damaged."""
    return _checked(lambda: _Kind.model_validate_json(text).config.model_validate_json(text))


def _checked(build: Callable[[], StudyConfig]) -> StudyConfig:
    config = validated(build)
    config.check()
    return config
