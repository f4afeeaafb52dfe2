"""Three runs to begin with, one click each: forget, remember with images, remember without."""

from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from app.shared import labels
from app.views.train.orders import order
from lifelong import api
from lifelong.api import DatasetInfo

DATASET = "mnist"
COMMON = {"dataset": DATASET, "scenario": "class", "recipe": "quick", "tasks": 5, "seed": 0}


@dataclass(frozen=True)
class Preset:
    """A run of the quick recipe that is ordered by one click.

    about: what its strategy does. costs: what it stores, and how long it takes.
    """

    name: str
    title: str
    about: str
    costs: str
    strategy: str
    icon: str
    settings: dict[str, Any] = field(default_factory=dict)

    def fields(self) -> dict[str, Any]:
        """Returns the fields of the run's configuration."""
        return {**COMMON, "strategy": self.strategy, "settings": self.settings}


PRESETS = (
    Preset(
        "forget",
        "Forget",
        "learns two digits at a time, and does nothing to remember the earlier ones.",
        "Stores nothing. The fastest.",
        "finetune",
        "water_drop",
    ),
    Preset(
        "images",
        "Remember with 100 images a class",
        "mixes 100 stored images of every earlier digit into each later lesson.",
        "Stores 800 kB. A second batch at every step.",
        "replay",
        "photo_library",
        {"per_class": 100},
    ),
    Preset(
        "none",
        "Remember with none",
        "stores no image: it adds up what fixed random filters see, and solves for the weights.",
        "Stores 10.8 MB of sums and weights. One look at each image.",
        "analytic",
        "functions",
    ),
)


def about_data(info: DatasetInfo) -> str:
    """Returns what all presets learn, and on which images where the data set is not here."""
    text = (
        "Each learns MNIST in five tasks of two digits and must tell all of them apart "
        "(class-incremental). Quick recipe: one pass over the images, seed 0."
    )
    return text if info.location else f"{text} {labels.sentence(labels.about_dataset(info))}"


def show() -> None:
    """Shows the presets side by side; on a phone one below the other."""
    for preset, column in zip(PRESETS, st.columns(len(PRESETS))):
        title = labels.strategy_title(preset.strategy)
        with column, st.container(border=True, key=f"preset_{preset.name}", height="stretch"):
            st.header(preset.title, anchor=False)
            st.markdown(f"**{title}** {preset.about}")
            st.caption(preset.costs)
            st.button(
                f"Start {labels.within_sentence(title)}",
                key=f"start_{preset.name}",
                type="primary",
                icon=f":material/{preset.icon}:",
                width="stretch",
                on_click=order,
                args=(preset.fields(),),
            )
    st.caption(about_data(api.dataset_info(DATASET)))
