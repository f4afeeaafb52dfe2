"""Laws of the routes under /lessons: from the first request to undo, and hostile requests."""

import io
import json
import random
import zipfile

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.shared.data_urls import data_url
from app.views.draw import facts
from app.views.draw.choices import readable_runs
from app.views.draw.lesson_routes import routes
from app.views.draw.words import taught
from benchmarks import strokes
from lifelong import api
from lifelong.runs import store as run_store
from tests.image_helpers import is_one_sentence

RUN = "mnist-class-finetune"


class Teacher(api.WorkerClient):
    """A worker that teaches in this process, before it returns."""

    def learn(self, folder, until=None):
        list(run_store.learn(folder))


@pytest.fixture
def client():
    with api.lessons.connected(Teacher()):
        yield TestClient(Starlette(routes=[routes()]))


def hearts(count=5):
    dice = random.Random(0)
    pictures = [
        strokes.drawn(strokes.by_hand(strokes.SHAPES["heart"], dice), 22) for _ in range(count)
    ]
    return [data_url(api.png(strokes.pixels(picture))) for picture in pictures]


def post(client, **given):
    lesson = {"run": RUN, "name": "heart", "strategy": "replay", "images": hearts()}
    return client.post("/lessons/", content=json.dumps(lesson | given))


def test_a_lesson_from_its_begin_to_its_undo(client):
    copy = post(client).json()["run"]
    progress = client.get(f"/lessons/{copy}").json()
    assert progress["done"] == 1 and progress["run"] == copy and "heart" in progress["name"]
    assert "Old classes rose: 20" in progress["result"]
    about = facts.of_run(copy)
    assert about.learned == 6 and about.taught == ("replay",) and "heart" in about.names
    assert copy not in [choice.run for choice in readable_runs()]
    assert readable_runs(copy)[0].run == copy and readable_runs(copy)[0].taught
    kept = client.post(f"/lessons/{copy}/keep", content="Mine").json()
    assert kept["run"] == copy and kept["name"].startswith("Mine · ")
    refused = client.post(f"/lessons/{copy}/keep", content=b"<\xff>")
    assert refused.status_code == 400 and is_one_sentence(refused.json()["error"])
    files = zipfile.ZipFile(io.BytesIO(client.get(f"/lessons/{copy}/download").content)).namelist()
    assert f"{copy}/config.json" in files and f"{copy}/task-5.safetensors" in files
    assert not any("/." in file for file in files)
    assert client.post(f"/lessons/{copy}/undo").json()["run"] == RUN
    assert not api.has_run(copy) and client.get(f"/lessons/{copy}").status_code == 400


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"name": "<img src=x>"}, "letters, digits, spaces"),
        ({"name": 7}, "A lesson is a JSON object"),
        ({"name": "7"}, "knows a class named 7 already"),
        ({"run": "no-such-run"}, "There is no run"),
        ({"run": None}, "A lesson is a JSON object"),
        ({"strategy": "si"}, "strategy to teach with"),
        ({"images": []}, "0 pictures"),
        ({"images": "heart"}, "are a list"),
        ({"images": [7]}, "could not be read"),
        ({"images": ["http://127.0.0.1/x.png"]}, "could not be read"),
        ({"images": ["data:image/png;base64,AAEC"]}, "Picture 1 of 1"),
        ({"images": [""] * (api.MOST_PICTURES + 1)}, "at most 50"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(client, given, says):
    response = post(client, **given)
    assert response.status_code == 400 and says in response.json()["error"]
    assert is_one_sentence(response.json()["error"])


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000, b"7", b"null", b"\xff"])
def test_what_is_no_lesson_is_refused(client, content):
    response = client.post("/lessons/", content=content)
    assert response.status_code == 400 and is_one_sentence(response.json()["error"])


def test_a_request_that_is_too_large_is_refused(client):
    response = client.post("/lessons/", content=b"x" * 10_000_001)
    assert response.status_code == 400 and "too large" in response.json()["error"]


@pytest.mark.parametrize("run", [RUN, "no-such-run", "..%2f..%2fetc"])
def test_a_run_that_is_no_visitors_copy_is_not_removed_nor_downloaded(client, run):
    for response in (
        client.get(f"/lessons/{run}"),
        client.post(f"/lessons/{run}/undo"),
        client.get(f"/lessons/{run}/download"),
    ):
        assert response.status_code in (400, 404)
    assert api.has_run(RUN)


@pytest.mark.parametrize(
    ("after", "word"), [(0.98, "held"), (0.975, "held"), (0.6, "fell"), (1.0, "rose")]
)
def test_the_sentence_says_what_the_numbers_do(after, word):
    accuracy = {"new": 0.3, "earlier_before": 0.98, "earlier_after": after}
    report = {"name": "heart", "test_pictures": 1, "accuracy": accuracy, "warning": None}
    text = taught.result(report)
    assert f"Old classes {word}:" in text and "hardly learned heart" in text
    few = taught.result(report | {"accuracy": accuracy | {"new": None}, "warning": "Too few."})
    assert few.startswith("Too few. Old classes")


def test_every_strategy_of_the_library_can_be_chosen():
    from lifelong.teaching import checks

    assert list(taught.STRATEGIES) == list(checks.STRATEGIES)
    per_class = checks.taught_class("x", "replay", 5, "class").settings["per_class"]
    assert f" {per_class} images" in taught.STRATEGIES["replay"][1]
    for name in ("analytic", "ewc"):
        assert f" {checks.EARLIER_IMAGES} images" in taught.STRATEGIES[name][1]
