"""The part of the Inspect page that holds a run's configuration and downloads."""

import json

import streamlit as st

from app.shared import labels, markdown, navigate
from lifelong import api
from lifelong.api import History
from lifelong.charts import chart_data


def show_facts(run: str, history: History) -> None:
    """Shows the configuration of a run, downloads, links and the command that makes it again."""
    st.subheader("The run")
    st.markdown(markdown.table(["About", "This run"], labels.facts(history)))
    with st.container(horizontal=True, vertical_alignment="center", key="downloads"):
        _downloads(run, history)
        if history.config.program:  # nothing to draw on, and no command here makes it again
            return
        st.page_link(
            navigate.DRAW,
            label="Test it by drawing",
            icon=":material/draw:",
            query_params={"run": run},
            disabled=not history.learned,
        )
        st.page_link(
            navigate.TRAIN,
            label="Training log",
            icon=":material/model_training:",
            query_params={"run": run},
        )
    st.caption("The same from the command line:")
    st.code(api.command.of_run(history.config), language="bash", wrap_lines=True)


def _downloads(run: str, history: History) -> None:
    if history.learned:
        st.download_button(
            "Matrix (CSV)",
            lambda: chart_data.matrix_csv(history),
            f"{run}.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
            key="csv",
        )
    st.download_button(
        "Report (JSON)",
        lambda: json.dumps(history.report(run), indent=2),  # made when it is asked for
        f"{run}.json",
        "application/json",
        icon=":material/download:",
        on_click="ignore",
        key="json",
    )
