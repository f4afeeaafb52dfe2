"""The Draw page and the pinned drawing with runs whose lessons transform their images."""

import io

import numpy as np
import pytest
from PIL import Image

from app.shared.data_urls import from_data_url
from app.views.draw import answers, facts, run_inputs
from app.views.draw.answers import Question
from app.views.draw.facts import Choice
from app.views.draw.inputs import Drawing
from app.views.draw.words import prompts
from app.views.train import pinned
from lifelong import api
from lifelong import config as configs
from lifelong.runs import store as run_store
from tests.image_helpers import png, ring

ZERO = png(ring())


@pytest.fixture(autouse=True)
def _sample(monkeypatch):
    """Uses the embedded sample as data."""
    monkeypatch.delenv("LIFELONG_DATA", raising=False)


def learned(scenario: str, dataset: str = "permuted-mnist", seed: int = 1) -> str:
    folder = run_store.create(
        configs.make(dataset=dataset, scenario=scenario, tasks=2, steps=30, seed=seed)
    )
    list(run_store.learn(folder))
    return folder.name


def shown(network_input: dict) -> np.ndarray:
    """Returns the picture of what the network sees."""
    content = from_data_url(network_input["image"], 100_000)
    return np.asarray(Image.open(io.BytesIO(content)))


@pytest.mark.parametrize(("name", "lesson"), [("0", 0), ("0 in task 2", 1)])
def test_a_drawing_is_shown_as_the_lesson_of_its_class_sees_it(name, lesson):
    run = learned("class")
    question = Question(Drawing(ZERO), run, Choice(name, "hand", run))
    cards, sentence, network_input = answers.answer(question)
    prepared = api.preprocess(run, api.open_drawing(ZERO), required=True)
    seen = api.as_task_sees(run, prepared, lesson)
    assert np.array_equal(shown(network_input), seen) and not np.array_equal(seen, prepared)
    words = f"Shown as lesson {lesson + 1} sees it: the pixels permuted."
    assert network_input["description"].endswith(words)
    direct = api.classify(run, seen)
    assert [card["prediction"] for card in cards] == [each.top[0][0] for each in direct]
    assert sentence["task"] == lesson


def test_another_run_sees_the_drawing_by_its_own_transformation():
    one, other = learned("class", seed=1), learned("class", seed=2)
    question = Question(Drawing(ZERO), one, Choice("0", "hand", one), others=(other,))
    page = answers.answer_page([question])[0]
    alone = answers.answer(Question(Drawing(ZERO), other, Choice("0", "hand", other)))
    [strip] = [each for each in page["others"] if each["run"] == other]
    assert strip["cards"] == alone[0]


def test_shared_outputs_name_each_class_once_and_it_is_one_of_the_first_lesson():
    run = learned("domain", "rotated-mnist", seed=0)
    about = facts.of_run(run)
    assert about.names == tuple("0123456789") and about.lesson_of("7") == 0 and about.transforms
    assert len(run_inputs.chips(run)["names"]) == 10
    words = prompts.subtitle(about)
    assert words.startswith("Each lesson has the same 10 digits, transformed in its own manner;")
    given = run_inputs.network_input(run)["description"]
    assert given.endswith("Shown as lesson 1 sees it: rotated by 0°.")
    assert "sees it" not in run_inputs.network_input("mnist-class-finetune")["description"]


def test_a_pinned_drawing_is_one_of_its_task():
    run = learned("class")
    drawing = pinned.Pinned(ZERO, "0 in task 2", photo=False)
    assert pinned.task_of(run, api.history(run), drawing) == 1
    prepared = api.preprocess(run, api.open_drawing(ZERO), required=True)
    last = api.classify(run, api.as_task_sees(run, prepared, 1))[-1]
    [row] = pinned.measured(run, drawing, 1)
    assert row["share"] == last.probability_of["0 in task 2"]
