"""The Inspect page: everything known about one run. The address holds the run, the task and the moment looked at."""

import json

import streamlit as st

from app.shared import chart_data, charts, labels, navigate, run_text, status
from lifelong import api
from lifelong.api import History, LifelongError

query, state = st.query_params, st.session_state


def page() -> None:
    """The picker, then the run, or a sentence about why there is none to show."""
    listed = api.run_list()
    st.title("Inspect a run")
    run = query.get("run") or next(
        (row["id"] for row in listed if not row["error"] and row["learned"]), None
    )
    _picker(listed, run)
    if run is None:
        st.info("There is no run yet. Train one first.")
        return
    if problem := labels.missing(run):
        st.error(f"{problem} Choose a run above.")
        return
    try:
        history = api.history(run)
        cumulative = api.reference_run(run) if history.learned else None
        _show(run, history, api.history(cumulative) if cumulative else None)
    except LifelongError as error:
        st.error(f"{error} Choose a run above.")


def _picker(listed: list[dict], run: str | None) -> None:
    titles = {row["id"]: labels.run_title(row) for row in listed}
    state["run_pick"] = run if run in titles else None
    st.selectbox(
        "Run",
        list(titles),
        key="run_pick",
        format_func=titles.get,
        placeholder="Choose a run",
        on_change=_other_run,
    )


def _other_run() -> None:
    query.clear()
    if state["run_pick"]:
        query["run"] = state["run_pick"]


def _show(run: str, history: History, cumulative: History | None) -> None:
    st.caption(f"{labels.setup(history, run)}  \n{labels.source(history)}")
    if not history.learned:
        st.info(status.standing(history, api.state(run)))
        st.page_link(
            navigate.TRAIN,
            label="Go to its training",
            icon=":material/model_training:",
            query_params={"run": run},
        )
    else:
        st.markdown(f"### {run_text.result(history)}")
        _forgetting(history, cumulative)
        _measures(history, cumulative)
    if history.steps:
        _inside(history)
    _facts(run, history)


def _measures(history: History, cumulative: History | None) -> None:
    st.subheader("In numbers")
    with st.container(horizontal=True, key="measures"):
        for name, value, meaning in run_text.measures(history, cumulative):
            st.metric(name, value, border=True, help=meaning)
    if (kept := history.learned[-1].stored) is not None:
        st.markdown(f"For the sake of earlier tasks it keeps {api.stored(kept)}.")
    if run_text.label_matters(history):
        st.markdown(run_text.labelled(history))


def _looked_at(history: History) -> tuple[int | None, int | None]:
    """The task and the moment in the address; what does not fit the run is told and left out."""
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
        f"The address asks for {name} {given[:20]!r}, which this run does not have; it can be {least} to {most}, counted from 0."
    )
    return None


def _look_at(task: int | None, after: int | None = None) -> None:
    """Puts what is looked at into the address."""
    for name, value in (("task", task), ("after", after)):
        if value is None:
            query.pop(name, None)
        else:
            query[name] = str(value)


def _clicked(chart: str) -> None:
    """A click on a chart: the other one is made anew, so that a click on its old point counts as a new click."""
    points = state[_key(chart)].selection.get("pick", [])
    if points:
        _look_at(int(points[0]["task"]), int(points[0]["after"]))
    other = "matrix" if chart == "curves" else "curves"
    state[f"made_{other}"] = state.get(f"made_{other}", 0) + 1


def _key(chart: str) -> str:
    return f"{chart}_{state.get(f'made_{chart}', 0)}"


def _forgetting(history: History, cumulative: History | None) -> None:
    """Curves and matrix, which share what is looked at."""
    st.subheader("What it forgot")
    task, after = _looked_at(history)
    _chooser(history, task, after)
    at = (task, after) if task is not None and after is not None else None
    left, right = st.columns(2, gap="large")
    with left:
        st.altair_chart(
            charts.forgetting_curves(history, cumulative, task, at),
            key=_key("curves"),
            on_select=lambda: _clicked("curves"),
            selection_mode="pick",
        )
        st.markdown(run_text.curves(history, cumulative))
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
            charts.forgetting_matrix(history, drop, at),
            key=_key("matrix"),
            on_select=lambda: _clicked("matrix"),
            selection_mode="pick",
        )
        st.markdown(run_text.matrix(history, drop))


def _chooser(history: History, task: int | None, after: int | None) -> None:
    """The same choice as a click on a chart, for the keyboard, and the sentence about it."""
    names, count = chart_data.names(history), len(history.learned)
    state["task"], state["after"] = task, after
    with st.container(horizontal=True, key="chooser"):
        st.pills(
            "Look at",
            range(count),
            key="task",
            wrap=True,
            format_func=names.__getitem__,
            on_change=lambda: _look_at(state["task"]),
        )
        if task is not None:
            st.pills(
                "After learning",
                range(task, count),
                key="after",
                wrap=True,
                format_func=names.__getitem__,
                on_change=lambda: _look_at(task, state["after"]),
            )
    with st.container(key="told"):
        if task is None:
            st.markdown("Click a point or a cell, or choose a task.")
        elif after is None:
            st.markdown(run_text.course(history, task))
        else:
            st.markdown(run_text.picked(history, task, after))


def _inside(history: History) -> None:
    st.subheader("What happened inside the tasks")
    task, _ = _looked_at(history) if history.learned else (None, None)
    st.vega_lite_chart(charts.live_spec(history, task), key="inside")
    st.markdown(run_text.inside(history, task))


def _facts(run: str, history: History) -> None:
    st.subheader("The run")
    st.markdown(
        "\n".join(
            [
                "| About | This run |",
                "|---|---|",
                *(f"| {name} | {value} |" for name, value in labels.facts(history)),
            ]
        )
    )
    with st.container(horizontal=True, vertical_alignment="center", key="downloads"):
        if history.learned:
            st.download_button(
                "Matrix (CSV)",
                chart_data.csv(history),
                f"{run}.csv",
                "text/csv",
                icon=":material/download:",
                on_click="ignore",
                key="csv",
            )
        report = json.dumps(history.report(run), indent=2)
        st.download_button(
            "Report (JSON)",
            report,
            f"{run}.json",
            "application/json",
            icon=":material/download:",
            on_click="ignore",
            key="json",
        )
        st.page_link(
            navigate.DRAW,
            label="Draw on it",
            icon=":material/draw:",
            query_params={"run": run},
            disabled=not history.learned,
        )
        st.page_link(
            navigate.TRAIN,
            label="Its training",
            icon=":material/model_training:",
            query_params={"run": run},
        )
    st.caption("The same from the command line:")
    st.code(labels.command(history), language="bash", wrap_lines=True)


page()
