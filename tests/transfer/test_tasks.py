"""Laws of the source and target of a transfer study: images and classes."""

import pytest
import torch

from lifelong import registry
from lifelong.data.examples import Dataset, Examples, concat_datasets, resize, subsample
from lifelong.data.scenarios import make_plan
from lifelong.errors import LifelongError
from lifelong.training.experiment import Experiment
from lifelong.training.setup import resolve
from lifelong.transfer import config as study_config
from lifelong.transfer import study
from lifelong.transfer.presets import PRESETS
from tests.helpers import config, run_all, same, toy_dataset

NATURAL = tuple(range(10))


@pytest.mark.parametrize("seed", range(3))
def test_few_images_are_nested_and_as_many_of_each_class(seed):
    part = Experiment(config(scenario="transfer", tasks=2, seed=seed)).tasks[1].train
    chosen = [
        {image.numpy().tobytes() for image in subsample(part, n, seed).images}
        for n in (1, 5, 20, 24, 100)
    ]
    assert [len(c) for c in chosen] == [5, 25, 100, 120, 120]
    assert all(fewer <= more for fewer, more in zip(chosen, chosen[1:]))
    assert same(subsample(part, 100, seed).tensors(), part.tensors()), (
        "asked for more than there are, all of them in their order"
    )
    assert same(subsample(part, 5, seed).tensors(), subsample(part, 5, seed).tensors())
    assert not torch.equal(subsample(part, 5, seed).images, subsample(part, 5, seed + 1).images)
    assert subsample(part, 5, seed).labels.bincount()[5:].tolist() == [5] * 5


@pytest.mark.parametrize("tasks", [2, 3])
def test_images_per_class_limits_every_task_but_the_first(tasks):
    experiment = Experiment(config(scenario="transfer", tasks=tasks, images_per_class=3))
    assert [len(task.train) for task in experiment.tasks] == [
        len(task.outputs) * (3 if task.index else 24) for task in experiment.tasks
    ]
    assert all(len(task.test) == 8 * len(task.outputs) for task in experiment.tasks)
    assert [len(part) for part in experiment.tasks[0].all_train] == [
        len(task.train) for task in experiment.tasks
    ]


def test_task_sizes_say_where_the_cut_is():
    pair = PRESETS["animals-to-vehicles"]
    dealt = make_plan(
        config(
            scenario="transfer",
            tasks=None,
            class_order=pair.class_order,
            task_sizes=pair.task_sizes,
        ),
        10,
    )
    assert dealt.classes == ((2, 3, 4, 5, 6, 7), (0, 1, 8, 9))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (
            {"task_sizes": (6, 3)},
            r"The task sizes were given as \[6, 3\]; "
            r"expected 2 numbers of at least 1 that add up to the 10 classes\.",
        ),
        ({"task_sizes": (10, 0)}, "expected 2 numbers of at least 1"),
        ({"task_sizes": (5, 5), "tasks": 3}, "expected 3 numbers"),
        ({"scenario": "class", "target": "mnist"}, "target was given in the scenario 'class'"),
        (
            {"scenario": "domain", "images_per_class": 3},
            "images_per_class was given in the scenario 'domain'",
        ),
        ({"target": "minst"}, "There is no dataset 'minst'; did you mean"),
        (
            {"target": "toy-other", "tasks": 12},
            "12 tasks were asked for, one of them for toy; "
            "toy-other has 10 classes, ask for 2 to 11.",
        ),
    ],
)
def test_what_does_not_fit_is_refused(given, says):
    with pytest.raises(LifelongError, match=says):
        resolve(config(**{"scenario": "transfer", "tasks": None, **given}))


@pytest.mark.parametrize(("seed", "tasks", "sizes"), [(0, 2, [10, 10]), (3, 4, [10, 4, 3, 3])])
def test_a_target_data_set_comes_after_all_classes_of_the_source(seed, tasks, sizes):
    experiment, _ = run_all(config(scenario="transfer", target="toy-other", tasks=tasks, seed=seed))
    assert [len(task) for task in experiment.plan.classes] == sizes
    assert sorted(experiment.plan.classes[0]) == list(NATURAL) and sorted(
        sum(experiment.plan.classes[1:], ())
    ) == [n + 10 for n in NATURAL]
    assert (experiment.plan.classes[0] == NATURAL) == (seed == 0)
    assert resolve(experiment.config, experiment.dataset) == experiment.config


@pytest.mark.parametrize("pair", PRESETS.values(), ids=list(PRESETS))
def test_every_pair_whose_data_sets_are_there_can_be_run(pair):
    if not {pair.dataset, pair.target or pair.dataset} <= set(registry.names("datasets")):
        pytest.skip("its data sets are not part of the project")
    resolved = study.resolve(study_config.make(**pair.fields())).run
    assert (
        resolved.scenario == ("class" if pair.pretrained else "transfer")
        and resolved.dataset == pair.dataset
        and resolved.target == pair.target
    )


@pytest.mark.parametrize(
    ("shape", "wanted"),
    [
        ((1, 6, 6), (3, 6, 6)),
        ((3, 6, 6), (1, 6, 6)),
        ((3, 8, 10), (1, 6, 6)),
        ((1, 6, 6), (3, 8, 8)),
        ((1, 1, 1), (1, 1, 1)),
    ],
)
def test_pictures_take_another_shape_and_one_colour_stays_that_colour(shape, wanted):
    images = torch.arange(4, dtype=torch.uint8).mul(60).view(4, 1, 1, 1).expand(4, *shape)
    new = resize(images, wanted)
    assert (
        new.shape == (4, *wanted)
        and new.dtype == torch.uint8
        and new.is_contiguous()
        or wanted == shape
    )
    assert torch.equal(new, images[:, :1, :1, :1].expand(4, *wanted))


def test_brightness_is_mostly_green_and_features_are_no_pictures():
    pure = torch.eye(3, dtype=torch.uint8).mul(200).view(3, 3, 1, 1).expand(3, 3, 2, 2)
    assert resize(pure, (1, 2, 2))[:, 0, 0, 0].tolist() == [60, 117, 23]
    with pytest.raises(
        LifelongError, match=r"only grey and colour pictures can be brought to each other's shape"
    ):
        resize(torch.zeros(2, 512, 1, 1, dtype=torch.uint8), (1, 28, 28))


def test_joined_data_sets_keep_their_images_and_shift_the_second_ones_labels():
    one, other = toy_dataset(), toy_dataset(classes=3, side=9, seed=1)
    both = concat_datasets(one, other)
    assert (
        both.classes == (*map(str, NATURAL), "0", "1", "2")
        and both.n_source_classes == 10
        and both.shape == one.shape
    )
    assert torch.equal(both.train_images[: len(one.train_labels)], one.train_images)
    assert torch.equal(both.test_labels[len(one.test_labels) :], other.test_labels + 10)
    assert one.source in both.source and other.source in both.source


def test_a_class_without_images_in_the_target_is_left_out():
    full = toy_dataset()
    has = full.train_labels != 7
    holed = Dataset(
        "holed",
        "",
        "",
        full.classes,
        full.train_images[has],
        full.train_labels[has],
        full.test_images,
        full.test_labels,
    )
    train = (
        Experiment(config(scenario="transfer", tasks=2, images_per_class=2), holed).tasks[1].train
    )
    assert isinstance(train, Examples) and sorted(train.labels.tolist()) == [5, 5, 6, 6, 8, 8, 9, 9]
