"""Verification: a checkpoint has the accuracy of the record, or is seen not to have it."""

import pytest
import torch

from lifelong import api
from lifelong.errors import LifelongError
from lifelong.inference import predict, task_images
from tests.helpers import config, learned_run


@pytest.fixture(autouse=True)
def _new_images():
    task_images._dataset.cache_clear()
    yield
    task_images._dataset.cache_clear()


@pytest.mark.parametrize(
    ("strategy", "scenario"),
    [("finetune", "class"), ("replay", "task"), ("analytic", "domain"), ("icarl", "class")],
)
def test_every_checkpoint_is_found_to_have_the_recorded_accuracy(strategy, scenario):
    folder = learned_run(config(strategy, scenario))
    for after in range(3):
        found = api.insight.verify(folder.name, after)
        assert found.agrees and found.same_images and len(found.found) == after + 1
        assert found.found == pytest.approx(found.recorded) and found.tested > 0


def test_a_checkpoint_that_was_changed_is_found():
    folder = learned_run(config())
    with torch.no_grad():
        predict.load(folder, 2).network.flat.mul_(-1)
    assert not api.insight.verify(folder.name, 2).agrees
    assert api.insight.verify(folder.name, 1).agrees


@pytest.mark.parametrize("after", [-1, 3])
def test_a_task_that_was_not_learned_is_refused(after):
    folder = learned_run(config())
    with pytest.raises(LifelongError, match="has learned 3 tasks"):
        api.insight.verify(folder.name, after)
