"""A run as a stream of events: trains on each task, then evaluates on all; no printing, no disk."""

import time
from collections.abc import Callable, Generator, Iterator

import torch
from torch import Tensor

from .. import registry
from ..config import RunConfig
from ..data import scenarios
from ..data.examples import Dataset, Examples
from ..data.scenarios import Task
from ..data.transformed import in_tasks
from ..events import Event, Finished, Phase, Started, Step, Stopped, TaskLearned
from ..models.parts import feature_cache
from ..models.parts.feature_cache import FeatureSet
from ..numerics import cores, hardware
from ..storage.progress import result_of
from ..strategies.base import scores
from . import setup
from .checks import require_finite, require_memory
from .costs import Costs, estimated_seconds
from .evaluation import accuracy, evaluate

OnStep = Callable[[int, int], Callable[[], None] | None]


def run(config: RunConfig, clock: Callable[[], float] = time.perf_counter) -> Iterator[Event]:
    """Yields the events of a run from its preparation to the end of the last task."""
    prepared = yield from setup.prepare(config)
    yield from Experiment(config, *prepared, clock=clock).events()


class Experiment:
    """One strategy that learns the tasks of one scenario.

    Training can stop after any step and continue from `state_dict()`.
    dataset: the images; by default those of the config. features: theirs from the frozen backbone,
    see `setup.prepare`; by default those in the cache. Raises LifelongError if they are not in it.
    stop: is called after every step; when it returns true, training ends there with a Stopped
    event. clock: returns the seconds. split: makes the tasks from the config and the images or
    features.
    task, step: the position: so many steps of this task are done.
    costs: of training so far; `load_state_dict` leaves them unknown.
    """

    def __init__(
        self,
        config: RunConfig,
        dataset: Dataset | None = None,
        features: FeatureSet | None = None,
        stop: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.perf_counter,
        split: Callable[[RunConfig, Dataset], list[Task]] = scenarios.split,
    ) -> None:
        self.stop = stop
        self.clock = clock
        images = in_tasks(dataset or result_of(setup.load_images(config)), config)
        self.shape = images.shape
        self.config = setup.resolve(config, images)
        self.model = setup.model_of(self.config)
        self.backbone = setup.backbone_info_of(self.config)
        if self.backbone is not None and features is None:
            features = feature_cache.load_features(self.backbone, images)
        self.dataset = images if features is None else features.dataset
        device = hardware.torch_device(self.config.device)
        self.tasks = scenarios.to_device(split(self.config, self.dataset), device)
        self.plan = self.tasks[0].plan
        network = self.model.network(self.dataset.shape, self.plan.outputs, self.config.precision)
        if features is not None:
            network.body.set_ranges(features.low, features.high)
        network.move(device)
        self.strategy = registry.strategy(config.strategy).make(
            config.scenario, self.config.settings
        )
        self.strategy.bind(network, self.plan, self.config)
        self.task = self.step = 0
        self.seconds = self.evaluation_seconds = 0.0
        self.costs = Costs(self.config.device)

    def train(self, task: Task) -> Iterator[tuple[int, int, Tensor]]:
        """Trains on one task, see `Strategy.learn`, with the model's number of threads."""
        return hardware.with_threads(self.model.threads, self._steps(task))

    def _steps(self, task: Task, step: int = 0) -> Generator[tuple[int, int, Tensor], None, None]:
        return cores.with_second_core(self.strategy.learn(task, step))

    def events(self, until: int | None = None, on_step: OnStep | None = None) -> Iterator[Event]:
        """Learns the tasks before `until`, by default all, from the position on; yields events.

        on_step: is called with the task and the number of each step after it; returns what is to be
        done then, the time of which is not counted, or None.
        """
        return hardware.with_threads(self.model.threads, self._events(until, on_step))

    def _events(self, until: int | None, on_step: OnStep | None) -> Generator[Event, None, None]:
        require_memory(self.strategy, self.tasks, self.config.device)
        if self.task == self.step == 0:
            yield self._started()
        goal = len(self.tasks) if until is None else min(until, len(self.tasks))
        while self.task < goal:
            yield from self._learn(self.tasks[self.task], on_step)
            if self.step:
                return
        if self.task == len(self.tasks):
            yield Finished(seconds=round(self.seconds, 3))
        else:
            yield Stopped(task=self.task, step=self.step)

    def _learn(self, task: Task, on_step: OnStep | None) -> Iterator[Event]:
        every = self.config.training_recipe.probe_every
        early = self._early_probes(task)
        if self._resumes_at_end(task):
            yield self._phase_at_end(task)
        began = self.clock()
        learning = self._steps(task, self.step)
        for step, steps, loss in self.costs.measured(learning, self.step):
            self.step, is_probe = step, step in early or step % every == 0
            if is_probe or step == steps or self.config.device == "cpu":  # a GPU waits for it
                require_finite(self.strategy, task, step, steps, loss)
            if is_probe:
                self.seconds += self._since(began)
                yield self._step(task, steps, loss)
                began = self.clock()
            if on_step is not None and (action := on_step(task.index, step)) is not None:
                self.seconds += self._since(began)
                action()
                began = self.clock()
            if self.stop():
                self.seconds += self._since(began)
                yield Stopped(task=task.index, step=self.step)
                return
            if step == steps and self.strategy.end_task_phase:
                self.seconds += self._since(began)
                yield self._phase_at_end(task)
                began = self.clock()
        self.seconds += self._since(began)
        yield Phase(task=task.index, what="Testing", images=sum(map(len, self._tests(task))))
        learned = self._evaluate_tasks(task)
        self.task, self.step = task.index + 1, 0
        yield learned

    def _early_probes(self, task: Task) -> tuple[int, ...]:
        """Returns the steps of a task after which it is evaluated besides every so many.

        Somebody waits for a taught class, and a strategy of one pass would solve its equations once
        more for each of them.
        """
        is_taught = task.index >= len(self.tasks) - len(self.config.taught)
        return () if is_taught and self.strategy.single_pass else self.strategy.early_probes

    def _since(self, began: float) -> float:
        """Returns the seconds since then, once a GPU has done all work given to it."""
        if self.config.device == "cuda":
            torch.cuda.synchronize()
        return self.clock() - began

    def _step(self, task: Task, steps: int, loss: Tensor) -> Step:
        began = self.clock()
        probe = tuple(
            accuracy(self.plan, task.index, t.probe, self._scores(t.index, t.probe.images))
            for t in self.tasks[: task.index + 1]
        )
        self.evaluation_seconds += self.clock() - began
        return Step(
            task=task.index,
            step=self.step,
            steps=steps,
            loss=float(loss),
            probe=probe,
            seconds=round(self.seconds, 3),
            batch_limit=self.strategy.batch_limit,
        )

    def _resumes_at_end(self, task: Task) -> bool:
        """Returns whether only the end of a task is left, which takes a while."""
        strategy = self.strategy
        if not self.step or not strategy.end_task_phase:
            return False
        random = strategy.generator.get_state()
        steps = strategy.steps(task, strategy.examples(task))
        strategy.generator.set_state(random)
        return self.step == steps

    def _phase_at_end(self, task: Task) -> Phase:
        """Returns the event before `Strategy.end_task`, which the next step of `learn` runs."""
        return Phase(
            task=task.index, what=self.strategy.end_task_phase, images=len(task.train.labels)
        )

    def _scores(self, task: int, images: Tensor) -> Tensor:
        """Returns the scores of images of a task."""
        return scores(self.strategy, images, self.plan.given_task(task))

    def _tests(self, task: Task) -> list[Examples]:
        """Returns the test images after a task: of the tasks so far, and of the next one."""
        return [each.test for each in self.tasks[: task.index + 2]]

    def _evaluate_tasks(self, task: Task) -> TaskLearned:
        began = self.clock()
        tests = self._tests(task)
        logits = [self._scores(at, test.images) for at, test in enumerate(tests)]
        learned = task.index + 1
        found = evaluate(self.plan, task.index, tests[:learned], logits[:learned])
        next_task = [
            accuracy(self.plan, task.index, test, values, task_given=True)
            for test, values in zip(tests[learned:], logits[learned:])
        ]
        self.evaluation_seconds += self.clock() - began
        return TaskLearned(
            task=task.index,
            accuracy=found.accuracy,
            accuracy_given_task=found.accuracy_given_task,
            next_task_accuracy=next_task[0] if next_task else None,
            seconds=round(self.seconds, 3),
            evaluation_seconds=round(self.evaluation_seconds, 3),
            stored=self.strategy.storage(task),
            confusion=found.confusion,
            mean_probability=found.mean_probability,
            operations=self.costs.operations,
            peak_memory=self.costs.peak_memory,
        )

    def _started(self) -> Started:
        tests = [task.test for task in self.tasks]
        estimate = None
        if self.model.threads != 1:
            estimate = estimated_seconds(self.strategy, self.tasks, self.clock, self._since)
        return Started(
            classes=tuple(
                tuple(self.dataset.classes[label] for label in task) for task in self.plan.classes
            ),
            labels=self.plan.classes,
            source=self.dataset.source,
            images=(len(self.dataset.train_labels), len(self.dataset.test_labels)),
            shape=self.shape,
            backbone=self.backbone.fingerprint if self.backbone else "",
            estimate=estimate,
            parameters=self.strategy.network.flat.numel(),
            random_init_accuracy=tuple(
                accuracy(self.plan, 0, test, self._scores(task, test.images), task_given=True)
                for task, test in enumerate(tests)
            ),
        )

    def state_dict(self) -> dict[str, Tensor]:
        """Returns the state that training continues from, as tensors by name."""
        return self.strategy.state_dict()

    def load_state_dict(
        self, state: dict[str, Tensor], task: int, step: int, seconds: float = 0.0
    ) -> None:
        """Loads a saved state within `task` after `step` steps."""
        self.strategy.load_state_dict(state)
        self.task, self.step, self.seconds = task, step, seconds
        self.costs.restore({})
