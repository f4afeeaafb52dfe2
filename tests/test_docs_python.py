"""The Python in the documents runs."""

import os
import re
import subprocess
import sys

import pytest

from tests.helpers import ROOT

BLOCK = re.compile(r"^```python\n(.*?)^```", re.S | re.M)


@pytest.mark.parametrize("document", ["README.md", "docs/python.md"])
def test_the_python_of_a_document_runs(document, tmp_path):
    pytest.importorskip("vl_convert", reason="vl-convert-python is not installed")
    blocks = BLOCK.findall((ROOT / document).read_text("utf-8"))
    assert blocks
    process = subprocess.run(
        [sys.executable, "-c", "\n".join(blocks)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert process.returncode == 0, process.stderr
    assert document == "README.md" or (tmp_path / "curves.svg").exists()
