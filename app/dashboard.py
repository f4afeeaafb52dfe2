"""The pages and what they share: the drawing page opens first."""

import sys
from pathlib import Path

import streamlit as st

HERE = Path(__file__).resolve().parent
for folder in (HERE, HERE.parent):  # Streamlit puts neither the pages' helpers nor the library on the path in every case
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

st.set_page_config(page_title="Lifelong: see a network forget", page_icon=str(HERE / "assets" / "icon.svg"), layout="wide")
st.html(HERE / "assets" / "dashboard.css")

pages = [
    st.Page("views/draw.py", title="Draw", icon=":material/draw:", default=True),
    st.Page("views/train.py", title="Train", icon=":material/model_training:", url_path="train"),
    st.Page("views/inspect.py", title="Inspect", icon=":material/query_stats:", url_path="inspect"),
    st.Page("views/transfer.py", title="Transfer", icon=":material/moving:", url_path="transfer"),
]
page = st.navigation(pages, position="hidden")
with st.container(horizontal=True, gap="small", key="nav"):  # Streamlit's own navigation hides behind a button on phones
    for place in pages:
        st.page_link(place)
page.run()
