"""One run on the Train page: while it learns, and at rest."""

from collections.abc import Callable

import streamlit as st

from app.shared import labels, markdown, navigate, rights, run_text, started, status, stop_button
from app.shared.measures import measures
from app.shared.part import Part, shown
from app.views.train import heading, next_view, pinned
from app.views.train.next_steps import comparable
from lifelong import api
from lifelong.api import History, LifelongError
from lifelong.charts import curve_charts
from lifelong.charts.chart_data import task_names
from lifelong.formatting import duration

POLL_SECONDS = 0.4  # between two reads of the record
# Names of the measures shown here; the Inspect page shows all of them.
SUMMARY = ("average_accuracy", "within_task_accuracy", "forgetting", "learning_accuracy")


def show(run: str) -> None:
    """Shows the run, whatever its state. Raises LifelongError when it cannot be read."""
    state, history = api.state(run), api.history(run)
    at_work = state in ("running", "waiting")
    with shown(Part.AT_WORK if at_work else Part.AT_REST):
        name = markdown.escaped(api.run_row(run).name)
        heading.show(name or labels.strategy_title(history.config.strategy), [run], [history])
        if at_work:
            _follow(run)
        else:
            with st.container(key="run_at_rest"):
                _at_rest(run, history, state)
        pinned.show(run, at_work)


@st.fragment(run_every=POLL_SECONDS)
def _follow(run: str) -> None:
    """Shows the record as it grows; reruns the page once the run is at rest or unreadable."""
    try:
        state, history = api.state(run), api.history(run)
    except LifelongError:
        st.rerun()
    if state not in ("running", "waiting"):
        st.rerun()
    position = api.queue_position(run)
    if position is None:
        st.info("Another process is training this run. It can be stopped only there.")
    else:
        stop_button.show(run)
    wait = api.seconds_until_turn(run)
    done, text = status.progress(history, _goal(run, history), state, position, wait)
    st.progress(done, text=text)
    if api.health.seems_hung(run) and api.access.may_change(run):
        _hung(run, history)
    _live(history)


def _hung(run: str, history: History) -> None:
    """Shows that the process has made no progress for long, and a button that ends it."""
    seconds, goes_on = api.health.quiet_seconds(run) or 0.0, api.resume_position(run)
    st.warning(status.quiet(history, seconds, goes_on))
    st.button(
        "End the process",
        key="end_process",
        icon=":material/power_settings_new:",
        on_click=_attempt,
        args=(api.health.end_process, run),
    )


def _goal(run: str, history: History) -> int:
    """Returns how many tasks it learns before it rests: those ordered in this window, else all."""
    ordered, until = st.session_state.get("goal", (None, None))
    return until if ordered == run and until else history.config.tasks


def _live(history: History) -> None:
    with st.container(key="live"):
        st.vega_lite_chart(curve_charts.live_spec(history), key="live_curves")
    st.markdown(run_text.inside(history))
    if recovered := status.recovered(history):
        st.info(recovered)
    st.caption(labels.source(history))


def _at_rest(run: str, history: History, state: str) -> None:
    done = len(history.learned)
    changes = api.is_shipped(run) or rights.may_change([run])
    changes &= not api.access.is_read_only()
    if state != "finished":
        goes_on = api.resume_position(run)
        text = status.at_rest(history, state, goes_on, changes)
        (st.error if state == "failed" else st.info)(text)
    if state == "stopped" and (limited := api.limits.sentence()):
        st.caption(limited)
    if (error := api.health.last_error(run)) and not history.ending:
        st.error(f"The run could not go on: {error}")
    if done:
        st.header(run_text.result(history), anchor=False)
        next_view.note(history)
    _buttons(run, history, changes)
    if done:
        _measures(history)
    if history.steps:
        _live(history)


def _buttons(run: str, history: History, changes: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="run_buttons"):
        if history.finished or history.diverged:
            next_view.button(history)
        elif changes:
            _learn_buttons(run, history)
        if history.learned:
            run_address = {"run": run}
            st.page_link(
                navigate.DRAW,
                label="Test it by drawing",
                icon=":material/draw:",
                query_params=run_address,
            )
            st.page_link(
                navigate.INSPECT,
                label="Inspect it",
                icon=":material/query_stats:",
                query_params=run_address,
            )
        if history.finished:
            navigate.compare(comparable(run, [api.run_row(run), *api.run_list()]))
        if history.events and changes and not api.is_shipped(run):
            label = status.undo(history)
            st.button(label, key="undo", icon=":material/undo:", on_click=_undo, args=(run,))


def _learn_buttons(run: str, history: History) -> None:
    done = len(history.learned)
    st.button(
        f"{'Continue' if history.steps else 'Learn'} to the end",
        key="learn_all",
        type="primary",
        icon=":material/play_arrow:",
        on_click=_learn,
        args=(run, None),
    )
    if done + 1 < history.config.tasks:
        verb = "Finish" if any(step.task == done for step in history.steps) else "Learn"
        st.button(
            f"{verb} {task_names(history)[done].lower()}",
            key="learn_next",
            icon=":material/skip_next:",
            on_click=_learn,
            args=(run, done + 1),
        )


def _learn(run: str, until: int | None) -> None:
    st.session_state["goal"] = (run, until)
    _attempt(started.learn, run, until)


def _undo(run: str) -> None:
    _attempt(api.undo, run)


def _attempt(action: Callable[..., None], *arguments: object) -> None:
    try:
        action(*arguments)
    except LifelongError as error:
        st.session_state["refused"] = str(error)


def _measures(history: History) -> None:
    with st.container(horizontal=True, key="measures"):
        for measure in measures(history, None):
            if measure.name in SUMMARY:
                st.metric(measure.title, measure.value, border=True, help=measure.meaning)
        st.metric(
            "Training",
            duration(history.seconds),
            border=True,
            help="Seconds of training, without evaluation.",
        )
