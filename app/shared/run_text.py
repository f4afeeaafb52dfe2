"""Sentences about a run, computed from its numbers. Pure functions of a History."""

from app.shared.measures import average_accuracy, label_matters
from lifelong.api import History
from lifelong.charts import long_runs
from lifelong.charts.chart_data import accuracy_rows, reference_rows, steepest_drop, task_titles
from lifelong.formatting import percent, points, signed_points


def result(history: History) -> str:
    """Returns the heading: how much the model gets right, and what it lost most of."""
    count = len(history.learned)
    if not count:
        return "No whole task has been learned yet."
    average = percent(average_accuracy(history))
    if count == 1:
        return f"After its first task the model gets **{average}** right."
    right = f"After {count} tasks the model gets **{average}** right, averaged over the tasks."
    return f"{right} {largest_loss(history)}"


def largest_loss(history: History) -> str:
    """Returns a sentence about the task that lost most since it was learned."""
    accuracy = accuracy_rows(history)
    last = accuracy[-1]
    losses = [(accuracy[task][task] - last[task], -task) for task in range(len(last) - 1)]
    worst, negative = max(losses)
    if worst < 0.01:
        return "No task lost more than one point: next to nothing was forgotten."
    task, name = -negative, task_titles(history)[-negative]
    return f"**{name}** fell from {percent(accuracy[task][task])} to **{percent(last[task])}**."


def curves(history: History, reference: History | None) -> str:
    """Returns the sentences under the forgetting curves."""
    accuracy, last = accuracy_rows(history), len(history.learned) - 1
    if last < 0:
        return "The curves begin when the first task has been learned."
    if last == 0:
        first = percent(accuracy[0][0])
        return f"One task learned so far, at {first}. Forgetting shows from the second task on."
    fell = sum(accuracy[last][task] < accuracy[task][task] / 2 for task in range(last))
    back = sum(
        min(accuracy[after][task] for after in range(task + 1, last + 1)) < accuracy[task][task] / 2
        for task in range(last)
    )
    text = _regained(fell, back - fell, last) if back > fell else _halved(fell, last)
    rows = reference_rows(reference) if reference else []
    reached = next((row["accuracy"] for row in rows if row["after"] == last), None)
    if reached is None:
        return text
    own = average_accuracy(history)
    return (
        f"{text} Dashed: cumulative training, which keeps all images, gets {percent(reached)} "
        f"against {percent(own)} here ({signed_points(own - reached)})."
    )


def _halved(fell: int, count: int) -> str:
    """Returns a sentence about how many of `count` earlier tasks lost more than half."""
    if count == 1:
        return f"The earlier task {'lost' if fell else 'kept'} more than half of its accuracy."
    every = "Both" if count == 2 else f"All {count}"
    who = {0: f"None of the {count}", count: every}.get(fell, f"{fell} of the {count}")
    return f"{who} earlier tasks lost more than half of their accuracy."


def _regained(fell: int, back: int, count: int) -> str:
    """Returns a sentence about how many earlier tasks lost more than half of their accuracy for
    good, and how many have it again, which is at least one.
    """
    if count == 1:
        return "The earlier task lost more than half of its accuracy and has it again."
    who = {count: "Both" if count == 2 else f"All {count}"}.get(back, f"{back} of the {count}")
    verb = "has" if back == 1 else "have"
    still = f" {_halved(fell, count)}" if fell else ""
    return f"{who} earlier tasks lost more than half of their accuracy and {verb} it again.{still}"


def matrix(history: History, drop: bool) -> str:
    """Returns the sentences under the accuracy matrix."""
    count = len(history.learned)
    if not count:
        return "The matrix fills row by row as tasks are learned."
    m = history.measures()
    has_frames = history.config.tasks <= long_runs.MOST_DRAWN
    cells = "Framed cells" if has_frames else "Cells of the slanted edge"
    framed = f"{cells}: each task right after learning"
    change = m["backward_transfer"]
    if not drop or change is None:
        return (
            f"{framed}, {percent(m['learning_accuracy'])} on average. The last row, what is left "
            f"of all, averages {percent(m['average_accuracy'])}."
        )
    return (
        f"{framed} (the zero of its column). In the last row the earlier tasks stand at "
        f"{signed_points(change)} on average (backward transfer)."
    )


def inside(history: History, only: int | None = None) -> str:
    """Returns the sentences under the live curves: how fast forgetting began.

    only: the task that they are about, by default the first that was forgotten.
    """
    titles, steps = task_titles(history), history.steps
    if not steps:
        return "The curves begin with the first step of training."
    for task in range(max(s.task for s in steps)) if only is None else [only]:
        before = [s.probe[task] for s in steps if s.task == task]
        later = [s for s in steps if s.task == task + 1]
        if not before or before[-1] == 0:
            continue
        halved = next((s for s in later if s.probe[task] < before[-1] / 2), None)
        if halved:
            return (
                f"**{titles[task]}** fell from {percent(before[-1])} to "
                f"{percent(halved.probe[task])} {_within(halved.step)} of {titles[task + 1]}. "
                f"{_probes(history)}"
            )
    return f"{_largest_drop(history, only)} {_probes(history)}"


def _within(steps: int) -> str:
    return "after a single step" if steps == 1 else f"within the first {steps:,} steps"


def _probes(history: History) -> str:
    recipe = history.config.training_recipe
    images, every = recipe.probe_images, recipe.probe_every
    most = "up to " if history.config.taught else ""  # a taught class may have fewer
    return f"Measured on {most}{images} test images per task, every {every} steps."


def _largest_drop(history: History, only: int | None) -> str:
    titles = task_titles(history)
    dips = [
        (earlier.probe[on] - later.probe[on], on, later)
        for earlier, later in zip(history.steps, history.steps[1:])
        for on in range(later.task)
        if on < len(earlier.probe) and only in (None, on)
    ]
    if not dips:
        return "No later task has been trained on yet, so there is nothing to forget."
    fall, on, at = max(dips, key=lambda dip: dip[0])
    if fall < 0.02:
        who = "No earlier task" if only is None else f"{titles[only]} never"
        return f"{who} dropped by more than two points at once."
    where = f"by step {at.step} of {titles[at.task]}"
    return f"The largest drop: {titles[on]} lost {points(fall)} {where}."


def course(history: History, task: int) -> str:
    """Returns what became of a task over all that came after it."""
    titles, accuracy = task_titles(history), accuracy_rows(history)
    last = len(accuracy) - 1
    text = f"**{titles[task]}** was at {percent(accuracy[task][task])} when learned"
    with_label = _with_label(history, task, last)
    if task == last:
        return f"{text}, and nothing has been learned since.{with_label}"
    now = f" and is at **{percent(accuracy[last][task])}** now.{with_label}"
    drop = steepest_drop(history, task)
    if not drop:
        return text + now
    change = f"{percent(drop['before'])} to {percent(drop['accuracy'])}"
    return f"{text}, fell most while {titles[drop['after']]} was learned ({change}),{now}"


def picked(history: History, task: int, after: int) -> str:
    """Returns what happened to a task at one moment."""
    titles, accuracy = task_titles(history), accuracy_rows(history)
    now, first = accuracy[after][task], accuracy[task][task]
    if after == task:
        right = f"the model gets {percent(now)} of its test images right"
        return f"**{titles[task]}** was just learned: {right}."
    text = (
        f"After {titles[after]}, the model gets **{percent(now)}** of the test images of "
        f"**{titles[task]}** right; {percent(first)} when it was learned."
    )
    return f"{text} {_change(history, task, after)}{_with_label(history, task, after)}"


def _change(history: History, task: int, after: int) -> str:
    learned, accuracy = task_titles(history)[after], accuracy_rows(history)
    change = accuracy[after][task] - accuracy[after - 1][task]
    drop = steepest_drop(history, task)
    if drop and drop["after"] == after:
        fall = f"from {percent(drop['before'])} to {percent(drop['accuracy'])}"
        return f"This is where it fell most: {fall} while {learned} was learned."
    if abs(change) >= 0.005:
        return f"Learning {learned} changed it by {signed_points(change)}."
    return f"Learning {learned} did not change it."


def _with_label(history: History, task: int, after: int) -> str:
    if not label_matters(history):
        return ""
    share = percent(history.learned[after].accuracy_given_task[task])
    return f" With the task label given it would be {share}."
