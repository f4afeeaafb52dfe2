"""What became of one drawing, in words: known, lost, recovered. Pure functions of plain values.

Tasks count from 0 here and from 1 in what people read. Probabilities are shares in [0, 1].
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """What the model after one task made of the drawing. probability: of the class that the person drew."""

    known: bool
    probability: float


def percent(share: float) -> str:
    """A probability for people; nothing short of certain is called certain.

    >>> percent(0.984), percent(0.9996), percent(0.0004), percent(1), percent(0)
    ('98\xa0%', '>99\xa0%', '<1\xa0%', '100\xa0%', '0\xa0%')
    """
    whole = round(100 * share)
    sign = ">" if whole == 100 and share < 1 else "<" if whole == 0 and share > 0 else ""
    return f"{sign}{ {'>': 99, '<': 1}.get(sign, whole) }\xa0%"


def named(label: str) -> str:
    """A class with its article.

    >>> named("0"), named("8"), named("otter")
    ('a 0', 'an 8', 'an otter')
    """
    return f"{'an' if label[:1] in tuple('8aeiou') else 'a'} {label}"


def listed(names: Sequence[str]) -> str:
    """Names in a row.

    >>> listed("0"), listed("01"), listed("012")
    ('0', '0 and 1', '0, 1 and 2')
    """
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def story(drawn: str, own: int, verdicts: Sequence[Verdict], *, told: bool = False) -> str:
    """The sentence under the strip. own: the task that taught the class drawn; told: the task label was given.

    >>> yes, no = Verdict(True, 0.98), Verdict(False, 0.02)
    >>> tell = lambda *given, **more: print(story(*given, **more).replace("\xa0", " "))
    >>> tell("0", 0, [yes, no, no])
    Known after task 1 (98 %), lost while learning task 2.
    >>> tell("0", 0, [yes, yes, yes])
    Known after task 1 (98 %) and still known after task 3 (98 %).
    >>> tell("0", 0, [yes, no, yes])
    Known after task 1 (98 %), lost while learning task 2, recovered while learning task 3.
    >>> tell("4", 2, [no, no, yes])
    Known after task 3 (98 %), the last task it learned: nothing has come since that could push it out.
    >>> tell("6", 3, [no, yes])
    Not learned yet: 6 comes in task 4, and this model has learned tasks 1 to 2.
    >>> tell("0", 0, [no, no, no])
    Never read as a 0, not even after task 1, which taught it. Is it something else? Say so below.
    >>> tell("4", 2, [no, no, no])
    Not read as a 4 after task 3, which taught it. Is it something else? Say so below.
    >>> tell("0", 0, [yes, no, yes, no])
    Known after task 1 (98 %), lost while learning task 2, recovered while learning task 3, lost again while learning task 4.
    >>> tell("0", 0, [yes, no, yes, no, yes])
    Known after task 1 (98 %), then lost and recovered in turn, and known after task 5.
    >>> tell("0", 0, [no, yes, yes])
    Not read as a 0 after task 1, which taught it, first known after task 2 (98 %).
    >>> tell("0", 0, [yes, yes], told=True)
    Told the task: known after task 1 (98 %) and still known after task 2 (98 %).
    """
    since = verdicts[own:]
    if not since:
        done = "task 1" if len(verdicts) == 1 else f"tasks 1 to {len(verdicts)}"
        text = (
            f"Not learned yet: {drawn} comes in task {own + 1}, and this model has learned {done}."
        )
    elif not any(verdict.known for verdict in since):
        begin = f"Not read as {named(drawn)} after task {own + 1}, which taught it."
        if len(since) > 1:
            begin = f"Never read as {named(drawn)}, not even after task {own + 1}, which taught it."
        text = f"{begin} Is it something else? Say so below."
    else:
        text = _known(drawn, own, since)
    return f"Told the task: {text[0].lower()}{text[1:]}" if told else text


def _known(drawn: str, own: int, since: Sequence[Verdict]) -> str:
    first = since[0]
    begin = f"Known after task {own + 1} ({percent(first.probability)})"
    if not first.known:
        begin = f"Not read as {named(drawn)} after task {own + 1}, which taught it"
    changes = [
        after for after in range(1, len(since)) if since[after].known != since[after - 1].known
    ]
    if not changes:
        last = own + len(since)
        if len(since) == 1:
            return (
                f"{begin}, the last task it learned: nothing has come since that could push it out."
            )
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


def mistaken(drawn: str, likeliest: str, share: float) -> bool:
    """Whether a picture looks so much like another class than the one named that it is worth asking.

    likeliest, share: what a model that learned every class at once reads, and how sure it is.

    >>> mistaken("0", "7", 0.97), mistaken("0", "7", 0.6), mistaken("0", "0", 0.97)
    (True, False, False)
    """
    return likeliest != drawn and share >= 0.9
