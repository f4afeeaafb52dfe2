"""The part of the Compare page about costs, and the files that the comparison is saved as."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from app.shared import assets
from app.views.compare import exports, scatter, text
from app.views.compare.summary import Summary

save_charts = st.components.v2.component(
    "lifelong_save_charts",
    html=assets.read("compare/save.html"),
    js=assets.read("compare/save.js"),
    isolate_styles=False,
)


def show(values: Sequence[Summary]) -> None:
    """Shows accuracy against memory and against compute."""
    st.subheader("What does it cost?", anchor=False)
    left, right = st.columns(2, gap="large")
    with left:
        with st.container(key="memory_room"):
            st.vega_lite_chart(scatter.memory(values), key="memory")
        st.caption(text.memory(values))
    with right:
        by = _compute_control(values)
        with st.container(key="seconds_room"):
            st.vega_lite_chart(scatter.compute(values, by), key="seconds")
        st.caption(text.compute(values))


def _compute_control(values: Sequence[Summary]) -> str:
    """Shows the choice between seconds and operations where all have both; returns the column."""
    if not all(each.values["operations"] for each in values):
        return "seconds"
    chosen = st.segmented_control(
        "Compute in",
        list(scatter.COMPUTE),
        default="seconds",
        key="compute",
        required=True,
        format_func=str.capitalize,
        bind="query-params",
    )
    return chosen or "seconds"


def show_exports(values: Sequence[Summary]) -> None:
    """Shows the buttons that save the comparison as a file."""
    with st.container(horizontal=True, key="compare_exports"):
        for label, content, ending, kind in (
            ("CSV", exports.csv, "csv", "text/csv"),
            ("JSON", exports.as_json, "json", "application/json"),
            ("LaTeX", exports.latex, "tex", "application/x-tex"),
        ):
            st.download_button(
                label,
                partial(content, values),
                f"comparison.{ending}",
                kind,
                key=f"export_{ending}",
                icon=":material/download:",
                on_click="ignore",
            )
        save_charts(key="save_charts", width="content", height="content")
