"""Laws of strategies with a network of its own for each task."""

import pytest
import torch

from lifelong.training.experiment import Experiment
from tests.helpers import config

STRATEGIES = ("hat", "packnet", "separate", "xdg")


@pytest.mark.parametrize("name", STRATEGIES)
def test_one_network_computes_the_own_outputs_of_a_task_as_all_networks_do(name):
    experiment = Experiment(config(name, "task", tasks=3, steps=3))
    for _ in experiment.events():
        pass
    strategy, images = experiment.strategy, experiment.tasks[0].test.images
    together = strategy.scores(images)
    for task in range(3):
        own = experiment.plan.outputs_of(task)
        alone = strategy.scores_of_task(images, task)
        assert alone.shape == together.shape
        assert torch.equal(alone[:, own.start : own.stop], together[:, own.start : own.stop])


@pytest.mark.parametrize("name", STRATEGIES)
def test_an_evaluation_with_the_task_label_computes_one_network_an_image(name, monkeypatch):
    experiment = Experiment(config(name, "task", tasks=3, steps=3))

    def all_networks(_strategy, _images):
        raise AssertionError("every task's network was computed")

    monkeypatch.setattr(type(experiment.strategy), "scores", all_networks)
    for _ in experiment.events():
        pass
