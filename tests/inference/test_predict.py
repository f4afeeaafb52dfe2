"""What a run's model makes of an image, after every task it learned."""

import json

import numpy as np
import pytest
from PIL import Image

from lifelong import api, datasets
from lifelong.errors import LifelongError
from lifelong.inference import predict
from lifelong.runs import store as run_store
from tests.helpers import config, learn, learned_run, pairs, toy_dataset

every_pair = pytest.mark.parametrize(("strategy", "scenario"), pairs())


def picture(label: int = 0) -> np.ndarray:
    """The first test image of a class."""
    data = toy_dataset()
    return data.test_images[(data.test_labels == label).nonzero()[0, 0], 0].numpy()


@every_pair
def test_one_answer_a_task_learned_whose_probabilities_are_shares_of_one(strategy, scenario, small):
    at = learned_run(config(strategy, scenario), until=2)
    told = predict.classify(at, picture())
    assert [a.after for a in told] == [0, 1]
    for a in told:
        chances = [p for _, p in a.top]
        assert (
            chances == sorted(chances, reverse=True)
            and sum(chances) == pytest.approx(1, abs=1e-5)
            and min(chances) >= 0
        )
        assert a.probability_of[a.classes[0]] == chances[0] and a.top[0][0] == " or ".join(
            a.classes
        )


@pytest.mark.parametrize(("scenario", "after", "task", "classes"), [
    ("class", 0, None, "0123"), ("class", 2, None, "0123456789"), ("class", 2, 1, "456"), ("class", 0, 2, "789"), ("task", 1, None, "0123456"),
    ("task", 1, 0, "0123"), ("transfer", 1, None, "0123456"), ("domain", 0, None, "0123"), ("domain", 2, None, "0123456789"), ("domain", 2, 1, "456"),
])  # fmt: skip
def test_only_classes_that_can_be_meant_are_answered(scenario, after, task, classes, small):
    at = learned_run(config("finetune", scenario))
    assert sorted(predict.classify(at, picture(), after, task)[-1].probability_of) == list(classes)


@every_pair
def test_answers_about_the_test_set_are_right_as_often_as_the_record_says(
    strategy, scenario, small
):
    """With the task label given, so that one rule holds for all scenarios."""
    at = learned_run(config(strategy, scenario, steps=20))
    rows = run_store.history(at).learned
    labels = run_store.history(at).started.labels
    for task in (0, 2):
        right = []
        for image, label in zip(small.test_images, small.test_labels.tolist()):
            if label in labels[task]:
                right.append(
                    predict.classify(at, image.numpy(), task=task)[2].classes == (str(label),)
                )
        assert np.mean(right) == pytest.approx(rows[2].accuracy_given_task[task])


def test_half_precision_answers_the_same(small):
    exact, half = (
        predict.classify(learned_run(config(half=h, steps=20)), picture())[-1]
        for h in (False, True)
    )
    assert exact.classes == half.classes and exact.top[0][1] == pytest.approx(
        half.top[0][1], abs=0.01
    )


def test_answers_are_those_of_the_checkpoint_that_is_on_disk_now(small):
    at = learned_run(config())
    before = predict.classify(at, picture())[0]
    run_store.undo(at), run_store.undo(at), run_store.undo(at)
    (at / "config.json").write_text(
        run_store.configs.read((at / "config.json").read_bytes())
        .model_copy(update={"seed": 9})
        .model_dump_json()
    )
    learn(at)
    assert predict.classify(at, picture())[0] != before


@pytest.mark.parametrize(("asked", "says"), [
    ({"after": 2}, "after was given as 2; the run .* has answers after tasks 0 to 1"), ({"after": -1}, "after was given as -1"),
    ({"task": 3}, "task was given as 3; the run .* has tasks 0 to 2"), ({"task": -1}, "task was given as -1"),
])  # fmt: skip
def test_a_task_that_is_none_is_told_in_one_sentence(asked, says, small):
    at = learned_run(config(), until=2)
    with pytest.raises(LifelongError, match=rf"^{says}[^\n]*\.$"):
        predict.classify(at, picture(), **asked)


def test_a_run_that_has_learned_nothing_says_so(small):
    with pytest.raises(LifelongError, match=r"has not learned a task yet; train it first\.$"):
        predict.classify(run_store.create(config()), picture())


def test_the_json_answer_has_five_labels_a_checkpoint_and_forgets_what_was_drawn():
    """On real digits: after the last of five tasks, fine-tuning calls a 0 by a name it learned last."""
    at = learned_run(config(tasks=5, steps=60))
    data = datasets.load("mnist-sample")
    zero = Image.fromarray(data.test_images[(data.test_labels == 0).nonzero()[3, 0], 0].numpy())
    told = api.answers_json(at.name, zero)
    assert told["run"] == at.name and [a["after"] for a in told["answers"]] == [0, 1, 2, 3, 4]
    assert [len(a["top"]) for a in told["answers"]] == [2, 4, 5, 5, 5]
    assert (
        told["answers"][0]["top"][0]["label"] == "0"
        and told["answers"][4]["top"][0]["label"] in "89"
    )
    assert all(set(t) == {"label", "probability"} for a in told["answers"] for t in a["top"])
    assert {
        t["label"] for t in api.answers_json(at.name, zero, after=4, task=0)["answers"][4]["top"]
    } == {"0", "1"}
    json.dumps(told)


def test_a_blank_picture_is_told_in_one_sentence(small):
    at = learned_run(config(tasks=1))
    with pytest.raises(LifelongError, match=r"^The picture is blank: [^\n]*\.$"):
        api.answers_json(at.name, Image.new("L", (50, 50), 255))


@pytest.mark.parametrize("scenario", ["task", "domain", "class", "transfer"])
def test_every_strategy_of_a_scenario_has_a_card_with_that_scenarios_defaults(scenario):
    cards = {card.name: card for card in api.strategies(scenario)}
    assert sorted(cards) == sorted(name for name, s in pairs() if s == scenario)
    assert {s.name: s.default for s in cards["ewc"].settings}["strength"] == {
        "task": 1e5,
        "domain": 1e10,
        "class": 1e9,
        "transfer": 1e5,
    }[scenario]


@pytest.mark.parametrize(
    ("scenario", "chances"),
    [
        ("class", [0.1] * 3),
        ("domain", [0.25] * 3),
        ("task", [1 / 4, 1 / 3, 1 / 3]),
        ("transfer", [1 / 4, 1 / 3, 1 / 3]),
    ],
)
def test_chance_is_one_over_the_outputs_that_compete(scenario, chances, small):
    story = run_store.history(learned_run(config("finetune", scenario), until=1))
    assert [story.chance(task) for task in range(3)] == pytest.approx(chances)
