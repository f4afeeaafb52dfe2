"""Metrics of a run with their values as text, and what the task label would be worth."""

from dataclasses import dataclass

from lifelong import api
from lifelong.api import History
from lifelong.charts.chart_data import accuracy_rows
from lifelong.formatting import percent


@dataclass(frozen=True)
class Measure:
    """One number about a run. name: of the metric; meaning: a sentence for a tooltip."""

    name: str
    title: str
    value: str
    meaning: str


def measures(history: History, reference: History | None) -> list[Measure]:
    """Returns every registered metric that is defined for the run."""
    values = history.measures(reference)
    return [
        Measure(metric.name, metric.title, percent(values[metric.name]), metric.meaning)
        for metric in api.metrics()
        if values[metric.name] is not None
    ]


def average_accuracy(history: History) -> float:
    """Returns the mean accuracy over the tasks learned, of which there is at least one."""
    last = accuracy_rows(history)[-1]
    return sum(last) / len(last)


def accuracy_given_task(history: History) -> float:
    """Returns the mean accuracy over the tasks learned, the task label given."""
    last = history.learned[-1].accuracy_given_task
    return sum(last) / len(last)


def label_matters(history: History) -> bool:
    """Returns whether the task label would help: competing tasks of more than one class."""
    several = history.has_started and max(map(len, history.started.classes)) > 1
    known = history.learned and history.learned[-1].accuracy_given_task
    infers = history.config.rules.infers_task
    return bool(infers and several and known) and len(history.learned) > 1


def label_worth(history: History) -> str:
    """Returns a sentence about what the task label would be worth to a class-incremental model."""
    given, own = accuracy_given_task(history), average_accuracy(history)
    text = (
        f"With the task of an image given, the same model would get **{percent(given)}** right "
        f"instead of {percent(own)}."
    )
    if own > 0.98:
        return text
    if given - own > (1 - own) / 2:
        return f"{text} Most of its mistakes are between tasks; within a task it is still good."
    return f"{text} Most of its mistakes remain: the tasks themselves are forgotten."
