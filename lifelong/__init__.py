"""Continual learning that can be seen and measured: scenarios, strategies, metrics, runs.

import lifelong as ll
tasks = ll.load_dataset("mnist").split("class", tasks=5)
run = ll.Run("replay", settings={"per_class": 20}).fit(tasks)
run.accuracy_, run.forgetting_, run.predict(images, after=0)
"""

import importlib
import os
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# Read when torch is loaded. A thread of torch (libgomp) that waits for another one spins so many
# times, and then sleeps. By default it is 30 times as often: beside another program, a whole
# network's threads then keep cores from each other (`python -m benchmarks.contention`).
os.environ.setdefault("GOMP_SPINCOUNT", "10000")

if TYPE_CHECKING:
    from . import plot
    from .errors import LifelongError
    from .estimators.comparison import compare
    from .estimators.dataset import Dataset, TaskSequence, load_dataset
    from .estimators.metric import metric
    from .estimators.run import Run, load_run
    from .estimators.sweep import sweep
    from .estimators.transfer import Transfer
    from .settings import choice, setting, stored
    from .strategies.base import Strategy

__all__ = [
    "Dataset",
    "LifelongError",
    "Run",
    "Strategy",
    "TaskSequence",
    "Transfer",
    "choice",
    "compare",
    "load_dataset",
    "load_run",
    "metric",
    "plot",
    "setting",
    "stored",
    "sweep",
]

# Imported when they are first asked for: the command line lists runs before torch is loaded.
_MODULES = {
    "Dataset": ".estimators.dataset",
    "LifelongError": ".errors",
    "Run": ".estimators.run",
    "Strategy": ".strategies.base",
    "TaskSequence": ".estimators.dataset",
    "Transfer": ".estimators.transfer",
    "choice": ".settings",
    "compare": ".estimators.comparison",
    "load_dataset": ".estimators.dataset",
    "load_run": ".estimators.run",
    "metric": ".estimators.metric",
    "setting": ".settings",
    "stored": ".settings",
    "sweep": ".estimators.sweep",
}


def __getattr__(name: str) -> Any:
    if name == "plot":
        return importlib.import_module(".plot", __name__)
    if name not in _MODULES:
        raise AttributeError(f"module 'lifelong' has no attribute '{name}'")
    return getattr(importlib.import_module(_MODULES[name], __name__), name)


def __dir__() -> list[str]:
    return [*globals(), *_MODULES, "plot"]
