"""Laws of taught classes: the copy goes on from the original, and the original stays as it is."""

import json
import random

import numpy as np
import pytest
import torch

from benchmarks import strokes
from lifelong.errors import LifelongError
from lifelong.events import Finished, Stopped
from lifelong.inference import predict, within_task
from lifelong.runs import checkpoints
from lifelong.runs import store as run_store
from lifelong.storage.progress import result_of
from lifelong.teaching import checks, teach
from tests.helpers import config, learn, learned_run, stop_after
from tests.runs.helpers import sentence
from tests.teaching.helpers import files, pictures, taught_run

STRATEGIES = sorted(checks.STRATEGIES)


@pytest.fixture
def original():
    """A finished run of three tasks, not recipe 'paper', whose future classes are not active."""
    return learned_run(config(recipe="quick"))


def contents(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.name != ".lock"}


def inputs(count=4, seed=3):
    return [np.asarray(picture)[None] for picture in pictures(count, seed)]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_class_is_the_next_task_and_is_learned(original, strategy):
    folder = taught_run(original, strategy=strategy)
    run, before = run_store.history(folder), run_store.history(original)
    assert run.finished and run.config.tasks == before.config.tasks + 1
    assert run.started.classes == (*before.started.classes, ("heart",))
    assert [row.accuracy for row in run.learned[:-1]] == [row.accuracy for row in before.learned]
    assert len(run.learned[-1].accuracy) == run.config.tasks
    top = predict.top5_json(folder, pictures(1)[0])["answers"][-1]["top"][0]["label"]
    assert top == "heart"


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_answers_of_the_earlier_tasks_are_the_originals(original, strategy):
    folder = taught_run(original, strategy=strategy)
    tasks = run_store.history(original).config.tasks
    for image in inputs():
        assert predict.classify(folder, image, tasks - 1) == predict.classify(original, image)
        for task in range(tasks + 1):  # also that of the class, which they do not know
            assert len(predict.classify(folder, image, task=task)) == tasks + 1


def test_a_run_with_checkpoints_within_its_tasks_hands_them_on():
    given = learned_run(config(step_checkpoints=True, recipe="quick"))
    folder = taught_run(given, strategy="analytic")
    image = inputs(1)[0]
    for task in (1, 2):
        assert within_task.classify_within(folder, image, task) == within_task.classify_within(
            given, image, task
        )


def test_the_original_is_untouched(original):
    before = contents(original)
    taught_run(original)
    assert contents(original) == before


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_two_copies_are_equal_to_the_bit(original, strategy):
    first, second = (taught_run(original, strategy=strategy) for _ in range(2))
    tasks = run_store.history(first).config.tasks
    files = [checkpoints.inference_file(folder, tasks - 1) for folder in (first, second)]
    assert files[0].read_bytes() == files[1].read_bytes()
    rows = [run_store.history(folder).learned[-1].accuracy for folder in (first, second)]
    assert rows[0] == rows[1] and first.name != second.name


@pytest.mark.parametrize("strategy", ["replay", "ewc", "analytic"])
def test_an_interrupted_lesson_goes_on_from_the_folder_to_the_same_bits(original, strategy):
    whole = taught_run(original, strategy=strategy)
    folder = result_of(teach.create(original, "heart", files(pictures(6)), strategy))
    assert learn(folder, stop=stop_after(3))[-1] == Stopped(task=3, step=3)
    assert isinstance(learn(folder)[-1], Finished)
    last = [checkpoints.inference_file(each, 3).read_bytes() for each in (whole, folder)]
    assert last[0] == last[1]


def test_a_second_class_is_taught_to_the_copy(original):
    first = taught_run(original)
    second = taught_run(first, "comet", "analytic", seed=9)
    run = run_store.history(second)
    assert run.started.classes[-2:] == (("heart",), ("comet",)) and run.finished
    assert run.config.original == first.name and len(run.learned[-1].accuracy) == 5
    assert [t.strategy for t in run.config.taught] == ["replay", "analytic"]
    for image in inputs(2):
        assert predict.classify(second, image, 3) == predict.classify(first, image)
    labels = [
        predict.top5_json(second, pictures(1, seed)[0])["answers"][-1]["top"][0]["label"]
        for seed in (0, 9)
    ]
    assert labels == ["heart", "comet"]


def results(history):
    """Returns the rows of a record without the checksums: a copy lacks states to resume from."""
    return [row.model_copy(update={"checksums": None}) for row in history.learned]


def test_undo_removes_the_class_with_its_pictures_and_another_can_be_taught(original):
    first = taught_run(original)
    folder = taught_run(first, "comet", seed=9)
    run_store.undo(folder)
    run, before = run_store.history(folder), run_store.history(first)
    assert run.started == before.started and results(run) == results(before) and run.finished
    assert run.config.taught == before.config.taught and run.config.tasks == before.config.tasks
    assert {f.name for f in folder.glob("*.safetensors")} == {
        f.name for f in first.glob("*.safetensors")
    }
    assert (
        "comet" not in (folder / "record.jsonl").read_text() + (folder / "config.json").read_text()
    )
    assert run_store.history(taught_run(folder, "moon", seed=4)).finished
    run_store.undo(folder)
    assert results(run_store.history(folder)) == results(run_store.history(original))
    with pytest.raises(LifelongError, match="is a copy that was taught nothing") as error:
        run_store.undo(folder)
    sentence(error)


def test_undo_of_a_begun_lesson_keeps_the_class(original):
    folder = result_of(teach.create(original, "heart", files(pictures(6))))
    learn(folder, stop=stop_after(3))
    run_store.undo(folder)
    assert run_store.history(folder).config.taught[-1].name == "heart"
    assert isinstance(learn(folder)[-1], Finished)


def test_the_class_is_tested_on_pictures_that_were_not_learned(original):
    report = teach.report(taught_run(original, count=10))
    assert report["pictures"] == 10 and report["test_pictures"] == 2
    assert 0 <= report["accuracy"]["new"] <= 1 and report["warning"] is None
    json.dumps(report)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_of_few_pictures_none_is_left_to_test_on_and_a_sentence_says_so(original, count):
    report = teach.report(taught_run(original, count=count))
    assert report["accuracy"]["new"] is None and report["test_pictures"] == 0
    assert (
        "was not measured" in report["warning"]
        and "tested on others of the same" in report["source"]
    )


def test_numbers_of_other_test_images_are_measured_anew(original):
    record = original / "record.jsonl"
    truth = run_store.history(original).learned
    text = record.read_text().replace("made-up patterns", "patterns of another machine")
    for row in truth:
        text = text.replace(
            f'"accuracy":{json.dumps(list(row.accuracy), separators=(",", ":"))}',
            f'"accuracy":{json.dumps([0.0] * len(row.accuracy))}',
        )
    record.write_text(text)
    assert run_store.history(original).learned[0].accuracy == (0.0,)
    run = run_store.history(taught_run(original))
    assert [row.accuracy for row in run.learned[:-1]] == [row.accuracy for row in truth]
    assert "another machine" not in run.started.source and not any(s.task < 3 for s in run.steps)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("", "The name is empty"),
        (" \n", "The name is empty"),
        (None, "The name is empty"),
        ("7", "knows a class named 7 already"),
        (" 7 ", "knows a class named 7 already"),
        ("<b>heart</b>", "letters, digits, spaces"),
        ("heart; star", "letters, digits, spaces"),
        ("../heart", "letters, digits, spaces"),
        ("h" * 31, "at most 30 letters"),
    ],
)
def test_a_name_that_does_not_fit_is_refused(original, name, says):
    with pytest.raises(LifelongError, match=says) as error:
        result_of(teach.create(original, name, files(pictures(5))))
    sentence(error)


@pytest.mark.parametrize("name", ["Herz", "cœur", "心", "smiley face", "x-2"])
def test_names_of_any_language_are_taken(original, name):
    assert run_store.history(taught_run(original, name)).started.classes[-1] == (name,)


def test_the_same_name_twice_is_refused_whatever_its_case(original):
    with pytest.raises(LifelongError, match="knows a class named HEART already") as error:
        taught_run(taught_run(original), "HEART")
    sentence(error)


@pytest.mark.parametrize("count", [0, 51])
def test_no_picture_and_more_than_fifty_are_refused(original, count):
    with pytest.raises(LifelongError, match="give 1 to 50") as error:
        result_of(teach.create(original, "heart", files(pictures(count))))
    sentence(error)


def test_a_blank_picture_is_named(original):
    given = pictures(5)
    given[2].paste(0, (0, 0, 6, 6))
    with pytest.raises(LifelongError, match="^Picture 3 of 5: It is blank") as error:
        result_of(teach.create(original, "heart", files(given)))
    sentence(error)


def test_a_file_that_is_no_picture_is_named(original):
    given = [*files(pictures(4)), b"no picture"]
    with pytest.raises(LifelongError, match="^Picture 5 of 5: That file is not") as error:
        result_of(teach.create(original, "heart", given))
    sentence(error)


@pytest.mark.parametrize(
    ("given", "options", "says"),
    [
        ({"scenario": "task"}, {}, "is task-incremental"),
        ({"strategy": "joint"}, {}, "learned all tasks at once"),
        ({"strategy": "ncm"}, {}, "nothing to start from; teach another run"),
        ({"strategy": "analytic"}, {}, "or choose analytic"),
        ({}, {"until": 2}, "has learned 2 of 3 tasks"),
    ],
)
def test_a_run_that_cannot_be_taught_is_refused(given, options, says):
    folder = learned_run(config(**given), **options)
    with pytest.raises(LifelongError, match=says) as error:
        result_of(teach.create(folder, "heart", files(pictures(5))))
    sentence(error)


def test_an_unknown_strategy_is_refused(original):
    with pytest.raises(LifelongError, match="replay") as error:
        result_of(teach.create(original, "heart", files(pictures(5)), "repaly"))
    sentence(error)


def test_an_analytic_run_is_taught_by_analytic_learning():
    assert run_store.history(
        taught_run(learned_run(config("analytic")), strategy="analytic")
    ).finished


def test_equations_are_not_solved_for_the_first_steps_of_a_taught_class():
    """Somebody waits for the class."""
    original = learned_run(config("analytic"))
    of_run = [event.step for event in run_store.history(original).steps]
    taught = run_store.history(taught_run(original, strategy="analytic"))
    assert 1 in of_run and [e.step for e in taught.steps if e.task == 3 and e.step < 10] == []


def test_old_logits_are_the_originals_to_the_bit_when_the_network_has_grown(original):
    from lifelong.training import setup, taught
    from lifelong.training.experiment import Experiment

    folder = result_of(teach.create(original, "heart", files(pictures(6)), "finetune"))
    run = run_store.history(folder)
    of_task = run.config.of_task(3)
    images = [torch.from_numpy(np.stack([np.asarray(p)[None] for p in pictures(6)]))]
    prepared = taught.with_taught(of_task, result_of(setup.prepare(of_task)), images)
    experiment = Experiment(of_task, *prepared)
    before = predict.load(original, 2)
    checkpoint = before.inference_state_dict()
    taught.begin(experiment, checkpoint)
    test = torch.cat([task.test.images for task in experiment.tasks])
    with torch.no_grad():
        grown, old = experiment.strategy.scores(test), before.scores(test)
    assert grown.shape[1] == 11 and torch.equal(grown[:, :10], old)


def test_ewc_learns_a_symbol_after_fine_tuning():
    """The strength for whole tasks leaves a star unlearned."""
    dice = random.Random("star to learn")
    drawn = [strokes.drawn(strokes.by_hand(strokes.SHAPES["star"], dice), 22) for _ in range(10)]
    original = run_store.folder("mnist-class-finetune")
    folder = result_of(teach.create(original, "star", files(drawn), "ewc"))
    list(run_store.learn(folder))
    assert teach.report(folder)["accuracy"]["new"] > 0.9
