"""Predictions of a run's model for an image, after every task it learned."""

import json

import numpy as np
import pytest
from PIL import Image

from lifelong import api, datasets
from lifelong.errors import LifelongError
from lifelong.inference import predict
from lifelong.runs import store as run_store
from tests.helpers import config, learn, learned_run, one_pair_each, pairs, toy_dataset

one_pair = pytest.mark.parametrize(("strategy", "scenario"), one_pair_each())


def image_of(label: int = 0) -> np.ndarray:
    """Returns the first test image of a class, uint8 (height, width)."""
    data = toy_dataset()
    return data.test_images[(data.test_labels == label).nonzero()[0, 0], 0].numpy()


@one_pair
def test_one_answer_a_task_learned_whose_probabilities_are_shares_of_one(strategy, scenario):
    folder = learned_run(config(strategy, scenario), until=2)
    answers = predict.classify(folder, image_of())
    assert [answer.after for answer in answers] == [0, 1]
    for answer in answers:
        probabilities = [p for _, p in answer.top]
        assert probabilities == sorted(probabilities, reverse=True)
        assert sum(probabilities) == pytest.approx(1, abs=1e-5) and min(probabilities) >= 0
        assert answer.probability_of[answer.classes[0]] == probabilities[0]
        assert answer.top[0][0] == " or ".join(answer.classes)


@pytest.mark.parametrize(("scenario", "after", "task", "classes"), [
    ("class", 0, None, "0123"), ("class", 2, None, "0123456789"), ("class", 2, 1, "456"),
    ("class", 0, 2, "789"), ("task", 1, None, "0123456"), ("task", 1, 0, "0123"),
    ("transfer", 1, None, "0123456"), ("domain", 0, None, "0123"),
    ("domain", 2, None, "0123456789"), ("domain", 2, 1, "456"),
])  # fmt: skip
def test_only_active_classes_are_answered(scenario, after, task, classes):
    folder = learned_run(config("finetune", scenario))
    answer = predict.classify(folder, image_of(), after, task)[-1]
    assert sorted(answer.probability_of) == list(classes)


@pytest.mark.parametrize("scenario", ["class", "task", "domain"])
def test_joint_training_answers_with_every_class_from_the_first_checkpoint_on(scenario):
    """With the quick recipe too, whose record counts only the classes of the tasks so far."""
    folder = learned_run(config("joint", scenario, recipe="quick"))
    for answer in predict.classify(folder, image_of()):
        assert sorted(answer.probability_of) == list("0123456789")


@one_pair
def test_probabilities_are_the_softmax_of_the_scores(strategy, scenario):
    folder = learned_run(config(strategy, scenario), until=2)
    for answer in predict.classify(folder, image_of()):
        groups = {p: answer.score_of[label.split(" or ")[0]] for label, p in answer.top}
        powers = np.exp(np.array(list(groups.values())) - max(groups.values()))
        assert list(groups) == pytest.approx(list(powers / powers.sum()), abs=1e-5)


@one_pair
def test_answers_about_the_test_set_are_right_as_often_as_the_record_says(strategy, scenario, toy):
    """With the task label given, so that one rule holds for all scenarios."""
    folder = learned_run(config(strategy, scenario, steps=20))
    rows = run_store.history(folder).learned
    labels = run_store.history(folder).started.labels
    for task in (0, 2):
        right = []
        for image, label in zip(toy.test_images, toy.test_labels.tolist()):
            if label in labels[task]:
                right.append(
                    predict.classify(folder, image.numpy(), task=task)[2].classes == (str(label),)
                )
        assert np.mean(right) == pytest.approx(rows[2].accuracy_given_task[task])


def test_half_precision_answers_the_same():
    exact, half = (
        predict.classify(learned_run(config(half=h, steps=20)), image_of())[-1]
        for h in (False, True)
    )
    assert exact.classes == half.classes
    assert exact.top[0][1] == pytest.approx(half.top[0][1], abs=0.01)


def test_answers_are_those_of_the_checkpoint_that_is_on_disk_now():
    folder = learned_run(config())
    before = predict.classify(folder, image_of())[0]
    for _ in range(3):
        run_store.undo(folder)
    (folder / "config.json").write_text(
        run_store.configs.read((folder / "config.json").read_bytes())
        .model_copy(update={"seed": 9})
        .model_dump_json()
    )
    learn(folder)
    assert predict.classify(folder, image_of())[0] != before


@pytest.mark.parametrize(("given", "sentence"), [
    ({"after": 2}, "after was given as 2; the run .* has answers after tasks 0 to 1"),
    ({"after": -1}, "after was given as -1"),
    ({"task": 3}, "task was given as 3; the run .* has tasks 0 to 2"),
    ({"task": -1}, "task was given as -1"),
])  # fmt: skip
def test_a_task_that_the_run_lacks_is_refused_in_one_sentence(given, sentence):
    folder = learned_run(config(), until=2)
    with pytest.raises(LifelongError, match=rf"^{sentence}[^\n]*\.$"):
        predict.classify(folder, image_of(), **given)


def test_a_run_that_has_learned_nothing_is_refused():
    with pytest.raises(LifelongError, match=r"has not learned a task yet; train it first\.$"):
        predict.classify(run_store.create(config()), image_of())


def test_the_json_answer_has_five_labels_a_task_and_forgets_the_first_class():
    """After the last of five tasks of real digits, fine-tuning takes a 0 for an 8 or a 9."""
    folder = learned_run(config(tasks=5, steps=60))
    data = datasets.load("mnist-sample")
    zero = Image.fromarray(data.test_images[(data.test_labels == 0).nonzero()[3, 0], 0].numpy())
    report = api.answers_json(folder.name, zero)
    answers = report["answers"]
    assert report["run"] == folder.name and [a["after"] for a in answers] == [0, 1, 2, 3, 4]
    assert [len(a["top"]) for a in answers] == [2, 4, 5, 5, 5]
    assert answers[0]["top"][0]["label"] == "0" and answers[4]["top"][0]["label"] in "89"
    assert all(set(t) == {"label", "probability"} for a in answers for t in a["top"])
    given_task = api.answers_json(folder.name, zero, after=4, task=0)["answers"][4]
    assert {t["label"] for t in given_task["top"]} == {"0", "1"}
    assert json.loads(json.dumps(report)) == report


def test_a_blank_picture_is_refused_in_one_sentence():
    folder = learned_run(config(dataset="mnist-sample", tasks=1))
    with pytest.raises(LifelongError, match=r"^The picture is blank: [^\n]*\.$"):
        api.answers_json(folder.name, Image.new("L", (50, 50), 255))


@pytest.mark.parametrize("scenario", ["task", "domain", "class", "transfer"])
def test_every_strategy_of_a_scenario_is_listed_with_that_scenarios_defaults(scenario):
    infos = {info.name: info for info in api.strategies(scenario)}
    assert sorted(infos) == sorted(name for name, s in pairs() if s == scenario)
    assert {s.name: s.default for s in infos["ewc"].settings}["strength"] == {
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
def test_chance_is_one_over_the_outputs_that_compete(scenario, chances):
    history = run_store.history(learned_run(config("finetune", scenario), until=1))
    assert [history.chance(task) for task in range(3)] == pytest.approx(chances)
