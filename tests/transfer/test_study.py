"""Transfer: which images, which classes, and what a study of from scratch, frozen, fine-tuned and protected finds."""

import dataclasses
import json
import math

import pytest
import torch

from lifelong import api, metrics, registry
from lifelong.data.examples import Dataset, Examples, concat_datasets, resize, subsample
from lifelong.data.scenarios import make_plan
from lifelong.errors import LifelongError
from lifelong.runs import comparison
from lifelong.runs import store as run_store
from lifelong.training.experiment import Experiment, resolve
from lifelong.training.parallel import run_jobs
from lifelong.transfer import between_tasks, learner, study
from lifelong.transfer import config as study_config
from lifelong.transfer import events as study_events
from lifelong.transfer import store as study_store
from lifelong.transfer.curves import AXES
from lifelong.transfer.events import Probe, SourceLearned, TargetLearned
from lifelong.transfer.presets import PRESETS
from lifelong.transfer.pretrained import PretrainedLearner
from lifelong.transfer.results import StudyResult
from tests.helpers import config, run_all, same, stop_after, strategy_names, toy_dataset
from tests.transfer.helpers import (
    accuracies,
    pretrained_study,
    report_without_time,
    result_of,
    small_study,
)

small = pytest.mark.usefixtures("small")
NATURAL = tuple(range(10))


# Which images and which classes


@small
@pytest.mark.parametrize("seed", range(3))
def test_few_images_are_nested_and_as_many_of_each_class(seed, small):
    part = Experiment(config(scenario="transfer", tasks=2, seed=seed)).tasks[1].train
    chosen = [
        {image.numpy().tobytes() for image in subsample(part, n, seed).images}
        for n in (1, 5, 20, 24, 100)
    ]
    assert [len(c) for c in chosen] == [5, 25, 100, 120, 120]
    assert all(fewer <= more for fewer, more in zip(chosen, chosen[1:]))
    assert same(subsample(part, 100, seed).tensors(), part.tensors()), (
        "more than there are is all there are, in their order"
    )
    assert same(subsample(part, 5, seed).tensors(), subsample(part, 5, seed).tensors())
    assert not torch.equal(subsample(part, 5, seed).images, subsample(part, 5, seed + 1).images)
    assert subsample(part, 5, seed).labels.bincount()[5:].tolist() == [5] * 5


@small
@pytest.mark.parametrize("tasks", [2, 3])
def test_images_per_class_limits_every_task_but_the_first(tasks):
    experiment = Experiment(config(scenario="transfer", tasks=tasks, images_per_class=3))
    assert [len(task.train) for task in experiment.tasks] == [
        len(task.outputs) * (3 if task.index else 24) for task in experiment.tasks
    ]
    assert all(len(task.test) == 8 * len(task.outputs) for task in experiment.tasks)
    assert [len(part) for part in experiment.tasks[0].all_train] == [
        len(task.train) for task in experiment.tasks
    ]


def test_task_sizes_say_where_the_cut_is():
    pair = PRESETS["animals-to-vehicles"]
    dealt = make_plan(
        config(
            scenario="transfer",
            tasks=None,
            class_order=pair.class_order,
            task_sizes=pair.task_sizes,
        ),
        10,
    )
    assert dealt.classes == ((2, 3, 4, 5, 6, 7), (0, 1, 8, 9))


@pytest.mark.parametrize(("given", "says"), [
    ({"task_sizes": (6, 3)}, r"The task sizes were given as \[6, 3\]; expected 2 numbers of at least 1 that add up to the 10 classes\."),
    ({"task_sizes": (10, 0)}, "expected 2 numbers of at least 1"),
    ({"task_sizes": (5, 5), "tasks": 3}, "expected 3 numbers"),
    ({"scenario": "class", "target": "mnist"}, "target was given in the scenario 'class'"),
    ({"scenario": "domain", "images_per_class": 3}, "images_per_class was given in the scenario 'domain'"),
    ({"target": "minst"}, "There is no dataset 'minst'; did you mean"),
    ({"target": "mnist", "tasks": 12}, "12 tasks were asked for, one of them for mnist-sample; mnist has 10 classes, ask for 2 to 11."),
])  # fmt: skip
def test_what_does_not_fit_is_told(given, says):
    with pytest.raises(LifelongError, match=says):
        resolve(config(**{"scenario": "transfer", "tasks": None, **given}))


@small
@pytest.mark.parametrize(("seed", "tasks", "sizes"), [(0, 2, [10, 10]), (3, 4, [10, 4, 3, 3])])
def test_a_target_data_set_comes_after_all_classes_of_the_source(seed, tasks, sizes):
    experiment, _ = run_all(config(scenario="transfer", target="mnist", tasks=tasks, seed=seed))
    assert [len(task) for task in experiment.plan.classes] == sizes
    assert sorted(experiment.plan.classes[0]) == list(NATURAL) and sorted(
        sum(experiment.plan.classes[1:], ())
    ) == [n + 10 for n in NATURAL]
    assert (experiment.plan.classes[0] == NATURAL) == (seed == 0)
    assert resolve(experiment.config, experiment.dataset) == experiment.config


@pytest.mark.parametrize("pair", PRESETS.values(), ids=list(PRESETS))
def test_every_pair_whose_data_sets_are_there_can_be_run(pair):
    if not {pair.dataset, pair.target or pair.dataset} <= set(registry.names("datasets")):
        pytest.skip("its data sets are not part of the project")
    resolved = study.resolve(study_config.make(**pair.fields())).run
    assert (
        resolved.scenario == ("class" if pair.pretrained else "transfer")
        and resolved.dataset == pair.dataset
        and resolved.target == pair.target
    )


@pytest.mark.parametrize(
    ("shape", "wanted"),
    [
        ((1, 6, 6), (3, 6, 6)),
        ((3, 6, 6), (1, 6, 6)),
        ((3, 8, 10), (1, 6, 6)),
        ((1, 6, 6), (3, 8, 8)),
        ((1, 1, 1), (1, 1, 1)),
    ],
)
def test_pictures_take_another_shape_and_one_colour_stays_that_colour(shape, wanted):
    images = torch.arange(4, dtype=torch.uint8).mul(60).view(4, 1, 1, 1).expand(4, *shape)
    new = resize(images, wanted)
    assert (
        new.shape == (4, *wanted)
        and new.dtype == torch.uint8
        and new.is_contiguous()
        or wanted == shape
    )
    assert torch.equal(new, images[:, :1, :1, :1].expand(4, *wanted))


def test_brightness_is_mostly_green_and_features_are_no_pictures():
    pure = torch.eye(3, dtype=torch.uint8).mul(200).view(3, 3, 1, 1).expand(3, 3, 2, 2)
    assert resize(pure, (1, 2, 2))[:, 0, 0, 0].tolist() == [60, 117, 23]
    with pytest.raises(
        LifelongError, match=r"only grey and colour pictures can be brought to each other's shape"
    ):
        resize(torch.zeros(2, 512, 1, 1, dtype=torch.uint8), (1, 28, 28))


def test_joined_data_sets_keep_their_images_and_shift_the_second_ones_labels():
    one, other = toy_dataset(), toy_dataset(classes=3, side=9, seed=1)
    both = concat_datasets(one, other)
    assert (
        both.classes == (*map(str, NATURAL), "0", "1", "2")
        and both.n_source_classes == 10
        and both.shape == one.shape
    )
    assert torch.equal(both.train_images[: len(one.train_labels)], one.train_images)
    assert torch.equal(both.test_labels[len(one.test_labels) :], other.test_labels + 10)
    assert one.source in both.source and other.source in both.source


# What a study finds


@small
def test_a_study_tells_every_way_from_every_number_of_images_with_every_seed():
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


@small
def test_events_are_json_and_come_back_equal():
    for event in study.study(small_study(seeds=1)):
        assert study_events.EVENT.validate_json(event.model_dump_json()) == event


@small
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


@small
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


@small
def test_protection_of_strength_0_is_fine_tuning_so_all_ways_learn_from_the_same_images():
    result = result_of(small_study(steps=30, seeds=1))
    weak = accuracies(result_of(small_study(steps=30, seeds=1, settings={"strength": 0.0})))
    assert all(
        weak[seed, "lwf", size] == weak[seed, "finetune", size]
        for seed, regime, size in weak
        if regime == "lwf"
    )
    strong = accuracies(result)
    assert any(strong[key] != weak[key] for key in strong if key[1] == "lwf")


@small
def test_a_fine_tuned_study_is_a_run_of_the_transfer_scenario_with_a_fresh_optimiser():
    result = result_of(small_study(seeds=1))
    experiment = Experiment(config("finetune", "transfer", tasks=2, steps=5, images_per_class=4))
    list(experiment.events(until=1))
    experiment.strategy.optimizer.forget()
    *_, learned, _finished = experiment.events()
    assert learned.accuracy == tuple(reversed(accuracies(result)[0, "finetune", 4][1:]))


@small
def test_what_the_three_ways_do_to_the_source_is_plain_training():
    states = []
    for regime in study_config.REGIMES:
        experiment = Experiment(config(regime, "transfer", tasks=2))
        list(experiment.events(until=1))
        states.append(experiment.state_dict())
    assert same(states[0], states[1]) and same(states[1], states[2])


@small
def test_the_order_of_classes_is_the_same_for_every_seed(monkeypatch):
    orders = []

    def recorded(run, *rest, **options):
        orders.append(run.class_order)
        return Experiment(run, *rest, **options)

    monkeypatch.setattr(between_tasks, "Experiment", recorded)
    result_of(small_study())
    assert set(orders) == {NATURAL}


@small
@pytest.mark.parametrize("name", [card.name for card in api.protectors()])
def test_every_strategy_can_protect(name):
    result = result_of(small_study(protect=name, seeds=1, sizes=(2,), steps=2))
    assert result.finished and {e.regime for e in result.learned} == {*study_config.REGIMES, name}
    assert all(0 <= e.source <= 1 and 0 <= e.target <= 1 for e in result.learned)


@small
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


@small
def test_sizes_that_no_class_has_are_left_out():
    assert result_of(small_study(sizes=(1, 23, 24, 100), seeds=1)).began.sizes == (1, 23, None)


@pytest.mark.parametrize(("size", "recipe", "steps", "expected"), [
    (1, "quick", None, 60), (20, "quick", None, 60), (100, "quick", None, 117), (1000, "quick", None, 234), (None, "quick", None, 234),
    (1, "paper", None, 60), (1000, "paper", None, 1171), (None, "paper", None, 2000), (1, "quick", 9, 9), (None, "quick", 9, 9),
])  # fmt: skip
def test_few_images_are_practised_often_enough_but_not_for_ever(size, recipe, steps, expected):
    assert learner.steps(small_study(recipe=recipe, steps=steps).run, [6000] * 5, size) == expected


@pytest.mark.parametrize(("given", "says"), [
    ({"tasks": 3}, "A transfer study was given 3 tasks; it has 2"),
    ({"protect": "frozen"}, "frozen was to protect the source, which it does not; choose a strategy such as ewc"),
    ({"protect": "joint"}, "joint was to protect"),
    ({"protect": "ewcc"}, "There is no strategy 'ewcc'; did you mean 'ewc'"),
    ({"sizes": (5, 1)}, r"given as \[5, 1\]; expected them in ascending order"),
    ({"sizes": (0, 1)}, "sizes.0 was given as '0'"),
    ({"seeds": 0}, "seeds was given as '0'"),
    ({"target": "mnist", "scenario": "class", "dataset": "minst"}, "There is no dataset 'minst'"),
])  # fmt: skip
def test_a_study_that_makes_no_sense_is_refused(given, says):
    with pytest.raises(LifelongError, match=says):
        study.resolve(small_study(**given))


# Forward transfer


@pytest.mark.parametrize("x", [(1, 10), (1, 5, 20, 100, 5881), (3, 4, 900)])
def test_forward_transfer_is_zero_when_curves_coincide_and_their_distance_when_they_are_parallel(x):
    curve = [math.sin(v) / 4 + 0.5 for v in x]
    assert metrics.area_between(x, curve, curve) == 0
    assert metrics.area_between(x, [v + 0.125 for v in curve], curve) == pytest.approx(0.125)
    assert metrics.area_between(x, curve, [0.5] * len(x)) == pytest.approx(
        -metrics.area_between(x, [0.5] * len(x), curve)
    )
    assert metrics.area_between([7 * v for v in x], curve, [0.1] * len(x)) == pytest.approx(
        metrics.area_between(x, curve, [0.1] * len(x))
    )


def test_one_point_has_no_area():
    assert metrics.area_between([1], [0.5], [0.2]) is None


@small
def test_forward_transfer_by_seed_is_the_area_over_the_curve_from_scratch():
    result = result_of(small_study())
    x = [1, 4, 24]
    for seed, area in enumerate(result.transfer("images", "frozen")):
        curves = {
            regime: [accuracies(result)[seed, regime, size][1] for size in (1, 4, None)]
            for regime in ("frozen", "scratch")
        }
        assert area == pytest.approx(metrics.area_between(x, curves["frozen"], curves["scratch"]))
    report = result.report("x")["forward_transfer"]["images"]["frozen"]
    mean, sem, n = result.gain("images", "frozen")
    assert (report["points"], report["sem"], report["n"]) == (
        pytest.approx(100 * mean),
        pytest.approx(100 * sem),
        n,
    ) and n == 2
    assert all(area == 0 for axis in AXES for area in result.transfer(axis, "scratch"))


# Stopped, resumed, side by side, on disk


@small
@pytest.mark.parametrize("steps", [1, 3, 30, 90, 117])
def test_a_study_that_was_stopped_goes_on_to_the_numbers_of_one_that_was_not(steps):
    never = result_of(small_study())
    at = study_store.create(small_study())
    events = list(study_store.learn(at, stop_after(steps)))
    assert events[-1].event == "stopped" and study_store.state(at) == "stopped"
    done = [
        part
        for part in small_study().branches
        if study_events.is_complete(study_store.result(at).events, part)
    ]
    again = list(study_store.learn(at))
    assert not any(study_events.belongs_to(event, part) for event in again for part in done), (
        "what was whole is not learned again"
    )
    assert study_store.state(at) == "finished" and report_without_time(
        study_store.result(at)
    ) == report_without_time(never)
    assert list(study_store.learn(at)) == [], "a finished study is not learned again"


@small
@pytest.mark.parametrize("cut", [1, 7, 40, 400])
def test_a_study_that_was_cut_off_goes_on_whatever_was_written_last(cut):
    at = study_store.create(small_study())
    list(study_store.learn(at))
    never = report_without_time(study_store.result(at))
    record = at / "record.jsonl"
    record.write_bytes(record.read_bytes()[:-cut])
    assert study_store.state(at) == "interrupted"
    list(study_store.learn(at))
    assert report_without_time(study_store.result(at)) == never


def test_side_by_side_gives_the_numbers_of_one_at_a_time():
    made = small_study(steps=1, sizes=(1,))
    alone, beside = (StudyResult(made, list(study.study(made, width=width))) for width in (1, 2))
    assert report_without_time(alone) == report_without_time(beside) and alone.finished


@small
def test_a_study_that_can_use_only_one_core_uses_one(monkeypatch):
    monkeypatch.setattr(comparison, "default_processes", lambda _: 2)
    widths = []

    def streamed(here, there, jobs, width, stop):
        widths.append(width)
        return iter(())

    monkeypatch.setattr(study, "run_jobs", streamed)
    for seeds in (1, 2):
        list(study.study(small_study(seeds=seeds)))
    assert widths == [1, 2]


def _fails(job):
    yield job
    raise LifelongError("It went wrong.")


def _dies(job):
    yield job
    raise SystemExit(3)


@pytest.mark.parametrize(
    ("there", "says"), [(_fails, "It went wrong"), (_dies, "ended before its work was done")]
)
def test_what_goes_wrong_in_another_process_reaches_the_caller(there, says):
    def here(job):
        while True:  # at work until the other process has told
            yield job

    with pytest.raises(LifelongError, match=says):
        for _value in run_jobs(here, there, [1, 2], 2, lambda: False):
            pass


@small
def test_a_study_is_no_run_and_a_run_no_study():
    at = study_store.create(small_study())
    run = run_store.create(config())
    assert at.name.startswith("transfer-mnist-sample-") and study_store.ids() == [
        at.name,
        *(folder.name for folder in study_store.shipped()),
    ]
    assert (
        at.name not in run_store.ids()
        and run.name in run_store.ids()
        and run.name not in study_store.ids()
    )
    for find, name in (
        (run_store.folder, at.name),
        (study_store.folder, run.name),
        (study_store.folder, "../x"),
    ):
        with pytest.raises(LifelongError, match="There is no"):
            find(name)
    for make, given in ((run_store.create, config()), (study_store.create, small_study(seeds=1))):
        with pytest.raises(LifelongError, match=r"give another with --out\.$"):
            make(given, at)


@small
def test_a_study_goes_on_whose_config_an_earlier_version_wrote():
    at = study_store.create(small_study(protect="ewc"))
    fields = json.loads((at / "study.json").read_text())
    fields["run"]["settings"]["fisher"] = fields["run"]["settings"].pop("estimator")
    del fields["pretrained"], fields["run"]["device"]
    (at / "study.json").write_text(json.dumps(fields))
    assert study_store.create(small_study(protect="ewc"), at) == at
    list(study_store.learn(at))
    assert study_store.result(at).finished


@small
@pytest.mark.parametrize(("line", "says"), [
    ('{"event":"began"}', "Line 3 of .* is not an event of a study"), ("not json", "Line 3 of .* is not an event of a study"),
    ('{"event":"look","seed":0,"way":"lwf","step":1,"target":1,"source":1}', "Line 3 of .* does not follow from the lines before it"),
    ('{"event":"target_learned","seed":0,"way":"frozen","images":3,"steps":1,"target":1,"source":1}', "Line 3 of .* does not follow"),
])  # fmt: skip
def test_a_damaged_record_is_told_by_its_line(line, says):
    at = study_store.create(small_study())
    list(study_store.learn(at))
    lines = (at / "record.jsonl").read_text().splitlines()
    (at / "record.jsonl").write_text("\n".join([*lines[:2], line, *lines[2:]]) + "\n")
    with pytest.raises(LifelongError, match=says):
        study_store.state(at)


@small
def test_other_data_than_it_began_with_are_refused_and_noted(monkeypatch):
    at = study_store.create(small_study())
    list(study_store.learn(at, stop_after(117)))
    elsewhere = dataclasses.replace(toy_dataset(), source="other images")
    monkeypatch.setattr("lifelong.training.experiment.load", lambda name: elsewhere)
    with pytest.raises(
        LifelongError, match="began with made-up patterns, but here is other images"
    ):
        list(study_store.learn(at))
    assert (
        study_store.state(at) == "failed"
        and "other images" in study_store.result(at).ending.message
    )


def test_the_study_that_ships_is_complete_and_stays_as_it_is():
    name = "transfer-mnist-digits"
    result = api.study(name)
    assert (
        api.is_shipped(name)
        and result.finished
        and "60,000 training" in result.began.data
        and result.config.seeds == 5
    )
    assert name in api.study_list() and api.state(name) == "finished"
    with pytest.raises(LifelongError, match="ships with the project and is complete"):
        list(study_store.learn(study_store.folder(name)))
    assert {e.regimes for e in result.events if isinstance(e, SourceLearned)} == {
        study_config.REGIMES,
        ("lwf",),
    }
    assert len([e for e in result.events if isinstance(e, TargetLearned)]) == 5 * 4 * 5


def test_a_report_of_a_study_that_has_not_begun_is_json_too():
    assert json.loads(json.dumps(StudyResult(small_study(), []).report("x")))["finished"] is False


def test_a_class_without_images_in_the_target_is_told():
    full = toy_dataset()
    has = full.train_labels != 7
    holed = Dataset(
        "holed",
        "",
        "",
        full.classes,
        full.train_images[has],
        full.train_labels[has],
        full.test_images,
        full.test_labels,
    )
    kept = (
        Experiment(config(scenario="transfer", tasks=2, images_per_class=2), holed).tasks[1].train
    )
    assert isinstance(kept, Examples) and sorted(kept.labels.tolist()) == [5, 5, 6, 6, 8, 8, 9, 9]


# A pretrained network as the source


def test_a_pretrained_network_is_studied_in_three_ways_without_a_source(colour):
    made = study.resolve(pretrained_study())
    events = list(study.study(made))
    result = StudyResult(made, events)
    assert (
        result.finished
        and result.regimes == study_config.REGIMES
        and result.began.sizes == (1, 2)
        and len(result.began.source) == 1
    )
    assert [(e.regime, e.images) for e in result.learned] == [
        (regime, size) for regime in study_config.REGIMES for size in (1, 2)
    ]
    assert all(e.source is None for e in events if isinstance(e, TargetLearned | Probe))
    assert {probe.regime for probe in result.probes} == set(study_config.REGIMES)
    report = json.loads(json.dumps(result.report("x")))
    assert (
        report["pretrained"]
        and report["protect"] is None
        and report["curves"]["images"]["finetune"][0]["lost"] is None
    )
    assert report["forward_transfer"]["images"]["frozen"]["n"] == 1
    assert result.lost("finetune") is None and result.share == 1


def test_the_ways_of_a_pretrained_network_differ_in_where_they_begin_and_what_learns(colour):
    made = study.resolve(pretrained_study())
    pretrained = PretrainedLearner(made, colour)
    by_regime = {regime: pretrained.experiment(regime, 0, 2) for regime in study_config.REGIMES}
    assert (
        by_regime["scratch"].config.network["tune"]
        == by_regime["finetune"].config.network["tune"]
        == "whole"
        and by_regime["frozen"].config.network["tune"] == "head"
    )
    assert (
        by_regime["scratch"].config.network["weights"] == "none"
        and by_regime["finetune"].config.training_recipe.learning_rate
        == study_config.FINE_TUNE_LEARNING_RATE
    )
    assert (
        by_regime["frozen"].strategy.network.flat.numel()
        < by_regime["finetune"].strategy.network.flat.numel() / 100
    )
    assert all(len(e.tasks[0].train) == 8 for e in by_regime.values()), (
        "two images of each of four classes"
    )


def test_a_study_of_a_pretrained_network_goes_on_where_it_stopped_and_tells_the_same(colour):
    at = study_store.create(pretrained_study())
    list(study_store.learn(at, stop_after(6)))
    assert study_store.state(at) == "stopped" and not study_store.result(at).finished
    list(study_store.learn(at))
    uninterrupted = result_of(pretrained_study())
    result = study_store.result(at)
    assert result.finished and accuracies(result) == accuracies(uninterrupted)


@pytest.mark.parametrize(("given", "says"), [
    ({"sizes": ()}, "was given no number of images"), ({"target": "mnist"}, "leave out the target"), ({"class_order": (1, 0, 2, 3)}, "leave out the target"),
])  # fmt: skip
def test_what_does_not_fit_a_pretrained_network_is_told(given, says):
    with pytest.raises(LifelongError, match=says):
        pretrained_study(**given)


@pytest.mark.parametrize(
    "network", [{"model": "mlp", "network": {}}, {"network": {"weights": "none", "tune": "whole"}}]
)
def test_a_network_that_cannot_be_frozen_is_no_pretrained_one(network, colour):
    with pytest.raises(LifelongError, match="choose one such as resnet50, frozen"):
        study.resolve(pretrained_study(**network))
