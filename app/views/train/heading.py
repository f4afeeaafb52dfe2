"""The heading of the Train page above a run, or several of the same kind, and the way back."""

from collections.abc import Sequence

import streamlit as st

from app.shared import labels
from app.views.train import form
from lifelong import api
from lifelong.api import History


def show(title: str, runs: Sequence[str], histories: Sequence[History]) -> None:
    """Shows title and configuration of runs, and what was refused if something was."""
    left, right = st.columns([5, 1], vertical_alignment="center")
    left.title(title, anchor=False)
    if not api.access.is_read_only():
        right.button(
            "New run",
            key="new_run",
            icon=":material/add:",
            on_click=_back_to_form,
            args=(runs[0],),
            width="stretch",
        )
    st.caption(labels.setup(*histories, run=runs[0] if len(runs) == 1 else ""))
    if message := st.session_state.pop("refused", None):
        st.error(message)


def _back_to_form(run: str) -> None:
    """Leads to the form, filled with a run's configuration; for callbacks."""
    form.fill(api.history(run).config)
    st.query_params.clear()
