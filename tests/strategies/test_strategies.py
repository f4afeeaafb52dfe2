"""Laws of replay, joint and cumulative training, frozen features and training from scratch."""

from functools import cache

import pytest
import torch
import torch.nn.functional as F

from lifelong.data import scenarios
from lifelong.data.examples import Examples, concat, empty_examples
from lifelong.events import Started, Step, TaskLearned
from lifelong.metrics import average_accuracy, forgetting
from lifelong.numerics import seeds
from lifelong.strategies.parts.batches import shuffled_passes
from lifelong.training.experiment import Experiment
from tests.helpers import batch_of, config, run_all


@cache
def matrix(strategy: str, scenario: str) -> list[list[float | None]]:
    """Returns accuracy[after][on] of the quick recipe on the embedded sample."""
    sample = {"dataset": "mnist-sample", "model": "mlp"}
    _, events = run_all(config(strategy, scenario, **sample, tasks=5, steps=None))
    rows = [e.accuracy for e in events if isinstance(e, TaskLearned)]
    return [[*row, *[None] * (5 - len(row))] for row in rows]


def counts(examples: Examples) -> dict[tuple[int, int], int]:
    """Returns the number of images by (task, label)."""
    pairs, each = torch.stack([examples.tasks, examples.labels], 1).unique(
        dim=0, return_counts=True
    )
    return {tuple(pair): n for pair, n in zip(pairs.tolist(), each.tolist())}


@pytest.mark.parametrize("scenario", ["task", "domain", "class", "transfer"])
@pytest.mark.parametrize(("per_class", "stored"), [(1, 1), (5, 5), (24, 24), (100, 24)])
def test_replay_keeps_so_many_images_of_each_class_or_as_many_as_there_are(
    scenario, per_class, stored
):
    experiment = Experiment(config("replay", scenario, settings={"per_class": per_class}))
    for learned in (1, 2, 3):
        list(experiment.events(until=learned))
        expected = {
            (t, label): stored for t in range(learned) for label in experiment.plan.outputs_of(t)
        }
        assert counts(experiment.strategy.buffer.examples) == expected


def test_replay_keeps_images_of_the_training_set_each_once_and_with_its_own_label():
    experiment, _ = run_all(config("replay", settings={"per_class": 9}))
    for task in experiment.tasks:
        stored = experiment.strategy.buffer.examples.take(
            (experiment.strategy.buffer.examples.tasks == task.index).nonzero().squeeze(1)
        )
        known = {
            (image.numpy().tobytes(), int(label))
            for image, label in zip(task.train.images, task.train.labels)
        }
        chosen = [
            (image.numpy().tobytes(), int(label))
            for image, label in zip(stored.images, stored.labels)
        ]
        assert len(set(chosen)) == len(chosen) and set(chosen) <= known


def test_which_images_replay_keeps_depends_on_the_seed_alone():
    one, other, third = (
        run_all(config("replay", seed=seed, class_order=range(10), settings={"per_class": 3}))[
            0
        ].strategy.buffer.examples
        for seed in (1, 1, 2)
    )
    assert torch.equal(one.images, other.images) and not torch.equal(one.images, third.images)


@pytest.mark.parametrize("index", [1, 2])
@pytest.mark.parametrize("scenario", ["task", "class"])
def test_replay_mixes_one_share_of_the_present_with_the_rest_of_the_past(scenario, index):
    experiment = Experiment(config("replay", scenario))
    list(experiment.events(until=index))
    task, strategy = experiment.tasks[index], experiment.strategy
    batch = batch_of(task.train)
    logits = strategy.network(batch.images)
    strategy.generator = seeds.generator(0, "test")
    loss = strategy.loss(task, batch, logits)
    drawn = strategy.buffer.sample(16, seeds.generator(0, "test"))

    def by_hand(part):
        own = [
            experiment.plan.outputs_of(int(t))
            if scenario == "task"
            else range(experiment.plan.outputs_of(index).stop)
            for t in part.tasks
        ]
        answers = strategy.network(part.images)
        each = [
            F.cross_entropy(a[list(o)], y - o.start) for a, o, y in zip(answers, own, part.labels)
        ]
        return torch.stack(each).mean()

    share = 1 / (index + 1)
    torch.testing.assert_close(loss, share * by_hand(batch) + (1 - share) * by_hand(drawn))


def test_in_the_task_scenario_a_replayed_image_moves_only_the_outputs_of_its_own_task():
    experiment = Experiment(config("replay", "task"))
    list(experiment.events(until=1))
    strategy, later = experiment.strategy, experiment.tasks[1]
    old = batch_of(experiment.tasks[0].train, 8)
    strategy.network.backward(strategy.cross_entropy(later, old, strategy.network(old.images)))
    bias = strategy.network.head.bias.grad
    own = list(experiment.tasks[0].outputs)
    assert bias.isfinite().all() and (bias[own] != 0).all() and (bias[own[-1] + 1 :] == 0).all()


def test_concatenating_empty_examples_changes_nothing():
    examples = Examples(
        torch.ones(2, 1, 2, 2, dtype=torch.uint8), torch.tensor([0, 1]), torch.tensor([0, 0])
    )
    for joined in (concat(empty_examples(), examples), concat(examples, empty_examples())):
        assert torch.equal(joined.images, examples.images) and torch.equal(
            joined.labels, examples.labels
        )
    assert len(concat(empty_examples(), empty_examples())) == 0
    assert len(concat(examples, examples)) == 4


def test_cumulative_training_learns_the_union_of_all_tasks_so_far():
    experiment = Experiment(config("cumulative"))
    for learned in (1, 2, 3):
        list(experiment.events(until=learned))
        assert counts(experiment.strategy.examples(experiment.tasks[learned - 1])) == {
            (t, label): 24 for t in range(learned) for label in experiment.plan.outputs_of(t)
        }


def test_cumulative_training_starts_every_task_with_the_first_weights_and_a_fresh_optimiser():
    first = Experiment(config("cumulative")).strategy.network.flat.clone()
    experiment = Experiment(config("cumulative"))
    list(experiment.events(until=2))
    assert not torch.equal(experiment.strategy.network.flat, first)
    experiment.strategy.start_task(experiment.tasks[2])
    assert (
        torch.equal(experiment.strategy.network.flat, first)
        and experiment.strategy.optimizer.steps == 0
    )


def test_cumulative_training_takes_as_many_steps_as_all_tasks_so_far_had_together():
    _, events = run_all(config("cumulative"))
    assert {e.task: e.steps for e in events if isinstance(e, Step)} == {0: 7, 1: 14, 2: 21}


def test_cumulative_training_after_the_last_task_does_not_depend_on_the_first_tasks_training():
    """It equals training on all tasks at once."""
    experiment, _ = run_all(config("cumulative"))
    alone = Experiment(config("cumulative"))
    alone.strategy.start_task(alone.tasks[0])
    alone.strategy.start_task(alone.tasks[1])
    for _ in alone.strategy.learn(alone.tasks[2]):
        pass
    assert torch.equal(alone.strategy.network.flat, experiment.strategy.network.flat)


@pytest.mark.parametrize("scenario", ["task", "domain", "class", "transfer"])
def test_joint_training_takes_its_steps_on_all_tasks_from_the_start(scenario):
    experiment = Experiment(config("joint", scenario))
    events = list(experiment.events(until=1))
    assert {e.steps for e in events if isinstance(e, Step)} == {7}
    everything = counts(experiment.strategy.examples(experiment.tasks[0]))
    assert everything == {
        (t, label): 24 for t in range(3) for label in experiment.plan.outputs_of(t)
    }
    # Outputs of tasks to come are active: no label is impossible.
    assert all(e.loss < 10 for e in events if isinstance(e, Step))


def test_joint_training_is_already_good_at_tasks_to_come():
    """No strategy that sees tasks in order can do this."""
    ahead = [
        next(
            e.next_task_accuracy
            for e in run_all(config(name, "task", steps=60))[1]
            if isinstance(e, TaskLearned)
        )
        for name in ("joint", "finetune")
    ]
    assert ahead[0] > 0.9 > ahead[1]


@pytest.mark.parametrize("scenario", ["task", "transfer"])
def test_frozen_features_and_the_sources_outputs_stay_as_they_are_to_the_bit(scenario):
    experiment = Experiment(config("frozen", scenario))
    list(experiment.events(until=1))
    network = experiment.strategy.network
    before = network.flat.clone()
    own = len(experiment.tasks[0].outputs)
    list(experiment.events())
    assert torch.equal(network.flat[: network.head_start], before[: network.head_start])
    weight, bias = before[network.head_start :].split([10 * 16, 10])
    weight = weight.view(10, 16)
    assert torch.equal(network.head.weight[:own], weight[:own]) and torch.equal(
        network.head.bias[:own], bias[:own]
    )
    assert (network.head.weight[own:] != weight[own:]).any(1).all()


@pytest.mark.parametrize("scenario", ["task", "transfer"])
def test_frozen_features_forget_nothing(scenario):
    _, events = run_all(config("frozen", scenario, steps=30))
    rows = [e.accuracy for e in events if isinstance(e, TaskLearned)]
    assert all(row[: len(before)] == before for before, row in zip(rows, rows[1:]))


def test_from_scratch_every_task_is_learned_by_the_first_network_anew():
    experiment, _ = run_all(config("scratch", "transfer"))
    alone = Experiment(config("scratch", "transfer"))
    for _ in alone.strategy.learn(alone.tasks[2]):
        pass
    assert torch.equal(alone.strategy.network.flat, experiment.strategy.network.flat)


def test_fine_tuning_forgets_in_the_class_scenario():
    accuracy = matrix("finetune", "class")
    assert average_accuracy(accuracy) < 0.25 and forgetting(accuracy) > 0.9


@pytest.mark.parametrize(
    ("strategy", "scenario", "gain"),
    [
        ("replay", "class", 0.5),
        ("joint", "class", 0.5),
        ("cumulative", "class", 0.5),
        ("replay", "domain", 0.2),
        ("ewc", "task", 0.04),
    ],
)
def test_a_strategy_forgets_less_than_fine_tuning_where_its_paper_says_so(strategy, scenario, gain):
    ours, plain = matrix(strategy, scenario), matrix("finetune", scenario)
    assert (
        forgetting(ours) < forgetting(plain) / 4
        and average_accuracy(ours) > average_accuracy(plain) + gain
    )


@pytest.mark.parametrize(
    ("available", "batch", "steps"), [(10, 3, 7), (10, 10, 3), (5, 128, 4), (24, 8, 3)]
)
def test_images_come_in_whole_batches_of_shuffled_passes(available, batch, steps):
    generator = torch.Generator().manual_seed(0)
    drawn = [b.tolist() for b in shuffled_passes(available, batch, steps, generator)]
    size = min(batch, available)
    assert len(drawn) == steps and all(len(b) == size for b in drawn)
    a_pass = available // size
    for start in range(0, steps, a_pass):
        indices = [i for b in drawn[start : start + a_pass] for i in b]
        assert len(set(indices)) == len(indices) and set(indices) <= set(range(available))


def test_a_quick_task_is_one_pass_but_never_fewer_than_sixty_steps():
    run_config = config(steps=None)
    experiment = Experiment(run_config)
    task = experiment.tasks[0]
    assert experiment.strategy.steps(task, task.train) == 60
    many = Examples(
        torch.zeros(128 * 90 + 5, 1, 1, 1), torch.zeros(128 * 90 + 5), torch.zeros(128 * 90 + 5)
    )
    assert experiment.strategy.steps(task, many) == 90
    assert Experiment(config(steps=None, recipe="paper")).strategy.steps(task, many) == 2000


def test_the_untrained_network_is_the_same_for_every_strategy():
    first = {
        name: next(
            e for e in run_all(config(name, "task"))[1] if isinstance(e, Started)
        ).random_init_accuracy
        for name in ("finetune", "ewc", "joint", "scratch")
    }
    assert len(set(first.values())) == 1


def test_learning_stops_before_the_task_that_was_named():
    experiment = Experiment(config())
    assert [e.task for e in experiment.events(until=2) if isinstance(e, TaskLearned)] == [0, 1]
    assert [e.task for e in experiment.events(until=2) if isinstance(e, TaskLearned)] == []
    assert [
        e.task for e in Experiment(config()).events(until=0) if isinstance(e, TaskLearned)
    ] == []
    assert [e.task for e in experiment.events(until=99) if isinstance(e, TaskLearned)] == [2]


def test_the_probe_is_a_fixed_part_of_the_test_images(toy):
    task = scenarios.split(config(recipe="quick"), toy)[0]
    again = scenarios.split(config(recipe="quick"), toy)[0]
    tests = {image.numpy().tobytes() for image in task.test.images}
    assert len(task.probe) == min(60, len(task.test)) > 0
    assert torch.equal(task.probe.images, again.probe.images)
    assert all(image.numpy().tobytes() in tests for image in task.probe.images)
