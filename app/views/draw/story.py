"""Sentences about one drawing: known, lost, recovered. Pure functions of plain values.

Tasks count from 0 here and from 1 in what people read. Probabilities are shares in [0, 1].
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """Verdict on one prediction. known: true class predicted; probability: of the true class."""

    known: bool
    probability: float


def percent(share: float) -> str:
    """Returns a probability as text; nothing short of certain reads 0 or 100.

    >>> percent(0.984), percent(0.9996), percent(0.0004), percent(1), percent(0)
    ('98\xa0%', '>99\xa0%', '<1\xa0%', '100\xa0%', '0\xa0%')
    """
    whole = round(100 * share)
    sign = ">" if whole == 100 and share < 1 else "<" if whole == 0 and share > 0 else ""
    return f"{sign}{ {'>': 99, '<': 1}.get(sign, whole) }\xa0%"


def named(label: str) -> str:
    """Returns a class with its article.

    >>> named("0"), named("8"), named("otter")
    ('a 0', 'an 8', 'an otter')
    """
    return f"{'an' if label[:1] in tuple('8aeiou') else 'a'} {label}"


def listed(names: Sequence[str]) -> str:
    """Returns names as an enumeration.

    >>> listed("0"), listed("01"), listed("012")
    ('0', '0 and 1', '0, 1 and 2')
    """
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def story(
    true_class: str, own: int, verdicts: Sequence[Verdict], *, task_given: bool = False
) -> str:
    """Returns the sentence under the strip.

    own: the task that taught the true class; task_given: whether the model was told the task.

    >>> yes, no = Verdict(True, 0.98), Verdict(False, 0.02)
    >>> tell = lambda *given, **more: print(story(*given, **more).replace("\xa0", " "))
    >>> tell("0", 0, [yes, no, no])
    Known after task 1 (98 %), lost while learning task 2.
    >>> tell("0", 0, [yes, yes, yes])
    Known after task 1 (98 %) and still known after task 3 (98 %).
    >>> tell("4", 2, [no, no, yes])  # doctest: +ELLIPSIS
    Known after task 3 (98 %), the last task it learned: ... since that could push it out.
    >>> tell("6", 3, [no, yes])
    Not learned yet: 6 comes in task 4, and this model has learned tasks 1 to 2.
    >>> tell("0", 0, [yes, yes], task_given=True)
    Told the task: known after task 1 (98 %) and still known after task 2 (98 %).
    """
    since = verdicts[own:]
    if not since:
        done = "task 1" if len(verdicts) == 1 else f"tasks 1 to {len(verdicts)}"
        order = f"{true_class} comes in task {own + 1}"
        text = f"Not learned yet: {order}, and this model has learned {done}."
    elif any(verdict.known for verdict in since):
        text = _known(true_class, own, since)
    else:
        text = _never_known(true_class, own, since)
    return f"Told the task: {text[0].lower()}{text[1:]}" if task_given else text


def _never_known(true_class: str, own: int, since: Sequence[Verdict]) -> str:
    """Returns the sentence about a class that no checkpoint predicted.

    >>> no = Verdict(False, 0.02)
    >>> _never_known("0", 0, [no, no, no])
    'Never read as a 0, not even after task 1, which taught it. Is it something else? Say so below.'
    >>> _never_known("4", 2, [no])
    'Not read as a 4 after task 3, which taught it. Is it something else? Say so below.'
    """
    never = "Never read as {}, not even" if len(since) > 1 else "Not read as {}"
    begin = f"{never.format(named(true_class))} after task {own + 1}, which taught it."
    return f"{begin} Is it something else? Say so below."


def _known(true_class: str, own: int, since: Sequence[Verdict]) -> str:
    """Returns the sentence about a class that some checkpoint predicted.

    >>> yes, no = Verdict(True, 0.98), Verdict(False, 0.02)
    >>> tell = lambda *given: print(_known("0", 0, given).replace("\xa0", " "))
    >>> tell(yes, no, yes)
    Known after task 1 (98 %), lost while learning task 2, recovered while learning task 3.
    >>> tell(no, yes, yes)
    Not read as a 0 after task 1, which taught it, first known after task 2 (98 %).
    >>> tell(yes, no, yes, no)  # doctest: +ELLIPSIS
    Known after task 1 (98 %), ... learning task 3, lost again while learning task 4.
    >>> tell(yes, no, yes, no, yes)
    Known after task 1 (98 %), then lost and recovered in turn, and known after task 5.
    """
    first = since[0]
    begin = f"Known after task {own + 1} ({percent(first.probability)})"
    if not first.known:
        begin = f"Not read as {named(true_class)} after task {own + 1}, which taught it"
    changes = [
        after for after in range(1, len(since)) if since[after].known != since[after - 1].known
    ]
    if not changes:
        last = own + len(since)
        if len(since) == 1:
            since_then = "nothing has come since that could push it out."
            return f"{begin}, the last task it learned: {since_then}"
        return f"{begin} and still known after task {last} ({percent(since[-1].probability)})."
    if len(changes) > 3:
        end = "known" if since[-1].known else "lost"
        return f"{begin}, then lost and recovered in turn, and {end} after task {own + len(since)}."
    return ", ".join([begin, *(_change(own, since, after) for after in changes)]) + "."


def _change(own: int, since: Sequence[Verdict], after: int) -> str:
    task = own + after + 1
    before = [verdict.known for verdict in since[:after]]
    if not since[after].known:
        again = " again" if False in before else ""
        return f"lost{again} while learning task {task}"
    if True in before:
        return f"recovered while learning task {task}"
    return f"first known after task {task} ({percent(since[after].probability)})"


def mistaken(true_class: str, likeliest: str, share: float) -> bool:
    """Returns whether a picture looks so much like another class that it is worth asking.

    likeliest, share: prediction of a model that learned every class at once, and its probability.

    >>> mistaken("0", "7", 0.97), mistaken("0", "7", 0.6), mistaken("0", "0", 0.97)
    (True, False, False)
    """
    return likeliest != true_class and share >= 0.9
