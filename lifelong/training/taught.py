"""Classes that are taught to a run from a few pictures: their images, and the start of their task.

A taught class is the next task of a run that has learned its other tasks. Nothing of its strategy's
state is left of them, so the strategy is given some images of every earlier class once more, as one
task: it chooses what it replays, measures its Fisher information, or sums up its statistics.
"""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from .. import datasets
from ..config import RunConfig, TaughtClass
from ..data.augmentation import crop_and_flip, deform
from ..data.examples import Dataset, concat
from ..data.scenarios import Task
from ..errors import LifelongError
from ..formatting import plural
from ..models.base import Backbone, QuantizedFeatures
from ..models.parts import feature_cache
from ..models.parts.feature_cache import FeatureSet
from ..numerics import hardware, seeds
from ..storage.tensor_files import strip_prefix
from .experiment import Experiment
from .setup import Prepared, frozen_backbone_of

DEFORMATION = 0.04  # of drawings, see `augmentation.deform`
TEST_VARIANTS = 100  # of all test pictures of a class


def with_taught(config: RunConfig, prepared: Prepared, pictures: Sequence[Tensor]) -> Prepared:
    """Returns the images of a run, or their features, with those of its taught classes.

    Of the other classes the last taught class's `earlier_images` are left for training.
    pictures: uint8 (n, channels, height, width) of each taught class.
    """
    taught = [
        (each, _splits(config, each, images)) for each, images in zip(config.taught, pictures)
    ]
    if prepared.features is None:
        return Prepared(_joined(config, prepared.dataset, taught), None)
    features = prepared.features
    body = QuantizedFeatures(features.dataset.shape[0])
    body.set_ranges(features.low, features.high)
    backbone = frozen_backbone_of(config)
    if backbone is None:
        raise LifelongError(f"The model {config.model} has no frozen backbone.")
    encoded = [
        (each, (_encoded(backbone, body, train), _encoded(backbone, body, test)))
        for each, (train, test) in taught
    ]
    joined = _joined(config, features.dataset, encoded)
    dataset = replace(prepared.dataset, classes=joined.classes, source=joined.source)
    return Prepared(dataset, FeatureSet(joined, features.low, features.high))


def _encoded(backbone: Backbone, body: QuantizedFeatures, images: Tensor) -> Tensor:
    """Returns the features of images as a frozen network takes them, uint8 (n, width, 1, 1)."""
    portions = feature_cache.extract(backbone, images)
    return body.encode(torch.cat([features for _start, features, _limit in portions]))


def _splits(config: RunConfig, taught: TaughtClass, pictures: Tensor) -> tuple[Tensor, Tensor]:
    """Returns the images of a taught class, for training and for testing."""
    train = pictures[: len(pictures) - taught.test_pictures]
    test = pictures[len(train) :] if taught.test_pictures else train

    def variants(images: Tensor, count: int, split: str) -> Tensor:
        generator = seeds.generator(config.seed, "taught", taught.name, split)
        repeated = images[torch.arange(count) % len(images)]
        if datasets.outline(config.dataset).kind == "digit":
            return deform(repeated, DEFORMATION, generator)
        return crop_and_flip(repeated, generator)

    trained = torch.cat([train, variants(train, taught.variants, "train")])
    return trained, variants(test, TEST_VARIANTS, "test")


def _joined(
    config: RunConfig, dataset: Dataset, taught: Sequence[tuple[TaughtClass, tuple[Tensor, Tensor]]]
) -> Dataset:
    """Returns a data set with taught classes, numbered after its own, and fewer training images."""
    first, count = len(dataset.classes), config.taught[-1].earlier_images
    chosen = _some_of_each_class(dataset.train_labels, count, config.seed)
    train, test = ([splits[index] for _each, splits in taught] for index in (0, 1))
    return replace(
        dataset,
        source=source_of(config, dataset.source),
        classes=(*dataset.classes, *(each.name for each, _splits in taught)),
        train_images=torch.cat([dataset.train_images[chosen], *train]),
        train_labels=torch.cat([dataset.train_labels[chosen], _labels(first, train)]),
        test_images=torch.cat([dataset.test_images, *test]),
        test_labels=torch.cat([dataset.test_labels, _labels(first, test)]),
    )


def _labels(first: int, classes: Sequence[Tensor]) -> Tensor:
    """Returns the labels of the images of classes that are numbered from `first` on."""
    return torch.cat([torch.full((len(each),), first + i) for i, each in enumerate(classes)])


def _some_of_each_class(labels: Tensor, count: int, seed: int) -> Tensor:
    """Returns the positions of up to `count` random images of each label, int64 (m,)."""
    chosen = []
    for label in labels.unique().tolist():
        members = (labels == label).nonzero().squeeze(1)
        order = torch.randperm(len(members), generator=seeds.generator(seed, "earlier", label))
        chosen.append(members[order[:count]])
    return torch.cat(chosen).sort().values


def source_of(config: RunConfig, source: str) -> str:
    """Returns the source of a run's images: that of its data set, and of each taught class."""
    return "; ".join([source, *map(_words, config.taught)])


def _words(taught: TaughtClass) -> str:
    """Returns what the images of a taught class are, in the words that go with every number."""
    given = plural(taught.pictures, "picture")
    if taught.test_pictures:
        return (
            f"{taught.name}: random variants of {given}, tested on those of "
            f"{taught.test_pictures} that it did not learn from"
        )
    return f"{taught.name}: random variants of {given}, tested on others of the same"


def begin(experiment: Experiment, checkpoint: dict[str, Tensor], seconds: float = 0.0) -> None:
    """Puts an experiment to the start of its last task, which teaches a class.

    The network becomes that of the checkpoint after the task before, with one more output. Then the
    strategy is given images of the earlier classes. seconds: of training so far.
    """
    began = experiment.clock()
    task, strategy = experiment.tasks[-1], experiment.strategy
    with hardware.threads(experiment.model.threads):
        strategy.network.load_weights(grown_weights(experiment, checkpoint))
        past = _past(experiment.tasks)
        if strategy.single_pass:
            for step, steps, _loss in strategy.learn(past):
                if step == steps:  # before the task ends: nobody asks for these weights
                    break
        else:
            strategy.generator = seeds.generator(experiment.config.seed, "past", task.index)
            strategy.end_task(past)
    experiment.task, experiment.step = task.index, 0
    experiment.costs.restore({})  # of the original's training they are not in its checkpoints
    experiment.seconds = seconds + experiment.clock() - began


def grown_weights(experiment: Experiment, checkpoint: dict[str, Tensor]) -> dict[str, Tensor]:
    """Returns the weights of a checkpoint with random ones for the outputs of the last task."""
    config, task = experiment.config, experiment.tasks[-1]
    network = experiment.model.network(
        experiment.dataset.shape, task.outputs.start, config.precision
    )
    network.load_weights(strip_prefix("network", checkpoint))
    network.grow(task.plan.outputs, seeds.generator(config.seed, "taught", task.index))
    return network.weights()


def _past(tasks: Sequence[Task]) -> Task:
    """Returns all tasks but the last as one task, whose active classes are theirs."""
    last = tasks[-2]
    return replace(last, train=concat(*(task.train for task in tasks[:-1])))
