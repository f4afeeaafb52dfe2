"""Page navigation: the pages and their common style; the drawing page opens first."""

import sys
from pathlib import Path

import streamlit as st

MOST_LINKED = 60  # runs that an address may name
HERE = Path(__file__).resolve().parent
# Streamlit puts only this folder on the import path; `app` and `lifelong` lie beside it.
if str(HERE.parent) not in sys.path:
    sys.path.insert(0, str(HERE.parent))

from app.shared import assets, navigate, strip  # noqa: E402
from lifelong import api  # noqa: E402

st.set_page_config(
    page_title="Lifelong: see a network forget",
    page_icon=str(HERE / "assets" / "icon.svg"),
    layout="wide",
)

# In the order of a visit; the pages of a run and of one's own data are reached from the others.
pages = [
    st.Page(navigate.DRAW, title="Draw", icon=":material/draw:", default=True),
    st.Page(navigate.LEARN, title="Learn", icon=":material/school:", url_path="learn"),
    st.Page(navigate.TRAIN, title="Train", icon=":material/model_training:", url_path="train"),
    st.Page(
        navigate.COMPARE, title="Compare", icon=":material/compare_arrows:", url_path="compare"
    ),
    st.Page(navigate.TRANSFER, title="Transfer", icon=":material/moving:", url_path="transfer"),
    st.Page(navigate.RUNS, title="Runs", icon=":material/table_rows:", url_path="runs"),
    st.Page(navigate.ABOUT, title="About", icon=":material/info:", url_path="about"),
]
inspect = st.Page(
    navigate.INSPECT, title="Inspect", icon=":material/query_stats:", url_path="inspect"
)
own_data = st.Page(
    navigate.OWN_DATA, title="Your data", icon=":material/photo_library:", url_path="own_data"
)
selected = st.navigation([*pages, inspect, own_data], position="hidden")
navigate.show_address()
# Streamlit's own navigation hides behind a button on phones.
with st.container(horizontal=True, gap="small", key="nav"):
    st.html(assets.read("brand.html"))
    for page in pages:
        st.page_link(page)
# The runs or the study that the page itself shows: a strip would repeat them.
address = st.query_params
linked = ",".join(address.get(key, "") for key in ("run", "runs", "study"))
api.access.note_opened(filter(None, linked.split(",")[:MOST_LINKED]))
keys = {"train": ("run", "runs"), "compare": ("runs",), "transfer": ("study",)}
on_screen = keys.get(selected.url_path, ())
watched = {name for key in on_screen for name in address.get(key, "").split(",")}
strip.show(watched)
selected.run()
