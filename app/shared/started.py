"""Runs that a visitor started in this session: the strip on every page follows them first."""

from collections.abc import Sequence

import streamlit as st

from lifelong import api


def learn(name: str, until: int | None = None) -> None:
    """Queues a run, up to task `until` or to its end, or a study. Raises as `api.learn` does."""
    api.learn(name, until)
    _remember([name])


def learn_in_turns(runs: Sequence[str]) -> None:
    """Queues runs, a task of each in turn. Raises as `api.learn_in_turns` does."""
    api.learn_in_turns(runs)
    _remember(runs)


def _remember(added: Sequence[str]) -> None:
    st.session_state["started"] = {*names(), *added}


def names() -> set[str]:
    """Returns the names of what was started in this session."""
    found: set[str] = st.session_state.get("started", set())
    return found
