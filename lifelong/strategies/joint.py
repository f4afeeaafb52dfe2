"""Joint training: the upper bound, one network trained on all tasks at once."""

from dataclasses import dataclass, replace

from torch import Tensor

from ..data.examples import Batch, Examples, concat
from ..data.scenarios import Task
from .base import Strategy


@dataclass
class Joint(Strategy):
    """One network, trained on the union of all tasks, those to come included (van de Ven et al.
    2022, "joint").

    Its training is cut into as many parts as there are tasks, so that it can be compared with the
    others after each: with 5 tasks of 2000 steps it takes 10,000 steps on all images. Active are
    the outputs that are active after the last task.
    """

    title = "Joint training"
    family = "baseline"
    protects_source = False  # it has the target's images from the start
    summary = (
        "Learns all tasks at once, from the first step on. It breaks the rules: nothing comes "
        "one after the other, so there is nothing to forget."
    )
    stores = "all training images, also those of tasks to come"
    costs = "nothing beyond plain training"
    grows = "nothing with tasks: it has all training images from the start"
    source = "the upper bound of every study of the field"
    at_once = True

    def examples(self, task: Task) -> Examples:
        return concat(*task.all_train)

    def storage(self, task: Task) -> dict[str, int]:
        return {"images": sum(images.nbytes for images in task.all_train)}

    def steps(self, task: Task, examples: Examples) -> int:
        return super().steps(task, task.train)

    def loss(self, task: Task, batch: Batch, logits: Tensor) -> Tensor:
        last = task.plan.active_outputs(len(task.all_train) - 1).to(self.device)
        return self.cross_entropy(replace(task, active_outputs=last), batch, logits)
