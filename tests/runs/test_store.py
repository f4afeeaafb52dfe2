"""Runs on disk: their names, their states, one learner at a time, damaged files, undo."""

import errno
import json
import os
import pickle
from multiprocessing import get_context

import pytest
import torch
from safetensors.torch import save

from lifelong import api
from lifelong import config as configs
from lifelong.errors import LifelongError
from lifelong.events import Failed, Finished, Started, Step, Stopped, TaskLearned
from lifelong.inference import predict
from lifelong.runs import checkpoints, folders
from lifelong.runs import store as run_store
from lifelong.storage import tensor_files
from lifelong.training import experiment
from tests.helpers import config, learn, learned_run, pairs, python, stop_after

pytestmark = pytest.mark.usefixtures("small")
BLANK = torch.zeros(6, 6, dtype=torch.uint8).numpy()


def sentence(error: pytest.ExceptionInfo) -> str:
    """The message, which is one line that ends like a sentence and shows no path of this machine."""
    told = str(error.value)
    assert (
        "\n" not in told
        and told[-1] in ".?"
        and str(folders.home()) not in told
        and len(told) < 400
    )
    return told


def full(*_arguments):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


# Names and folders

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
    at = run_store.create(config("ewc", "domain"))
    assert (
        at.parent == folders.home()
        and at.name.startswith("mnist-sample-domain-ewc-")
        and run_store.folder(at.name) == at
    )
    told = json.loads((at / "config.json").read_text())
    assert (
        told["settings"] == {"strength": 1e10, "estimator": "exact"}
        and told["scenario"] == "domain"
        and told["version"]
    )


def test_two_runs_of_one_configuration_are_two_folders():
    assert run_store.create(config()) != run_store.create(config())


@pytest.mark.parametrize("wrong", [
    {"tasks": 11}, {"class_order": (1, 2)}, {"strategy": "nope"}, {"settings": {"strength": 1}}, {"model": "nope"}, {"dataset": "nope"},
    {"scenario": "transfer", "tasks": 1}, {"strategy": "frozen"},
], ids=str)  # fmt: skip
def test_a_configuration_that_cannot_be_run_leaves_no_folder(wrong):
    with pytest.raises(LifelongError) as error:
        run_store.create(config(**wrong))
    sentence(error)
    assert run_store.ids() == [folder.name for folder in run_store.shipped()]


def test_a_folder_takes_the_same_configuration_again_and_refuses_another(tmp_path):
    at = run_store.create(config(), tmp_path / "mine")
    assert run_store.create(config(), at) == at
    with pytest.raises(LifelongError, match="holds a run with another configuration") as error:
        run_store.create(config(seed=1), at)
    sentence(error)


def test_a_folder_goes_on_whose_config_an_earlier_version_wrote(tmp_path):
    """It called a setting by its former name, and had no network, device or learning rate."""
    at = run_store.create(config("ewc"), tmp_path / "old")
    learn(at, until=1)
    fields = json.loads((at / "config.json").read_text())
    fields["settings"]["fisher"] = fields["settings"].pop("estimator")
    del fields["network"], fields["device"], fields["learning_rate"]
    (at / "config.json").write_text(json.dumps(fields))
    assert run_store.create(config("ewc"), at) == at
    assert isinstance(learn(at)[-1], Finished)
    assert json.loads((at / "config.json").read_text()) == fields, "it stays as it was"
    with pytest.raises(LifelongError, match="holds a run with another configuration"):
        run_store.create(config("ewc", settings={"estimator": "batch"}), at)


@pytest.mark.parametrize(("strategy", "scenario"), pairs())
def test_a_resolved_configuration_is_resolved_to_itself(strategy, scenario, small):
    resolved = experiment.resolve(config(strategy, scenario))
    assert experiment.resolve(resolved) == resolved == experiment.resolve(resolved, small)


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    for at in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(LifelongError, match="could not be made") as error:
            run_store.create(config(), at)
        sentence(error)


def test_the_newest_run_is_listed_first():
    made = [run_store.create(config(seed=seed)) for seed in range(3)]
    for age, at in enumerate(made):
        os.utime(at / "config.json", (1000 + age, 1000 + age))
    assert run_store.ids()[:3] == [at.name for at in reversed(made)]


def test_the_list_of_runs_has_a_row_for_a_damaged_run_too():
    good, no_config, no_record = (
        learned_run(config(tasks=2)),
        learned_run(config(tasks=1)),
        learned_run(config(tasks=1)),
    )
    (no_config / "config.json").write_text("{")
    (no_record / "record.jsonl").write_text("?\n")
    rows = {row["id"]: row for row in api.run_list()}
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
    json.dumps(api.run_list())


# States


def test_a_run_is_new_then_running_then_stopped_then_finished():
    at = run_store.create(config())
    assert run_store.state(at) == "new"
    learning = run_store.learn(at)
    next(learning)
    assert run_store.state(at) == "running"
    learning.close()
    assert run_store.state(at) == "interrupted"
    learn(at, until=1)
    assert run_store.state(at) == "stopped"
    learn(at)
    assert run_store.state(at) == "finished"


def test_learning_on_a_finished_run_does_nothing():
    at = learned_run(config(tasks=1))
    before = (at / "record.jsonl").read_bytes()
    assert learn(at) == [] and (at / "record.jsonl").read_bytes() == before


def test_every_event_is_on_disk_when_it_is_told():
    at = run_store.create(config())
    for event in run_store.learn(at):
        assert run_store.history(at).events[-1] == event
        if isinstance(event, TaskLearned):
            assert (
                checkpoints.inference_file(at, event.task).exists()
                and checkpoints.resume_file(at, event.task).exists()
            )


def test_a_history_is_read_anew_when_the_record_changed_and_only_then():
    at = learned_run(config(), until=1)
    first = run_store.history(at)
    assert run_store.history(at) is first
    learn(at)
    assert run_store.history(at).finished and not first.finished


def test_stopping_asked_before_the_first_step_keeps_that_step():
    at = run_store.create(config())
    assert learn(at, stop=lambda: True)[-1] == Stopped(task=0, step=1)
    assert [type(e) for e in run_store.history(at).events] == [Started, Step, Stopped]


def test_learning_before_a_task_already_learned_changes_nothing():
    at = learned_run(config(), stop=stop_after(10))
    before = run_store.history(at)
    assert learn(at, until=1) == [Stopped(task=1, step=3)]
    assert run_store.history(at).events == before.events


# One learner at a time


def test_a_second_learner_of_the_same_run_is_refused_and_leaves_the_record_alone():
    at = run_store.create(config())
    learning = run_store.learn(at)
    next(learning)
    before = (at / "record.jsonl").read_bytes()
    with pytest.raises(
        LifelongError, match=r"is being learned by another process; wait for it or stop it\.$"
    ) as error:
        learn(at)
    sentence(error)
    assert (at / "record.jsonl").read_bytes() == before
    assert isinstance(list(learning)[-1], Finished)


def test_a_run_that_is_being_learned_is_not_undone():
    at = run_store.create(config())
    learning = run_store.learn(at)
    next(learning)
    with pytest.raises(LifelongError, match="is being learned") as error:
        run_store.undo(at)
    sentence(error)
    learning.close()


def test_the_lock_is_free_as_soon_as_learning_ends_however_it_ends(monkeypatch):
    at = learned_run(config(), until=1)
    assert not folders.is_locked(at)
    learning = run_store.learn(at, until=2)
    next(learning)
    learning.close()
    assert not folders.is_locked(at)
    held = []  # a traceback that is kept alive keeps the frame, and must not keep the lock
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        try:
            learn(at)
        except LifelongError as error:
            held.append(error)
    assert held and not folders.is_locked(at)


def _hold(at, ready, done):
    from filelock import FileLock

    with FileLock(at / ".lock"):
        ready.set()
        done.wait(30)


def test_a_lock_held_by_a_process_that_died_is_free():
    at = learned_run(config(), until=1)
    context = get_context("spawn")
    ready, done = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(at, ready, done))
    other.start()
    try:
        assert ready.wait(60)
        assert run_store.state(at) == "running"
        with pytest.raises(LifelongError, match="by another process"):
            learn(at)
    finally:
        other.kill()
        other.join()
    assert run_store.state(at) == "stopped"
    assert isinstance(learn(at)[-1], Finished)


# A full disk


@pytest.mark.parametrize("breaks", ["fsync", "replace"])
def test_a_run_on_a_full_disk_fails_in_one_sentence_and_goes_on_when_there_is_room(
    monkeypatch, breaks
):
    at = learned_run(config(), until=1)
    kept = {file.name: file.read_bytes() for file in at.glob("*.safetensors")}
    with monkeypatch.context() as patch:
        learning = run_store.learn(at)
        next(learning)
        patch.setattr(os, breaks, full)
        with pytest.raises(LifelongError, match="No space left on device") as error:
            list(learning)
    sentence(error)
    assert run_store.state(at) == "failed" and isinstance(run_store.history(at).ending, Failed)
    assert {file.name: file.read_bytes() for file in at.glob("*.safetensors")} == kept
    assert isinstance(learn(at)[-1], Finished)
    assert not any(isinstance(e, Failed | Stopped) for e in run_store.history(at).events)


def test_undo_after_a_failure_takes_back_the_begun_part_only(monkeypatch):
    at = learned_run(config(), until=1)
    learning = run_store.learn(at)
    next(learning)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(LifelongError):
        list(learning)
    monkeypatch.undo()
    run_store.undo(at)
    assert len(run_store.history(at).learned) == 1 and run_store.history(at).steps[-1].task == 0


# Checkpoints

TENSORS = {
    "a": torch.arange(6.0).reshape(2, 3),
    "b": torch.tensor([1, 2]),
    "empty": torch.zeros(0),
    "scalar": torch.tensor(2.5),
}


def test_tensors_come_back_with_the_words_about_them(tmp_path):
    tensor_files.write(tmp_path / "t.safetensors", TENSORS, {"task": "3"})
    tensors, about = tensor_files.read(tmp_path / "t.safetensors")
    assert about == {"task": "3"} and tensors.keys() == TENSORS.keys()
    assert all(
        torch.equal(tensors[n], t) and tensors[n].dtype == t.dtype for n, t in TENSORS.items()
    )


def test_half_precision_takes_half_the_room_and_leaves_whole_numbers_alone(tmp_path):
    many = {
        "w": torch.randn(1000, generator=torch.Generator().manual_seed(0)),
        "labels": torch.tensor([1, 2, 40_000]),
    }
    tensor_files.write(tmp_path / "whole.safetensors", many)
    tensor_files.write(tmp_path / "half.safetensors", many, half=True)
    tensors, _ = tensor_files.read(tmp_path / "half.safetensors")
    assert torch.equal(tensors["labels"], many["labels"]) and tensors["w"].dtype == torch.float32
    torch.testing.assert_close(tensors["w"], many["w"], rtol=1e-3, atol=1e-3)
    assert (tmp_path / "whole.safetensors").stat().st_size - (
        tmp_path / "half.safetensors"
    ).stat().st_size > 1900


@pytest.mark.parametrize("damage", [
    lambda whole: whole[: len(whole) // 2], lambda whole: whole[:-1], lambda whole: whole[:4], lambda whole: b"", lambda whole: b"\xff" * 64,
    lambda whole: b"\x10" + whole[1:], lambda whole: b"PK\x03\x04" + whole,
], ids=["half", "a byte short", "four bytes", "empty", "noise", "wrong header", "a zip"])  # fmt: skip
def test_a_damaged_checkpoint_is_told_in_one_sentence_wherever_it_is_read(damage):
    at = learned_run(config(), until=2)
    for file in (checkpoints.inference_file(at, 1), checkpoints.resume_file(at, 1)):
        file.write_bytes(damage(file.read_bytes()))
    for use, name in (
        (lambda: predict.classify(at, BLANK), "task-1"),
        (lambda: learn(at), "resume-1"),
    ):
        with pytest.raises(
            LifelongError, match=rf"^The checkpoint {at.name}/{name}\.safetensors is damaged"
        ) as error:
            use()
        sentence(error)
    assert predict.classify(at, BLANK, after=0), "the checkpoints that are whole still answer"
    run_store.undo(at)
    assert isinstance(learn(at)[-1], Finished), "undo is the way out"


def test_a_missing_checkpoint_is_told_in_one_sentence():
    at = learned_run(config(), until=1)
    checkpoints.inference_file(at, 0).unlink()
    checkpoints.resume_file(at, 0).unlink()
    for use in (lambda: predict.classify(at, BLANK), lambda: learn(at)):
        with pytest.raises(LifelongError, match="is missing") as error:
            use()
        sentence(error)


@pytest.mark.parametrize("other", [
    {}, {"x": torch.zeros(3)}, {"network.flat": torch.zeros(3), "generator": torch.zeros(3, dtype=torch.uint8)},
    {"network.head.weight": torch.zeros(2, 2)},
], ids=["nothing", "another name", "another shape", "another layer"])  # fmt: skip
@pytest.mark.parametrize(
    "about",
    [None, {"task": "1", "step": "0", "seconds": "0"}, {"task": "one", "step": "", "seconds": "?"}],
    ids=["no words", "words", "odd words"],
)
def test_a_checkpoint_of_another_model_is_told_in_one_sentence(other, about):
    at = learned_run(config(), until=1)
    for file in (checkpoints.inference_file(at, 0), checkpoints.resume_file(at, 0)):
        file.write_bytes(save(other, about))
    for use in (lambda: predict.classify(at, BLANK), lambda: learn(at)):
        with pytest.raises(LifelongError, match="belongs to another model") as error:
            use()
        sentence(error)


class Trap:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


def test_nothing_is_ever_unpickled(tmp_path):
    at = learned_run(config(), until=1)
    trap = tmp_path / "sprung"
    for file in (checkpoints.inference_file(at, 0), checkpoints.resume_file(at, 0)):
        file.write_bytes(pickle.dumps(Trap(trap)))
    (at / "record.jsonl.pkl").write_bytes(pickle.dumps(Trap(trap)))
    for use in (lambda: predict.classify(at, BLANK), lambda: learn(at)):
        with pytest.raises(LifelongError, match="is damaged"):
            use()
    torch.save({"network.flat": torch.zeros(3)}, checkpoints.resume_file(at, 0))
    with pytest.raises(LifelongError, match="is damaged"):
        learn(at)
    assert not trap.exists()


# Undo


@pytest.mark.parametrize("given", [{}, {"until": 0}])
def test_undo_of_a_run_that_learned_nothing_is_refused(given):
    at = run_store.create(config())
    if given:
        learn(at, **given)
    with pytest.raises(LifelongError, match=r"has not learned anything yet\.$") as error:
        run_store.undo(at)
    sentence(error)


def test_undo_takes_back_a_begun_first_task():
    at = learned_run(config(), stop=stop_after(3))
    run_store.undo(at)
    assert (
        run_store.state(at) == "new"
        and run_store.history(at).events == ()
        and not list(at.glob("*.safetensors"))
    )


@pytest.fixture
def shipped(monkeypatch, tmp_path):
    """A finished run that came with the project, in place of those that do."""
    place = tmp_path / "project"
    at = run_store.create(config(), place / "came-with-it")
    learn(at)
    (place / "shipped.txt").write_text(
        "came-with-it\tthe command that made it\nnot-there\tanother\n"
    )
    monkeypatch.setattr(folders, "SHIPPED", place)
    return at


def test_a_run_that_came_with_the_project_can_be_looked_at_and_not_changed(shipped):
    before = {file.name: file.stat().st_mtime_ns for file in shipped.iterdir()}
    own = learned_run(config(tasks=1))
    assert (
        run_store.ids() == [own.name, "came-with-it"]
        and run_store.folder("came-with-it") == shipped
    )
    assert [row["shipped"] for row in api.run_list()] == [False, True]
    assert run_store.state(shipped) == "finished" and len(predict.classify(shipped, BLANK)) == 3
    for change in (lambda: run_store.undo(shipped), lambda: learn(shipped)):
        with pytest.raises(LifelongError, match="ships with the project") as error:
            change()
        sentence(error)
    assert {file.name: file.stat().st_mtime_ns for file in shipped.iterdir()} == before


# The configuration


WRONG = [
    ({"scenario": "klass"}, "scenario was given as 'klass'"), ({"recipe": "slow"}, "recipe was given as 'slow'"), ({"tasks": 0}, "tasks was given as '0'"),
    ({"tasks": "many"}, "tasks was given as 'many'"), ({"seed": -1}, "seed was given as '-1'"), ({"seed": 2**31}, "seed was given as"),
    ({"steps": 0}, "steps was given as '0'"), ({"class_order": "abc"}, "class_order was given as 'abc'"), ({"class_order": ("a",)}, "class_order.0 was given as 'a'"),
    ({"settings": {"strength": None}}, "settings.strength"), ({"settings": 3}, "settings was given as '3'"), ({"surprise": 1}, "surprise was given as '1'"),
    ({"dataset": 5}, "dataset was given as '5'"), ({"dataset": "x" * 10_000}, None),
]  # fmt: skip


@pytest.mark.parametrize(("given", "says"), WRONG, ids=str)
def test_a_value_that_does_not_fit_is_told_in_one_sentence(given, says):
    if says is None:
        made = configs.make(**given)
        assert len(made.dataset) == 10_000
        return
    with pytest.raises(LifelongError) as error:
        configs.make(**given)
    assert sentence(error).startswith(says)


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[]", b"\xff\xfe", b"null", b'{"tasks": "x"}', b'{"tasks": 5, "more": 1}']
)
def test_a_config_file_that_is_none_is_told_in_one_sentence(text):
    at = learned_run(config(tasks=1))
    (at / "config.json").write_bytes(text)
    with pytest.raises(LifelongError) as error:
        run_store.history(at)
    sentence(error)


def test_a_configuration_comes_back_equal_from_its_file():
    made = config("ewc", class_order=range(10), settings={"strength": 5.5}, half=True)
    assert configs.read(made.model_dump_json()) == made
    with pytest.raises(ValueError):
        made.seed = 3


@pytest.mark.parametrize(
    ("given", "tasks"),
    [
        ({}, 5),
        ({"scenario": "transfer"}, 2),
        ({"scenario": "transfer", "tasks": 4}, 4),
        ({"tasks": None}, 5),
    ],
)
def test_the_number_of_tasks_depends_on_the_scenario(given, tasks):
    assert configs.make(**given).tasks == tasks


def test_a_runs_own_steps_take_the_place_of_the_recipes():
    assert (
        configs.make().training_recipe.steps is None
        and configs.make(recipe="paper").training_recipe.steps == 2000
    )
    assert configs.make(recipe="paper", steps=3).training_recipe == configs.RECIPES[
        "paper"
    ].__class__(**{**vars(configs.RECIPES["paper"]), "steps": 3})


# Opening the app costs milliseconds


@pytest.mark.parametrize(
    "module",
    [
        "api",
        "config",
        "events",
        "metrics",
        "registry",
        "runs.history",
        "runs.journal",
        "runs.store",
        "service.worker_client",
        "cli.commands",
    ],
)
def test_what_pages_import_does_not_import_torch(module):
    told = python(
        "-c",
        f"import sys, lifelong.{module}; print([m for m in ('torch', 'torchvision', 'streamlit', 'gradio') if m in sys.modules])",
    )
    assert told.stdout.strip() == "[]", told.stderr


def test_looking_at_runs_does_not_import_torch():
    at = learned_run(config(tasks=2))
    told = python(
        "-c",
        f"import sys; from lifelong import api; api.run_list(); api.history('{at.name}').measures(); api.state('{at.name}'); print('torch' in sys.modules)",
    )
    assert told.stdout.strip() == "False", told.stderr
