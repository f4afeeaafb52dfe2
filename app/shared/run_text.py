"""What a run found, in sentences computed from its numbers. Pure functions of a History."""

from app.shared.chart_data import MINUS, ceiling, percent, points, steepest, titles
from app.shared.labels import plural
from lifelong.api import History

METRICS = {
    "average_accuracy": (
        "Average accuracy",
        "Mean accuracy over all tasks learned, after the last one. Higher is better.",
    ),
    "average_incremental_accuracy": (
        "Average incremental accuracy",
        "The average accuracy after each task, averaged over the whole way. Higher is better.",
    ),
    "forgetting": (
        "Forgetting",
        "For each earlier task, its best accuracy so far minus its accuracy now; then the mean. Lower is better.",
    ),
    "backward_transfer": (
        "Backward transfer",
        "For each earlier task, its accuracy now minus its accuracy when just learned; then the mean. "
        "Below zero is forgetting.",
    ),
    "forward_transfer": (
        "Forward transfer",
        "For each task but the first, its accuracy just before it is learned minus that of the untrained "
        "network, the task label given; then the mean. Above zero, earlier tasks helped.",
    ),
    "learning_accuracy": (
        "Learning accuracy",
        "Accuracy on each task just after it was learned; then the mean. Higher is better.",
    ),
    "intransigence": (
        "Intransigence",
        "For each task, the accuracy of cumulative training just after it minus that of this run; then the mean. "
        "Above zero, the run could not learn what cumulative training learns.",
    ),
}


def signed(value: float | None) -> str:
    """A measure that may be negative."""
    return "–" if value is None else percent(value).replace("-", MINUS)


def result(history: History) -> str:
    """What a run amounts to: how much the model gets right, and what it lost most of."""
    count = len(history.learned)
    if not count:
        return "No whole task has been learned yet."
    average = history.measures()["average_accuracy"]
    if count == 1:
        return f"After its first task the model gets **{percent(average)}** right."
    return f"After {count} tasks the model gets **{percent(average)}** right, averaged over the tasks. {lost(history)}"


def lost(history: History) -> str:
    """The largest loss of a task since it was learned."""
    a, last, name = history.accuracy, len(history.learned) - 1, titles(history)
    losses = [(a[task][task] - a[last][task], -task) for task in range(last)]
    worst, task = max(losses)
    if worst < 0.01:
        return "No task lost more than one point: next to nothing was forgotten."
    return (
        f"**{name[-task]}** fell from {percent(a[-task][-task])} to **{percent(a[last][-task])}**."
    )


def curves(history: History, cumulative: History | None) -> str:
    """Under the forgetting curves."""
    a, last = history.accuracy, len(history.learned) - 1
    if last < 0:
        return "The curves begin when the first task has been learned."
    if last == 0:
        return f"One task learned so far, at {percent(a[0][0])}. Forgetting shows from the second task on."
    told = _halved(sum(a[last][task] < a[task][task] / 2 for task in range(last)), last)
    reached = (
        next((row["accuracy"] for row in ceiling(cumulative) if row["after"] == last), None)
        if cumulative
        else None
    )
    if reached is None:
        return told
    own = history.measures()["average_accuracy"]
    return f"{told} Dashed: cumulative training, which keeps all images, gets {percent(reached)} against {percent(own)} here ({points(own - reached)})."


def _halved(fell: int, of: int) -> str:
    """How many of the earlier tasks lost more than half."""
    if of == 1:
        return f"The earlier task {'fell below' if fell else 'kept more than'} half of what it was when learned."
    who = {0: f"None of the {of}", of: "Both" if of == 2 else f"All {of}"}.get(
        fell, f"{fell} of the {of}"
    )
    return f"{who} earlier tasks fell below half of what they were when learned."


def matrix(history: History, drop: bool) -> str:
    """Under the matrix."""
    count = len(history.learned)
    if not count:
        return "The matrix fills row by row as tasks are learned."
    m = history.measures()
    framed = "Framed: each task just after it was learned"
    if not drop or count < 2:
        return f"{framed}, {percent(m['learning_accuracy'])} on average. The last row, what is left of all, averages {percent(m['average_accuracy'])}."
    return f"{framed}, the zero of its column. In the last row the earlier tasks stand at {points(m['backward_transfer'])} on average (backward transfer)."


def inside(history: History, only: int | None = None) -> str:
    """Under the live curves: how fast the first forgetting came, of any task or of one."""
    name, steps = titles(history), history.steps
    if not steps:
        return "The curves begin with the first step of training."
    for task in range(max(s.task for s in steps)) if only is None else [only]:
        before = [s.probe[task] for s in steps if s.task == task]
        later = [s for s in steps if s.task == task + 1]
        if not before or before[-1] == 0:
            continue
        gone = next((s for s in later if s.probe[task] < before[-1] / 2), None)
        if gone:
            return (
                f"**{name[task]}** fell from {percent(before[-1])} to {percent(gone.probe[task])} within the first "
                f"{plural(gone.step, 'step')} of {name[task + 1]}. {_looks(history)}"
            )
    return f"{_deepest_dip(history, only)} {_looks(history)}"


def _looks(history: History) -> str:
    how = history.config.training_recipe
    return f"Seen on {how.probe_images} test images a task, every {how.probe_every} steps."


def _deepest_dip(history: History, only: int | None) -> str:
    name = titles(history)
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
        who = "No earlier task" if only is None else f"{name[only]} never"
        return f"{who} dipped by more than two points between two looks."
    return f"The deepest dip: {name[on]} lost {points(fall).lstrip('+')} by step {at.step} of {name[at.task]}."


def course(history: History, task: int) -> str:
    """What became of a task over all that came after it."""
    name, a, last = titles(history), history.accuracy, len(history.learned) - 1
    told = f"**{name[task]}** was at {percent(a[task][task])} when learned"
    if task == last:
        return told + ", and nothing has been learned since." + _with_label(history, task, last)
    fall = steepest(history, task)
    worst = (
        f", fell most while {name[fall['after']]} was learned ({percent(fall['before'])} to {percent(fall['accuracy'])})"
        if fall
        else ""
    )
    return f"{told}{worst}{',' if fall else ''} and is at **{percent(a[last][task])}** now.{_with_label(history, task, last)}"


def picked(history: History, task: int, after: int) -> str:
    """What happened to a task at one moment."""
    name, a = titles(history), history.accuracy
    here, first = a[after][task], a[task][task]
    if after == task:
        return f"**{name[task]}** was just learned: the model gets {percent(here)} of its test images right."
    told = f"After {name[after]}, the model gets **{percent(here)}** of the test images of **{name[task]}** right; {percent(first)} when it was learned."
    fall = steepest(history, task)
    if fall and fall["after"] == after:
        told += f" This is where it fell most: from {percent(fall['before'])} to {percent(fall['accuracy'])} while {name[after]} was learned."
    elif abs(here - a[after - 1][task]) >= 0.005:
        change = points(here - a[after - 1][task])
        told += f" Learning {name[after]} changed it by {change}."
    else:
        told += f" Learning {name[after]} did not change it."
    return told + _with_label(history, task, after)


def _with_label(history: History, task: int, after: int) -> str:
    if not label_matters(history):
        return ""
    return f" With the task label given it would be {percent(history.accuracy_given_task[after][task])}."


def label_matters(history: History) -> bool:
    """Whether the task label would tell a class-incremental model something, and leave it something to tell."""
    several = history.has_started and max(map(len, history.started.classes)) > 1
    return history.config.rules.infers_task and several and len(history.learned) > 1


def labelled(history: History) -> str:
    """What the task label would be worth to a class-incremental model."""
    row = history.accuracy_given_task[len(history.learned) - 1]
    mean = sum(share for share in row if share is not None) / len(history.learned)
    own = history.measures()["average_accuracy"]
    told = f"Told which task an image is from, the same model would get **{percent(mean)}** right instead of {percent(own)}."
    if own > 0.98:
        return told
    if mean - own > (1 - own) / 2:
        return (
            f"{told} Most of its mistakes are between tasks; within a task it still knows its way."
        )
    return f"{told} Most of its mistakes remain: the tasks themselves are forgotten."


def measures(history: History, cumulative: History | None) -> list[tuple[str, str, str]]:
    """Every metric that is defined for the run: its name, its value and what it means."""
    values = history.measures(cumulative)
    told = [
        (name, signed(values[key]), meaning)
        for key, (name, meaning) in METRICS.items()
        if values[key] is not None
    ]
    if label_matters(history):
        share = sum(
            history.accuracy_given_task[len(history.learned) - 1][: len(history.learned)]
        ) / len(history.learned)
        told.insert(
            1,
            (
                "With the task label",
                percent(share),
                "Average accuracy of the same model when it is told which task an image "
                "is from, so that only that task's classes compete.",
            ),
        )
    return told
