"""Runs grouped by their configuration, and which of them answer the same question. Pure.

The runs of a configuration differ in their seed alone. Configurations answer the same question
if they learn the same tasks with the same network for as long: what differs is the strategy.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.shared import labels
from lifelong import api
from lifelong.api import History, RunConfig
from lifelong.formatting import magnitude

MOST = 6  # configurations shown at once: more lines cannot be told apart
# Fields that change an accuracy by chance only, or not at all.
BY_CHANCE = {
    "seed",
    "class_order",
    "precision",
    "device",
    "half",
    "step_checkpoints",
    "original",
    "version",
}
# Fields of the question, with what they are called.
QUESTION = {
    "dataset": "data set",
    "target": "target",
    "scenario": "scenario",
    "tasks": "number of tasks",
    "task_sizes": "number of classes in each task",
    "images_per_class": "number of images of each class",
    "taught": "taught classes",
    "model": "network",
    "network": "settings of the network",
    "recipe": "recipe",
    "steps": "number of steps in each task",
}


# Those that results of another program do not tell.
UNKNOWN_ELSEWHERE = {"model", "network", "recipe", "steps"}


@dataclass(frozen=True)
class Configuration:
    """Runs of one configuration with several seeds.

    title: its strategy, with the settings that tell it from the others. runs: ids, in the order of
    their seeds. repeated: number of runs left out because another run has their seed.
    """

    title: str
    runs: tuple[str, ...]
    histories: tuple[History, ...]
    repeated: int = 0

    @property
    def config(self) -> RunConfig:
        """The configuration of the first run."""
        return self.histories[0].config

    @property
    def is_reference(self) -> bool:
        """True if it is cumulative training, which the others are compared with."""
        return self.config.strategy == api.REFERENCE_STRATEGY

    @property
    def learned(self) -> int:
        """The number of tasks that at least one of its runs has learned."""
        return max(len(history.learned) for history in self.histories)


def key(config: RunConfig) -> str:
    """Returns a text that the configurations of two runs share if they differ by chance only."""
    return config.model_dump_json(exclude=BY_CHANCE)


def grouped(histories: Mapping[str, History]) -> list[Configuration]:
    """Returns the configurations of runs, in the order of their first runs, with titles.

    Of several runs with one seed the one that has learned most counts, of equal ones the first: a
    mean over seeds would count that seed twice.
    """
    groups: dict[str, dict[int, str]] = {}
    counts: dict[str, int] = {}
    for run, history in histories.items():
        group, seed = key(history.config), history.config.seed
        counts[group] = counts.get(group, 0) + 1
        by_seed = groups.setdefault(group, {})
        other = by_seed.get(seed)
        if other is None or len(histories[other].learned) < len(history.learned):
            by_seed[seed] = run
    chosen = [[by_seed[seed] for seed in sorted(by_seed)] for by_seed in groups.values()]
    names = titles([histories[runs[0]].config for runs in chosen])
    return [
        Configuration(name, tuple(runs), tuple(histories[run] for run in runs), count - len(runs))
        for name, runs, count in zip(names, chosen, counts.values())
    ]


def titles(configs: Sequence[RunConfig]) -> list[str]:
    """Returns the strategy of each configuration, with what tells it from those of the same one."""
    return [
        f"{labels.strategy_title(config.strategy)}{_distinction(config, configs)}"
        for config in configs
    ]


def _distinction(config: RunConfig, configs: Sequence[RunConfig]) -> str:
    """Returns the settings in which a configuration differs from those of the same strategy."""
    same = [other for other in configs if other.strategy == config.strategy]
    parts = []
    for name, value in config.settings.items():
        if len({str(other.settings.get(name)) for other in same}) > 1:
            parts.append(f"{name.replace('_', ' ')} {_value(value)}")
    if config.program:
        parts.append(f"by {config.program}")
    if len({other.learning_rate for other in same}) > 1:
        rate = config.learning_rate
        parts.append(f"learning rate {magnitude(rate) if rate else 'of the recipe'}")
    return f", {', '.join(parts)}" if parts else ""


def _value(setting: float | int | bool | str) -> str:
    return labels.value(setting)


@dataclass(frozen=True)
class Choice:
    """Configurations to show, and why others are not. left_out: a phrase for each of them."""

    shown: tuple[Configuration, ...]
    left_out: tuple[tuple[Configuration, str], ...]


def comparable(configurations: Sequence[Configuration]) -> Choice:
    """Returns the configurations that answer the question of the first one, at most MOST."""
    shown: list[Configuration] = []
    left_out: list[tuple[Configuration, str]] = []
    for configuration in configurations:
        reason = difference(configuration, configurations[0])
        if not reason and len(shown) == MOST:
            reason = f"more than {MOST} lines cannot be told apart"
        if reason:
            left_out.append((configuration, reason))
        else:
            shown.append(configuration)
    return Choice(tuple(shown), tuple(left_out))


def difference(one: Configuration, first: Configuration) -> str:
    """Returns in what two configurations' questions differ: 'its recipe is quick, not paper'.

    Empty where they are the same, as far as that is known before a run has begun.
    """
    from_elsewhere = one.config.program or first.config.program
    for field, noun in QUESTION.items():
        if from_elsewhere and field in UNKNOWN_ELSEWHERE:
            continue
        own, other = getattr(one.config, field), getattr(first.config, field)
        if own != other:
            return _phrase(field, noun, own, other)
    counts = [_images(configuration) for configuration in (one, first)]
    if None not in counts and counts[0] != counts[1]:
        own, other = counts
        return f"it learned from {own:,} images, not from {other:,}"
    return ""


def _images(configuration: Configuration) -> int | None:
    """Returns the number of training images, None where it is not known yet, or at all."""
    started = [history.started for history in configuration.histories if history.has_started]
    return started[0].images[0] or None if started else None


def _phrase(field: str, noun: str, own: Any, other: Any) -> str:
    texts = [_field_text(field, value) for value in (own, other)]
    if None in texts:
        return f"its {noun} {'differ' if noun.endswith('s') else 'differs'}"
    return f"its {noun} is {texts[0]}, not {texts[1]}"


def _field_text(field: str, value: Any) -> str | None:
    """Returns the value of a field in a sentence; None for one that is too long for it."""
    if field == "dataset":
        return labels.dataset_title(value)
    if field == "scenario":
        return api.SCENARIOS[value].short_title
    if field == "model":
        return next((info.title for info in api.networks() if info.name == value), str(value))
    return str(value) if isinstance(value, int | str) else None


def same_classes(configurations: Sequence[Configuration]) -> bool:
    """Returns whether all configurations have learned the same classes in the same orders."""
    orders = [
        {history.started.labels for history in configuration.histories if history.has_started}
        for configuration in configurations
    ]
    begun = [order for order in orders if order]
    return all(order == begun[0] for order in begun)
