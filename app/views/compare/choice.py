"""The runs that the address names, and the choice of others."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache

import streamlit as st

from app.shared import labels
from app.views.compare import configurations
from app.views.compare.completed import completed, completed_config
from app.views.compare.configurations import Configuration
from lifelong import api
from lifelong.api import History, LifelongError, RunConfig, RunRow
from lifelong.formatting import plural, short_id

# Shown where the address names none: a question that the shipped runs answer in five ways.
OPENING = (
    "mnist-class-finetune",
    "mnist-class-ewc",
    "mnist-class-replay",
    "mnist-class-analytic",
    "mnist-class-cumulative",
)
MOST_RUNS = 60  # read for one page
state, query = st.session_state, st.query_params


def named() -> list[str]:
    """Returns the ids of runs in the address, each once."""
    given = query.get("runs")
    if given is None:
        return [run for run in OPENING if api.has_run(run)]
    return list(dict.fromkeys(name.strip() for name in given.split(",") if name.strip()))


def rows(names: Sequence[str]) -> list[RunRow]:
    """Returns the runs to choose from: the listed ones, and those that the address names."""
    listed = api.run_list()
    known = {row.id for row in listed}
    others = [name for name in names[:MOST_RUNS] if name not in known and api.has_run(name)]
    return [*listed, *map(api.run_row, others)]


def reference_candidates(rows: Sequence[RunRow], of: Sequence[Configuration]) -> list[History]:
    """Returns the runs that could be a reference of these, those that have learned most first."""
    kinds = {(c.config.dataset, c.config.scenario, c.config.tasks) for c in of}
    found = []
    for row in rows:
        kind = (row.dataset, row.scenario, row.tasks)
        if row.strategy == api.REFERENCE_STRATEGY and kind in kinds and row.learned:
            found.append(api.history(row.id))
    return sorted(found, key=lambda history: -len(history.learned))


@lru_cache(maxsize=4096)
def _config(run: str, taught: tuple[str, ...]) -> RunConfig:
    """Returns the config of a run, which changes only when a class is taught to it."""
    return completed_config(api.history(run).config)


def _groups(
    rows: Sequence[RunRow], chosen: Sequence[str]
) -> dict[str, list[tuple[RunRow, RunConfig]]]:
    """Returns the runs that have learned a task, and those chosen, by configuration."""
    groups: dict[str, list[tuple[RunRow, RunConfig]]] = {}
    for row in rows:
        if not row.error and (row.learned or row.id in chosen):
            config = _config(row.id, row.taught)
            groups.setdefault(configurations.key(config), []).append((row, config))
    return groups


def picker(rows: Sequence[RunRow], chosen: Sequence[str]) -> None:
    """Shows the choice of configurations, those that answer the present question first.

    A configuration that is chosen brings all its runs along.
    """
    groups = _groups(rows, chosen)
    by_run = {row.id: group for group, members in groups.items() for row, _ in members}
    present = list(dict.fromkeys(by_run[run] for run in chosen if run in by_run))
    question = _question(groups[present[0]][0][1]) if present else None
    options = sorted(groups, key=lambda group: _question(groups[group][0][1]) != question)
    # Of a configuration that is chosen, the runs that are: an address may name only some.
    counted = {
        group: [each for each in groups[group] if each[0].id in chosen] or groups[group]
        for group in options
    }
    names = _option_titles(counted, question)
    widget = f"compared_{hash((tuple(options), tuple(present)))}"
    st.multiselect(
        "Compared",
        options,
        default=present,
        key=widget,
        format_func=lambda group: names.get(group, "A run that is gone"),
        placeholder="Add a strategy",
        max_selections=max(configurations.MOST, len(present)),
        on_change=_on_change,
        args=(widget, list(chosen), by_run),
    )


def _on_change(widget: str, before: Sequence[str], by_run: dict[str, str]) -> None:
    """Puts the runs of the configurations chosen into the address."""
    groups = state[widget]
    runs = [run for run in before if by_run.get(run) in groups]
    have = {by_run[run] for run in runs}
    runs += [run for run, group in by_run.items() if group in groups and group not in have]
    query["runs"] = ",".join(runs)


def _question(config: RunConfig) -> tuple[str, ...]:
    return tuple(str(getattr(config, field)) for field in configurations.QUESTION)


def _option_titles(
    groups: Mapping[str, Sequence[tuple[RunRow, RunConfig]]], question: tuple[str, ...] | None
) -> dict[str, str]:
    """Returns a text for each configuration, none twice; those of the question are short."""
    texts: dict[str, str] = {}
    by_question: dict[tuple[str, ...], list[str]] = {}
    for group, members in groups.items():
        by_question.setdefault(_question(members[0][1]), []).append(group)
    for answered, same in by_question.items():
        for group, name in zip(same, configurations.titles([groups[g][0][1] for g in same])):
            texts[group] = _option_title(groups[group], name, answered == question)
    counts = Counter(texts.values())
    for group, option in texts.items():
        if counts[option] > 1:
            texts[group] = f"{option} · {short_id(groups[group][0][0].id)}"
    return texts


def _option_title(members: Sequence[tuple[RunRow, RunConfig]], name: str, short: bool) -> str:
    row, config = members[0]
    own = next((row.name for row, _ in members if row.name), "")
    count = len({config.seed for _, config in members})
    seeds = plural(count, "seed") if count > 1 else ""
    taught = f"taught {', '.join(row.taught)}" if row.taught else ""
    items = [own, name, seeds, taught]
    if not short:
        items += [labels.dataset_title(config.dataset), config.rules.short_title]
        items.append("" if config.program else config.recipe)
    return " · ".join(filter(None, items))


def problem(unknown: Sequence[str], count: int) -> str:
    """Returns a sentence about runs of the address that cannot be shown; empty if all can.

    count: of the runs that the address names.
    """
    texts = []
    if len(unknown) == 1:
        texts.append(labels.missing(unknown[0]) or "")
    elif unknown:
        names = ", ".join(f"'{name[:60]}'" for name in unknown[:3])
        more = f" and {len(unknown) - 3} more" if len(unknown) > 3 else ""
        texts.append(f"There are no runs {names}{more} here; they may have been deleted.")
    if count > MOST_RUNS:
        texts.append(f"The address names {count:,} runs; the first {MOST_RUNS} are read.")
    return " ".join(texts)


def read_or_problem(names: Sequence[str]) -> tuple[dict[str, History], str]:
    """Returns the histories of the runs that can be read, and a sentence about the others."""
    found: dict[str, History] = {}
    damaged: list[str] = []
    unknown: list[str] = []
    for name in names[:MOST_RUNS]:
        if not api.has_run(name):
            unknown.append(name)
            continue
        try:
            found[name] = completed(api.history(name))
        except LifelongError as error:
            damaged.append(str(error))
    return found, " ".join(filter(None, [problem(unknown, len(names)), *damaged]))
