"""The part of the Train page's form that chooses the network: which one, and its settings."""

import streamlit as st

from app.shared.setting_control import PERSIST, control
from lifelong import api

SLOW = "Training the whole network takes minutes to hours without a graphics card. The page tells how long before the first step."


def model_select(key: str = "model"):
    """The choice of a network, and what the chosen one is; returns its card."""
    state, cards = st.session_state, _cards()
    if state.get(key) not in cards:
        state[key] = "mlp"
    st.segmented_control(
        "Network",
        list(cards),
        key=key,
        required=True,
        wrap=True,
        format_func=lambda name: cards[name].title,
        **PERSIST,
    )
    card = cards[state[key]]
    st.caption(card.summary)
    return card


def model_section() -> None:
    """The choice of a network, and its settings, folded away: the defaults do."""
    state, card = st.session_state, model_select()
    with st.expander("Settings of the network"):
        for setting in card.settings:
            control(setting, _key(card.name, setting.name))
    if state.get(_key(card.name, "tune")) == "whole":
        st.warning(SLOW)


def select_default(dataset: str, key: str = "model") -> None:
    """Chooses the network that suits a data set; for those that people bring, the choice stays."""
    if model := api.dataset_spec(dataset).default_model:
        st.session_state[key] = model


def chosen() -> dict:
    """The network and its settings, as a run's configuration takes them."""
    card = _card()
    return {
        "model": card.name,
        "network": {s.name: st.session_state[_key(card.name, s.name)] for s in card.settings},
    }


def restore(config) -> None:
    """Sets this part of the form to a run's own choices, as far as they are among those offered."""
    state = st.session_state
    state["model"] = config.model
    for setting in api.network_settings(config.model) if config.model in _cards() else ():
        given = config.network.get(setting.name, setting.default)
        if setting.accepts(given):
            state[_key(config.model, setting.name)] = given


def _cards() -> dict:
    return {card.name: card for card in api.networks()}


def _card():
    return _cards()[st.session_state["model"]]


def _key(model: str, name: str) -> str:
    return f"network-{model}-{name}"
