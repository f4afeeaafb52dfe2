"""Checks of error messages, and a disk that is full."""

import errno
import os

import pytest

from lifelong.errors import LifelongError
from lifelong.runs import folders


def sentence(error: pytest.ExceptionInfo[LifelongError]) -> str:
    """Returns the message: one line that ends like a sentence, without a path of this machine."""
    message = str(error.value)
    assert (
        "\n" not in message
        and message[-1] in ".?"
        and str(folders.home()) not in message
        and len(message) < 400
    )
    return message


def full(*_arguments: object) -> None:
    """Fails as a write to a full disk does."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
