"""What a strategy is: a dataclass that overrides some of seven steps of the one training loop below."""

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from ..config import SCENARIOS, Recipe
from ..errors import LifelongError, unknown
from ..examples import Examples
from ..models.base import Network
from ..scenarios import Task
from . import _seeds

# Once a task is known its gradients, and with them Adam's averages, sink to numbers so small that the processor handles
# each of them by itself: a step then took twice as long. They count as zero; set here, before torch starts its threads.
torch.set_flush_denormal(True)

FEWEST_STEPS = 60  # one pass over the embedded sample would be 6 steps, too few to learn anything


def setting(default: Any, help: str, low: float, high: float) -> Any:
    """A field that people may set: it becomes a flag, a slider and an entry of the record.

    default: one value, or a dict by scenario with the key "else" for those not named.
    """
    by_scenario = default if isinstance(default, dict) else {"else": default}
    return dataclasses.field(
        default=by_scenario["else"],
        metadata={"setting": True, "help": help, "low": low, "high": high, "defaults": by_scenario},
    )


def stored(empty: Any) -> Any:
    """A field that is kept from task to task and saved with a run: a Tensor or Examples, made by `empty`."""
    return dataclasses.field(default_factory=empty, init=False, repr=False, metadata={"stored": True})


@dataclass(frozen=True)
class Setting:
    """One setting of a strategy as a face of the project sees it."""

    name: str
    help: str
    kind: type
    default: Any
    low: float
    high: float


@dataclass
class Batch:
    """images: uint8 (n, channels, height, width); labels, tasks: int64 (n,)."""

    images: Tensor
    labels: Tensor
    tasks: Tensor


@dataclass
class Strategy:
    """A way to learn a task without losing the earlier ones.

    Override at most these seven: examples, start_task, loss, adjust_gradients, after_step, end_task, scores.
    They take what they need as arguments and return what they make. What is kept from task to task is a
    `stored()` field; random choices come from `self.generator`, never from the generator of the image order.
    """

    title: ClassVar[str]
    summary: ClassVar[str]
    stores: ClassVar[str]
    source: ClassVar[str]
    scenarios: ClassVar[frozenset[str]] = frozenset(SCENARIOS)
    answers_with: ClassVar[tuple[str, ...]] = ()  # stored fields that `scores` needs beside the network

    def prepare(self, network: Network, recipe: Recipe, seed: int) -> None:
        """Binds the strategy to the network it trains. Called once, before the first task."""
        self.network = network
        self.recipe = recipe
        self.seed = seed
        self.generator = torch.Generator()
        self.restart()

    def restart(self) -> None:
        """The network as it was before any training, with a fresh optimiser."""
        self.network.initialise(_seeds.generator(self.seed, "weights"))
        parameter = torch.nn.Parameter(self.network.flat)
        parameter.grad = self.network.flat_gradient
        self.optimizer = torch.optim.Adam([parameter], lr=self.recipe.learning_rate, fused=True)

    def learn(self, task: Task, start: int = 0) -> Iterator[tuple[int, int, Tensor]]:
        """The loop, written once: yields (steps done, steps in all, loss) after every step from `start` on."""
        order = _seeds.generator(self.seed, "order", task.index)
        if start == 0:
            self.generator = _seeds.generator(self.seed, "strategy", task.index)
            self.start_task(task)
        examples = self.examples(task)
        steps = self.steps(task, examples)
        for step, indices in enumerate(self._order(len(examples), steps, order), 1):
            if step <= start:
                continue
            batch = Batch(examples.images[indices], examples.labels[indices], examples.tasks[indices])
            logits = self.network(batch.images)
            loss = self.loss(task, batch, logits)
            self.network.flat_gradient.zero_()
            loss.backward()
            self.adjust_gradients(task)
            self.optimizer.step()
            self.after_step(task, batch, logits)
            yield step, steps, loss.detach()
        self.end_task(task)

    def _order(self, available: int, steps: int, order: torch.Generator) -> Iterator[Tensor]:
        """Positions of each batch: shuffled passes over all images, an incomplete last batch dropped."""
        batch = min(self.recipe.batch, available)
        while steps > 0:
            for indices in torch.randperm(available, generator=order)[: available // batch * batch].split(batch):
                if steps == 0:
                    return
                steps -= 1
                yield indices

    def steps(self, task: Task, examples: Examples) -> int:
        """Optimiser steps for this task: the recipe's, or one pass over the examples, but never fewer than 60."""
        return self.recipe.steps or max(FEWEST_STEPS, len(examples) // self.recipe.batch)

    def examples(self, task: Task) -> Examples:
        """The images to train on: the task's own."""
        return task.train

    def start_task(self, task: Task) -> None:
        """Before the first step of a task."""

    def loss(self, task: Task, batch: Batch, logits: Tensor) -> Tensor:
        """What the step descends, a scalar; logits (n, outputs) are the network's for this batch."""
        return self.cross_entropy(task, batch, logits)

    def adjust_gradients(self, task: Task) -> None:
        """Changes `self.network.flat_gradient` in place, between the backward pass and the optimiser's step."""

    def after_step(self, task: Task, batch: Batch, logits: Tensor) -> None:
        """After every optimiser step."""

    def end_task(self, task: Task) -> None:
        """After the last step of a task: what is kept for later is measured here."""

    def scores(self, images: Tensor) -> Tensor:
        """The model's answer to images uint8 (n, channels, height, width): larger is likelier, (n, outputs)."""
        return self.network(images)

    def cross_entropy(self, task: Task, batch: Batch, logits: Tensor) -> Tensor:
        """Mean cross-entropy over the outputs that compete for each image, by the image's own task."""
        return F.cross_entropy(logits.masked_fill(~task.candidates(batch.tasks), -torch.inf), batch.labels)

    @classmethod
    def settings(cls, scenario: str) -> tuple[Setting, ...]:
        """The settings that people may change, with this scenario's defaults."""
        described = []
        for field in dataclasses.fields(cls):
            meta = field.metadata
            if meta.get("setting"):
                default = meta["defaults"].get(scenario, meta["defaults"]["else"])
                described.append(Setting(field.name, meta["help"], type(default), default, meta["low"], meta["high"]))
        return tuple(described)

    @classmethod
    def make(cls, scenario: str, given: dict[str, Any]) -> "Strategy":
        """A strategy with this scenario's defaults and the given settings, each checked against its range."""
        name = cls.__module__.rpartition(".")[2].replace("_", "-")
        if scenario not in cls.scenarios:
            raise LifelongError(f"{name} was given the scenario '{scenario}'; it is defined for: {', '.join(sorted(cls.scenarios))}.")
        known = {s.name: s for s in cls.settings(scenario)}
        for key, value in given.items():
            if key not in known:
                raise unknown(f"setting of {name}", key, known)
            s = known[key]
            if isinstance(value, (str, bool)) or not s.low <= value <= s.high or s.kind(value) != value:
                number = "whole number" if s.kind is int else "number"
                raise LifelongError(f"{key} was given as {value}; {name} expects a {number} from {s.low:g} to {s.high:g}.")
        values = {n: s.kind(given.get(n, s.default)) for n, s in known.items()}
        return cls(**values)

    def chosen(self) -> dict[str, Any]:
        """All settings by name, as they go into `config.json`."""
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.metadata.get("setting")}

    def state(self) -> dict[str, Tensor]:
        """Everything that learning on needs, as tensors by name; `load_state` takes it back to the bit."""
        adam = self.optimizer.state_dict()["state"].get(0, {})
        return {
            "network.flat": self.network.flat,
            "generator": self.generator.get_state(),
            **{f"adam.{name}": value for name, value in adam.items()},
            **self._kept([f.name for f in self._stored_fields()]),
        }

    def answering_state(self) -> dict[str, Tensor]:
        """What `scores` needs, as tensors by name: the weights, and the stored fields of `answers_with`."""
        weights = {f"network.{name}": weight for name, weight in self.network.weights().items()}
        return weights | self._kept(self.answers_with)

    def _stored_fields(self) -> list[dataclasses.Field]:
        return [field for field in dataclasses.fields(self) if field.metadata.get("stored")]

    def _kept(self, names: Iterable[str]) -> dict[str, Tensor]:
        tensors = {}
        for field in self._stored_fields():
            if field.name in names:
                value = getattr(self, field.name)
                parts = value.tensors() if field.type is Examples else {"": value}
                tensors |= {f"strategy.{field.name}.{part}": tensor for part, tensor in parts.items()}
        return tensors

    def _take_back(self, names: Iterable[str], state: dict[str, Tensor]) -> None:
        for field in self._stored_fields():
            if field.name in names:
                start = f"strategy.{field.name}."
                parts = {name[len(start):]: value for name, value in state.items() if name.startswith(start)}
                setattr(self, field.name, Examples(**parts) if field.type is Examples else parts[""])

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Goes back to a saved state; the network must have the same shape."""
        self.network.flat.copy_(state["network.flat"])
        self.generator.set_state(state["generator"])
        adam = {name[5:]: value for name, value in state.items() if name.startswith("adam.")}
        if adam:
            self.optimizer.state[self.optimizer.param_groups[0]["params"][0]] = adam
        self._take_back([f.name for f in self._stored_fields()], state)

    def load_answering_state(self, state: dict[str, Tensor]) -> None:
        """Takes over what `scores` needs; raises KeyError or ValueError when it belongs to another model."""
        self.network.load_weights({name[8:]: w for name, w in state.items() if name.startswith("network.")})
        self._take_back(self.answers_with, state)
