"""Runs from zip files, and runs that were deleted, below the table of the Runs page."""

from typing import BinaryIO

import streamlit as st

from app.views.runs import table, text
from lifelong.api import LifelongError, collection

MOST_MEGABYTES = 500  # of a file that is loaded through a page
state = st.session_state


def show_loader() -> None:
    """Shows the choice of a zip file, which is loaded at once."""
    key = f"zip_{state.get('zips', 0)}"
    with st.popover("Load a zip file", icon=":material/upload:", key=f"load_{key}"):
        st.caption(text.LOAD)
        file = st.file_uploader(
            "Zip file of a run", type="zip", key=key, max_upload_size=MOST_MEGABYTES
        )
        if file is None:
            return
        with st.spinner("Checking the file …"):
            _load(file)
    st.rerun()


def _load(file: BinaryIO) -> None:
    """Loads a run, which is ticked then, or notes why it was refused."""
    state["zips"] = state.get("zips", 0) + 1  # an empty choice in its place
    try:
        name = collection.load_zip(file)
    except LifelongError as error:
        state["refused"] = str(error)
        return
    title = next((table.full_title(e) for e in collection.entries() if e.id == name), name)
    state["done"], state["ticked"] = text.loaded(title), [name]


def show_trash() -> None:
    """Shows the deleted runs, if there are any, to bring back or to remove for good."""
    contents = collection.deleted()
    if not contents:
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
