"""The control that a setting of a strategy or a network calls for."""

import math

import streamlit as st

from app.shared import labels

PERSIST = {"persist_state": "session"}  # a form is as it was left when one comes back to it


def control(setting, key: str) -> None:
    """The control that a setting's kind and range call for."""
    label = setting.name.replace("_", " ").capitalize()
    if setting.options:
        st.segmented_control(
            label,
            setting.options,
            default=setting.default,
            key=key,
            required=True,
            wrap=True,
            format_func=labels.option,
            **PERSIST,
        )
    elif setting.high - setting.low > 1000 or (
        setting.low > 0 and setting.high / setting.low >= 1000
    ):
        value = st.session_state.get(key, setting.default)
        st.select_slider(
            label,
            ladder(setting, value),
            value=setting.default,
            format_func=labels.magnitude,
            key=key,
            **PERSIST,
        )
    elif setting.kind is int:
        st.slider(
            label, int(setting.low), int(setting.high), int(setting.default), key=key, **PERSIST
        )
    else:
        step = 10.0 ** (math.floor(math.log10(setting.high - setting.low)) - 2)
        st.slider(
            label,
            float(setting.low),
            float(setting.high),
            float(setting.default),
            step,
            key=key,
            format="%g",
            **PERSIST,
        )
    st.caption(f"{setting.help} Default here: {labels.value(setting.default)}.")


def ladder(setting, *also: float) -> list:
    """The steps of a slider over many powers of ten: 0, 1, 2, 5, 10, ... within the setting's range."""
    lowest = setting.low if setting.low > 0 else 1
    powers = range(math.floor(math.log10(lowest)), math.ceil(math.log10(setting.high)) + 1)
    steps = {setting.kind(digit * 10.0**power) for power in powers for digit in (1, 2, 5)}
    within = {step for step in steps if setting.low <= step <= setting.high}
    return sorted(
        within
        | {setting.kind(value) for value in (setting.low, setting.high, setting.default, *also)}
    )
