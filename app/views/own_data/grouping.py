"""The classes of a data set by task: dealt out evenly, dragged, or chosen in a list.

What the browser sends is validated here.
"""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from app.shared import assets
from app.views.own_data import text
from lifelong.api import own_data

MOST_TASKS = 20
USUAL_TASKS = 5
state = st.session_state
board = st.components.v2.component(
    "lifelong_grouping",
    html=assets.read("own_data/grouping.html"),
    css=assets.read("own_data/grouping.css"),
    js=assets.read("own_data/grouping.js"),
)


def show(classes: Sequence[str], of: str) -> list[list[str]]:
    """Shows the tasks with their classes; returns the classes of each task.

    of: the data that the classes are of; those of other data are dealt out anew.
    """
    st.header("Its tasks", anchor=False)
    if state.get("own_groups_of") != of:
        state["own_groups_of"] = of
        # Two classes a task where they suffice, and at least two tasks: one is no sequence.
        state["own_tasks"] = max(2, min(USUAL_TASKS, len(classes) // 2))
        _deal_out(len(classes))
    most = min(len(classes), MOST_TASKS)
    st.slider(
        "Number of tasks", 1, most, key="own_tasks", on_change=_deal_out, args=(len(classes),)
    )
    st.button(
        "Deal out evenly",
        key="own_even",
        icon=":material/splitscreen:",
        on_click=_deal_out,
        args=(len(classes),),
    )
    st.caption(text.GROUPS)
    groups: list[list[int]] = state["own_groups"]
    sent = board(
        key="own_board",
        data={"classes": list(classes), "groups": groups},
        on_groups_change=lambda: None,
    ).groups
    changed = sent_groups(sent, len(classes), len(groups))
    if changed is not None and changed != groups:
        state["own_groups"] = changed
        st.rerun()
    return [[classes[at] for at in group] for group in groups]


def _deal_out(count: int) -> None:
    even = own_data.even_groups(range(count), state["own_tasks"])
    state["own_groups"] = [list(group) for group in even]


def sent_groups(sent: Any, classes: int, tasks: int) -> list[list[int]] | None:
    """Returns the groups that a browser sent, numbers of classes by task; None for anything else.

    >>> sent_groups([[1], [0, 2]], 3, 2)
    [[1], [0, 2]]
    >>> sent_groups([[1], [0]], 3, 2), sent_groups([[0, 0]], 1, 1), sent_groups("x", 1, 1)
    (None, None, None)
    """
    if not isinstance(sent, list) or len(sent) != tasks:
        return None
    if not all(isinstance(group, list) for group in sent):
        return None
    numbers = [number for group in sent for number in group]
    if not all(type(number) is int for number in numbers):
        return None
    return sent if sorted(numbers) == list(range(classes)) else None
