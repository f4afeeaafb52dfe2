"""Model card of a run: the README.md of its repository on the Hugging Face Hub, and its curves."""

import importlib.util
import io
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from .. import datasets, plot
from ..config import SCENARIOS
from ..errors import LifelongError
from ..formatting import number, percent
from ..metrics import all_metrics
from ..runs import archives, bookmarks, command
from ..runs import store as run_store
from ..runs.folders import is_locked
from ..runs.history import History
from ..service.catalog import strategy_titles
from ..storage.hub import Content
from . import report

CURVES = "curves.png"
README = "README.md"
LICENSE = "mit"
# Kinds of metrics as the Hub names them; others go by their own names.
HUB_METRICS = {"average_accuracy": "accuracy"}
# Characters that mean something in Markdown; a class of a person's own may be named by them.
MARKUP = {ord(each): f"&#{ord(each)};" for each in "|<>[]*_`#&!\\\n"}


def files(folder: Path, repository: str) -> dict[str, Content]:
    """Returns the files that a run has on the Hub, by name: its own, its card and its curves.

    A name and a star are a person's own and stay here. Raises LifelongError for a run that has
    learned nothing or is being learned.
    """
    if is_locked(folder):
        raise LifelongError(
            f"The run {folder.name} is being learned, and its files change; wait for it or stop it."
        )
    history = run_store.history(folder)
    if not history.learned:
        raise LifelongError(f"The run {folder.name} has not learned a task yet; train it first.")
    own = [file for file in archives.files_of(folder) if file.name != bookmarks.FILE]
    curves = _curves(folder, history)
    extra: dict[str, Content] = {CURVES: curves} if curves else {}
    card = _card(folder, history, repository, CURVES if curves else None)
    return {README: card.encode(), **{file.name: file for file in own}, **extra}


def _curves(folder: Path, history: History) -> bytes | None:
    """Returns the forgetting curves as a PNG file; None where nothing is installed to draw it."""
    if importlib.util.find_spec("vl_convert") is None:
        return None
    out = io.BytesIO()
    chart = plot.forgetting_curves(history, plot.reference_of(folder.name))
    plot.write(chart, out, "png", **plot.OPTIONS["png"])
    return out.getvalue()


def _card(folder: Path, history: History, repository: str, curve: str | None) -> str:
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # Markdown; what people name is escaped below
    )
    config, versions = history.config, report.versions()
    rows = [[percent(share) for share in row.accuracy] for row in history.learned]
    heads = config.rules.task_names(config.tasks)[: len(rows)]
    text = templates.get_template("model_card.md").render(
        metadata=metadata(folder, history, repository),
        title=repository.partition("/")[2],
        strategy=strategy_titles().get(config.strategy, config.strategy),
        scenario=_scenario(config.scenario),
        dataset=datasets.outline(config.dataset).title.translate(MARKUP),
        learned=len(rows),
        tasks=config.tasks,
        made_with=config.version,
        curve=curve,
        measures=_measures(folder, history),
        heads=heads,
        rows=[
            {"name": head, "cells": [*cells, *[""] * (len(rows) - len(cells))]}
            for head, cells in zip(heads, rows)
        ],
        classes=[", ".join(names).translate(MARKUP) for names in history.started.classes],
        repository=repository,
        command=command.of_run(config),
        source=history.started.source.translate(MARKUP),
        versions=", ".join(f"{name} {version}" for name, version in versions.items()),
    )
    return text


def _scenario(name: str) -> str:
    title = SCENARIOS[name].title
    return title[:1].lower() + title[1:]


def _measures(folder: Path, history: History) -> list[dict[str, Any]]:
    measures = history.measures(plot.reference_of(folder.name))
    return [
        {"title": each.title, "meaning": each.meaning, "value": percent(measures[each.name])}
        for each in all_metrics()
        if measures[each.name] is not None
    ]


def metadata(folder: Path, history: History, repository: str) -> str:
    """Returns the front matter of a card, as YAML without its fences."""
    from huggingface_hub import EvalResult, ModelCardData

    config = history.config
    spec = datasets.outline(config.dataset)
    measures = history.measures(plot.reference_of(folder.name))
    results = [
        EvalResult(
            task_type="image-classification",
            dataset_type=spec.hub or config.dataset,
            dataset_name=f"{spec.title}, {config.tasks} tasks, {_scenario(config.scenario)}",
            metric_type=HUB_METRICS.get(each.name, each.name),
            metric_name=each.title,
            metric_value=round(value, 6),
        )
        for each in all_metrics()
        if (value := measures[each.name]) is not None
    ]
    tags = ["continual-learning", "catastrophic-forgetting", "image-classification"]
    return ModelCardData(
        library_name="lifelong",
        license=LICENSE,
        pipeline_tag="image-classification",
        tags=[*tags, f"{config.scenario}-incremental", config.strategy, config.model],
        datasets=[spec.hub] if spec.hub else None,
        model_name=repository.partition("/")[2],
        eval_results=results,
    ).to_yaml()


def summary(history: History) -> str:
    """Returns one line about a run, for the message of a commit."""
    accuracy = history.measures()["average_accuracy"]
    config, share = history.config, "–" if accuracy is None else f"{number(accuracy)} %"
    return f"{config.strategy} on {config.dataset}, {config.scenario}: average accuracy {share}"
