"""Runs that the Train page creates, starts and leads to."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from app.shared import started
from lifelong import api
from lifelong.api import History, LifelongError

MOST_SEEDS = 10


def order(fields: dict[str, Any], seeds: int = 1, until: int | None = None) -> None:
    """Creates a run for each seed from the one given on, and queues them; for callbacks.

    fields: of their configuration. until: the task before which they rest; by default to the end.
    """
    first = fields.get("seed", 0)
    try:
        api.check_new(seeds, fields.get("dataset"), fields.get("target"))  # all of them, or none
        runs = [api.create(**{**fields, "seed": first + i}) for i in range(seeds)]
        for run in runs:
            started.learn(run, until)
    except LifelongError as error:
        st.session_state["refused"] = str(error)
        return
    st.session_state["goal"] = (runs[0], until)
    go_to(runs)


def go_to(runs: Sequence[str]) -> None:
    """Sets the address to one run, or to several of the same kind."""
    alone = len(runs) == 1
    st.query_params.from_dict({"run": runs[0]} if alone else {"runs": ",".join(runs)})


def fields_of(history: History) -> dict[str, Any]:
    """Returns the fields of a run's configuration that a run of another strategy shares."""
    left_out = {"strategy", "settings", "version", "original", "taught"}
    return history.config.model_dump(exclude=left_out)
