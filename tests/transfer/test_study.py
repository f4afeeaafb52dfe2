"""Laws of transfer studies: from scratch, frozen, fine-tuned and protected."""

import pytest
import torch

from lifelong import api, registry
from lifelong.errors import LifelongError
from lifelong.training.experiment import Experiment
from lifelong.transfer import between_tasks, learner, study
from lifelong.transfer import config as study_config
from lifelong.transfer import events as study_events
from lifelong.transfer.curves import AXES
from lifelong.transfer.results import StudyResult
from tests.helpers import config, same, strategy_names
from tests.transfer.helpers import accuracies, report_without_time, result_of, small_study

NATURAL = tuple(range(10))


def test_a_study_measures_every_regime_from_every_number_of_images_with_every_seed():
    result = result_of(small_study())
    assert list(accuracies(result)) == [
        (seed, regime, size)
        for seed in (0, 1)
        for regimes in (study_config.REGIMES, ("lwf",))
        for size in (1, 4, None)
        for regime in regimes
    ]
    assert result.finished and result.share == 1 and result.seconds_left == 0
    assert (
        result.began.source == tuple("01234")
        and result.began.target == tuple("56789")
        and result.began.chance == (0.2, 0.2)
    )
    assert {probe.step for probe in result.probes} == {1, 2, 5}
    for regime in result.regimes:
        assert [point.size for point in result.curve("images", regime)] == [1, 4, None]
        assert [point.x for point in result.curve("steps", regime)] == [1, 2, 5]
        assert {point.n for axis in AXES for point in result.curve(axis, regime)} == {2}


def test_events_are_json_and_come_back_equal():
    for event in study.study(small_study(seeds=1)):
        assert study_events.EVENT.validate_json(event.model_dump_json()) == event


def test_from_scratch_does_not_depend_on_the_source_and_the_others_do():
    targets = []
    for order in (NATURAL, (4, 3, 2, 1, 0, *range(5, 10))):
        result = result_of(small_study(class_order=order, seeds=1, steps=30))
        events = [*result.learned, *result.probes]
        targets.append(
            {name: [e.target for e in events if e.regime == name] for name in result.regimes}
        )
    assert targets[0]["scratch"] == targets[1]["scratch"]
    assert (
        targets[0]["frozen"] != targets[1]["frozen"]
        and targets[0]["finetune"] != targets[1]["finetune"]
    )


def test_frozen_features_keep_the_source_to_the_bit():
    result = result_of(small_study(steps=20))
    before = {axis: result.source(axis) for axis in AXES}
    assert all(
        e.source == before["images"][e.seed, "frozen"]
        for e in result.learned
        if e.regime == "frozen"
    )
    assert all(
        e.source == before["steps"][e.seed, "frozen"] for e in result.probes if e.regime == "frozen"
    )
    assert all(point.lost == (0, 0) for axis in AXES for point in result.curve(axis, "frozen"))
    assert any(point.lost[0] != 0 for point in result.curve("images", "finetune"))


def test_protection_of_strength_0_is_fine_tuning_so_all_regimes_learn_from_the_same_images():
    result = result_of(small_study(steps=30, seeds=1))
    weak = accuracies(result_of(small_study(steps=30, seeds=1, settings={"strength": 0.0})))
    assert all(
        weak[seed, "lwf", size] == weak[seed, "finetune", size]
        for seed, regime, size in weak
        if regime == "lwf"
    )
    strong = accuracies(result)
    assert any(strong[key] != weak[key] for key in strong if key[1] == "lwf")


def test_a_fine_tuned_study_is_a_run_of_the_transfer_scenario_with_a_fresh_optimiser():
    result = result_of(small_study(seeds=1))
    experiment = Experiment(config("finetune", "transfer", tasks=2, steps=5, images_per_class=4))
    list(experiment.events(until=1))
    experiment.strategy.optimizer.forget()
    *_, learned, _finished = experiment.events()
    assert learned.accuracy == tuple(reversed(accuracies(result)[0, "finetune", 4][1:]))


def test_what_the_three_regimes_do_to_the_source_is_plain_training():
    states = []
    for regime in study_config.REGIMES:
        experiment = Experiment(config(regime, "transfer", tasks=2))
        list(experiment.events(until=1))
        states.append(experiment.state_dict())
    assert same(states[0], states[1]) and same(states[1], states[2])


def test_the_order_of_classes_is_the_same_for_every_seed(monkeypatch):
    orders = []

    def recorded(run, *rest, **options):
        orders.append(run.class_order)
        return Experiment(run, *rest, **options)

    monkeypatch.setattr(between_tasks, "Experiment", recorded)
    result_of(small_study())
    assert set(orders) == {NATURAL}


@pytest.mark.parametrize("name", [info.name for info in api.protectors()])
def test_every_strategy_can_protect(name):
    result = result_of(small_study(protect=name, seeds=1, sizes=(2,), steps=2))
    assert result.finished and {e.regime for e in result.learned} == {*study_config.REGIMES, name}
    assert all(0 <= e.source <= 1 and 0 <= e.target <= 1 for e in result.learned)


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in strategy_names()
        if "transfer" in registry.strategy(name).scenarios
        and not registry.strategy(name).inference_fields
    ],
)
def test_the_end_of_a_task_changes_no_answer_of_a_strategy_that_answers_with_its_network_alone(
    name,
):
    experiment = Experiment(config(name, "transfer", tasks=2))
    for task in experiment.tasks:
        for step, steps, _ in experiment.strategy.learn(task):
            before = experiment.strategy.network.flat.clone() if step == steps else None
        assert torch.equal(experiment.strategy.network.flat, before)


def test_sizes_that_no_class_has_are_left_out():
    assert result_of(small_study(sizes=(1, 23, 24, 100), seeds=1)).began.sizes == (1, 23, None)


@pytest.mark.parametrize(
    ("size", "recipe", "steps", "expected"),
    [
        (1, "quick", None, 60),
        (20, "quick", None, 60),
        (100, "quick", None, 117),
        (1000, "quick", None, 234),
        (None, "quick", None, 234),
        (1, "paper", None, 60),
        (1000, "paper", None, 1171),
        (None, "paper", None, 2000),
        (1, "quick", 9, 9),
        (None, "quick", 9, 9),
    ],
)
def test_few_images_are_practised_often_enough_but_not_for_ever(size, recipe, steps, expected):
    assert learner.steps(small_study(recipe=recipe, steps=steps).run, [6000] * 5, size) == expected


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"tasks": 3}, "A transfer study was given 3 tasks; it has 2"),
        (
            {"protect": "frozen"},
            "frozen was to protect the source, which it does not; choose a strategy such as ewc",
        ),
        ({"protect": "joint"}, "joint was to protect"),
        ({"protect": "ewcc"}, "There is no strategy 'ewcc'; did you mean 'ewc'"),
        ({"sizes": (5, 1)}, r"given as \[5, 1\]; expected them in ascending order"),
        ({"sizes": (0, 1)}, "sizes.0 was given as '0'"),
        ({"seeds": 0}, "seeds was given as '0'"),
        (
            {"target": "mnist", "scenario": "class", "dataset": "minst"},
            "There is no dataset 'minst'",
        ),
    ],
)
def test_a_study_that_makes_no_sense_is_refused(given, says):
    with pytest.raises(LifelongError, match=says):
        study.resolve(small_study(**given))


def test_side_by_side_gives_the_numbers_of_one_at_a_time():
    configuration = small_study(steps=1, sizes=(1,))
    serial, parallel = (
        StudyResult(configuration, list(study.study(configuration, width=width)))
        for width in (1, 2)
    )
    assert report_without_time(serial) == report_without_time(parallel) and serial.finished


def test_a_study_that_can_use_only_one_core_uses_one(monkeypatch):
    monkeypatch.setenv("LIFELONG_PROCESSES", "2")
    widths = []

    def run_jobs(local, remote, jobs, width, stop):
        widths.append(width)
        return iter(())

    monkeypatch.setattr(study, "run_jobs", run_jobs)
    for seeds in (1, 2):
        list(study.study(small_study(seeds=seeds)))
    assert widths == [1, 2]
