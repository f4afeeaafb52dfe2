"""The Compare page: runs of several strategies in curves, a table and against their costs.

The address holds the runs and the moment; `race=new` is the form of a new race.
"""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from app.shared import assets, chart_data
from app.shared.part import Part, shown
from app.views.compare import (
    choice,
    curve_data,
    curves,
    exports,
    lever,
    marks,
    race,
    scatter,
    summary,
    table,
    text,
)
from app.views.compare import configurations as grouping
from app.views.compare.configurations import Configuration
from app.views.compare.summary import Summary
from lifelong import api
from lifelong.api import History, LifelongError

POLL_SECONDS = 0.5
save_charts = st.components.v2.component(
    "lifelong_save_charts",
    html=assets.read("compare/save.html"),
    js=assets.read("compare/save.js"),
    isolate_styles=False,
)
state, query = st.session_state, st.query_params


def page() -> None:
    """Shows the form of a race, or the runs of the address."""
    if query.get("race") == "new":
        with shown(Part.FORM):
            race.show_form()
        return
    with shown(Part.AT_REST):
        _comparison()


def _comparison() -> None:
    names = choice.named()
    rows = api.run_list()
    histories, problem = choice.read_or_problem(names)
    with st.container(horizontal=True, vertical_alignment="center", key="compare_title"):
        st.title("Compare", anchor=False)
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
    st.button("Stop", key="stop", icon=":material/stop:", on_click=race.stop, args=(runs,))


def _show(histories: dict[str, History], live: bool) -> None:
    chosen = grouping.comparable(grouping.grouped(histories))
    candidates = choice.reference_candidates(api.run_list(), chosen.shown)
    references = summary.references(chosen.shown, candidates)
    latest = summary.common_moment(chosen.shown)
    after = latest if live else _moment(latest)
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
    _table(values, 0 if live else latest)
    if after:
        _costs(values)
        _exports(values, live)


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
    st.html(marks.legend([title for title, _ in lines]))
    with st.container(key="curves_room"):
        chart = curves.spec(lines, tasks, text.chance(configurations), live)
        st.vega_lite_chart(chart, key="curves", width="stretch")
    dashed = any(title == marks.CUMULATIVE for title, _ in lines)
    st.caption(f"{text.CURVES} {text.reference_line(configurations, dashed)}")


def _moment(latest: int) -> int:
    """Returns the number of tasks after which values are compared: chosen, else the last common."""
    given = query.get("after", "")
    chosen = int(given[:4]) if given.isascii() and given.isdigit() else latest
    return min(chosen, latest) if chosen else latest


def _table(values: Sequence[Summary], latest: int) -> None:
    """Shows the table, and the choice of the moment where there are several up to `latest`."""
    with st.container(horizontal=True, key="order_room"):
        if latest > 1:
            _moment_control(values[0].after, latest)
        by = table.sort_control(values)
    st.html(table.html(table.ordered(values, by), by))
    st.markdown(text.forgotten(values))
    if sentence := text.missing_references(values):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(sentence)
            st.button(
                "Train the reference",
                key="train_reference",
                icon=":material/play_arrow:",
                on_click=_train_references,
                args=([run for each in values for run in text.runs_without_reference(each)],),
            )
    st.caption(text.LEGEND)


def _moment_control(after: int, latest: int) -> None:
    key = f"after_{latest}"
    state[key] = after
    st.segmented_control(
        "After task",
        list(range(1, latest + 1)),
        key=key,
        required=True,
        wrap=True,
        on_change=_on_moment_change,
        args=(latest,),
    )


def _on_moment_change(latest: int) -> None:
    chosen = state[f"after_{latest}"]
    if chosen == latest:
        query.pop("after", None)
    else:
        query["after"] = str(chosen)


def _train_references(runs: Sequence[str]) -> None:
    """Creates and orders the reference runs that these lack, and adds them to the address.

    Runs with the same classes in the same order share one.
    """
    found: dict[str, api.RunConfig] = {}
    for run in runs:
        if config := api.reference_config(run):
            found.setdefault(config.model_dump_json(exclude={"seed", "version"}), config)
    try:
        made = [api.create(**config.model_dump()) for config in found.values()]
        api.learn_in_turns(made)
    except LifelongError as error:
        state["refused"] = str(error)
        return
    query["runs"] = ",".join([*choice.named(), *made])


def _costs(values: Sequence[Summary]) -> None:
    st.subheader("What does it cost?", anchor=False)
    left, right = st.columns(2, gap="large")
    with left:
        with st.container(key="memory_room"):
            st.vega_lite_chart(scatter.memory(values), key="memory")
        st.caption(text.memory(values))
    with right:
        by = _compute_control(values)
        with st.container(key="seconds_room"):
            st.vega_lite_chart(scatter.compute(values, by), key="seconds")
        st.caption(text.compute(values))


def _compute_control(values: Sequence[Summary]) -> str:
    """Shows the choice between seconds and operations where all have both; returns the column."""
    if not all(each.values["operations"] for each in values):
        return "seconds"
    state.setdefault("compute", "seconds")
    st.segmented_control(
        "Compute in",
        list(scatter.COMPUTE),
        key="compute",
        required=True,
        format_func=str.capitalize,
    )
    return str(state["compute"])


def _exports(values: Sequence[Summary], live: bool) -> None:
    if live:
        return
    with st.container(horizontal=True, key="compare_exports"):
        for label, content, ending, kind in (
            ("CSV", exports.csv, "csv", "text/csv"),
            ("JSON", exports.as_json, "json", "application/json"),
            ("LaTeX", exports.latex, "tex", "application/x-tex"),
        ):
            st.download_button(
                label,
                partial(content, values),
                f"comparison.{ending}",
                kind,
                key=f"export_{ending}",
                icon=":material/download:",
                on_click="ignore",
            )
        save_charts(key="save_charts", width="content", height="content")


page()
