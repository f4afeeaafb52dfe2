"""Several runs on the Train page that differ in their seed only: at work, and at rest."""

from collections.abc import Sequence

import streamlit as st

from app.shared import labels, navigate, rights, run_text, started, stop_button
from app.shared.part import Part, shown
from app.views.compare import configurations
from app.views.train import heading, next_view, seeds_text
from app.views.train.run_view import POLL_SECONDS
from lifelong import api
from lifelong.api import History, LifelongError
from lifelong.charts import curve_charts

AT_WORK = ("running", "waiting")


def show(runs: Sequence[str]) -> None:
    """Shows the runs, whatever their states. Raises LifelongError when one cannot be read."""
    histories, states = _read(runs)
    at_work = any(state in AT_WORK for state in states)
    with shown(Part.AT_WORK if at_work else Part.AT_REST):
        strategy = labels.strategy_title(histories[0].config.strategy)
        heading.show(f"{strategy}, {len(histories)} seeds", runs, histories)
        if at_work:
            _follow(list(runs))
        else:
            _at_rest(runs, histories, states)


def is_one_configuration(runs: Sequence[str]) -> bool:
    """Returns whether the runs differ by chance only. Raises LifelongError as `show`."""
    return len({configurations.key(api.history(run).config) for run in runs}) == 1


def _read(runs: Sequence[str]) -> tuple[list[History], list[str]]:
    return [api.history(run) for run in runs], [api.state(run) for run in runs]


@st.fragment(run_every=POLL_SECONDS)
def _follow(runs: list[str]) -> None:
    """Shows the records as they grow; reruns the page once all are at rest or one is unreadable."""
    try:
        histories, states = _read(runs)
    except LifelongError:
        st.rerun()
    at = next((i for i, state in enumerate(states) if state in AT_WORK), None)
    if at is None:
        st.rerun()
    stop_button.show(*runs)
    done, text = seeds_text.progress(histories, states, api.queue_position(runs[at]))
    st.progress(done, text=text)
    _links(runs, histories, states)
    with st.container(key="live"):
        st.vega_lite_chart(curve_charts.live_spec(histories[at]), key="live_curves")
    st.markdown(run_text.inside(histories[at]))


def _at_rest(runs: Sequence[str], histories: Sequence[History], states: Sequence[str]) -> None:
    st.header(seeds_text.result(histories), anchor=False)
    next_view.note(histories[0])
    with st.container(horizontal=True, vertical_alignment="center", key="run_buttons"):
        unfinished = [
            run
            for run, history, state in zip(runs, histories, states)
            if state != "finished" and not history.diverged  # its own page says what to do
        ]
        if unfinished and rights.may_change(unfinished):
            st.button(
                "Continue to the end",
                key="learn_all",
                type="primary",
                icon=":material/play_arrow:",
                on_click=_continue,
                args=(unfinished,),
            )
        elif not unfinished:
            next_view.button(histories[0], len(runs))
        navigate.compare(runs)
    with st.container(horizontal=True, key="measures"):
        for title, value, meaning in seeds_text.measure_rows(histories):
            st.metric(title, value, border=True, help=meaning)
    _links(runs, histories, states)
    if histories[0].has_started:
        st.caption(labels.source(histories[0]))


def _continue(runs: Sequence[str]) -> None:
    try:
        for run in runs:
            started.learn(run)
    except LifelongError as error:
        st.session_state["refused"] = str(error)


def _links(runs: Sequence[str], histories: Sequence[History], states: Sequence[str]) -> None:
    """Shows the way to each run's own page; a finished one is inspected, the others watched."""
    with st.container(horizontal=True, key="seeds_links"):
        for run, history, state in zip(runs, histories, states):
            text = seeds_text.entry(history, state)
            page = navigate.INSPECT if history.finished else navigate.TRAIN
            st.page_link(page, label=text, query_params={"run": run})
