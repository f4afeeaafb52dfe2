"""Parts of a page of which one is shown at a time: the form, what is at work, what is at rest."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

import streamlit as st


class Part(IntEnum):
    """Part of a page, by its position from the top."""

    FORM = 0
    AT_WORK = 1
    AT_REST = 2


@contextmanager
def shown(part: Part) -> Iterator[None]:
    """Shows the block's elements as this part, and removes those of the other parts first.

    In one container Streamlit would leave the elements of the part before below the new ones until
    the whole page is done.
    """
    slots = [st.container() if each is part else st.empty() for each in Part]
    with slots[part]:
        yield
