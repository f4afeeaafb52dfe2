"""Laws of every strategy in every scenario; a new strategy inherits them."""

import inspect
import json
import math
import re
import shutil
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest
import torch
from safetensors.torch import load, save

from lifelong import registry
from lifelong.config import SCENARIOS
from lifelong.errors import LifelongError
from lifelong.events import Finished, Phase, Started, Step, Stopped, TaskLearned
from lifelong.numerics import seeds
from lifelong.runs import checkpoints, resume
from lifelong.runs import store as run_store
from lifelong.runs.folders import home
from lifelong.runs.history import History
from lifelong.service.catalog import strategy_titles
from lifelong.storage import tensor_files
from lifelong.strategies import generative_classifier
from lifelong.strategies.base import Strategy, scores
from lifelong.strategies.parts.batches import shuffled_passes
from lifelong.strategies.parts.families import FAMILIES
from lifelong.training.experiment import Experiment
from tests.helpers import (
    Killed,
    config,
    kill_after,
    learn,
    learned_run,
    one_pair_each,
    pairs,
    run_all,
    same,
    stop_after,
    strategy_names,
)

every_pair = pytest.mark.parametrize(("strategy", "scenario"), pairs())
# Laws that do not depend on the scenario, such as those of going on: one each, in turns.
one_pair = pytest.mark.parametrize(("strategy", "scenario"), one_pair_each())
every_strategy = pytest.mark.parametrize("strategy", strategy_names())
every_scenario = pytest.mark.parametrize("scenario", SCENARIOS)
STEPS = 7  # of each task, see helpers.config
# By default they leave one or two of a layer's 16 units on.
SPARSE = {"xdg": {"share": 0.25}, "hat": {"sparsity": 0.0}}


@pytest.fixture(autouse=True)
def few_samples(monkeypatch):
    """With its 50 samples a likelihood takes the generative classifier half of all the time."""
    monkeypatch.setattr(generative_classifier, "SAMPLES", 4)


def events_of(folder) -> list[dict]:
    """Returns the record without its times, the memory of the process, and what depends on them:
    the states that were saved from time to time, and the checksums of files with times in them.
    """
    of_process = ("seconds", "evaluating", "peak_memory", "checksums")
    events = [json.loads(line) for line in (folder / "record.jsonl").read_text().splitlines()]
    return [
        {key: value for key, value in event.items() if key not in of_process}
        for event in events
        if event["event"] != "saved"
    ]


def tensors_of(folder) -> dict[str, dict]:
    """Returns the tensors of a run's checkpoints by file."""
    return {file.name: tensor_files.read(file)[0] for file in sorted(folder.glob("*.safetensors"))}


@pytest.fixture(scope="module")
def learned_once(tmp_path_factory):
    """Returns the folder of a run learned before task `until`, once; it is only to be read."""
    parent = tmp_path_factory.mktemp("learned-once")

    @cache
    def learned(strategy: str, scenario: str, until: int = 3) -> Path:
        run_config = config(strategy, scenario)
        folder = run_store.create(run_config, parent / f"{strategy}-{scenario}-{until}")
        learn(folder, until=until)
        return folder

    return learned


@pytest.fixture
def learned_copy(learned_once):
    """Returns a folder of the test's own with a copy of a run learned before task `until`."""

    def copied(strategy: str, scenario: str, until: int = 3) -> Path:
        folder = learned_once(strategy, scenario, until)
        return shutil.copytree(folder, home() / folder.name)

    return copied


@pytest.fixture(scope="module")
def never_stopped(learned_once):
    """Returns the record and the checkpoints of a run learned without interruption."""

    @cache
    def read(strategy: str, scenario: str) -> tuple[list[dict], dict[str, dict]]:
        folder = learned_once(strategy, scenario)
        return events_of(folder), tensors_of(folder)

    return read


def assert_equals(folder, never: tuple[list[dict], dict[str, dict]]):
    assert events_of(folder) == never[0]
    ours, theirs = tensors_of(folder), never[1]
    assert ours.keys() == theirs.keys()
    assert [name for name in ours if not same(ours[name], theirs[name])] == []


@cache
def finished(strategy, scenario) -> tuple[Experiment, list]:
    """Returns an experiment after its last task, to be read only, and its events."""
    return run_all(config(strategy, scenario))


@one_pair
def test_a_run_yields_started_then_steps_and_task_learned_for_each_task_then_finished(
    strategy, scenario
):
    experiment, events = finished(strategy, scenario)
    assert isinstance(events[0], Started) and isinstance(events[-1], Finished)
    assert [e.task for e in events if isinstance(e, TaskLearned)] == [0, 1, 2]
    assert [len(task) for task in events[0].labels] == [4, 3, 3]
    assert all(isinstance(e, Step | Phase | TaskLearned) for e in events[1:-1])
    within = [e for e in events[1:-1] if not isinstance(e, Phase)]
    positions = [(e.task, e.step if isinstance(e, Step) else float("inf")) for e in within]
    assert positions == sorted(set(positions))
    assert {e.task for e in events if isinstance(e, Step)} == {0, 1, 2}
    assert events[0].parameters == experiment.strategy.network.flat.numel()
    # What is done after the last step of a task is named before it is done, the test last.
    named = [experiment.strategy.end_task_phase] * bool(experiment.strategy.end_task_phase)
    for task in range(3):
        assert [e.what for e in events if isinstance(e, Phase) and e.task == task] == [
            *named,
            "Testing",
        ]


@every_pair
def test_accuracies_are_shares_and_rows_grow_by_one_task(strategy, scenario):
    _, events = finished(strategy, scenario)
    for event in events:
        if isinstance(event, TaskLearned):
            assert len(event.accuracy) == len(event.accuracy_given_task) == event.task + 1
            assert (event.next_task_accuracy is None) == (event.task == 2)
            assert all(
                0 <= share <= 1
                for share in (
                    *event.accuracy,
                    *event.accuracy_given_task,
                    event.next_task_accuracy or 0,
                )
            )
        if isinstance(event, Step):
            assert len(event.probe) == event.task + 1 and all(
                0 <= share <= 1 for share in event.probe
            )
            assert event.loss is not None and event.steps % STEPS == 0 and event.step <= event.steps


@every_pair
def test_the_confusion_matrix_and_mean_probability_agree_with_the_accuracies(strategy, scenario):
    _, events = finished(strategy, scenario)
    history = History(config(strategy, scenario), tuple(events))
    for row in history.learned:
        matrix = history.confusion(row.task)
        assert set(matrix.images) == {8}, "the toy data set has 8 test images of each class"
        assert matrix.accuracy == pytest.approx(row.accuracy, abs=1e-12)
        assert len(row.mean_probability) == len(matrix.answers)
        assert sum(row.mean_probability) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("strategy", [name for name, scenario in pairs() if scenario == "class"])
def test_the_task_label_never_makes_an_answer_worse(strategy):
    _, events = finished(strategy, "class")
    for row in (e for e in events if isinstance(e, TaskLearned)):
        assert all(
            labelled >= accuracy
            for labelled, accuracy in zip(row.accuracy_given_task, row.accuracy)
        )


@one_pair
def test_the_first_task_is_learned(strategy, scenario):
    # Joint training learns the second task, too.
    steps = {"joint": 120, **dict.fromkeys(SPARSE, 240)}.get(strategy, 60)
    settings = SPARSE.get(strategy, {})
    experiment = Experiment(config(strategy, scenario, tasks=2, steps=steps, settings=settings))
    (first,) = [e for e in experiment.events(until=1) if isinstance(e, TaskLearned)]
    assert first.accuracy[0] > 0.9


@one_pair
def test_the_same_seed_gives_the_same_bits_and_another_seed_others(strategy, scenario):
    one = finished(strategy, scenario)[0].state_dict()
    other, third = (
        run_all(config(strategy, scenario, seed=seed))[0].state_dict() for seed in (0, 1)
    )
    assert same(one, other)
    assert not torch.equal(one["network.flat"], third["network.flat"])


@every_pair
def test_a_state_is_restored_from_safetensors(strategy, scenario):
    experiment, _ = finished(strategy, scenario)
    state = experiment.state_dict()
    back = load(save({name: tensor.contiguous() for name, tensor in state.items()}))
    assert same(back, state)
    fresh = Experiment(config(strategy, scenario))
    fresh.load_state_dict(back, task=3, step=0)
    assert same(fresh.state_dict(), state)


@every_pair
def test_the_inference_state_gives_the_same_scores(strategy, scenario, toy):
    experiment, _ = finished(strategy, scenario)
    fresh = Experiment(config(strategy, scenario))
    fresh.strategy.load_inference_state_dict(load(save(experiment.strategy.inference_state_dict())))
    with torch.no_grad():
        assert torch.equal(
            fresh.strategy.scores(toy.test_images), experiment.strategy.scores(toy.test_images)
        )


@one_pair
def test_no_strategy_stores_more_than_was_expected_or_much_less(strategy, scenario):
    experiment, events = finished(strategy, scenario)
    rows = [event for event in events if isinstance(event, TaskLearned)]
    stored = max(sum(row.stored.values()) for row in rows)
    expected = Experiment(config(strategy, scenario)).strategy.expected_storage(experiment.tasks)
    assert stored <= expected <= 100 * stored + experiment.strategy.network.flat.nbytes


@one_pair
def test_a_run_stopped_after_any_task_and_continued_equals_one_never_stopped(
    strategy, scenario, never_stopped
):
    stopped = run_store.create(config(strategy, scenario))
    for until in (1, 2):
        assert learn(stopped, until=until)[-1] == Stopped(task=until, step=0)
        assert run_store.state(stopped) == "stopped"
    assert isinstance(learn(stopped)[-1], Finished)
    assert_equals(stopped, never_stopped(strategy, scenario))


@one_pair
def test_a_run_stopped_in_mid_task_and_continued_equals_one_never_stopped(
    strategy, scenario, never_stopped
):
    stopped = learned_run(config(strategy, scenario), stop=stop_after(2 * STEPS + 3))
    assert run_store.state(stopped) == "stopped" and checkpoints.interrupted_file(stopped).exists()
    learn(stopped)
    assert_equals(stopped, never_stopped(strategy, scenario))


@one_pair
def test_a_run_stopped_at_every_single_step_equals_one_never_stopped(strategy, scenario):
    plain = learned_run(config(strategy, scenario, tasks=2, steps=3))
    stopped = run_store.create(config(strategy, scenario, tasks=2, steps=3))
    for _ in range(100):
        if isinstance(learn(stopped, stop=lambda: True)[-1], Finished):
            break
    assert_equals(stopped, (events_of(plain), tensors_of(plain)))


@one_pair
@pytest.mark.parametrize("learned", [0, 2])
def test_a_run_killed_in_mid_task_and_continued_equals_one_never_killed(
    strategy, scenario, learned, never_stopped, learned_copy
):
    killed = (
        learned_copy(strategy, scenario, learned)
        if learned
        else learned_run(config(strategy, scenario), stop=stop_after(2))
    )
    checkpoints.interrupted_file(killed).unlink(missing_ok=True)
    record = killed / "record.jsonl"
    lines = [line for line in record.read_text().splitlines() if '"stopped"' not in line]
    steps = [
        Step(task=learned, step=s, steps=STEPS, loss=9.0, probe=(0.0,) * (learned + 1), seconds=9.0)
        for s in (1, 2, 5)
    ]
    record.write_text(
        "\n".join([*lines, *(s.model_dump_json() for s in steps)]) + '\n{"event": "step", "ta'
    )
    assert run_store.state(killed) == "interrupted"
    learn(killed)
    assert_equals(killed, never_stopped(strategy, scenario))


@one_pair
def test_a_run_killed_after_it_went_on_from_mid_task_equals_one_never_killed(
    strategy, scenario, never_stopped
):
    killed = learned_run(config(strategy, scenario), stop=stop_after(STEPS + 3))
    going = run_store.learn(killed)
    for event in going:
        if isinstance(event, Step) and event.step == 5:
            break
    going.close()
    learn(killed)
    assert_equals(killed, never_stopped(strategy, scenario))


@one_pair
def test_a_run_killed_after_a_state_was_saved_goes_on_from_it(
    strategy, scenario, monkeypatch, never_stopped
):
    monkeypatch.setenv("LIFELONG_SAVE_SECONDS", "0")
    monkeypatch.setattr(resume, "SHARE", math.inf)  # after every step
    killed = run_store.create(config(strategy, scenario))
    with pytest.raises(Killed):
        learn(killed, stop=kill_after(STEPS + 3))
    assert run_store.state(killed) == "interrupted"
    history = run_store.history(killed)
    position = resume.position(killed, history)
    assert (position.task, position.step) == (len(history.learned), history.events[-1].step)
    assert position.step > 1
    learn(killed)
    assert_equals(killed, never_stopped(strategy, scenario))


@one_pair
def test_a_run_killed_between_checkpoint_and_record_equals_one_never_killed(
    strategy, scenario, never_stopped, learned_copy
):
    killed = learned_copy(strategy, scenario, 2)
    record = killed / "record.jsonl"
    record.write_text("\n".join(record.read_text().splitlines()[:-2]) + "\n")
    assert (
        len(run_store.history(killed).learned) == 1 and checkpoints.resume_file(killed, 1).exists()
    )
    learn(killed)
    assert_equals(killed, never_stopped(strategy, scenario))


@one_pair
def test_undo_goes_back_to_the_exact_earlier_state_and_learning_on_gives_the_same_bits(
    strategy, scenario, never_stopped, learned_copy
):
    _, never = never_stopped(strategy, scenario)
    run = learned_copy(strategy, scenario)
    for task in (2, 1, 0):
        run_store.undo(run)
        assert len(run_store.history(run).learned) == task
        assert run_store.state(run) == ("stopped" if task else "new")
        assert sorted(tensors_of(run)) == sorted(
            name for name in never if int(name.split(".")[0].rpartition("-")[2]) < task
        )
        if task:
            assert same(
                tensors_of(run)[f"resume-{task - 1}.safetensors"],
                never[f"resume-{task - 1}.safetensors"],
            )
    learn(run, until=2)
    learn(run, stop=stop_after(3))
    run_store.undo(run)
    assert (
        len(run_store.history(run).learned) == 2 and not checkpoints.interrupted_file(run).exists()
    )
    learn(run)
    assert_equals(run, never_stopped(strategy, scenario))


@pytest.mark.parametrize(
    ("strategy", "scenario"),
    [each for each in one_pair_each() if registry.strategy(each[0]).batches is Strategy.batches],
)
def test_the_order_of_the_images_follows_from_seed_and_task_whatever_the_strategy(
    strategy, scenario
):
    experiment = Experiment(config(strategy, scenario))
    step, batches, available = experiment.strategy.step, defaultdict(list), {}

    def watched(task, batch):
        batches[task.index].append(batch.indices.tolist())
        available[task.index] = len(experiment.strategy.examples(task))
        return step(task, batch)

    experiment.strategy.step = watched
    list(experiment.events())
    assert sorted(batches) == [0, 1, 2]
    for task, indices in batches.items():
        order = seeds.generator(0, "order", task)
        if experiment.strategy.single_pass:
            expected = torch.randperm(available[task], generator=order).tolist()
            assert len(indices) == STEPS and [i for batch in indices for i in batch] == expected
        else:
            expected = shuffled_passes(available[task], 128, len(indices), order)
            assert indices == [batch.tolist() for batch in expected]


def test_random_numbers_of_a_strategy_do_not_change_the_image_order():
    experiment = Experiment(
        config(), stop=lambda: torch.rand(3, generator=experiment.strategy.generator).sum() < 0
    )
    list(experiment.events())
    plain, _ = run_all(config())
    assert torch.equal(experiment.state_dict()["network.flat"], plain.state_dict()["network.flat"])
    assert not torch.equal(experiment.state_dict()["generator"], plain.state_dict()["generator"])


def test_torchs_global_generator_is_not_used():
    torch.manual_seed(1)
    one = run_all(config("replay"))[0].state_dict()
    torch.manual_seed(2)
    assert same(one, run_all(config("replay"))[0].state_dict())


@pytest.mark.parametrize(
    ("strategy", "scenario", "off"),
    [
        (strategy, scenario, off)
        for strategy, scenario in pairs()
        for off in registry.strategy(strategy).fine_tuning_settings
    ],
)
def test_with_its_fine_tuning_settings_a_strategy_is_fine_tuning_to_the_bit(
    strategy, scenario, off
):
    ours, events = run_all(config(strategy, scenario, settings=off))
    plain, plainly = finished("finetune", scenario)
    assert torch.equal(ours.state_dict()["network.flat"], plain.state_dict()["network.flat"])
    assert [e.accuracy for e in events if isinstance(e, TaskLearned)] == [
        e.accuracy for e in plainly if isinstance(e, TaskLearned)
    ]
    assert [e.loss for e in events if isinstance(e, Step)] == [
        e.loss for e in plainly if isinstance(e, Step)
    ]


@every_strategy
def test_a_penalty_that_can_be_zero_is_declared_as_fine_tuning(strategy):
    cls = registry.strategy(strategy)
    for scenario in cls.scenarios:
        strengths = [s for s in cls.settings(scenario) if s.name == "strength" and s.low == 0]
        assert not strengths or {"strength": 0} in cls.fine_tuning_settings


@one_pair
def test_every_task_changes_the_scores_and_no_strategy_is_fine_tuning(strategy, scenario, toy):
    experiment, ours = Experiment(config(strategy, scenario)), []
    for learned in range(4):
        list(experiment.events(until=learned))
        ours.append(scores(experiment.strategy, toy.test_images))
    assert not any(torch.equal(before, after) for before, after in zip(ours, ours[1:]))
    if strategy != "finetune":
        plain, _ = finished("finetune", scenario)
        assert not torch.equal(ours[-1], scores(plain.strategy, toy.test_images))


def without_generator(experiment: Experiment) -> dict[str, torch.Tensor]:
    state = experiment.state_dict()
    return {name: tensor for name, tensor in state.items() if name != "generator"}


@one_pair
def test_every_setting_changes_what_is_learned(strategy, scenario):
    def learned(**settings):
        return without_generator(run_all(config(strategy, scenario, settings=settings))[0])

    usual = without_generator(finished(strategy, scenario)[0])
    for setting in registry.strategy(strategy).settings(scenario):
        others = [
            o
            for o in setting.options
            or (setting.high if setting.default == setting.low else setting.low,)
            if o != setting.default
        ]
        for other in others:
            assert not same(learned(**{setting.name: other}), usual), (
                f"{setting.name} {other} is without effect"
            )


@pytest.mark.parametrize(
    "dealt", [{"tasks": 1}, {"tasks": 10, "class_order": (9, 1, 8, 2, 7, 3, 6, 4, 5, 0)}]
)
@one_pair
def test_any_number_of_tasks_works_or_is_refused_in_one_sentence(strategy, scenario, dealt):
    try:
        _, events = run_all(config(strategy, scenario, steps=2, **dealt))
    except LifelongError as error:
        assert (scenario, dealt) == ("transfer", {"tasks": 1})
        assert re.fullmatch(r"[A-Z0-9][^\n]+\.", str(error))
        return
    labels = [label for task in events[0].labels for label in task]
    assert labels == list(dealt.get("class_order", range(10)))
    assert [len(task) for task in events[0].labels] == [10 // dealt["tasks"]] * dealt["tasks"]
    assert isinstance(events[-1], Finished)


@every_pair
def test_the_settings_are_well_described(strategy, scenario):
    for s in registry.strategy(strategy).settings(scenario):
        assert re.fullmatch(r"[a-z][a-z0-9_]*", s.name)
        if s.options:
            assert (
                s.default in s.options
                and len(set(s.options)) == len(s.options) > 1
                and s.kind is str
            )
        else:
            assert s.low <= s.default <= s.high and s.low < s.high
            assert s.kind in (int, float) and type(s.default) is s.kind
        assert s.help.endswith(".") and s.help[0].isupper()


@every_pair
def test_settings_out_of_range_are_refused_in_one_sentence(strategy, scenario):
    for s in registry.strategy(strategy).settings(scenario):
        for wrong in (
            ("much", True, 17) if s.options else (s.low - 1, s.high * 2, float("nan"), "much", True)
        ):
            with pytest.raises(LifelongError, match=rf"^{s.name} was given as .* expects .*\.$"):
                registry.strategy(strategy).make(scenario, {s.name: wrong})


@every_strategy
def test_a_strategy_is_described(strategy):
    s = registry.strategy(strategy)
    assert (
        s.title
        and s.stores
        and s.costs
        and s.source
        and s.family in FAMILIES
        and strategy_titles()[strategy] == s.title
    )
    assert 1 <= len(re.findall(r"[.!?](?:\s|$)", s.summary)) <= 3 and s.summary.endswith(".")
    assert s.scenarios <= set(SCENARIOS) and s.scenarios
    assert s.__doc__ and set(s.inference_fields) <= set(s.__dataclass_fields__)


@every_strategy
def test_no_strategy_inherits_from_another(strategy):
    assert registry.strategy(strategy).__bases__ == (Strategy,)


def steps_of_the_loop() -> dict[str, str]:
    """Returns the steps that the docstring of Strategy lists: parameters by name."""
    return dict(re.findall(r"^ *- `(\w+)\(([\w, ]*)\)`:", Strategy.__doc__, re.MULTILINE))


def test_the_listed_steps_of_the_loop_are_its_methods():
    assert len(steps_of_the_loop()) == 10
    for name, parameters in steps_of_the_loop().items():
        signature = inspect.signature(getattr(Strategy, name))
        assert ", ".join(["self", parameters]) == ", ".join(signature.parameters)


@every_strategy
def test_a_strategy_overrides_at_most_seven_steps_of_the_loop(strategy):
    assert len(steps_of_the_loop().keys() & vars(registry.strategy(strategy)).keys()) <= 7


@pytest.mark.parametrize(
    ("strategy", "scenario"),
    [(n, s) for n in strategy_names() for s in SCENARIOS if (n, s) not in pairs()],
)
def test_a_scenario_that_a_strategy_is_not_defined_for_is_refused_in_one_sentence(
    strategy, scenario
):
    with pytest.raises(
        LifelongError,
        match=rf"^{strategy} was given the scenario '{scenario}'; it is defined for: .*\.$",
    ):
        run_store.create(config(strategy, scenario))
    assert not home().exists()
