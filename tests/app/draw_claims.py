"""Checker of the drawing page's sentences: derives every claim anew from the facts.

It knows what each phrase claims and nothing of how sentences are made. A sentence passes when each
claim in it is true and nothing is left that is no claim it knows.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from app.views.draw.facts import Choice, Picture, Reading, RunFacts, Truth


@dataclass(frozen=True)
class State:
    """One state of the page."""

    run: RunFacts
    picture: Picture = Picture("blank")
    choice: Choice = Choice()
    truth: Truth = Truth()
    readings: tuple[Reading, ...] = ()
    label: bool = False

    @property
    def name(self) -> str:
        assert self.truth.name is not None, "a claim about a class that is not known"
        return self.truth.name

    @property
    def own(self) -> int:
        """The first checkpoint that was trained on the class."""
        lessons = self.run.classes
        return 0 if self.run.at_once else [self.name in names for names in lessons].index(True)

    @property
    def known(self) -> list[bool]:
        return [bool(reading.known) for reading in self.readings]

    @property
    def noun(self) -> str:
        return "classes" if self.run.photo or self.run.taught else "digits"

    @property
    def symbols(self) -> tuple[str, ...]:
        """The classes of the last lessons, as many as were taught from pictures."""
        lessons = self.run.classes[len(self.run.classes) - len(self.run.taught) :]
        return tuple(names[0] for names in lessons)


def article(name: str) -> str:
    return f"an {name}" if name[0] in "8aeiou" else f"a {name}"


def listed(names, word: str = "and") -> str:
    names = list(names)
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {word} {names[-1]}"


def percents(text: str) -> tuple[float, float]:
    """The shares that a percentage may stand for."""
    number = int(re.sub(r"\D", "", text)) / 100
    if text.startswith(">"):
        return 0.99, 1.0
    return (0.0, 0.01) if text.startswith("<") else (number - 0.00501, number + 0.00501)


def is_share(text: str, share: float | None) -> bool:
    low, high = percents(text)
    return share is not None and low <= share <= high


def lesson_named(run: RunFacts, words: str) -> int:
    """The lesson of this name, by its classes or its number."""
    if found := re.fullmatch(r"lesson (\d+)", words):
        assert max(map(len, run.classes)) > 3
        return int(found[1]) - 1
    return [listed(names) for names in run.classes].index(words)


P = "([<>]?\\d+\xa0%)"
# Each phrase of the page with what it claims. The groups of the pattern are given to the check.
Check = Callable[..., bool]
PHRASES: list[tuple[str, Check]] = []


def phrase(pattern: str) -> Callable[[Check], Check]:
    """Declares the check of a phrase."""

    def declare(check: Check) -> Check:
        PHRASES.append((pattern, check))
        return check

    return declare


phrase(r"Draw, and (every card answers|the card answers)\.")(
    lambda s, cards: (
        not s.run.photo and s.picture.shows == "blank" and (cards[0] == "t") == (s.run.learned == 1)
    )
)
phrase(r"Upload a picture, and (every card answers|the card answers)\.")(
    lambda s, cards: (
        s.run.photo and s.picture.shows == "blank" and (cards[0] == "t") == (s.run.learned == 1)
    )
)
phrase(r"Go on: no card is marked until it (looks like a digit|is clear what it is)\.")(
    lambda s, until: (
        s.picture.unfinished
        and s.picture.shows != "sure"
        and s.truth.name is None
        and (until == "looks like a digit") == (not s.run.taught)
    )
)
phrase(r"This does not look like a digit, so no card is marked right or wrong\.")(
    lambda s: s.picture.shows == "none" and s.truth.name is None and not s.run.taught
)
phrase(r" What is it\? Choose below, and the cards are marked\.")(
    lambda s: s.truth.name is None and bool(s.run.taught)
)
phrase(r"You chose (\S+), but this does not look like a digit\. Which is it\?")(
    lambda s, chosen: (
        s.choice.name == chosen
        and s.picture.shows == "none"
        and chosen not in s.symbols
        and s.truth.name is None
    )
)
phrase(r"The network takes it for (an? \S+)\. Not right\? Choose:")(
    lambda s, name: (
        s.truth.basis == "network"
        and s.picture.shows != "sure"
        and name == article(s.picture.taught) == article(s.name)
        and s.picture.taught in s.symbols
    )
)
phrase(r"It does not look like a digit\.")(lambda s: s.picture.shows == "none")
phrase(r"It could be (.+? or .+?)\. Choose below, and the cards are marked\.")(
    lambda s, names: (
        s.picture.shows == "doubtful"
        and names == listed(map(article, s.picture.likeliest), "or")
        and s.truth.name is None
    )
)
phrase(r"You chose (\S+), but this looks like (an? \S+)\. Which is it\?")(
    lambda s, chosen, name: (
        s.choice.name == chosen
        and s.picture.shows == "sure"
        and name == article(s.picture.likeliest[0])
        and s.picture.likeliest[0] != chosen
        and s.truth.name is None
    )
)
phrase(r"You chose (\S+), but this could be (.+? or .+?)\. Which is it\?")(
    lambda s, chosen, names: (
        s.choice.name == chosen
        and s.picture.shows == "doubtful"
        and names == listed(map(article, s.picture.likeliest), "or")
        and chosen not in s.picture.likeliest
        and s.truth.name is None
    )
)
phrase(r"It looks like (an? \S+), which this network never learns\.")(
    lambda s, name: (
        s.picture.shows == "sure"
        and name == article(s.picture.likeliest[0])
        and all(s.picture.likeliest[0] not in names for names in s.run.classes)
    )
)
phrase(r"It looks like (an? \S+)\. Not right\? Choose:")(
    lambda s, name: (
        s.truth.basis == "picture"
        and s.picture.shows == "sure"
        and name == article(s.picture.likeliest[0]) == article(s.name)
    )
)
phrase(r"It looks like (an? [^\s.]+)\.")(
    lambda s, name: s.picture.shows == "sure" and name == article(s.picture.likeliest[0])
)
phrase(r"What does it show\?( Choose below, and the cards are marked\.)?")(
    lambda s, _: s.run.photo and s.truth.name is None
)
phrase(r"What did you draw\?( Choose below, and the cards are marked\.)?")(
    lambda s, _: not s.run.photo and s.truth.name is None
)
phrase(r"A test image of (an? \S+)\.")(
    lambda s, name: s.truth.basis == "label" and name == article(s.name)
)
phrase(r"An example of (an? \S+)\. Now draw one yourself\.")(
    lambda s, name: s.truth.basis == "example" and name == article(s.name)
)
phrase(r"You chose (\S+)\.")(lambda s, name: s.choice.name == name == s.truth.name)
phrase(r" Until then the cards answer without the lesson\.")(
    lambda s: s.label and s.truth.name is None and not s.run.shared_outputs
)

# What a sentence about a class begins with.
phrase(r"With the lesson given, ")(
    lambda s: s.label and not s.run.shared_outputs and not s.run.task_given
)
phrase(r"Without the lesson given, ")(lambda s: s.run.task_given and not s.label)
phrase(r"[Yy]our (\S+) (?=is )")(
    lambda s, name: s.name == name and s.truth.basis in ("picture", "hand", "announced")
)
phrase(r"[Tt]his (\S+) (?=is )")(
    lambda s, name: s.name == name and s.truth.basis in ("label", "example")
)
phrase(r"[Tt]aken as (an? \S+), it (?=is )")(
    lambda s, name: (
        name == article(s.name)
        and s.truth.basis in ("hand", "network")
        and (
            (s.truth.basis == "network" and s.picture.taught == s.name)
            or (s.picture.shows == "none" and s.name not in s.symbols)
            or (s.picture.shows == "sure" and s.picture.likeliest[0] != s.name)
        )
    )
)

# What became of it.
LESSON = "(lesson \\d+|(?:(?!, which|, learned last|, lost|, then|, first|, recovered).)+?)"


@phrase(rf"is known after {LESSON} \({P}\)")
def known_after(s: State, words: str, share: str) -> bool:
    at = lesson_named(s.run, words)
    return at == s.own and s.known[at] and is_share(share, s.readings[at].probability)


@phrase(rf" and still known after {LESSON} \({P}\)\.")
def still_known(s: State, words: str, share: str) -> bool:
    at = lesson_named(s.run, words)
    last = len(s.readings) - 1
    return (
        at == last > s.own and all(s.known[s.own :]) and is_share(share, s.readings[at].probability)
    )


@phrase(r", learned last, so nothing has overwritten it yet\.")
def learned_last(s: State) -> bool:
    return s.own == s.run.learned - 1 and s.known[s.own]


@phrase(rf"is not read as (an? \S+) after {LESSON}, which taught it")
def not_read(s: State, name: str, words: str) -> bool:
    at = lesson_named(s.run, words)
    return name == article(s.name) and at == s.own and not s.known[at]


@phrase(rf", lost( again)? while learning {LESSON}(?=, (?:lost|recovered|first)|\.)")
def lost(s: State, again: str | None, words: str) -> bool:
    at, known = lesson_named(s.run, words), s.known
    before = any(known[i - 1] and not known[i] for i in range(s.own + 1, at))
    return at > s.own and known[at - 1] and not known[at] and bool(again) == before


@phrase(rf", recovered while learning {LESSON}(?=, (?:lost|recovered|first)|\.)")
def recovered(s: State, words: str) -> bool:
    at = lesson_named(s.run, words)
    return not s.known[at - 1] and s.known[at] and any(s.known[s.own : at])


@phrase(rf", first known after {LESSON} \({P}\)(?=, (?:lost|recovered|first)|\.)")
def first_known(s: State, words: str, share: str) -> bool:
    at = lesson_named(s.run, words)
    fresh = s.known[at] and not any(s.known[s.own : at])
    return fresh and is_share(share, s.readings[at].probability)


@phrase(rf", then lost and known in turn, and (known|lost) after {LESSON}\.")
def in_turn(s: State, end: str, words: str) -> bool:
    last = len(s.readings) - 1
    changes = sum(s.known[i] != s.known[i - 1] for i in range(s.own + 1, last + 1))
    return lesson_named(s.run, words) == last and s.known[last] == (end == "known") and changes > 3


@phrase(rf"is read as (an? \S+) by no card(?: since {LESSON})?\.")
def by_no_card(s: State, name: str, words: str | None) -> bool:
    since = 0 if words is None else lesson_named(s.run, words)
    return name == article(s.name) and since == s.own and not any(s.known[s.own :])


ELSE = "(another digit|another class|something else)"
phrase(rf"\.? (Did you draw|Does the picture show) {ELSE}\? Choose it below\.")(
    lambda s, ask, other: (
        not any(s.known[s.own :])
        and (ask[:3] == "Doe") == s.run.photo
        and (other == "something else") == bool(s.run.taught)
        and (other == "another digit") == (s.noun == "digits")
    )
)


@phrase(
    r"is not learned yet: (\S+) comes in lesson (\d+) of (\d+), and this network has learned"
    r" (?:only lesson (1)|lessons 1 to (\d+))\."
)
def to_come(s: State, name: str, at: str, of: str, one: str | None, done: str | None) -> bool:
    learned = int(one or done or 0)
    return (
        name == s.name
        and int(at) - 1 == s.own >= s.run.learned == learned
        and int(of) == len(s.run.classes)
    )


phrase(rf"is known throughout \({P} in the end\)\.")(
    lambda s, share: s.run.at_once and all(s.known) and is_share(share, s.readings[-1].probability)
)


@phrase(r"is known in looks? ([\d, and]+) of (\d+)\.")
def in_looks(s: State, looks: str, of: str) -> bool:
    named = [int(number) - 1 for number in re.findall(r"\d+", looks)]
    return (
        s.run.at_once
        and named == [i for i, k in enumerate(s.known) if k]
        and int(of) == len(s.known)
    )


phrase(r"is read as (an? \S+) in no look\. The network learned all (digits|classes) at once\.")(
    lambda s, name, noun: (
        s.run.at_once and name == article(s.name) and noun == s.noun and not any(s.known)
    )
)
phrase(r" It learned all (digits|classes) at once, so there was nothing to forget\.")(
    lambda s, noun: s.run.at_once and noun == s.noun
)
phrase(r"\.")(lambda s: True)


@dataclass
class Reader:
    """Reads a sentence phrase by phrase from its beginning."""

    state: State
    text: str

    def phrases(self) -> Iterator[tuple[str, bool]]:
        rest = self.text
        while rest:
            for pattern, check in PHRASES:
                if found := re.match(pattern, rest):
                    yield found[0], check(self.state, *found.groups())
                    rest = rest[found.end() :]
                    break
            else:
                raise AssertionError(f"not a claim that is known: {rest!r} in {self.text!r}")


def check(state: State, text: str) -> None:
    """Fails unless every claim of a sentence is true of the state."""
    for words, true in Reader(state, text).phrases():
        assert true, f"{words!r} is false in {text!r}: {state}"
