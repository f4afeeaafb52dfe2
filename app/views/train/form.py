"""The form of the Train page: scenario, strategy, data, network, recipe, tasks and seed."""

import streamlit as st

from app.shared import charts, labels, matrix_chart, run_text
from app.views.train import network_form
from app.views.train.strategy_form import (
    chosen_settings,
    chosen_strategy,
    setting_key,
    strategy_section,
)
from lifelong import api
from lifelong.api import DatasetInfo, LifelongError, RunConfig
from lifelong.formatting import plural

MOST_TASKS = 20  # more lines than that cannot be told apart in a chart
NAMES = ("dataset", "scenario", "strategy", "recipe", "tasks", "seed")


def show() -> None:
    """Shows the whole form: one obvious button first, and below it everything to choose."""
    st.title("Train a network, task by task")
    start = st.container()
    scenario, strategy = st.columns([5, 7], gap="large")
    with scenario:
        _scenario()
    with strategy:
        strategy_section()
    _size()
    network_form.model_section()
    # Filled last, since it names what was chosen below it.
    with start:
        _start()
    api.prepare(st.session_state["dataset"])
    _expected()


def _start() -> None:
    state = st.session_state
    tasks = state["tasks"]
    st.markdown(
        f"**{chosen_strategy().title}** will learn {plural(tasks, 'task')}, one after the other. "
        "Watch what happens to the first ones while it learns the next."
    )
    if message := state.pop("refused", None):
        st.error(message)
    with st.container(horizontal=True, key="start_buttons"):
        st.button(
            f"Learn all {tasks} tasks" if tasks > 1 else "Learn the task",
            key="learn_all",
            type="primary",
            icon=":material/play_arrow:",
            on_click=_begin,
        )
        if tasks > 1:
            st.button(
                "Learn only the first",
                key="learn_next",
                icon=":material/skip_next:",
                on_click=_begin,
                args=(1,),
            )
    st.caption("Training goes on when you leave the page. You can stop it, and undo a task.")


def _expected() -> None:
    """Shows a finished run of the same kind, where there is one."""
    state = st.session_state
    same = ("dataset", "scenario", "strategy", "tasks", "model")
    finished = (row for row in api.run_list() if row.learned == row.tasks)
    alike = (row for row in finished if all(getattr(row, name) == state[name] for name in same))
    row = next(alike, None)
    if row is None:
        return
    history, reference = api.history(row.id), api.reference_run(row.id)
    ceiling = api.history(reference) if reference else None
    st.subheader("What to expect")
    like = f"A run like this, seed {row.seed}, recipe {row.recipe}"
    st.markdown(f"{like}: {run_text.result(history)}")
    curves, matrix = st.columns(2, gap="large")
    curves.altair_chart(charts.forgetting_curves(history, ceiling), key="expected_curves")
    matrix.altair_chart(matrix_chart.forgetting_matrix(history), key="expected_matrix")
    st.caption(labels.source(history))


def _scenario() -> None:
    scenarios = list(api.SCENARIOS)
    st.radio(
        "What is it asked?",
        scenarios,
        index=scenarios.index(api.DEFAULTS.scenario),
        key="scenario",
        on_change=_on_scenario_change,
        format_func=labels.scenario_title,
        captions=[labels.scenario_about(name) for name in scenarios],
        persist_state="session",
    )


def _size() -> None:
    """Shows the choice of data set, recipe, number of tasks and seed."""
    data, recipe, tasks, seed = st.columns(4, gap="large")
    with data:
        info = _dataset()
    with recipe:
        st.segmented_control(
            "Recipe",
            list(api.RECIPES),
            default=api.DEFAULTS.recipe,
            key="recipe",
            required=True,
            format_func=str.capitalize,
            persist_state="session",
        )
        st.caption(labels.sentence(api.RECIPES[st.session_state["recipe"]].about))
    with tasks:
        _tasks(len(info.spec.classes) or 10)
    with seed:
        st.number_input("Seed", 0, 2**31 - 1, key="seed", persist_state="session")
        st.caption("Fixes the random start. Seeds above 0 also shuffle the classes.")


def _dataset() -> DatasetInfo:
    """Shows the choice of a data set, and returns what is known of the one chosen."""
    state = st.session_state
    names = sorted(api.datasets(), key=labels.dataset_rank)
    if state.get("dataset") not in names:  # deleted since it was chosen
        state["dataset"] = api.DEFAULTS.dataset
    st.segmented_control(
        "Data set",
        names,
        key="dataset",
        required=True,
        wrap=True,
        on_change=_on_dataset_change,
        format_func=labels.dataset_title,
        persist_state="session",
    )
    info = api.dataset_info(state["dataset"])
    if info.problem:
        st.error(info.problem)
    else:
        st.caption(labels.sentence(labels.about_dataset(info)))
    return info


def _tasks(classes: int) -> None:
    """Shows the choice of the number of tasks, of those that so many classes allow."""
    state = st.session_state
    scenario = api.SCENARIOS[state["scenario"]]
    fewest, most = scenario.min_tasks, min(classes, MOST_TASKS)
    state["tasks"] = min(max(state.get("tasks", scenario.default_tasks), fewest), most)
    if fewest == most:
        st.markdown(f"{plural(most, 'task')} of one class each")
        return
    st.slider("Tasks", fewest, most, key="tasks", persist_state="session")
    st.caption("The classes are split evenly over this many tasks.")


def _on_dataset_change() -> None:
    network_form.select_default(st.session_state["dataset"])


def _on_scenario_change() -> None:
    st.session_state["tasks"] = api.SCENARIOS[st.session_state["scenario"]].default_tasks


def _begin(until: int | None = None) -> None:
    """Creates the run that the form describes and starts it, up to task `until` or to the end."""
    state = st.session_state
    names = {name: state[name] for name in NAMES}
    try:
        run = api.create(**names, settings=chosen_settings(), **network_form.chosen())
        api.learn(run, until)
    except LifelongError as error:
        state["refused"] = str(error)
        return
    state["goal"] = (run, until)
    st.query_params["run"] = run


def fill(config: RunConfig) -> None:
    """Sets the form to a run's configuration."""
    state = st.session_state
    for name in NAMES:
        state[name] = getattr(config, name)
    renamed = {s.former_name: s.name for s in chosen_strategy().settings}
    for name, value in config.settings.items():
        state[setting_key(config.strategy, config.scenario, renamed.get(name, name))] = value
    network_form.restore(config)
