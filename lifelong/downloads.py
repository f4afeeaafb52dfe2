"""Where downloads and what is computed once are kept, and whether anything may be downloaded."""

import os
from pathlib import Path


def cache() -> Path:
    """Where downloads go: `$LIFELONG_CACHE`, by default `~/.cache/lifelong`."""
    return Path(os.environ.get("LIFELONG_CACHE") or Path.home() / ".cache" / "lifelong")


def offline() -> bool:
    """Whether LIFELONG_OFFLINE forbids downloads."""
    return bool(os.environ.get("LIFELONG_OFFLINE"))
