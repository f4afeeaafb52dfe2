"""A visitor's pinned drawing on the Train page: its probability after each task of a run."""

import json

import pytest

from app.shared.data_urls import data_url
from app.views.train import pinned
from app.views.train.pinned import Pinned
from lifelong import api, config
from lifelong.runs import store as run_store
from tests.app.helpers import chart_specs, open_page, page_text
from tests.image_helpers import png, ring

SMALL = {"dataset": "mnist-sample", "strategy": "finetune", "tasks": 3, "steps": 5}
DRAWING = Pinned(png(ring()), "0", False)


@pytest.fixture
def run(monkeypatch) -> str:
    monkeypatch.delenv("LIFELONG_DATA", raising=False)
    folder = run_store.create(config.make(**SMALL, step_checkpoints=True))
    list(run_store.learn(folder, until=2))
    return folder.name


def pinned_text(drawing: Pinned, **more) -> str:
    """Returns what the browser sends of a drawing."""
    given = {"image": data_url(drawing.png), "name": drawing.name, "photo": drawing.photo}
    return json.dumps({**given, **more})


def test_its_probability_is_that_of_the_checkpoints(run):
    rows = pinned.measured(run, DRAWING, 0)
    pixels = api.preprocess(run, api.open_drawing(DRAWING.png), required=True)
    answers = api.classify(run, pixels)
    after = [(row["at"], row["share"]) for row in rows if not row["step"]]
    assert after == [(each.after + 1, each.probability_of["0"]) for each in answers]
    within = [row["at"] for row in rows if row["step"]]
    assert within and all(1 < at < 2 for at in within)
    later = Pinned(DRAWING.png, api.history(run).started.classes[1][0], False)
    assert [row["at"] for row in pinned.measured(run, later, 1)] == [2.0]


def test_the_page_shows_it_beneath_the_curves(run):
    at = open_page("train", run=run)
    assert "your drawing" not in page_text(at)
    at.session_state["pinned_text"] = pinned_text(DRAWING)
    at.run()
    assert not at.exception
    rows = pinned.measured(run, DRAWING, 0)
    assert "measured once after each task" in page_text(at)
    assert any("class of your drawing" in each.get("description", "") for each in chart_specs(at))
    assert f"{len([row for row in rows if row['step']])} checkpoints within" in page_text(at)


@pytest.mark.parametrize("more", [{"name": "otter"}, {"photo": True}])
def test_a_run_of_other_classes_says_that_nothing_is_measured(run, more):
    at = open_page("train", run=run)
    at.session_state["pinned_text"] = pinned_text(DRAWING, **more)
    assert "nothing is measured of it here" in page_text(at.run())


@pytest.mark.parametrize(
    "text",
    ["", "null", "[]", "[" * 10_000, '{"name": "0"}', pinned_text(DRAWING, image="/etc/passwd")]
    + [pinned_text(DRAWING, name=7), pinned_text(DRAWING, image=data_url(b"x" * 400_000))],
    ids=range(8),
)
def test_what_is_no_drawing_is_none(run, text):
    assert pinned.sent_drawing(text) is None
    at = open_page("train", run=run)
    at.session_state["pinned_text"] = text
    assert "your drawing" not in page_text(at.run()) and not at.exception


def test_a_file_that_is_no_picture_is_one_sentence(run):
    at = open_page("train", run=run)
    at.session_state["pinned_text"] = pinned_text(Pinned(b"GIF89a", "0", False))
    at.run()
    assert not at.exception and any("picture" in each.value for each in at.caption)
