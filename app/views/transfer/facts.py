"""Configuration and curves of a study as tables, and the command that makes it again."""

import pandas as pd

from app.shared import labels
from lifelong import api
from lifelong.api import AXES, StudyConfig, StudyResult
from lifelong.formatting import decimal, duration

COLUMNS = [
    "axis",
    "way",
    "images_per_class",
    "step",
    "target",
    "target_sem",
    "source",
    "source_sem",
    "n",
]
FEW_IMAGES = (
    "drawn at random for each seed; the 5 contain the 1, and all regimes learn from the same ones"
)


def facts(result: StudyResult) -> list[tuple[str, str]]:
    """Returns the configuration of a study and what was known at its start, as (name, value)."""
    config, run = result.config, result.config.run
    rows = []
    if config.protect:
        settings = labels.settings_text(run.settings)
        protector = labels.strategy_title(config.protect)
        rows.append(("Protected by", protector + (f" ({settings})" if settings else "")))
    if not config.pretrained:  # of few images its passes say nothing
        rows.append(("Recipe", f"{run.recipe}: {api.RECIPES[run.recipe].about}"))
    rows.append(("Seeds", f"0 to {config.seeds - 1}" if config.seeds > 1 else "0"))
    if result.has_begun:
        rows += _facts_at_start(result)
    return [*rows, ("Took", duration(result.seconds)), ("Version", run.version)]


def _facts_at_start(result: StudyResult) -> list[tuple[str, str]]:
    config, run, began = result.config, result.config.run, result.began
    each = "" if config.pretrained else " each of source and target"
    probes = f"by steps: up to {began.probe_images:,} test images{each}"
    return [
        ("Data", began.data),
        ("Source", ", ".join(began.source)),
        ("Target", ", ".join(began.target)),
        ("Network", f"{run.model}, {began.parameters:,} parameters, {run.precision}"),
        ("Few images", FEW_IMAGES),
        ("Steps", _steps(result)),
        ("Learning rate", learning_rate(config)),
        ("Points", f"by images: all test images; {probes}"),
    ]


def learning_rate(config: StudyConfig) -> str:
    """Returns the learning rate, and that of the pretrained layers where it differs."""
    usual = decimal(config.run.training_recipe.learning_rate)
    if not config.pretrained or config.run.learning_rate is not None:
        return usual
    smaller = decimal(api.FINE_TUNE_LEARNING_RATE)
    return f"{usual}; {smaller} where all of the pretrained network learns on"


def _steps(result: StudyResult) -> str:
    steps = sorted({event.steps for event in result.learned})
    count = " or ".join(map(str, steps)) or "as many as the recipe takes"
    batch = result.config.run.training_recipe.batch
    return f"{count}, of up to {batch} images each; every regime begins with a fresh optimiser"


def command(result: StudyResult) -> str:
    """Returns the command that makes a study of the same configuration."""
    config, run = result.config, result.config.run
    named = {
        "dataset": run.dataset,
        "seeds": config.seeds,
        "protect": config.protect,
        "model": run.model,
        "recipe": run.recipe,
        "images": config.sizes,
    }
    verb = "transfer --pretrained" if config.pretrained else "transfer"
    return api.command.line(verb, named | api.command.flags(run))


def curves_csv(result: StudyResult) -> str:
    """Returns all points of all curves as CSV, shares in [0, 1]."""
    largest = result.began.sizes[-1] or "all"
    rows = []
    for axis in AXES:
        for regime in result.regimes:
            for point in result.curve(axis, regime):
                count = (point.size or "all", "") if axis == "images" else (largest, int(point.x))
                source = point.source or (None, None)
                rows.append((axis, regime, *count, *point.target, *source, point.n))
    shares = dict.fromkeys(["target", "target_sem", "source", "source_sem"], float)
    table = pd.DataFrame(rows, columns=COLUMNS).astype(shares)
    return table.to_csv(index=False, float_format="%.6f", lineterminator="\n")
