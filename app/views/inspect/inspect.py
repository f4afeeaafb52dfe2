"""The Inspect page: everything known about one run. The address holds run, selection and views."""

import streamlit as st

from app.shared import labels, markdown, measures, navigate, run_text, status
from app.views.inspect import evidence, forgetting, inside, selection, where, words
from app.views.inspect.facts import show_facts
from lifelong import api
from lifelong.api import History, LifelongError, RunRow
from lifelong.charts import curve_charts
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
        query.from_dict({"run": state["run_pick"]})


def _show(run: str, history: History, reference: History | None) -> None:
    st.caption(f"{labels.setup(history, run=run)}  \n{labels.source(history)}")
    if not history.learned:
        st.info(status.at_rest(history, api.state(run), api.resume_position(run)))
        st.page_link(
            navigate.TRAIN,
            label="Training log",
            icon=":material/model_training:",
            query_params={"run": run},
        )
    else:
        at = selection.of_address(history)
        st.markdown(run_text.result(history))
        forgetting.show(run, history, reference, at)
        if history.config.program:
            _measures(history, reference)
            show_facts(run, history)
            return
        if len(history.learned) > 1:
            evidence.show(run, history, at)
        where.show(run, history, at)
        if len(history.learned) > 1:
            inside.show(run, history, at)
        _measures(history, reference)
        _verify(run, history, at)
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


def _verify(run: str, history: History, at: selection.Selection) -> None:
    """Shows the button that evaluates the checkpoint on screen anew, and what came of it."""
    after = len(history.learned) - 1 if at.after is None else at.after
    if not st.button("Verify", icon=":material/verified:", key="verify", help=words.VERIFY):
        return
    try:
        with st.spinner("Evaluating the checkpoint on all test images ..."):
            found = api.insight.verify(run, after)
    except LifelongError as error:
        st.error(str(error))
        return
    st.markdown(words.verified(history, found, after))


def _inside(history: History) -> None:
    st.subheader("What happened inside the tasks")
    task = selection.of_address(history).task if history.learned else None
    st.vega_lite_chart(curve_charts.live_spec(history, task), key="inside")
    st.markdown(run_text.inside(history, task))


forgetting.follow()
page()
