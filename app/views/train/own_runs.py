"""The newest runs of this app, listed under the form of the Train page."""

from collections.abc import Sequence

import streamlit as st

from app.shared import labels, markdown, navigate
from lifelong import api
from lifelong.api import RunRow

MOST = 5


def newest(rows: Sequence[RunRow]) -> list[RunRow]:
    """Returns the newest runs that did not come with the project. rows: the newest first."""
    return [row for row in rows if not row.shipped][:MOST]


def show() -> None:
    """Shows a link to each of the newest runs, and one to all; nothing before the first."""
    rows = newest(api.run_list())
    if not rows:
        return
    st.header("Your runs", anchor=False)
    with st.container(key="own_runs"):
        for row in rows:
            title = markdown.escaped(labels.run_title(row))
            st.page_link(navigate.TRAIN, label=title, query_params={"run": row.id})
        st.page_link(navigate.RUNS, label="All runs", icon=":material/table_rows:")
