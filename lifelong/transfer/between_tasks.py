"""Transfer between two tasks: learns the source, then the target in each regime."""

from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial

from ..config import RunConfig
from ..data.examples import Dataset, Examples, by_class
from ..data.scenarios import Task, limit_images
from ..training.experiment import Experiment
from ..training.setup import prepare
from .config import BetweenTasksStudy, Branch, Size
from .events import Began, Event, SourceLearned
from .learner import PROBE_IMAGES, Learner, accuracy_on, learn_target, probe_sample


class BetweenTasksLearner(Learner[BetweenTasksStudy]):
    """Learns a source once for each branch, and the target from there in each regime."""

    def began(self) -> Generator[Event, None, Began]:
        config = self.run_config("finetune", 0)
        experiment = Experiment(config, *(yield from prepare(config, self.dataset)))
        counts = _class_counts(experiment.tasks[1].train)
        mean = sum(counts) / len(counts)
        source, target = (
            tuple(self.dataset.classes[label] for label in task) for task in experiment.plan.classes
        )
        return Began(
            data=self.dataset.source,
            source=source,
            target=target,
            chance=(1 / len(source), 1 / len(target)),
            sizes=(*(size for size in self.config.sizes if size < mean), None),
            images=mean,
            parameters=experiment.strategy.network.flat.numel(),
            probe_images=PROBE_IMAGES,
        )

    def learn(
        self, branch: Branch, sizes: Sequence[Size], stop: Callable[[], bool]
    ) -> Iterator[Event]:
        # The three regimes train the first task alike, to the bit: they share its result.
        config = self.run_config(branch.regimes[0], branch.seed)
        prepared = yield from prepare(config, self.dataset)
        source = Experiment(config, *prepared)
        for _ in source.train(source.tasks[0]):
            if stop():
                return
        yield _source_learned(source, branch)
        # Without the optimiser's averages: each regime begins the target with a fresh optimiser,
        # as from scratch, so that weights alone differ.
        state = {
            name: tensor.clone()
            for name, tensor in source.state_dict().items()
            if not name.startswith("adam.")
        }
        counts = _class_counts(source.tasks[1].train)
        for size in sizes:
            tasks = source.tasks if size is None else limit_images(source.tasks, size, branch.seed)
            for regime in branch.regimes:
                run = self.run_config(
                    regime, branch.seed, images_per_class=size, steps=self.steps(counts, size)
                )
                experiment = Experiment(run, *prepared, split=partial(_shared, tasks))
                experiment.load_state_dict(state, task=1, step=0)
                yield from learn_target(experiment, regime, size, stop, probe=size is None)
                if stop():
                    return


def _source_learned(experiment: Experiment, branch: Branch) -> SourceLearned:
    test = experiment.tasks[0].test
    return SourceLearned(
        seed=branch.seed,
        regimes=branch.regimes,
        accuracy=accuracy_on(experiment, 0, test),
        probe_accuracy=accuracy_on(experiment, 0, probe_sample(test)),
    )


def _shared(tasks: list[Task], _config: RunConfig, _dataset: Dataset) -> list[Task]:
    """Returns tasks that exist already, in place of `scenarios.split`."""
    return tasks


def _class_counts(examples: Examples) -> list[int]:
    return [len(indices) for _, indices in by_class(examples)]
