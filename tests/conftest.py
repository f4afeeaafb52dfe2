"""Fixtures of all tests: no network, temporary folders, and toy data in place of real data."""

import os
from pathlib import Path

import pytest
import torch

from lifelong.data.examples import Dataset
from lifelong.runs import comparison
from tests.helpers import toy_dataset, use_images, with_hidden

PLUGINS = (
    Path(__file__).parent / "plugins"
)  # pyproject.toml puts it on the import path of the tests
# ... and this on that of the processes that tests start.
os.environ["PYTHONPATH"] = os.pathsep.join(
    filter(None, [str(PLUGINS), os.environ.get("PYTHONPATH")])
)
torch.set_num_threads(1)
os.environ.setdefault("OMP_NUM_THREADS", "1")  # of the processes that tests start


@pytest.fixture(autouse=True)
def _own_folders(monkeypatch, tmp_path):
    monkeypatch.setenv("LIFELONG_OFFLINE", "1")
    monkeypatch.setenv("LIFELONG_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("LIFELONG_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def small(monkeypatch) -> Dataset:
    """Toy data under every data set's name, and hidden layers of 16: a step takes 0.5 ms."""
    dataset = toy_dataset()
    use_images(monkeypatch, dataset)
    with_hidden(monkeypatch, 16, 16)
    monkeypatch.setattr(
        comparison, "default_processes", lambda configurations: 1
    )  # another process would not have these images
    monkeypatch.setattr(
        os, "fsync", lambda file: None
    )  # no test pulls the plug, and disks are slow
    return dataset


@pytest.fixture
def colour(monkeypatch):
    """Toy data of four classes and 16 x 16 pixels, for deep networks."""
    dataset = toy_dataset(classes=4, train=6, test=4, side=16)
    use_images(monkeypatch, dataset)
    return dataset
