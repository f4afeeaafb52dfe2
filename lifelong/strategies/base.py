"""Base class of strategies: the one training loop, and its steps, which strategies override."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from .. import registry
from ..config import SCENARIOS, RunConfig
from ..data.examples import Batch, Examples
from ..data.scenarios import Plan, Task
from ..errors import LifelongError
from ..models.base import Network
from ..models.parts.optimizer import Adam
from ..numerics import matmul, seeds
from .parts.batches import one_pass, shuffled_passes
from .parts.memory_limit import MemoryLimited

FEWEST_STEPS = 60  # one pass over the embedded sample would be 6, too few to learn anything
CHUNKS = 100  # of a single pass: enough to see it progress, few enough for large matrix products
INFERENCE_CHUNK = 2000  # images


@dataclass
class Strategy(MemoryLimited):
    """Method of learning a sequence of tasks: settings, and some steps of the training loop.

    A strategy overrides those of these steps that make it what it is. Each takes all that it needs
    as arguments and returns what it makes:

    - `start_task(task)`: before the first batch of a task.
    - `examples(task)`: the images to train on.
    - `batches(task, examples, steps, order)`: which of them make up each batch.
    - `learning_rate(task)`: of the optimiser during the task.
    - `forward(task, batch)`: the logits of a batch.
    - `loss(task, batch, logits)`: the scalar that the step descends.
    - `adjust_gradients(task)`: changes the gradient before the optimiser's step.
    - `after_step(task, batch, logits)`: after the optimiser's step; `batch.step` is its number.
    - `end_task(task)`: after the last step.
    - `scores(images)`: inference.

    A strategy without gradients sets `single_pass` and overrides `step` as a whole, and so does one
    that trains several networks in a step. What is kept from task to task is a `stored()` field, a
    `stored_value()`, or the network of an auxiliary optimiser; `create_state` makes them. Random
    choices come from `self.generator`, never from the generator of the image order.
    """

    title: ClassVar[str]
    family: ClassVar[str]  # one of parts.families.FAMILIES
    summary: ClassVar[str]
    stores: ClassVar[str]
    costs: ClassVar[str]
    # What grows with tasks T, classes C or stored images N, as a formula, beside its outputs.
    grows: ClassVar[str] = "nothing"
    source: ClassVar[str]
    scenarios: ClassVar[frozenset[str]] = frozenset(SCENARIOS)
    # Whether it is the one of its family that the others are compared with, listed first.
    simplest_of_family: ClassVar[bool] = False
    # Whether it can protect the source of a transfer study.
    protects_source: ClassVar[bool] = True
    # Whether each image is seen once, in so many chunks.
    single_pass: ClassVar[bool] = False
    at_once: ClassVar[bool] = False  # whether every task is trained on from the first one on
    chunks: ClassVar[int] = CHUNKS
    # Settings with which it is plain fine-tuning, to the bit.
    fine_tuning_settings: ClassVar[tuple[dict[str, float], ...]] = ()
    # Steps with a probe beside the recipe's: fewer where inference costs much.
    early_probes: ClassVar[tuple[int, ...]] = (1, 2, 5)
    quick_note: ClassVar[str] = ""  # shown where the quick recipe is too short for it
    # What `end_task` does, in words, where it goes through many images.
    end_task_phase: ClassVar[str] = ""

    @classmethod
    def make(cls, scenario: str, given: dict[str, Any]) -> "Strategy":
        """Returns a strategy with the given settings and this scenario's defaults for the others.

        Raises LifelongError for a scenario it is not defined for, and as `from_settings` does.
        """
        name = registry.name_of(cls)
        if scenario not in cls.scenarios:
            raise LifelongError(
                f"{name} was given the scenario '{scenario}'; it is defined for: "
                f"{', '.join(sorted(cls.scenarios))}."
            )
        return cls.from_settings(name, scenario, given)

    def bind(self, network: Network, plan: Plan, config: RunConfig) -> None:
        """Binds the strategy to the network it trains, once, before the first task.

        Settings come first and the network second, because forms, command line and configs list
        and check the settings of strategies that no network belongs to yet. Everything is on the
        network's device afterwards; random numbers are drawn on the processor, so that one seed
        means the same numbers on every device.
        """
        # Once a task is known, its gradients and Adam's averages sink to numbers so small that the
        # processor handles each of them by itself: a step then took twice as long. In the thread
        # that computes they count as zero.
        torch.set_flush_denormal(True)
        self.network, self.plan = network, plan
        self.recipe, self.seed, self.precision = (
            config.training_recipe,
            config.seed,
            config.precision,
        )
        self.generator = torch.Generator()
        self.batch_limit = None
        self.body_statistics = tuple(network.statistics().values())
        self.restart()
        self.create_state()
        self.to_device()

    def create_state(self) -> None:
        """Creates what depends on network and plan: stored values and tensors, auxiliary networks.

        Stored ones are moved to the network's device afterwards.
        """

    def restart(self) -> None:
        """Puts the network back to its first weights, with a fresh optimiser."""
        self.network.initialise(seeds.generator(self.seed, "weights"))
        self.optimizer = Adam(self.network, self.recipe.learning_rate)

    def learn(self, task: Task, start: int = 0) -> Generator[tuple[int, int, Tensor], None, None]:
        """Learns a task from step `start` on; yields (step, steps of the task, loss) after each."""
        order = seeds.generator(self.seed, "order", task.index)
        if start == 0:
            self.generator = seeds.generator(self.seed, "strategy", task.index)
            self.start_task(task)
        self.optimizer.learning_rate = self.learning_rate(task)
        examples = self.examples(task)
        steps = self.steps(task, examples)
        drawn = self.batches(task, examples, steps, order)
        # Batches that were learned before an interruption are drawn again and left out; the state
        # of the generator is that after them already.
        random = self.generator.get_state()
        for _ in range(start):
            next(drawn)
        self.generator.set_state(random)
        for step, indices in enumerate(drawn, start + 1):
            attempt = partial(self._attempt, task, examples, step, steps)
            loss = self.take_step(indices, attempt, every_part=self.single_pass)
            self.network.body.eval()
            yield step, steps, loss.detach()
        self.end_task(task)

    def _attempt(
        self, task: Task, examples: Examples, step: int, steps: int, indices: Tensor
    ) -> Tensor:
        self.network.body.begin_step(self.seed, task.index, step)
        batch = Batch(**examples.take(indices).tensors(), indices=indices, step=step, steps=steps)
        return self.step(task, batch)

    def steps(self, task: Task, examples: Examples) -> int:
        """Returns the number of steps for a task: the recipe's, or one pass but no fewer than
        FEWEST_STEPS.

        A strategy that sees each image once has no more steps than chunks.
        """
        if self.single_pass:
            return min(self.recipe.steps or self.chunks, self.chunks, len(examples))
        return self.recipe.steps or max(FEWEST_STEPS, len(examples) // self.recipe.batch)

    def step(self, task: Task, batch: Batch) -> Tensor:
        """Takes one step of the optimiser on one batch and returns the loss, a scalar.

        Until `finish_step` it changes nothing but random generators, gradients and the body's
        statistics: it may run out of memory and be called again.
        """
        with matmul.matmul_precision(self.precision):
            logits = self.forward(task, batch)
            loss = self.loss(task, batch, logits)
            self.network.backward(loss)
        self.adjust_gradients(task)
        self.finish_step(self.optimizer.step, partial(self.after_step, task, batch, logits))
        return loss

    def start_task(self, task: Task) -> None:
        """Runs before the first step of a task; not when a run continues from within one."""

    def examples(self, task: Task) -> Examples:
        """Returns the images to train on, the same at every call within a task."""
        return task.train

    def batches(
        self, task: Task, examples: Examples, steps: int, order: torch.Generator
    ) -> Iterator[Tensor]:
        """Yields the positions of each step's batch among the examples, int64 (m,).

        order: the same for every strategy, so that all see the images in the same order.
        """
        if self.single_pass:
            return one_pass(len(examples), steps, order)
        return shuffled_passes(len(examples), self.recipe.batch, steps, order)

    def learning_rate(self, task: Task) -> float:
        """Returns the optimiser's learning rate during a task."""
        return self.recipe.learning_rate

    def forward(self, task: Task, batch: Batch) -> Tensor:
        """Returns the logits (n, outputs) of a batch that is learned from."""
        return self.network(batch.images)

    def loss(self, task: Task, batch: Batch, logits: Tensor) -> Tensor:
        """Returns the loss of a batch, a scalar; logits (n, outputs) are those of `forward`."""
        return self.cross_entropy(task, batch, logits)

    def adjust_gradients(self, task: Task) -> None:
        """Changes `self.network.flat_gradient` (p,) in place before the optimiser's step."""

    def after_step(self, task: Task, batch: Batch, logits: Tensor) -> None:
        """Runs after every optimiser step; again when it ran out of memory, see `finish_step`."""

    def end_task(self, task: Task) -> None:
        """Runs after the last step of a task: measures what is kept for later tasks."""

    def scores(self, images: Tensor) -> Tensor:
        """Returns a score for every output, (n, outputs), of images uint8 (n, channels, height,
        width).

        The softmax over the active outputs is shown as probability. Where the task label is given,
        the outputs of each task (`self.plan.outputs_of(task)`) may come from a model of its own.
        """
        return self.network(images)

    def scores_of_task(self, images: Tensor, task: int) -> Tensor:
        """Returns scores of images of a task, (n, outputs), of which only its own outputs are used.

        Where each task has a network of its own, `scores` computes all of them and this one alone.
        """
        return self.scores(images)

    def cross_entropy(self, task: Task, examples: Examples, logits: Tensor) -> Tensor:
        """Returns the mean cross-entropy over the active outputs of each image's own task."""
        if not task.all_active:
            logits = logits.masked_fill(~task.candidates(examples.tasks), -torch.inf)
        return F.cross_entropy(logits, examples.labels)


@torch.no_grad()
def scores(strategy: Strategy, images: Tensor, task: int | None = None) -> Tensor:
    """Returns the strategy's scores for any number of images, (n, outputs).

    task: whose outputs alone are used, None for all.
    """
    chunks = images.split(INFERENCE_CHUNK)
    if task is None:
        return torch.cat([strategy.scores(chunk) for chunk in chunks])
    return torch.cat([strategy.scores_of_task(chunk, task) for chunk in chunks])
