"""A transfer study in sentences computed from its numbers. Pure functions of its findings."""

from collections.abc import Sequence

from app.shared import labels
from app.shared.chart_data import MINUS, NO_BREAK, percent, whole
from app.shared.status import Download, getting_ready, through_backbone
from app.views.transfer.labels import moment, protector, source_name, way, within
from lifelong.api import StudyResult

PRETRAINED = (
    "■ **From scratch**: the same network with random weights. ● **Frozen**: the pretrained network as it is, with layers on top, which "
    "alone learn. ▲ **Fine-tuned**: all of the pretrained network learning on"
)
LEGEND = (
    "■ **From scratch**: a fresh network that never saw the source. ● **Frozen**: the source's network as it is, with a new "
    "head, the last layer, which alone learns. ▲ **Fine-tuned**: the source's network, all of it learning on."
)
FORWARD = (
    "Forward transfer: how much higher the curve lies than the one from scratch, on average from its first point to its last. "
    "The area between the curves over its width; each power of ten counts alike. Above zero, knowing the source helped."
)
LOST = "Accuracy on the source before the target was learned, minus that after learning from all of the target's images. Lower is better."


def progress(
    found: StudyResult, state: str, place: int | None, download: Download = None
) -> tuple[float, str]:
    """How far a study at work is, as a share and as a line of text."""
    if state == "waiting":
        return 0.0, f"Waiting: number {place} in the queue. It starts by itself."
    if found.preparing:
        return through_backbone(found.preparing)
    if not found.has_begun:
        return getting_ready(download)
    left = found.seconds_left
    done = f"{len(found.learned)} of {len(found.began.sizes) * len(found.regimes) * found.config.seeds} models learned"
    return found.share, done + (f", about {labels.duration(left)} left" if left else "")


def standing(found: StudyResult, state: str) -> str:
    """Where a study stands that is neither at work nor finished, and what can be done."""
    done = f"{len(found.learned)} models learned so far"
    match state:
        case "new":
            return "This study has not begun."
        case "failed":
            return f"The study could not go on: {found.ending.message} {done}."
        case "stopped":
            return f"Stopped; {done}. It can go on from here."
    return f"The study was cut off; {done}. It can go on from there."


def result(found: StudyResult) -> str:
    """The heading: whether knowing the source helped, and what it cost."""
    mean, sem, n = found.gain("images", "finetune")
    if mean is None:
        return "The first results are on their way."
    if sem is None:
        said = "was tried with one seed only, too few to tell whether it helps"
    elif abs(mean) <= 2 * sem or abs(mean) < 0.0005:
        said = "**makes no difference** that can be told from chance"
    else:
        said = "**helps**" if mean > 0 else "**is in the way**"
    height = f"{points(mean)} {_spread(sem, n)} {'above' if mean >= 0 else 'below'}"
    if found.config.pretrained:
        return f"A pretrained network {said}. Fine-tuned, its curve lies {height} the one from scratch."
    return f"Knowing {source_name(found)} first {said}. The fine-tuned curve lies {height} the one from scratch. {cost(found)}"


def cost(found: StudyResult) -> str:
    """What fine-tuning lost of the source, and what would have been lost with protection."""
    plain, safe = (found.lost(name) for name in ("finetune", found.config.protect))
    if plain is None:
        return ""
    if plain[0] < 0.0005:
        return f"Fine-tuning lost nothing of {source_name(found)}."
    told = f"Fine-tuning lost **{points(plain[0])}** of {source_name(found)}"
    return (
        f"{told}; with {protector(found)} it would have been {points(max(safe[0], 0))}."
        if safe
        else told + "."
    )


def legend(found: StudyResult) -> str:
    """What the lines of the first chart are."""
    if found.config.pretrained:
        return PRETRAINED + (
            ", in smaller steps." if found.config.run.learning_rate is None else "."
        )
    through = found.config.run.network.get("tune") == "head"
    return LEGEND + (
        f" All of them see the images through the same frozen {found.config.run.model}: what is fresh are the layers on top."
        if through
        else ""
    )


def legend_of_source(found: StudyResult) -> str:
    """What the line is that the first chart does not have."""
    return f"◆ **{way(found, found.config.protect)}**: learning on from the source with a strategy that is to protect it."


def learning(found: StudyResult, axis: str) -> str:
    """Under the learning curves."""
    curves = {name: found.curve(axis, name) for name in found.regimes[:3]}
    if not all(curves.values()):
        return "A point appears whenever a network has learned. "
    at = _told_at(curves["scratch"])
    shares = [
        f"{within(found, name)} {percent(point.target[0])}"
        for name, curve in curves.items()
        for point in curve
        if point.x == at.x
    ]
    return (
        f"{'From' if axis == 'images' else 'After'} {moment(found, axis, at)}: {', '.join(shares)}."
    )


def about(found: StudyResult, axis: str) -> str:
    """What the points and the lines through them are made of."""
    n = found.config.seeds
    several = f"Points are means over {labels.plural(n, 'seed')}, bars their standard error."
    bars = several if n > 1 else "One seed: how far chance reaches cannot be told."
    each = "" if found.config.pretrained else " each"
    tested = (
        "on all test images"
        if axis == "images"
        else f"on up to {found.began.probe_images:,} test images{each}"
    )
    return f"{bars} Tested {tested}. Data: {found.began.data}."


def _told_at(curve: list):
    """The point that a sentence is about: few images or steps, but not the fewest."""
    return curve[min(1, len(curve) - 1)] if curve[0].size is not None else curve[len(curve) // 2]


def forward(found: StudyResult, axis: str) -> str:
    """Forward transfer of every way, with its spread."""
    told = []
    for name in found.regimes[1:]:
        mean, sem, n = found.gain(axis, name)
        if mean is not None:
            told.append(f"{within(found, name)} {signed(mean)} {_spread(sem, n)}")
    if not told:
        return "Forward transfer is told when a whole seed has been learned."
    over = "images" if axis == "images" else "steps"
    return f"**Forward transfer over {over}**, the mean height over the curve from scratch in points: {'; '.join(told)}."


def source(found: StudyResult, axis: str) -> str:
    """Under the source's curves."""
    plain, safe = (found.curve(axis, name) for name in ("finetune", found.config.protect))
    if not plain:
        return "The source is tested whenever the target has been learned."
    last, n = plain[-1], plain[-1].n
    told = (
        f"Before the target, the source was at {percent(_before(found, axis))}. After {moment(found, axis, last)} it is at "
        f"{percent(last.source[0])} (n = {n})"
    )
    if not safe:
        return told + "."
    end = safe[-1]
    return (
        f"{told}; with {protector(found)} at **{percent(end.source[0])}**, and the target at {percent(end.target[0])} instead of "
        f"{percent(last.target[0])}. Frozen features lose nothing. From scratch there is no source to lose, so it is left out."
    )


def _before(found: StudyResult, axis: str) -> float:
    values = [share for (_, name), share in found.source(axis).items() if name == "finetune"]
    return sum(values) / len(values)


def measures(found: StudyResult, axis: str) -> list[tuple[str, str, str]]:
    """The study in four numbers: name, value, meaning."""
    told = []
    for name in ("finetune", "frozen"):
        mean, sem, n = found.gain(axis, name)
        if mean is not None:
            told.append(
                (
                    f"Forward transfer, {within(found, name)}",
                    f"{signed(mean)} {_spread(sem)}".strip(),
                    f"{FORWARD} n = {n}.",
                )
            )
    for name in ("finetune", found.config.protect) if found.config.protect else ():
        if (found_lost := found.lost(name)) is not None:
            mean, sem, n = found_lost
            told.append(
                (
                    f"Source lost, {within(found, name)}",
                    f"{bare(mean)} {_spread(sem)}".strip(),
                    f"{LOST} n = {n}.",
                )
            )
    return told


def spread(mean: float, sem: float | None) -> str:
    """A share with its standard error: '73.2 % ± 0.4'."""
    return percent(mean) + (f" ± {100 * sem:.1f}" if sem is not None else "")


def bare(share: float) -> str:
    """A difference of shares in points, to a tenth.

    >>> bare(0.0651), bare(-0.0004)
    ('6.5', '0.0')
    """
    return f"{round(100 * share, 1) + 0.0:.1f}".replace("-", MINUS)


def signed(share: float) -> str:
    """The same with its sign.

    >>> signed(0.0077), signed(-0.087)
    ('+0.8', '−8.7')
    """
    return f"{round(100 * share, 1) + 0.0:+.1f}".replace("-", MINUS)


def points(share: float) -> str:
    """A size in points of a per cent, without its sign.

    >>> points(-0.0651), points(0.01)
    ('6.5\\xa0points', '1\\xa0point')
    """
    number = f"{abs(round(100 * share, 1)):.1f}".removesuffix(".0")
    return f"{number}{NO_BREAK}point{'' if number == '1' else 's'}"


def _spread(sem: float | None, n: int | None = None) -> str:
    told = [f"± {100 * sem:.1f}"] if sem is not None else []
    if n is not None:
        told.append(f"(n = {n})")
    return " ".join(told)


def described(found: StudyResult, axis: str, of: str, ways: Sequence[str]) -> str:
    """A chart in words, for those who cannot see it."""
    ends = [
        f"{way(found, name)}: {whole(getattr(curve[-1], of)[0])}"
        for name in ways
        if (curve := found.curve(axis, name))
    ]
    over = "the number of target images" if axis == "images" else "steps of learning the target"
    told = "; ".join(ends) + " at the end." if ends else "Nothing has been learned yet."
    return f"Accuracy on the {of} over {over}, a line for each way to learn. {told}"
