"""The line that is chosen, in the legend or by a click in a chart; the address holds its run."""

from collections.abc import Sequence

import streamlit as st

from app.shared import assets, navigate
from app.views.compare import marks, text
from app.views.compare.configurations import Configuration

pick = st.components.v2.component(
    "lifelong_pick_line", html="<p></p>", js=assets.read("compare/pick.js"), isolate_styles=False
)


def title_of(configuration: Configuration) -> str:
    """Returns the title of a configuration's line."""
    return marks.CUMULATIVE if configuration.is_reference else configuration.title


def chosen(configurations: Sequence[Configuration]) -> Configuration | None:
    """Returns the configuration whose line is chosen in the address; None where none is."""
    run = st.query_params.get("line")
    return next((each for each in configurations if run in each.runs), None)


def legend(titles: Sequence[str], configurations: Sequence[Configuration]) -> None:
    """Shows the legend of the charts, whose entries can be chosen, and the runs of the chosen."""
    by_title = {title_of(each): each for each in configurations}
    of = chosen(configurations)
    st.html(marks.legend(titles, list(by_title), title_of(of) if of else None))
    line = pick(key="pick", data={"lines": list(by_title)}, on_line_change=lambda: None).line
    if line in by_title:
        _choose(by_title[line], of)
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center", key="line_runs"):
        if of is None:
            st.caption(text.CHOOSE)
        else:
            _links(of)


def _choose(configuration: Configuration, before: Configuration | None) -> None:
    """Puts a line into the address; a second time takes it out."""
    if before is not None and before.runs == configuration.runs:
        st.query_params.pop("line", None)
    else:
        st.query_params["line"] = configuration.runs[0]


def _links(configuration: Configuration) -> None:
    one = len(configuration.runs) == 1
    st.markdown(f"**{configuration.title}**{'' if one else ':'}")
    for run, history in zip(configuration.runs, configuration.histories):
        label = "Inspect it" if one else f"Seed {history.config.seed}"
        navigate.link(navigate.INSPECT, label, "query_stats", run=run)
