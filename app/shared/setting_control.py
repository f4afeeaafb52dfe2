"""Form controls for the settings of strategies and networks."""

import math

import streamlit as st

from app.shared import labels
from lifelong.api import Setting
from lifelong.formatting import magnitude


def control(setting: Setting, key: str) -> None:
    """Shows the control that fits a setting's kind and range, with its help below."""
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
            persist_state="session",
        )
    else:
        _number_control(setting, label, key, *_range(setting))
    st.caption(f"{setting.help} Default here: {labels.value(setting.default)}.")


def _number_control(setting: Setting, label: str, key: str, low: float, high: float) -> None:
    """Shows a slider; over many powers of ten its steps are 1, 2 and 5 of each power."""
    if high - low > 1000 or (low > 0 and high / low >= 1000):
        st.select_slider(
            label,
            ladder(setting, st.session_state.get(key, setting.default)),
            value=setting.default,
            format_func=magnitude,
            key=key,
            persist_state="session",
        )
    elif setting.kind is int:
        value = int(setting.default)
        st.slider(label, int(low), int(high), value, key=key, persist_state="session")
    else:
        st.slider(
            label,
            float(low),
            float(high),
            float(setting.default),
            10.0 ** (math.floor(math.log10(high - low)) - 2),
            key=key,
            format="%g",
            persist_state="session",
        )


def ladder(setting: Setting, *also: float) -> list[float]:
    """Returns slider steps over powers of ten: 0, 1, 2, 5, 10, ... within the setting's range."""
    low, high = _range(setting)
    lowest = low if low > 0 else 1
    powers = range(math.floor(math.log10(lowest)), math.ceil(math.log10(high)) + 1)
    steps = {setting.kind(digit * 10.0**power) for power in powers for digit in (1, 2, 5)}
    within = {step for step in steps if low <= step <= high}
    return sorted(within | {setting.kind(value) for value in (low, high, setting.default, *also)})


def _range(setting: Setting) -> tuple[float, float]:
    """Returns the range of a number. Raises TypeError for a setting that is none."""
    if setting.low is None or setting.high is None:
        raise TypeError(f"{setting.name} is not a number within a range.")
    return setting.low, setting.high
