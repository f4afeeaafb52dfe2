"""The part of the Inspect page with test images that were right once and are wrong now."""

from typing import TYPE_CHECKING, Any

import streamlit as st

from app.shared import assets, navigate
from app.shared.data_urls import data_url
from app.views.inspect import words
from app.views.inspect.selection import Selection
from lifelong import api
from lifelong.api import History, LifelongError

if TYPE_CHECKING:
    from lifelong.service.insight import Evidence

SHOWN = 24  # images
gallery = st.components.v2.component(
    "lifelong_gallery",
    html=assets.read("gallery.html"),
    css=assets.read("gallery.css"),
    js=assets.read("gallery.js"),
)


def show(run: str, history: History, at: Selection) -> None:
    """Shows the evidence for the chosen cell; of a task alone, for the end of the run."""
    st.header("Which images it lost", anchor=False)
    if at.task is None:
        st.markdown("Choose a task above, or click a cell of the matrix.")
        return
    after = len(history.learned) - 1 if at.after is None else at.after
    if after <= at.task:
        st.markdown("The task was just learned; choose a later moment above.")
        return
    try:
        with st.spinner("Looking at the test images ..."):
            found = api.insight.evidence(run, at.task, after, SHOWN)
    except LifelongError as error:
        st.markdown(str(error))
        return
    st.markdown(words.evidence(history, found, at.task, after))
    if found.images:
        _gallery(run, found)


def _gallery(run: str, found: "Evidence") -> None:
    data: dict[str, Any] = {
        "run": run,
        "photo": not api.holds_digits(run),
        "fixed": bool(api.transformation(run)),
        "label": "Images that were right and are wrong",
        "images": [
            {
                "image": data_url(api.png(each.pixels)),
                "name": each.name,
                "before": each.before,
                "now": each.now,
                "words": words.put_on_pad(each.name, each.before, each.now),
            }
            for each in found.images
        ],
    }
    if gallery(key="gallery", data=data, on_put_change=lambda: None).put is not None:
        st.switch_page(navigate.DRAW, query_params={"run": run})
