"""The error that users see: what was given, what was expected, what to do."""

import difflib
from collections.abc import Iterable

FEW = 12  # names that one sentence can hold


class LifelongError(ValueError):
    """Bad input or a bad file, described in one sentence; never a fault of the program."""


class DivergedError(LifelongError):
    """A loss in training that is no number any more, or beyond all measure."""


def shown(given: object, most: int = 80) -> str:
    """Returns a value as it can stand in a sentence, whatever it is made of.

    >>> shown("a" + chr(10) + "b"), shown(10**5000)
    ('a?b', 'a number of thousands of digits')
    """
    try:
        text = str(given)
    except ValueError:  # Python makes no text of it
        text = "a number of thousands of digits"
    return "".join(letter if letter.isprintable() else "?" for letter in text[:most])


def unknown_name(kind: str, given: object, known: Iterable[str]) -> LifelongError:
    """Returns the error for an unknown name, with the nearest name that is known."""
    known = sorted(known)
    given = shown(given)
    near = difflib.get_close_matches(given, known, n=1)
    more = f", ... ({len(known) - FEW} more)" if len(known) > FEW else ""
    choice = f"choose one of: {', '.join(known[:FEW])}{more}." if known else "there are none."
    return LifelongError(
        f"There is no {kind} '{given}'; " + (f"did you mean '{near[0]}'?" if near else choice)
    )
