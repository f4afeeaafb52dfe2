"""The Runs page: all runs and studies in one table, and what can be done with those ticked.

The address holds the search and the filter.
"""

import streamlit as st

from app.server import visitor
from app.shared import dataset_choice, rights
from app.views.runs import actions, exchange, grid, table, text
from lifelong import api
from lifelong.api import collection

POLL_SECONDS = 2.0  # between two looks at the records while a run is at work
state = st.session_state


def page() -> None:
    """Shows search and filter, the actions, and the table that they are about."""
    with st.container(horizontal=True, vertical_alignment="center", key="runs_title"):
        st.title("Runs")
        with st.container(
            horizontal=True, width="content", vertical_alignment="center", key="runs_bring"
        ):
            if not api.access.is_read_only():
                dataset_choice.link_to_own("Your data")
                exchange.show_loader()
    if rights.may_train() and api.access.is_public():
        st.caption(text.SESSION if visitor.is_of_session() else text.PUBLIC)
    entries = collection.entries()
    actions.show_notices()
    with st.container(horizontal=True, vertical_alignment="bottom", key="runs_search"):
        st.text_input(
            "Search",
            key="find",
            bind="query-params",
            placeholder="Strategy, data set, name, seed 3 …",
            icon=":material/search:",
        )
        st.segmented_control(
            "Show",
            list(table.SHOWN),
            default="all",
            key="show",
            required=True,
            format_func=table.SHOWN.__getitem__,
            bind="query-params",
        )
    found = table.chosen(entries, state["show"] or "all", state["find"] or "")
    st.markdown(text.count(entries, found))
    above = st.container(key="runs_actions")
    above.empty()  # a container without elements has no room, whatever its style
    ticked = grid.show(found)
    with above:
        actions.show(ticked)
    if not found:
        none = state["show"] == "own" and not state["find"] and not api.access.is_read_only()
        st.info(text.NO_OWN if none else text.NO_MATCH)
    exchange.show_trash()
    if any(entry.at_work for entry in entries):
        _follow([(entry.id, entry.state, entry.learned) for entry in entries])


@st.fragment(run_every=POLL_SECONDS)
def _follow(seen: list[tuple[str, str, int]]) -> None:
    """Reruns the page once a run has learned a task, has come to rest, or has come or gone."""
    if [(entry.id, entry.state, entry.learned) for entry in collection.entries()] != seen:
        st.rerun()


page()
