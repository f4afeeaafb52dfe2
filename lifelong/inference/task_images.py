"""Test images of a run's tasks, as far as they are on this machine."""

from functools import lru_cache

from .. import datasets
from ..config import RunConfig, ScenarioName
from ..data.examples import Dataset, Examples
from ..data.scenarios import evenly_spaced, examples_of, make_plan
from ..data.transformed import in_tasks
from ..datasets.readers import locations
from ..errors import LifelongError
from ..runs.history import History
from ..storage.progress import result_of
from ..training.setup import load_images


def images_of(history: History) -> str:
    """Returns the source of the images that `test_images` takes, in words."""
    config = history.config.of_task(0)
    return _images(config).source


def test_images(history: History, task: int, most: int | None = None) -> Examples:
    """Returns the test images of a task, labelled by their outputs; up to `most`, evenly spread.

    Raises LifelongError where they are not on this machine.
    """
    config = history.config.of_task(0)
    if task >= config.tasks:
        raise LifelongError("The test pictures of a class that was taught here are not kept.")
    dataset = in_tasks(_images(config), config)
    plan = make_plan(
        config.with_changes(class_order=_order(history, config.tasks)), len(dataset.classes)
    )
    [test] = examples_of(plan, dataset, "test", [task])
    return test if most is None else test.take(evenly_spaced(len(test), most))


def _order(history: History, tasks: int) -> tuple[int, ...]:
    return tuple(label for labels in history.started.labels[:tasks] for label in labels)


def _images(config: RunConfig) -> Dataset:
    """Returns the images of a run. Raises LifelongError where they are not on this machine."""
    # One's own data set may be removed, and another one stored under its name.
    names = filter(None, (config.dataset, config.target))
    stamps = tuple(locations.stamp(datasets.outline(name).location()) for name in names)
    return _dataset(config.dataset, config.target, stamps)


@lru_cache(maxsize=2)
def _dataset(name: str, target: str | None, _stamps: tuple[object, ...]) -> Dataset:
    names = [_here(each) for each in (name, target) if each]
    scenario: ScenarioName = "transfer" if target else "class"
    config = RunConfig(dataset=names[0], target=names[1] if target else None, scenario=scenario)
    return datasets.outline(name).transformed(result_of(load_images(config)))


def _here(name: str) -> str:
    """Returns the data set or the one that stands in for it, if that one is on this machine."""
    spec = datasets.outline(name)
    if spec.location() is not None:
        return name
    if spec.fallback:
        return spec.fallback
    raise LifelongError(f"The images of {name} are not on this machine.")
