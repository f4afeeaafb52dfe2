"""Expectation of the run that the form describes: a finished one like it."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from app.shared import navigate, run_text
from lifelong import api
from lifelong.api import History, RunRow

SAME = ("dataset", "scenario", "strategy", "tasks", "model")


def nearest(rows: Sequence[RunRow], chosen: Mapping[str, Any]) -> RunRow | None:
    """Returns the finished run that is most like what was chosen: by its recipe, then its seed."""
    alike = [
        row
        for row in rows
        if not row.error
        and not row.taught
        and row.learned == row.tasks
        and all(getattr(row, name) == chosen[name] for name in SAME)
    ]
    # Of equal ones the first, which is the newest.
    return min(
        alike,
        key=lambda row: (row.recipe != chosen["recipe"], row.seed != chosen["seed"]),
        default=None,
    )


def sentence(
    history: History, chosen: Mapping[str, Any], settings: Mapping[str, Any], order: Sequence[int]
) -> str:
    """Returns what a finished run like the one chosen reached, and in what it differs.

    settings: of the strategy, as chosen. order: labels in the order of arrival for the seed chosen.
    """
    differences = _differences(history, chosen, settings, order)
    like = f", but {' and '.join(differences)}" if differences else ""
    return f"A finished run with these choices{like}: {run_text.result(history)}"


def _differences(
    history: History, chosen: Mapping[str, Any], settings: Mapping[str, Any], order: Sequence[int]
) -> list[str]:
    config = history.config
    texts = []
    if config.recipe != chosen["recipe"]:
        texts.append(f"with the {config.recipe} recipe")
    if [label for task in history.started.labels for label in task] != list(order):
        texts.append(f"with another order of classes (seed {config.seed})")
    elif config.seed != chosen["seed"]:
        texts.append(f"with another random start (seed {config.seed})")
    if any(settings.get(name, value) != value for name, value in config.settings.items()):
        texts.append("with other settings")
    if config.steps is not None or config.learning_rate is not None:
        texts.append("with its own number of steps or learning rate")
    return texts


def show(chosen: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
    """Shows what to expect, where there is a finished run like the one chosen.

    chosen: fields of the configuration. settings: of the strategy.
    """
    row = nearest(api.run_list(), chosen)
    if row is None:
        return
    history = api.history(row.id)
    count = sum(map(len, history.started.labels))
    transformed = api.dataset_spec(chosen["dataset"]).transformation is not None
    order = range(count) if transformed else api.class_order(chosen["seed"], count)
    with st.container(key="expected"):
        st.markdown(f"**What to expect.** {sentence(history, chosen, settings, order)}")
        st.page_link(
            navigate.INSPECT,
            label="Look at that run",
            icon=":material/query_stats:",
            query_params={"run": row.id},
        )
