"""Next steps after a run: the runs that shed light on it. Pure functions."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from app.shared import labels
from app.views.train.orders import fields_of
from lifelong import api
from lifelong.api import History, RunRow

# After a strategy, those that say most beside it; the first that the scenario has is offered.
AFTER = {
    "finetune": ("replay",),
    "replay": ("analytic", "ewc"),
    "frozen": ("finetune",),
    "scratch": ("finetune",),
}
OTHERWISE = ("finetune", "replay")
WITH = {"finetune": "Same without any protection", "replay": "Same with replay"}
MOST_COMPARED = 6
SHARED = ("dataset", "scenario", "tasks", "model", "recipe", "seed")


@dataclass(frozen=True)
class NextStep:
    """A run that is offered after another one: the label of its button and its configuration."""

    label: str
    fields: dict[str, Any]


def next_step(history: History, strategies: Collection[str]) -> NextStep | None:
    """Returns the run to be offered after a finished one or one that diverged, None for none.

    strategies: the names of those defined for the scenario. After a run that diverged it is that
    run at half the learning rate. Where the recipe was too short for the strategy, it is the same
    strategy with the longer one. After a run that was taught a class there is none.
    """
    config = history.config
    if config.original or config.taught:
        return None
    if history.diverged:
        return _slower(history)
    if quick_note(history):
        same = {"strategy": config.strategy, "settings": config.settings}
        fields = {**fields_of(history), **same, "recipe": "paper"}
        return NextStep("Same with the paper recipe", fields)
    names = AFTER.get(config.strategy, OTHERWISE)
    name = next((name for name in names if name in strategies), None)
    if name is None:
        return None
    label = WITH.get(name) or f"Same with {labels.within_sentence(labels.strategy_title(name))}"
    return NextStep(label, {**fields_of(history), "strategy": name, "settings": {}})


def _slower(history: History) -> NextStep:
    """Returns the same run at half the learning rate."""
    config = history.config
    rate = config.training_recipe.learning_rate / 2
    same = {"strategy": config.strategy, "settings": config.settings}
    fields = {**fields_of(history), **same, "learning_rate": rate}
    return NextStep(f"Same with a learning rate of {rate:g}", fields)


def quick_note(history: History) -> str:
    """Returns the note of a strategy for which the recipe of this run is too short, else ''."""
    config = history.config
    quick = config.recipe == "quick" and config.steps is None
    return api.strategy_outline(config.strategy).quick_note if quick else ""


def comparable(run: str, rows: Sequence[RunRow]) -> list[str]:
    """Returns a run and the newest finished ones of other strategies in the same setting.

    rows: all runs, the newest first.
    """
    own = next((row for row in rows if row.id == run), None)
    if own is None:
        return [run]
    newest: dict[str, str] = {own.strategy: run}
    for row in rows:
        alike = all(getattr(row, name) == getattr(own, name) for name in SHARED)
        if alike and not row.error and not row.taught and row.learned == row.tasks:
            newest.setdefault(row.strategy, row.id)
    return list(newest.values())[:MOST_COMPARED]
