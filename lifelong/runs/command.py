"""Commands that make a run of the same configuration, as they are typed."""

import shlex
from collections.abc import Mapping
from typing import Any

from .. import datasets
from ..config import RunConfig


def of_run(c: RunConfig) -> str:
    """Returns the command that makes a run of the same configuration.

    A class is taught from pictures, whose files have other names wherever they are.
    """
    if c.taught and c.original:
        last = c.taught[-1]
        return line(
            f"teach {shlex.quote(c.original)} *.png", {"name": last.name, "strategy": last.strategy}
        )
    named = {
        "dataset": c.dataset,
        "scenario": c.scenario,
        "strategy": c.strategy,
        "recipe": c.recipe,
        "tasks": c.tasks,
        "seed": c.seed,
        "model": c.model if c.model != RunConfig().model else None,
    }
    return line("train", named | flags(c))


def flags(config: RunConfig) -> dict[str, Any]:
    """Returns the rest of a run's configuration by flag; None where nothing was chosen."""
    settings = config.settings | config.network
    # Where every task has all classes, their order follows from the number of tasks.
    has_order = datasets.outline(config.dataset).transformation is None
    return {
        "target": config.target,
        "images-per-class": config.images_per_class,
        "steps": config.steps,
        "learning-rate": config.learning_rate,
        "class-order": config.class_order if has_order else None,
        "task-sizes": config.task_sizes if has_order else None,
        **{
            name.replace("_", "-"): v if isinstance(v, str) else f"{v:.12g}"
            for name, v in settings.items()
        },
    }


def line(command: str, flags: Mapping[str, Any]) -> str:
    """Returns a command of this project as it is typed; flags of None are left out."""
    spelled = {
        name: ",".join(map(str, v)) if isinstance(v, tuple) else str(v)
        for name, v in flags.items()
        if v is not None
    }
    return f"python -m lifelong {command} " + " ".join(
        f"--{name} {shlex.quote(v)}" for name, v in spelled.items()
    )
