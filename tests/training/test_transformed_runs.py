"""Laws of runs on transformed tasks: config, record, resuming, predictions, commands."""

import numpy as np
import pytest
import torch
from PIL import Image

import lifelong
from lifelong import config as configs
from lifelong import datasets, registry
from lifelong.errors import LifelongError
from lifelong.inference import predict, preprocess, task_images, verification
from lifelong.inference.evaluation import reevaluate
from lifelong.runs import command
from lifelong.runs import store as run_store
from lifelong.storage.progress import result_of
from lifelong.teaching.checks import check_run
from lifelong.training import setup
from tests.helpers import pairs
from tests.image_helpers import is_one_sentence

SEQUENCES = [name for name, spec in registry.datasets().items() if spec.transformation]
SMALL = {"dataset": "permuted-mnist", "tasks": 2, "steps": 3, "strategy": "replay"}


@pytest.fixture(autouse=True)
def _sample(monkeypatch):
    """Uses the embedded sample as data."""
    monkeypatch.delenv("LIFELONG_DATA", raising=False)


def learned(until: int | None = None, **given):
    """Returns the folder of a run that has learned."""
    folder = run_store.create(configs.make(**{**SMALL, **given}))
    list(run_store.learn(folder, until=until))
    return folder


@pytest.mark.parametrize("name", SEQUENCES)
def test_the_sample_is_transformed_where_there_is_no_mnist(name):
    dataset = datasets.load(name)
    assert dataset.name == "mnist-sample" and dataset.transformation is not None
    assert dataset.source.startswith("embedded sample of MNIST, 4,000 training")
    assert dataset.source.endswith(dataset.transformation.about)


@pytest.mark.parametrize(
    ("name", "scenario"),
    [(name, each) for name in SEQUENCES for each in registry.dataset(name).usable_scenarios],
)
def test_a_run_is_learned_resumed_and_verified(name, scenario):
    whole = learned(dataset=name, scenario=scenario, seed=1)
    begun = learned(1, dataset=name, scenario=scenario, seed=1)
    list(run_store.learn(begun))
    histories = [run_store.history(folder) for folder in (whole, begun)]
    assert histories[0].accuracy == histories[1].accuracy
    started = histories[0].started
    assert started.labels == (tuple(range(10)), tuple(range(10, 20)))
    other = (
        tuple("0123456789")
        if scenario == "domain"
        else tuple(f"{n} in task 2" for n in "0123456789")
    )
    assert started.classes == (tuple("0123456789"), other)
    assert verification.verify(whole, 1).agrees and verification.verify(whole, 1).same_images
    assert result_of(reevaluate(whole)) == []


def test_test_images_are_those_that_the_task_sees():
    folder = learned(scenario="class", seed=3)
    history = run_store.history(folder)
    plain = datasets.load("mnist-sample").test_images
    for task in range(2):
        shown = task_images.test_images(history, task, 5).images
        expected = preprocess.as_task_sees(history.config, plain[0, 0].numpy(), task)
        assert np.array_equal(shown[0, 0].numpy(), expected)
        assert not np.array_equal(expected, plain[0, 0].numpy())


def test_a_picture_is_one_of_the_given_task_or_else_of_the_first():
    folder = learned(scenario="task", seed=0)
    history = run_store.history(folder)
    pixels = datasets.load("mnist-sample").test_images[7, 0].numpy()
    image = Image.fromarray(pixels)
    drawn = preprocess.preprocess(image, "permuted-mnist", (1, 28, 28), required=True)
    assert np.array_equal(preprocess.as_task_sees(history.config, drawn), drawn)
    for task, given in ((0, None), (0, 0), (1, 1)):
        seen = preprocess.as_task_sees(history.config, drawn, task)
        direct = predict.classify(folder, seen, task=given)
        shown = predict.top5_json(folder, image, task=given)["answers"]
        tops = [[top["label"] for top in answer["top"]] for answer in shown]
        assert tops == [[label for label, _ in each.top[:5]] for each in direct]
    with pytest.raises(LifelongError, match="task was given as 2"):
        predict.top5_json(folder, image, task=2)


def test_an_answer_of_shared_outputs_names_each_class_once():
    folder = learned(scenario="domain")
    answers = predict.classify(folder, np.zeros((28, 28), np.uint8))
    assert {label for label, _ in answers[-1].top} == set("0123456789")


def test_the_order_is_written_out_and_resolved_again_to_the_same():
    config = configs.make(**SMALL, seed=4)
    resolved = setup.resolve(config)
    assert resolved.class_order == tuple(range(20)) and resolved.task_sizes == (10, 10)
    assert setup.resolve(resolved) == resolved
    line = command.of_run(resolved)
    assert "--tasks 2" in line and "order" not in line and "sizes" not in line


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"dataset": "rotated-mnist", "scenario": "class"}, "it is defined for: domain."),
        ({"scenario": "transfer"}, "it is defined for: task, domain, class."),
        ({"task_sizes": (5, 15)}, "task_sizes was given for permuted-mnist"),
        ({"class_order": (1, 0)}, "class_order was given for permuted-mnist"),
        ({"model": "resnet18", "network": {"weights": "none"}}, "with a frozen backbone"),
        (
            {"dataset": "mnist", "target": "permuted-mnist", "scenario": "transfer"},
            "target was given as permuted-mnist",
        ),
    ],
    ids=["scenario", "transfer", "sizes", "order", "backbone", "target"],
)
def test_what_is_not_defined_is_one_sentence(given, says):
    with pytest.raises(LifelongError) as error:
        setup.resolve(configs.make(**{**SMALL, **given}))
    assert says in str(error.value) and is_one_sentence(str(error.value))


def test_a_reference_has_the_same_transformations():
    run, same, other = (
        run_store.history(learned(scenario="domain", seed=seed, strategy=strategy, steps=1))
        for seed, strategy in ((1, "finetune"), (1, "cumulative"), (2, "cumulative"))
    )
    assert same.is_reference_of(run) and not other.is_reference_of(run)
    assert run_store.reference_run("mnist-class-finetune") == "mnist-class-cumulative"


def test_no_class_is_taught_to_a_run_whose_tasks_are_transformed():
    folder = learned(scenario="class", steps=1)
    with pytest.raises(LifelongError, match="transforms the images of each task"):
        check_run(folder.name, run_store.history(folder), "replay")


@pytest.mark.parametrize(("strategy", "scenario"), [p for p in pairs() if p[1] == "domain"])
def test_every_strategy_learns_rotated_tasks(strategy, scenario):
    config = configs.make(
        **{**SMALL, "dataset": "rotated-mnist", "steps": 2, "strategy": strategy}, scenario=scenario
    )
    folder = run_store.create(config)
    events = list(run_store.learn(folder))
    assert events[-1].event == "finished", events[-1]
    assert torch.tensor(run_store.history(folder).learned[-1].accuracy).isfinite().all()


def test_the_python_package_learns_transformed_tasks():
    sequence = lifelong.load_dataset("permuted-mnist").split("class", 2)
    run = lifelong.Run("finetune", steps=2).fit(sequence)
    assert run.classes_[9:11].tolist() == ["9", "0 in task 2"] and run.accuracy_.shape == (2, 2)
