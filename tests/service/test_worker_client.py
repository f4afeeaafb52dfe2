"""Laws of the worker's client, with a worker that each test scripts."""

import json
import queue
import time
from pathlib import Path

import pytest

from lifelong.service.worker_client import WorkerClient

A, B, C = (Path(f"/runs/{name}") for name in "abc")


class ScriptedWorker:
    """Worker process that sends and dies as a test says."""

    def __init__(self) -> None:
        self.lines: queue.Queue[str | None] = queue.Queue()
        self.stdin = self
        self.stdout = iter(self.lines.get, None)
        self.messages: list[dict] = []
        self.status: int | None = None

    def say(self, **message: int) -> None:
        self.lines.put(json.dumps(message))

    def die(self) -> None:
        self.status = -9
        self.lines.put(None)

    def jobs(self) -> list[tuple[str, int | None]]:
        """Returns the jobs sent to this worker and not stopped: folder and last task."""
        stopped = [message["stop"] for message in self.messages if "stop" in message]
        sent = [m for m in self.messages if "learn" in m and m["job"] not in stopped]
        return [(m["learn"], m["until"]) for m in sent]

    def job(self, folder: Path) -> int:
        """Returns the id of the last job of this folder."""
        return [m["job"] for m in self.messages if m.get("learn") == str(folder)][-1]

    # The part of subprocess.Popen that the client uses, and its stdin.

    def write(self, line: str) -> None:
        if self.status is not None:
            raise BrokenPipeError
        self.messages.append(json.loads(line))

    def flush(self) -> None: ...

    def close(self) -> None:
        self.die()

    def poll(self) -> int | None:
        return self.status

    def wait(self, timeout: float | None = None) -> int | None:
        return self.status


@pytest.fixture
def workers():
    """The workers that the client has started, in order."""
    return []


@pytest.fixture
def client(workers):
    def start():
        workers.append(ScriptedWorker())
        return workers[-1]

    worker_client = WorkerClient(start)
    yield worker_client
    worker_client.close()


def until(condition) -> None:
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.005)


def begin(client: WorkerClient, worker: ScriptedWorker, folder: Path) -> None:
    """Reports that the job of a folder has begun, and waits until the client knows it."""
    worker.say(began=worker.job(folder))
    until(lambda: client.seconds_at_work(folder) is not None)


def end(client: WorkerClient, worker: ScriptedWorker, folder: Path) -> None:
    """Reports that the job of a folder has ended, and waits until the client knows it."""
    job, sent = worker.job(folder), len(worker.messages)
    worker.say(ended=job)
    until(lambda: len(worker.messages) > sent or client.seconds_at_work(folder) is None)


def test_no_process_is_started_before_it_is_needed(client, workers):
    client.stop(A)
    assert client.queue_position(A) is None and workers == [] and client.process is None
    client.warm()
    client.warm()
    assert len(workers) == 1


def test_a_waiting_run_that_was_stopped_and_ordered_anew_learns_what_the_new_order_says(
    client, workers
):
    client.learn(A)
    client.learn(B)
    client.stop(B)
    assert client.queue() == [A]
    client.learn(B, until=1)
    assert client.queue() == [A, B] and workers[0].jobs() == [(str(A), None)]
    begin(client, workers[0], A)
    end(client, workers[0], A)
    assert workers[0].jobs() == [(str(A), None), (str(B), 1)]


def test_the_worker_has_one_order_at_a_time_and_gets_the_next_when_it_has_ended(client, workers):
    for folder in (A, B, C):
        client.learn(folder)
    assert workers[0].jobs() == [(str(A), None)] and client.queue() == [A, B, C]
    for folder in (A, B):
        begin(client, workers[0], folder)
        end(client, workers[0], folder)
    assert workers[0].jobs() == [(str(folder), None) for folder in (A, B, C)]
    assert client.queue() == [C]


def test_the_end_of_a_stopped_order_is_not_that_of_the_new_one(client, workers):
    client.learn(A)
    old = workers[0].job(A)
    client.stop(A)
    client.learn(A, until=1)
    workers[0].say(ended=old)
    begin(client, workers[0], A)
    assert client.queue() == [A]


def test_a_waiting_run_that_is_ordered_anew_learns_what_the_new_order_says(client, workers):
    client.learn(A)
    client.learn(B)
    client.learn(B, until=1)
    assert client.queue() == [A, B]
    begin(client, workers[0], A)
    end(client, workers[0], A)
    assert workers[0].jobs() == [(str(A), None), (str(B), 1)]


def test_runs_that_learn_in_turns_learn_each_task_before_any_learns_the_next(client, workers):
    client.learn(C)
    client.learn_in_turns([(A, range(1, 3)), (B, range(1, 4)), (C, range(1, 3))])
    assert client.queue() == [C, A, B]
    turns = [(A, 1), (B, 1), (A, 2), (B, 2), (B, 3)]
    for folder in (C, A, B, A, B):
        begin(client, workers[0], folder)
        end(client, workers[0], folder)
    assert workers[0].jobs() == [(str(C), None), *[(str(f), task) for f, task in turns]]
    client.learn(C)
    client.learn_in_turns([(A, range(3, 5))])
    client.stop(A)
    assert client.queue() == [B, C], "all its turns are stopped"


@pytest.mark.parametrize("begun", [False, True])
def test_the_same_order_given_twice_is_learned_once(client, workers, begun):
    client.learn(A, until=1)
    if begun:
        begin(client, workers[0], A)
    sent = len(workers[0].messages)
    client.learn(A, until=1)
    assert client.queue() == [A] and len(workers[0].messages) == sent


def test_a_run_at_work_that_is_ordered_to_go_further_does_so_afterwards(client, workers):
    client.learn(A, until=1)
    begin(client, workers[0], A)
    first = workers[0].job(A)
    client.learn(A)
    assert workers[0].job(A) == first
    end(client, workers[0], A)
    begin(client, workers[0], A)
    assert client.queue() == [A]
    end(client, workers[0], A)
    assert client.queue() == []


def test_a_run_that_stops_is_at_work_until_it_has_ended_and_can_be_ordered_meanwhile(
    client, workers
):
    client.learn(A)
    begin(client, workers[0], A)
    first = workers[0].job(A)
    client.stop(A)
    assert client.queue_position(A) == 0
    client.learn(A)
    assert workers[0].job(A) == first
    end(client, workers[0], A)
    begin(client, workers[0], A)
    assert client.queue_position(A) == 0, "the second order is not stopped"


def test_a_stop_is_of_all_orders_of_a_run(client, workers):
    client.learn(A, until=1)
    begin(client, workers[0], A)
    client.learn(A)
    client.stop(A)
    assert workers[0].jobs() == [] and client.is_stopping(A)
    end(client, workers[0], A)
    assert client.queue() == [] and workers[0].jobs() == []


def test_a_run_whose_worker_died_at_it_is_given_up_and_those_that_wait_are_not(client, workers):
    for folder in (A, B, C):
        client.learn(folder, until=2)
    begin(client, workers[0], A)
    workers[0].die()
    until(lambda: len(workers) == 2 and client.queue() == [B, C])
    assert workers[1].jobs() == [(str(B), 2)]


def test_a_run_that_had_not_begun_when_the_worker_died_goes_to_the_next_worker(client, workers):
    client.learn(A, until=1)
    client.learn(B)
    workers[0].die()
    until(lambda: len(workers) == 2 and client.queue() == [A, B])
    assert workers[1].jobs() == [(str(A), 1)]


def test_workers_that_die_as_they_start_are_not_started_for_ever(client, workers):
    client.learn(A)
    for number in (1, 2):
        until(lambda number=number: len(workers) == number)
        workers[-1].die()
    until(lambda: client.process is None)
    assert client.queue() == [] and len(workers) == 2


def test_what_a_dead_worker_had_said_is_not_taken_for_the_next_one(client, workers):
    client.learn(A)
    workers[0].status = -9  # dead, and its output is not read yet
    client.learn(B)
    assert len(workers) == 2 and client.queue() == [A, B]
    workers[0].say(ended=workers[0].job(A))
    workers[0].die()
    begin(client, workers[1], A)
    assert client.queue() == [A, B] and len(workers) == 2


def test_a_data_set_is_loaded_once_by_each_worker(client, workers):
    for _ in range(3):
        client.prepare("mnist")
    assert workers[0].messages == [{"load": "mnist"}]
    workers[0].die()
    until(lambda: client.process is None)
    client.prepare("mnist")
    assert workers[1].messages == [{"load": "mnist"}]


def test_a_closed_client_has_no_orders_and_starts_anew(client, workers):
    client.learn(A)
    client.close()
    client.close()
    assert client.queue() == [] and client.process is None
    client.learn(B)
    assert workers[1].jobs() == [(str(B), None)]
