"""Laws of checksums: changed, exchanged and truncated checkpoints are named, and not used."""

import shutil
from functools import cache

import pytest
import torch

from lifelong.errors import LifelongError
from lifelong.events import Finished, Recovered, Saved
from lifelong.inference import predict
from lifelong.runs import checkpoints, integrity, resume
from lifelong.runs import store as run_store
from lifelong.runs.integrity import FileState
from lifelong.storage import checksums, shipped
from lifelong.storage.shipped import ShippedFile
from tests.helpers import config, forget_checksums, learn, learned_run, stop_after
from tests.runs.helpers import sentence

BLANK = torch.zeros(6, 6, dtype=torch.uint8).numpy()
STEPS = 7  # of each task, see helpers.config


@cache
def final_weights() -> bytes:
    """Returns the last checkpoint of a run of three tasks that was never interrupted."""
    return checkpoints.inference_file(learned_run(config()), 2).read_bytes()


def flip(file, at: int = -5) -> None:
    content = bytearray(file.read_bytes())
    content[at] ^= 1
    file.write_bytes(content)


def state_of(folder, name):
    return integrity.states(folder, run_store.history(folder))[name]


def test_every_checkpoint_has_its_checksum_in_the_record():
    folder = learned_run(config(step_checkpoints=True), stop=stop_after(2 * STEPS + 3))
    found = integrity.states(folder, run_store.history(folder))
    of_tasks = [f"{kind}-{k}.safetensors" for kind in ("resume", "task") for k in (0, 1)]
    assert {name for name, state in found.items() if state is FileState.INTACT} == {
        *of_tasks,
        "resume.safetensors",
        "steps-1.safetensors",
    }
    # of a task that is not complete, every few steps
    assert found["steps-2.safetensors"] is FileState.NOT_RECORDED
    learn(folder)
    assert set(integrity.states(folder, run_store.history(folder)).values()) == {FileState.INTACT}


@pytest.mark.parametrize("name", ["task-1", "resume-1", "resume"])
@pytest.mark.parametrize("what", ["a byte", "truncated", "another task's", "another run's"])
def test_a_changed_file_is_found(name, what):
    folder = learned_run(config(), stop=stop_after(2 * STEPS + 3))
    file = folder / f"{name}.safetensors"
    if what == "a byte":
        flip(file)
    elif what == "truncated":
        file.write_bytes(file.read_bytes()[:-1])
    elif what == "another task's":
        shutil.copy(folder / f"{name.partition('-')[0]}-0.safetensors", file)
    else:
        other = learned_run(config(seed=1), stop=stop_after(2 * STEPS + 3))
        shutil.copy(other / file.name, file)
    states = integrity.states(folder, run_store.history(folder))
    changed = [each for each, state in states.items() if state is FileState.CHANGED]
    assert changed == [file.name]


def test_a_missing_checkpoint_is_found():
    folder = learned_run(config())
    checkpoints.inference_file(folder, 1).unlink()
    assert state_of(folder, "task-1.safetensors") is FileState.MISSING


def test_a_changed_checkpoint_does_not_answer_and_the_last_good_one_is_named():
    folder = learned_run(config())
    for at in (1, 2):
        flip(checkpoints.inference_file(folder, at))
    with pytest.raises(LifelongError, match=rf"^The checkpoint {folder.name}/task-1") as error:
        predict.classify(folder, BLANK)
    assert sentence(error).endswith(
        "it is not the file that was saved. The last good one before it is that after task 1; learn"
        " the task again or restore the file."
    )
    assert len(predict.classify(folder, BLANK, after=0)) == 1


def test_an_older_record_has_no_checksums_and_its_checkpoints_answer():
    folder = learned_run(config(), until=2)
    forget_checksums(folder)
    assert set(integrity.states(folder, run_store.history(folder)).values()) == {
        FileState.NOT_RECORDED
    }
    assert len(predict.classify(folder, BLANK)) == 2
    assert isinstance(learn(folder)[-1], Finished)
    assert checkpoints.inference_file(folder, 2).read_bytes() == final_weights()


@pytest.mark.parametrize(
    ("damaged", "goes_on"),
    [
        ((), (2, 3)),
        (("resume",), (2, 0)),
        (("resume", "resume-1"), (1, 0)),
        (("resume-1",), (2, 3)),
        (("resume", "resume-1", "resume-0"), (0, 0)),
    ],
)
def test_a_run_goes_on_from_the_newest_state_that_is_intact_and_says_so(damaged, goes_on):
    folder = learned_run(config(), stop=stop_after(2 * STEPS + 3))
    for name in damaged:
        flip(folder / f"{name}.safetensors")
    history = run_store.history(folder)
    assert resume.position(folder, history) == goes_on
    events = learn(folder)
    skipped = tuple(f"{name}.safetensors" for name in damaged) if goes_on != (2, 3) else ()
    expected = [Recovered(task=goes_on[0], step=goes_on[1], damaged=skipped)] if skipped else []
    assert [event for event in events if isinstance(event, Recovered)] == expected
    assert run_store.history(folder).all_of(Recovered) == expected
    assert checkpoints.inference_file(folder, 2).read_bytes() == final_weights()


def test_the_state_of_a_process_killed_between_record_and_file_is_known():
    folder = learned_run(config(), stop=stop_after(STEPS + 2))
    before = checkpoints.interrupted_file(folder).read_bytes()
    learn(folder, stop=stop_after(2))
    checkpoints.interrupted_file(folder).write_bytes(before)
    history = run_store.history(folder)
    assert len(history.all_of(Saved)) == 2
    assert resume.position(folder, history) == (1, 2)
    learn(folder)
    assert checkpoints.inference_file(folder, 2).read_bytes() == final_weights()


def test_a_state_within_a_complete_task_is_not_gone_on_from():
    folder = learned_run(config(), stop=stop_after(STEPS + 2))
    within = checkpoints.interrupted_file(folder).read_bytes()
    learn(folder, until=2)
    checkpoints.interrupted_file(folder).write_bytes(within)  # killed before it was removed
    assert resume.position(folder, run_store.history(folder)) == (2, 0)
    run_store.undo(folder)
    assert len(run_store.history(folder).learned) == 1
    checkpoints.interrupted_file(folder).write_bytes(within)
    learn(folder)
    assert checkpoints.inference_file(folder, 2).read_bytes() == final_weights()
    assert not checkpoints.interrupted_file(folder).exists()


def test_a_file_is_read_once_for_each_version_of_it(tmp_path, monkeypatch):
    file, reads = tmp_path / "a", []
    file.write_bytes(b"one")
    digest = checksums.hashlib.file_digest
    monkeypatch.setattr(
        checksums.hashlib, "file_digest", lambda *given: (reads.append(1), digest(*given))[1]
    )
    assert checksums.of_file(file) == checksums.of_file(file) == checksums.of_bytes(b"one")
    assert len(reads) == 1
    file.unlink()
    file.write_bytes(b"other")
    assert checksums.of_file(file) == checksums.of_bytes(b"other") and len(reads) == 2


def test_files_that_ship_have_the_checksums_of_their_list(monkeypatch):
    folder = learned_run(config())
    forget_checksums(folder)
    files = [
        ShippedFile(f"{folder.name}/{file.name}", 0, checksums.of_file(file))
        for file in [*folder.glob("task-*"), folder / "config.json"]
    ]
    monkeypatch.setattr(shipped, "FOLDER", folder.parent)
    monkeypatch.setattr(shipped, "files", lambda: files)
    assert state_of(folder, "config.json") is FileState.INTACT
    flip(checkpoints.inference_file(folder, 1))
    assert state_of(folder, "task-1.safetensors") is FileState.CHANGED
    with pytest.raises(LifelongError, match="is damaged or was exchanged"):
        predict.classify(folder, BLANK)
