"""The page that opens first: the drawing page in its frame, and beside it the curves of the run that it shows."""

from urllib.parse import quote, urlencode

import streamlit as st

from app.shared import navigate
from app.shared.charts import forgetting_curves
from app.shared.run_text import curves as told
from app.views.draw.featured_runs import DEFAULT_RUN, PHOTO_RUN, first_run, readable_runs
from app.views.draw.run_inputs import is_photo
from lifelong import api

LISTEN = """export default ({ setStateValue }) => {
  const hear = (event) => { if (event.origin === location.origin && event.data?.lifelong) setStateValue('shown', event.data.lifelong); };
  addEventListener('message', hear);
  return () => removeEventListener('message', hear);
}"""
listen = st.components.v2.component("lifelong_listen", js=LISTEN)

# On a narrow window the curves go below the pad; the frame is as tall as the page in it; until that is there, its pad is.
PAPER = quote(
    "<svg xmlns='http://www.w3.org/2000/svg' width='260' height='260'><rect width='260' height='260' rx='12'/></svg>"
)
LOOK = f"""<style>
.st-key-drawing [data-testid=stColumn] {{ min-width: min(100%, 22rem); }}
.st-key-drawing [data-testid=stElementContainer]:has(> iframe) {{ height: auto; flex: none; }}
@media (min-width: 700px) {{ .st-key-drawing iframe {{ background: url("data:image/svg+xml,{PAPER}") 6px 6px no-repeat; }} }}
</style>"""


def frame() -> None:
    """The drawing page. Its address stays as it is while one draws, because a new address would lose the drawing."""
    theme = "dark" if st.context.theme.type == "dark" else "light"
    asked = st.query_params.get("run")
    state = st.session_state
    if asked != state.get("draw_told") or theme != state.get("draw_theme"):
        state.draw_told, state.draw_theme, state.draw_visit = (
            asked,
            theme,
            state.get("draw_visit", 0) + 1,
        )
        state.draw_address = "/gradio/?" + urlencode(
            {"run": asked if asked in known() else "", "visit": state.draw_visit, "__theme": theme}
        )
    st.iframe(
        state.draw_address,
        height=600,
        alt="Drawing pad, and what the model answers after every task",
    )


@st.fragment
def curves() -> None:
    """The forgetting curves of the run in the frame, the task of the digit drawn standing out."""
    shown = listen(key="heard", on_shown_change=lambda: None).shown or {}
    if shown.get("visit") != st.session_state.draw_visit:
        shown = {}  # of a frame that was left; the new one has not told anything yet
    run = first_run(shown.get("run") or st.query_params.get("run"), readable_runs())
    if run is None:
        return
    history, cumulative = api.history(run), api.reference_run(run)
    task = min(int(shown.get("task", 0)), history.config.tasks - 1)
    if shown.get("run"):
        st.query_params["run"] = st.session_state.draw_told = run
    if is_photo(run) != st.session_state.draw_photo:
        st.rerun()  # another kind of run was chosen in the frame: the heading speaks of drawings or of photographs
    if shown.get("open", 0) > st.session_state.get("draw_opened", 0):
        st.session_state.draw_opened = shown["open"]
        st.switch_page(navigate.INSPECT, query_params={"run": run, "task": str(task)})
    ceiling = api.history(cumulative) if cumulative else None
    st.subheader("The same on all test images")
    st.altair_chart(forgetting_curves(history, ceiling, task), key="curves")
    without = (
        "Here the model is not told the task. "
        if shown.get("told") and history.config.scenario == "class"
        else ""
    )
    st.caption(without + told(history, ceiling))


def known() -> list[str]:
    """The runs that can be drawn for."""
    return [run for _name, run in runs]


def other_kind(photo: bool) -> None:
    """The way from drawings to photographs, and back."""
    run, label, icon = (
        (DEFAULT_RUN, "Draw a digit instead", ":material/draw:")
        if photo
        else (PHOTO_RUN, "Show it a photo instead", ":material/photo_camera:")
    )
    if run in known():
        st.button(label, key="other_kind", type="tertiary", icon=icon, on_click=go_to, args=(run,))


def go_to(run: str) -> None:
    """Shows another run, in a new frame."""
    navigate.navigate_to(run=run)
    st.session_state.draw_told = None


with st.container(key="drawing"):
    st.html(LOOK)
    navigate.apply()
    asked, runs = st.query_params.get("run"), readable_runs()
    shown = first_run(asked, runs)
    photo = st.session_state.draw_photo = bool(shown) and is_photo(shown)
    invitation, taught = ("Show it a photo", "classes") if photo else ("Draw a 0", "digits")
    st.title(f"{invitation}. Watch it being forgotten.")
    st.markdown(
        f"This network learned its {taught} a few at a time. Each card is the same network, one task later."
    )
    other_kind(photo)
    if asked and asked not in known():
        st.warning(
            "The run in the address is not here, or has learned nothing yet; this is another one."
        )
    pad, chart = st.columns([64, 36], gap="medium")
    with pad:
        frame()
    with chart:
        curves()
