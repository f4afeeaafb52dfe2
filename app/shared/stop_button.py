"""Button that stops what is at work, and acknowledges it at once."""

from collections.abc import Sequence

import streamlit as st

from app.shared import rights
from lifelong import api


def label(stopping: bool) -> str:
    """Returns the label of the button."""
    return "Stopping …" if stopping else "Stop"


def show(*names: str) -> None:
    """Shows the button for runs or studies; once it is clicked, it says that this is under way.

    In its place a sentence where they are another visitor's.
    """
    if not rights.may_change(names):
        return
    stopping = any(map(api.is_stopping, names))
    st.button(
        label(stopping),
        key="stop",
        icon=":material/stop:",
        disabled=stopping,
        on_click=_stop,
        args=(names,),
    )


def _stop(names: Sequence[str]) -> None:
    """Stops all of them, those that wait first: none begins in between."""
    for name in reversed(names):
        api.stop(name)
