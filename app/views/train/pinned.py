"""A visitor's pinned drawing on the Train page: how sure the network is of it after each task.

The drawing lies in the session of the browser's tab; what it sends is validated like any upload.
"""

import json
from dataclasses import dataclass
from functools import lru_cache

import streamlit as st

from app.shared import assets
from app.shared.data_urls import from_data_url
from app.views.train import pinned_chart
from lifelong import api
from lifelong.api import History, LifelongError
from lifelong.charts.chart_data import Row

LARGEST = 400_000  # characters of the drawing and its class; a drawing has some 10,000
POLL_SECONDS = 1.0  # between two looks for a new checkpoint
picture = st.components.v2.component(
    "lifelong_pinned",
    html=assets.read("train/pinned.html"),
    css=assets.read("train/pinned.css"),
    js=assets.read("train/pinned.js"),
)


@dataclass(frozen=True)
class Pinned:
    """Drawing or photograph that a visitor pinned. png: the file. name: the class it shows."""

    png: bytes
    name: str
    photo: bool


def sent_drawing(text: object) -> Pinned | None:
    """Returns the drawing that a browser sent as JSON; None for anything else.

    >>> sent_drawing('{"image": "data:image/png;base64,AAEC", "name": "7", "photo": false}')
    Pinned(png=b'\\x00\\x01\\x02', name='7', photo=False)
    >>> sent_drawing("[]"), sent_drawing(""), sent_drawing(None)
    (None, None, None)
    """
    if not isinstance(text, str) or len(text) > LARGEST:
        return None
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(given, dict) or not isinstance(given.get("name"), str):
        return None
    png = from_data_url(given.get("image"), LARGEST)
    return Pinned(png, given["name"], given.get("photo") is True) if png else None


def show(run: str, at_work: bool) -> None:
    """Shows the pinned drawing and what the run makes of it; nothing where none is pinned."""
    state = st.session_state
    polls = at_work and bool(state.get("pinned_text"))
    st.fragment(_show, run_every=POLL_SECONDS if polls else None)(run)


def _show(run: str) -> None:
    state = st.session_state
    known = state.get("pinned_text", "")
    drawing = sent_drawing(known)
    caption = pinned_chart.title(drawing.name) if drawing else ""
    data = {"known": known, "caption": caption}
    text = picture(key="pinned", data=data, on_pinned_change=lambda: None).pinned
    if text is not None and text != known:
        state["pinned_text"] = text if isinstance(text, str) and len(text) <= LARGEST else ""
        st.rerun()
    if drawing is None:
        return
    try:
        _chart(run, api.history(run), drawing)
    except LifelongError as error:
        st.caption(str(error))


def _chart(run: str, history: History, drawing: Pinned) -> None:
    task = task_of(run, history, drawing)
    if task is None:
        st.caption(pinned_chart.other_classes(drawing.name))
        return
    rows = list(_measured(run, len(history.learned), drawing, task))
    with st.container(key="pinned_chart"):
        st.vega_lite_chart(pinned_chart.spec(history, task, rows), key="pinned_line")
    st.markdown(pinned_chart.course(history, task, rows))
    st.caption(pinned_chart.measured(rows))


def task_of(run: str, history: History, drawing: Pinned) -> int | None:
    """Returns the task of a run that teaches the class of a drawing; None where none does."""
    if not history.has_started or api.holds_digits(run) == drawing.photo:
        return None
    classes = history.started.classes
    return next((task for task, names in enumerate(classes) if drawing.name in names), None)


@lru_cache(maxsize=64)
def _measured(run: str, learned: int, drawing: Pinned, task: int) -> tuple[Row, ...]:
    return tuple(measured(run, drawing, task)) if learned else ()


def measured(run: str, drawing: Pinned, task: int) -> list[Row]:
    """Returns a row for each checkpoint from the drawing's task on: tasks learned, probability.

    at: tasks learned, with the share of a begun one. step: whether it is within a task. Raises
    LifelongError for a drawing that cannot be read.
    """
    config, name = api.history(run).config, drawing.name
    pixels = api.preprocess(run, api.open_drawing(drawing.png), required=True)
    pixels = api.as_task_sees(run, pixels, task)
    label = task if config.rules.task_given else None
    first = 0 if api.strategy_outline(config.strategy).at_once else task
    rows = [
        {"at": each.after + 1.0, "share": each.probability_of.get(name, 0.0), "step": False}
        for each in api.classify(run, pixels, task=label)
        if each.after >= first
    ]
    for learning in api.tasks_with_steps(run):
        found = api.classify_within(run, pixels, learning, label)
        rows += [
            {
                "at": learning + each.step / found[-1].step,
                "share": each.answer.probability_of.get(name, 0.0),
                "step": True,
            }
            for each in found[1:-1]
            if learning > first
        ]
    return sorted(rows, key=lambda row: row["at"])
