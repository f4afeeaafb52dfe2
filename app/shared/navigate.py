"""Going somewhere within a page: its address, which a message on its way from the browser may still lack."""

import time

import streamlit as st

# The pages' files, beside `navigation.py`: what `st.Page` and links to a page are given.
DRAW = "views/draw/draw.py"
TRAIN = "views/train/train.py"
INSPECT = "views/inspect/inspect.py"
TRANSFER = "views/transfer/transfer.py"

URL_GRACE_SECONDS = 3.0  # seconds in which the browser has surely taken over a new address


def navigate_to(**address: str) -> None:
    """In a callback: the page is to be at this address."""
    st.session_state["going"] = (address, time.monotonic())


def cancel() -> None:
    """In a callback: wherever the page was going to, it no longer is."""
    st.session_state.pop("going", None)


def apply() -> None:
    """At the start of a page: puts it where it is going to, until the browser has been there or turned elsewhere."""
    if "going" not in st.session_state:
        return
    address, since = st.session_state["going"]
    if st.query_params.to_dict() == address or time.monotonic() - since > URL_GRACE_SECONDS:
        cancel()
    else:
        st.query_params.from_dict(address)
