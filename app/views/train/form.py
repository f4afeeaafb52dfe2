"""The form of the Train page: what to learn, how, and the controls that each strategy's settings call for."""

import streamlit as st

from app.shared import charts, labels, run_text
from app.shared.setting_control import PERSIST, control
from app.views.train import network_form
from lifelong import api
from lifelong.api import LifelongError

MOST_TASKS = 20  # more lines than that cannot be told apart in a chart


def show() -> None:
    """The whole form: one obvious button first, and below it everything that can be chosen."""
    st.title("Train a network, task by task")
    start = st.container()
    scenario, strategy = st.columns([5, 7], gap="large")
    with scenario:
        _scenario()
    with strategy:
        _strategy()
    _size()
    network_form.model_section()
    with start:
        _start()
    api.prepare(st.session_state["dataset"])
    _expected()


def _start() -> None:
    """Filled last, since it tells what was chosen below it."""
    state = st.session_state
    tasks = state["tasks"]
    st.markdown(
        f"**{_card().title}** will learn {labels.plural(tasks, 'task')}, one after the other. "
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
    st.caption("Training goes on when you leave the page. You can stop it, and take a task back.")


def _expected() -> None:
    """A finished run of the same kind, where there is one."""
    state = st.session_state
    same = ("dataset", "scenario", "strategy", "tasks", "model")
    row = next(
        (
            row
            for row in api.run_list()
            if row["learned"] == row["tasks"] and all(row[name] == state[name] for name in same)
        ),
        None,
    )
    if row is None:
        return
    history, cumulative = api.history(row["id"]), api.reference_run(row["id"])
    st.subheader("What to expect")
    st.markdown(
        f"A run like this, seed {row['seed']}, recipe {row['recipe']}: {run_text.result(history)}"
    )
    curves, matrix = st.columns(2, gap="large")
    curves.altair_chart(
        charts.forgetting_curves(history, api.history(cumulative) if cumulative else None),
        key="expected_curves",
    )
    matrix.altair_chart(charts.forgetting_matrix(history), key="expected_matrix")
    st.caption(labels.source(history))


def _scenario() -> None:
    scenarios = list(api.SCENARIOS)
    st.radio(
        "What must the model do?",
        scenarios,
        index=scenarios.index(api.DEFAULT_SCENARIO),
        key="scenario",
        on_change=_new_scenario,
        format_func=labels.scenario_title,
        captions=[labels.scenario_told(name) for name in scenarios],
        **PERSIST,
    )


def _size() -> None:
    """What it learns from, how long, in how many tasks, and the seed."""
    state = st.session_state
    data, recipe, tasks, seed = st.columns(4, gap="large")
    with data:
        info = _dataset()
    with recipe:
        st.segmented_control(
            "Recipe",
            list(api.RECIPES),
            default="quick",
            key="recipe",
            required=True,
            format_func=str.capitalize,
            **PERSIST,
        )
        st.caption(_sentence(api.RECIPES[state["recipe"]].about))
    with tasks:
        _tasks(len(info.spec.classes) or 10)
    with seed:
        st.number_input("Seed", 0, 2**31 - 1, key="seed", **PERSIST)
        st.caption("Start weights and order of images; beyond 0, order of classes too.")


def _dataset():
    """The choice of a data set, and what is known of the one chosen."""
    state = st.session_state
    names = sorted(api.datasets(), key=labels.dataset_rank)
    if state.get("dataset") not in names:  # taken away since
        state["dataset"] = "mnist"
    st.segmented_control(
        "Data set",
        names,
        key="dataset",
        required=True,
        wrap=True,
        on_change=_new_dataset,
        format_func=labels.dataset_title,
        **PERSIST,
    )
    info = api.dataset_info(state["dataset"])
    if info.problem:
        st.error(info.problem)
    else:
        st.caption(_sentence(labels.about_dataset(info)))
    return info


def _tasks(classes: int) -> None:
    """How many tasks, of those that so many classes allow."""
    state = st.session_state
    scenario = api.SCENARIOS[state["scenario"]]
    fewest, most = scenario.min_tasks, min(classes, MOST_TASKS)
    state["tasks"] = min(max(state.get("tasks", scenario.default_tasks), fewest), most)
    if fewest == most:
        st.markdown(f"{labels.plural(most, 'task')} of one class each")
        return
    st.slider("Tasks", fewest, most, key="tasks", **PERSIST)
    st.caption("The classes are dealt out to so many tasks, in order of arrival.")


def _strategy() -> None:
    """First the idea, then a strategy that follows it: two dozen names side by side would tell nobody anything."""
    state, cards = st.session_state, _cards()
    if state.get("strategy") not in cards:
        state["strategy"] = "finetune"
    families = list(dict.fromkeys(card.family for card in cards.values()))
    state["family"] = _card().family
    st.segmented_control(
        "What does it do about forgetting?",
        families,
        key="family",
        required=True,
        wrap=True,
        format_func=str.capitalize,
        on_change=_new_family,
    )
    st.caption(api.FAMILIES[state["family"]])
    members = [name for name, card in cards.items() if card.family == state["family"]]
    st.pills(
        "How does it learn?",
        members,
        key="strategy",
        required=True,
        wrap=True,
        format_func=lambda name: cards[name].title,
        **PERSIST,
    )
    card = _card()
    with st.container(border=True, key="strategy_card"):
        st.markdown(
            f"{card.summary}  \n**Stores** {card.stores}. **Costs** {card.costs}. **Source** {_sentence(card.source)}"
        )
        if card.quick_note and st.session_state.get("recipe", "quick") == "quick":
            st.info(card.quick_note)
        for setting in card.settings:
            control(setting, setting_key(card.name, st.session_state["scenario"], setting.name))


def _cards() -> dict:
    """The scenario's strategies by name, family by family."""
    return {card.name: card for card in api.strategies(st.session_state["scenario"])}


def _card():
    return _cards()[st.session_state["strategy"]]


def _new_family() -> None:
    """The first strategy of the family that was chosen."""
    state = st.session_state
    state["strategy"] = next(
        name for name, card in _cards().items() if card.family == state["family"]
    )


def setting_key(strategy: str, scenario: str, name: str) -> str:
    """A key for each scenario, since each has defaults of its own."""
    return f"setting-{strategy}-{scenario}-{name}"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _new_dataset() -> None:
    network_form.select_default(st.session_state["dataset"])


def _new_scenario() -> None:
    st.session_state["tasks"] = api.SCENARIOS[st.session_state["scenario"]].default_tasks


def _begin(until: int | None = None) -> None:
    """Makes the run that the form describes, and has it learned."""
    state = st.session_state
    settings = {
        s.name: state[setting_key(state["strategy"], state["scenario"], s.name)]
        for s in _card().settings
    }
    given = {
        name: state[name] for name in ("dataset", "scenario", "strategy", "recipe", "tasks", "seed")
    }
    try:
        run = api.create(**given, settings=settings, **network_form.chosen())
        api.learn(run, until)
    except LifelongError as error:
        state["refused"] = str(error)
        return
    state["goal"] = (run, until)
    st.query_params["run"] = run


def fill(config) -> None:
    """Sets the form to a run's own choices."""
    state = st.session_state
    for name in ("dataset", "scenario", "strategy", "recipe", "tasks", "seed"):
        state[name] = getattr(config, name)
    renamed = {s.former_name: s.name for s in _card().settings}
    for name, value in config.settings.items():
        state[setting_key(config.strategy, config.scenario, renamed.get(name, name))] = value
    network_form.restore(config)
