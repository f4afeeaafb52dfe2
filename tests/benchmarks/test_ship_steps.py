"""Laws of the checkpoints within the tasks of the shipped run."""

import torch

from lifelong import api
from lifelong.inference import within_task
from lifelong.runs import step_checkpoints
from lifelong.runs.folders import SHIPPED

RUN = "mnist-class-finetune"
LARGEST = 5e6  # bytes of all of them


def test_the_shipped_ones_are_small_and_lead_from_one_checkpoint_to_the_next():
    files = list((SHIPPED / RUN).glob("steps-*"))
    assert len(files) == 4 and sum(file.stat().st_size for file in files) < LARGEST
    assert api.tasks_with_steps(RUN) == (1, 2, 3, 4)
    blank = torch.zeros(28, 28, dtype=torch.uint8).numpy()
    for learning in range(1, 5):
        answers = within_task.classify_within(SHIPPED / RUN, blank, learning)
        assert [each.step for each in answers] == [0, *step_checkpoints.STEPS, 2000]
