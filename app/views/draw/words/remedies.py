"""Words about other networks that are given the same picture: what they cost and still know."""

from collections.abc import Sequence

from app.views.draw.facts import Reading, RunFacts
from app.views.draw.words.phrases import lesson, listed, named, noun, percent
from app.views.draw.words.story import condition
from lifelong.api import Storage
from lifelong.formatting import size, sizes_by_kind, whole_percent

QUESTION = "What would have saved it?"
SIDE_BY_SIDE = "The same picture, side by side"
WORDS = {
    "title": "The same picture, other networks",
    "own": "The network above:",
    "add": "Add a network",
    "remove": "Remove",
    "full": "Four at most; remove one first.",
    "play": "Play",
    "pause": "Pause",
    "slider": "Step of the lesson",
    "close": "Close",
}


def line(run: RunFacts, storage: Storage | None) -> str:
    """Returns what a run costs and what it gets right, for the line at its strip."""
    return " ".join(filter(None, [cost(storage, bool(run.taught)), outcome(run)]))


def cost(storage: Storage | None, taught: bool = False) -> str:
    """Returns what a strategy stores for earlier lessons; nothing where that was not measured.

    taught: whether some of the images are those of a taught class, which no data set has.

    >>> cost(Storage({}, 0, 60_000)), cost(Storage({"images": 800_000}, 1000, 60_000))
    ('Keeps nothing.', 'Keeps 1,000 of 60,000 images (800 kB).')
    >>> cost(Storage({"images": 48_000_000}, 60_000, 60_000))
    'Keeps all 60,000 images (48.0 MB).'
    >>> cost(Storage({"weights": 3_827_284}, 0, 60_000)), cost(None)
    ('Keeps no image, but 3.8 MB of weights.', '')
    """
    if storage is None:
        return ""
    if not storage.kinds:
        return "Keeps nothing."
    if storage.images is None:
        return f"Keeps {sizes_by_kind(storage.kinds)}."
    if not storage.images:
        return f"Keeps no image, but {sizes_by_kind(storage.kinds)}."
    share = f"{storage.images:,}" if taught else f"{storage.images:,} of {storage.of:,}"
    if storage.images == storage.of:
        share = f"all {storage.of:,}"
    return f"Keeps {share} images ({size(sum(storage.kinds.values()))})."


def outcome(run: RunFacts) -> str:
    """Returns what a run gets right in the end; of transfer, source and target by themselves."""
    if not run.has_source or run.learned < 2:
        right = whole_percent(sum(run.accuracy[-1]) / run.learned)
        if run.taught:  # a lesson of few test images counts as much as any other
            return f"{right} right in the end, averaged over the lessons."
        return f"{right} of the test {'images' if run.photo else 'digits'} right in the end."
    before, after = run.accuracy[0][0], run.accuracy[1][0]
    target = f"{run.images_per_class} images each" if run.images_per_class else "all images"
    return (
        f"The new {noun(run)}, from {target}: {whole_percent(run.accuracy[1][1])} right. "
        f"The old ones: {whole_percent(before)} before, {whole_percent(after)} after."
    )


def still_known(
    run: RunFacts, name: str, others: Sequence[tuple[str, Sequence[Reading]]], label: bool
) -> str:
    """Returns which of the other networks read a picture rightly in the end.

    run: on screen. others: title and answers of each, at least one.
    """
    right = [title for title, readings in others if readings and readings[-1].known]
    wrong = [title for title, readings in others if readings and not readings[-1].known]
    if not right:
        text = f"{_none(wrong)} reads it as {named(name)} in the end."
    else:
        text = f"{listed(right)} read{'s' * (len(right) == 1)} it as {named(name)} in the end"
        does = "does" if len(wrong) == 1 else "do"
        text += f"; {listed(wrong)} {does} not." if wrong else "."
    given = condition(run, label)
    return f"{given}, {text if right else text[0].lower() + text[1:]}" if given else text


def _none(titles: Sequence[str]) -> str:
    if len(titles) == 1:
        return f"Not even {titles[0]}"
    return f"Neither {listed(titles, 'nor')}" if len(titles) == 2 else "None of them"


def contest(shares: Sequence[tuple[str, float]]) -> str:
    """Returns the two likeliest answers with their probabilities, the likeliest first.

    >>> contest([("2", 0.8), ("3", 0.2)]), contest([("2", 1.0)])
    ('2 (80\xa0%), then 3 (20\xa0%)', '2 (100\xa0%)')
    """
    return ", then ".join(f"{name} ({percent(share)})" for name, share in shares[:2])


def bars_heading(run: RunFacts, after: int, shares: Sequence[tuple[str, float]]) -> str:
    """Returns the heading of the probability bars of a card."""
    moment = f"Look {after + 1}" if run.at_once else f"After {lesson(run, after)}"
    return f"{moment}: {contest(shares)}"
