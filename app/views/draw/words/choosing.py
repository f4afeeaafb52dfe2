"""Words of the choice of class: what a picture may be, and what it is taken for."""

from app.views.draw.facts import Choice, Picture, RunFacts, Truth
from app.views.draw.words.phrases import named
from app.views.draw.words.story import contradicted


def suggestions(
    run: RunFacts, picture: Picture, choice: Choice, truth: Truth
) -> list[tuple[str, str]]:
    """Returns classes to choose with one click, each with the words of its button."""
    likely = picture.likeliest[: {"sure": 1, "doubtful": 2}.get(picture.shows, 0)]
    symbols = _symbols(run, picture)
    if picture.unfinished or not (likely or symbols):
        return []
    chosen = truth.basis not in ("", "picture", "network")
    if chosen and not contradicted(run, picture, truth):
        return []
    announced = [choice.name or ""] if choice.origin == "announced" else []
    # What the network takes it for is a guess to be confirmed; what it surely shows is not.
    done = "" if truth.basis == "network" else truth.name
    names = [*symbols, *likely, *([] if chosen else announced)]
    names = [name for name in names if name in run.names and name != done]
    verb = "It shows" if run.photo else "It is"
    return [(name, f"{verb} {named(name)}") for name in dict.fromkeys(names)]


def _symbols(run: RunFacts, picture: Picture) -> tuple[str, ...]:
    """Returns the taught classes that a picture may show, where nothing else says so."""
    if picture.taught:
        return (picture.taught,)
    return run.taught_names if picture.shows in ("none", "unknown") else ()


def legend(run: RunFacts, picture: Picture, truth: Truth) -> str:
    """Returns the words over the choice of class."""
    question = "What does it show?" if run.photo else "What did you draw?"
    if truth.name is None:
        return question
    if truth.basis == "picture":
        return f"It looks like {named(truth.name)}. Not right? Choose:"
    if truth.basis == "network":
        return f"The network takes it for {named(truth.name)}. Not right? Choose:"
    if truth.basis == "label":
        return f"A test image of {named(truth.name)}."
    if truth.basis == "example":
        return f"An example of {named(truth.name)}. Now draw one yourself."
    return f"You chose {truth.name}."
