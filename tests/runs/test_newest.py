"""Laws of the cache of folders that change: the newest version of each, read once; so many."""

import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lifelong.runs import newest
from lifelong.runs.newest import Newest

A, B, C = (Path(name) for name in "abc")


class Value:
    """Value of a folder."""


@pytest.fixture
def cache():
    """A cache, and the folders that it has read so far."""
    folders = []

    def read(folder):
        time.sleep(0.01)
        folders.append(folder)
        return Value()

    return Newest(read), folders


def test_a_value_is_read_once_for_a_version_however_many_threads_ask(cache):
    values, folders = cache
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: values(A, lambda: 1), range(8)))
    assert folders == [A] and all(each is found[0] for each in found)
    assert values(A, lambda: 2) is not found[0] and folders == [A, A]


def test_an_older_version_is_forgotten(cache):
    values, _ = cache
    older = weakref.ref(values(A, lambda: 1))
    assert older() is not None
    values(A, lambda: 2)
    assert older() is None and len(values) == 1


def test_so_many_folders_are_cached_and_those_used_last_stay(cache, monkeypatch):
    values, _ = cache
    monkeypatch.setattr(newest, "MOST", 2)
    first = values(A, lambda: 1)
    values(B, lambda: 1)
    assert values(A, lambda: 1) is first
    values(C, lambda: 1)
    assert values(A, lambda: 1) is first and len(values) == 2


def test_what_cannot_be_read_is_read_again(monkeypatch):
    calls = []

    def read(_folder):
        calls.append(1)
        if len(calls) == 1:
            raise ValueError
        return Value()

    values = Newest(read)
    with pytest.raises(ValueError):
        values(A, lambda: 1)
    assert isinstance(values(A, lambda: 1), Value)
