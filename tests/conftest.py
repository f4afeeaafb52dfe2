"""Settings of every test: no network, folders of its own, one process, toy plug-ins."""

import gc
import itertools
import os
from pathlib import Path

import pytest
import torch
from xdist.scheduler import LoadFileScheduling

from lifelong import datasets
from lifelong.data.examples import Dataset

TESTS = Path(__file__).parent
# pyproject.toml puts it on the import path of the tests, this on that of processes they start.
PLUGINS = TESTS / "plugins"
os.environ["PYTHONPATH"] = os.pathsep.join(
    filter(None, [str(PLUGINS), os.environ.get("PYTHONPATH")])
)
torch.set_num_threads(1)
os.environ.setdefault("OMP_NUM_THREADS", "1")  # of the processes that tests start
# No test cuts the power, and a disk takes milliseconds; as fsync, it refuses what is no open file.
os.fsync = os.fstat

# Files that take longest, in seconds on two cores: they begin first, so that none ends alone.
LONG_FILES = {
    "app/test_draw_browser.py": 120,
    "strategies/test_contract.py": 100,
    "app/test_space_browser.py": 60,
    "app/test_pages.py": 50,
    "app/test_remedies_browser.py": 40,
    "app/test_share_browser.py": 40,
    "app/test_browser.py": 40,
    "app/test_compare_browser.py": 40,
    "test_docs_python.py": 35,
    "cli/test_interrupt.py": 35,
    "training/test_device.py": 35,
    "models/test_backbones.py": 30,
    "app/test_pictures_browser.py": 25,
    "app/test_teach_browser.py": 25,
    "test_tutorial.py": 25,
    "cli/test_documented.py": 25,
    "app/test_transfer_page.py": 25,
    "app/test_inspect_page.py": 25,
    "app/test_endpoints.py": 25,
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the files that take longest first; within a file and among others nothing changes."""
    seconds = {TESTS / name: number for name, number in LONG_FILES.items()}
    items.sort(key=lambda item: -seconds.get(item.path, 0))


class _Scheduling(LoadFileScheduling):
    """Files by process, all in a browser in the same one: a second server and Chromium would take
    20 s to start and to load the pages.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return "browser" if file.endswith("_browser.py") else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadFileScheduling:
    """Returns what deals the tests to the processes."""
    return _Scheduling(config, log)


def pytest_collection_finish() -> None:
    """Exempts torch and the tests from garbage collections, which take 0.5 s with all of them."""
    gc.collect()
    gc.freeze()


_numbers = itertools.count()


@pytest.fixture
def tmp_path(tmp_path_factory) -> Path:
    """Returns an empty folder; pytest's own fixture lists those of all earlier tests first."""
    folder = tmp_path_factory.getbasetemp() / str(next(_numbers))
    folder.mkdir()
    return folder


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
