"""Sentences about the state of a run and its remaining time. Pure functions of a History."""

from lifelong.api import (
    ExtractingFeatures,
    Failed,
    History,
    Loading,
    Preparation,
    Recovered,
    Stopped,
)
from lifelong.charts.chart_data import task_names
from lifelong.formatting import duration, expected_duration, plural, size, whole_percent

DONE_ONCE = "This is done once"
GETTING_READY = (0.0, "Loading images …")


def progress(
    history: History, goal: int, state: str, position: int | None, wait: float | None = None
) -> tuple[float, str]:
    """Returns the progress of a run at work, as a share and as text.

    position: in the queue. wait: seconds until it has its turn, None where nobody knows.
    """
    if state == "waiting":
        return waiting(position, wait)
    if history.preparing:
        return preparing(history.preparing)
    last = history.steps[-1] if history.steps else None
    if last is None:
        expected = history.started.estimate if history.has_started else None
        if not expected:
            return GETTING_READY
        return 0.0, f"Learning begins{_time_left(expected)}"
    text = f"{_task(history, goal)}{_within_task(history)}"
    text += _time_left(seconds_left(history, goal))
    text += f". {batch_reduced(last.batch_limit)}" if last.batch_limit else ""
    return share_done(history, goal), text


def brief(
    history: History, goal: int, state: str, position: int | None, time_left: bool = True
) -> str:
    """Returns the progress of a run at work in a few words, within a sentence."""
    if state == "waiting":
        return f"number {position} in the queue"
    if history.preparing:
        share, _ = preparing(history.preparing)
        return f"getting ready, {whole_percent(share)}" if share else "getting ready"
    if not history.steps:
        return "getting ready"
    left = seconds_left(history, goal) if time_left else None
    return _task(history, goal).lower() + _time_left(left)


def share_done(history: History, goal: int) -> float:
    """Returns the share of the steps before task `goal` that are done."""
    last = history.steps[-1] if history.steps else None
    within = last.step / last.steps if last and last.task == len(history.learned) else 0.0
    return min((len(history.learned) + within) / goal, 1.0)


def _task(history: History, goal: int) -> str:
    """Returns the name of the task that is being learned, and of how many."""
    task = min(max(len(history.learned), history.steps[-1].task), goal - 1)
    return f"{task_names(history)[task]} of {history.config.tasks}"


def _within_task(history: History) -> str:
    """Returns what is being done within a task: its step, or what comes after the last one.

    Empty between two tasks.
    """
    phase, last = history.phase, history.steps[-1]
    if phase is None:
        begun = last.task == len(history.learned)
        return f", step {last.step:,} of {last.steps:,}" if begun else ""
    text = f", {phase.what[:1].lower()}{phase.what[1:]}"
    if phase.what != "Testing" or phase.images is None:
        return text
    every = "all " if phase.images == history.started.images[1] else ""
    return f"{text} on {every}{phase.images:,} images"


def _time_left(seconds: float | None) -> str:
    return f", {expected_duration(seconds)} left" if seconds else ""


def waiting(position: int | None, wait: float | None = None) -> tuple[float, str]:
    """Returns the progress of a run or study in the queue, see `progress`."""
    return 0.0, f"Waiting: number {position} in the queue{until_turn(wait)}. It starts by itself."


def until_turn(wait: float | None) -> str:
    """Returns the time until a run has its turn, after a comma; empty where nobody knows.

    >>> until_turn(None), until_turn(0.4)
    ('', ', its turn is next')
    """
    if wait is None:
        return ""
    return f", {expected_duration(wait)} until its turn" if wait >= 1 else ", its turn is next"


def preparing(event: Preparation) -> tuple[float, str]:
    """Returns the progress of what is done before the first step, and the time left."""
    return _loading(event) if isinstance(event, Loading) else _extracting_features(event)


def _loading(event: Loading) -> tuple[float, str]:
    if not event.total:
        return 0.0, f"{event.what} …"
    if event.unit == "B":
        amount = f"{size(event.done)} of {size(event.total)}"
        return event.done / event.total, f"{event.what}: {_share(event, amount)} {DONE_ONCE}."
    amount = f"{event.done:,} of {event.total:,}"
    return event.done / event.total, f"{event.what}: {_share(event, amount)}"


def _extracting_features(event: ExtractingFeatures) -> tuple[float, str]:
    progress = _share(event, f"{event.done:,} of {event.total:,}")
    text = (
        f"Images through the backbone: {progress} {DONE_ONCE}; every run after finds the features."
    )
    text += f" {batch_reduced(event.batch_limit)}" if event.batch_limit else ""
    return event.done / event.total, text


def _share(event: Preparation, amount: str) -> str:
    """Returns how much is done, in percent and by amount, and the time left."""
    share = event.done / event.total
    left = event.seconds * (1 / share - 1) if 0 < share < 1 else None
    return f"{whole_percent(share)}, {amount}{_time_left(left)}."


def batch_reduced(batch_limit: int) -> str:
    """Returns a sentence about a batch that did not fit into memory."""
    return f"Out of memory: batch size reduced to {batch_limit:,}."


def seconds_left(history: History, goal: int) -> float | None:
    """Returns the seconds of training left; each task takes longer by as much as the last did."""
    ends = [0.0, *[row.seconds for row in history.learned]]
    lengths = [after - before for before, after in zip(ends, ends[1:])]
    last = history.steps[-1]
    spent = 0.0
    if last.task == len(history.learned) and last.step > 1:
        spent = last.seconds - ends[-1]
        lengths.append(spent * last.steps / last.step)
    if not lengths:
        return None
    growth = max(lengths[-1] - lengths[-2], 0.0) if len(lengths) > 1 else 0.0
    to_come = [lengths[-1] + growth * (i + 1) for i in range(goal - len(lengths))]
    return max((lengths[-1] - spent if spent else 0.0) + sum(to_come), 0.0)


def at_rest(history: History, state: str, goes_on: tuple[int, int], may_learn: bool = True) -> str:
    """Returns the state of a run that is neither at work nor finished, and what can be done.

    goes_on: the task and the step of the state that it would go on from. may_learn: whether there
    are buttons for it.
    """
    done, tasks = len(history.learned), history.config.tasks
    learned = f"{plural(done, 'task')} of {tasks} learned" if done else "No whole task learned"
    reached = _step_reached(history)
    if state == "new":
        begin = " Learn the next task, or all of them."
        return f"This run has not begun.{begin if may_learn else ''}"
    if isinstance(history.ending, Failed):
        text = f"The run could not go on: {history.ending.message} {learned}."
        if history.diverged:
            return f"{text} With the same settings it would diverge there again."
    elif state == "stopped":
        text = f"{learned}.{f' Stopped in {_at(history, *reached)}.' if reached else ''}"
    else:
        where = f" in {_at(history, *reached)}" if reached else ""
        text = f"The run was cut off{where}. {learned}."
    return f"{text} {_goes_on(history, goes_on, reached)}"


def _goes_on(history: History, position: tuple[int, int], reached: tuple[int, int] | None) -> str:
    """Returns from where a run goes on."""
    task, step = position
    if position == reached:
        return "It can go on from there."
    if step:
        return f"It goes on at {_at(history, task, step)}."
    if task < len(history.learned):
        redone = "checkpoints to go on from later are missing or damaged"
        return f"It goes on at the start of {task_names(history)[task].lower()}: {redone}."
    if task >= history.config.tasks:
        return "It goes on with the end of the run."
    return f"It goes on at the start of {task_names(history)[task].lower()}."


def _step_reached(history: History) -> tuple[int, int] | None:
    """Returns task and step of a task that was begun and not finished, else None."""
    done = len(history.learned)
    last = history.steps[-1] if history.steps else None
    if last is None or last.task != done:
        return None
    stopped = history.ending.step if isinstance(history.ending, Stopped) else 0
    return done, max(last.step, stopped)


def _at(history: History, task: int, step: int) -> str:
    """Returns a task and a step of it in words."""
    steps = next((each.steps for each in history.steps if each.task == task), None)
    of = f" of {steps:,}" if steps else ""
    return f"{task_names(history)[task].lower()}, step {step:,}{of}"


def quiet(history: History, seconds: float, goes_on: tuple[int, int]) -> str:
    """Returns what to do about a run at work that has shown no progress for a while.

    seconds: since the last sign of it. goes_on: the position of what was saved last.
    """
    task, step = goes_on
    where = _at(history, task, step) if step else f"the start of {_task_at(history, task)}"
    phase = history.phase
    doing = f" while it is {phase.what[:1].lower()}{phase.what[1:]}" if phase else ""
    may = "That may take long; if it does not end," if phase else "It may hang:"
    return (
        f"No sign of progress for {duration(seconds)}{doing}. {may} end its process, and the run"
        f" can go on at {where}."
    )


def recovered(history: History) -> str:
    """Returns a sentence about damaged files that a run did not go on from, empty without any."""
    events = history.all_of(Recovered)
    if not events:
        return ""
    files, task, step = events[-1].damaged, events[-1].task, events[-1].step
    where = _at(history, task, step) if step else f"the start of {_task_at(history, task)}"
    were = "was" if len(files) == 1 else "were"
    return f"{' and '.join(files)} {were} missing or damaged, so it went on at {where}."


def _task_at(history: History, task: int) -> str:
    return task_names(history)[min(task, history.config.tasks - 1)].lower()


def undo(history: History) -> str:
    """Returns the label of the undo button: which task it removes."""
    done = len(history.learned)
    begun = any(s.task == done for s in history.steps)
    return f"Undo {task_names(history)[done if begun else max(done - 1, 0)].lower()}"
