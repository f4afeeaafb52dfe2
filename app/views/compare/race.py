"""A race: its form, and its progress while the runs learn."""

from collections.abc import Sequence

import streamlit as st

from app.shared import dataset_choice, labels, started
from app.views.compare import configurations
from lifelong import api
from lifelong.api import History, LifelongError, StrategyInfo
from lifelong.formatting import duration, plural, whole_percent

OPENING = ("finetune", "ewc", "replay", "cumulative")
MOST_SEEDS = 10
RECIPE = "quick"
ABOUT = (
    "They learn the same images in the same order, with their default settings. In turns: each "
    "learns one task, then the next one learns that task, so the curves grow side by side. One "
    "process trains them, one run at a time."
)
state, query = st.session_state, st.query_params


def show_form() -> None:
    """Shows the choice of strategies, data set, scenario and seeds, and the start."""
    st.title("Race strategies", anchor=False)
    start = st.container(key="race_start")
    start.empty()  # a container without elements has no room, whatever its style
    left, right = st.columns(2, gap="large")
    with left:
        dataset_choice.show("race_dataset")
    with right:
        usable = api.dataset_spec(state["race_dataset"]).usable_scenarios
        offered = [name for name in usable if not api.SCENARIOS[name].has_source]
        usual = api.DEFAULTS.scenario if api.DEFAULTS.scenario in offered else offered[0]
        if state.get("race_scenario", usual) not in offered:
            state["race_scenario"] = usual
        state.setdefault("race_scenario", usual)
        st.segmented_control(
            "Scenario",
            offered,
            key="race_scenario",
            required=True,
            wrap=True,
            format_func=lambda name: api.SCENARIOS[name].title,
            persist_state="session",
        )
        st.caption(labels.scenario_about(state["race_scenario"]))
    _strategies()
    st.slider("Seeds", 1, MOST_SEEDS, 1, key="race_seeds", persist_state="session")
    transforms = api.dataset_spec(state["race_dataset"]).transformation is not None
    drawn = "other transformations" if transforms else "another order of the classes"
    st.caption(f"Each seed is another start, and beyond the first {drawn}.")
    with start:
        _start()
    api.prepare(state["race_dataset"])


def _strategies() -> None:
    """Shows the choice of strategies, of those that the scenario has."""
    infos = _by_name()
    chosen = [name for name in state.get("race_strategies", OPENING) if name in infos]
    state["race_strategies"] = chosen
    st.multiselect(
        "Strategies",
        list(infos),
        key="race_strategies",
        format_func=lambda name: infos[name].title if name in infos else str(name),
        max_selections=configurations.MOST,
        persist_state="session",
    )
    notes = [infos[name].quick_note for name in state["race_strategies"]]
    for note in filter(None, notes):
        st.caption(note)


def _by_name() -> dict[str, StrategyInfo]:
    return {info.name: info for info in api.strategies(state["race_scenario"])}


def _start() -> None:
    strategies, seeds = state["race_strategies"], state["race_seeds"]
    if message := state.pop("refused", None):
        st.error(message)
    st.markdown(about_start(strategies, seeds))
    with st.container(horizontal=True, key="start_buttons"):
        st.button(
            "Start the race",
            key="start_race",
            type="primary",
            icon=":material/flag:",
            on_click=_begin,
            disabled=len(strategies) < 2,
        )
        st.button("Back", key="back", icon=":material/arrow_back:", on_click=_back)


def about_start(strategies: Sequence[str], seeds: int) -> str:
    """Returns what will be trained, or what is missing."""
    if len(strategies) < 2:
        return f"Choose two to {configurations.MOST} strategies."
    runs = len(strategies) * seeds
    return f"**{plural(runs, 'run')}** of the recipe {RECIPE}. {ABOUT}"


def _back() -> None:
    query.pop("race", None)


def _begin() -> None:
    """Creates the runs and orders them seed by seed, in turns within a seed."""
    dataset, scenario = state["race_dataset"], state["race_scenario"]
    try:
        runs = create(dataset, scenario, state["race_strategies"], state["race_seeds"])
        for row in runs:
            started.learn_in_turns(row)
    except LifelongError as error:
        state["refused"] = str(error)
        return
    query.from_dict({"runs": ",".join(run for row in runs for run in row)})


def create(dataset: str, scenario: str, strategies: Sequence[str], seeds: int) -> list[list[str]]:
    """Creates the runs of a race; returns their ids, a row a seed."""
    spec = api.dataset_spec(dataset)
    tasks = api.SCENARIOS[scenario].default_tasks
    most = len(spec.classes) or tasks
    fields = {
        "dataset": dataset,
        "scenario": scenario,
        "recipe": RECIPE,
        "model": spec.default_model or api.DEFAULTS.model,
        "tasks": spec.default_tasks or min(tasks, most),
    }
    api.check_new(len(strategies) * seeds, dataset)  # all of them, or none
    return [
        [api.create(**fields, strategy=strategy, seed=seed) for strategy in strategies]
        for seed in range(seeds)
    ]


def at_work(runs: Sequence[str]) -> list[str]:
    """Returns those of the runs that are being learned or wait for it."""
    return [run for run in runs if api.state(run) in ("running", "waiting")]


def progress(histories: dict[str, History], working: Sequence[str]) -> tuple[float, str]:
    """Returns how much of the runs at work is learned, as a share and in words.

    working: the ids of the runs in the queue, in their order of turn.
    """
    own = [histories[run] for run in working]
    total = sum(history.config.tasks for history in own)
    done = sum(len(history.learned) for history in own)
    now = next((h for run, h in histories.items() if run == working[0]), own[0])
    who = labels.strategy_title(now.config.strategy)
    seed = f", seed {now.config.seed}" if len({h.config.seed for h in own}) > 1 else ""
    task = min(len(now.learned) + 1, now.config.tasks)
    text = f"{who}{seed} learns task {task} of {now.config.tasks}; {done} of {total} tasks learned"
    left = seconds_left(own)
    return done / total, f"{text}{f', about {left} of training left' if left else ''}."


def seconds_left(histories: Sequence[History]) -> str:
    """Returns the time for the tasks to come, by the mean of those learned; empty before one is."""
    rows = [row.seconds for history in histories for row in history.learned[-1:]]
    count = sum(len(history.learned) for history in histories)
    left = sum(history.config.tasks - len(history.learned) for history in histories)
    if not count or not left:
        return ""
    seconds = sum(rows) / count * left
    return duration(max(round(seconds, -1), 5) if seconds > 5 else 5)


def stop(runs: Sequence[str]) -> None:
    """Stops runs, the waiting ones first, so that none of them begins in between."""
    for run in reversed(at_work(runs)):
        api.stop(run)


def resume(runs: Sequence[str]) -> None:
    """Orders the runs that are not finished, in turns."""
    try:
        started.learn_in_turns(runs)
    except LifelongError as error:
        state["refused"] = str(error)


def rest(histories: dict[str, History]) -> str:
    """Returns a sentence about runs at rest before their end; empty where there is none."""
    unfinished = [history for history in histories.values() if not history.finished]
    if not unfinished:
        return ""
    done = sum(len(history.learned) for history in unfinished)
    total = sum(history.config.tasks for history in unfinished)
    verb = "is" if len(unfinished) == 1 else "are"
    return (
        f"{plural(len(unfinished), 'run')} {verb} not finished: {done} of {total} tasks learned "
        f"({whole_percent(done / total)}). What was learned is shown."
    )
