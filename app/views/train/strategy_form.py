"""The part of the Train page's form that chooses the strategy and its settings."""

from typing import Any

import streamlit as st

from app.shared import labels
from app.shared.setting_control import control
from lifelong import api
from lifelong.api import StrategyInfo


def strategy_section() -> None:
    """Shows the choice of a family, then of a strategy in it: all at once would be too many."""
    state, infos = st.session_state, _by_name()
    if state.get("strategy") not in infos:
        state["strategy"] = api.DEFAULTS.strategy
    families = list(dict.fromkeys(info.family for info in infos.values()))
    state["family"] = chosen_strategy().family
    st.segmented_control(
        "What does it do about forgetting?",
        families,
        key="family",
        required=True,
        wrap=True,
        format_func=str.capitalize,
        on_change=_on_family_change,
    )
    st.caption(api.FAMILIES[state["family"]])
    st.pills(
        "How does it learn?",
        [name for name, info in infos.items() if info.family == state["family"]],
        key="strategy",
        required=True,
        wrap=True,
        format_func=lambda name: infos[name].title,
        persist_state="session",
    )
    _strategy_card(chosen_strategy())


def _strategy_card(info: StrategyInfo) -> None:
    state = st.session_state
    with st.container(border=True, key="strategy_card"):
        st.markdown(
            f"{info.summary}\n\n**Memory**: {info.stores}  \n**Extra time**: {info.costs}  \n"
            f"**Source**: {info.source}"
        )
        if info.quick_note and state.get("recipe", "quick") == "quick":
            st.info(info.quick_note)
        if info.settings:
            with st.expander(f"Settings of {labels.within_sentence(info.title)}"):
                for setting in info.settings:
                    control(setting, setting_key(info.name, state["scenario"], setting.name))


def chosen_strategy() -> StrategyInfo:
    """Returns what is known of the strategy chosen."""
    return _by_name()[st.session_state["strategy"]]


def chosen_settings() -> dict[str, Any]:
    """Returns the values of the strategy's settings by name."""
    info, state = chosen_strategy(), st.session_state
    return {s.name: state[setting_key(info.name, state["scenario"], s.name)] for s in info.settings}


def setting_key(strategy: str, scenario: str, name: str) -> str:
    """Returns the key of a setting's control; each scenario has its own, and its own default."""
    return f"setting-{strategy}-{scenario}-{name}"


def _by_name() -> dict[str, StrategyInfo]:
    return {info.name: info for info in api.strategies(st.session_state["scenario"])}


def _on_family_change() -> None:
    """Chooses the first strategy of the family."""
    state = st.session_state
    family = state["family"]
    state["strategy"] = next(name for name, info in _by_name().items() if info.family == family)
