"""Laws of the worker process, tested with the real worker on the embedded sample."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from lifelong import api
from lifelong.errors import LifelongError
from lifelong.events import Failed, Finished, Stopped
from lifelong.runs import checkpoints
from lifelong.runs import store as run_store
from lifelong.service.worker_client import WorkerClient
from lifelong.training.experiment import Experiment
from tests.helpers import ROOT, config, toy_dataset

LONG = {"steps": 100_000, "tasks": 2}  # more than any test waits for
SECONDS = 60  # that the slowest machine may take


def until(condition, seconds: float = SECONDS) -> float:
    """Waits until the condition holds; returns the seconds it took."""
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < seconds, "it never happened"
        time.sleep(0.02)
    return time.monotonic() - start


def events(folder: Path) -> int:
    return len(run_store.history(folder).events)


def alive(pid: int) -> bool:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 0)
        return (
            Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] != "Z"
            if Path("/proc").is_dir()
            else True
        )
    return False


def kill(trainer: WorkerClient) -> None:
    os.kill(trainer.process.pid, signal.SIGKILL)
    trainer.process.wait(SECONDS)


@pytest.fixture(scope="module")
def shared_trainer():
    """One worker for all tests that do not end it; starting one takes seconds."""
    client = WorkerClient()
    yield client
    client.close()


@pytest.fixture
def trainer(shared_trainer):
    yield shared_trainer
    for folder in shared_trainer.queue():
        shared_trainer.stop(folder)
    until(lambda: not shared_trainer.queue())


@pytest.fixture
def own_trainer():
    """A worker that the test may kill or close."""
    client = WorkerClient()
    yield client
    client.close()


def test_learning_grows_record_and_stopping_takes_effect_within_a_second_and_keeps_what_was_learned(
    trainer,
):
    folder = run_store.create(config(**LONG))
    trainer.learn(folder)
    assert trainer.queue_position(folder) == 0
    until(lambda: events(folder) > 3)
    count = events(folder)
    until(lambda: events(folder) > count)
    assert run_store.state(folder) == "running"
    trainer.stop(folder)
    assert until(lambda: trainer.queue_position(folder) is None) < 1
    ending = run_store.history(folder).ending
    assert (
        isinstance(ending, Stopped) and ending.step >= run_store.history(folder).steps[-1].step > 0
    )
    assert run_store.state(folder) == "stopped" and checkpoints.interrupted_file(folder).exists()
    trainer.learn(folder)
    until(lambda: run_store.history(folder).steps[-1].step > ending.step)
    assert [e for e in run_store.history(folder).events if isinstance(e, Stopped)] == []


def test_a_second_run_waits_its_turn_and_can_be_taken_back(trainer):
    first, second, third = (
        run_store.create(config(**options)) for options in (LONG, {}, {"seed": 1})
    )
    for folder in (first, second, third):
        trainer.learn(folder)
    assert [trainer.queue_position(folder) for folder in (first, second, third)] == [0, 1, 2]
    with api.connected(trainer):
        states = [api.state(folder.name) for folder in (first, second, third)]
    assert states == ["running", "waiting", "waiting"]
    until(lambda: events(first) > 1)
    assert events(second) == 0
    trainer.stop(second)
    trainer.stop(first)
    until(lambda: isinstance(run_store.history(third).ending, Finished))
    until(lambda: trainer.queue_position(third) is None)
    assert events(second) == 0 and api.state(second.name) == "new"
    trainer.learn(second)
    until(lambda: trainer.queue_position(second) is None)
    assert api.state(second.name) == "finished"


def test_a_waiting_run_that_was_stopped_and_ordered_anew_learns_what_the_new_order_says(trainer):
    first, second = (run_store.create(config(**given)) for given in (LONG, {}))
    trainer.learn(first)
    trainer.learn(second)
    until(lambda: events(first) > 1)
    trainer.stop(second)
    trainer.learn(second, until=1)
    trainer.stop(first)
    until(lambda: trainer.queue_position(second) is None)
    assert run_store.history(second).ending == Stopped(task=1, step=0)


def test_a_run_that_is_ordered_twice_is_learned_once(trainer):
    first, second = (run_store.create(config(**given)) for given in (LONG, {}))
    trainer.learn(first)
    for _ in range(2):
        trainer.learn(second, until=1)
    assert trainer.queue() == [first, second]
    trainer.stop(first)
    until(lambda: trainer.queue() == [])
    assert run_store.history(second).ending == Stopped(task=1, step=0)


def test_the_run_at_work_can_be_stopped_and_ordered_anew_at_once(trainer):
    folder = run_store.create(config(tasks=2, steps=300))
    trainer.learn(folder)
    until(lambda: events(folder) > 3)
    trainer.stop(folder)
    trainer.learn(folder, until=1)
    until(lambda: trainer.queue_position(folder) is None)
    assert run_store.history(folder).ending == Stopped(task=1, step=0)


def test_a_run_whose_worker_was_killed_before_it_began_is_learned_by_the_next_worker(own_trainer):
    folder = run_store.create(config())
    own_trainer.learn(folder, until=1)
    first = own_trainer.process.pid
    kill(own_trainer)
    until(lambda: own_trainer.process is not None and own_trainer.process.pid != first)
    until(lambda: own_trainer.queue_position(folder) is None)
    assert run_store.history(folder).ending == Stopped(task=1, step=0)


def test_waiting_runs_are_trained_after_the_worker_was_killed(own_trainer):
    first, second = (run_store.create(config(**given)) for given in (LONG, {}))
    own_trainer.learn(first)
    own_trainer.learn(second, until=1)
    until(lambda: events(first) > 3)
    kill(own_trainer)
    until(lambda: isinstance(run_store.history(second).ending, Stopped))
    until(lambda: own_trainer.queue() == [])
    assert run_store.state(first) == "interrupted"
    assert run_store.history(second).ending == Stopped(task=1, step=0)


def test_learning_before_a_task_stops_there(trainer):
    folder = run_store.create(config())
    trainer.learn(folder, until=1)
    until(lambda: trainer.queue_position(folder) is None)
    assert run_store.history(folder).ending == Stopped(task=1, step=0)


def test_a_run_whose_worker_was_killed_is_interrupted_and_goes_on(own_trainer):
    folder = run_store.create(config(tasks=2, steps=150))
    own_trainer.learn(folder)
    until(
        lambda: (
            len(run_store.history(folder).learned) == 1
            and run_store.history(folder).steps[-1].task == 1
        )
    )
    kill(own_trainer)
    assert run_store.state(folder) == "interrupted" and own_trainer.queue_position(folder) is None
    own_trainer.learn(folder)
    until(lambda: own_trainer.queue_position(folder) is None)
    assert run_store.state(folder) == "finished"
    never = run_store.create(config(tasks=2, steps=150))
    own_trainer.learn(never)
    until(lambda: own_trainer.queue_position(never) is None)
    for name in ("task-0", "task-1"):
        assert (folder / f"{name}.safetensors").read_bytes() == (
            never / f"{name}.safetensors"
        ).read_bytes()


def test_closing_keeps_what_was_learned_and_leaves_no_process(own_trainer):
    folder = run_store.create(config(**LONG))
    own_trainer.learn(folder)
    until(lambda: events(folder) > 3)
    pid = own_trainer.process.pid
    own_trainer.close()
    assert not alive(pid)
    assert (
        isinstance(run_store.history(folder).ending, Stopped)
        and checkpoints.interrupted_file(folder).exists()
    )
    own_trainer.close()  # a second time is no harm
    assert own_trainer.queue_position(folder) is None


def test_a_run_that_cannot_be_learned_says_why_and_the_next_one_is_learned(trainer):
    damaged, good = run_store.create(config()), run_store.create(config(tasks=1))
    (damaged / "record.jsonl").write_text("?\n")
    trainer.learn(damaged)
    trainer.learn(good)
    until(lambda: trainer.queue_position(good) is None)
    assert run_store.state(good) == "finished"


def test_the_reason_of_a_failure_is_in_the_record(trainer):
    folder = run_store.create(config())
    checkpoints.inference_file(folder, 0).mkdir()  # so that it cannot be written
    trainer.learn(folder)
    until(lambda: trainer.queue_position(folder) is None)
    ending = run_store.history(folder).ending
    assert (
        isinstance(ending, Failed)
        and "could not be written" in ending.message
        and run_store.state(folder) == "failed"
    )


def test_the_worker_reports_each_job_and_ends_when_its_input_closes():
    folder = run_store.create(config(tasks=1, steps=2))
    process = subprocess.Popen(
        [sys.executable, "-m", "lifelong.service.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    process.stdin.write(json.dumps({"learn": str(folder), "until": None, "job": 7}) + "\n")
    process.stdin.flush()
    assert [json.loads(process.stdout.readline()) for _ in range(2)] == [{"began": 7}, {"ended": 7}]
    rest, _ = process.communicate(timeout=SECONDS)
    assert rest == "" and process.returncode == 0 and run_store.state(folder) == "finished"


PARENT = """
import sys, time
from pathlib import Path
from types import SimpleNamespace
from lifelong.service.worker_client import WorkerClient
trainer = WorkerClient()
trainer.learn(Path(sys.argv[1]))
print(trainer.process.pid, flush=True)
time.sleep(600)
"""


def test_no_worker_outlives_a_server_that_was_killed():
    folder = run_store.create(config(**LONG))
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(folder)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    pid = int(parent.stdout.readline())
    try:
        until(lambda: events(folder) > 3)
    finally:
        parent.kill()
        parent.communicate()
    until(lambda: not alive(pid))
    assert isinstance(run_store.history(folder).ending, Stopped)


def test_the_size_of_a_state_does_not_grow_with_the_number_of_steps():
    sizes = {}
    for steps in (5, 50):
        experiment = Experiment(config("replay", steps=steps), toy_dataset())
        list(experiment.events())
        sizes[steps] = {name: tensor.shape for name, tensor in experiment.state_dict().items()}
    assert sizes[5] == sizes[50]


def test_training_works_after_a_data_set_was_preloaded(own_trainer):
    own_trainer.prepare("mnist-sample")
    folder = run_store.create(config())
    own_trainer.learn(folder)
    until(lambda: own_trainer.queue_position(folder) is None)
    assert run_store.state(folder) == "finished"


def test_preloading_downloads_nothing(monkeypatch):
    loaded = []
    monkeypatch.delenv("LIFELONG_DATA", raising=False)
    with api.connected(SimpleNamespace(prepare=loaded.append)):
        api.prepare("mnist")
        api.prepare("mnist-sample")
    assert loaded == ["mnist-sample"]


def test_without_a_worker_states_come_from_the_record_and_learning_is_refused():
    run = run_store.create(config()).name
    assert api.state(run) == "new" and api.queue_position(run) is None
    api.prepare("mnist-sample")
    with pytest.raises(LifelongError, match="no process that trains; start the app with"):
        api.learn(run)
