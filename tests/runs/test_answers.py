"""Answers to each class, read from the record of a run; records older than the field."""

import json

import pytest

from lifelong import api
from lifelong.errors import LifelongError
from tests.helpers import config, learned_run
from tests.runs.helpers import sentence


@pytest.fixture
def run():
    """A finished class-incremental run."""
    return learned_run(config("finetune", steps=40))


def test_the_record_has_the_answers_after_every_task(run):
    history = api.history(run.name)
    for after in range(3):
        matrix = api.confusion(run.name, after)
        names = [name for task in history.started.classes[: after + 1] for name in task]
        assert list(matrix.classes) == list(matrix.answers) == names
        assert matrix.images == (8,) * len(names)
        shares = api.per_class_accuracy(run.name, after)
        assert list(shares) == names
        for task, accuracy in zip(history.started.classes, history.learned[after].accuracy):
            assert sum(shares[name] for name in task) / len(task) == pytest.approx(accuracy)
        probability = api.mean_probability(run.name, after)
        assert list(probability) == names
        assert sum(probability.values()) == pytest.approx(1, abs=1e-5)


def test_fine_tuning_prefers_the_last_task_and_calls_earlier_classes_by_its_names(run):
    last = api.history(run.name).started.classes[-1]
    probability = api.mean_probability(run.name, 2)
    assert sum(probability[name] for name in last) > 0.45 > len(last) / 10
    answers = api.answers_of_class(run.name, 2, "0")
    assert answers[0].answer in last
    assert sum(a.share for a in answers) == pytest.approx(1)


def test_the_task_identification_of_a_run_is_in_its_measures_and_report(run):
    history = api.history(run.name)
    value = history.measures()["task_identification_accuracy"]
    matrix = api.confusion(run.name, 2)
    shares = [
        sum(row[c] for row, t in zip(matrix.counts, matrix.tasks) if t == task
            for c, of in zip(matrix.correct, matrix.tasks) if of == task)
        / sum(n for n, t in zip(matrix.images, matrix.tasks) if t == task)
        for task in range(3)
    ]  # fmt: skip
    assert value == pytest.approx(sum(shares) / 3)
    assert value == history.report(None)["task_identification_accuracy"]
    within, own = (history.measures()[n] for n in ("within_task_accuracy", "average_accuracy"))
    assert own <= min(value, within)


@pytest.mark.parametrize("scenario", ["task", "domain", "transfer"])
def test_where_the_task_is_not_inferred_there_is_none_to_identify(scenario):
    run = learned_run(config("finetune", scenario, tasks=2))
    measures = api.history(run.name).measures()
    assert measures["task_identification_accuracy"] is measures["within_task_accuracy"] is None
    assert api.confusion(run.name, 1) is not None


def make_old(run) -> None:
    """Removes from a record the fields that it did not have."""
    file = run / "record.jsonl"
    events = [json.loads(line) for line in file.read_text().splitlines()]
    for event in events:
        for name in ("confusion", "mean_probability"):
            event.pop(name, None)
    file.write_text("".join(json.dumps(event) + "\n" for event in events))


def test_an_older_record_has_no_answers_and_all_else(run):
    before = api.history(run.name).measures()
    make_old(run)
    assert api.confusion(run.name, 2) is api.per_class_accuracy(run.name, 2) is None
    assert api.mean_probability(run.name, 0) is api.answers_of_class(run.name, 0, "0") is None
    now = api.history(run.name).measures()
    assert now.pop("task_identification_accuracy") is None
    assert now.items() <= before.items()


def test_a_confusion_matrix_of_other_classes_is_a_damaged_record(run):
    file = run / "record.jsonl"
    events = [json.loads(line) for line in file.read_text().splitlines()]
    next(e for e in events if e["event"] == "task_learned")["confusion"].append({"0": 8})
    file.write_text("".join(json.dumps(event) + "\n" for event in events))
    with pytest.raises(LifelongError, match="does not follow"):
        api.history(run.name)


@pytest.mark.parametrize("after", [-1, 3])
def test_a_task_that_is_not_learned_is_an_error(run, after):
    with pytest.raises(LifelongError) as error:
        api.confusion(run.name, after)
    assert f"given as {after}" in sentence(error) and "has learned 3 tasks" in sentence(error)


def test_an_unknown_class_is_an_error(run):
    with pytest.raises(LifelongError) as error:
        api.answers_of_class(run.name, 0, "seven")
    assert "'seven'" in sentence(error)
