"""Rights of a visitor on the pages: a sentence in place of the buttons that they may not use."""

from collections.abc import Sequence

import streamlit as st

from lifelong import api


def may_train() -> bool:
    """Shows a sentence where this server trains nothing; returns whether it trains."""
    if api.access.is_read_only():
        st.info(api.access.READ_ONLY)
    return not api.access.is_read_only()


def may_change(names: Sequence[str]) -> bool:
    """Shows why a visitor may not change runs or studies; returns whether they may change all.

    What ships is looked at on one's own machine, too: there the pages say so themselves.
    """
    refusals = [text for name in names if (text := api.access.refusal(name))]
    if refusals:
        st.caption(refusals[0])
    return not refusals
