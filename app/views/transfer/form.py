"""The form of the Transfer page: what is known first, what is learned then, and how often."""

import streamlit as st

from app.shared import labels, navigate
from app.shared.setting_control import PERSIST
from app.views.train import network_form
from lifelong import api
from lifelong.api import LifelongError

HOW = (
    "A network learns the source. Then the target is learned from 1, 5, 20, 100 and all images of each class: **from scratch**, "
    "with the source's features **frozen**, and **fine-tuned**, with and without protection."
)
HOW_PRETRAINED = (
    "The target is learned from 1, 5 and 20 images of each class: by the network **from scratch**, with the pretrained network's "
    "features **frozen** and new layers on top, and with all of it **fine-tuned**."
)
NO_SOURCE = "There is no source to protect: what the network was trained on before is not learned again here."
OWN = "own"
SAME = ""
PRETRAINED = "pretrained"
SLOW = (
    "Whole networks learn from few images, which takes some minutes a seed without a graphics card."
)


def show() -> None:
    """One obvious button, and below it everything that can be chosen."""
    state = st.session_state
    st.title("Transfer from what to what?")
    start = st.container()
    _what()
    left, middle, right = st.columns(3, gap="large")
    with left:
        if _chosen().get("pretrained"):
            st.caption(f"{NO_SOURCE} {SLOW}")
        else:
            _protector()
    with middle:
        st.slider("Seeds", 1, 10, 3, key="study_seeds", **PERSIST)
        st.caption(
            "Everything is repeated so many times, with other images and other first weights. It shows how far chance reaches."
        )
    with right:
        st.segmented_control(
            "Recipe",
            list(api.RECIPES),
            default="quick",
            key="study_recipe",
            required=True,
            format_func=str.capitalize,
            **PERSIST,
        )
        st.caption(f"{api.RECIPES[state['study_recipe']].about.capitalize()}.")
        if "model" not in _chosen():
            network_form.model_select("study_model")
    with start:
        _start()
    for name in {given for given in (_chosen()["dataset"], _chosen().get("target")) if given}:
        api.prepare(name)


def _start() -> None:
    """Filled last, since it tells what was chosen below it."""
    st.markdown(HOW_PRETRAINED if _chosen().get("pretrained") else HOW)
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


def _pairs() -> dict:
    """The pairs whose data sets are there."""
    there = set(api.datasets())
    return {
        name: pair
        for name, pair in api.PRESETS.items()
        if {pair.dataset, pair.target or pair.dataset} <= there
    }


def _what() -> None:
    pairs = _pairs()
    chosen = st.segmented_control(
        "Source → target",
        [*pairs, OWN],
        default=next(iter(pairs), OWN),
        key="pair",
        required=True,
        wrap=True,
        format_func=lambda name: pairs[name].title if name in pairs else "My own choice",
        on_change=_new_source,
        **PERSIST,
    )
    if chosen in pairs:
        st.caption(f"{pairs[chosen].description[:1].upper()}{pairs[chosen].description[1:]}.")
        return
    source, target = st.columns(2, gap="large")
    with source:
        st.selectbox(
            "Source",
            [*api.datasets(), PRETRAINED],
            key="own_source",
            format_func=_title,
            on_change=_new_source,
            **PERSIST,
        )
    pretrained = st.session_state["own_source"] == PRETRAINED
    with target:
        others = [name for name in api.datasets() if name != st.session_state["own_source"]]
        st.selectbox(
            "Target",
            others if pretrained else [SAME, *others],
            key="own_target",
            format_func=_title,
            **PERSIST,
        )
    if not pretrained:
        st.caption("The target's pictures take the size and the colours of the source's.")


def _title(name: str) -> str:
    return {SAME: "The second half of its classes", PRETRAINED: "A pretrained ResNet-50"}.get(
        name
    ) or labels.dataset_title(name)


def _protector() -> None:
    cards = {card.name: card for card in api.protectors()}
    names = list(cards)
    st.selectbox(
        "What protects the source?",
        names,
        index=names.index("lwf"),
        key="protect",
        format_func=lambda name: cards[name].title,
        **PERSIST,
    )
    card = cards[st.session_state["protect"]]
    st.caption(f"{card.summary} Stores {card.stores}.")


def _new_source() -> None:
    pair = _pairs().get(st.session_state["pair"])
    network_form.select_default(
        pair.dataset if pair else st.session_state.get("own_source"), "study_model"
    )


def _chosen() -> dict:
    """Source and target, as a study is made of them."""
    state, pairs = st.session_state, _pairs()
    if state["pair"] in pairs:
        return pairs[state["pair"]].fields()
    if state["own_source"] == PRETRAINED:
        return {
            **api.PRESETS["pretrained"].fields(),
            "dataset": state["own_target"] or api.datasets()[0],
        }
    return {
        "dataset": state["own_source"],
        **({"target": state["own_target"]} if state["own_target"] else {}),
    }


def _begin() -> None:
    """Makes the study that the form describes, and has it learned."""
    state = st.session_state
    try:
        given = {
            "protect": state.get("protect", "lwf"),
            "model": state.get("study_model", "mlp"),
            **_chosen(),
        }
        study = api.create_study(**given, seeds=state["study_seeds"], recipe=state["study_recipe"])
        api.learn(study)
    except LifelongError as error:
        state["refused"] = str(error)
        return
    navigate.navigate_to(study=study)
