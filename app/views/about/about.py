"""The About page: what this is, whose data it shows, its licence and its source."""

import os

import streamlit as st

from app.shared import navigate
from lifelong import api

SPACES = "https://huggingface.co/spaces/"


def source_address() -> str | None:
    """Returns the address of the source: LIFELONG_SOURCE, or the Space that this app runs in."""
    own, space = os.environ.get("LIFELONG_SOURCE", ""), os.environ.get("SPACE_ID", "")
    if own.startswith(("https://", "http://")):
        return own
    return f"{SPACES}{space}/tree/main" if space else None


def data_sets() -> str:
    """Returns a list of the data sets that come from others, each with whom it is by."""
    specs = [api.dataset_spec(name) for name in api.datasets()]
    rows = [f"- **{spec.title}**, {spec.about}. {spec.credit}" for spec in specs if spec.credit]
    return "\n".join(rows)


st.title("About Lifelong", anchor=False)
st.markdown(
    "A neural network that learns a second task forgets the first: *catastrophic forgetting*. Here"
    " it can be seen, measured and felt, together with the strategies of research against it. Each"
    " network is trained or loaded task by task, and every number on these pages was measured with"
    " the run that is shown."
)
st.header("What you draw stays here", anchor=False)
st.markdown(
    "A drawing or a photo is answered by the server of this page and not stored, unless you teach"
    " it to a network. A link that you share has the strokes of your drawing in it, and nothing"
    " else about you."
)
if api.access.is_public():
    st.markdown(
        "A cookie with a random number tells your runs from those of others; the server stores a"
        " hash of it, and nothing else about you."
    )
st.header("Data", anchor=False)
st.markdown(data_sets())
st.header("Source and licence", anchor=False)
address = source_address()
st.markdown(
    "Lifelong is free software under the MIT licence."
    + (f" Its source is at [{address}]({address})." if address else " Its source is in the folder")
    + ("" if address else " that this app was started from; begin with `README.md`.")
)
st.markdown("Papers that the strategies are from stand beside each of them on the Train page.")
st.page_link(navigate.TRAIN, label="Go to the Train page")
