"""Fixtures of the app's tests."""

from collections.abc import Iterator

import pytest

from lifelong import api
from tests.app.helpers import IdleWorker


@pytest.fixture(autouse=True)
def worker() -> Iterator[IdleWorker]:
    """A worker that the pages use and that trains nothing."""
    with api.connected(IdleWorker()) as idle:
        yield idle


@pytest.fixture
def worker_process() -> Iterator[api.WorkerClient]:
    """The real worker, which the pages use in this test."""
    with api.connected(api.WorkerClient()) as client:
        yield client
        client.close()
