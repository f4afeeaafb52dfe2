"""The part of the forms that chooses the network and its settings."""

from typing import Any

import streamlit as st

from app.shared.setting_control import control
from lifelong import api
from lifelong.api import ModelInfo, RunConfig

SLOW = (
    "Training the whole network takes minutes to hours without a graphics card. "
    "The page tells how long before the first step."
)


def model_select(key: str = "model") -> ModelInfo:
    """Shows the choice of a network, and returns what is known of the one chosen."""
    state, infos = st.session_state, _by_name()
    if state.get(key) not in infos:
        state[key] = api.DEFAULTS.model
    st.segmented_control(
        "Network",
        list(infos),
        key=key,
        required=True,
        wrap=True,
        format_func=lambda name: infos[name].title,
        persist_state="session",
    )
    info = infos[state[key]]
    st.caption(info.summary)
    return info


def model_section() -> None:
    """Shows the choice of a network, and its settings, folded away: the defaults do."""
    info = model_select()
    with st.expander("Settings of the network"):
        for setting in info.settings:
            control(setting, _key(info.name, setting.name))
    if api.trains_deep_network(info.name, _settings(info)):
        st.warning(SLOW)


def select_default(dataset: str, key: str = "model") -> None:
    """Chooses the network that suits a data set; for those that people bring, the choice stays."""
    if model := api.dataset_spec(dataset).default_model:
        st.session_state[key] = model


def chosen() -> dict[str, Any]:
    """Returns the network and its settings, as fields of a run's configuration."""
    info = _by_name()[st.session_state["model"]]
    return {"model": info.name, "network": _settings(info)}


def restore(config: RunConfig) -> None:
    """Sets the network of the form to a run's, as far as it is among those offered."""
    state = st.session_state
    state["model"] = config.model
    info = _by_name().get(config.model)
    for setting in info.settings if info else ():
        value = config.network.get(setting.name, setting.default)
        if setting.accepts(value):
            state[_key(config.model, setting.name)] = value


def _settings(info: ModelInfo) -> dict[str, Any]:
    return {s.name: st.session_state[_key(info.name, s.name)] for s in info.settings}


def _by_name() -> dict[str, ModelInfo]:
    return {info.name: info for info in api.networks()}


def _key(model: str, name: str) -> str:
    return f"network-{model}-{name}"
