"""The Compare page: runs of several strategies in curves, a table and against their costs.

The address holds the runs and the moment; `race=new` is the form of a new race.
"""

from collections.abc import Sequence

import streamlit as st

from app.shared import rights
from app.shared.part import Part, shown
from app.views.compare import (
    choice,
    costs,
    curve_data,
    curves,
    lever,
    line,
    marks,
    race,
    results,
    summary,
    text,
)
from app.views.compare import configurations as grouping
from app.views.compare.configurations import Configuration
from lifelong import api
from lifelong.api import History
from lifelong.charts import chart_data

POLL_SECONDS = 0.5
state, query = st.session_state, st.query_params


def page() -> None:
    """Shows the form of a race, or the runs of the address."""
    if query.get("race") == "new" and not api.access.is_read_only():
        with shown(Part.FORM):
            race.show_form()
        return
    with shown(Part.AT_REST):
        _comparison()


def _comparison() -> None:
    names = choice.named()
    rows = choice.rows(names)
    histories, problem = choice.read_or_problem(names)
    with st.container(horizontal=True, vertical_alignment="center", key="compare_title"):
        st.title("Compare", anchor=False)
        if not api.access.is_read_only():
            st.button(
                "Race strategies",
                key="new_race",
                type="primary",
                icon=":material/flag:",
                on_click=_new_race,
            )
    with st.container(key="picker_room"):
        choice.picker(rows, list(histories))
    if problem:
        st.error(problem)
    if message := state.pop("refused", None):
        st.error(message)
    if not histories:
        st.info(text.NOTHING)
    else:
        live = bool(race.at_work(list(histories)))
        if live:
            _progress(list(histories), _learned(histories))
        else:
            _unfinished(histories)
        _show(histories, live)
    lever.show()


def _new_race() -> None:
    query["race"] = "new"


def _unfinished(histories: dict[str, History]) -> None:
    if sentence := race.rest(histories):
        own = [run for run, h in histories.items() if not h.finished and not api.is_shipped(run)]
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(sentence)
            if rights.may_change(own):
                st.button(
                    "Learn them to the end",
                    key="resume",
                    icon=":material/play_arrow:",
                    on_click=race.resume,
                    args=(own,),
                )


def _learned(histories: dict[str, History]) -> dict[str, int]:
    """Returns how many tasks each run has learned."""
    return {run: len(history.learned) for run, history in histories.items()}


@st.fragment(run_every=POLL_SECONDS)
def _progress(runs: list[str], seen: dict[str, int]) -> None:
    """Shows the progress; reruns the page once a run has learned a task or all are at rest."""
    working = race.at_work(runs)
    histories, _ = choice.read_or_problem(runs)
    if not working or _learned(histories) != seen:
        st.rerun()
    ordered = sorted(working, key=lambda run: api.queue_position(run) or 0)
    done, words = race.progress(histories, ordered)
    st.progress(done, text=words)
    if rights.may_change(working):
        st.button("Stop", key="stop", icon=":material/stop:", on_click=race.stop, args=(runs,))


def _show(histories: dict[str, History], live: bool) -> None:
    chosen = grouping.comparable(grouping.grouped(histories))
    candidates = choice.reference_candidates(api.run_list(), chosen.shown)
    references = summary.references(chosen.shown, candidates)
    latest = summary.common_moment(chosen.shown)
    after = latest if live else results.moment(latest)
    values = summary.summaries(chosen.shown, after, references)
    st.markdown(f"## {text.headline(values)}")
    st.caption(text.question(chosen.shown))
    for sentence in (text.left_out(chosen), text.caveats(chosen.shown)):
        if sentence:
            st.info(sentence)
    if live:
        _live_curves(list(histories), list(references.values()))
    else:
        _curves(chosen.shown, list(references.values()), live)
    results.show(values, 0 if live else latest, line.chosen(chosen.shown))
    if after:
        costs.show(values)
        if not live:
            costs.show_exports(values)


@st.fragment(run_every=POLL_SECONDS)
def _live_curves(runs: list[str], references: list[History]) -> None:
    """Shows the curves as the records grow, step by step."""
    histories, _ = choice.read_or_problem(runs)
    if histories:
        _curves(grouping.comparable(grouping.grouped(histories)).shown, references, live=True)


def _curves(
    configurations: Sequence[Configuration], references: Sequence[History], live: bool
) -> None:
    lines = curve_data.shown_lines(configurations, references)
    tasks = chart_data.task_titles(configurations[0].histories[0])
    line.legend([title for title, _ in lines], configurations)
    of = line.chosen(configurations)
    with st.container(key="curves_room"):
        chart = curves.spec(
            lines, tasks, text.chance(configurations), live, line.title_of(of) if of else None
        )
        st.vega_lite_chart(chart, key="curves", width="stretch")
    dashed = any(title == marks.CUMULATIVE for title, _ in lines)
    st.caption(f"{text.CURVES} {text.reference_line(configurations, dashed)}")


page()
