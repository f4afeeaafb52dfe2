"""Laws of jobs in several processes."""

import pytest

from lifelong.errors import LifelongError
from lifelong.training.parallel import run_jobs


def _fails(job):
    yield job
    raise LifelongError("It went wrong.")


def _dies(job):
    yield job
    raise SystemExit(3)


@pytest.mark.parametrize(
    ("remote", "says"), [(_fails, "It went wrong"), (_dies, "ended before its work was done")]
)
def test_an_error_of_another_process_reaches_the_caller(remote, says):
    def local(job):
        while True:  # at work until the other process has failed
            yield job

    with pytest.raises(LifelongError, match=says):
        for _value in run_jobs(local, remote, [1, 2], 2, lambda: False):
            pass
