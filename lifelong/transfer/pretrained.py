"""Transfer from a pretrained network: learns a data set from few images in each regime."""

from collections.abc import Callable, Generator, Iterator, Sequence

from ..config import RunConfig
from ..data.examples import Dataset
from ..data.scenarios import Task, limit_images, split
from ..errors import LifelongError
from ..models.parts.backbone_info import BackboneInfo
from ..training.experiment import Experiment
from ..training.setup import backbone_info_of, model_of, prepare
from .config import FINE_TUNE_LEARNING_RATE, Branch, PretrainedStudy, Size
from .events import Began, Event
from .learner import PROBE_IMAGES, Learner, learn_target


class PretrainedLearner(Learner[PretrainedStudy]):
    """Learns the target from the pretrained network anew for each regime and number of images."""

    def began(self) -> Generator[Event, None, Began]:
        experiment = yield from self.experiment("finetune", 0, self.config.sizes[0])
        network = experiment.strategy.network
        classes = self.dataset.classes
        return Began(
            data=self.dataset.source,
            source=(self._backbone().description,),
            target=classes,
            chance=(0.0, 1 / len(classes)),
            sizes=self.config.sizes,
            images=len(self.dataset.train_labels) / len(classes),
            parameters=network.flat.numel(),
            probe_images=PROBE_IMAGES,
        )

    def learn(
        self, branch: Branch, sizes: Sequence[Size], stop: Callable[[], bool]
    ) -> Iterator[Event]:
        for regime in branch.regimes:
            for size in sizes:
                experiment = yield from self.experiment(regime, branch.seed, size)
                last = size == sizes[-1]
                yield from learn_target(experiment, regime, size, stop, probe=last)
                if stop():
                    return

    def experiment(self, regime: str, seed: int, size: Size) -> Generator[Event, None, Experiment]:
        """Returns a network in this regime before its first step, and so many images a class.

        Yields progress as `setup.prepare`.
        """
        run = self.config.run
        rate = FINE_TUNE_LEARNING_RATE if regime == "finetune" else None
        counts = self.dataset.train_labels.bincount().tolist()
        config = self.run_config(
            "finetune",
            seed,
            network={**run.network, "stem": self._backbone().stem, **model_of(run).regimes[regime]},
            steps=self.steps(counts, size),
            learning_rate=run.learning_rate or rate,
        )

        def split_limited(config: RunConfig, dataset: Dataset) -> list[Task]:
            tasks = split(config, dataset)
            return tasks if size is None else limit_images(tasks, size, seed, first=0)

        prepared = yield from prepare(config, self.dataset)
        return Experiment(config, *prepared, split=split_limited)

    def _backbone(self) -> BackboneInfo:
        backbone = backbone_info_of(self.config.run)
        if backbone is None:
            raise LifelongError(f"The model {self.config.run.model} has no pretrained backbone.")
        return backbone
