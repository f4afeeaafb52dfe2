"""Table of all runs on disk. No torch."""

from dataclasses import asdict, dataclass
from typing import Any

from ..errors import LifelongError
from . import store


@dataclass(frozen=True)
class RunRow:
    """One run in a list.

    tasks: number of tasks; learned: of these, the ones learned so far. average_accuracy,
    forgetting: shares in [0, 1], None before they are defined.
    error: a sentence about a run that cannot be read, of which all else is empty.
    """

    id: str
    shipped: bool
    dataset: str = ""
    scenario: str = ""
    strategy: str = ""
    tasks: int = 0
    model: str = ""
    learned: int = 0
    average_accuracy: float | None = None
    forgetting: float | None = None
    recipe: str = ""
    seed: int | None = None
    error: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Returns the row as `runs --json` prints it, null where a text is empty."""
        return {name: None if value == "" else value for name, value in asdict(self).items()}


def run_rows() -> list[RunRow]:
    """Returns all runs, the newest first and those that ship last."""
    shipped = {folder.name for folder in store.shipped()}
    return [run_row(run, run in shipped) for run in store.ids()]


def run_row(run: str, shipped: bool = False) -> RunRow:
    """Returns one run, also one that is in no list."""
    try:
        history = store.history(store.folder(run))
        measures = history.measures()
    except LifelongError as error:
        return RunRow(run, shipped, error=str(error))
    config = history.config
    return RunRow(
        run,
        shipped,
        dataset=config.dataset,
        scenario=config.scenario,
        strategy=config.strategy,
        tasks=config.tasks,
        model=config.model,
        learned=len(history.learned),
        average_accuracy=measures["average_accuracy"],
        forgetting=measures["forgetting"],
        recipe=config.recipe,
        seed=config.seed,
    )
