"""Laws of processes that read what strangers send: an answer or one sentence, within limits."""

import sys
import time

import pytest

from lifelong.errors import LifelongError
from lifelong.storage import confined
from lifelong.storage.confined import ConfinedProcess, DiedError

THIS = "tests.storage.test_confined"
MOST = 1000


def answer(header, content):
    """Returns what a test asks this process for."""
    if header["do"] == "hang":
        time.sleep(60)
    if header["do"] == "crash":
        sys.exit(3)
    if header["do"] == "refuse":
        raise LifelongError("That is refused; give another.")
    if header["do"] == "eat":
        try:
            return {"eaten": len(bytearray(2 * confined.MEMORY))}, b""
        except MemoryError:
            raise LifelongError("It takes too much memory.") from None
    if header["do"] == "environment":
        import os

        return dict(os.environ), b""
    if header["do"] == "print":
        print("not an answer", flush=True)
    return header, content * header.get("times", 1)


@pytest.fixture
def process(monkeypatch):
    """A process that is this module."""
    monkeypatch.setenv("A_SECRET", "7")
    started = ConfinedProcess(THIS)
    yield started
    started.end()


def test_a_process_answers_one_request_after_the_other(process):
    for number in range(3):
        request, content = {"do": "echo", "number": number}, b"\0\xff\n" * number
        assert process.ask(request, content, 30, MOST) == (request, content)
    assert process.ask({"do": "print"}, b"", 30, MOST) == ({"do": "print"}, b"")
    assert process.ask({"do": "refuse"}, b"", 30, MOST)[0]["error"].startswith("That is refused")
    assert process.ask({"do": "echo"}, b"x", 30, MOST)[1] == b"x", "a refusal ends nothing"


def test_a_process_knows_no_secret_of_the_environment(process):
    found, _ = process.ask({"do": "environment"}, b"", 30, MOST)
    assert found["PYTHONPATH"] and "A_SECRET" not in found and "HOME" not in found


@pytest.mark.skipif(confined.resource is None, reason="memory has no limit on this system")
def test_a_process_has_so_much_memory_and_no_more(process):
    assert process.ask({"do": "eat"}, b"", 30, MOST)[0] == {"error": "It takes too much memory."}


@pytest.mark.parametrize("what", ["hang", "crash"])
def test_a_process_that_hangs_or_crashes_is_an_error_in_time_and_in_the_log(process, what, caplog):
    process.ask({"do": "echo"}, b"", 30, MOST)  # it has started
    began = time.monotonic()
    with pytest.raises(DiedError):
        process.ask({"do": what}, b"", 0.3, MOST)
    assert time.monotonic() - began < 10 and "died or was killed" in caplog.text


def test_an_answer_that_is_longer_than_it_may_be_is_an_error(process):
    with pytest.raises(DiedError):
        process.ask({"do": "echo", "times": 2}, b"x" * MOST, 30, MOST)


if __name__ == "__main__":
    confined.serve(answer)
