"""Laws of separate networks: one for each task, and no transfer between them."""

import pytest
import torch

from lifelong.events import TaskLearned
from lifelong.training.experiment import Experiment
from tests.helpers import config, run_all


def learned(tasks: int = 3, scenario: str = "task") -> Experiment:
    return run_all(config("separate", scenario, tasks=tasks))[0]


def test_every_task_is_predicted_by_the_network_that_learned_it(toy):
    experiment = Experiment(config("separate", "task"))
    networks, answers = [], []
    for task in range(3):
        list(experiment.events(until=task + 1))
        networks.append(experiment.strategy.network.flat.clone())
        answers.append(experiment.strategy.network(toy.test_images).detach())
    for task in range(3):
        own = list(experiment.plan.outputs_of(task))
        assert torch.equal(experiment.strategy.weights_of(task), networks[task])
        assert torch.equal(
            experiment.strategy.scores(toy.test_images)[:, own], answers[task][:, own]
        )


def test_every_task_is_learned_like_a_first_task():
    experiment = learned()
    alone = Experiment(config("separate", "task"))
    list(alone.strategy.learn(experiment.tasks[2]))
    assert torch.equal(alone.strategy.networks[0], alone.strategy.untrained)
    assert torch.equal(alone.strategy.network.flat, experiment.strategy.network.flat)


def test_all_networks_start_from_the_same_weights_which_predict_for_future_tasks(toy):
    experiment = Experiment(config("separate", "task"))
    fresh = experiment.strategy.network.flat.clone()
    before = experiment.strategy.scores(toy.test_images)
    list(experiment.events(until=1))
    assert torch.equal(experiment.strategy.weights_of(1), fresh) and not torch.equal(
        experiment.strategy.weights_of(0), fresh
    )
    later = list(experiment.plan.outputs_of(1))
    assert torch.equal(experiment.strategy.scores(toy.test_images)[:, later], before[:, later])


@pytest.mark.parametrize("scenario", ["task", "transfer"])
def test_a_task_that_is_learned_is_never_forgotten(scenario):
    _, events = run_all(config("separate", scenario, steps=40))
    rows = [e.accuracy for e in events if isinstance(e, TaskLearned)]
    assert all(rows[after][task] == rows[task][task] for after in range(3) for task in range(after))
    assert min(rows[-1]) > 0.5


@pytest.mark.parametrize("tasks", [1, 3, 10])
def test_one_network_is_stored_for_each_earlier_task(tasks):
    experiment = learned(tasks)
    assert (
        experiment.strategy.storage(experiment.tasks[-1]).get("weights", 0)
        == (tasks - 1) * experiment.strategy.network.flat.nbytes
    )
