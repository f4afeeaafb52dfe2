"""What things are called on the pages: data sets, scenarios, strategies, runs, and what a run was made of."""

import shlex

from app.shared.chart_data import percent, titles
from lifelong import api
from lifelong.api import DatasetInfo, History, duration

SUPERSCRIPT = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def magnitude(value: float) -> str:
    """A number that is easy to read at any size.

    >>> magnitude(100), magnitude(5000), magnitude(1e9), magnitude(5e8), magnitude(0.5)
    ('100', '5,000', '10⁹', '5·10⁸', '0.5')
    """
    if value and (abs(value) >= 1e5 or abs(value) < 1e-3):
        digits, _, power = f"{value:.2e}".partition("e")
        digits = digits.rstrip("0").rstrip(".")
        return (
            ("" if digits == "1" else f"{digits}·") + "10" + str(int(power)).translate(SUPERSCRIPT)
        )
    return f"{value:,g}" if value != int(value) else f"{int(value):,}"


def option(name: str) -> str:
    """A named choice as people read it: 'true-label' is 'True label'."""
    return name.replace("-", " ").capitalize()


def value(setting: float | str) -> str:
    """A setting's value, a number or a named choice."""
    return option(setting) if isinstance(setting, str) else magnitude(setting)


def scenario_title(name: str) -> str:
    """A scenario's name in the field: 'Class-incremental (CIL)'."""
    return api.SCENARIOS[name].title


def scenario_told(name: str) -> str:
    """What a scenario asks of the model, as a sentence."""
    about = api.SCENARIOS[name].about
    return about[:1].upper() + about[1:]


def dataset_title(name: str) -> str:
    """Returns the title of a data set."""
    return api.dataset_spec(name).title


def dataset_rank(name: str) -> int:
    """Returns the position of a data set in a list: the declared order, then those that people brought."""
    return api.dataset_spec(name).rank


def about_dataset(info: DatasetInfo) -> str:
    """Returns what a data set holds, and what happens first where it is not on this machine."""
    spec = info.spec
    if info.location:
        return spec.about
    if info.downloads:
        size = f"{spec.download.nbytes / 1e6:.0f} MB" if spec.download else "which takes a while"
        return f"{spec.about}. Not on this machine yet: it is downloaded first, {size}"
    stand_in = api.dataset_spec(spec.fallback) if spec.fallback else None
    return f"{spec.about}. Not on this machine" + (
        f": {stand_in.phrase} stands in" if stand_in else ", and it may not be downloaded"
    )


def run_title(row: dict) -> str:
    """A row of the list of runs as people tell runs apart."""
    if row.get("error"):
        return f"{row['id']} (damaged)"
    scenario = api.SCENARIOS[row["scenario"]].short_title
    parts = [
        api.strategy_titles().get(row["strategy"], row["strategy"]),
        scenario,
        dataset_title(row["dataset"]),
    ]
    if row["learned"] < row["tasks"]:
        parts.append(f"{row['learned']} of {row['tasks']} tasks")
    if row["learned"]:
        parts.append(percent(row["average_accuracy"]))
    parts.append("shipped" if row["shipped"] else row["id"].rpartition("-")[2])
    return " · ".join(parts)


def missing(run: str) -> str | None:
    """A sentence when there is no run of this name."""
    if any(row["id"] == run for row in api.run_list()):
        return None
    return f"There is no run '{run[:60]}' here; it may have been deleted."


def plural(count: int, noun: str) -> str:
    """A count with its noun: '1 task', '2 tasks'."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def setup(history: History, run: str) -> str:
    """What a run is, in one line."""
    c = history.config
    settings = ", ".join(
        f"{name.replace('_', ' ')} {value(given)}" for name, given in c.settings.items()
    )
    parts = [
        scenario_title(c.scenario),
        plural(c.tasks, "task"),
        settings,
        f"recipe {c.recipe}",
        f"seed {c.seed}",
        f"run {run}",
    ]
    return " · ".join(part for part in parts if part)


def source(history: History) -> str:
    """Where the numbers come from."""
    return (
        f"Data: {history.started.source}."
        if history.has_started
        else "Data: known once the run has begun."
    )


def facts(history: History) -> list[tuple[str, str]]:
    """Everything that was chosen and found at the start, as pairs of a name and a value."""
    c = history.config
    card = next((card for card in api.strategies(c.scenario) if card.name == c.strategy), None)
    told = [("Scenario", f"{c.rules.title}: {c.rules.about}")]
    if card:
        told += [
            ("Strategy", f"{card.title}. {card.summary}"),
            ("Stores", card.stores),
            ("Source", card.source),
        ]
    told += [
        (f"Setting: {name.replace('_', ' ')}", value(given)) for name, given in c.settings.items()
    ]
    told += [
        (f"Network: {name.replace('_', ' ')}", value(given)) for name, given in c.network.items()
    ]
    told += [("Recipe", f"{c.recipe}: {api.RECIPES[c.recipe].about}"), ("Seed", str(c.seed))]
    if history.has_started:
        start = history.started
        told += [
            ("Data", start.source),
            ("Tasks", "; ".join(titles(history))),
            (
                "Images",
                f"{start.images[0]:,} for training, {start.images[1]:,} for testing, {' × '.join(map(str, start.shape[1:]))} pixels",
            ),
            ("Network", f"{c.model}, {start.parameters:,} parameters"),
            ("Training", f"{duration(history.seconds)}, evaluation left out"),
        ]
    return [*told, ("Version", c.version)]


def command(history: History) -> str:
    """The command that makes a run of the same configuration."""
    c = history.config
    named = {
        "dataset": c.dataset,
        "scenario": c.scenario,
        "strategy": c.strategy,
        "recipe": c.recipe,
        "tasks": c.tasks,
        "seed": c.seed,
    }
    return line("train", named | {"model": c.model if c.model != "mlp" else None} | flags(c))


def flags(config) -> dict:
    """What a run's configuration holds beside names, by flag; None where nothing was chosen."""
    chosen = config.settings | config.network
    return {
        "target": config.target,
        "images-per-class": config.images_per_class,
        "steps": config.steps,
        "learning-rate": config.learning_rate,
        "class-order": config.class_order,
        "task-sizes": config.task_sizes,
        **{
            name.replace("_", "-"): given if isinstance(given, str) else f"{given:.12g}"
            for name, given in chosen.items()
        },
    }


def line(command: str, flags: dict) -> str:
    """A command of this project with its flags, as it is typed; those that are None are left out, lists have commas."""
    spelled = {
        name: ",".join(map(str, given)) if isinstance(given, tuple) else str(given)
        for name, given in flags.items()
        if given is not None
    }
    return f"python -m lifelong {command} " + " ".join(
        f"--{name} {shlex.quote(given)}" for name, given in spelled.items()
    )
