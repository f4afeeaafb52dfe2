"""The figures of docs/deployment.md are those of the trials, and the trials ran as they are to."""

import json

import pytest

pytest.importorskip("playwright")

from benchmarks import space
from tests.helpers import ROOT


def test_the_table_of_the_document_is_that_of_the_results():
    document = (ROOT / "docs" / "deployment.md").read_text("utf-8")
    assert space.table() in document


def test_both_spaces_were_tried_by_another_user_without_a_network():
    found = json.loads((space.RESULTS / "space.json").read_text())
    assert set(found) == {"docker", "gradio"}
    assert all(each["without_network"] and each["another_user"] for each in found.values())
    assert all(each["space_bytes"] < 250_000_000 for each in found.values())
