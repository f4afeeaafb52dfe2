"""Processes of their own that read what strangers send, and that can be killed.

A request and its answer are a header, one JSON object, and content, bytes: nothing that such a
process answers is unpickled. It has so much memory and no more, and no variable of the
environment but those that Python needs.
"""

import json
import logging
import os
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from ..errors import LifelongError

try:  # there is none on Windows, where memory has no limit
    import resource
except ImportError:
    resource = None  # type: ignore[assignment]

LOGGER = logging.getLogger(__name__)
MEMORY = 1_500_000_000  # bytes
PIPE = 1 << 20  # bytes that a pipe takes at once, where the system lets it: pictures have millions
LENGTHS = struct.Struct("<IQ")  # of the header and of the content
LONGEST_HEADER = 50_000_000  # bytes
PASSED = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR")  # variables of the environment
Frame = tuple[dict[str, Any], bytes]


class DiedError(LifelongError):
    """A process that was killed, after its time or by the system, or that answered nonsense."""


class ConfinedProcess:
    """A process that runs `python -m module`, which calls `serve`."""

    def __init__(self, module: str) -> None:
        root = str(Path(__file__).parents[2])
        path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
        passed = {name: os.environ[name] for name in PASSED if name in os.environ}
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**passed, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"},
            start_new_session=True,  # Ctrl+C in the terminal is for the pages
            pipesize=PIPE,
        )

    @property
    def is_alive(self) -> bool:
        """True while the process runs."""
        return self._process.poll() is None

    def ask(self, header: dict[str, Any], content: bytes, seconds: float, most: int) -> Frame:
        """Returns the answer to a request.

        seconds: after which the process is killed. most: bytes of the answer's content. Raises
        DiedError where it died or was killed, or answered nonsense; then it is to be ended.
        """
        killer = threading.Timer(seconds, self._process.kill)
        killer.start()
        try:
            _write(_open(self._process.stdin), header, content)
            return _read(_open(self._process.stdout), most)
        except (OSError, EOFError, ValueError):
            LOGGER.error("a process that read a file died or was killed")
            raise DiedError(f"A process that read a file died or took {seconds:g} s.") from None
        finally:
            killer.cancel()

    def end(self) -> None:
        """Ends the process."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            _open(pipe).close()


def serve(answer: Callable[[dict[str, Any], bytes], Frame]) -> None:
    """Answers requests on standard input until it is closed. For the process itself.

    A LifelongError is answered by {"error": sentence}.
    """
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # what others print is no answer
    while True:
        try:
            header, content = _read(requests, sys.maxsize)
        except EOFError:
            return
        try:
            found = answer(header, content)
        except LifelongError as error:
            found = {"error": str(error)}, b""
        _write(answers, *found)


def _open(pipe: Any) -> BinaryIO:
    return pipe


def _write(to: BinaryIO, header: dict[str, Any], content: bytes) -> None:
    packed = json.dumps(header).encode()
    to.write(LENGTHS.pack(len(packed), len(content)) + packed)
    to.write(content)
    to.flush()


def _read(source: BinaryIO, most: int) -> Frame:
    """Returns the next frame. Raises EOFError at the end, ValueError for one that is none."""
    header, content = LENGTHS.unpack(_exactly(source, LENGTHS.size))
    if header > LONGEST_HEADER or content > most:
        raise ValueError("The answer is longer than it may be.")
    found = json.loads(_exactly(source, header))
    if not isinstance(found, dict):
        raise ValueError("The header is no JSON object.")
    return found, _exactly(source, content)


def _exactly(source: BinaryIO, nbytes: int) -> bytes:
    read = source.read(nbytes)
    if len(read) < nbytes:
        raise EOFError
    return read
