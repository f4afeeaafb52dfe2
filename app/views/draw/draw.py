"""The Draw page, which opens first: the drawing page in a frame, and the curves of its run."""

from typing import Any
from urllib.parse import urlencode

import streamlit as st

from app.shared import assets, navigate, run_text
from app.shared.charts import forgetting_curves
from app.views.draw.featured_runs import DEFAULT_RUN, PHOTO_RUN, first_run, readable_runs
from app.views.draw.run_inputs import is_photo
from lifelong import api
from lifelong.api import History

listen = st.components.v2.component("lifelong_listen", js=assets.read("draw/listen.js"))


def frame(known: list[str]) -> None:
    """Shows the drawing page, at a constant address: a new one would lose the drawing."""
    theme = "dark" if st.context.theme.type == "dark" else "light"
    requested = st.query_params.get("run")
    state = st.session_state
    if requested != state.get("draw_run") or theme != state.get("draw_theme"):
        state.draw_run, state.draw_theme = requested, theme
        state.draw_visit = state.get("draw_visit", 0) + 1
        run = requested if requested in known else ""
        query = urlencode({"run": run, "visit": state.draw_visit, "__theme": theme})
        state.draw_address = f"/gradio/?{query}"
    description = "Drawing pad, and what the model answers after every task"
    st.iframe(state.draw_address, height=600, alt=description)


@st.fragment
def curves() -> None:
    """Shows the forgetting curves of the run in the frame, highlighting the true class's task."""
    state = st.session_state
    report = listen(key="heard", on_shown_change=lambda: None).shown or {}
    if report.get("visit") != state.draw_visit:
        report = {}  # of a frame that was left; the new one has reported nothing yet
    run = first_run(report.get("run") or st.query_params.get("run"), readable_runs())
    if run is None:
        return
    history, cumulative = api.history(run), api.reference_run(run)
    task = min(int(report.get("task", 0)), history.config.tasks - 1)
    if report.get("run"):
        st.query_params["run"] = state.draw_run = run
    if is_photo(run) != state.draw_photo:
        st.rerun()  # a run of the other kind was chosen in the frame, so the heading changes
    if report.get("open", 0) > state.get("draw_opened", 0):
        state.draw_opened = report["open"]
        st.switch_page(navigate.INSPECT, query_params={"run": run, "task": str(task)})
    ceiling = api.history(cumulative) if cumulative else None
    st.subheader("The same on all test images")
    st.altair_chart(forgetting_curves(history, ceiling, task), key="curves")
    st.caption(_without_label(history, report) + run_text.curves(history, ceiling))


def _without_label(history: History, report: dict[str, Any]) -> str:
    """Returns a sentence where the frame gives the task label and the chart does not."""
    given = report.get("task_given") and history.config.rules.infers_task
    return "Here the model is not told the task. " if given else ""


def other_kind(photo: bool, known: list[str]) -> None:
    """Shows the button that leads from drawings to photographs, or back."""
    run, label, icon = (
        (DEFAULT_RUN, "Draw a digit instead", ":material/draw:")
        if photo
        else (PHOTO_RUN, "Show it a photo instead", ":material/photo_camera:")
    )
    if run in known:
        st.button(label, key="other_kind", type="tertiary", icon=icon, on_click=go_to, args=(run,))


def go_to(run: str) -> None:
    """Navigates to another run, in a new frame."""
    navigate.navigate_to(run=run)
    st.session_state.draw_run = None


def page() -> None:
    """Shows the heading, the drawing page and the curves."""
    st.html(assets.ASSETS / "draw" / "frame.css")
    navigate.apply()
    requested, runs = st.query_params.get("run"), readable_runs()
    known = [run for _name, run in runs]
    shown = first_run(requested, runs)
    photo = st.session_state.draw_photo = shown is not None and is_photo(shown)
    invitation, taught = ("Show it a photo", "classes") if photo else ("Draw a 0", "digits")
    st.title(f"{invitation}. Watch it being forgotten.")
    st.markdown(
        f"This network learned its {taught} a few at a time. "
        "Each card is the same network, one task later."
    )
    other_kind(photo, known)
    if requested and requested not in known:
        st.warning(
            "The run in the address is not here, or has learned nothing yet; this is another one."
        )
    pad, chart = st.columns([64, 36], gap="medium")
    with pad:
        frame(known)
    with chart:
        curves()


with st.container(key="drawing"):
    page()
