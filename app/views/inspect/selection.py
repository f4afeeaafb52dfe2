"""Selection of the Inspect page: task and moment, which its address holds and all charts share."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from lifelong.api import History
from lifelong.charts import chart_data, long_runs

query, state = st.query_params, st.session_state
CHARTS = ("curves", "matrix")


@dataclass(frozen=True)
class Selection:
    """Task that is looked at and the moment after which, both None where nothing is chosen."""

    task: int | None = None
    after: int | None = None

    @property
    def cell(self) -> tuple[int, int] | None:
        """The chosen cell of the matrix, (task, after)."""
        return None if self.task is None or self.after is None else (self.task, self.after)


def of_address(history: History) -> Selection:
    """Returns the selection in the address; warns of one that does not fit the run."""
    last = len(history.learned) - 1
    task = _number("task", 0, last)
    return Selection(task, _number("after", task or 0, last))


def _number(name: str, least: int, most: int) -> int | None:
    given = query.get(name)
    if given is None:
        return None
    if given.isascii() and given.isdigit() and least <= int(given[:6]) <= most:
        return int(given)
    st.warning(
        f"The address asks for {name} {given[:20]!r}, which this run does not have; "
        f"it can be {least} to {most}, counted from 0."
    )
    return None


def moment(otherwise: int, last: int) -> int:
    """Returns the moment in the address that the part about answers shows."""
    given = _number("moment", 0, last)
    return otherwise if given is None else given


def put_moment(shown: int) -> None:
    """Puts the moment that the part about answers shows into the address."""
    query["moment"] = str(shown)


def select(task: int | None, after: int | None = None) -> None:
    """Puts task and moment into the address; all parts show that moment."""
    for name, value in (("task", task), ("after", after), ("moment", None)):
        if value is None:
            query.pop(name, None)
        else:
            query[name] = str(value)


def on_click(chart: str) -> None:
    """Selects the point; resets the other charts, so that their old point can be clicked again."""
    points = state[key(chart)].selection.get("pick", [])
    if points:
        select(int(points[0]["task"]), int(points[0]["after"]))
    for other in CHARTS:
        if other != chart:
            state[f"made_{other}"] = state.get(f"made_{other}", 0) + 1


def key(chart: str) -> str:
    """Returns the key of a chart that can be clicked."""
    return f"{chart}_{state.get(f'made_{chart}', 0)}"


def _from_list(label: str, options: range, wrap: bool, **given: Any) -> None:
    """Shows a list to choose from or search in, where pills would fill the page."""
    st.selectbox(label, options, index=None, placeholder="Choose a task", **given)


def chooser(history: History, selection: Selection) -> None:
    """Shows the selection as pills, for the keyboard."""
    names, count = chart_data.task_names(history), len(history.learned)
    state["task"], state["after"] = selection.task, selection.after
    key = "chooser" if selection.task is None else "chooser_moment"  # whose style keeps room
    choose = st.pills if count <= long_runs.MOST_DRAWN else _from_list
    with st.container(horizontal=True, key=key):
        choose(
            "Look at",
            range(count),
            key="task",
            wrap=True,
            format_func=names.__getitem__,
            on_change=lambda: select(state["task"]),
        )
        if selection.task is not None:
            choose(
                "After learning",
                range(selection.task, count),
                key="after",
                wrap=True,
                format_func=names.__getitem__,
                on_change=lambda: select(selection.task, state["after"]),
            )
