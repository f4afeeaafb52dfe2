"""Laws of transformed tasks: what each sees, what they share, and that nothing is copied."""

import numpy as np
import pytest
import torch
from PIL import Image

from lifelong.config import RunConfig
from lifelong.data.examples import Dataset, Examples, concat
from lifelong.data.scenarios import split
from lifelong.data.transformed import TransformedExamples, in_tasks, move_pixels
from lifelong.datasets.permuted_mnist import Permutation
from lifelong.datasets.rotated_mnist import Rotation
from lifelong.errors import LifelongError

RULES = [Permutation(), Rotation()]
every_rule = pytest.mark.parametrize("rule", RULES, ids=["permuted", "rotated"])
SCENARIOS = ["task", "domain", "class"]
TASKS = 3


def tiny(rule, count: int = 12) -> Dataset:
    """Returns random images of four classes, 6 x 6, in colour."""
    pixels = torch.randint(1, 256, (2, count, 3, 6, 6), dtype=torch.uint8)
    labels = torch.arange(count) % 4
    return Dataset(
        *("tiny", "Tiny", "tiny", tuple("abcd"), pixels[0], labels, pixels[1], labels),
        transformation=rule,
    )


def config(scenario: str = "class", tasks: int = TASKS, seed: int = 5) -> RunConfig:
    return RunConfig(dataset="permuted-mnist", scenario=scenario, tasks=tasks, seed=seed)


def mapped(rule, task: int, tasks: int = TASKS, seed: int = 5) -> torch.Tensor:
    return rule.pixel_map(6, 6, task, tasks, seed)


@every_rule
def test_the_first_task_of_seed_0_has_the_images_as_they_are_and_no_other_has(rule):
    plain = torch.arange(36)
    assert torch.equal(mapped(rule, 0, seed=0), plain)
    others = [mapped(rule, task, 4, seed) for task, seed in ((1, 0), (1, 1), (2, 2), (3, 3))]
    assert not any(torch.equal(each, plain) for each in others)
    assert len({tuple(each.tolist()) for each in others}) == 4
    assert torch.equal(mapped(rule, 2), mapped(rule, 2)), "drawn from the seed alone"


def test_a_permutation_has_every_pixel_once_whatever_the_number_of_tasks():
    rule = Permutation()
    assert mapped(rule, 2).sort().values.tolist() == list(range(36))
    assert torch.equal(mapped(rule, 2, tasks=3), mapped(rule, 2, tasks=100))


def test_the_angles_are_one_from_each_part_of_half_a_turn():
    rule = Rotation()
    assert [rule.angle(task, 4, 0) for task in range(4)] == [0, 45, 90, 135]
    for seed in range(1, 20):
        drawn = [rule.angle(task, 4, seed) for task in range(4)]
        assert all(45 * task <= angle < 45 * task + 45 for task, angle in enumerate(drawn))


@pytest.mark.parametrize("task", range(4))
def test_a_rotation_is_that_of_pillow(task):
    image = torch.randint(0, 256, (28, 28), dtype=torch.uint8)
    rule = Rotation()
    found = move_pixels(image[None, None], rule.pixel_map(28, 28, task, 4, 1)[None])[0, 0]
    meant = Image.fromarray(image.numpy()).rotate(rule.angle(task, 4, 1))
    # Positions halfway between two pixels are rounded to either of them.
    assert (found.numpy() == np.asarray(meant)).mean() > 0.99


def test_what_is_moved_in_from_outside_is_black_in_every_channel():
    image = torch.full((1, 3, 2, 2), 7, dtype=torch.uint8)
    moved = move_pixels(image, torch.tensor([[-1, 0, 3, -1]]))
    assert moved.tolist() == [[[[0, 7], [7, 0]]] * 3]


@every_rule
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_task_has_all_images_as_it_sees_them(rule, scenario):
    dataset = tiny(rule)
    tasks = split(config(scenario), dataset)
    assert len(tasks) == TASKS
    for task in tasks:
        for part, images in ((task.train, dataset.train_images), (task.test, dataset.test_images)):
            expected = move_pixels(images, mapped(rule, task.index)[None])
            assert torch.equal(part.images, expected)
            own = part.labels - (0 if scenario == "domain" else 4 * task.index)
            assert torch.equal(own, dataset.train_labels) and len(part) == 12
            assert (part.tasks == task.index).all()
        assert torch.equal(task.probe.images, task.test.images[[*range(12)]])


@every_rule
def test_labels_are_numbered_task_by_task_and_names_tell_outputs_apart(rule):
    dataset = tiny(rule)
    for scenario, names in (("class", tuple("abcd")), ("domain", tuple("abcd"))):
        within = in_tasks(dataset, config(scenario))
        assert within.classes[:4] == names and len(within.classes) == 12
    assert in_tasks(dataset, config()).classes[4:6] == ("a in task 2", "b in task 2")
    assert in_tasks(dataset, config("domain")).classes == 3 * tuple("abcd")
    plan = split(config(), dataset)[0].plan
    assert plan.classes == (tuple(range(4)), tuple(range(4, 8)), tuple(range(8, 12)))
    again = in_tasks(in_tasks(dataset, config()), config(seed=6, tasks=2))
    assert torch.equal(again.pixel_maps, in_tasks(dataset, config(seed=6, tasks=2)).pixel_maps)
    assert len(again.classes) == 8 and again.label_names == tuple("abcd")


def test_examples_taken_and_joined_are_those_of_plain_ones():
    tasks = split(config(), tiny(Permutation()))
    lazy = concat(*(task.train for task in tasks))
    plain = concat(*(Examples(**task.train.tensors()) for task in tasks))
    assert isinstance(lazy, TransformedExamples) and len(lazy) == len(plain) == 36
    assert lazy.nbytes == plain.nbytes
    for a, b in zip(lazy.tensors().values(), plain.tensors().values()):
        assert torch.equal(a, b)
    chosen = torch.tensor([35, 0, 13, 0])
    for a, b in zip(lazy.take(chosen).tensors().values(), plain.take(chosen).tensors().values()):
        assert torch.equal(a, b)
    mixed, meant = concat(lazy, plain), concat(plain, plain)
    assert torch.equal(mixed.images, meant.images) and len(mixed) == 72
    assert torch.equal(lazy.to(torch.device("cpu")).images, plain.images)


def test_a_hundred_tasks_share_the_images_of_one():
    dataset = tiny(Permutation())
    tasks = split(config(tasks=100), dataset)
    parts = [task.train for task in tasks] + [concat(*tasks[0].all_train)]
    assert {part.shared.images.data_ptr() for part in parts} == {dataset.train_images.data_ptr()}


def test_a_data_set_without_transformation_is_returned_as_it_is():
    dataset = tiny(None)
    assert in_tasks(dataset, config()) is dataset
    assert dataset.label_names == dataset.classes


@pytest.mark.parametrize("given", [{"task_sizes": (2, 6, 4)}, {"class_order": (3, *range(3))}])
def test_another_order_or_other_sizes_are_refused(given):
    with pytest.raises(LifelongError, match="every task has all 4 classes; leave it out"):
        split(config().with_changes(**given), tiny(Permutation()))
