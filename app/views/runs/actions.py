"""Actions on the runs that are ticked on the Runs page, and what the last one did."""

from collections.abc import Callable, Sequence

import streamlit as st

from app.shared import navigate
from app.views.runs import table, text
from app.views.runs.table import Entry
from app.views.train import form
from lifelong import api
from lifelong.api import LifelongError, collection

OWN_PAGE = (navigate.INSPECT, "Inspect")  # of a run; a study has the Transfer page
state = st.session_state


def show_notices() -> None:
    """Shows what the last action did, with Undo after a deletion, or why it was refused."""
    if message := state.pop("refused", None):
        st.error(message)
    if message := state.pop("done", None):
        st.success(message)
    if gone := state.get("gone"):
        with st.container(horizontal=True, vertical_alignment="center", key="gone_notice"):
            st.markdown(text.deleted(list(gone.values())))
            st.button("Undo", key="undo_delete", icon=":material/undo:", on_click=_undo)


def show(ticked: Sequence[Entry]) -> None:
    """Shows a sentence about the ticked runs, and the actions; those that do not fit are grey."""
    st.markdown(text.ticked(ticked, api.access.is_read_only()))
    one = ticked[0] if len(ticked) == 1 else None
    with st.container(horizontal=True, vertical_alignment="center", key="run_buttons"):
        _open(one)
        navigate.compare([entry.id for entry in ticked if not entry.is_study])
        _copy(one)
        if not api.access.is_read_only():
            _change(ticked, one)


def _open(entry: Entry | None) -> None:
    """Shows the links to the pages about one run or study."""
    address = {("study" if entry.is_study else "run"): entry.id} if entry else {}
    is_run = entry is not None and not entry.is_study
    readable = entry is not None and not entry.error
    page, label = (navigate.TRANSFER, "Open") if entry and entry.is_study else OWN_PAGE
    navigate.link(page, label, "query_stats", readable, **address)
    drawn_on = readable and is_run and entry is not None and entry.learned > 0
    drawn_on = drawn_on and not (entry and entry.program)
    navigate.link(navigate.DRAW, "Draw on it", "draw", drawn_on, **address)


def _copy(entry: Entry | None) -> None:
    """Shows the actions that make another run or file of one."""
    is_run = entry is not None and not (entry.error or entry.is_study or entry.program)
    if (
        not api.access.is_read_only()
        and st.button(
            "Duplicate",
            key="duplicate",
            icon=":material/content_copy:",
            help="Opens the Train page with the settings of this run.",
            disabled=not is_run,
        )
        and entry
    ):
        form.fill(api.history(entry.id).config)
        st.switch_page(navigate.TRAIN)
    name = entry.id if entry else ""
    st.download_button(
        "Download",
        lambda: collection.zipped(name),
        f"{name}.zip",
        "application/zip",
        key="download",
        icon=":material/download:",
        on_click="ignore",
        disabled=entry is None or entry.at_work or bool(entry.program),
    )


def _change(ticked: Sequence[Entry], one: Entry | None) -> None:
    """Shows the actions that change runs of a person's own."""
    own = [entry for entry in ticked if not entry.shipped]
    named = one if one is not None and one in own and not one.error else None
    st.button(
        "Rename",
        key="rename",
        icon=":material/edit:",
        on_click=_open_rename,
        args=(named,),
        disabled=named is None,
    )
    # A page that is run again because of a run at work leaves it open.
    if named and state.get("renaming") == named.id:
        _rename(named)
    starred = bool(own) and all(entry.star for entry in own)
    st.button(
        "Unstar" if starred else "Star",
        key="star",
        icon=":material/star:",
        on_click=_star,
        args=([entry.id for entry in own], not starred),
        disabled=not own,
    )
    st.button(
        "Delete",
        key="delete",
        icon=":material/delete:",
        on_click=_delete,
        args=({entry.id: table.full_title(entry) for entry in own},),
        disabled=not own,
    )


def _open_rename(entry: Entry | None) -> None:
    state["renaming"] = entry and entry.id


def _close_rename() -> None:
    state.pop("renaming", None)


@st.dialog("Rename", width="small", on_dismiss=_close_rename)
def _rename(entry: Entry) -> None:
    with st.form("rename_form", border=False):
        name = st.text_input(
            "Name", entry.name, max_chars=collection.LONGEST_NAME, key=f"name_{entry.id}"
        )
        st.caption("Left empty, it is called by its strategy. Its id and its address stay.")
        if not st.form_submit_button("Save", type="primary"):
            return
    try:
        collection.rename(entry.id, name if name.strip() else None)
    except LifelongError as error:
        st.error(str(error))
    else:
        _close_rename()
        st.rerun()


def _star(names: Sequence[str], star: bool) -> None:
    for name in names:
        _attempt(collection.set_star, name, star)


def _delete(titles: dict[str, str]) -> None:
    """Deletes runs; those that could not be are named in a sentence, the others can come back."""
    gone = {name: title for name, title in titles.items() if _attempt(collection.delete, name)}
    state["gone"] = gone


def _undo() -> None:
    names = state.pop("gone", {})
    back = [name for name in names if _attempt(collection.bring_back, name)]
    if back:
        state["done"], state["ticked"] = text.restored(len(back)), back


def _attempt(action: Callable[..., object], *arguments: object) -> bool:
    """Returns whether an action was done; its refusal is shown at the top of the page."""
    try:
        action(*arguments)
    except LifelongError as error:
        state["refused"] = str(error)
        return False
    return True
