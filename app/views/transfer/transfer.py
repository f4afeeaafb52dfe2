"""The Transfer page: what a source is worth to a target, and what it loses.

The address holds the study and the axis.
"""

import json

import streamlit as st

from app.shared import markdown, navigate, rights, started, stop_button
from app.shared.part import Part, shown
from app.views.transfer import facts, form, labels, picker, text
from app.views.transfer.measures import measures
from lifelong import api
from lifelong.api import Axis, LifelongError, StudyResult
from lifelong.charts import study_charts

POLL_SECONDS = 0.5  # between two reads of the record
NEW = "new"  # in the address, in place of a study
AXIS_TITLES: dict[Axis, str] = {"images": "Target images", "steps": "Training steps"}
query, state = st.query_params, st.session_state


def page() -> None:
    """Shows the form, or the study of the address, by default the shipped one that says most."""
    navigate.apply()
    study = query.get("study") or picker.opening() or NEW
    if study == NEW:
        with shown(Part.FORM):
            form.show()
        return
    try:
        result, run_state = api.study(study), api.state(study)
    except LifelongError as error:
        with shown(Part.AT_REST):
            picker.head(study, "")
            st.error(str(error))
            _new_button()
        return
    with shown(Part.AT_WORK if run_state in ("running", "waiting") else Part.AT_REST):
        picker.head(study, api.collection.name_of(study))
        _show(study, result, run_state)


def _new_button(primary: bool = True) -> None:
    if api.access.is_read_only():
        return
    st.button(
        "Try it yourself",
        key="new_study",
        type="primary" if primary else "secondary",
        icon=":material/add:",
        on_click=_to_form,
    )


def _to_form() -> None:
    navigate.navigate_to(study=NEW)


def _show(study: str, result: StudyResult, run_state: str) -> None:
    """Shows a study, whatever its state."""
    if message := state.pop("refused", None):
        st.error(message)
    if run_state in ("running", "waiting"):
        st.caption(labels.setup(study, result))
        _follow(study)
        return
    if run_state != "finished":
        (st.error if run_state == "failed" else st.info)(text.at_rest(result, run_state))
    if result.learned:
        st.header(text.heading(result), anchor=False)
    other = picker.of_source() if result.config.pretrained else None
    if other:
        picker.source_lost(other)
    with st.container(horizontal=True, key="study_buttons"):
        if run_state != "finished" and not api.is_shipped(study) and rights.may_change([study]):
            st.button(
                "Continue",
                key="go_on",
                type="primary",
                icon=":material/play_arrow:",
                on_click=_learn,
                args=(study,),
            )
        _new_button(primary=run_state == "finished")
        if other:
            picker.source_button(other)
    if result.learned:
        _charts(result)
        _numbers(result)
    _facts(study, result)


@st.fragment(run_every=POLL_SECONDS)
def _follow(study: str) -> None:
    """Shows the record as it grows; reruns the page once the study is at rest or unreadable."""
    try:
        run_state, result = api.state(study), api.study(study)
    except LifelongError:
        st.rerun()
    if run_state not in ("running", "waiting"):
        st.rerun()
    position = api.queue_position(study)
    if position is None:
        st.info("Another process is at work on this study. It can be stopped only there.")
    else:
        stop_button.show(study)
    wait = api.seconds_until_turn(study)
    share, sentence = text.progress(result, run_state, position, wait)
    st.progress(share, text=sentence)
    if result.has_begun:
        with st.container(key="live"):
            _charts(result)


def _learn(study: str) -> None:
    try:
        started.learn(study)
    except LifelongError as error:
        state["refused"] = str(error)


def _charts(result: StudyResult) -> None:
    """Shows accuracy on the target, and below it on the source, over images or over steps."""
    axis = _axis_control()
    st.header(f"Learning the target, {labels.class_list(result.began.target)}", anchor=False)
    with st.container(key="target_chart"):
        st.vega_lite_chart(study_charts.target(result, axis), key=f"target_{axis}")
    st.caption(text.legend(result))
    st.markdown(f"{text.learning(result, axis)} {text.forward(result, axis)}")
    if result.config.protect:
        _source(result, axis, result.config.protect)
    st.caption(text.about(result, axis))


def _source(result: StudyResult, axis: Axis, protect: str) -> None:
    st.header(
        f"What happened to the source, {labels.class_list(result.began.source)}", anchor=False
    )
    with st.container(key="source_chart"):
        st.vega_lite_chart(study_charts.source(result, axis), key=f"source_{axis}")
    st.caption(text.protected_legend(protect))
    st.markdown(text.source(result, axis))


def _axis_control() -> Axis:
    state["axis"] = axis = _axis()
    st.segmented_control(
        "Horizontal axis",
        list(AXIS_TITLES),
        key="axis",
        required=True,
        on_change=_on_axis_change,
        format_func=AXIS_TITLES.__getitem__,
    )
    return axis


def _axis() -> Axis:
    """Returns the axis that the address names."""
    return "steps" if query.get("by") == "steps" else "images"


def _on_axis_change() -> None:
    if state["axis"] == "steps":
        query["by"] = "steps"
    else:
        query.pop("by", None)


def _numbers(result: StudyResult) -> None:
    rows = measures(result, _axis())
    if not rows:
        return
    st.header(f"In points, over {_axis()}", anchor=False)
    with st.container(horizontal=True, key="measures"):
        for measure in rows:
            st.metric(measure.title, measure.value, border=True, help=measure.meaning)


def _facts(study: str, result: StudyResult) -> None:
    st.header("The study", anchor=False)
    st.markdown(markdown.table(["About", "This study"], facts.facts(result)))
    with st.container(horizontal=True, vertical_alignment="center", key="downloads"):
        if result.learned:
            st.download_button(
                "Curves (CSV)",
                facts.curves_csv(result),
                f"{study}.csv",
                "text/csv",
                key="csv",
                icon=":material/download:",
                on_click="ignore",
            )
        st.download_button(
            "Report (JSON)",
            json.dumps(result.report(study), indent=2),
            f"{study}.json",
            "application/json",
            key="json",
            icon=":material/download:",
            on_click="ignore",
        )
    st.caption("The same from the command line:")
    st.code(facts.command(result), language="bash", wrap_lines=True)


page()
