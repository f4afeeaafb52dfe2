"""Test images that were right once and are wrong: they agree with the record of the run."""

from dataclasses import replace

import pytest

from lifelong import api
from lifelong.errors import LifelongError
from lifelong.inference import evidence as module
from lifelong.inference import task_images
from lifelong.runs import store as run_store
from tests.helpers import config, learned_run

SCENARIOS = ["class", "task", "domain"]


@pytest.fixture(autouse=True)
def _new_images():
    task_images._dataset.cache_clear()
    yield
    task_images._dataset.cache_clear()


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("strategy", ["finetune", "replay"])
def test_as_many_are_right_as_the_record_says(strategy, scenario):
    folder = learned_run(config(strategy, scenario, seed=3))
    history = run_store.history(folder)
    for after in range(3):
        for task in range(after + 1):
            found = module.evidence(folder, task, after, 5)
            assert found.right_before / found.tested == history.learned[task].accuracy[task]
            assert found.right_now / found.tested == history.learned[after].accuracy[task]
            assert found.lost >= found.right_before - found.right_now
            assert found.lost <= min(found.right_before, found.tested - found.right_now)
            assert len(found.images) == min(5, found.lost)


def test_each_image_was_right_and_is_wrong():
    folder = learned_run(config())
    found = module.evidence(folder, 0, 2, 24)
    assert found.images
    names = run_store.history(folder).started.classes[0]
    for each in found.images:
        assert each.name in names and each.before == each.name != each.now
        answers = api.classify(folder.name, each.pixels)
        assert (answers[0].top[0][0], answers[2].top[0][0]) == (each.before, each.now)


def test_all_images_that_were_right_and_are_wrong_are_lost_and_no_others():
    folder = learned_run(config("replay", settings={"per_class": 1}, steps=20))
    history = run_store.history(folder)
    found = module.evidence(folder, 0, 2, 100)
    lost = []
    test = task_images.test_images(history, 0, 100)
    for pixels, label in zip(test.images.numpy(), test.labels):
        name = history.started.classes[0][int(label)]
        answers = [answer.top[0][0] for answer in api.classify(folder.name, pixels)]
        if answers[0] == name != answers[2]:
            lost.append((pixels.tobytes(), name, name, answers[2]))
    assert 0 < len(lost) < found.right_before, "some, not all"
    shown = [(each.pixels.tobytes(), each.name, each.before, each.now) for each in found.images]
    assert shown == lost and found.lost == len(lost)


@pytest.mark.parametrize(("task", "after"), [(-1, 1), (2, 1), (0, 3)])
def test_a_cell_that_the_matrix_lacks_is_refused(task, after):
    folder = learned_run(config())
    with pytest.raises(LifelongError, match="has learned 3 tasks"):
        api.insight.evidence(folder.name, task, after)


def test_images_that_are_not_here_are_said_to_be_missing(monkeypatch):
    folder = learned_run(config())
    gone = replace(task_images.datasets.outline("toy"), sources=())
    monkeypatch.setattr(task_images.datasets, "outline", lambda name: gone)
    with pytest.raises(LifelongError, match="The images of toy are not on this machine"):
        api.insight.evidence(folder.name, 0, 1)
