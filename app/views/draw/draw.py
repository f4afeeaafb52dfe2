"""The Draw page, which opens first: the drawing page in a frame, and the curves of its run."""

from typing import Any
from urllib.parse import urlencode

import streamlit as st

from app.shared import assets, navigate, run_text, terms
from app.views.draw import facts
from app.views.draw.choices import first_run, readable_runs
from app.views.draw.curves import curve_spec
from app.views.draw.words import prompts
from lifelong import api

listen = st.components.v2.component("lifelong_listen", js=assets.read("draw/listen.js"))
explained = st.components.v2.component(
    "lifelong_explained",
    html="<p></p>",
    css=assets.read("terms.css") + assets.read("draw/explained.css"),
    js=assets.read("terms.js") + assets.read("draw/explained.js"),
)
Report = dict[str, Any]


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
        state.draw_address = f"{navigate.base_path()}gradio/?{query}"
    st.iframe(state.draw_address, height=640, alt="Drawing pad, and what the network answers")


def heading(run: str | None, report: Report) -> None:
    """Shows the title, what this run makes of the class that the pad asks for, and its lessons."""
    if run is None:
        st.title("Draw a digit", anchor=False)
        return
    about = facts.of_run(run)
    name = prompts.prompt_class(about, report.get("announced"))
    st.title(prompts.title(about, name), anchor=False)
    st.markdown(prompts.subtitle(about))


def curves(run: str, report: Report) -> None:
    """Shows the forgetting curves of the run in the frame, highlighting the true class's lesson."""
    history, cumulative = api.history(run), api.reference_run(run)
    about = facts.of_run(run)
    task = min(int(report.get("task", 0)), history.config.tasks - 1)
    label = bool(report.get("task_given", about.task_given))
    ceiling = api.history(cumulative) if cumulative else None
    st.header(prompts.chart_heading(about), anchor=False)
    with st.container(key="curves"):  # whose style keeps room for the chart
        st.vega_lite_chart(curve_spec(about, cumulative, task, label and about.infers_task))
    caption = prompts.chart_note(about, label) + run_text.curves(history, ceiling)
    explained(
        key="caption",
        data={"html": terms.marked(caption, ["task label", "task", "cumulative training"])},
    )


def follow(report: Report, run: str) -> None:
    """Takes over what the frame reports: the address, and the way to the page of the run."""
    state = st.session_state
    if report.get("run"):
        st.query_params["run"] = state.draw_run = state.draw_reported = run
    if report.get("open", 0) > state.get("draw_opened", 0):
        state.draw_opened = report["open"]
        task = str(int(report.get("task", 0)))
        st.switch_page(navigate.INSPECT, query_params={"run": run, "task": task})


@st.fragment
def page() -> None:
    """Shows heading, drawing page and curves; runs anew whenever the frame reports."""
    requested = st.query_params.get("run")
    top, warning, body = st.container(key="top"), st.container(), st.container()
    report = listen(key="heard", on_shown_change=lambda: None).shown or {}
    if report.get("visit") != st.session_state.get("draw_visit"):
        report = {}  # of a frame that was left; the new one has reported nothing yet
    runs = readable_runs(requested, report.get("run"))
    known = [choice.run for choice in runs]
    run = first_run(report.get("run") or requested, runs)
    before = st.session_state.get("draw_reported")
    if run is not None:
        follow(report, run)
    with top:
        heading(run, report)
    # A copy that was just undone was here: the frame reports the next run in a moment.
    if requested and requested not in known and requested != before:
        warning.warning(
            "The run in the address is not here, or has learned nothing yet; this is another one."
        )
    with body:
        pad, chart = st.columns([64, 36], gap="medium")
    with pad:
        frame(known)
    if run is not None:
        with chart:
            curves(run, report)


with st.container(key="drawing"):
    navigate.apply()
    page()
