"""Runs to choose from on the drawing page, in groups and each with a line that explains it."""

from dataclasses import dataclass, replace
from html import escape

from app.shared import terms
from app.views.draw.rivals import remedies_of
from app.views.draw.words.phrases import listed
from lifelong import api
from lifelong.api import RunRow
from lifelong.formatting import plural, short_id, whole_percent

DEFAULT_RUN = "mnist-class-finetune"
PHOTO_RUN = "cifar10-class-finetune"  # the same for photographs


@dataclass(frozen=True)
class RunChoice:
    """A run to choose.

    name: title of its strategy, and of its network if all of a deep one learned; line: what it does
    and how much it gets right.

    photo: whether it takes photographs. shipped: whether it came with the project. taught: whether
    it is a copy that a visitor taught something. question: the same for runs that learned the same
    classes in the same lessons. remedy: position among those that are shown beside another one of
    them, -1 for none of these. transfer: source and target in words, empty in other scenarios.
    """

    run: str
    name: str
    line: str
    photo: bool
    shipped: bool
    taught: bool = False
    question: str = ""
    remedy: int = -1
    transfer: str = ""


def run_choice(row: RunRow) -> RunChoice:
    """Returns the choice of a run that has learned something."""
    spec, outline = api.dataset_spec(row.dataset), api.strategy_outline(row.strategy)
    taught = row.taught
    words = f"taught {listed(taught)}" if taught else ""
    summary = _last_lesson(row.id) if taught else outline.summary
    title = row.name or (api.lessons.title(row.id) if taught else "")
    whole = api.whole_network(row.model, api.history(row.id).config.network)
    name = " · ".join(filter(None, [title, outline.title, whole, _question(row.scenario), words]))
    line, photo = _line(row, summary), spec.kind == "photo"
    return RunChoice(row.id, name, line, photo, row.shipped, bool(taught))


def _last_lesson(run: str) -> str:
    """Returns by what the class was taught that was taught to a run last."""
    last = api.history(run).config.taught[-1]
    return f"Learned {last.name} last, by {api.strategy_outline(last.strategy).title}"


def _question(scenario: str) -> str:
    """Returns plain words for what a scenario asks, empty where it asks for a class among all.

    >>> [_question(name) for name in ("class", "task", "domain")]
    ['', 'told the lesson', 'the same question in every lesson']
    """
    rules = api.SCENARIOS[scenario]
    if rules.has_source:
        return "from a source to a target"
    if rules.task_given:
        return "told the lesson"
    return "the same question in every lesson" if rules.shared_outputs else ""


def _line(row: RunRow, summary: str) -> str:
    """Returns the first sentence of a strategy's summary, and how much the run gets right."""
    right = f"{whole_percent(row.average_accuracy or 0.0)} right"
    if row.learned < row.tasks:
        right += f" after {row.learned} of {plural(row.tasks, 'lesson')}"
    first = summary.partition(". ")[0].rstrip(".")
    return " · ".join(
        filter(None, [first, right, "" if row.shipped else f"run {short_id(row.id)}"])
    )


def readable_runs(*also: str | None) -> list[RunChoice]:
    """Returns every run that has learned a lesson, the newest first and those that ship last.

    also: ids that were given, such as in an address, of runs that may be in no list.
    """
    rows = api.run_list()
    ids = {row.id for row in rows}
    unlisted = dict.fromkeys(run for run in also if run and run not in ids and api.has_run(run))
    found = [*map(api.run_row, unlisted), *rows]
    learned = [row for row in found if row.learned and not row.program]
    remedies = remedies_of(learned)
    return [replace(run_choice(row), **remedies[row.id]) for row in learned]


def first_run(requested: str | None, runs: list[RunChoice]) -> str | None:
    """Returns the requested run if it exists, else the default or the newest; None without runs."""
    ids = [choice.run for choice in runs]
    return next((run for run in (requested, DEFAULT_RUN) if run in ids), ids[0] if ids else None)


def groups(runs: list[RunChoice], photo: bool) -> list[tuple[str, list[RunChoice]]]:
    """Returns the runs in groups, those for the picture on the pad first.

    photo: whether the run that is shown takes photographs.
    """
    same = "The same picture, another network" if photo else "The same drawing, another network"
    other = "Digits that you draw" if photo else "Photographs"
    shipped = [choice for choice in runs if choice.shipped and not choice.transfer]
    moved: dict[str, list[RunChoice]] = {}
    for choice in runs:
        if choice.shipped and choice.transfer:
            moved.setdefault(choice.transfer, []).append(choice)
    transfers = sorted(moved.items(), key=lambda group: group[1][0].photo != photo)
    found = [
        ("Taught from pictures", [choice for choice in runs if choice.taught]),
        (same, [choice for choice in shipped if choice.photo == photo]),
        *transfers[:1],
        (other, [choice for choice in shipped if choice.photo != photo]),
        *transfers[1:],
        (
            "Trained on this server" if api.access.is_public() else "Trained on this machine",
            [choice for choice in runs if not (choice.shipped or choice.taught)],
        ),
    ]
    return [(title, members) for title, members in found if members]


def about(run: str | None) -> str:
    """Returns the scenario of a run in the field's words, and what to know of its recipe, as HTML.

    The recipe is worth a word where it is too short for the strategy.
    """
    if run is None:
        return ""
    config = api.history(run).config
    note = api.strategy_outline(config.strategy).quick_note if config.recipe == "quick" else ""
    title = config.rules.title
    return " ".join(filter(None, [terms.marked(title, [title]), escape(note)]))
