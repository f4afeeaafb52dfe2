"""The choice of a data set, with what the one chosen holds."""

from collections.abc import Callable

import streamlit as st

from app.shared import labels, navigate
from lifelong import api
from lifelong.api import DatasetInfo

ON_A_PHONE = 3  # data sets in a row
MOST_ROWS = 5


def names(scenario: str | None = None) -> list[str]:
    """Returns the names of the data sets that can be chosen, those that people brought last.

    scenario: by default any.
    """
    listed = sorted(api.datasets(), key=labels.dataset_rank)
    if scenario is None:
        return listed
    return [name for name in listed if scenario in api.dataset_spec(name).usable_scenarios]


def show(
    key: str, on_change: Callable[[], None] | None = None, scenario: str | None = None
) -> DatasetInfo:
    """Shows the choice of a data set, and returns what is known of the one chosen.

    key: of its name in the state of the session. scenario: that it is defined for, by default any.
    """
    state, offered = st.session_state, names(scenario)
    if state.get(key) not in offered:  # deleted since it was chosen
        state[key] = api.DEFAULTS.dataset
    # By the number of rows on a phone, for which the style keeps room before they are there.
    rows = min(-(-len(offered) // ON_A_PHONE), MOST_ROWS)
    with st.container(key=f"rows_{rows}_{key}"):
        st.segmented_control(
            "Data set",
            offered,
            key=key,
            required=True,
            wrap=True,
            on_change=on_change,
            format_func=labels.dataset_title,
            persist_state="session",
        )
    info = api.dataset_info(state[key])
    if info.problem:
        st.error(info.problem)
    else:
        st.caption(labels.sentence(labels.about_dataset(info)))
    return info


def link_to_own(label: str = "Use your own images") -> None:
    """Shows the link to the page where one brings data of one's own."""
    st.page_link(navigate.OWN_DATA, label=label, icon=":material/photo_library:")
