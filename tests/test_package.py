"""The package as it is installed: small, with a command, and of use in an empty folder."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.helpers import ROOT

pytest.importorskip("setuptools", reason="setuptools, which builds the package, is not installed")
DIGITS = """
import numpy as np
import lifelong as ll

dice = np.random.default_rng(0)
patterns, y = dice.random((6, 8, 8, 3)), np.arange(240) % 6
X = np.clip(patterns[y] + dice.normal(0, 0.1, (240, 8, 8, 3)), 0, 1)
tasks = ll.Dataset.from_arrays(X, y).split("class", tasks=2)
run = ll.Run("replay", settings={"per_class": 5}, steps=40).fit(tasks)
print(run.accuracy_.shape, run.predict(X[:2]).shape, run.average_accuracy_ > 0.8)
run.save("mine")
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel of this checkout."""
    out, source = tmp_path_factory.mktemp("wheel"), tmp_path_factory.mktemp("source")
    # A copy: what an earlier build left in the checkout would come along.
    shutil.copytree(
        ROOT / "lifelong", source / "lifelong", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip("wheel", source, "--no-build-isolation", "--wheel-dir", out)
    return next(out.glob("lifelong-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """A folder that the wheel is installed in."""
    folder = tmp_path_factory.mktemp("installed")
    pip("install", wheel, "--target", folder)
    return folder


def pip(*arguments: object) -> None:
    offline = ("--no-deps", "--no-index", "--quiet", "--disable-pip-version-check")
    command = [sys.executable, "-m", "pip", *map(str, arguments), *offline]
    subprocess.run(command, check=True, capture_output=True, timeout=120)


def call(installed: Path, folder: Path, *arguments: str) -> str:
    """Returns what Python with the package prints in a folder."""
    own = {"LIFELONG_RUNS", "PYTHONPATH"}
    environment = {name: value for name, value in os.environ.items() if name not in own}
    environment |= {"PYTHONPATH": str(installed), "LIFELONG_CACHE": str(folder / "cache")}
    process = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert process.returncode == 0, process.stderr
    return process.stdout


def test_the_wheel_is_small_and_has_types_and_the_sample_but_no_tests(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert wheel.stat().st_size < 5_000_000
    assert {"lifelong/py.typed", "lifelong/datasets/mnist_sample.npz"} <= set(names)
    assert not [name for name in names if name.startswith(("tests/", "app/", "benchmarks/"))]
    assert all(f"lifelong/{file.name}" in names for file in (ROOT / "lifelong").glob("*.py"))


def test_it_learns_arrays_in_an_empty_folder_and_the_command_knows_the_run(installed, tmp_path):
    assert call(installed, tmp_path, "-c", DIGITS) == "(2, 2) (2,) True\n"
    assert (tmp_path / "runs" / "mine" / "config.json").exists()
    listed = call(installed, tmp_path, "-m", "lifelong", "runs")
    assert listed.splitlines()[0].startswith("mine") and len(listed.splitlines()) == 1
    commands = (installed / "bin" / "lifelong").read_text()
    assert "lifelong.__main__" in commands


def test_threads_of_torch_that_wait_sleep_soon_unless_somebody_says_otherwise():
    code = "import os, lifelong; print(os.environ['GOMP_SPINCOUNT'])"
    for given, found in (({}, "10000"), ({"GOMP_SPINCOUNT": "7"}, "7")):
        environment = {k: v for k, v in os.environ.items() if k != "GOMP_SPINCOUNT"} | given
        ran = subprocess.run(
            [sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True
        )
        assert ran.stdout.strip() == found
