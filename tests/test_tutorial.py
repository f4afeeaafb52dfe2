"""The tutorial runs, and has the outputs that it is stored with."""

import os

import pytest

from tests.helpers import FEW_STEPS, ROOT

nbformat = pytest.importorskip("nbformat", reason="nbclient is not installed")
FILE = ROOT / "docs" / "tutorial.ipynb"


def test_the_tutorial_runs(tmp_path, monkeypatch):
    pytest.importorskip("vl_convert", reason="vl-convert-python is not installed")
    pytest.importorskip("ipykernel", reason="ipykernel is not installed")
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    notebook = nbformat.read(FILE, as_version=4)
    is_written = bool(os.environ.get("LIFELONG_WRITE_TUTORIAL"))
    if not is_written:
        notebook.cells.insert(0, nbformat.v4.new_code_cell(FEW_STEPS))
    nbclient.NotebookClient(
        notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    table = notebook.cells[-1].outputs[0]["data"]["text/plain"]
    assert "replay per_class=50" in table and (tmp_path / "sweep").is_dir()
    if is_written:
        nbformat.write(notebook, FILE)
