"""The table of the Compare page, with the choice of the moment that its values belong to."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from app.shared import started
from app.views.compare import choice, table, text
from app.views.compare.configurations import Configuration
from app.views.compare.summary import Summary
from lifelong import api
from lifelong.api import LifelongError
from lifelong.charts import long_runs


def moment(latest: int) -> int:
    """Returns the number of tasks after which values are compared: chosen, else the last common."""
    given = st.query_params.get("after", "")
    chosen = int(given[:4]) if given.isascii() and given.isdigit() else latest
    return min(chosen, latest) if chosen else latest


def show(values: Sequence[Summary], latest: int, chosen: Configuration | None) -> None:
    """Shows the table, and the choice of the moment where there are several up to `latest`.

    chosen: the configuration whose row stands out.
    """
    with st.container(horizontal=True, key="order_room"):
        if latest > 1:
            _moment_control(values[0].after, latest)
        by = table.sort_control(values)
    st.html(table.html(table.ordered(values, by), by, chosen))
    st.markdown(text.forgotten(values))
    sentence = "" if api.access.is_read_only() else text.missing_references(values)
    if sentence:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(sentence)
            st.button(
                "Train the reference",
                key="train_reference",
                icon=":material/play_arrow:",
                on_click=_train_references,
                args=([run for each in values for run in text.runs_without_reference(each)],),
            )
    st.caption(text.LEGEND)


def _moment_control(after: int, latest: int) -> None:
    key = f"after_{latest}"
    st.session_state[key] = after
    moments, on_change = list(range(1, latest + 1)), partial(_on_moment_change, latest)
    if latest > long_runs.MOST_DRAWN:  # as many buttons would fill the page
        st.select_slider("After task", moments, key=key, on_change=on_change)
    else:
        st.segmented_control(
            "After task", moments, key=key, required=True, wrap=True, on_change=on_change
        )


def _on_moment_change(latest: int) -> None:
    chosen = st.session_state[f"after_{latest}"]
    if chosen == latest:
        st.query_params.pop("after", None)
    else:
        st.query_params["after"] = str(chosen)


def _train_references(runs: Sequence[str]) -> None:
    """Creates and orders the reference runs that these lack, and adds them to the address.

    Runs with the same classes in the same order share one.
    """
    found: dict[str, api.RunConfig] = {}
    for run in runs:
        if config := api.reference_config(run):
            found.setdefault(config.model_dump_json(exclude={"seed", "version"}), config)
    try:
        made = [api.create(**config.model_dump()) for config in found.values()]
        started.learn_in_turns(made)
    except LifelongError as error:
        st.session_state["refused"] = str(error)
        return
    st.query_params["runs"] = ",".join([*choice.named(), *made])
