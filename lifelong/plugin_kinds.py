"""Kinds of plug-ins: the class that each is of, and names that it must not have."""

import importlib
import inspect
from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """A kind of plug-in.

    base: the class that it inherits from or, if is_value, is an instance of. reserved: names that
    no plug-in of another package may have.
    """

    noun: str
    module: str
    base: str
    is_value: bool
    reserved: frozenset[str] = frozenset()

    def fits(self, found: object) -> bool:
        """Returns whether an object is a plug-in of this kind."""
        # Imported late: most of these modules import torch, and all of them import this one.
        base = getattr(importlib.import_module(self.module, __package__), self.base)
        if self.is_value:
            return isinstance(found, base)
        return inspect.isclass(found) and issubclass(found, base)


# Keys of the report of a run and of a comparison, beside those of metrics.
_REPORT_KEYS = frozenset((
    "run", "dataset", "source", "scenario", "strategy", "model", "recipe", "seed", "precision",
    "device", "tasks", "accuracy", "accuracy_task_label_given", "stored", "seconds",
    "operations", "peak_memory",
    "n", "mean", "sem", "runs",
))  # fmt: skip
KINDS = {
    "strategies": Kind("strategy", ".strategies.base", "Strategy", is_value=False),
    "models": Kind("model", ".models.base", "Model", is_value=False),
    "datasets": Kind("dataset", ".datasets.base", "DatasetSpec", is_value=True),
    "metrics": Kind("metric", ".metrics", "Metric", is_value=True, reserved=_REPORT_KEYS),
}
