"""What a strategy is: a dataclass that overrides some steps of the one training loop below."""

from collections.abc import Callable, Iterator
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
from ..numerics import hardware, matmul, seeds
from .parts.state import Stateful

FEWEST_STEPS = 60  # one pass over the embedded sample would be 6 steps, too few to learn anything
CHUNKS = 100  # of a single pass: enough to see it progress, few enough for large matrix products


@dataclass
class Strategy(Stateful):
    """A way to learn a task without losing the earlier ones.

    Most override some of these: examples, start_task, forward, loss, adjust_gradients, after_step,
    end_task, scores. They take what they need as arguments and return what they make. What is kept
    from task to task is a `stored()` field, or a network of its own in `parts`; random choices come
    from `self.generator`, never from the generator of the image order. A strategy without gradients
    sets `single_pass` and overrides `step`: it sees each image once.
    """

    title: ClassVar[str]
    family: ClassVar[str]  # one of parts.families.FAMILIES
    summary: ClassVar[str]
    stores: ClassVar[str]
    costs: ClassVar[str]
    source: ClassVar[str]
    scenarios: ClassVar[frozenset[str]] = frozenset(SCENARIOS)
    single_pass: ClassVar[bool] = False
    chunks: ClassVar[int] = CHUNKS
    early_probes: ClassVar[tuple[int, ...]] = (
        1,
        2,
        5,
    )  # steps after which it is looked at, beside every so many: fewer where answers cost much
    quick_note: ClassVar[str] = ""  # what to know where the quick recipe is too short for it

    def bind(self, network: Network, plan: Plan, config: RunConfig) -> None:
        """Binds the strategy to the network it trains, and to the device where that is. Called
        once, before the first task.

        Random numbers are drawn on the processor and taken there: one seed means the same numbers
        on every device.
        """
        # Once a task is known, its gradients and Adam's averages sink to numbers so small that the
        # processor handles each of them by itself: a step then took twice as long. In the thread
        # that computes they count as zero.
        torch.set_flush_denormal(True)
        self.network = network
        self.plan = plan
        self.recipe = config.training_recipe
        self.seed = config.seed
        self.precision = config.precision
        self.generator = torch.Generator()
        # Images of one step, where the recipe's batch does not fit into memory.
        self.batch_limit: int | None = None
        self._body_statistics = tuple(network.statistics().values())
        self.to_device()
        self.restart()

    def restart(self) -> None:
        """The network as it was before any training, with a fresh optimiser."""
        self.network.initialise(seeds.generator(self.seed, "weights"))
        self.optimizer = Adam(self.network, self.recipe.learning_rate)

    def learn(self, task: Task, start: int = 0) -> Iterator[tuple[int, int, Tensor]]:
        """The loop, written once: yields (steps done, steps in all, loss) after every step from
        `start` on.
        """
        order = seeds.generator(self.seed, "order", task.index)
        if start == 0:
            self.generator = seeds.generator(self.seed, "strategy", task.index)
            self.start_task(task)
        examples = self.examples(task)
        steps = self.steps(task, examples)
        batches = self._chunks if self.single_pass else self._order
        for step, indices in enumerate(batches(len(examples), steps, order), 1):
            if step <= start:
                continue
            loss = self._step_in_memory(task, examples, indices, step)
            self.network.body.eval()
            yield step, steps, loss.detach()
        self.end_task(task)

    def _step_in_memory(
        self, task: Task, examples: Examples, indices: Tensor, number: int
    ) -> Tensor:
        """Takes a step on this batch, or on the first part of it if the GPU's memory is too small.

        An attempt that ran out of memory leaves no trace: the next one draws the same random
        numbers. A strategy that sees each image only once takes steps on the other parts, too.
        """
        loss = torch.zeros(())
        while len(indices):
            part = indices if self.batch_limit is None else indices[: self.batch_limit]
            random = self.generator.get_state()
            statistics = [tensor.clone() for tensor in self._body_statistics]
            self.network.body.begin_step(self.seed, task.index, number)
            try:
                loss = self.step(task, Batch(**examples.take(part).tensors(), indices=part))
            except torch.OutOfMemoryError:
                self.generator.set_state(random)
                for tensor, before in zip(self._body_statistics, statistics):
                    tensor.copy_(before)
                self.batch_limit = hardware.half_batch_size(len(part))
                continue
            indices = indices[len(part) :] if self.single_pass else indices[:0]
        return loss

    def within_limit(self, images: int) -> int:
        """Returns the size of a batch of so many images, or what a step may hold if that is
        less.
        """
        return images if self.batch_limit is None else min(images, self.batch_limit)

    def finish_step(self, *actions: Callable[[], None]) -> None:
        """Runs what follows the gradients: none of these actions is repeated once it is done.

        Their memory does not depend on the batch, so one that runs out of it is tried a second
        time, not with a smaller batch. An action that fails may have drawn random numbers, nothing
        else. Raises LifelongError when the second attempt fails, too.
        """
        for action in actions:
            random = self.generator.get_state()
            try:
                action()
            except torch.OutOfMemoryError:
                self.generator.set_state(random)
            else:
                continue
            hardware.retry_with_freed_memory(action)

    def _order(self, available: int, steps: int, order: torch.Generator) -> Iterator[Tensor]:
        """Positions of each batch: shuffled passes over all images, an incomplete last batch
        dropped.
        """
        batch = min(self.recipe.batch, available)
        while steps > 0:
            for indices in torch.randperm(available, generator=order)[
                : available // batch * batch
            ].split(batch):
                if steps == 0:
                    return
                steps -= 1
                yield indices

    def _chunks(self, available: int, steps: int, order: torch.Generator) -> Iterator[Tensor]:
        """Positions of each portion: one shuffled pass over all images, none left out."""
        yield from torch.randperm(available, generator=order).tensor_split(steps)

    def steps(self, task: Task, examples: Examples) -> int:
        """Steps for this task: the recipe's, or as many as one pass takes, but never too few to
        learn anything.

        A strategy that sees each image once needs no more than its number of portions.
        """
        if self.single_pass:
            return min(self.recipe.steps or self.chunks, self.chunks, len(examples))
        return self.recipe.steps or max(FEWEST_STEPS, len(examples) // self.recipe.batch)

    def step(self, task: Task, batch: Batch) -> Tensor:
        """Takes one step of the optimiser on one batch and returns the loss, a scalar.

        Until `finish_step` it changes nothing but random generators, gradients and the body's
        statistics.
        """
        with matmul.matmul_precision(self.precision):
            logits = self.forward(task, batch)
            loss = self.loss(task, batch, logits)
            self.network.backward(loss)
        self.adjust_gradients(task)
        self.finish_step(self.optimizer.step, partial(self.after_step, task, batch, logits))
        return loss

    def examples(self, task: Task) -> Examples:
        """The images to train on: the task's own. The same at every call within a task."""
        return task.train

    def start_task(self, task: Task) -> None:
        """Before the first step of a task. Not called when a run goes on from within one."""

    def forward(self, task: Task, batch: Batch) -> Tensor:
        """The network's logits (n, outputs) for a batch that it learns from."""
        return self.network(batch.images)

    def loss(self, task: Task, batch: Batch, logits: Tensor) -> Tensor:
        """What the step descends, a scalar; logits (n, outputs) are the network's for this
        batch.
        """
        return self.cross_entropy(task, batch, logits)

    def adjust_gradients(self, task: Task) -> None:
        """Changes `self.network.flat_gradient` in place, between the backward pass and the
        optimiser's step.
        """

    def after_step(self, task: Task, batch: Batch, logits: Tensor) -> None:
        """After every optimiser step. It is called again when it ran out of memory: see
        `finish_step`.
        """

    def end_task(self, task: Task) -> None:
        """After the last step of a task: what is kept for later is measured here."""

    def scores(self, images: Tensor) -> Tensor:
        """The model's answer to images uint8 (n, channels, height, width): larger is likelier, (n,
        outputs).

        Their softmax over the outputs that compete is shown as probability. Where tasks are told
        apart by the label (`self.plan.outputs_of(task)`), the outputs of each task may come from a
        model of its own.
        """
        return self.network(images)

    def cross_entropy(self, task: Task, examples: Examples, logits: Tensor) -> Tensor:
        """Returns the mean cross-entropy over the active outputs of each image's own task."""
        if not task.all_active:
            logits = logits.masked_fill(~task.candidates(examples.tasks), -torch.inf)
        return F.cross_entropy(logits, examples.labels)

    @classmethod
    def make(cls, scenario: str, given: dict[str, Any]) -> "Strategy":
        """A strategy with this scenario's defaults and the given settings, each checked against its
        range.
        """
        name = registry.name_of(cls)
        if scenario not in cls.scenarios:
            raise LifelongError(
                f"{name} was given the scenario '{scenario}'; it is defined for: "
                f"{', '.join(sorted(cls.scenarios))}."
            )
        return cls.from_settings(name, scenario, given)


CHUNK = 2000


@torch.no_grad()
def scores(strategy: Strategy, images: Tensor) -> Tensor:
    """The strategy's answers to any number of images, (n, outputs)."""
    return torch.cat([strategy.scores(part) for part in images.split(CHUNK)])
