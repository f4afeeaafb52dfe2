"""Which tasks of a run of many the charts draw. No user interface."""

from ..runs.history import History

MOST_DRAWN = 20  # tasks of which each has a line, a bar and a label
DRAWN = 8  # of more tasks


def drawn_tasks(history: History, highlight: int | None = None) -> list[int]:
    """Returns the tasks that charts draw one by one: all, or of many DRAWN evenly spaced ones and
    the highlighted one.

    >>> from lifelong.config import RunConfig
    >>> drawn_tasks(History(RunConfig(tasks=100), []), highlight=3)
    [0, 3, 14, 28, 42, 57, 71, 85, 99]
    """
    tasks = history.config.tasks
    if tasks <= MOST_DRAWN:
        return list(range(tasks))
    spaced = {round(k * (tasks - 1) / (DRAWN - 1)) for k in range(DRAWN)}
    return sorted(spaced if highlight is None else spaced | {highlight})


def drawn_note(history: History, highlight: int | None = None) -> str:
    """Returns of how many tasks a chart is, empty where it is of all."""
    drawn, tasks = len(drawn_tasks(history, highlight)), history.config.tasks
    return "" if drawn == tasks else f"{drawn} of {tasks} tasks"
