"""The challenge of the Learn page: choose images to keep, learn the next digits, get a score."""

from statistics import fmean
from typing import Any

import streamlit as st

from app.shared import assets, navigate, rights
from app.views.learn import tiles, words
from lifelong.api import challenges as rules

album = st.components.v2.component(
    "lifelong_album",
    html=assets.read("learn/album.html"),
    css=assets.read("learn/album.css"),
    js=assets.read("learn/album.js"),
)
score_card = st.components.v2.component(
    "lifelong_score_card",
    html=assets.read("learn/card.html"),
    css=assets.read("learn/album.css"),
    js=assets.read("learn/card.js"),
)
OWN = "Your 20"


def show() -> None:
    """Shows the album, or for a choice in the address its score."""
    kept = rules.decoded(st.query_params.get("kept", ""))
    stored = rules.stored_score(kept) if kept is not None else None
    if stored is None and not rights.may_train():
        return
    if kept is None:
        _choose()
        return
    with st.container(key="learn_score"):
        if stored is None:
            with st.spinner(f"Learning 4 and 5 with your {rules.BUDGET} images …"):
                stored = rules.score(kept)
        _result(kept, stored)


def _choose() -> None:
    images = rules.album()
    groups = [images[at : at + rules.EACH] for at in range(0, len(images), rules.EACH)]
    data: dict[str, Any] = {
        "budget": rules.BUDGET,
        "groups": [
            {"name": group[0][0], "images": [tiles.picture(pixels) for _, pixels in group]}
            for group in groups
        ],
        "kept": list(st.session_state.get("kept", ())),
    }
    with st.container(key="learn_album"):
        chosen = album(key="album", data=data, on_learn_change=lambda: None).learn
    kept = rules.decoded(rules.code(_positions(chosen)))
    if kept is not None:
        st.session_state["kept"] = kept
        navigate.navigate_to(step=str(words.STEPS), kept=rules.code(kept))
        st.rerun()


def _positions(sent: object) -> list[int]:
    """Returns the positions in the album that a browser sent; none for anything else."""
    size = rules.FIRST_CLASSES * rules.EACH
    given = sent if isinstance(sent, list) else []
    return [each for each in given if isinstance(each, int) and 0 <= each < size]


def _result(kept: tuple[int, ...], score: rules.Score) -> None:
    rivals = rules.rivals()
    rows = [
        (OWN, score.old),
        ("Random 20", fmean(rivals.random)),
        ("Herding", rivals.herding),
        ("Nothing kept", rivals.none),
    ]
    left, right = st.columns([55, 45], gap="medium")
    with left:
        with st.container(key="learn_bars"):  # room for it before it is there
            st.html(tiles.bars(rows, OWN))
        with st.container(key="learn_verdict"):
            st.markdown(f"{words.verdict(score, rivals)} {words.by_digit(score)}")
        with st.container(key="learn_method"):
            st.html(tiles.note(words.method(rivals), ("herding",)))
        st.button(
            "Choose again", key="again", icon=":material/replay:", on_click=_again, args=(kept,)
        )
    images = rules.album()
    data = {
        "title": "20 images against forgetting",
        "sentence": words.shared(score, rivals),
        "images": [tiles.picture(images[at][1]) for at in kept],
        "rows": [[name, round(100 * share, 1)] for name, share in rows],
    }
    with right:
        score_card(key="card", data=data)


def _again(kept: tuple[int, ...]) -> None:
    st.session_state["kept"] = kept
    navigate.navigate_to(step=str(words.STEPS))
