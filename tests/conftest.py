"""Settings of every test: no network, folders of its own, one process, toy plug-ins."""

import os
from pathlib import Path

import pytest
import torch

from lifelong import datasets
from lifelong.data.examples import Dataset

# pyproject.toml puts it on the import path of the tests, this on that of processes they start.
PLUGINS = Path(__file__).parent / "plugins"
os.environ["PYTHONPATH"] = os.pathsep.join(
    filter(None, [str(PLUGINS), os.environ.get("PYTHONPATH")])
)
torch.set_num_threads(1)
os.environ.setdefault("OMP_NUM_THREADS", "1")  # of the processes that tests start
# No test cuts the power, and a disk takes milliseconds; as fsync, it refuses what is no open file.
os.fsync = os.fstat


@pytest.fixture(autouse=True)
def _own_folders(monkeypatch, tmp_path):
    monkeypatch.setenv("LIFELONG_OFFLINE", "1")
    monkeypatch.setenv("LIFELONG_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("LIFELONG_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("LIFELONG_PROCESSES", "1")  # to start another one takes seconds


@pytest.fixture
def toy() -> Dataset:
    """The images of the toy data set, 24 + 8 of ten classes."""
    return datasets.load("toy")


@pytest.fixture
def toy_pictures() -> Dataset:
    """Toy images of 16 x 16 pixels, 6 + 4 of four classes."""
    return datasets.load("toy-pictures")
