"""The Transfer page: what a source is worth to a target, and what it loses. The address holds the study and the axis."""

import json

import streamlit as st

from app.shared import navigate
from app.views.transfer import charts
from app.views.transfer import form as transfer_form
from app.views.transfer import labels as naming
from app.views.transfer import text as words
from lifelong import api
from lifelong.api import LifelongError, StudyResult

EVERY = 0.5  # seconds between two looks at the record
NEW = "new"  # in the address, in place of a study
query, state = st.query_params, st.session_state


def page() -> None:
    """The form, or the study that the address names, by default the one that came with the project."""
    navigate.apply()
    listed = api.study_list()
    study = query.get("study") or next((name for name in listed if api.is_shipped(name)), NEW)
    if study == NEW:
        transfer_form.show()
        return
    st.title("Does knowing one thing help to learn another?")
    try:
        _show(study, api.study(study), api.state(study))
    except LifelongError as error:
        st.error(str(error))
        _new_button()
    if len(listed) > 1:
        _picker(listed, study)


def _new_button(primary: bool = True) -> None:
    st.button(
        "Try it yourself",
        key="new_study",
        type="primary" if primary else "secondary",
        icon=":material/add:",
        on_click=_ask,
    )


def _ask() -> None:
    navigate.navigate_to(study=NEW)


def _picker(listed: list[str], study: str) -> None:
    state["study_pick"] = study if study in listed else None
    st.selectbox(
        "All studies",
        listed,
        key="study_pick",
        format_func=_listed,
        placeholder="Choose a study",
        on_change=_other_study,
    )


def _listed(study: str) -> str:
    try:
        return naming.listed(study, api.study(study))
    except LifelongError:
        return f"{study} (damaged)"


def _other_study() -> None:
    navigate.navigate_to(study=state["study_pick"])


def _show(study: str, found: StudyResult, where: str) -> None:
    """A study in whatever state it is in."""
    if message := state.pop("refused", None):
        st.error(message)
    if where in ("running", "waiting"):
        st.caption(naming.setup(study, found))
        _at_work(study)
        return
    if where != "finished":
        (st.error if where == "failed" else st.info)(words.standing(found, where))
    st.markdown(f"### {words.result(found)}")
    with st.container(horizontal=True, key="study_buttons"):
        if where != "finished" and not api.is_shipped(study):
            st.button(
                "Go on",
                key="go_on",
                type="primary",
                icon=":material/play_arrow:",
                on_click=_learn,
                args=(study,),
            )
        _new_button(primary=where == "finished")
    if found.has_begun:
        _charts(found)
        _numbers(found)
    _facts(study, found)


def _at_work(study: str) -> None:
    if api.queue_position(study) is None:
        st.info("Another process is at work on this study. It can be stopped only there.")
    else:
        st.button("Stop", key="stop", icon=":material/stop:", on_click=api.stop, args=(study,))
    _follow(study)


@st.fragment(run_every=EVERY)
def _follow(study: str) -> None:
    """What the record says now; the page is drawn anew once the study is no longer at work, or can no longer be read."""
    try:
        where, found = api.state(study), api.study(study)
    except LifelongError:
        st.rerun()
    if where not in ("running", "waiting"):
        st.rerun()
    share, told = words.progress(
        found, where, api.queue_position(study), api.arriving(found.config.run)
    )
    st.progress(share, text=told)
    if found.has_begun:
        with st.container(key="live"):
            _charts(found)


def _learn(study: str) -> None:
    try:
        api.learn(study)
    except LifelongError as error:
        state["refused"] = str(error)


def _charts(found: StudyResult) -> None:
    """Learning the target, and below it what became of the source, over images or over steps."""
    axis = _axis()
    st.subheader(f"Learning the target, {naming.classes(found.began.target)}")
    st.vega_lite_chart(charts.target(found, axis), key=f"target_{axis}")
    st.caption(words.legend(found))
    st.markdown(f"{words.learning(found, axis)} {words.forward(found, axis)}")
    if not found.config.pretrained:
        _source(found, axis)
    st.caption(words.about(found, axis))


def _source(found: StudyResult, axis: str) -> None:
    st.subheader(f"What became of the source, {naming.classes(found.began.source)}")
    st.vega_lite_chart(charts.source(found, axis), key=f"source_{axis}")
    st.caption(words.legend_of_source(found))
    st.markdown(words.source(found, axis))


def _axis() -> str:
    state["axis"] = _axis_now()
    return st.segmented_control(
        "From left to right",
        ["images", "steps"],
        key="axis",
        required=True,
        on_change=_counted,
        format_func={"images": "Images of the target", "steps": "Steps of learning it"}.get,
    )


def _axis_now() -> str:
    return "steps" if query.get("by") == "steps" else "images"


def _counted() -> None:
    if state["axis"] == "steps":
        query["by"] = "steps"
    else:
        query.pop("by", None)


def _numbers(found: StudyResult) -> None:
    if not (measures := words.measures(found, _axis_now())):
        return
    st.subheader(f"In points, over {_axis_now()}")
    with st.container(horizontal=True, key="measures"):
        for name, value, meaning in measures:
            st.metric(name, value, border=True, help=meaning)


def _facts(study: str, found: StudyResult) -> None:
    st.subheader("The study")
    st.markdown(
        "\n".join(
            [
                "| About | This study |",
                "|---|---|",
                *(f"| {name} | {value} |" for name, value in naming.facts(found)),
            ]
        )
    )
    quietly = {"icon": ":material/download:", "on_click": "ignore"}
    with st.container(horizontal=True, vertical_alignment="center", key="downloads"):
        if found.learned:
            st.download_button(
                "Curves (CSV)", naming.csv(found), f"{study}.csv", "text/csv", key="csv", **quietly
            )
        report = json.dumps(found.report(study), indent=2)
        st.download_button(
            "Report (JSON)", report, f"{study}.json", "application/json", key="json", **quietly
        )
    st.caption("The same from the command line:")
    st.code(naming.command(found), language="bash", wrap_lines=True)


page()
