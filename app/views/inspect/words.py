"""Sentences of the Inspect page about lost accuracy and given answers. Pure functions."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import TYPE_CHECKING

from lifelong.api import Confusion, Drop, History
from lifelong.charts.chart_data import task_titles
from lifelong.formatting import percent, points

if TYPE_CHECKING:
    import numpy as np

    from lifelong.service.insight import Evidence, FeatureMap, LayerChange, Verification

Drops = list[Drop | None]
BY_CHANCE = 0.01  # a difference of accuracies of single runs below this says nothing
MOST_ANSWERS = 3  # named in a sentence


def heading(drops: Drops | None) -> str:
    """Returns the heading of curves and matrix: what the run forgot, if that is known."""
    known = [drop for drop in drops or () if drop is not None][:-1]
    if drops is None or not known:
        return "What became of each task"
    forgot = any(drop.forgotten >= BY_CHANCE for drop in known)
    return "What it forgot" if forgot else "It forgot nothing"


def split(drops: Drops) -> str:
    """Returns how much of the mean drop of the earlier tasks was forgotten, and why not the rest.

    drops: of each task after the last one learned. Empty where there is no earlier task.
    """
    earlier = [drop for drop in drops[:-1] if drop is not None]
    if not earlier:
        return ""
    total, harder, forgotten = (
        fmean(getattr(drop, part) for drop in earlier) for part in ("drop", "harder", "forgotten")
    )
    one = len(earlier) == 1
    who = "The earlier task" if one else f"The {len(earlier)} earlier tasks"
    when = "since it was learned" if one else "on average since they were learned"
    verb = "gained" if total < 0 else "lost"
    return f"{who} {verb} {points(total)} {when}. {_harder(harder)} {_forgotten(forgotten)}"


def _harder(harder: float) -> str:
    if abs(harder) < BY_CHANCE:
        return f"The question became hardly harder (cumulative training: {_change(harder)})."
    if harder > 0:
        return (
            f"Of that, {points(harder)} is a harder question: cumulative training, which keeps all"
            " images, lost as much."
        )
    return f"Cumulative training, which keeps all images, gained {points(harder)} meanwhile."


def _change(lost: float) -> str:
    return f"{'lost' if lost >= 0 else 'gained'} {points(lost)}"


def _forgotten(forgotten: float) -> str:
    if abs(forgotten) < BY_CHANCE:
        return "**Next to nothing was forgotten.**"
    if forgotten > 0:
        return f"Forgotten: **{points(forgotten)}**."
    return f"It lost {points(forgotten)} less than that: **nothing was forgotten**."


NO_REFERENCE = (
    "How much of a drop is only a harder question is not known: that takes a run of cumulative"
    " training on the same tasks, and there is none."
)


def lost_and_split(history: History, drops: Drops | None, task: int) -> str:
    """Returns the two parts of one task's drop; empty without a reference."""
    drop = drops[task] if drops and task < len(drops) else None
    if drop is None or task == len(history.learned) - 1 or drop.drop <= 0:
        return ""
    if drop.forgotten < BY_CHANCE:
        return " All of that is a harder question: cumulative training lost as much."
    if drop.harder < BY_CHANCE:
        return " All of that was forgotten: cumulative training lost next to nothing."
    parts = f"{points(drop.harder)} is a harder question and {points(drop.forgotten)} forgotten"
    return f" Of that, {parts}."


IS_REFERENCE = (
    "This run is itself what others are compared with, or was taught classes that no other run has:"
    " its drops cannot be split into a harder question and what was forgotten."
)
NO_CONFUSION = (
    "The record of this run is older than the confusion matrix: it does not say what the images of"
    " a class are called. `python -m lifelong evaluate` adds it."
)


def matrix(last: Drops) -> str:
    """Returns what the matrix of forgotten accuracy shows."""
    earlier = [drop.forgotten for drop in last[:-1] if drop is not None]
    mean = f" In the last row the mean is {signed(fmean(earlier))}." if earlier else ""
    return (
        "Points of accuracy forgotten since the task was learned: the drop, less what cumulative"
        f" training lost on the same task.{mean}"
    )


def signed(share: float) -> str:
    """Returns points that were forgotten; below zero the run lost less than cumulative training.

    >>> signed(0.125), signed(-0.01)
    ('12.5\xa0points', '−1\xa0point')
    """
    return f"{'−' if share < 0 and points(share) != points(0) else ''}{points(share)}"


def answers(confusion: Confusion, name: str) -> str:
    """Returns what the test images of a class are called, the most frequent answer first."""
    found = confusion.answers_of(name)
    shown = [f"{each.answer} ({percent(each.share)})" for each in found[:MOST_ANSWERS]]
    more = f" and {len(found) - MOST_ANSWERS} other answers" if len(found) > MOST_ANSWERS else ""
    return f"Test images of **{name}** are called {', '.join(shown)}{more}."


def part_of_many(confusion: Confusion, shown: Confusion, history: History) -> str:
    """Returns which of many classes are shown."""
    task = task_titles(history)[shown.tasks[0]]
    return (
        f"There are {len(confusion.classes):,} classes: those of **{task}** are shown. Choose"
        " another task at the top of the page."
    )


def where(confusion: Confusion, task: int | None) -> str:
    """Returns what became of the classes of a task; of all tasks, of the class that lost most."""
    names = [n for n, of in zip(confusion.classes, confusion.tasks) if of == task]
    if not names:
        shares = confusion.per_class_accuracy
        worst = min(range(len(shares)), key=shares.__getitem__)
        names = [confusion.classes[worst]]
        if shares[worst] > 0.98:
            return "Nearly all images of each class are called what they are."
    return " ".join(answers(confusion, name) for name in names[:MOST_ANSWERS])


def evidence(history: History, found: "Evidence", task: int, after: int) -> str:
    """Returns how many test images of a task were right when it was learned and are wrong then."""
    titles = task_titles(history)
    of = f"Of {found.tested:,} test images of **{titles[task]}**"
    text = (
        f"{of}, {found.right_before:,} were right just after learning and {found.right_now:,} are"
        f" right after {titles[after]}."
    )
    if not found.lost:
        return f"{text} None that was right has become wrong."
    became = f"{text} {found.lost:,} that were right have become wrong"
    if found.lost == len(found.images):
        return f"{became}. Click one to draw on it."
    return f"{became}; {len(found.images)} of them are shown. Click one to draw on it."


def put_on_pad(name: str, before: str, now: str) -> str:
    """Returns what a click on a test image does, and what it shows."""
    return f"Put this {name} on the pad: called {before} at first, {now} after it"


def recency(shares: dict[str, float], confusion: Confusion) -> str:
    """Returns how much of the probability goes to the classes of the task learned last."""
    last = confusion.tasks[-1]
    newest = [n for n, task in zip(confusion.classes, confusion.tasks) if task == last]
    got, even = sum(shares.get(name, 0.0) for name in newest), len(newest) / len(confusion.classes)
    who = f"The {len(newest)} classes" if len(newest) > 1 else "The one class"
    text = (
        f"{who} of the task learned last get {percent(got)} of the probability over all test images"
    )
    if last == 0:
        return f"{text}: there are no others yet."
    if got > 1.5 * even:
        return f"{text}, {percent(even)} would be even: a **recency bias**."
    return f"{text}, {percent(even)} would be even: no strong preference for what came last."


VERIFY = (
    "Evaluates the checkpoint that is looked at on all test images and compares it with the record."
    " Photographs take a minute."
)
FILES = {
    "intact": "Its file is the one that was saved, by its SHA-256.",
    "not recorded": "The record has no checksum of its file: it may have been changed.",
}
NO_FEATURES = "The test pictures of a class that was taught here are not kept."
NO_LAYER_MOVED = (
    "The layers of its network were not trained: its answers are computed from fixed features, or"
    " by networks of their own."
)
HEAT, ALBUM = "Map of the pixels by importance", "Kept images, a row a class"  # for screen readers
HELD = "The darker, the more important are the weights of a pixel: they are held in place."


def verified(history: History, found: "Verification", after: int) -> str:
    """Returns whether a checkpoint has the recorded accuracy now."""
    titles = task_titles(history)
    now, then = (fmean(shares) for shares in (found.found, found.recorded))
    begin = (
        f"The checkpoint after {titles[after]}, evaluated just now on {found.tested:,} test images:"
        f" **{percent(now)}** on average over the tasks"
    )
    source = "The file of the compact checkpoint" if found.is_compact else "The record"
    if found.agrees:
        compared = f"{source} says {percent(then)}: equal on every task, to the image."
    elif not found.same_images:
        compared = f"{source} says {percent(then)}, on other images than are here."
    else:
        compared = f"{source} says {percent(then)}: **not the same**."
    return f"{begin}. {compared} {FILES[found.file]}"


def features(found: "FeatureMap", moment: int) -> str:
    """Returns what the map of features shows, and whether it changed since the moment before."""
    share = percent(found.variance)
    text = (
        f"Each point is one of {len(found.names)} test images, near those that the network sees as"
        f" alike; point at one for its class. The two axes are the same after every task and show"
        f" {share} of the variance."
    )
    if moment and (found.points[moment] == found.points[moment - 1]).all():
        return f"{text} The features of this network did not change."
    return text


def layers(changes: "Sequence[LayerChange]", titles: Sequence[str], note: str) -> str:
    """Returns which layer moved furthest and while learning what. note: of which tasks it is so."""
    most = max(changes, key=lambda change: change.change)
    of = f"Of {note}: {most.layer}" if note else most.layer.capitalize()
    return (
        f"{of} moved furthest while {titles[most.task]} was learned: by"
        f" {percent(most.change)} of the length of its weights before. **Change is not loss**: what"
        " was forgotten is in the matrix above."
    )


def album(images: "Mapping[str, np.ndarray]", shown: int, rows: int) -> str:
    """Returns how many images are kept, and how many of a class and of how many classes are
    shown.
    """
    total = sum(map(len, images.values()))
    classes = f"{len(images):,} class{'es' if len(images) > 1 else ''}"
    first = f"the first {rows} of them" if len(images) > rows else "a row a class"
    text = f"{total:,} images of {classes}, {first}: {', '.join(list(images)[:rows])}."
    return (
        f"{text} Up to {shown} of each are shown."
        if max(map(len, images.values())) > shown
        else text
    )
