"""The Train page: a form, or the run that the address names."""

import streamlit as st

from app.shared import labels
from app.shared.part import Part, shown
from app.views.train import form, run_view
from lifelong.api import LifelongError

run = st.query_params.get("run")
problem = labels.missing(run) if run else None
if run and not problem:
    try:
        run_view.show(run)
    except LifelongError as error:
        problem = str(error)
if problem:
    st.error(f"{problem} A new one can be started below.")
if problem or not run:
    with shown(Part.FORM):
        form.show()
