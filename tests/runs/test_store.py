"""Learning of runs on disk: events, full disks, undo, runs that ship."""

import os

import pytest
import torch

from lifelong import api
from lifelong.errors import LifelongError
from lifelong.events import Failed, Finished, Saved, Started, Step, Stopped, TaskLearned
from lifelong.inference import predict
from lifelong.runs import checkpoints, folders
from lifelong.runs import store as run_store
from tests.helpers import config, learn, learned_run, stop_after
from tests.runs.helpers import full, sentence

BLANK = torch.zeros(6, 6, dtype=torch.uint8).numpy()


def test_a_run_that_has_not_begun_says_so():
    run = run_store.history(run_store.create(config()))
    assert not run.has_started and run.report("x")["source"] is None
    with pytest.raises(LifelongError, match=r"^The run has not begun;") as error:
        _ = run.started
    sentence(error)


def test_learning_on_a_finished_run_does_nothing():
    folder = learned_run(config(tasks=1))
    before = (folder / "record.jsonl").read_bytes()
    assert learn(folder) == [] and (folder / "record.jsonl").read_bytes() == before


def test_every_event_is_on_disk_when_it_is_yielded():
    folder = run_store.create(config())
    for event in run_store.learn(folder):
        assert run_store.history(folder).events[-1] == event
        if isinstance(event, TaskLearned):
            assert (
                checkpoints.inference_file(folder, event.task).exists()
                and checkpoints.resume_file(folder, event.task).exists()
            )


def test_a_history_is_read_anew_when_the_record_changed_and_only_then():
    folder = learned_run(config(), until=1)
    first = run_store.history(folder)
    assert run_store.history(folder) is first
    learn(folder)
    assert run_store.history(folder).finished and not first.finished


def test_stopping_asked_before_the_first_step_keeps_that_step():
    folder = run_store.create(config())
    assert learn(folder, stop=lambda: True)[-1] == Stopped(task=0, step=1)
    assert [type(e) for e in run_store.history(folder).events] == [Started, Step, Saved, Stopped]


def test_learning_before_a_task_already_learned_changes_nothing():
    folder = learned_run(config(), stop=stop_after(10))
    before = run_store.history(folder)
    assert learn(folder, until=1) == [Stopped(task=1, step=3)]
    assert run_store.history(folder).events == before.events


@pytest.mark.parametrize("breaks", ["fsync", "replace"])
def test_a_run_on_a_full_disk_fails_in_one_sentence_and_goes_on_when_there_is_room(
    monkeypatch, breaks
):
    folder = learned_run(config(), until=1)
    before = {file.name: file.read_bytes() for file in folder.glob("*.safetensors")}
    with monkeypatch.context() as patch:
        learning = run_store.learn(folder)
        next(learning)
        patch.setattr(os, breaks, full)
        with pytest.raises(LifelongError, match="No space left on device") as error:
            list(learning)
    sentence(error)
    assert run_store.state(folder) == "failed" and isinstance(
        run_store.history(folder).ending, Failed
    )
    assert {file.name: file.read_bytes() for file in folder.glob("*.safetensors")} == before
    assert isinstance(learn(folder)[-1], Finished)
    assert not any(isinstance(e, Failed | Stopped) for e in run_store.history(folder).events)


def test_undo_after_a_failure_takes_back_the_begun_part_only(monkeypatch):
    folder = learned_run(config(), until=1)
    learning = run_store.learn(folder)
    next(learning)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(LifelongError):
        list(learning)
    monkeypatch.undo()
    run_store.undo(folder)
    assert (
        len(run_store.history(folder).learned) == 1
        and run_store.history(folder).steps[-1].task == 0
    )


@pytest.mark.parametrize("given", [{}, {"until": 0}])
def test_undo_of_a_run_that_learned_nothing_is_refused(given):
    folder = run_store.create(config())
    if given:
        learn(folder, **given)
    with pytest.raises(LifelongError, match=r"has not learned anything yet\.$") as error:
        run_store.undo(folder)
    sentence(error)


def test_undo_takes_back_a_begun_first_task():
    folder = learned_run(config(), stop=stop_after(3))
    run_store.undo(folder)
    assert (
        run_store.state(folder) == "new"
        and run_store.history(folder).events == ()
        and not list(folder.glob("*.safetensors"))
    )


@pytest.fixture
def shipped(monkeypatch, tmp_path):
    """A finished run that came with the project, in place of those that do."""
    project = tmp_path / "project"
    folder = run_store.create(config(), project / "came-with-it")
    learn(folder)
    (project / "shipped.txt").write_text(
        "came-with-it\tthe command that made it\nnot-there\tanother\n"
    )
    monkeypatch.setattr(folders, "SHIPPED", project)
    return folder


def test_a_run_that_came_with_the_project_can_be_read_and_not_changed(shipped):
    before = {file.name: file.stat().st_mtime_ns for file in shipped.iterdir()}
    own = learned_run(config(tasks=1))
    assert (
        run_store.ids() == [own.name, "came-with-it"]
        and run_store.folder("came-with-it") == shipped
    )
    assert [row.shipped for row in api.run_list()] == [False, True]
    assert run_store.state(shipped) == "finished" and len(predict.classify(shipped, BLANK)) == 3
    for change in (lambda: run_store.undo(shipped), lambda: learn(shipped)):
        with pytest.raises(LifelongError, match="ships with the project") as error:
            change()
        sentence(error)
    assert {file.name: file.stat().st_mtime_ns for file in shipped.iterdir()} == before
