"""Challenge of the Learn page: which images of earlier digits to keep while the next are learned.

A network that knows FIRST_CLASSES digits learns two more by replay of exactly BUDGET images, chosen
from an album. The score is the accuracy on the digits it knew before, on test images of the
embedded sample. Everything is drawn from seeds: a choice has one score.
"""

from collections.abc import Sequence
from functools import cache
from statistics import fmean

import torch
from torch import Tensor

from .. import datasets
from ..config import RunConfig
from ..data.examples import Dataset, Examples, by_class, empty_examples
from ..data.scenarios import evenly_spaced
from ..errors import LifelongError
from ..events import TaskLearned
from ..strategies.parts.replay_buffer import herded_subset
from ..strategies.replay import Replay
from ..training.experiment import Experiment
from .challenge_rules import BUDGET, DATASET, EACH, FIRST_CLASSES, NEW_CLASSES, SEEDS, Score

FIRST_STEPS, STEPS = 100, 40  # of training, for the first digits and for the next ones
OLD, NEW = 0, 1  # tasks


def checked(kept: Sequence[int]) -> tuple[int, ...]:
    """Returns positions in the album in ascending order.

    Raises LifelongError unless they are BUDGET different positions.
    """
    album_size = FIRST_CLASSES * EACH
    found = sorted(set(kept))
    if (
        len(found) != len(kept)
        or len(found) != BUDGET
        or not 0 <= found[0] <= found[-1] < album_size
    ):
        raise LifelongError(
            f"{len(kept)} images were given to keep, {len(found)} of them different; choose "
            f"{BUDGET} of the {album_size} in the album."
        )
    return tuple(found)


def album() -> Examples:
    """Returns the images to choose from: EACH training images of every digit known before."""
    train = _experiment(SEEDS[0]).tasks[OLD].train
    chosen = [members[evenly_spaced(len(members), EACH)] for _, members in by_class(train)]
    return train.take(torch.cat(chosen))


def score(kept: Sequence[int], seeds: Sequence[int] = SEEDS) -> Score:
    """Returns the score of keeping these images of the album, the mean over trainings by seed.

    Raises LifelongError as `checked` does.
    """
    rows = [_learned(kept, seed)[1] for seed in seeds]
    correct = [
        [row.get(c, 0) / sum(row.values()) for c, row in enumerate(r.confusion or ())] for r in rows
    ]
    return Score(
        old=fmean(row.accuracy[OLD] for row in rows),
        new=fmean(row.accuracy[NEW] for row in rows),
        per_class=tuple(map(fmean, zip(*(each[:FIRST_CLASSES] for each in correct)))),
    )


def trained(kept: Sequence[int], seed: int = SEEDS[0]) -> Experiment:
    """Returns the experiment that has learned the new digits with these images as replay buffer."""
    return _learned(kept, seed)[0]


def random_choice(seed: int) -> tuple[int, ...]:
    """Returns BUDGET random positions in the album."""
    generator = torch.Generator().manual_seed(seed)
    return checked(torch.randperm(FIRST_CLASSES * EACH, generator=generator)[:BUDGET].tolist())


def herded_choice() -> tuple[int, ...]:
    """Returns the positions in the album that herding chooses, equally many of each digit.

    The features are those of the network that knows the first digits; see `herded_subset`.
    """
    images, network = album(), _beginner().strategy.network
    chosen = herded_subset(images, BUDGET // FIRST_CLASSES, network).images
    same = (images.images[None] == chosen[:, None]).flatten(2).all(2)
    return checked(same.int().argmax(1).tolist())


def without_replay(seed: int) -> float:
    """Returns the accuracy on the old digits when no image is kept."""
    return _learn(empty_examples(), seed)[1].accuracy[OLD]


def _learned(kept: Sequence[int], seed: int) -> tuple[Experiment, TaskLearned]:
    return _learn(album().take(torch.tensor(checked(kept))), seed)


def _learn(buffer: Examples, seed: int) -> tuple[Experiment, TaskLearned]:
    experiment = _experiment(seed)
    experiment.load_state_dict(_first_state(), task=NEW, step=0)
    _replay(experiment).buffer.examples = buffer
    rows = [event for event in experiment.events(until=NEW + 1) if isinstance(event, TaskLearned)]
    return experiment, rows[-1]


def _replay(experiment: Experiment) -> Replay:
    if not isinstance(experiment.strategy, Replay):
        raise LifelongError("The challenge is learned by experience replay only.")
    return experiment.strategy


@cache
def _beginner() -> Experiment:
    """Returns the experiment that has learned the first digits."""
    experiment = _experiment(SEEDS[0], FIRST_STEPS)
    for _event in experiment.events(until=NEW):
        pass
    return experiment


def _first_state() -> dict[str, Tensor]:
    """Returns a copy of the state after the first digits: an experiment trains it in place."""
    return {name: tensor.clone() for name, tensor in _beginner().state_dict().items()}


def _experiment(seed: int, steps: int = STEPS) -> Experiment:
    dataset = _dataset()
    classes = len(dataset.classes)
    config = RunConfig(
        dataset=DATASET,
        strategy="replay",
        settings={"per_class": 0},  # the buffer holds what was chosen, and nothing is added
        tasks=3,
        task_sizes=(FIRST_CLASSES, NEW_CLASSES, classes - FIRST_CLASSES - NEW_CLASSES),
        class_order=tuple(range(classes)),
        steps=steps,
        seed=seed,
        device="cpu",
    )
    return Experiment(config, dataset)


def _dataset() -> Dataset:
    return datasets.load(DATASET)
