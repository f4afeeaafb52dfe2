"""The whole story of a run: learn a task, look back at all of them, tell what happened; no
printing, no disk.
"""

import time
from collections.abc import Callable, Iterator
from functools import lru_cache

import torch
from torch import Tensor

from .. import datasets, registry
from ..config import RunConfig
from ..data import scenarios
from ..data.examples import Dataset, concat_datasets
from ..data.scenarios import Task
from ..datasets import load
from ..events import Event, ExtractingFeatures, Finished, Started, Step, Stopped, TaskLearned
from ..models.base import Model, QuantizedFeatures
from ..models.parts import feature_cache
from ..models.parts.backbone import Backbone
from ..numerics import hardware, seeds
from ..strategies.base import scores
from .evaluation import accuracy


def resolve(config: RunConfig, dataset: Dataset | None = None) -> RunConfig:
    """Returns the config with every setting filled in; a resolved one comes back as it is.

    A run is resolved when it is created, for its config.json; again when it learns, for a config
    that an earlier version wrote or that was never on disk. The second time changes nothing and
    takes 0.1 ms. Raises LifelongError for a name or value that does not fit.
    dataset: the images, where their classes are not those that the data set's own file tells.
    """
    own = (
        _classes(config.dataset)
        if dataset is None
        else dataset.n_source_classes or len(dataset.classes)
    )
    other = 0
    if config.target is not None:
        other = _classes(config.target) if dataset is None else len(dataset.classes) - own
        config = scenarios.with_target(config, own, other) if config.rules.has_source else config
    model = model_of(config)
    strategy = registry.strategy(config.strategy).make(config.scenario, config.settings)
    scenarios.make_plan(config, own + other)
    device = hardware.device(config.device, deep=model.threads is None)
    precision = hardware.precision(config.precision, device)
    return config.with_changes(
        settings=strategy.settings_dict(),
        network=model.settings_dict(),
        device=device,
        precision=precision,
    )


def model_of(config: RunConfig) -> Model:
    """The model with its settings."""
    return registry.model(config.model).from_settings(config.model, config.scenario, config.network)


@lru_cache(maxsize=2)
def _frozen_backbone(
    architecture: type[Model], settings: tuple, precision: str, seed: int
) -> Backbone | None:
    front = architecture(**dict(settings)).frozen_backbone(precision)
    if front is not None:
        front.initialise(seeds.generator(seed, "backbone"))
        front.fingerprint = front.fingerprint or f"drawn {seed}"
    return front


def frozen_backbone_of(config: RunConfig) -> Backbone | None:
    """The frozen backbone that every image goes through, ready to answer; None where there is
    none.
    """
    model = model_of(config)
    return _frozen_backbone(
        type(model),
        tuple(model.settings_dict().items()),
        hardware.precision(config.precision),
        config.seed,
    )


def extract_features(config: RunConfig) -> Iterator[ExtractingFeatures]:
    """Puts all images through the frozen backbone, where there is one and it was not done
    before.
    """
    front = frozen_backbone_of(config)
    if front is not None:
        yield from feature_cache.prepare(front, load_images(config))


def _classes(dataset: str) -> int:
    return len(datasets.classes(dataset))


def load_images(config: RunConfig) -> Dataset:
    """All that a run learns from: its data set, joined with the target's where there is one."""
    own = load(config.dataset)
    return own if config.target is None else concat_datasets(own, load(config.target))


def run(config: RunConfig, clock: Callable[[], float] = time.perf_counter) -> Iterator[Event]:
    """Everything that happens when this configuration is learned from the first task to the
    last.
    """
    yield from extract_features(config)
    yield from Experiment(config, clock=clock).events()


class Experiment:
    """One strategy on its way through one scenario. Learning can stop after any step and go on from
    `state()`.

    stop: asked after every step; once it says yes, learning ends there with a Stopped event.
    clock: what the seconds are read from.
    split: makes the tasks from the configuration and the images, or their features.
    task, step: where it stands: so many steps of this task are done.
    """

    def __init__(
        self,
        config: RunConfig,
        dataset: Dataset | None = None,
        stop: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.perf_counter,
        split: Callable[[RunConfig, Dataset], list[Task]] = scenarios.split,
    ) -> None:
        self.stop = stop
        self.clock = clock
        pictures = dataset or load_images(config)
        self.shape = pictures.shape
        self.config = resolve(config, pictures)
        self.model = model_of(self.config)
        self.frozen_backbone = frozen_backbone_of(self.config)
        coded = (
            None
            if self.frozen_backbone is None
            else feature_cache.load_features(self.frozen_backbone, pictures)
        )
        self.dataset = coded.dataset if coded else pictures
        device = hardware.torch_device(self.config.device)
        self.tasks = scenarios.to_device(split(self.config, self.dataset), device)
        self.plan = self.tasks[0].plan
        hardware.set_threads(self.model.threads)
        network = self.model.network(self.dataset.shape, self.plan.outputs, self.config.precision)
        if coded and isinstance(network.body, QuantizedFeatures):
            coded.copy_ranges_to(network.body)
        network.move(device)
        self.strategy = registry.strategy(config.strategy).make(
            config.scenario, self.config.settings
        )
        self.strategy.bind(network, self.plan, self.config)
        self.task = self.step = 0
        self.seconds = self.evaluation_seconds = 0.0

    def events(self, until: int | None = None) -> Iterator[Event]:
        """Learns the tasks before `until` (all of them by default), from where it stands, event by
        event.
        """
        if self.task == self.step == 0:
            yield self._started()
        goal = len(self.tasks) if until is None else min(until, len(self.tasks))
        while self.task < goal:
            yield from self._learn(self.tasks[self.task])
            if self.step:
                return
        if self.task == len(self.tasks):
            yield Finished(seconds=round(self.seconds, 3))
        else:
            yield Stopped(task=self.task, step=self.step)

    def _learn(self, task: Task) -> Iterator[Event]:
        every = self.config.training_recipe.probe_every
        began = self.clock()
        for step, steps, loss in self.strategy.learn(task, start=self.step):
            self.step = step
            if self.step in self.strategy.early_probes or self.step % every == 0:
                self.seconds += self._since(began)
                yield self._step(task, steps, loss)
                began = self.clock()
            if self.stop():
                self.seconds += self._since(began)
                yield Stopped(task=task.index, step=self.step)
                return
        self.seconds += self._since(began)
        learned = self._look_back(task)
        self.task, self.step = task.index + 1, 0
        yield learned

    def _since(self, began: float) -> float:
        """Seconds since then; a graphics card is waited for, which is behind what it was told to
        do.
        """
        if self.config.device == "cuda":
            torch.cuda.synchronize()
        return self.clock() - began

    def _step(self, task: Task, steps: int, loss: Tensor) -> Step:
        began = self.clock()
        seen = [t.probe for t in self.tasks[: task.index + 1]]
        probe = tuple(
            accuracy(self.plan, task.index, part, scores(self.strategy, part.images))
            for part in seen
        )
        self.evaluation_seconds += self.clock() - began
        value = float(loss.item())
        return Step(
            task=task.index,
            step=self.step,
            steps=steps,
            loss=value if abs(value) < float("inf") else None,
            probe=probe,
            seconds=round(self.seconds, 3),
            batch_limit=self.strategy.batch_limit,
        )

    def _look_back(self, task: Task) -> TaskLearned:
        began = self.clock()
        tests = [t.test for t in self.tasks[: task.index + 2]]
        answers = [scores(self.strategy, test.images) for test in tests]
        pairs = list(zip(tests, answers))
        labelled = [
            accuracy(self.plan, task.index, test, answer, task_given=True) for test, answer in pairs
        ]
        past = task.index + 1
        self.evaluation_seconds += self.clock() - began
        return TaskLearned(
            task=task.index,
            accuracy=tuple(
                accuracy(self.plan, task.index, test, answer) for test, answer in pairs[:past]
            ),
            accuracy_given_task=tuple(labelled[:past]),
            next_task_accuracy=labelled[past] if len(labelled) > past else None,
            seconds=round(self.seconds, 3),
            evaluation_seconds=round(self.evaluation_seconds, 3),
            stored=self.strategy.storage(task),
        )

    def _started(self) -> Started:
        tests = [task.test for task in self.tasks]
        return Started(
            classes=tuple(
                tuple(self.dataset.classes[label] for label in task) for task in self.plan.classes
            ),
            labels=self.plan.classes,
            source=self.dataset.source,
            images=(len(self.dataset.train_labels), len(self.dataset.test_labels)),
            shape=self.shape,
            backbone=self.frozen_backbone.fingerprint if self.frozen_backbone else "",
            estimate=self._estimate(),
            parameters=self.strategy.network.flat.numel(),
            random_init_accuracy=tuple(
                accuracy(self.plan, 0, t, scores(self.strategy, t.images), task_given=True)
                for t in tests
            ),
        )

    def _estimate(self) -> float | None:
        """Seconds of plain training on this machine, from one step; None for a small network, which
        takes few.
        """
        if self.model.threads == 1:
            return None
        network, steps = (
            self.strategy.network,
            sum(self.strategy.steps(task, task.train) for task in self.tasks),
        )
        images = self.tasks[0].train.images[: self.config.training_recipe.batch]
        before = (
            network.flat.clone(),
            {name: tensor.clone() for name, tensor in network.statistics().items()},
        )
        for _ in range(2):  # the first has to plan its products
            began = self.clock()
            network.body.begin_step(self.config.seed, 0, 0)
            network.backward(network(images).logsumexp(1).mean())
            network.body.eval()
        for tensor, kept in zip(
            (network.flat, *network.statistics().values()), (before[0], *before[1].values())
        ):
            tensor.copy_(kept)
        return round(self._since(began) * steps, 1)

    def state_dict(self) -> dict[str, Tensor]:
        """Everything that learning on needs, as tensors by name."""
        return self.strategy.state_dict()

    def load_state_dict(
        self, state: dict[str, Tensor], task: int, step: int, seconds: float = 0.0
    ) -> None:
        """Goes back to a saved state, within `task` after `step` steps."""
        self.strategy.load_state_dict(state)
        self.task, self.step, self.seconds = task, step, seconds
