"""Fixtures of the numerics' tests."""

import pytest

from lifelong.numerics import hardware


@pytest.fixture
def one_thread():
    """Uses one thread, as a run of a small network does."""
    with hardware.threads(1):
        yield
