"""The Inspect page: everything known about one run. The address holds run, task and moment."""

import streamlit as st

from app.shared import (
    chart_data,
    charts,
    labels,
    markdown,
    matrix_chart,
    measures,
    navigate,
    run_text,
    status,
)
from app.views.inspect.facts import show_facts
from lifelong import api
from lifelong.api import History, LifelongError, RunRow
from lifelong.formatting import sizes_by_kind

query, state = st.query_params, st.session_state


def page() -> None:
    """Shows the choice of runs, then the run, or a sentence where there is none to show."""
    rows = api.run_list()
    run = query.get("run") or next((row.id for row in rows if row.learned), None)
    own_name = next((row.name for row in rows if row.id == run), "")
    st.title(markdown.escaped(own_name) or "Inspect a run")
    _picker(rows, run)
    if run is None:
        st.info("There is no run yet. Train one first.")
        return
    if problem := labels.missing(run):
        st.error(f"{problem} Choose a run above.")
        return
    try:
        history = api.history(run)
        reference = api.reference_run(run) if history.learned else None
        _show(run, history, api.history(reference) if reference else None)
    except LifelongError as error:
        st.error(f"{error} Choose a run above.")


def _picker(rows: list[RunRow], run: str | None) -> None:
    titles = {row.id: labels.run_title(row) for row in rows}
    state["run_pick"] = run if run in titles else None
    st.selectbox(
        "Run",
        list(titles),
        key="run_pick",
        format_func=titles.__getitem__,
        placeholder="Choose a run",
        on_change=_on_run_change,
    )


def _on_run_change() -> None:
    if state["run_pick"] in {row.id for row in api.run_list()}:
        query.clear()
        query["run"] = state["run_pick"]


def _show(run: str, history: History, reference: History | None) -> None:
    st.caption(f"{labels.setup(history, run)}  \n{labels.source(history)}")
    if not history.learned:
        st.info(status.at_rest(history, api.state(run)))
        st.page_link(
            navigate.TRAIN,
            label="Training log",
            icon=":material/model_training:",
            query_params={"run": run},
        )
    else:
        st.markdown(f"### {run_text.result(history)}")
        _forgetting(history, reference)
        _measures(history, reference)
    if history.steps:
        _inside(history)
    show_facts(run, history)


def _measures(history: History, reference: History | None) -> None:
    st.subheader("In numbers")
    with st.container(horizontal=True, key="measures"):
        for measure in measures.measures(history, reference):
            st.metric(measure.title, measure.value, border=True, help=measure.meaning)
    if (stored := history.learned[-1].stored) is not None:
        st.markdown(f"It stores {sizes_by_kind(stored)} for earlier tasks.")
    if measures.label_matters(history):
        st.markdown(measures.label_worth(history))


def _selected(history: History) -> tuple[int | None, int | None]:
    """Returns task and moment of the address; warns of one that does not fit the run."""
    task = _number("task", 0, len(history.learned) - 1)
    after = _number("after", task, len(history.learned) - 1) if task is not None else None
    return task, after


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


def _select(task: int | None, after: int | None = None) -> None:
    """Puts task and moment into the address."""
    for name, value in (("task", task), ("after", after)):
        if value is None:
            query.pop(name, None)
        else:
            query[name] = str(value)


def _on_click(chart: str) -> None:
    """Selects the point; resets the other chart, so that its old point can be clicked again."""
    points = state[_key(chart)].selection.get("pick", [])
    if points:
        _select(int(points[0]["task"]), int(points[0]["after"]))
    other = "matrix" if chart == "curves" else "curves"
    state[f"made_{other}"] = state.get(f"made_{other}", 0) + 1


def _key(chart: str) -> str:
    return f"{chart}_{state.get(f'made_{chart}', 0)}"


def _forgetting(history: History, reference: History | None) -> None:
    """Shows curves and matrix, which share the selection."""
    st.subheader("What it forgot")
    task, after = _selected(history)
    _chooser(history, task, after)
    at = (task, after) if task is not None and after is not None else None
    left, right = st.columns(2, gap="large")
    with left:
        st.altair_chart(
            charts.forgetting_curves(history, reference, task, at),
            key=_key("curves"),
            on_select=lambda: _on_click("curves"),
            selection_mode="pick",
        )
        st.markdown(run_text.curves(history, reference))
    with right:
        drop = (
            st.segmented_control(
                "Matrix",
                ["Accuracy", "Change since learned"],
                default="Accuracy",
                key="matrix_view",
                required=True,
                label_visibility="collapsed",
            )
            != "Accuracy"
        )
        st.altair_chart(
            matrix_chart.forgetting_matrix(history, drop, at),
            key=_key("matrix"),
            on_select=lambda: _on_click("matrix"),
            selection_mode="pick",
        )
        st.markdown(run_text.matrix(history, drop))


def _chooser(history: History, task: int | None, after: int | None) -> None:
    """Shows the selection as pills, for the keyboard, and the sentence about it."""
    names, count = chart_data.task_names(history), len(history.learned)
    state["task"], state["after"] = task, after
    with st.container(horizontal=True, key="chooser"):
        st.pills(
            "Look at",
            range(count),
            key="task",
            wrap=True,
            format_func=names.__getitem__,
            on_change=lambda: _select(state["task"]),
        )
        if task is not None:
            st.pills(
                "After learning",
                range(task, count),
                key="after",
                wrap=True,
                format_func=names.__getitem__,
                on_change=lambda: _select(task, state["after"]),
            )
    with st.container(key="selection"):
        if task is None:
            st.markdown("Click a point or a cell, or choose a task.")
        elif after is None:
            st.markdown(run_text.course(history, task))
        else:
            st.markdown(run_text.picked(history, task, after))


def _inside(history: History) -> None:
    st.subheader("What happened inside the tasks")
    task, _ = _selected(history) if history.learned else (None, None)
    st.vega_lite_chart(charts.live_spec(history, task), key="inside")
    st.markdown(run_text.inside(history, task))


page()
