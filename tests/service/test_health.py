"""Faults of the process that trains: hung, killed, refused; each has a state and a next step."""

import os
import signal

import pytest

from lifelong import api
from lifelong.errors import LifelongError
from lifelong.events import Stopped
from lifelong.runs import heartbeat, journal
from lifelong.runs import store as run_store
from lifelong.service import health
from lifelong.service.worker_client import WorkerClient
from tests.helpers import config, learn, learned_run
from tests.runs.helpers import sentence
from tests.service.test_worker import LONG, until


@pytest.fixture
def own_trainer():
    """A worker that the test may stop and kill."""
    client = WorkerClient()
    yield client
    client.close()


def test_a_process_that_hangs_is_found_ended_and_the_next_run_is_learned(own_trainer, monkeypatch):
    hung, waiting = run_store.create(config(**LONG)), run_store.create(config())
    monkeypatch.setattr(heartbeat, "EVERY", 0.1)
    own_trainer.learn(hung)
    own_trainer.learn(waiting, until=1)
    with api.connected(own_trainer):
        until(lambda: len(run_store.history(hung).steps) > 3)
        assert not health.seems_hung(hung.name)
        with pytest.raises(LifelongError, match="makes progress") as error:
            health.end_process(hung.name)
        sentence(error)
        os.kill(own_trainer.process.pid, signal.SIGSTOP)
        monkeypatch.setattr(health, "QUIET_SECONDS", 2.5)
        until(lambda: health.seems_hung(hung.name))
        assert health.quiet_seconds(waiting.name) is None
        health.end_process(hung.name)
        until(lambda: isinstance(run_store.history(waiting).ending, Stopped))
        assert api.state(hung.name) == "interrupted"


def test_a_run_that_has_just_begun_is_not_taken_for_one_that_hangs(monkeypatch):
    folder = learned_run(config(), until=1)
    for name in (heartbeat.FILE, journal.RECORD_FILE):
        os.utime(folder / name, (1, 1))

    class Client:
        def seconds_at_work(self, _folder):
            return 0.5

    with api.connected(Client()):
        assert health.quiet_seconds(folder.name) == 0.5


def test_a_clock_that_is_set_back_or_forth_does_not_end_a_run(monkeypatch):
    folder = learned_run(config(), until=1)

    class Client:
        def seconds_at_work(self, _folder):
            return 500.0

    with api.connected(Client()):
        monkeypatch.setattr(health.time, "time", lambda: 1000.0)
        assert health.quiet_seconds(folder.name) == 0.0 and not health.seems_hung(folder.name)
        monkeypatch.setattr(health.time, "time", lambda: 1e11)
        assert health.quiet_seconds(folder.name) == 500.0  # until the next sign of progress


def test_a_heartbeat_costs_one_touch_in_a_while_and_no_error_on_a_full_disk(monkeypatch, tmp_path):
    now = [0.0]
    heart = heartbeat.Heartbeat(tmp_path, clock=lambda: now[0])
    heart.beat()
    first = (tmp_path / heartbeat.FILE).stat().st_mtime_ns
    heart.beat()
    assert (tmp_path / heartbeat.FILE).stat().st_mtime_ns == first
    now[0] = heartbeat.EVERY
    heart.beat()
    assert (tmp_path / heartbeat.FILE).stat().st_mtime_ns > first
    now[0] *= 2
    (tmp_path / heartbeat.FILE).unlink()
    tmp_path.rmdir()
    heart.beat()


def test_why_a_run_was_refused_comes_back_from_the_worker(own_trainer):
    folder = run_store.create(config())
    (folder / ".lock").mkdir()  # as good as a folder that cannot be written to
    own_trainer.learn(folder)
    until(lambda: own_trainer.queue_position(folder) is None)
    with api.connected(own_trainer):
        message = api.health.last_error(folder.name)
        assert message.startswith(f"The folder of {folder.name} cannot be written to (")
        (folder / ".lock").rmdir()
        own_trainer.learn(folder, until=1)
        until(lambda: own_trainer.queue_position(folder) is None)
        assert api.health.last_error(folder.name) == ""
    assert learn(folder)[-1].event == "finished"
