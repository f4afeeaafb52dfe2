"""The part of the Inspect page about answers: what each class is called, and what is preferred."""

import streamlit as st

from app.views.inspect import selection, words
from app.views.inspect.selection import Selection
from lifelong import api
from lifelong.api import History, LifelongError
from lifelong.charts import answer_charts, chart_data, network_charts

state = st.session_state
SECONDS = 1.2  # from one moment to the next while it plays
MOST_CLASSES = 40  # of more, a part is shown
MOST_ANSWERS = 12  # of such a part
FLOW, MATRIX, MAP = "Flow", "Confusion matrix", "Features"


def show(run: str, history: History, at: Selection) -> None:
    """Shows what became of the classes after each task, with a slider and a button to play."""
    st.header("Where did it go?", anchor=False)
    if not history.learned[-1].confusion:
        st.markdown(words.NO_CONFUSION)
        return
    state["ticking"] = bool(state.get("playing"))
    st.fragment(_answers, run_every=SECONDS if state["ticking"] else None)(run, history, at)


def _answers(run: str, history: History, at: Selection) -> None:
    moment = _moment(history, at)
    if state["ticking"] != bool(state.get("playing")):
        st.rerun()  # the whole page, which has this part redrawn by itself or not
    confusion = history.confusion(moment)
    if confusion is None:
        return
    task = at.task if at.task is not None and at.task <= moment else None
    left, right = st.columns([58, 42], gap="large")
    with left:
        view = st.segmented_control(
            "View", [FLOW, MATRIX, MAP], default=FLOW, key="view", required=True,
            label_visibility="collapsed", bind="query-params",
        )  # fmt: skip
        if view == MAP:
            _features(run, moment, task)
        else:
            draw = answer_charts.flow if view == FLOW else answer_charts.matrix
            shown = confusion
            if len(confusion.classes) > MOST_CLASSES:
                shown = confusion.of_task(task or 0, MOST_ANSWERS)
                st.markdown(words.part_of_many(confusion, shown, history))
            with st.container(key="flow" if view == FLOW else "confusion"):
                st.altair_chart(draw(shown, task), key="where")
            st.markdown(words.where(shown, shown.tasks[0] if shown is not confusion else task))
    with right:
        _preference(run, moment, history)


def _features(run: str, moment: int, task: int | None) -> None:
    """Shows the features of test images after a task."""
    try:
        with st.spinner("Computing features ..."):
            found = api.insight.feature_map(run)
    except LifelongError as error:
        st.markdown(str(error))
        return
    if moment >= len(found.points):
        st.markdown(words.NO_FEATURES)
        return
    st.altair_chart(network_charts.feature_points(found, moment, task), key="where")
    st.markdown(words.features(found, moment))


def _moment(history: History, at: Selection) -> int:
    """Shows the slider over the tasks and the button to play, and returns the moment.

    It is the one in the address, else the one that is selected, else the last.
    """
    names, last = chart_data.task_names(history), len(history.learned) - 1
    if not last:
        return 0
    if not state.get("playing"):
        state["moment"] = selection.moment(last if at.after is None else at.after, last)
    else:
        state["moment"] = min(last, state["moment"] + 1)
        if state["moment"] == last:
            state["playing"] = False
            selection.put_moment(last)
    with st.container(horizontal=True, vertical_alignment="bottom", key="moments"):
        label, icon = ("Pause", "pause") if state.get("playing") else ("Play", "play_arrow")
        st.button(label, icon=f":material/{icon}:", on_click=_play, key="play")
        moment = st.select_slider(
            "After learning", range(last + 1), key="moment", format_func=names.__getitem__,
            on_change=_on_slider_change,
        )  # fmt: skip
    return int(moment)


def _play() -> None:
    """Plays from the first moment, which is counted up before it is shown; or stops."""
    state["playing"] = not state.get("playing")
    if state["playing"]:
        state["moment"] = -1
    else:
        selection.put_moment(state["moment"])


def _on_slider_change() -> None:
    state["playing"] = False
    selection.put_moment(state["moment"])


def _preference(run: str, moment: int, history: History) -> None:
    shares, confusion = api.mean_probability(run, moment), history.confusion(moment)
    if shares is None or confusion is None or history.config.rules.shared_outputs:
        return
    st.markdown("**Which answers it prefers**")
    tasks = dict(zip(confusion.classes, confusion.tasks))
    shown = shares
    if len(shares) > MOST_CLASSES:
        preferred = sorted(shares, key=lambda name: -shares[name])[:MOST_ANSWERS]
        shown = {name: shares[name] for name in shares if name in preferred}
        st.markdown(f"The {MOST_ANSWERS} of {len(shares):,} answers with the largest share.")
    st.altair_chart(answer_charts.mean_bars(shown, tasks), key="preference")
    st.markdown(words.recency(shares, confusion))
