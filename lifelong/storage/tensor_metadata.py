"""Metadata of safetensors files, read without torch and without a tensor."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from safetensors import SafetensorError, safe_open

from ..errors import LifelongError


def read_metadata(file: Path) -> dict[str, str]:
    """Returns the metadata of a file. Raises LifelongError as `opened` does."""
    with opened(file, "np") as f:
        return f.metadata() or {}


@contextmanager
def opened(file: Path, framework: Literal["pt", "np"]) -> Iterator[safe_open]:
    """Opens a file. framework: whose tensors it returns, torch's or NumPy's.

    Raises LifelongError when the file is missing, truncated or no safetensors file.
    """
    name = f"{file.parent.name}/{file.name}"
    try:
        with safe_open(file, framework) as f:
            yield f
    except FileNotFoundError:
        raise LifelongError(
            f"The checkpoint {name} is missing; learn the task again or restore the file."
        ) from None
    except (SafetensorError, OSError):
        raise LifelongError(
            f"The checkpoint {name} is damaged; learn the task again or restore the file."
        ) from None
