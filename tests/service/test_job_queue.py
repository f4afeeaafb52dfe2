"""Laws of the worker's queue of jobs, without a process."""

import json
import threading

import pytest

from lifelong import datasets
from lifelong.events import Loading
from lifelong.service import worker
from lifelong.service.worker import JobQueue


def read(*messages: dict) -> JobQueue:
    """Returns a queue that has read these messages and stays open."""
    jobs, done = JobQueue(), threading.Event()

    def lines():
        yield from map(json.dumps, messages)
        done.set()
        threading.Event().wait()

    threading.Thread(target=jobs.read, args=(lines(),), daemon=True).start()
    assert done.wait(5)
    return jobs


def learn(job: int, until: int | None = None) -> dict:
    return {"learn": "/runs/a", "until": until, "job": job}


def test_messages_come_in_order_of_arrival():
    messages = [learn(1), {"load": "mnist"}, learn(2, until=1)]
    jobs = iter(read(*messages))
    assert [next(jobs) for _ in messages] == messages


def test_a_stop_is_of_one_job_and_not_of_its_folder():
    jobs = read(learn(1), {"stop": 1}, learn(2, until=1))
    assert jobs.is_stopped(1) and not jobs.is_stopped(2)


def test_a_stopped_job_stays_stopped_whatever_is_ordered_after_it():
    jobs = read(learn(1), {"stop": 1}, learn(2), {"stop": 2}, learn(3))
    assert [jobs.is_stopped(job) for job in (1, 2, 3)] == [True, True, False]


def test_when_the_input_ends_every_job_is_stopped_and_none_is_begun():
    jobs = JobQueue()
    jobs.read(map(json.dumps, [learn(1), learn(2)]))
    assert jobs.is_stopped(1) and jobs.is_stopped(3) and list(jobs) == []


@pytest.mark.parametrize(("messages", "images"), [([], 3), ([learn(1)], 1)])
def test_loading_beforehand_ends_when_a_job_waits_whose_record_shows_the_progress(
    monkeypatch, messages, images
):
    loaded = []

    def load_with_progress(name):
        for image in range(3):
            loaded.append((name, image))
            yield Loading(what="", unit="image", done=image, total=3, seconds=0.0)

    monkeypatch.setattr(datasets, "load_with_progress", load_with_progress)
    worker.load_beforehand("mnist", read(*messages))
    assert loaded == [("mnist", image) for image in range(images)]
