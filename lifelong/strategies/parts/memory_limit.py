"""Steps that run out of memory are retried with a smaller batch, and no part of one is repeated."""

from collections.abc import Callable

import torch
from torch import Tensor

from ...numerics import hardware
from .state import Stateful


class MemoryLimited(Stateful):
    """Base class of strategies: retries steps that ran out of memory.

    batch_limit: the largest batch that fits into memory; None as long as every batch did.
    body_statistics: what batch norm and the like measure within a step.
    """

    batch_limit: int | None
    body_statistics: tuple[Tensor, ...]

    def within_limit(self, images: int) -> int:
        """Returns the size of a batch of so many images, or the largest that fits if that is
        smaller.
        """
        return images if self.batch_limit is None else min(images, self.batch_limit)

    def take_step(
        self, indices: Tensor, step: Callable[[Tensor], Tensor], every_part: bool
    ) -> Tensor:
        """Calls `step` with the indices of a batch, or with those of its first part if it does not
        fit into memory; returns the loss.

        An attempt that ran out of memory leaves no trace: the next one draws the same random
        numbers. every_part: whether steps on the other parts follow.
        """
        loss = torch.zeros(())
        while len(indices):
            part = indices[: self.within_limit(len(indices))]
            random = self.generator.get_state()
            statistics = [tensor.clone() for tensor in self.body_statistics]
            try:
                loss = step(part)
            except torch.OutOfMemoryError:
                self.generator.set_state(random)
                for tensor, before in zip(self.body_statistics, statistics):
                    tensor.copy_(before)
                self.batch_limit = hardware.half_batch_size(len(part))
            else:
                indices = indices[len(part) :] if every_part else indices[:0]
        return loss

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
