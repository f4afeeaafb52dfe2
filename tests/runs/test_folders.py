"""Folders of runs: names, configurations, states and locks."""

import json
import os
from multiprocessing import get_context

import pytest

from lifelong import api
from lifelong.errors import LifelongError
from lifelong.events import Finished
from lifelong.runs import folders
from lifelong.runs import store as run_store
from lifelong.training import setup
from tests.helpers import config, learn, learned_run, pairs
from tests.runs.helpers import full, sentence

WRONG_IDS = [
    "../x",
    "a/b",
    "",
    ".",
    "..",
    "/",
    "/etc",
    "a\\b",
    ".hidden",
    "x" * 500,
    "a\n",
    "a\0b",
    "~",
    "%2e%2e",
    "nothing-like-it",
    None,
    7,
]


@pytest.mark.parametrize("run", WRONG_IDS)
def test_an_id_is_never_a_path(run):
    outside = folders.home().parent / "x"
    outside.mkdir(parents=True)
    (outside / "config.json").write_text(config().model_dump_json())
    learned_run(config(tasks=2))
    for ask in (run_store.folder, api.history, api.state, api.learn, api.undo, api.stop):
        with pytest.raises(LifelongError, match="There is no run") as error:
            ask(run)
        assert len(str(error.value)) < 2000


def test_a_run_goes_into_its_own_folder_below_lifelong_runs_with_its_settings_filled_in():
    folder = run_store.create(config("ewc", "domain"))
    assert (
        folder.parent == folders.home()
        and folder.name.startswith("toy-domain-ewc-")
        and run_store.folder(folder.name) == folder
    )
    fields = json.loads((folder / "config.json").read_text())
    assert (
        fields["settings"] == {"strength": 1e10, "estimator": "exact"}
        and fields["scenario"] == "domain"
        and fields["version"]
    )


@pytest.mark.parametrize(
    "words", [("", "class"), ("../a b", "x"), ("\u00e4" * 300, ""), ("-", "_")]
)
def test_the_id_of_a_new_run_is_one_that_is_found(words):
    folder = run_store.create(config(), folders.new_folder(*words))
    assert run_store.find(folder.name) == folder


def test_two_runs_of_one_configuration_are_two_folders():
    assert run_store.create(config()) != run_store.create(config())


@pytest.mark.parametrize(
    "wrong",
    [
        {"tasks": 11},
        {"class_order": (1, 2)},
        {"strategy": "nope"},
        {"settings": {"strength": 1}},
        {"model": "nope"},
        {"dataset": "nope"},
        {"scenario": "transfer", "tasks": 1},
        {"strategy": "frozen"},
    ],
    ids=str,
)
def test_a_configuration_that_cannot_be_run_leaves_no_folder(wrong):
    with pytest.raises(LifelongError) as error:
        run_store.create(config(**wrong))
    sentence(error)
    assert run_store.ids() == [folder.name for folder in run_store.shipped()]


def test_a_folder_takes_the_same_configuration_again_and_refuses_another(tmp_path):
    folder = run_store.create(config(), tmp_path / "mine")
    assert run_store.create(config(), folder) == folder
    with pytest.raises(LifelongError, match="holds a run with another configuration") as error:
        run_store.create(config(seed=1), folder)
    sentence(error)


def test_a_run_with_the_config_of_an_earlier_version_resumes(tmp_path):
    """It called a setting by its former name, and had no network, device or learning rate."""
    folder = run_store.create(config("ewc"), tmp_path / "old")
    learn(folder, until=1)
    fields = json.loads((folder / "config.json").read_text())
    fields["settings"]["fisher"] = fields["settings"].pop("estimator")
    del fields["network"], fields["device"], fields["learning_rate"]
    (folder / "config.json").write_text(json.dumps(fields))
    assert run_store.create(config("ewc"), folder) == folder
    assert isinstance(learn(folder)[-1], Finished)
    assert json.loads((folder / "config.json").read_text()) == fields, "it stays as it was"
    with pytest.raises(LifelongError, match="holds a run with another configuration"):
        run_store.create(config("ewc", settings={"estimator": "batch"}), folder)


@pytest.mark.parametrize(("strategy", "scenario"), pairs())
def test_a_resolved_configuration_is_resolved_to_itself(strategy, scenario, toy):
    resolved = setup.resolve(config(strategy, scenario))
    assert setup.resolve(resolved) == resolved == setup.resolve(resolved, toy)


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(LifelongError, match="could not be made") as error:
            run_store.create(config(), folder)
        sentence(error)


def test_the_newest_run_is_listed_first():
    created = [run_store.create(config(seed=seed)) for seed in range(3)]
    for age, folder in enumerate(created):
        os.utime(folder / "config.json", (1000 + age, 1000 + age))
    assert run_store.ids()[:3] == [folder.name for folder in reversed(created)]


def test_the_list_of_runs_has_a_row_for_a_damaged_run_too():
    good, no_config, no_record = (
        learned_run(config(tasks=2)),
        learned_run(config(tasks=1)),
        learned_run(config(tasks=1)),
    )
    (no_config / "config.json").write_text("{")
    (no_record / "record.jsonl").write_text("?\n")
    rows = {row.id: row.to_json() for row in api.run_list()}
    assert (
        rows[good.name]["error"] is None
        and rows[good.name]["learned"] == 2
        and 0 <= rows[good.name]["average_accuracy"] <= 1
    )
    assert rows[no_config.name]["error"] and rows[no_record.name]["error"].startswith("Line 1 of")
    contract = {
        "id",
        "dataset",
        "scenario",
        "strategy",
        "tasks",
        "average_accuracy",
        "forgetting",
        "shipped",
    }
    assert all(contract <= row.keys() for row in rows.values())
    json.dumps(list(rows.values()))


def test_a_state_is_equal_to_its_name_and_written_as_it():
    state = run_store.state(run_store.create(config()))
    assert state == "new" and json.dumps({"state": state}) == '{"state": "new"}' == (
        f'{{"state": "{state}"}}'
    )


def test_a_run_is_new_then_running_then_stopped_then_finished():
    folder = run_store.create(config())
    assert run_store.state(folder) == "new"
    learning = run_store.learn(folder)
    next(learning)
    assert run_store.state(folder) == "running"
    learning.close()
    assert run_store.state(folder) == "interrupted"
    learn(folder, until=1)
    assert run_store.state(folder) == "stopped"
    learn(folder)
    assert run_store.state(folder) == "finished"


def test_a_second_learner_of_the_same_run_is_refused_and_leaves_the_record_alone():
    folder = run_store.create(config())
    learning = run_store.learn(folder)
    next(learning)
    before = (folder / "record.jsonl").read_bytes()
    with pytest.raises(
        LifelongError, match=r"is being learned by another process; wait for it or stop it\.$"
    ) as error:
        learn(folder)
    sentence(error)
    assert (folder / "record.jsonl").read_bytes() == before
    assert isinstance(list(learning)[-1], Finished)


def test_a_run_that_is_being_learned_is_not_undone():
    folder = run_store.create(config())
    learning = run_store.learn(folder)
    next(learning)
    with pytest.raises(LifelongError, match="is being learned") as error:
        run_store.undo(folder)
    sentence(error)
    learning.close()


def test_the_lock_is_free_as_soon_as_learning_ends_however_it_ends(monkeypatch):
    folder = learned_run(config(), until=1)
    assert not folders.is_locked(folder)
    learning = run_store.learn(folder, until=2)
    next(learning)
    learning.close()
    assert not folders.is_locked(folder)
    errors = []  # their tracebacks keep the frame alive, which must not keep the lock
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        try:
            learn(folder)
        except LifelongError as error:
            errors.append(error)
    assert errors and not folders.is_locked(folder)


def _hold(folder, ready, done):
    from filelock import FileLock

    with FileLock(folder / ".lock"):
        ready.set()
        done.wait(30)


def test_the_lock_of_a_dead_process_is_free():
    folder = learned_run(config(), until=1)
    context = get_context("spawn")
    ready, done = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(folder, ready, done))
    other.start()
    try:
        assert ready.wait(60)
        assert run_store.state(folder) == "running"
        with pytest.raises(LifelongError, match="by another process"):
            learn(folder)
    finally:
        other.kill()
        other.join()
    assert run_store.state(folder) == "stopped"
    assert isinstance(learn(folder)[-1], Finished)
