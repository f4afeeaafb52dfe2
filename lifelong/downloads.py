"""Where downloads and what is computed once are kept and how much of it, whether anything may be downloaded, and how long an answer is waited for."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TIMEOUT = 15  # seconds without an answer before a download is given up
ROOM = 4e9  # bytes of each kind that are kept of what was computed once, unless LIFELONG_FEATURES_GB says otherwise


def cache() -> Path:
    """Where downloads go: `$LIFELONG_CACHE`, by default `~/.cache/lifelong`."""
    return Path(os.environ.get("LIFELONG_CACHE") or Path.home() / ".cache" / "lifelong")


def offline() -> bool:
    """Whether LIFELONG_OFFLINE forbids downloads."""
    return bool(os.environ.get("LIFELONG_OFFLINE"))


def make_room(place: Path, wanted: int) -> None:
    """Removes the safetensors files in a folder that were not used for longest, until there is room for so many bytes more."""
    room = float(os.environ.get("LIFELONG_FEATURES_GB", ROOM / 1e9)) * 1e9
    kept = sorted(place.glob("*.safetensors"), key=lambda file: file.stat().st_mtime, reverse=True)
    used = wanted
    for file in kept:
        used += file.stat().st_size
        if used > room:
            file.unlink(missing_ok=True)


@contextmanager
def patience(seconds: float = TIMEOUT) -> Iterator[None]:
    """Within it, a server that says nothing for so long is given up."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
