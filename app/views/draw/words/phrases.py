"""Phrases that the sentences share: numbers, names and lessons."""

from collections.abc import Sequence

from app.views.draw.facts import RunFacts

MOST_NAMED = 3  # classes of a lesson that is called by their names


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


def listed(names: Sequence[str], word: str = "and") -> str:
    """Returns names as an enumeration.

    >>> listed("0"), listed("01"), listed("012", "or")
    ('0', '0 and 1', '0, 1 or 2')
    """
    return f" {word} ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def few(run: RunFacts) -> bool:
    """Returns whether the lessons of a run are called by their classes, not by numbers."""
    return all(len(names) <= MOST_NAMED for names in run.classes)


def lesson(run: RunFacts, index: int) -> str:
    """Returns what a lesson is called: its classes, or its number where they are many."""
    return listed(run.classes[index]) if few(run) else f"lesson {index + 1}"


def look(run: RunFacts, index: int) -> str:
    """Returns what a checkpoint is called after 'after': a lesson, or a look at joint training."""
    return f"look {index + 1}" if run.at_once else lesson(run, index)


def noun(run: RunFacts, count: int = 2) -> str:
    """Returns what the classes of a run are."""
    words = run.photo or run.taught  # a symbol that was taught is no digit
    return ("class" if count == 1 else "classes") if words else f"digit{'s' * (count != 1)}"
