"""Setup of a run before its first step: settings, model, frozen backbone, images or features."""

from collections.abc import Generator
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any, NamedTuple

from .. import config as configs
from .. import datasets, registry
from ..config import RunConfig
from ..data import class_order, scenarios
from ..data.examples import Dataset, concat_datasets
from ..data.transformed import in_tasks
from ..datasets import load_with_progress
from ..errors import LifelongError
from ..events import Preparation
from ..models.base import Backbone, Model
from ..models.parts import feature_cache
from ..models.parts.backbone_info import BackboneInfo
from ..models.parts.feature_cache import FeatureSet
from ..numerics import hardware, seeds
from ..storage.progress import Steps


class Prepared(NamedTuple):
    """Images of a run, and their features if its model has a frozen backbone."""

    dataset: Dataset
    features: FeatureSet | None


def make_config(**given: Any) -> RunConfig:
    """Returns the configuration of these fields, with the tasks that suit its data set.

    Where no number of tasks is given, it is the data set's or the scenario's, and at most that of
    the classes; of a data set whose classes were grouped into tasks, the tasks are these groups.
    Raises LifelongError as `config.make`, and for an unknown data set.
    """
    if given.get("tasks") is None and not given.get("task_sizes"):
        spec = datasets.spec(given.get("dataset", "mnist"))
        scenario = given.get("scenario", configs.DEFAULT_SCENARIO)
        rules = configs.SCENARIOS.get(scenario)
        if spec.groups and not given.get("class_order") and not (rules and rules.has_source):
            return configs.make(**{**given, **spec.grouping})
        usual = min(configs.default_tasks(scenario), len(spec.classes))
        given["tasks"] = spec.default_tasks or usual
    return configs.make(**given)


def resolve(config: RunConfig, dataset: Dataset | None = None) -> RunConfig:
    """Returns the config with every setting filled in; a resolved one is returned as it is.

    A run is resolved when it is created, for its config.json; again when it learns, for a config
    that an earlier version wrote or that was never on disk. The second time changes nothing and
    takes 0.1 ms. Raises LifelongError for a name or value that does not fit.
    dataset: the images, if their classes are not those that are declared under the config's names.
    """
    classes, target_classes = _class_counts(config, dataset)
    if _is_transformed(config, dataset):
        _check_transformed(config)
        config = class_order.with_all_classes(config, classes)
        classes *= config.tasks
    if config.target is not None and config.rules.has_source:
        config = class_order.with_target(config, classes, target_classes)
    model = model_of(config)
    strategy = registry.strategy(config.strategy).make(config.scenario, config.settings)
    scenarios.make_plan(config, classes + target_classes)
    if config.step_checkpoints and strategy.single_pass:
        raise LifelongError(
            f"step_checkpoints was given for {config.strategy}, which has no steps of training; "
            "leave it out."
        )
    device = hardware.device(config.device, deep=model.threads is None)
    return config.with_changes(
        settings=strategy.settings_dict(),
        network=model.settings_dict(),
        device=device,
        precision=hardware.precision(config.precision, device),
    )


def _class_counts(config: RunConfig, dataset: Dataset | None) -> tuple[int, int]:
    """Returns the number of classes of a run's data set and of its target, 0 without one."""
    if dataset is None:
        target = 0 if config.target is None else len(datasets.classes(config.target))
        return len(datasets.classes(config.dataset)) + len(config.taught), target
    classes = dataset.n_source_classes or len(dataset.label_names)
    return classes, 0 if config.target is None else len(dataset.classes) - classes


def _is_transformed(config: RunConfig, dataset: Dataset | None) -> bool:
    """Returns whether every task of a run has all classes, under a transformation of its own.

    Raises LifelongError for such a data set as target.
    """
    if config.target and datasets.outline(config.target).transformation is not None:
        raise LifelongError(
            f"target was given as {config.target}, whose images differ from task to task; choose"
            " another data set."
        )
    declared = dataset or datasets.outline(config.dataset)
    return declared.transformation is not None


def _check_transformed(config: RunConfig) -> None:
    """Raises LifelongError for a scenario or network that transformed tasks are not defined for."""
    spec = datasets.outline(config.dataset)
    if config.scenario not in spec.usable_scenarios:
        raise LifelongError(
            f"{spec.title} was given the scenario '{config.scenario}'; it is defined for:"
            f" {', '.join(spec.usable_scenarios)}."
        )
    if model_of(config).backbone_info(hardware.precision(config.precision)) is not None:
        raise LifelongError(
            f"{config.model} was given for {spec.title} with a frozen backbone, which would need"
            " the features of every image once a task; choose mlp, or tune the whole network."
        )


def model_of(config: RunConfig) -> Model:
    """Returns the model with its settings."""
    return registry.model(config.model).from_settings(config.model, config.scenario, config.network)


def backbone_info_of(config: RunConfig) -> BackboneInfo | None:
    """Returns the description of the frozen backbone; None for a model that has none."""
    info = model_of(config).backbone_info(hardware.precision(config.precision))
    return info and replace(info, fingerprint=info.fingerprint or f"drawn {config.seed}")


def frozen_backbone_of(config: RunConfig) -> Backbone | None:
    """Returns the frozen backbone with its weights; None for a model that has none."""
    model = model_of(config)
    return _frozen_backbone(
        type(model),
        tuple(model.settings_dict().items()),
        hardware.precision(config.precision),
        config.seed,
    )


@lru_cache(maxsize=2)
def _frozen_backbone(
    architecture: type[Model], settings: tuple[tuple[str, object], ...], precision: str, seed: int
) -> Backbone | None:
    backbone = architecture(**dict(settings)).frozen_backbone(precision)
    if backbone is not None:
        backbone.initialise(seeds.generator(seed, "backbone"))
    return backbone


def load_images(config: RunConfig) -> Steps[Dataset]:
    """Loads the images of a run, of its data set and of the target's if it has one.

    Yields the progress of downloading and decoding them.
    """
    dataset = yield from load_with_progress(config.dataset)
    if config.target is None:
        return dataset
    target = yield from load_with_progress(config.target)
    return concat_datasets(dataset, target)


def prepare(
    config: RunConfig, dataset: Dataset | None = None
) -> Generator[Preparation, None, Prepared]:
    """Loads all that an experiment needs: weights, images, features.

    Yields the progress of what is not on this machine yet: downloads, decoding, extraction.
    dataset: the images, if they are in memory.
    """
    yield from model_of(config).fetch_weights()
    if dataset is None:
        dataset = yield from load_images(config)
    dataset = in_tasks(dataset, config)
    info = backbone_info_of(config)
    if info is None:
        return Prepared(dataset, None)
    build = partial(_required_backbone, config)  # takes seconds, not needed if features are cached
    return Prepared(dataset, (yield from feature_cache.prepare(info, build, dataset)))


def source_of(config: RunConfig, dataset: Dataset) -> str:
    """Returns the source of what an experiment learns from: images, or their features."""
    info = backbone_info_of(config)
    return dataset.source if info is None else feature_cache.source_of(info, dataset)


def _required_backbone(config: RunConfig) -> Backbone:
    backbone = frozen_backbone_of(config)
    if backbone is None:
        raise LifelongError(f"The model {config.model} has no frozen backbone.")
    return backbone
