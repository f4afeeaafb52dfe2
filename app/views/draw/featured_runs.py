"""Which runs can be drawn for, and which one is shown first; both faces ask here, so both show the same."""

from app.shared.labels import DATASETS
from lifelong import api

DEFAULT_RUN = "mnist-class-finetune"
PHOTO_RUN = "cifar10-class-finetune"  # the same for photographs
# By data set, a run that learned every class at once: it can say when a picture shows another class than the one named.
JUDGE_RUNS = {
    "mnist": "mnist-class-cumulative",
    "mnist-sample": "mnist-class-cumulative",
    "cifar10": "cifar10-class-cumulative",
}
PROMPT = "0"  # a class of the first task, because that is what a fine-tuned model forgets

SCENARIOS = {
    "task": "task-incremental",
    "domain": "domain-incremental",
    "class": "class-incremental",
    "transfer": "transfer",
}


def run_name(row: dict) -> str:
    """A run as people choose it.

    >>> run_name({"id": "a", "strategy": "finetune", "scenario": "class", "shipped": True})
    'Fine-tuning · class-incremental'
    >>> run_name({"id": "mnist-task-ewc-3f2a1c", "strategy": "ewc", "scenario": "task", "shipped": False})
    'EWC · task-incremental · run 3f2a1c'
    >>> run_name({"id": "a", "strategy": "ewc", "scenario": "task", "shipped": True, "dataset": "cifar10"})
    'EWC · task-incremental · CIFAR-10'
    """
    data = row.get("dataset", "mnist")
    name = f"{api.strategy_titles().get(row['strategy'], row['strategy'])} · {SCENARIOS.get(row['scenario'], row['scenario'])}"
    name += "" if data in ("mnist", "mnist-sample") else f" · {DATASETS.get(data, data)}"
    return name if row["shipped"] else f"{name} · run {row['id'].rsplit('-', 1)[-1]}"


def readable_runs() -> list[tuple[str, str]]:
    """(name, id) of every run that has learned something."""
    return [(run_name(row), row["id"]) for row in api.run_list() if row["learned"]]


def first_run(asked: str | None, runs: list[tuple[str, str]]) -> str | None:
    """The run asked for if it is there, else the default, else the newest; None when there is none."""
    ids = [run for _name, run in runs]
    return next((run for run in (asked, DEFAULT_RUN) if run in ids), ids[0] if ids else None)
