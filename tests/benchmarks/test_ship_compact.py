"""The compact runs that ship: small, as documented, and they answer."""

import json

import pytest
import torch

from benchmarks import ship_compact
from lifelong.inference import predict
from lifelong.runs import checkpoints, compact
from lifelong.runs import store as run_store
from lifelong.runs.folders import SHIPPED
from tests.helpers import ROOT

ROWS = json.loads(ship_compact.FILE.read_text())
LARGEST = 60e6  # bytes of all of them


def test_the_table_of_the_document_is_that_of_the_results():
    assert ship_compact.table() in (ROOT / "docs" / "results.md").read_text("utf-8")


def test_they_are_those_that_ship_and_small():
    assert {name for name in ROWS} == {
        folder.name
        for folder in run_store.shipped()
        if run_store.history(folder).config.network.get("tune") == "whole"
    }
    files = [file for name in ROWS for file in (SHIPPED / name).iterdir()]
    assert sum(file.stat().st_size for file in files) < LARGEST


@pytest.mark.parametrize("name", ROWS)
def test_the_results_are_those_of_the_record_and_of_the_files(name):
    row, history = ROWS[name], run_store.history(SHIPPED / name)
    whole = [[100 * share for share in each.accuracy] for each in history.learned]
    for after, found in enumerate(row["compact"]):
        file = checkpoints.inference_file(SHIPPED / name, after)
        assert row["whole"][after] == pytest.approx(whole[after], abs=0.006)
        assert found == pytest.approx([100 * a for a in compact.accuracy(file)], abs=0.006)
        assert row["bytes"][after] == file.stat().st_size
        loss = sum(row["whole"][after]) / (after + 1) - sum(found) / (after + 1)
        assert row["loss_of_average"][after] == pytest.approx(loss, abs=0.01)
        assert abs(loss) <= ship_compact.MOST_POINTS
    assert row["test_images"] == history.started.images[1] == 10_000


def test_a_whole_network_that_ships_answers():
    model = predict.fresh(SHIPPED / "cifar10-class-finetune-whole", 4)
    scores = model.scores(torch.zeros(1, 3, 32, 32, dtype=torch.uint8))
    assert scores.shape == (1, 10) and scores.isfinite().all()
    assert model.network.flat.numel() > 20e6
