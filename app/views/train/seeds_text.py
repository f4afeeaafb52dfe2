"""Sentences about several runs that differ in their seed only. Pure functions of histories."""

from collections.abc import Sequence

from app.shared import status
from lifelong import api
from lifelong.api import History
from lifelong.formatting import expected_duration, percent, plural, spread

MEASURES = ("average_accuracy", "within_task_accuracy", "forgetting", "learning_accuracy")


def progress(
    histories: Sequence[History], states: Sequence[str], position: int | None
) -> tuple[float, str]:
    """Returns the progress of runs of which some are at work, as a share and as text.

    position: in the queue, of the first that is.
    """
    shares = [status.share_done(history, history.config.tasks) for history in histories]
    at = next((i for i, state in enumerate(states) if state in ("running", "waiting")), 0)
    history = histories[at]
    text = status.brief(history, history.config.tasks, states[at], position, time_left=False)
    text = f"Run {at + 1} of {len(histories)} (seed {history.config.seed}): {text}"
    left = seconds_left(histories, states)
    return sum(shares) / len(shares), text + (f", {expected_duration(left)} left" if left else "")


def seconds_left(histories: Sequence[History], states: Sequence[str]) -> float | None:
    """Returns the seconds of training left of all that are at work or wait; None if unknown."""
    lengths = [history.seconds for history in histories if history.finished]
    left, waiting = 0.0, 0
    for history, state in zip(histories, states):
        if state == "running" and history.steps:
            own = status.seconds_left(history, history.config.tasks) or 0.0
            left += own
            lengths.append(history.seconds + own)
        elif state in ("running", "waiting"):
            waiting += 1
    if not lengths:
        return None
    return left + waiting * sum(lengths) / len(lengths)


def result(histories: Sequence[History]) -> str:
    """Returns the heading: the mean accuracy over the seeds, and its standard error."""
    finished = [history for history in histories if history.finished]
    if not finished:
        return "None of the runs has finished yet."
    mean, sem = mean_and_sem(finished, "average_accuracy")
    tasks = plural(finished[0].config.tasks, "task")
    share = f"{percent(mean)} {spread(sem)}".strip()
    n = len(finished)
    if n == 1:
        return f"One run of {len(histories)} has finished: **{share}** right after {tasks}."
    text = f"After {tasks} the model gets **{share}** right: the mean of {n} seeds"
    text += " and its standard error."
    left = len(histories) - n
    rest = {0: "", 1: " One run has not finished."}
    return text + rest.get(left, f" {left} runs have not finished.")


def measure_rows(histories: Sequence[History]) -> list[tuple[str, str, str]]:
    """Returns title, mean with standard error, and meaning of measures of the finished runs."""
    finished = [history for history in histories if history.finished]
    rows = []
    for metric in api.metrics():
        mean, sem = mean_and_sem(finished, metric.name)
        if metric.name in MEASURES and mean is not None:
            text = f"{percent(mean)} {spread(sem)}".strip()
            rows.append((metric.title, text, metric.meaning))
    return rows


def mean_and_sem(histories: Sequence[History], name: str) -> tuple[float | None, float | None]:
    """Returns mean and standard error of a measure over runs."""
    return api.mean_and_sem([history.measures()[name] for history in histories])


def entry(history: History, state: str) -> str:
    """Returns one run in the list: its seed, and what it reached or where it stands."""
    seed = f"Seed {history.config.seed}"
    if history.finished:
        return f"{seed} · {percent(history.measures()['average_accuracy'])}"
    words = {"running": "at work", "waiting": "waits", "failed": "failed", "new": "not begun"}
    done = f"{len(history.learned)} of {plural(history.config.tasks, 'task')}"
    return f"{seed} · {words.get(state, f'stopped at {done}')}"
