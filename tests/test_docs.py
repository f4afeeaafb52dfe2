"""Laws of the documents: every path that they name exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "checkpoints" / "README.md", *ROOT.glob("docs/*.md")]
PATH = re.compile(r"\b(?:lifelong|app|tests|benchmarks|docs)/[\w./-]*")


def paths_named(text: str) -> list[str]:
    """Returns the paths of the project in a text, without placeholders like `<name>`."""
    return [found[0].rstrip(".") for found in PATH.finditer(text) if text[found.end() :][:1] != "<"]


def test_a_path_in_a_sentence_is_found_without_its_full_stop_and_a_placeholder_is_not():
    text = "See `lifelong/config.py`, app/views/. Add `lifelong/strategies/<name>.py`."
    assert paths_named(text) == ["lifelong/config.py", "app/views/"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_path_that_a_document_names_is_there(document):
    named = paths_named(document.read_text("utf-8"))
    assert [path for path in named if not (ROOT / path).exists()] == []
