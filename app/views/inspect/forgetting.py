"""The part of the Inspect page about lost accuracy: curves, matrix, and the drop in two parts."""

import streamlit as st

from app.shared import navigate, run_text, started
from app.views.inspect import words
from app.views.inspect.selection import Selection, chooser, key, on_click
from lifelong import api
from lifelong.api import History, LifelongError
from lifelong.charts import curve_charts, drop_chart, matrix_chart

ACCURACY, CHANGE, FORGOTTEN = "Accuracy", "Change since learned", "Forgotten"


def show(run: str, history: History, reference: History | None, at: Selection) -> None:
    """Shows curves and matrix, which share the selection, and the parts of each drop."""
    drops = api.drops(run)
    last = drops[len(history.learned) - 1] if drops else None
    st.header(words.heading(last), anchor=False)
    chooser(history, at)
    with st.container(key="selection"):
        st.markdown(_about(history, last, at))
    left, right = st.columns(2, gap="large")
    with left:
        st.altair_chart(
            curve_charts.forgetting_curves(history, reference, at.task, at.cell),
            key=key("curves"),
            on_select=lambda: on_click("curves"),
            selection_mode="pick",
        )
        st.markdown(run_text.curves(history, reference))
    with right:
        _matrix(history, drops, at)
    if len(history.learned) > 1:
        _parts(run, history, last, at)


def _about(history: History, last: words.Drops | None, at: Selection) -> str:
    if at.task is None:
        return "Click a point or a cell, or choose a task."
    if at.after is None:
        split = words.lost_and_split(history, last, at.task)
        return run_text.course(history, at.task) + split
    return run_text.picked(history, at.task, at.after)


def _matrix(history: History, drops: list[words.Drops] | None, at: Selection) -> None:
    views = [ACCURACY, CHANGE, *([FORGOTTEN] if drops else [])]
    view = st.segmented_control(
        "Matrix", views, default=ACCURACY, key="matrix", required=True, wrap=True,
        label_visibility="collapsed", bind="query-params",
    )  # fmt: skip
    parts = drops if view == FORGOTTEN else None
    few = history.config.tasks < 5  # a small one needs less of the room that the style keeps
    with st.container(key="few_cells" if few else "cells"):
        st.altair_chart(
            matrix_chart.forgetting_matrix(history, view == CHANGE, at.cell, parts),
            key=key("matrix"),
            on_select=lambda: on_click("matrix"),
            selection_mode="pick",
        )
    if parts:
        st.markdown(words.matrix(parts[len(history.learned) - 1]))
    else:
        st.markdown(run_text.matrix(history, view == CHANGE))


def _parts(run: str, history: History, last: words.Drops | None, at: Selection) -> None:
    """Shows how much of each drop was forgotten, or how that could be known."""
    st.header("Forgotten, or a harder question?", anchor=False)
    if last is not None and any(drop is not None for drop in last[:-1]):
        st.altair_chart(drop_chart.drop_bars(history, last, at.task), key="parts")
        st.markdown(words.split(last[: len(history.learned)]))
        return
    wanted = api.reference_config(run)
    if wanted is None:
        st.markdown(words.IS_REFERENCE)
        return
    st.markdown(words.NO_REFERENCE)
    if history.config.program or api.access.is_read_only():
        return
    st.button("Train cumulative training beside it", on_click=_train, args=(run,), key="reference")
    if problem := st.session_state.pop("refused", None):
        st.error(problem)


def _train(run: str) -> None:
    """Creates and starts the reference run; the page of training shows it."""
    wanted = api.reference_config(run)
    if wanted is None:
        return
    try:
        made = api.create(**wanted.model_dump(exclude_defaults=True))
        started.learn(made)
    except LifelongError as error:
        st.session_state["refused"] = str(error)
        return
    st.session_state["watch"] = made


def follow() -> None:
    """Goes to the page of training, if a run was just started here. At the start of the page."""
    if made := st.session_state.pop("watch", None):
        st.switch_page(navigate.TRAIN, query_params={"run": made})
