"""The form of the Train page: three presets, all settings folded away, and the runs of before."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from app.shared import dataset_choice, labels, rights
from app.shared.markdown import escaped
from app.views.train import expected, network_form, own_runs, presets
from app.views.train.orders import MOST_SEEDS, order
from app.views.train.strategy_form import (
    chosen_settings,
    chosen_strategy,
    setting_key,
    strategy_section,
)
from lifelong import api
from lifelong.api import DatasetSpec, RunConfig
from lifelong.formatting import plural

MOST_TASKS = 20  # more lines than that cannot be told apart in a chart
NAMES = ("dataset", "scenario", "strategy", "recipe", "tasks", "seed")
GOES_ON = "Training goes on when you leave the page. You can stop it, and undo a task."


def show() -> None:
    """Shows the presets, which start with one click, and below them everything to choose."""
    st.title("Train a network, task by task", anchor=False)
    if message := st.session_state.pop("refused", None):
        st.error(message)
    if not rights.may_train():
        own_runs.show()
        return
    presets.show()
    if limited := api.limits.sentence():
        st.caption(limited)
    unfolded = st.session_state.pop("show_settings", False)
    with st.expander("All settings", expanded=unfolded), st.container(key="all_settings"):
        _settings()
    own_runs.show()


def _settings() -> None:
    """Shows all settings: the question and its data on the left, on the right what learns."""
    question, learner = st.columns([5, 7], gap="large")
    with question:
        _scenario()
        info = dataset_choice.show("dataset", _on_dataset_change)
        dataset_choice.link_to_own()
        _tasks(info.spec)
        _seeds()
    with learner:
        strategy_section()
        _recipe()
        network_form.model_section()
    api.prepare(st.session_state["dataset"])
    expected.show({**_names(), "model": st.session_state["model"]}, chosen_settings())
    _start()


def _start() -> None:
    state = st.session_state
    tasks, seeds = state["tasks"], state["seeds"]
    st.markdown(start_text(chosen_strategy().title, tasks, state["seed"], seeds))
    with st.container(horizontal=True, key="start_buttons"):
        each = f" with {plural(seeds, 'seed')}" if seeds > 1 else ""
        st.button(
            f"Learn all {tasks} tasks{each}" if tasks > 1 else f"Learn the task{each}",
            key="learn_all",
            type="primary",
            icon=":material/play_arrow:",
            on_click=_begin,
        )
        if tasks > 1 and seeds == 1:
            st.button(
                "Learn only the first",
                key="learn_next",
                icon=":material/skip_next:",
                on_click=_begin,
                args=(1,),
            )


def start_text(strategy: str, tasks: int, seed: int, seeds: int) -> str:
    """Returns what the button below will do."""
    one_by_one = f"**{strategy}** will learn {plural(tasks, 'task')}"
    one_by_one += ", one after the other." if tasks > 1 else "."
    if seeds == 1:
        return f"{one_by_one} {GOES_ON}"
    last = seed + seeds - 1
    return (
        f"{one_by_one} {plural(seeds, 'run')}, with the seeds {seed} to {last}, take their turns; "
        "at the end the page shows their mean and its standard error. Training goes on when you "
        "leave it."
    )


def _names() -> dict[str, Any]:
    return {name: st.session_state[name] for name in NAMES}


def _scenario() -> None:
    """Shows the choice of a scenario, of those that the data set is defined for."""
    state = st.session_state
    name = state.get("dataset", api.DEFAULTS.dataset)
    known = name if name in api.datasets() else api.DEFAULTS.dataset  # deleted since
    scenarios = list(api.dataset_spec(known).usable_scenarios)
    if state.get("scenario", api.DEFAULTS.scenario) not in scenarios:
        state["scenario"] = scenarios[0]
    state.setdefault("scenario", api.DEFAULTS.scenario)
    st.radio(
        "What is it asked?",
        scenarios,
        key="scenario",
        on_change=_on_scenario_change,
        format_func=labels.scenario_title,
        captions=[labels.scenario_about(name) for name in scenarios],
        persist_state="session",
    )


def _recipe() -> None:
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


def _seeds() -> None:
    """Shows the choice of the first seed and of the number of seeds."""
    with st.container(horizontal=True, key="seed_inputs"):
        st.number_input(
            "Seed",
            0,
            2**31 - MOST_SEEDS,
            key="seed",
            help="Fixes the random start; seeds above 0 also shuffle the classes, or draw the "
            "transformations of a data set that has them.",
            persist_state="session",
        )
        st.number_input(
            "Number of seeds",
            1,
            MOST_SEEDS,
            key="seeds",
            help="So many runs, one after the other, and their mean at the end.",
            persist_state="session",
        )


def _tasks(spec: DatasetSpec) -> None:
    """Shows the choice of the number of tasks, of those that the data set's classes allow."""
    state = st.session_state
    scenario, transforms = api.SCENARIOS[state["scenario"]], spec.transformation is not None
    if _uses_groups(spec):
        state["tasks"] = len(spec.groups)
        st.markdown(groups_text(spec.groups))
        return
    fewest = scenario.min_tasks
    most = MOST_TASKS if transforms else min(len(spec.classes) or 10, MOST_TASKS)
    usual = spec.default_tasks or scenario.default_tasks
    state["tasks"] = min(max(state.get("tasks", usual), fewest), most)
    if fewest == most:
        st.markdown(f"{plural(most, 'task')} of one class each")
        return
    evenly = "The classes are split evenly over this many tasks."
    each = f"Every task has all {len(spec.classes)} classes, its images transformed."
    words = each if transforms else evenly
    st.slider("Tasks", fewest, most, key="tasks", help=words, persist_state="session")


def _uses_groups(spec: DatasetSpec) -> bool:
    """Shows the choice whether the tasks are those that the classes were grouped into.

    Returns what was chosen; False where they were not grouped, or for a source and its target.
    """
    if not spec.groups or api.SCENARIOS[st.session_state["scenario"]].has_source:
        return False
    st.session_state.setdefault("grouped", True)
    return st.checkbox(
        "The tasks that its classes were grouped into", key="grouped", persist_state="session"
    )


def groups_text(groups: Sequence[Sequence[str]]) -> str:
    """Returns the classes of each task as a list.

    >>> print(groups_text([["cat", "dog"], ["heart"]]))
    - **Task 1**: cat, dog
    - **Task 2**: heart
    """
    return "\n".join(
        f"- **Task {number}**: {', '.join(map(escaped, group))}"
        for number, group in enumerate(groups, 1)
    )


def choose(dataset: str) -> None:
    """Sets the form to a data set, and unfolds it. Before another page switches to it."""
    state = st.session_state
    state["dataset"], state["show_settings"], state["grouped"] = dataset, True, True
    if model := api.dataset_spec(dataset).default_model:
        state["model"] = model


def _on_dataset_change() -> None:
    """Sets network and tasks to those of the data set; tasks that were chosen stay as they are."""
    name, before = st.session_state["dataset"], st.session_state.get("dataset_before")
    network_form.select_default(name)
    was_transformed = before in api.datasets() and api.dataset_spec(before).default_tasks
    if was_transformed or api.dataset_spec(name).default_tasks:
        _on_scenario_change()
    st.session_state["dataset_before"] = name


def _on_scenario_change() -> None:
    state = st.session_state
    usual = api.SCENARIOS[state["scenario"]].default_tasks
    state["tasks"] = api.dataset_spec(state["dataset"]).default_tasks or usual


def _begin(until: int | None = None) -> None:
    """Creates what the form describes and starts it, up to task `until` or to the end."""
    fields = {**_names(), "settings": chosen_settings(), **network_form.chosen()}
    spec = api.dataset_info(fields["dataset"]).spec
    transfers = api.SCENARIOS[fields["scenario"]].has_source
    if spec.groups and st.session_state.get("grouped") and not transfers:
        fields |= spec.grouping
    order(fields, st.session_state["seeds"], until)
    if "refused" in st.session_state:
        st.session_state["show_settings"] = True


def fill(config: RunConfig) -> None:
    """Sets the form to a run's configuration, and unfolds it."""
    state = st.session_state
    state["show_settings"] = True
    for name in NAMES:
        state[name] = getattr(config, name)
    renamed = {s.former_name: s.name for s in chosen_strategy().settings}
    for name, value in config.settings.items():
        state[setting_key(config.strategy, config.scenario, renamed.get(name, name))] = value
    network_form.restore(config)
