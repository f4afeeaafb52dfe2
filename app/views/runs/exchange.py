"""Runs from zip files and from the Hub, and runs that were deleted, on the Runs page."""

from collections.abc import Callable
from contextlib import closing

import streamlit as st

from app.views.runs import table, text
from lifelong import api
from lifelong.api import LifelongError, collection

MOST_MEGABYTES = 500  # of a file that is loaded through a page
state = st.session_state


def show_loader() -> None:
    """Shows the choice of a zip file, which is loaded at once, and of an address on the Hub."""
    number = state.get("loads", 0)
    with st.popover("Load a run", icon=":material/upload:", key=f"load_{number}"):
        st.caption(text.LOAD)
        file = st.file_uploader(
            "Zip file of a run", type="zip", key=f"zip_{number}", max_upload_size=MOST_MEGABYTES
        )
        with st.form("hub", border=False):
            address = st.text_input(
                "Or its address on the Hugging Face Hub",
                placeholder="owner/name or owner/name@revision",
                key=f"address_{number}",
                max_chars=300,
            )
            pressed = st.form_submit_button("Load from the Hub", icon=":material/cloud_download:")
        if file is not None:
            with st.spinner("Checking the file …"):
                _load(lambda: collection.load_zip(file))
        elif pressed:
            _load(lambda: _pull(address))
        else:
            return
    st.rerun()


def _pull(address: str) -> str:
    """Loads a run from the Hub behind a progress bar; returns its id.

    Visitors ask for themselves: a token of this machine is that of the person who runs it.
    """
    bar = st.progress(0.0, "Asking the Hub …")
    with closing(collection.pull(address, MOST_MEGABYTES * 1_000_000, own_token=False)) as steps:
        while True:
            try:
                event = next(steps)
            except StopIteration as end:
                run: str = end.value
                return run
            bar.progress(*text.loading(event))


def _load(load: Callable[[], str]) -> None:
    """Loads a run, which is ticked then, or notes why it was refused."""
    state["loads"] = state.get("loads", 0) + 1  # an empty choice in its place
    try:
        name = load()
    except LifelongError as error:
        state["refused"] = str(error)
        return
    title = next((table.full_title(e) for e in collection.entries() if e.id == name), name)
    state["done"], state["ticked"] = text.loaded(title), [name]


def show_trash() -> None:
    """Shows the deleted runs, if there are any, to bring back or to remove for good."""
    contents = collection.deleted()
    if not contents or api.access.is_read_only():
        return
    with st.expander(text.trash(contents), key="trash"):
        st.caption(text.about_trash(collection.DAYS))
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.selectbox("Deleted run", [each.id for each in contents], key="deleted_pick")
            st.button("Bring back", key="bring_back", icon=":material/undo:", on_click=_bring_back)
            with st.popover("Remove all for good", icon=":material/delete_forever:"):
                st.markdown(f"{len(contents):,} deleted, gone for good: this cannot be undone.")
                st.button("Remove for good", key="empty_trash", type="primary", on_click=_empty)


def _bring_back() -> None:
    try:
        name = collection.bring_back(state["deleted_pick"])
    except LifelongError as error:
        state["refused"] = str(error)
        return
    state["done"], state["ticked"] = text.restored(1), [name]
    state.get("gone", {}).pop(name, None)


def _empty() -> None:
    collection.empty_trash()
    state.pop("gone", None)
