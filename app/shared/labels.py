"""Names on the pages: data sets, scenarios, runs, settings, and the configuration of a run."""

from collections.abc import Mapping, Sequence
from typing import Any

from lifelong import api
from lifelong.api import DatasetInfo, History, RunRow, Setting, TaughtClass
from lifelong.charts import long_runs
from lifelong.charts.chart_data import task_titles
from lifelong.formatting import duration, magnitude, percent, plural, short_id, size

FIRST_TASKS = 3  # of many, named in one line
GONE = "Its images are not on this machine: they were removed, or never stored here."


def option(name: str) -> str:
    """Returns a named choice as text: 'True label' for 'true-label'."""
    return name.replace("-", " ").capitalize()


def value(setting: float | str) -> str:
    """Returns a setting's value, a number or a named choice, as text."""
    return option(setting) if isinstance(setting, str) else magnitude(setting)


def sentence(text: str) -> str:
    """Returns a phrase as a sentence, with a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:]}."


def scenario_title(name: str) -> str:
    """Returns a scenario's name: 'Class-incremental (CIL)'."""
    return api.SCENARIOS[name].title


def scenario_about(name: str) -> str:
    """Returns a sentence about what a scenario asks of the model."""
    about = api.SCENARIOS[name].about
    return about[:1].upper() + about[1:]


def strategy_title(name: str) -> str:
    """Returns a strategy's title; the name itself for one that is not installed."""
    return api.strategy_titles().get(name, name)


def within_sentence(title: str) -> str:
    """Returns a title with a small letter, unless it begins with an abbreviation.

    >>> [within_sentence(title) for title in ("Experience replay", "EWC", "iCaRL", "A-GEM")]
    ['experience replay', 'EWC', 'iCaRL', 'A-GEM']
    """
    is_abbreviation = title[1:2].isupper() or title[1:2] == "-"
    return title if is_abbreviation else title[:1].lower() + title[1:]


def dataset_title(name: str) -> str:
    """Returns the title of a data set."""
    return api.dataset_spec(name).title


def dataset_rank(name: str) -> int:
    """Returns the position of a data set in a list, those that people brought last."""
    return api.dataset_spec(name).rank


def about_dataset(info: DatasetInfo) -> str:
    """Returns what a data set holds, and what happens first where it is not on this machine."""
    spec = info.spec
    if info.location:
        return spec.about
    if info.downloads:
        effort = size(spec.download.nbytes) if spec.download else "which takes a while"
        return f"{spec.about}. Not on this machine yet: it is downloaded first, {effort}"
    stand_in = api.dataset_spec(spec.fallback) if spec.fallback else None
    return f"{spec.about}. Not on this machine" + (
        f": {stand_in.phrase} stands in" if stand_in else ", and it may not be downloaded"
    )


def run_title(row: RunRow) -> str:
    """Returns the name of a run in the list of runs."""
    if row.error:
        return f"{row.id} (damaged)"
    items = [
        *filter(None, [row.name]),
        strategy_title(row.strategy),
        f"by {row.program}" if row.program else "",
        api.SCENARIOS[row.scenario].short_title,
        dataset_title(row.dataset),
    ]
    if row.learned < row.tasks:
        items.append(f"{row.learned} of {row.tasks} tasks")
    if row.learned:
        items.append(percent(row.average_accuracy))
    items.append("shipped" if row.shipped else short_id(row.id))
    return " · ".join(filter(None, items))


def missing(run: str) -> str | None:
    """Returns a sentence when there is no run of this name."""
    if api.has_run(run):
        return None
    return f"There is no run '{run[:60]}' here; it may have been deleted."


def setup(*histories: History, run: str = "") -> str:
    """Returns the configuration of a run, or of runs that differ in their seed only, in one line.

    run: its id, where there is one run.
    """
    c, seeds = histories[0].config, [str(history.config.seed) for history in histories]
    items = [
        scenario_title(c.scenario),
        plural(c.tasks, "task"),
        settings_text(c.settings),
        *(f"{each.name} by {strategy_title(each.strategy)}" for each in c.taught),
        f"by {c.program}" if c.program else f"recipe {c.recipe}",
        f"{'seed' if len(seeds) == 1 else 'seeds'} {', '.join(seeds)}",
        run and f"run {run}",
    ]
    return " · ".join(item for item in items if item)


def settings_text(settings: Mapping[str, float | str]) -> str:
    """Returns settings in one line: 'strength 10⁹, fisher True label'."""
    return ", ".join(f"{name.replace('_', ' ')} {value(v)}" for name, v in settings.items())


def source(history: History) -> str:
    """Returns a sentence about the data of a run."""
    if not history.has_started:
        return ""
    spec = api.dataset_spec(history.config.dataset)
    gone = spec.own and spec.location() is None
    text = f"Data: {history.started.source}."
    return f"{text} {GONE}" if gone else text


def facts(history: History) -> list[tuple[str, str]]:
    """Returns the configuration of a run and what was known at its start, as (name, value)."""
    c = history.config
    info = next((info for info in api.strategies(c.scenario) if info.name == c.strategy), None)
    rows = [("Scenario", f"{c.rules.title}: {c.rules.about}")]
    if info:
        rows += [
            ("Strategy", f"{info.title}. {info.summary}"),
            ("Memory", info.stores),
            ("Source", info.source),
        ]
    if c.program:
        return [*rows, ("Program", c.program), *_facts_of_results(history)]
    network = next((each for each in api.networks() if each.name == c.model), None)
    rows += _setting_rows(info.settings if info else (), c.settings)
    rows += _setting_rows(network.settings if network else (), c.network)
    rows += [(f"Taught: {each.name}", _taught(each)) for each in c.taught]
    rows += [("Recipe", f"{c.recipe}: {api.RECIPES[c.recipe].about}"), ("Seed", str(c.seed))]
    if history.has_started:
        rows += _facts_at_start(history)
    return [*rows, ("Version", c.version)]


def _taught(taught: TaughtClass) -> str:
    pictures, steps = plural(taught.pictures, "picture"), plural(taught.steps, "step")
    learned = f"from {pictures} by {strategy_title(taught.strategy)}, at most {steps}"
    return ", ".join(filter(None, [learned, settings_text(taught.settings)]))


def _setting_rows(known: Sequence[Setting], values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Returns settings by what they mean; by their names, where that is not known."""
    meaning = {name: each.help for each in known for name in (each.former_name, each.name)}
    return [
        (meaning.get(name, name.replace("_", " ")).rstrip("."), value(v))
        for name, v in values.items()
    ]


def network_title(name: str) -> str:
    """Returns the title of a network; the name itself for one without a file of its own."""
    return next((each.title for each in api.networks() if each.name == name), name)


def _facts_at_start(history: History) -> list[tuple[str, str]]:
    start = history.started
    train, test = start.images
    pixels = " × ".join(map(str, start.shape[1:]))
    return [
        ("Data", start.source),
        ("Tasks", _tasks(history)),
        (_images(history), f"{train:,} for training, {test:,} for testing, {pixels} pixels"),
        ("Network", f"{network_title(history.config.model)}, {start.parameters:,} parameters"),
        ("Training", f"{duration(history.seconds)} (without evaluation)"),
    ]


def _facts_of_results(history: History) -> list[tuple[str, str]]:
    """Returns what is known of a run that another program trained."""
    seed = str(history.config.seed)
    return [("Data", history.started.source), ("Tasks", _tasks(history)), ("Seed", seed)]


def _tasks(history: History) -> str:
    """Returns the tasks with their classes; of many the first ones and the last."""
    titles = task_titles(history)
    if len(titles) <= long_runs.MOST_DRAWN:
        return "; ".join(titles)
    first = "; ".join(titles[:FIRST_TASKS])
    return f"{len(titles)}: {first}; … {titles[-1]}"


def _images(history: History) -> str:
    return "Images of the data set" if history.config.taught else "Images"
