"""A step costs the same however many tasks there were, but where a strategy says that it grows.

The number of calls stands for its time: it is the same in every repetition.
"""

import cProfile
import pstats

import pytest

from lifelong import registry
from lifelong.numerics import cores
from lifelong.training.experiment import Experiment
from tests.helpers import config, strategy_names

EARLY, LATE = 2, 8  # positions of two tasks, neither the first nor the last one
# The labels of an image for each earlier task, see the strategy's `grows`.
GROWING = {("dgr", "task")}


def calls_of_a_step(experiment: Experiment, index: int) -> int:
    """Returns the number of calls of the second step of a task, whose network is left as it is."""
    learning = experiment.train(experiment.tasks[index])
    next(learning)
    # Which calls another thread takes over differs.
    with cores.kept_busy(), cProfile.Profile() as profile:
        next(learning)
    for _ in learning:
        pass
    return pstats.Stats(profile).total_calls


@pytest.mark.parametrize("scenario", ["class", "task"])
@pytest.mark.parametrize("name", strategy_names())
def test_a_step_of_the_ninth_task_takes_as_many_calls_as_one_of_the_third(name, scenario):
    strategy = registry.strategy(name)
    if scenario not in strategy.scenarios:
        return
    experiment = Experiment(config(name, scenario, tasks=10, steps=3))
    calls = {}
    for index in range(10):
        found = calls_of_a_step(experiment, index)
        if index in (EARLY, LATE):
            calls[index] = found
    grows = calls[LATE] > calls[EARLY] + 1
    assert grows == ((name, scenario) in GROWING), calls
