"""The part of the Train page after a run: next steps, and what its recipe was too short for."""

import streamlit as st

from app.views.train.next_steps import next_step, quick_note
from app.views.train.orders import order
from lifelong import api
from lifelong.api import History


def note(history: History) -> None:
    """Shows the note of a strategy for which the recipe of this run is too short."""
    if history.learned and (text := quick_note(history)):
        st.info(text)


def button(history: History, seeds: int = 1) -> None:
    """Shows the button that orders the run to be done next, with so many seeds."""
    if api.access.is_read_only():
        return
    defined = [info.name for info in api.strategies(history.config.scenario)]
    step = next_step(history, defined)
    if step is not None:
        st.button(
            step.label,
            key="next_step",
            type="primary",
            icon=":material/arrow_forward:",
            on_click=order,
            args=(step.fields, seeds),
        )
