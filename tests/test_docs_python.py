"""The Python in the documents runs."""

import os
import re
import subprocess
import sys

import pytest

from tests.helpers import FEW_STEPS, ROOT

BLOCK = re.compile(r"^```python\n(.*?)^```", re.S | re.M)
# Each as a program of its own, in one process: to start Python and torch takes seconds.
RUN_ALL = FEW_STEPS + "import runpy, sys\nfor file in sys.argv[1:]: runpy.run_path(file)"


def test_the_python_of_the_documents_runs(tmp_path):
    pytest.importorskip("vl_convert", reason="vl-convert-python is not installed")
    files = []
    for document in ("README.md", "docs/python.md"):
        blocks = BLOCK.findall((ROOT / document).read_text("utf-8"))
        assert blocks
        files.append(tmp_path / f"{document.replace('/', '-')}.py")
        files[-1].write_text("\n".join(blocks), "utf-8")
    process = subprocess.run(
        [sys.executable, "-c", RUN_ALL, *files],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert process.returncode == 0, process.stderr
    assert (tmp_path / "curves.svg").exists()
