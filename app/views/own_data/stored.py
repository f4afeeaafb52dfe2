"""The data sets that are stored here, each to be trained on or removed."""

import streamlit as st

from app.shared import navigate
from app.shared.markdown import escaped
from app.views.own_data import text
from app.views.train import form
from lifelong import api
from lifelong.api import LifelongError, own_data

state = st.session_state


def show() -> None:
    """Shows the data sets that people stored here, if there are any."""
    names = own_data.names()
    if not names:
        return
    st.header("Stored here", anchor=False)
    for name in names:
        info = api.dataset_info(name)
        with st.container(horizontal=True, vertical_alignment="center", key=f"own_row_{name}"):
            st.markdown(f"**{escaped(name)}**  \n{escaped(info.problem or info.spec.about)}")
            if not info.problem and st.button(
                "Train on it", key=f"own_train_{name}", icon=":material/model_training:"
            ):
                form.choose(name)
                st.switch_page(navigate.TRAIN)
            with st.popover("Remove", icon=":material/delete:", key=f"own_more_{name}"):
                st.markdown(text.about_removal(name, len(own_data.runs_of(name))))
                st.button(
                    "Remove for good",
                    key=f"own_remove_{name}",
                    type="primary",
                    on_click=_remove,
                    args=(name,),
                )


def _remove(name: str) -> None:
    try:
        state["own_done"] = text.removed(escaped(name), own_data.remove(name))
    except LifelongError as error:
        state["own_refused"] = str(error)
