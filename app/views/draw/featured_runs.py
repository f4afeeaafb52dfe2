"""Runs of the drawing page: which can be chosen and which one is shown first."""

from lifelong import api
from lifelong.api import RunRow

DEFAULT_RUN = "mnist-class-finetune"
PHOTO_RUN = "cifar10-class-finetune"  # the same for photographs
PROMPT = "0"  # a class of the first task, because that is what a fine-tuned model forgets


def run_name(row: RunRow) -> str:
    """Returns the name of a run in a list of choices.

    >>> from dataclasses import replace
    >>> shipped = RunRow("mnist-task-ewc", True, "mnist", "task", "ewc")
    >>> run_name(shipped), run_name(replace(shipped, dataset="cifar10"))
    ('EWC · task-incremental', 'EWC · task-incremental · CIFAR-10')
    >>> run_name(replace(shipped, id="mnist-task-ewc-3f2a1c", shipped=False))
    'EWC · task-incremental · run 3f2a1c'
    """
    data = api.dataset_spec(row.dataset)
    strategy = api.strategy_titles().get(row.strategy, row.strategy)
    name = f"{strategy} · {api.SCENARIOS[row.scenario].short_title}"
    name += "" if data.kind == "digit" else f" · {data.title}"
    return name if row.shipped else f"{name} · run {row.id.rsplit('-', 1)[-1]}"


def readable_runs() -> list[tuple[str, str]]:
    """Returns (name, id) of every run that has learned a task."""
    return [(run_name(row), row.id) for row in api.run_list() if row.learned]


def first_run(requested: str | None, runs: list[tuple[str, str]]) -> str | None:
    """Returns the requested run if it exists, else the default or the newest; None without runs."""
    ids = [run for _name, run in runs]
    return next((run for run in (requested, DEFAULT_RUN) if run in ids), ids[0] if ids else None)
