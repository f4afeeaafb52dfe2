"""Choice of a study on the Transfer page: the title, the list of all, and which opens first."""

import streamlit as st

from app.shared import markdown, navigate
from app.views.transfer import labels, text
from lifelong import api
from lifelong.api import LifelongError


def opening() -> str | None:
    """Returns the shipped study that says most, with which the page opens; None without one."""
    return max(_shipped(), key=lambda name: text.weight(api.study(name)), default=None)


def of_source() -> str | None:
    """Returns the shipped study in which protection saved most of the source, if it saved any."""
    by_saved = {name: text.saved(api.study(name)) for name in _shipped()}
    most = max(by_saved, key=by_saved.__getitem__, default=None)
    return most if most and by_saved[most] > 0 else None


def _shipped() -> list[str]:
    return [name for name in api.study_list() if api.is_shipped(name)]


def head(study: str, name: str) -> None:
    """Shows the title, by default a question, and the list of studies. name: a person's own."""
    st.title(markdown.escaped(name) or "Does old knowledge help with new?", anchor=False)
    studies = api.study_list()
    if len(studies) < 2:
        return
    st.session_state["study_pick"] = study if study in studies else None
    st.selectbox(
        "Study",
        studies,
        key="study_pick",
        format_func=_list_entry,
        placeholder="Choose a study",
        on_change=_on_change,
    )


def _list_entry(study: str) -> str:
    try:
        return labels.list_entry(study, api.study(study))
    except LifelongError:
        return f"{study} (damaged)"


def _on_change() -> None:
    navigate.navigate_to_choice("study", st.session_state["study_pick"], api.study_list())


def source_lost(study: str) -> None:
    """Shows a sentence about what a source lost in the study that says most of it."""
    result = api.study(study)
    st.markdown(f"**What does a source lose?** {labels.study_title(result)}. {text.cost(result)}")


def source_button(study: str) -> None:
    """Shows the button that leads to that study."""
    st.button(
        "See what the source lost",
        key="source_study",
        icon=":material/trending_down:",
        on_click=_to,
        args=(study,),
    )


def _to(study: str) -> None:
    navigate.navigate_to(study=study)
