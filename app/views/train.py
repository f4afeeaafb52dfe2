"""The Train page: a form, or the run that the address names."""

import form
import naming
import running
import streamlit as st

from lifelong.errors import LifelongError

run = st.query_params.get("run")
problem = naming.missing(run) if run else None
if run and not problem:
    try:
        running.show(run)
    except LifelongError as error:
        problem = str(error)
if problem:
    st.error(f"{problem} A new one can be started below.")
if problem or not run:
    form.show()
