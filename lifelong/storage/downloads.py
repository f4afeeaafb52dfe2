"""Where downloads and what is computed once are kept, whether anything may be downloaded, and how long an answer is waited for."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TIMEOUT = 15  # seconds without an answer before a download is given up


def cache_folder() -> Path:
    """Where downloads go: `$LIFELONG_CACHE`, by default `~/.cache/lifelong`."""
    return Path(os.environ.get("LIFELONG_CACHE") or Path.home() / ".cache" / "lifelong")


def offline() -> bool:
    """Whether LIFELONG_OFFLINE forbids downloads."""
    return bool(os.environ.get("LIFELONG_OFFLINE"))


@contextmanager
def patience(seconds: float = TIMEOUT) -> Iterator[None]:
    """Within it, a server that says nothing for so long is given up."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
