"""The Train page: a form, the run that the address names, or several of the same kind."""

import streamlit as st

from app.shared import labels, navigate
from app.shared.part import Part, shown
from app.views.train import form, run_view, seeds_view
from app.views.train.orders import MOST_SEEDS
from lifelong import api
from lifelong.api import LifelongError

several = [run for run in st.query_params.get("runs", "").split(",") if run][:MOST_SEEDS]
run = st.query_params.get("run") or (several[0] if len(several) == 1 else None)
named = [run] if run else several
problem = next(filter(None, map(labels.missing, named)), None)
if named and not problem:
    try:
        if run and api.history(run).config.program:
            st.switch_page(navigate.INSPECT, query_params={"run": run})
        elif run:
            run_view.show(run)
        elif not seeds_view.is_one_configuration(several):
            st.switch_page(navigate.COMPARE, query_params={"runs": ",".join(several)})
        else:
            seeds_view.show(several)
    except LifelongError as error:
        problem = str(error)
if problem:
    below = "" if api.access.is_read_only() else " A new one can be started below."
    st.error(f"{problem}{below}")
if problem or not named:
    with shown(Part.FORM):
        form.show()
