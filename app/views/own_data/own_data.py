"""The Your data page: files of one's own, what was found in them, and their classes by task.

Files are read when they are chosen; what was found is shown before anything is stored or trained.
"""

from collections.abc import Sequence

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from app.shared import navigate, rights
from app.views.own_data import found, grouping, stored, text
from app.views.train import form
from lifelong import api
from lifelong.api import LifelongError, own_data

MOST_MEGABYTES = 500  # of a file
state = st.session_state


def page() -> None:
    """Shows the choice of files, what was found in them, and the data sets that are stored."""
    st.title("Your data", anchor=False)
    if not rights.may_train():
        return
    if message := state.pop("own_refused", None):
        st.error(message)
    if message := state.pop("own_done", None):
        st.success(message)
    files = _uploader()
    staged = _staged(files)
    if staged is None:
        st.caption(text.AFTER)
    else:
        found.show(staged)
        groups = grouping.show([each.name for each in staged.findings.classes], staged.id)
        _name_and_store(staged, files, groups)
    stored.show()


def _uploader() -> list[UploadedFile]:
    """Shows the choice of files; returns those that were chosen."""
    st.markdown(text.GIVE)
    return st.file_uploader(
        "Zip file, parquet files or images",
        type=["zip", "parquet", *own_data.SUFFIXES],
        accept_multiple_files=True,
        max_upload_size=MOST_MEGABYTES,
        key=f"own_files_{state.get('own_number', 0)}",
    )


def _staged(files: Sequence[UploadedFile]) -> own_data.Staged | None:
    """Returns what was found in the files, read once; None without files or after an error."""
    key = tuple(sorted(each.file_id for each in files))
    staged = state.get("own_staged")
    if key == state.get("own_key", ()) and (staged is None or own_data.is_staged(staged.id)):
        if problem := state.get("own_problem"):
            st.error(problem)
        return staged
    _forget()
    state["own_key"] = key
    if not files:
        return None
    uploads = [own_data.Upload(each.name, each) for each in files]
    try:
        with st.spinner(text.READING):
            state["own_staged"] = own_data.stage_uploads(uploads)
    except LifelongError as error:
        state["own_problem"] = str(error)
        st.error(str(error))
    return state.get("own_staged")


def _forget() -> None:
    """Removes what was found, on disk and in the session."""
    if (staged := state.pop("own_staged", None)) is not None:
        own_data.discard(staged.id)
    for name in ("own_key", "own_problem", "own_name"):
        state.pop(name, None)


def _name_and_store(
    staged: own_data.Staged, files: Sequence[UploadedFile], groups: list[list[str]]
) -> None:
    """Shows the name and the buttons that store the data set or forget it."""
    st.header("Name it", anchor=False)
    state.setdefault("own_name", text.name_of(files[0].name, len(files)))
    about = text.about_name(api.access.is_public())
    st.text_input("Name", key="own_name", max_chars=50, help=about)
    with st.container(horizontal=True, key="own_buttons"):
        pressed = st.button(
            "Store it and choose how to train",
            key="own_store",
            type="primary",
            icon=":material/model_training:",
        )
        st.button("Forget it", key="own_forget", icon=":material/close:", on_click=_start_over)
    if pressed:
        _store(staged, files, groups)


def _store(staged: own_data.Staged, files: Sequence[UploadedFile], groups: list[list[str]]) -> None:
    """Stores the data set and goes on to the form of the Train page with it chosen."""
    source = files[0].name if len(files) == 1 else text.several(len(files))
    try:
        name = own_data.keep(staged.id, state["own_name"].strip(), source, groups)
    except LifelongError as error:
        st.error(str(error))
        return
    _start_over()
    form.choose(name)
    st.switch_page(navigate.TRAIN)


def _start_over() -> None:
    """Forgets the files and what was found in them; an empty choice in their place."""
    _forget()
    state["own_number"] = state.get("own_number", 0) + 1


page()
