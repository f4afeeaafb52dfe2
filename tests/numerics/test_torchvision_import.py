"""Torchvision is imported where its compiled operators load, and where they do not."""

import subprocess
import sys

import pytest

PROGRAM = """
import torch
torch.ops.load_library = {load}
from lifelong.numerics import torchvision_import
print(len(torchvision_import._LIBRARIES))
"""
LOADS = "lambda library: None"
DOES_NOT_LOAD = "torch.ops.load_library"  # the file is not a library


@pytest.mark.parametrize(("load", "declared"), [(LOADS, "0"), (DOES_NOT_LOAD, "2")])
def test_operators_are_declared_only_where_the_compiled_ones_do_not_load(load, declared, tmp_path):
    package = tmp_path / "torchvision"
    for module in ("datasets", "models"):
        (package / module).mkdir(parents=True)
        (package / module / "__init__.py").touch()
    (package / "__init__.py").touch()
    (package / "_C.so").write_bytes(b"no library")
    script = f"import sys; sys.path.insert(0, {str(tmp_path)!r})" + PROGRAM.format(load=load)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.strip() == declared, done.stderr
