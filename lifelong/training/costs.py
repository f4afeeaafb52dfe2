"""Costs of training: multiply-accumulate operations, peak memory, and the seconds to expect."""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing, nullcontext

from torch import Tensor

from ..data.scenarios import Task
from ..numerics import peak_memory
from ..numerics.operations import OperationCounter
from ..strategies.base import Strategy

SECOND = 2  # the step that those after it count as much as
_SAVED = ("operations", "each_step", "peak_memory")
LearningStep = tuple[int, int, Tensor]  # (step, steps of the task, loss)


class Costs:
    """Costs of the training of a run so far, without evaluation.

    operations: multiply-accumulate operations, see `numerics.operations` for which. Of each task
    the start, the first two steps and the end are counted; each step in between counts as much as
    the second. So what a strategy does beside the steps, such as the Fisher information, is
    counted in full, and replayed images and passes of a teacher are part of a step. Features of a
    frozen backbone, which are extracted once for all runs, are not counted. None where a run goes
    on from a state that lacks the number.
    peak_memory: bytes, see `numerics.peak_memory`, the most of all tasks; None where unknown.
    """

    def __init__(self, device: str) -> None:
        self.device = device
        self.operations: int | None = 0
        self.peak_memory: int | None = None
        self.each_step = 0
        self._has_peak = False

    def measured(
        self, learning: Generator[LearningStep, None, None], start: int = 0
    ) -> Generator[LearningStep, None, None]:
        """Passes the steps of a task on, and measures what they cost; see `Strategy.learn`.

        start: steps of the task that are done already.
        """
        self._has_peak = peak_memory.reset(self.device)
        if start < SECOND:
            self.each_step = 0
        number, is_first, is_last = start, True, False
        with closing(learning):
            while True:
                number += 1
                is_counted = number <= SECOND or is_first or is_last
                with OperationCounter() if is_counted else nullcontext() as counter:
                    step = next(learning, None)
                self._add(number, counter.total if counter else 0, is_end=step is None)
                if step is None:
                    return self.note_peak()
                is_first, is_last = False, step[0] == step[1]
                yield step

    def _add(self, number: int, counted: int, is_end: bool) -> None:
        """Adds the operations of a step, or those of the end of a task."""
        if number == SECOND:
            self.each_step = counted
        if self.operations is not None:
            self.operations += self.each_step if number > SECOND and not is_end else counted

    def note_peak(self) -> None:
        """Reads the peak of the memory since the task began; a reading takes 30 microseconds."""
        if self._has_peak:
            peaks = (self.peak_memory, peak_memory.read(self.device))
            self.peak_memory = max((peak for peak in peaks if peak is not None), default=None)

    def state(self) -> dict[str, str]:
        """Returns the costs as the metadata of a checkpoint."""
        self.note_peak()
        found = {name: getattr(self, name) for name in _SAVED}
        return {name: str(value) for name, value in found.items() if value is not None}

    def restore(self, state: Mapping[str, str]) -> None:
        """Sets the costs of the training before a checkpoint; those not in it are unknown."""
        found = {name: int(state[name]) for name in _SAVED if name in state}
        self.operations, self.peak_memory = found.get("operations"), found.get("peak_memory")
        self.each_step = found.get("each_step", 0)


def estimated_seconds(
    strategy: Strategy,
    tasks: Sequence[Task],
    clock: Callable[[], float],
    since: Callable[[float], float],
) -> float:
    """Returns the expected seconds of plain training on all tasks, from one step.

    The network is the same after it. clock: returns the seconds. since: the seconds since a moment
    of the clock, once all work is done.
    """
    network = strategy.network
    steps = sum(strategy.steps(task, task.train) for task in tasks)
    images = tasks[0].train.images[: strategy.recipe.batch]
    changed = [network.flat, *network.statistics().values()]
    before = [tensor.clone() for tensor in changed]
    for _ in range(2):  # the first has to plan its products
        began = clock()
        network.body.begin_step(strategy.seed, 0, 0)
        network.backward(network(images).logsumexp(1).mean())
        network.body.eval()
    for tensor, value in zip(changed, before):
        tensor.copy_(value)
    return round(since(began) * steps, 1)
