"""Answers of further runs to the picture on the pad, and of one run within a lesson."""

from collections.abc import Sequence
from dataclasses import replace
from html import escape
from typing import Any

import numpy as np

from app.views.draw import facts, judgement
from app.views.draw.facts import RunFacts
from app.views.draw.values import Answered, Found, Value, bars, cards
from app.views.draw.words import remedies, within
from app.views.draw.words.within import Moment
from lifelong import api
from lifelong.api import LifelongError


def of_runs(answered: Found, runs: Sequence[str]) -> list[Found]:
    """Returns the same picture as facts of further runs, yet unread, or why a run cannot answer."""
    if isinstance(answered, LifelongError):
        return []
    return [_of_other(answered, run) for run in _further(answered, runs)]


def _further(answered: Answered, runs: Sequence[str]) -> list[str]:
    return [run for run in runs if run != answered.run.run]


def _of_other(answered: Answered, run: str) -> Found:
    try:
        about = facts.of_run(run)
    except LifelongError as error:
        return error
    if (about.photo, about.classes) != (answered.run.photo, answered.run.classes):
        return LifelongError("This network learned other classes, or in another order.")
    truth = judgement.truth(about, answered.picture, answered.choice)
    return replace(answered, run=about, readings=()).taken_for(truth)


def values_of(
    answered: Answered | None, runs: Sequence[str], further: Sequence[Found], inside: bool
) -> dict[str, Any]:
    """Returns the values of the part with other networks: {"own", "others", "still_known",
    "within"}.

    answered: None after an error. further: the answers of `of_runs`, read. inside: whether the
    lesson that lost the class is wanted step by step.
    """
    if answered is None:
        return {"own": None, "others": [], "still_known": "", "within": None}
    whole = [each for each in further if isinstance(each, Answered) and not each.problem]
    rivals = [(each.run.title, each.readings) for each in whole]
    name = answered.truth.name
    known = ""
    if name is not None and any(readings for _, readings in rivals):
        known = remedies.still_known(answered.run, name, rivals, answered.label)
    return {
        "own": _heading(answered.run) if runs else None,
        "others": [_strip(*each) for each in zip(_further(answered, runs), further)],
        "still_known": escape(known),
        "within": _within(answered) if inside else None,
    }


def _strip(run: str, found: Found) -> Value:
    """Returns the value of one more strip, HTML-escaped."""
    if isinstance(found, LifelongError):
        title, line = escape(run[:60]), escape(str(found))
        return {"run": escape(run), "title": title, "line": line, "cards": []}
    problem = {"line": escape(found.problem)} if found.problem else {}
    return {**_heading(found.run), **problem, "cards": cards(found)}


def _heading(run: RunFacts) -> Value:
    """Returns id, title and line of a run, HTML-escaped."""
    title = " · ".join(filter(None, [run.title, run.whole_network]))
    title = title if api.is_shipped(run.run) else f"{title} ({run.run[-6:]})"
    line = remedies.line(run, api.storage(run.run))
    return {"run": escape(run.run), "title": escape(title), "line": escape(line)}


def _within(answered: Answered) -> Value | None:
    """Returns the value of the slider; None where no class was lost, or not step by step."""
    run, name, pixels = answered.run, answered.truth.name, answered.pixels
    if name is None or pixels is None or run.at_once:
        return None
    plain = answered.readings
    if answered.task is not None:
        plain = [facts.reading(run, each, name) for each in api.classify(run.run, pixels)]
    inside = api.tasks_with_steps(run.run)
    learning = next((at for at in facts.losses(run, plain, name) if at in inside), None)
    if learning is None:
        return None
    unlabelled = _moments(run, pixels, learning, None, name)
    moments = unlabelled
    if answered.task is not None:
        moments = _moments(run, pixels, learning, answered.task, name)
    steps = moments[-1].step
    label = answered.task is not None
    return {
        "heading": escape(within.heading(name, unlabelled)),
        "lead": escape(within.lead(run, name, learning, moments, label)),
        "toggle": escape(within.toggle(run, name, label)),
        "learning": learning,
        "moments": [
            {
                "text": escape(within.moment(steps, each, name)),
                "bars": bars(run, each.reading, name),
            }
            for each in moments
        ],
    }


def _moments(
    run: RunFacts, pixels: np.ndarray, learning: int, task: int | None, name: str
) -> list[Moment]:
    found = api.classify_within(run.run, pixels, learning, task)
    return [Moment(each.step, facts.reading(run, each.answer, name)) for each in found]
