"""Pages with a run that has the results of another program: what is not known is not shown."""

import pytest

from app.views.draw import choices
from app.views.runs import table
from lifelong import api
from lifelong.api import collection
from lifelong.runs import other_programs
from tests.app.helpers import button_keys, open_page, page_text
from tests.result_files import mammoth

ROWS = [[0.98 - 0.1 * (after - on) for on in range(after + 1)] for after in range(5)]


@pytest.fixture
def run(tmp_path):
    (folder,) = other_programs.import_runs(mammoth(tmp_path, rows=ROWS), "mammoth")
    return folder.name


def test_it_stands_beside_ours_and_the_page_says_what_is_not_known(run):
    at = open_page("compare", runs=f"{run},mnist-class-finetune")
    text = page_text(at).replace("\\", "").replace("*", "").replace("\u00a0", " ")
    assert "DER++, by Mammoth gets most right, 78 %; Fine-tuning least, 19.8 %" in text
    assert "The network and the training of DER++, by Mammoth are not known" in text
    assert "Left out" not in text


def test_its_page_has_the_curves_and_nothing_that_needs_checkpoints(run):
    at = open_page("inspect", run=run)
    assert not at.exception
    text = page_text(at)
    assert "by Mammoth" in text and "fell from 98 % to **58 %**" in text
    assert not {"verify", "reference"} & set(button_keys(at))
    assert "recipe" not in text.lower() and "python -m lifelong" not in text


def test_it_cannot_be_drawn_on_and_is_named_in_the_list(run):
    assert run not in [choice.run for choice in choices.readable_runs(run)]
    (entry,) = [entry for entry in collection.entries() if entry.id == run]
    assert table.strategy(entry) == "DER++, by Mammoth" and table.cells(entry)["seconds"] is None
    assert api.run_row(run).model == ""
