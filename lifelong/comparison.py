"""Strategies side by side: the same tasks, the same images in the same order, mean and error over seeds."""

from collections.abc import Callable, Iterator
from typing import Any

from . import registry
from .config import RunConfig
from .experiment import resolve, run
from .history import History
from .metrics import mean_and_sem
from .records import Event
from .settings_options import defaults

MEASURED = ("average_accuracy", "average_incremental_accuracy", "forgetting", "backward_transfer", "forward_transfer",
            "learning_accuracy", "seconds")


def race(configurations: list[RunConfig], watch: Callable[[Iterator[Event], RunConfig], Iterator[Event]]) -> list[dict[str, Any]]:
    """Runs them one after the other; one row a strategy with mean, sem and the runs it is made of.

    watch: is handed each run's events and passes them on, to show how far it is.
    Raises LifelongError before anything is run when a name or value does not fit.
    """
    rows: dict[str, list[dict[str, Any]]] = {}
    for config in [resolve(c) for c in configurations]:
        told = History(config, tuple(watch(run(config), config))).report(run=None)
        rows.setdefault(config.strategy, []).append(told)
    return [_row(strategy, told) for strategy, told in rows.items()]


def _row(strategy: str, told: list[dict[str, Any]]) -> dict[str, Any]:
    summary = {name: mean_and_sem([t[name] for t in told]) for name in MEASURED}
    mean = {name: m for name, (m, _) in summary.items()}
    tasks = range(told[0]["tasks"])
    accuracy = [[mean_and_sem([t["accuracy"][i][j] for t in told])[0] for j in tasks] for i in tasks]
    return {
        "strategy": strategy, "scenario": told[0]["scenario"], "n": len(told), "accuracy": accuracy, **mean,
        "mean": mean, "sem": {name: s for name, (_, s) in summary.items()}, "run": None, "runs": told,
    }


def strategy_rows() -> list[dict[str, Any]]:
    """Every strategy with its words and settings, as plain values."""
    rows = []
    for name in registry.names("strategies"):
        s = registry.strategy(name)
        rows.append({"name": name, "title": s.title, "summary": s.summary, "stores": s.stores, "costs": s.costs, "source": s.source,
                     "scenarios": sorted(s.scenarios), "settings": defaults(s)})
    return rows
