"""Findings in the files that a visitor gave: counts, sizes, examples, and what does not fit."""

from functools import lru_cache

import streamlit as st

from app.shared import assets
from app.shared.data_urls import data_url
from app.shared.markdown import escaped
from app.views.own_data import text
from lifelong.api import own_data

EXAMPLES = 8  # images of each class
MOST_SHOWN = 100  # classes with examples
MOST_NAMED = 200  # misfits
sheet = st.components.v2.component(
    "lifelong_found",
    html=assets.read("own_data/found.html"),
    css=assets.read("own_data/found.css"),
    js=assets.read("own_data/found.js"),
)


@lru_cache(maxsize=4)  # of a hundred classes, 5 MB each
def _examples(staged: str) -> list[own_data.Example]:
    return own_data.examples(staged, EXAMPLES, MOST_SHOWN)


def show(staged: own_data.Staged) -> None:
    """Shows what was found."""
    findings = staged.findings
    st.header("What was found", anchor=False)
    st.markdown(" ".join(escaped(each) for each in findings.describe()))
    examples = {each.name: each for each in _examples(staged.id)}
    rows = [
        {
            "name": each.name,
            "counts": text.counts(each),
            "image": data_url(examples[each.name].image) if each.name in examples else "",
            "alt": text.alt(each.name, examples[each.name].count) if each.name in examples else "",
        }
        for each in findings.classes
    ]
    sheet(key="own_found", data={"classes": rows})
    if not findings.n_misfits:
        return
    with st.expander(text.left_out(findings.n_misfits), key="own_misfits"):
        for misfit in findings.misfits[:MOST_NAMED]:
            st.markdown(f"- {escaped(misfit.sentence)}")
        if findings.n_misfits > MOST_NAMED:
            st.caption(text.more(findings.n_misfits - MOST_NAMED))
