"""The form of the Transfer page: source, target, protection, seeds, recipe and network."""

from typing import Any

import streamlit as st

from app.shared import dataset_choice, labels, navigate, rights, started
from app.views.train import network_form
from lifelong import api
from lifelong.api import LifelongError, TransferPreset

ABOUT = (
    "A network learns the source. Then the target is learned from 1, 5, 20, 100 and all images of "
    "each class: **from scratch**, with the source's features **frozen**, and **fine-tuned**, with "
    "and without protection."
)
ABOUT_PRETRAINED = (
    "The target is learned from 1, 5 and 20 images of each class: by the network **from scratch**, "
    "with the pretrained network's features **frozen** and new layers on top, and with all of it "
    "**fine-tuned**."
)
NO_SOURCE = (
    "There is no source to protect: what the network was trained on before is not learned again "
    "here. Whole networks learn from few images, which takes some minutes a seed without a "
    "graphics card."
)
REPETITIONS = (
    "Repeats the study to measure the spread, with other images and other first weights each time."
)
# Choices beside the presets and the data sets.
OWN = "own"
SAME = ""
PRETRAINED = "pretrained"


def show() -> None:
    """Shows the whole form: one obvious button first, and below it everything to choose."""
    st.title("Transfer from what to what?", anchor=False)
    if not rights.may_train():
        return
    start = st.container()
    _source_and_target()
    left, middle, right = st.columns(3, gap="large")
    with left:
        if _chosen().get("pretrained"):
            st.caption(NO_SOURCE)
        else:
            _protection()
    with middle:
        st.slider("Seeds", 1, 10, 3, key="study_seeds", persist_state="session")
        st.caption(REPETITIONS)
    with right:
        _recipe()
        if "model" not in _chosen():
            network_form.model_select("study_model")
    # Filled last, since it names what was chosen below it.
    with start:
        _start()
    for name in {name for name in (_chosen()["dataset"], _chosen().get("target")) if name}:
        api.prepare(name)


def _start() -> None:
    st.markdown(ABOUT_PRETRAINED if _chosen().get("pretrained") else ABOUT)
    if message := st.session_state.pop("refused", None):
        st.error(message)
    with st.container(horizontal=True, key="start_buttons"):
        st.button(
            "Start",
            key="start_study",
            type="primary",
            icon=":material/play_arrow:",
            on_click=_begin,
        )
        st.button("Back", key="back", icon=":material/arrow_back:", on_click=_back)
    st.caption("It goes on when you leave the page, and can be stopped.")


def _back() -> None:
    navigate.cancel()
    st.query_params.clear()


def _presets() -> dict[str, TransferPreset]:
    """Returns the presets whose data sets can be had."""
    names = set(api.datasets())
    return {
        name: preset
        for name, preset in api.PRESETS.items()
        if {preset.dataset, preset.target or preset.dataset} <= names
    }


def _source_and_target() -> None:
    presets = _presets()
    chosen = st.segmented_control(
        "Source → target",
        [*presets, OWN],
        default=next(iter(presets), OWN),
        key="pair",
        required=True,
        wrap=True,
        format_func=lambda name: presets[name].title if name in presets else "My own choice",
        on_change=_on_source_change,
        persist_state="session",
    )
    if chosen in presets:
        st.caption(labels.sentence(presets[chosen].description))
    else:
        _own_choice()


def _own_choice() -> None:
    source, target = st.columns(2, gap="large")
    with source:
        st.selectbox(
            "Source",
            [*dataset_choice.names("transfer"), PRETRAINED],
            key="own_source",
            format_func=_choice_title,
            on_change=_on_source_change,
            persist_state="session",
        )
    own_source = st.session_state["own_source"]
    others = [name for name in dataset_choice.names("transfer") if name != own_source]
    with target:
        st.selectbox(
            "Target",
            others if own_source == PRETRAINED else [SAME, *others],
            key="own_target",
            format_func=_choice_title,
            persist_state="session",
        )
    if own_source != PRETRAINED:
        st.caption("The target's pictures take the size and the colours of the source's.")


def _choice_title(name: str) -> str:
    if name == SAME:
        return "The second half of its classes"
    return "A pretrained ResNet-50" if name == PRETRAINED else labels.dataset_title(name)


def _protection() -> None:
    infos = {info.name: info for info in api.protectors()}
    names = list(infos)
    st.selectbox(
        "What protects the source?",
        names,
        index=names.index(api.DEFAULT_PROTECTOR),
        key="protect",
        format_func=lambda name: infos[name].title,
        persist_state="session",
    )
    info = infos[st.session_state["protect"]]
    st.caption(f"{info.summary} Stores {info.stores}.")


def _recipe() -> None:
    st.segmented_control(
        "Recipe",
        list(api.RECIPES),
        default=api.DEFAULTS.recipe,
        key="study_recipe",
        required=True,
        format_func=str.capitalize,
        persist_state="session",
    )
    st.caption(f"{api.RECIPES[st.session_state['study_recipe']].about.capitalize()}.")


def _on_source_change() -> None:
    """Chooses the network that suits the source, where the source is a data set."""
    state = st.session_state
    preset = _presets().get(state["pair"])
    source = preset.dataset if preset else state.get("own_source")
    if source in api.datasets():
        network_form.select_default(source, "study_model")


def _chosen() -> dict[str, Any]:
    """Returns source and target, as fields of a study's configuration."""
    state, presets = st.session_state, _presets()
    if state["pair"] in presets:
        return presets[state["pair"]].fields()
    if state["own_source"] == PRETRAINED:
        target = state["own_target"] or api.datasets()[0]
        return {**api.PRESETS["pretrained"].fields(), "dataset": target}
    target = {"target": state["own_target"]} if state["own_target"] else {}
    return {"dataset": state["own_source"], **target}


def _begin() -> None:
    """Creates the study that the form describes and starts it."""
    state = st.session_state
    try:
        fields = {
            "protect": state.get("protect", api.DEFAULT_PROTECTOR),
            "model": state.get("study_model", api.DEFAULTS.model),
            **_chosen(),
        }
        study = api.create_study(**fields, seeds=state["study_seeds"], recipe=state["study_recipe"])
        started.learn(study)
    except LifelongError as error:
        state["refused"] = str(error)
        return
    navigate.navigate_to(study=study)
