"""The Transfer page: what a source is worth to a target, and what it loses.

The address holds the study and the axis.
"""

import json

import streamlit as st

from app.shared import markdown, navigate
from app.shared.part import Part, shown
from app.views.transfer import charts, facts, form, labels, text
from app.views.transfer.measures import measures
from lifelong import api
from lifelong.api import Axis, LifelongError, StudyResult

POLL_SECONDS = 0.5  # between two reads of the record
NEW = "new"  # in the address, in place of a study
AXIS_TITLES: dict[Axis, str] = {"images": "Target images", "steps": "Training steps"}
query, state = st.query_params, st.session_state


def page() -> None:
    """Shows the form, or the study of the address, by default the shipped one."""
    navigate.apply()
    studies = api.study_list()
    study = query.get("study") or next((name for name in studies if api.is_shipped(name)), NEW)
    if study == NEW:
        with shown(Part.FORM):
            form.show()
        return
    try:
        result, run_state = api.study(study), api.state(study)
    except LifelongError as error:
        st.error(str(error))
        _new_button()
    else:
        at_work = run_state in ("running", "waiting")
        with shown(Part.AT_WORK if at_work else Part.AT_REST):
            _show(study, result, run_state)
    if len(studies) > 1:
        _picker(studies, study)


def _new_button(primary: bool = True) -> None:
    st.button(
        "Try it yourself",
        key="new_study",
        type="primary" if primary else "secondary",
        icon=":material/add:",
        on_click=_to_form,
    )


def _to_form() -> None:
    navigate.navigate_to(study=NEW)


def _picker(studies: list[str], study: str) -> None:
    state["study_pick"] = study if study in studies else None
    st.selectbox(
        "All studies",
        studies,
        key="study_pick",
        format_func=_list_entry,
        placeholder="Choose a study",
        on_change=_on_study_change,
    )


def _list_entry(study: str) -> str:
    try:
        return labels.list_entry(study, api.study(study))
    except LifelongError:
        return f"{study} (damaged)"


def _on_study_change() -> None:
    navigate.navigate_to_choice("study", state["study_pick"], api.study_list())


def _show(study: str, result: StudyResult, run_state: str) -> None:
    """Shows a study, whatever its state."""
    own_name = api.collection.name_of(study)
    st.title(markdown.escaped(own_name) or "Does old knowledge help with new?")
    if message := state.pop("refused", None):
        st.error(message)
    if run_state in ("running", "waiting"):
        st.caption(labels.setup(study, result))
        _at_work(study)
        return
    if run_state != "finished":
        (st.error if run_state == "failed" else st.info)(text.at_rest(result, run_state))
    st.markdown(f"### {text.heading(result)}")
    with st.container(horizontal=True, key="study_buttons"):
        if run_state != "finished" and not api.is_shipped(study):
            st.button(
                "Continue",
                key="go_on",
                type="primary",
                icon=":material/play_arrow:",
                on_click=_learn,
                args=(study,),
            )
        _new_button(primary=run_state == "finished")
    if result.has_begun:
        _charts(result)
        _numbers(result)
    _facts(study, result)


def _at_work(study: str) -> None:
    if api.queue_position(study) is None:
        st.info("Another process is at work on this study. It can be stopped only there.")
    else:
        st.button("Stop", key="stop", icon=":material/stop:", on_click=api.stop, args=(study,))
    _follow(study)


@st.fragment(run_every=POLL_SECONDS)
def _follow(study: str) -> None:
    """Shows the record as it grows; reruns the page once the study is at rest or unreadable."""
    try:
        run_state, result = api.state(study), api.study(study)
    except LifelongError:
        st.rerun()
    if run_state not in ("running", "waiting"):
        st.rerun()
    share, sentence = text.progress(result, run_state, api.queue_position(study))
    st.progress(share, text=sentence)
    if result.has_begun:
        with st.container(key="live"):
            _charts(result)


def _learn(study: str) -> None:
    try:
        api.learn(study)
    except LifelongError as error:
        state["refused"] = str(error)


def _charts(result: StudyResult) -> None:
    """Shows accuracy on the target, and below it on the source, over images or over steps."""
    axis = _axis_control()
    st.subheader(f"Learning the target, {labels.class_list(result.began.target)}")
    st.vega_lite_chart(charts.target(result, axis), key=f"target_{axis}")
    st.caption(text.legend(result))
    st.markdown(f"{text.learning(result, axis)} {text.forward(result, axis)}")
    if result.config.protect:
        _source(result, axis, result.config.protect)
    st.caption(text.about(result, axis))


def _source(result: StudyResult, axis: Axis, protect: str) -> None:
    st.subheader(f"What happened to the source, {labels.class_list(result.began.source)}")
    st.vega_lite_chart(charts.source(result, axis), key=f"source_{axis}")
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
    st.subheader(f"In points, over {_axis()}")
    with st.container(horizontal=True, key="measures"):
        for measure in rows:
            st.metric(measure.title, measure.value, border=True, help=measure.meaning)


def _facts(study: str, result: StudyResult) -> None:
    st.subheader("The study")
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
