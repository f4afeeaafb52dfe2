"""Checkpoints evaluated anew: older records get the answers, and records that differ stay."""

import json

import pytest

from lifelong import api
from lifelong.errors import LifelongError
from lifelong.inference import evaluation
from lifelong.storage.progress import result_of
from tests.helpers import config, learned_run
from tests.runs.helpers import sentence

NEW_FIELDS = ("confusion", "mean_probability")


def edit_rows(folder, change) -> bytes:
    """Changes the rows of a record, and returns what is in its file then."""
    file = folder / "record.jsonl"
    events = [json.loads(line) for line in file.read_text().splitlines()]
    for event in events:
        if event["event"] == "task_learned":
            change(event)
    file.write_text("".join(json.dumps(event) + "\n" for event in events))
    return file.read_bytes()


def make_old(event: dict) -> None:
    """Removes the fields that older records lack."""
    for name in NEW_FIELDS:
        del event[name]


@pytest.mark.parametrize("scenario", ["class", "task", "domain", "transfer"])
def test_an_older_record_gets_the_answers_that_were_recorded_in_training(scenario):
    tasks = 2 if scenario == "transfer" else 3
    run = learned_run(config("finetune", scenario, tasks=tasks, seed=3))
    expected = api.history(run.name).events
    edit_rows(run, make_old)
    assert api.confusion(run.name, 0) is None
    assert result_of(evaluation.reevaluate(run)) == []
    assert api.history(run.name).events == expected


def test_a_record_that_differs_by_an_image_stays_as_it_is():
    run = learned_run(config("replay"))

    def change(event: dict) -> None:
        make_old(event)
        if event["task"] == 1:
            event["accuracy"][0] -= 0.125

    before = edit_rows(run, change)
    (difference,) = result_of(evaluation.reevaluate(run))
    assert (difference.after, difference.on, difference.measure) == (1, 0, "accuracy")
    assert difference.share == pytest.approx(0.125)
    assert (run / "record.jsonl").read_bytes() == before
    assert result_of(evaluation.reevaluate(run, replace=True)) == [difference]
    assert (run / "record.jsonl").read_bytes() == before, "more than half precision explains"


@pytest.mark.parametrize("name", ["labelled", "ahead"])
def test_an_accuracy_beside_those_of_the_matrix_is_reported_and_stays(name):
    run = learned_run(config("replay"))

    def change(event: dict) -> None:
        make_old(event)
        if event["task"] == 1:
            event[name] = 0.25 if name == "ahead" else [0.125, *event[name][1:]]

    edit_rows(run, change)
    old = api.history(run.name).learned[1]
    (difference,) = result_of(evaluation.reevaluate(run))
    assert difference.after == 1 and difference.on == (2 if name == "ahead" else 0)
    row = api.history(run.name).learned[1]
    assert row.confusion is not None
    assert row.model_copy(update={"confusion": None, "mean_probability": None}) == old


def test_the_other_lines_of_a_record_keep_their_bytes():
    run = learned_run(config("replay"))
    edit_rows(run, make_old)
    file = run / "record.jsonl"
    spaced = file.read_text().replace('"event": "step"', '"event":    "step"')
    file.write_text(spaced)
    result_of(evaluation.reevaluate(run))
    before, after = spaced.splitlines(), file.read_text().splitlines()
    changed = [i for i, (a, b) in enumerate(zip(before, after)) if a != b]
    assert len(before) == len(after) and len(changed) == 3
    assert all("task_learned" in after[i] and "confusion" in after[i] for i in changed)


def test_a_difference_that_half_precision_explains_can_be_replaced(monkeypatch):
    run = learned_run(config("replay"))
    expected = api.history(run.name).events

    def change(event: dict) -> None:
        make_old(event)
        event["accuracy"][0] -= 0.001

    before = edit_rows(run, change)
    assert len(result_of(evaluation.reevaluate(run))) == 3
    assert (run / "record.jsonl").read_bytes() == before
    assert len(result_of(evaluation.reevaluate(run, replace=True))) == 3
    assert api.history(run.name).events == expected


def test_a_run_on_other_images_is_not_evaluated():
    run = learned_run(config())
    file = run / "record.jsonl"
    file.write_text(file.read_text().replace('"source":"', '"source":"Other images, '))
    with pytest.raises(LifelongError) as error:
        result_of(evaluation.reevaluate(run))
    assert "was evaluated on Other images" in sentence(error)
