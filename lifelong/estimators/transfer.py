"""A transfer study as an estimator: what a source helps a target, and what it loses by it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import pandas as pd

from ..data import examples
from ..data.examples import concat_datasets
from ..transfer import config as studies
from ..transfer.config import DEFAULT_PROTECTOR
from ..transfer.results import StudyResult
from ..transfer.study import resolve, study
from .dataset import Dataset, TaskSequence
from .results import NotFittedError


@dataclass(eq=False)
class Transfer:
    """Study of transfer between a source and a target, learned from few and from many images.

    The target is learned from scratch, on frozen features, by fine-tuning, and by fine-tuning with
    a strategy that protects the source. protect, settings: that strategy. model, network: by name,
    with its settings. sizes: target images a class; all of them come last. seeds: repetitions.
    """

    protect: str = DEFAULT_PROTECTOR
    settings: Mapping[str, Any] = field(default_factory=dict)
    model: str = "mlp"
    network: Mapping[str, Any] = field(default_factory=dict)
    recipe: str = "quick"
    sizes: Sequence[int] = (1, 5, 20, 100)
    seeds: int = 3

    def __post_init__(self) -> None:
        self._result: StudyResult | None = None

    def fit(self, source: Dataset | TaskSequence, target: Dataset | None = None) -> Self:
        """Runs the study and returns itself.

        source, target: two data sets, or the two tasks of one split with the scenario `transfer`.
        Raises LifelongError for what does not fit.
        """
        if isinstance(source, TaskSequence):
            images: examples.Dataset = source.dataset
            fields = {n: v for n, v in source.fields.items() if n != "scenario"}
        else:
            images = source if target is None else concat_datasets(source, target)
            fields = {} if target is None else {"target": target.name}
        config = studies.make(
            protect=self.protect,
            settings=dict(self.settings),
            model=self.model,
            network=dict(self.network),
            recipe=self.recipe,
            sizes=tuple(self.sizes),
            seeds=self.seeds,
            dataset=source.dataset.name if isinstance(source, TaskSequence) else source.name,
            **fields,
        )
        events = tuple(study(config, dataset=images, width=1))
        self._result = StudyResult(resolve(config, images), events)
        return self

    @property
    def result_(self) -> StudyResult:
        """Config, events and all results."""
        if self._result is None:
            raise NotFittedError("The study has no results yet; call fit first.")
        return self._result

    @property
    def curves_(self) -> pd.DataFrame:
        """Learning curves: for each regime and number of images a class, mean and standard error of
        the accuracy on the target and on the source, which training from scratch does not know.
        """
        return pd.DataFrame(
            {
                "regime": regime,
                "images_per_class": point.x,
                "n": point.n,
                "target_mean": point.target[0],
                "target_sem": point.target[1],
                "source_mean": point.source[0] if point.source else None,
                "source_sem": point.source[1] if point.source else None,
            }
            for regime in self.result_.regimes
            for point in self.result_.curve("images", regime)
        )

    @property
    def forward_transfer_(self) -> dict[str, float | None]:
        """Mean gain on the target over training from scratch, by regime, as a share."""
        return {
            regime: self.result_.gain("images", regime)[0] for regime in self.result_.regimes[1:]
        }
