"""The sentence under the strip, and what the cards and the choice of class say."""

from collections.abc import Sequence

from app.views.draw.facts import Choice, Picture, Reading, RunFacts, Truth
from app.views.draw.judgement import contradicts
from app.views.draw.words.phrases import few, lesson, listed, named, noun, percent

Readings = Sequence[Reading]
VERDICTS = {
    "yes": "✓ known",
    "no": "✗ wrong",
    "lost": "✗ lost",
    "not-yet": "not learned yet",
    "open": "",
    "blank": "",
    "damaged": "damaged",
}


def invitation(run: RunFacts) -> str:
    """Returns the sentence before there is a picture."""
    card = "the card answers" if run.learned == 1 else "every card answers"
    return f"{'Upload a picture' if run.photo else 'Draw'}, and {card}."


def story(
    run: RunFacts, picture: Picture, choice: Choice, truth: Truth, readings: Readings, label: bool
) -> str:
    """Returns the sentence about a picture. label: whether the task label was asked for."""
    if picture.shows == "blank":
        return invitation(run)
    if truth.name is None:
        return _open(run, picture, choice) + _without_task(run, picture, label)
    subject = _subject(run, picture, truth)
    text = f"{subject} {_fate(run, truth.name, readings)}"
    if given := condition(run, label):
        return f"{given}, {text[0].lower()}{text[1:]}"
    return text


def _without_task(run: RunFacts, picture: Picture, label: bool) -> str:
    """Returns a sentence where the task label was asked for and cannot be given yet."""
    if not label or run.shared_outputs or picture.unfinished:
        return ""
    return " Until then the cards answer without the lesson."


def _open(run: RunFacts, picture: Picture, choice: Choice) -> str:
    """Returns the sentence about a picture whose class is not known: it claims nothing."""
    first = picture.likeliest[0] if picture.likeliest else ""
    if picture.unfinished and picture.shows != "sure":
        clear = "it is clear what it is" if run.taught else "it looks like a digit"
        return f"Go on: no card is marked until {clear}."
    if picture.shows == "none" and not run.taught:
        return "This does not look like a digit, so no card is marked right or wrong."
    if choice.name and choice.origin == "announced":
        return f"You chose {choice.name}, but this {_seems(picture)}. Which is it?"
    if picture.shows == "none":
        return "It does not look like a digit. What is it? Choose below, and the cards are marked."
    if picture.shows == "sure" and first not in run.names:
        return f"It looks like {named(first)}, which this network never learns."
    if run.photo:
        return "What does it show? Choose below, and the cards are marked."
    if picture.shows == "doubtful":
        return f"It {_either(picture)}. Choose below, and the cards are marked."
    return "What did you draw? Choose below, and the cards are marked."


def _seems(picture: Picture) -> str:
    if picture.shows == "sure":
        return f"looks like {named(picture.likeliest[0])}"
    return "does not look like a digit" if picture.shows == "none" else _either(picture)


def _either(picture: Picture) -> str:
    return f"could be {listed([named(name) for name in picture.likeliest], 'or')}"


def _subject(run: RunFacts, picture: Picture, truth: Truth) -> str:
    """Returns what the picture is taken for, as the beginning of a sentence."""
    if truth.basis == "network" or contradicted(run, picture, truth):
        return f"Taken as {named(truth.name or '')}, it"
    if truth.basis in ("label", "example"):
        return f"This {truth.name}"
    return f"Your {truth.name}"


def contradicted(run: RunFacts, picture: Picture, truth: Truth) -> bool:
    """Returns whether the picture surely shows something else than the class chosen for it."""
    return truth.basis == "hand" and contradicts(run, picture, truth.name or "")


def condition(run: RunFacts, label: bool) -> str:
    """Returns the condition under which the cards answered, where it is not the usual one."""
    if run.shared_outputs:
        return ""
    if run.task_given:
        return "" if label else "Without the lesson given"
    return "With the lesson given" if label else ""


def _fate(run: RunFacts, name: str, readings: Readings) -> str:
    """Returns what became of a class over the checkpoints, after 'Your 0'."""
    if run.at_once:
        return _at_once(run, name, readings)
    own = run.own(name)
    since = readings[own:]
    if not since:
        return _to_come(run, name)
    if not any(reading.known for reading in since):
        return _never_known(run, name, own)
    return _known(run, name, own, since)


def _to_come(run: RunFacts, name: str) -> str:
    done = "only lesson 1" if run.learned == 1 else f"lessons 1 to {run.learned}"
    return (
        f"is not learned yet: {name} comes in lesson {run.lesson_of(name) + 1} of"
        f" {len(run.classes)}, and this network has learned {done}."
    )


def _never_known(run: RunFacts, name: str, own: int) -> str:
    """Returns the sentence about a class that no checkpoint since its lesson predicted."""
    if own < run.learned - 1:
        cards = "no card" if own == 0 else f"no card since {lesson(run, own)}"
        begin = f"is read as {named(name)} by {cards}."
    else:
        begin = f"is not read as {named(name)} after {lesson(run, own)}, which taught it."
    question = "Does the picture show" if run.photo else "Did you draw"
    other = "something else" if run.taught else f"another {noun(run, 1)}"
    return f"{begin} {question} {other}? Choose it below."


def _at_once(run: RunFacts, name: str, readings: Readings) -> str:
    """Returns the sentence about joint training, whose every look has seen every class."""
    known = [at + 1 for at, reading in enumerate(readings) if reading.known]
    count = len(readings)
    learned = f"It learned all {noun(run)} at once, so there was nothing to forget."
    if not known:
        return f"is read as {named(name)} in no look. The network learned all {noun(run)} at once."
    if len(known) == count:
        now = percent(readings[-1].probability or 0)
        return f"is known throughout ({now} in the end). {learned}"
    looks = f"look{'s' * (len(known) > 1)} {listed([str(at) for at in known])}"
    return f"is known in {looks} of {count}. {learned}"


def _known(run: RunFacts, name: str, own: int, since: Readings) -> str:
    """Returns the sentence about a class that some checkpoint since its lesson predicted."""
    first = since[0]
    taught = lesson(run, own)
    begin = f"is known after {taught} ({percent(first.probability or 0)})"
    if not first.known:
        begin = f"is not read as {named(name)} after {taught}, which taught it"
    changes = [at for at in range(1, len(since)) if since[at].known != since[at - 1].known]
    last = own + len(since) - 1
    if not changes:
        if len(since) == 1:
            return f"{begin}, learned last, so nothing has overwritten it yet."
        now = percent(since[-1].probability or 0)
        return f"{begin} and still known after {lesson(run, last)} ({now})."
    if len(changes) > 3:
        end = "known" if since[-1].known else "lost"
        return f"{begin}, then lost and known in turn, and {end} after {lesson(run, last)}."
    return ", ".join([begin, *(_change(run, own, since, at) for at in changes)]) + "."


def _change(run: RunFacts, own: int, since: Readings, at: int) -> str:
    task = lesson(run, own + at)
    before = [reading.known for reading in since[:at]]
    if not since[at].known:
        again = " again" if _was_lost(before) else ""
        return f"lost{again} while learning {task}"
    if True in before:
        return f"recovered while learning {task}"
    return f"first known after {task} ({percent(since[at].probability or 0)})"


def _was_lost(known: list[bool | None]) -> bool:
    """Returns whether a class was known and then not.

    >>> _was_lost([True, False, True]), _was_lost([False, True]), _was_lost([True])
    (True, False, False)
    """
    return any(a and not b for a, b in zip(known, known[1:]))


def remark(run: RunFacts, picture: Picture, truth: Truth) -> str:
    """Returns a second sentence, where the picture contradicts what was chosen by hand."""
    if not contradicted(run, picture, truth):
        return ""
    if picture.shows == "none":
        return "It does not look like a digit."
    return f"It looks like {named(picture.likeliest[0])}."


def heading(run: RunFacts, after: int) -> str:
    """Returns the heading of a card whose classes stand under it."""
    if run.at_once:
        return f"Look {after + 1}"
    return "After" if few(run) else f"After lesson {after + 1}"


def known_state(run: RunFacts, truth: Truth, readings: Readings, after: int) -> str:
    """Returns the state of a card, a key of VERDICTS."""
    if not readings:
        return "blank"
    if readings[after].damaged:
        return "damaged"
    if truth.name is None:
        return "open"
    own = run.own(truth.name)
    if after < own:
        return "not-yet"
    if readings[after].known:
        return "yes"
    return "lost" if any(reading.known for reading in readings[own:after]) else "no"


def description(run: RunFacts, after: int, state: str, reading: Reading | None) -> str:
    """Returns the words that a screen reader says for a card."""
    moment = f"Look {after + 1}" if run.at_once else f"After {lesson(run, after)}"
    if reading is None:
        return f"{moment}: no answer yet"
    if reading.damaged:
        return f"{moment}: no answer, its checkpoint is damaged"
    verdict = VERDICTS[state].lstrip("✓✗ ")
    said = f"{moment} it says {reading.answer}, {percent(reading.share)} sure"
    return f"{said}: {verdict}" if verdict else said
