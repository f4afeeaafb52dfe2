"""Navigation between pages and within a page, by its address."""

import time
from collections.abc import Collection, Sequence
from urllib.parse import urlsplit

import streamlit as st

# The pages' files, beside `navigation.py`: what `st.Page` and links to a page take.
DRAW = "views/draw/draw.py"
LEARN = "views/learn/learn.py"
TRAIN = "views/train/train.py"
INSPECT = "views/inspect/inspect.py"
TRANSFER = "views/transfer/transfer.py"
RUNS = "views/runs/runs.py"
COMPARE = "views/compare/compare.py"
ABOUT = "views/about/about.py"
OWN_DATA = "views/own_data/own_data.py"

# Seconds until the browser has surely taken over a new address: a message on its way from the
# browser may still carry the old one.
URL_GRACE_SECONDS = 3.0


def base_path() -> str:
    """Returns the path of the app within its site as the browser knows it, with a slash at its end.

    For the page that opens first, whose address it is.
    """
    return urlsplit(st.context.url or "").path.rstrip("/") + "/"


def navigate_to(**address: str) -> None:
    """Sets the address that the page goes to. For callbacks."""
    names = {*address, *st.query_params}
    st.session_state["going"] = (address, names, time.monotonic())


def navigate_to_choice(name: str, choice: str | None, known: Collection[str]) -> None:
    """Sets the address to what was chosen in a select box. For callbacks.

    Streamlit hands over a label that is no option any more as it is, with every click: the label of
    a run or study changes as it learns. That is no choice, and the page stays where it is.
    """
    if choice is not None and choice in known:
        navigate_to(**{name: choice})


def compare(runs: Sequence[str]) -> None:
    """Shows the link to a comparison of runs, from two on."""
    link(COMPARE, "Compare", "compare_arrows", len(runs) > 1, runs=",".join(runs))


def link(page: str, label: str, icon: str, usable: bool = True, **address: str) -> None:
    """Shows a link to an address on a page; a grey button in its place while it is not usable.

    A grey link would be read and reached like any other.
    """
    sign = f":material/{icon}:"
    if usable:
        st.page_link(page, label=label, icon=sign, query_params=address)
    else:
        st.button(label, key=f"no_{icon}", icon=sign, disabled=True)


def show_address() -> None:
    """Has the browser show the address of this run of a page. At its start.

    After a link to another address of the same page Streamlit shows that, but leaves the browser's
    address as it was: a reload, or the next click, would bring back the one before.
    """
    state, now = st.session_state, st.query_params.to_dict()
    shown, before, since = state.get("address", (now, now, 0.0))
    # A message that was under way while the page set another address still carries the one before.
    if now == shown or now == before and time.monotonic() - since < URL_GRACE_SECONDS:
        state.setdefault("address", (shown, before, since))
        return
    state["address"] = (now, shown, time.monotonic())
    st.query_params.update()


def cancel() -> None:
    """Cancels a navigation that is under way. For callbacks."""
    st.session_state.pop("going", None)


def apply() -> None:
    """Applies the address at the start of a page, until the browser has taken it over."""
    if "going" not in st.session_state:
        return
    address, names, since = st.session_state["going"]
    # What has come since then is a choice on the new page.
    now = {name: value for name, value in st.query_params.to_dict().items() if name in names}
    if now == address or time.monotonic() - since > URL_GRACE_SECONDS:
        cancel()
    else:
        st.query_params.from_dict(address)
