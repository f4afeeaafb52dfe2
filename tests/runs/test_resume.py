"""Laws of the states that are saved within a task: when, how often, and what is left of a kill."""

import os
import time
from types import SimpleNamespace

import pytest

from lifelong.errors import LifelongError
from lifelong.events import Saved, Started
from lifelong.runs import checkpoints, resume
from lifelong.runs import store as run_store
from tests.helpers import Killed, config, kill_after, learn, learned_run
from tests.runs.helpers import full, sentence


class Clock:
    """Clock that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


def autosave(monkeypatch, clock, seconds: float, cost: float) -> tuple[resume.Autosave, list]:
    """Returns one that notes the times of saving, which takes `cost` seconds."""
    saved = []

    def save(*_given) -> None:
        saved.append(clock.now)
        clock.now += cost

    monkeypatch.setattr(resume, "save_within", save)
    return resume.Autosave(None, SimpleNamespace(), seconds, clock), saved


def test_a_state_is_saved_every_so_many_seconds(monkeypatch, clock):
    save, saved = autosave(monkeypatch, clock, seconds=30, cost=0)
    for now in range(100):
        clock.now = now
        if action := save(0, now):
            action()
    assert saved == [30, 60, 90]


def test_saving_takes_a_tenth_of_the_time_at_most_however_long_it_takes(monkeypatch, clock):
    save, saved = autosave(monkeypatch, clock, seconds=30, cost=9)
    while clock.now < 10_000:
        clock.now += 1
        if action := save(0, 1):
            action()
    assert 0.08 < 9 * len(saved) / clock.now < 0.101


def test_a_clock_that_is_set_back_changes_nothing(monkeypatch):
    monkeypatch.setenv("LIFELONG_SAVE_SECONDS", "0")
    monkeypatch.setattr(time, "time", iter(range(10**6, 0, -1)).__next__)
    folder = learned_run(config())
    assert run_store.history(folder).finished
    assert learned_run(config()).exists()


def test_the_record_has_a_state_within_the_task_at_work_and_the_folder_one_file(monkeypatch):
    monkeypatch.setenv("LIFELONG_SAVE_SECONDS", "0")
    monkeypatch.setattr(resume, "SHARE", 1e9)
    folder = run_store.create(config())
    with pytest.raises(Killed):
        learn(folder, stop=kill_after(7 + 4))
    assert [e.step for e in run_store.history(folder).all_of(Saved) if e.task == 1] == [1, 2, 3, 4]
    learn(folder, stop=lambda: True)
    # Those of the task before are left out of a record that goes on.
    positions = {(e.task, e.step) for e in run_store.history(folder).all_of(Saved)}
    assert positions == {(1, step) for step in (1, 2, 3, 4, 5)}
    assert len(list(folder.glob("resume.safetensors*"))) == 1
    learn(folder)
    assert not checkpoints.interrupted_file(folder).exists()


def test_what_a_killed_process_was_writing_is_removed():
    folder = learned_run(config(), until=1)
    torn = folder / ".resume.safetensors.123"
    torn.write_bytes(b"half")
    (folder / ".unlisted").touch()
    learn(folder)
    assert not torn.exists() and (folder / ".unlisted").exists()


def test_a_disk_that_is_full_while_a_state_is_saved_stops_the_run_in_one_sentence(monkeypatch):
    monkeypatch.setenv("LIFELONG_SAVE_SECONDS", "0")
    folder = run_store.create(config())
    learning = run_store.learn(folder)
    assert isinstance(next(learning), Started)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(LifelongError, match=r"resume\.safetensors could not be") as error:
            list(learning)
    assert "No space left on device" in sentence(error)
    assert run_store.state(folder) == "failed" and not list(folder.glob(".resume*"))
    learn(folder)
    assert run_store.history(folder).finished


@pytest.mark.parametrize("given", ["soon", "-1", "nan"])
def test_seconds_that_are_none_are_refused_before_anything_is_loaded(monkeypatch, given):
    monkeypatch.setenv("LIFELONG_SAVE_SECONDS", given)
    folder = run_store.create(config())
    with pytest.raises(LifelongError, match=rf"^LIFELONG_SAVE_SECONDS was given as '{given}'"):
        learn(folder)
