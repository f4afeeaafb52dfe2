"""Sentences of the Compare page, computed from the numbers. Pure functions."""

from collections.abc import Sequence

from app.shared.markdown import escaped
from app.views.compare import configurations
from app.views.compare.configurations import Choice, Configuration
from app.views.compare.summary import Summary, Value, share_text, size_text
from lifelong.api import History
from lifelong.formatting import duration, percent, plural, points, signed_points

NOTHING = "Choose strategies above, or race some: nothing is compared yet."
MARK = "✓"
LEGEND = (
    f"{MARK} and bold: the best of its column. Accuracy is the mean over the tasks learned so far; "
    "*harder* is the part of the loss that cumulative training, which keeps all images, has on the "
    "same tasks, and *forgotten* is the rest."
)
CHOOSE = "Choose a line, here or in a chart, to see its runs."
CURVES = (
    "Above: accuracy averaged over the tasks learned so far. Below: accuracy on task 1 alone. One "
    "line through both follows the pointer."
)


def names(titles: Sequence[str]) -> str:
    """Returns titles in bold as an enumeration.

    >>> names(["EWC"]), names(["EWC", "SI", "LwF"])
    ('**EWC**', '**EWC**, **SI** and **LwF**')
    """
    bold = [f"**{escaped(title)}**" for title in titles]
    return bold[0] if len(bold) == 1 else f"{', '.join(bold[:-1])} and {bold[-1]}"


def headline(summaries: Sequence[Summary]) -> str:
    """Returns who gets most right, by how much, and whether that is more than chance."""
    known = [s for s in summaries if s.values["average_accuracy"] is not None]
    if not summaries:
        return NOTHING
    if not known:
        return "No whole task has been learned yet; the comparison begins with the first."
    ordered = sorted(known, key=_accuracy, reverse=True)
    top, after = ordered[0], _after(known[0])
    if len(known) == 1:
        alone = "Add another strategy, or race some, to compare."
        return f"{after} {names([top.title])} gets **{_share(top)}** right. {alone}"
    first = [s for s in ordered if percent(_accuracy(s)) == percent(_accuracy(top))]
    if len(first) == len(known):
        return f"{after} {names([s.title for s in first])} get the same right: **{_share(top)}**."
    last = ordered[-1]
    verb = "get" if len(first) > 1 else "gets"
    return (
        f"{after} {names([s.title for s in first])} {verb} most right, **{_share(top)}**; "
        f"{names([last.title])} least, **{_share(last)}**. {_certainty(ordered, len(first))}"
    ).strip()


def _after(summary: Summary) -> str:
    tasks = summary.configuration.config.tasks
    if summary.after == tasks:
        return "After the only task" if tasks == 1 else f"After all {tasks} tasks"
    return f"After {summary.after} of {plural(tasks, 'task')}"


def _accuracy(summary: Summary) -> float:
    value = summary.values["average_accuracy"]
    return value.mean if value else 0.0


def _share(summary: Summary) -> str:
    value = summary.values["average_accuracy"]
    return share_text(value) if value else ""


def _certainty(ordered: Sequence[Summary], tied: int) -> str:
    """Returns a sentence about the lead of the best: its size beside the spread of the seeds."""
    first, second = (ordered[i].values["average_accuracy"] for i in (0, tied))
    if first is None or second is None:
        return ""
    if first.sem is None or second.sem is None:
        return "With one seed there is no spread to compare the lead with."
    whose = "Its" if tied == 1 else "Their"
    lead, noise = first.mean - second.mean, 2 * (first.sem**2 + second.sem**2) ** 0.5
    if lead > noise:
        return f"{whose} lead of {points(lead)} is more than twice the standard error."
    return (
        f"{whose} lead of {points(lead)} over {names([ordered[tied].title])} is within twice the "
        "standard error: it may be chance."
    )


def forgotten(summaries: Sequence[Summary]) -> str:
    """Returns a sentence about who forgot most and least; empty where fewer than two are known."""
    known = [
        (s, value)
        for s in summaries
        if (value := s.values["forgotten"]) is not None and not s.configuration.is_reference
    ]
    if len(known) < 2:
        return ""
    ordered = sorted(known, key=lambda pair: pair[1].mean)
    (least, low), (most, high) = ordered[0], ordered[-1]
    if share_text(low) == share_text(high):
        return f"All of them forgot the same: {points(low.mean)}."
    if high.mean < 0.005:
        return "Beside cumulative training none of them forgot anything to speak of."
    return (
        f"{names([most.title])} forgot most, {points(high.mean)}; {names([least.title])} "
        f"{_forgot(low)}."
    )


def _forgot(value: Value) -> str:
    if value.mean < -0.005:
        return f"lost {points(value.mean)} less than cumulative training does"
    return "next to nothing" if value.mean < 0.005 else f"least, {points(value.mean)}"


def missing_references(summaries: Sequence[Summary]) -> str:
    """Returns a sentence about those whose loss cannot be split; empty where there is none."""
    lacking = [s.title for s in summaries if lacks_reference(s)]
    if not lacking:
        return ""
    return (
        f"{names(lacking)}: no reference run, so what was forgotten cannot be told from what got "
        "harder. That takes a run of cumulative training with the same classes in the same order."
    )


def lacks_reference(summary: Summary) -> bool:
    """Returns whether a configuration has a loss that no reference run splits."""
    own = not summary.configuration.is_reference and not summary.configuration.config.taught
    return own and summary.n > 0 and summary.after > 1 and summary.values["forgotten"] is None


def runs_without_reference(summary: Summary) -> list[str]:
    """Returns the runs of a configuration whose loss no reference run splits."""
    return list(summary.configuration.runs) if lacks_reference(summary) else []


def left_out(choice: Choice) -> str:
    """Returns a sentence about what is not shown and why; empty where all is."""
    if not choice.left_out:
        return ""
    phrases = [f"{names([c.title])} ({escaped(reason)})" for c, reason in choice.left_out]
    where = names([choice.shown[0].title])
    return (
        f"Left out: {'; '.join(phrases)}. Only answers to one question can be compared, here that "
        f"of {where}."
    )


def caveats(shown: Sequence[Configuration]) -> str:
    """Returns sentences about what makes the comparison less than fair; empty if nothing does."""
    texts = []
    if not configurations.same_classes(shown):
        texts.append(
            "The seeds are not the same, and with them the order of the classes differs: part of a "
            "difference may come from that."
        )
    repeated = sum(configuration.repeated for configuration in shown)
    if repeated:
        noun = "run has" if repeated == 1 else "runs have"
        texts.append(f"{repeated:,} {noun} a seed that counts already and stay out of the means.")
    elsewhere = [each for each in shown if each.config.program]
    if elsewhere:
        programs = sorted({str(each.config.program) for each in elsewhere})
        texts.append(
            f"The network and the training of {names([each.title for each in elsewhere])} are not "
            f"known: {' and '.join(programs)} trained {'it' if len(elsewhere) == 1 else 'them'}."
        )
    return " ".join(texts)


def question(shown: Sequence[Configuration]) -> str:
    """Returns in one line what all that is shown has in common."""
    here = [each for each in shown if not each.config.program] or list(shown)
    config = here[0].config
    started = next((h.started for c in here for h in c.histories if h.has_started), None)
    seeds = sorted({history.config.seed for c in shown for history in c.histories})
    items = [
        config.rules.title,
        started.source if started else "",
        plural(config.tasks, "task"),
        f"by {config.program}" if config.program else f"recipe {config.recipe}",
        _seeds(seeds),
    ]
    return " · ".join(filter(None, items))


def _seeds(seeds: Sequence[int]) -> str:
    """Returns seeds in a few words.

    >>> _seeds([0]), _seeds([0, 1, 2]), _seeds([1, 4])
    ('seed 0', 'seeds 0 to 2', 'seeds 1, 4')
    """
    if len(seeds) == 1:
        return f"seed {seeds[0]}"
    if len(seeds) > 2 and list(seeds) == list(range(seeds[0], seeds[-1] + 1)):
        return f"seeds {seeds[0]} to {seeds[-1]}"
    return f"seeds {', '.join(map(str, seeds[:10]))}{', …' if len(seeds) > 10 else ''}"


def reference_line(shown: Sequence[Configuration], dashed: bool) -> str:
    """Returns a sentence about the dashed line; empty where there is none."""
    if not dashed:
        return ""
    among = any(configuration.is_reference for configuration in shown)
    extra = "" if among else " It is drawn for comparison and not in the table."
    return f"Dashed: cumulative training, from scratch on all images so far.{extra}"


def memory(summaries: Sequence[Summary]) -> str:
    """Returns a sentence about accuracy and stored bytes."""
    known = [(s, value) for s in summaries if (value := s.values["stored"]) is not None and s.n]
    if not known:
        return "How much is stored for earlier tasks was not measured here."
    top, value = max(known, key=lambda pair: _accuracy(pair[0]))
    most = f"{names([top.title])} gets most right and stores {size_text(value)}"
    nothing = [s for s, value in known if not value.mean]
    if not nothing or not value.mean:
        return f"{most}."
    best = max(nothing, key=_accuracy)
    return f"{most}; best without storing anything: {names([best.title])}, {_share(best)}."


def compute(summaries: Sequence[Summary]) -> str:
    """Returns a sentence about accuracy and seconds of training."""
    known = [(s, value) for s in summaries if (value := s.values["seconds"]) is not None and s.n]
    if not known:
        return "Nothing has been trained yet."
    fast, value = min(known, key=lambda pair: pair[1].mean)
    text = f"Quickest: {names([fast.title])} in {duration(value.mean)}, "
    top, slow = max(known, key=lambda pair: _accuracy(pair[0]))
    if top is fast:
        return f"{text}and none gets more right."
    ratio = slow.mean / value.mean if value.mean else 1.0
    times = f", {ratio:.1f} times as long" if ratio >= 1.05 else ""
    gain = signed_points(_accuracy(top) - _accuracy(fast))
    return (
        f"{text}{percent(_accuracy(fast))} right. {names([top.title])} took "
        f"{duration(slow.mean)}{times}, for {gain}."
    )


def chance(shown: Sequence[Configuration]) -> float | None:
    """Returns the accuracy of guessing, the mean over tasks; None before a run has begun."""
    started: list[History] = [h for c in shown for h in c.histories if h.has_started]
    if not started:
        return None
    history = started[0]
    tasks = range(history.config.tasks)
    return sum(history.chance(task) for task in tasks) / len(tasks)
