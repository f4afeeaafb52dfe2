"""Where a run stands and how long it will take, in words. Pure functions of a History."""

from app.shared.chart_data import names
from app.shared.labels import plural
from lifelong.api import ExtractingFeatures, History, duration

Download = tuple[str, int, int] | None  # a data set, bytes so far and bytes in all


def progress(
    history: History, goal: int, state: str, place: int | None, download: Download = None
) -> tuple[float, str]:
    """How far a run at work is, as a share and as a line of text."""
    if state == "waiting":
        return 0.0, f"Waiting: number {place} in the queue. It starts by itself."
    last = history.steps[-1] if history.steps else None
    begun = len(history.learned) + (
        last.step / last.steps if last and last.task == len(history.learned) else 0
    )
    if history.preparing:
        return through_backbone(history.preparing)
    if last is None:
        expected = history.started.estimate if history.has_started else None
        return (
            (0.0, f"Learning begins, about {duration(expected)} to the end")
            if expected
            else getting_ready(download)
        )
    left = seconds_left(history, goal)
    task = names(history)[min(last.task, goal - 1)]
    text = f"{task} of {history.config.tasks}, step {last.step} of {last.steps}" + (
        f", about {duration(left)} left" if left else ""
    )
    text += f". {too_small(last.batch_limit)}" if last.batch_limit else ""
    return min(begun / goal, 1.0), text


def getting_ready(download: Download) -> tuple[float, str]:
    """That the data is read, or how much of it has been downloaded, as a share and as a line of text."""
    if download is None:
        return 0.0, "Getting the data ready …"
    name, so_far, total = download
    return (
        so_far / total,
        f"Downloading {name}: {so_far / 1e6:.0f} of {total / 1e6:.0f} MB. This is done once.",
    )


def through_backbone(at: ExtractingFeatures) -> tuple[float, str]:
    """How far the images have gone through the backbone, as a share and as a line of text."""
    left = at.seconds * (at.total - at.done) / max(at.done, 1)
    return at.done / at.total, (
        f"Images through the backbone: {at.done:,} of {at.total:,}, about {duration(left)} left. "
        "This is done once; every run after finds them ready."
        + (f" {too_small(at.batch_limit)}" if at.batch_limit else "")
    )


def too_small(batch_limit: int) -> str:
    """That the memory did not hold what was wanted, and how many images it does hold."""
    return f"The memory holds only {plural(batch_limit, 'image')} at once."


def seconds_left(history: History, goal: int) -> float | None:
    """Seconds of training that are left, each task to come taking as much longer than the last as that one did."""
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


def standing(history: History, state: str) -> str:
    """Where a run stands that is neither at work nor finished, and what can be done."""
    done, tasks = len(history.learned), history.config.tasks
    kept = f"{plural(done, 'task')} of {tasks} learned" if done else "No whole task learned"
    last = history.steps[-1] if history.steps else None
    step = max(last.step, getattr(history.ending, "step", 0)) if last and last.task == done else 0
    within = f"{names(history)[done].lower()}, step {step} of {last.steps}" if step else ""
    match state:
        case "new":
            return "This run has not begun. Learn the next task, or all of them."
        case "stopped":
            where = f" Stopped in {within}." if within else ""
            return f"{kept}.{where} It can go on from here."
        case "failed":
            return f"The run could not go on: {history.ending.message} {kept}."
    return (
        f"The run was cut off{' in ' + within if within else ''}. {kept}; it can go on from there."
    )


def undo(history: History) -> str:
    """What the undo button takes back."""
    done = len(history.learned)
    begun = any(s.task == done for s in history.steps)
    return f"Take back {names(history)[done if begun else max(done - 1, 0)].lower()}"
