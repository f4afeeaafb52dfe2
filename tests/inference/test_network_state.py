"""The state of a network from task to task: laws of its measures."""

import numpy as np
import pytest
import torch

from lifelong import api
from lifelong.inference import network_state, predict, task_images
from lifelong.runs import checkpoints
from lifelong.runs import store as run_store
from lifelong.runs.folders import SHIPPED
from lifelong.storage import tensor_files
from lifelong.strategies.base import scores
from tests.helpers import config, learned_run


@pytest.fixture(autouse=True)
def _new_images():
    task_images._dataset.cache_clear()
    yield
    task_images._dataset.cache_clear()


def test_a_layer_moved_as_far_as_its_weights_differ():
    folder = learned_run(config())
    found = {(c.task, c.layer): c.change for c in network_state.layer_changes(folder)}
    before, now = (predict.load(folder, after).network.layers[-1].weight for after in (0, 1))
    expected = float((now - before).norm() / before.norm())
    assert found[1, "output layer"] == pytest.approx(expected) and expected > 0
    assert {task for task, _ in found} == {1, 2}
    layers = {layer for _, layer in found}
    assert layers == {"hidden layer 1", "output layer"} or len(layers) == 3


def test_fixed_features_do_not_move():
    folder = learned_run(config("analytic"))
    assert {c.change for c in network_state.layer_changes(folder)} == {0.0}
    found = network_state.feature_map(folder, 5)
    assert (found.points[0] == found.points[2]).all()


def test_features_keep_what_two_axes_can_keep():
    folder = learned_run(config())
    found = network_state.feature_map(folder, 5)
    history = run_store.history(folder)
    tests = [task_images.test_images(history, task, 5).images for task in range(3)]
    features = torch.cat(
        [predict.load(folder, after).network.embed(torch.cat(tests)) for after in range(3)]
    ).detach()
    spread = torch.linalg.svdvals((features - features.mean(0)).double()).square()
    assert found.variance == pytest.approx(float(spread[:2].sum() / spread.sum()), rel=1e-4)
    total = (found.points.reshape(-1, 2) ** 2).sum(0)
    assert total == pytest.approx(spread[:2].numpy(), rel=1e-3)
    assert found.points.shape == (3, len(found.names), 2) and len(found.tasks) == len(found.names)
    for name, task in zip(found.names, found.tasks):
        assert name in history.started.classes[task]


@pytest.mark.parametrize("strategy", ["ewc", "ewc-online", "si", "mas"])
def test_important_pixels_have_important_weights(strategy):
    folder = learned_run(config(strategy))
    important = network_state.important_pixels(folder, 1)
    state = tensor_files.read(checkpoints.resume_file(folder, 1))[0]
    flat = next(v for k, v in state.items() if k in network_state.IMPORTANCE)
    weight = predict.load(folder, 1).network.layers[0].weight
    assert important.shape == (6, 6) and important.max() > 0
    assert important.sum() == pytest.approx(float(flat[: weight.numel()].sum()), rel=1e-4)


@pytest.mark.parametrize("strategy", ["finetune", "replay", "analytic"])
def test_a_strategy_that_ties_no_weights_holds_no_pixels(strategy):
    assert network_state.important_pixels(learned_run(config(strategy)), 1) is None


@pytest.mark.parametrize("scenario", ["class", "task"])
def test_the_album_holds_the_images_of_the_buffer_by_class(scenario):
    folder = learned_run(config("replay", scenario, settings={"per_class": 2}))
    history = run_store.history(folder)
    for after in range(3):
        found = network_state.stored_images(folder, after)
        names = [name for classes in history.started.classes[: after + 1] for name in classes]
        assert list(found) == names and {len(images) for images in found.values()} == {2}
        dataset = task_images._images(history.config)
        for name, images in found.items():
            own = dataset.train_images[dataset.train_labels == int(name)].numpy()
            assert all(any(np.array_equal(image, each) for each in own) for image in images)


def test_a_run_that_ships_without_its_state_shows_what_its_summary_has():
    folder = learned_run(config("replay", settings={"per_class": 2}))
    albums = [network_state.stored_images(folder, after) for after in range(3)]
    state = tensor_files.read(checkpoints.resume_file(folder, 2))[0]
    summary = {name: state[name] for name in (network_state.IMAGES, network_state.LABELS)}
    tensor_files.write(checkpoints.summary_file(folder), summary)
    for after in range(3):
        checkpoints.resume_file(folder, after).unlink()
        shown = network_state.stored_images(folder, after)
        assert shown.keys() == albums[after].keys(), "no class of a task that is yet to come"
        assert all((shown[name] == images).all() for name, images in albums[after].items())


def test_without_state_and_summary_neither_is_shown():
    assert api.insight.stored_images("mnist-class-finetune", 4) is None
    assert api.insight.important_pixels("mnist-class-finetune", 4) is None


def test_the_album_of_the_shipped_run_has_the_images_that_it_was_trained_on():
    album = api.insight.stored_images("mnist-class-replay", 4)
    assert [len(images) for images in album.values()] == [100] * 10
    assert list(api.insight.stored_images("mnist-class-replay", 1)) == ["0", "1", "2", "3"]
    model = predict.load(SHIPPED / "mnist-class-replay", 4)
    found = {
        name: scores(model, torch.from_numpy(images)).argmax(1) for name, images in album.items()
    }
    # Of the other training images of the tasks before the last, it predicts 79 to 91 % correctly.
    assert all((answers == int(name)).all() for name, answers in found.items())


@pytest.mark.parametrize("run", ["mnist-class-ewc", "mnist-task-ewc"])
def test_pixels_of_a_shipped_run_are_more_important_after_every_task(run):
    importance = [api.insight.important_pixels(run, after) for after in range(5)]
    for earlier, later in zip(importance, importance[1:]):
        assert (later >= earlier).all() and later.sum() > earlier.sum()
    assert importance[0].shape == (28, 28) and importance[0].sum() > 0
    assert importance[4][14, 14] > 100 * importance[4][:2, :2].max(), "digits are in the middle"
