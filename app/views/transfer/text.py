"""Sentences about a transfer study, computed from its numbers. Pure functions of a StudyResult."""

from app.shared.labels import strategy_title
from app.shared.status import GETTING_READY, preparing, waiting
from app.views.transfer.labels import source_name
from lifelong.api import Axis, Failed, Point, StudyResult
from lifelong.charts.study_names import point_name, regime_phrase, regime_title
from lifelong.formatting import (
    expected_duration,
    percent,
    plural,
    points,
    signed_tenths,
    spread,
    tenths,
)

PRETRAINED = (
    "■ **From scratch**: the same network with random weights. ● **Frozen**: the pretrained "
    "network as it is, with layers on top, which alone learn. ▲ **Fine-tuned**: all of the "
    "pretrained network learning on"
)
LEGEND = (
    "■ **From scratch**: a fresh network that never saw the source. ● **Frozen**: the source's "
    "network as it is, with a new head, the last layer, which alone learns. ▲ **Fine-tuned**: the "
    "source's network, all of it learning on."
)


def progress(
    result: StudyResult, state: str, position: int | None, wait: float | None = None
) -> tuple[float, str]:
    """Returns the progress of a study at work, as a share and as text; see `status.progress`."""
    if state == "waiting":
        return waiting(position, wait)
    if result.preparing:
        return preparing(result.preparing)
    if not result.has_begun:
        return GETTING_READY
    models = len(result.began.sizes) * len(result.regimes) * result.config.seeds
    left = result.seconds_left
    text = f"{len(result.learned)} of {models} models learned"
    if result.config.learns_source and not result.source("images"):
        text = f"Learning the source first. {text}"
    return result.share, text + (f", {expected_duration(left)} left" if left else "")


def at_rest(result: StudyResult, state: str) -> str:
    """Returns the state of a study that is neither at work nor finished."""
    if state == "new":
        return "This study has not begun."
    count = len(result.learned)
    done = f"after {plural(count, 'model')}" if count else "before the first model was learned"
    if state == "stopped":
        return f"Stopped {done}. It can go on from here."
    if isinstance(result.ending, Failed):
        return f"The study could not go on: {result.ending.message} It ended {done}."
    return f"The study was cut off {done}. It can go on from there."


def heading(result: StudyResult) -> str:
    """Returns whether knowing the source helped, and what it cost."""
    mean, sem, n = result.gain("images", "finetune")
    if mean is None:
        return "There is no result before one seed is complete."
    if sem is None:
        verdict = "was tried with one seed only, too few to tell whether it helps"
    elif abs(mean) <= 2 * sem or abs(mean) < 0.0005:
        verdict = "**makes no difference** beyond chance"
    else:
        verdict = "**helps**" if mean > 0 else "**is in the way**"
    verb = "gains" if mean >= 0 else "loses"
    amount = f"{verb} {tenths(abs(mean))} {spread(sem)}".strip()
    gain = f"{amount} points over starting from scratch (n = {n})."
    if result.config.pretrained:
        return f"A pretrained network {verdict}. Fine-tuning it {gain}"
    text = f"Knowing {source_name(result)} first {verdict}. Fine-tuning from it {gain}"
    return f"{text} {cost(result)}"


def cost(result: StudyResult) -> str:
    """Returns what fine-tuning lost of the source, and what protection would have lost."""
    plain = result.lost("finetune")
    if plain is None:
        return ""
    if plain[0] < 0.0005:
        return f"Fine-tuning lost nothing of {source_name(result)}."
    text = f"Fine-tuning lost **{points(plain[0])}** of {source_name(result)}"
    protect = result.config.protect
    protected = result.lost(protect) if protect else None
    if protect is None or protected is None:
        return f"{text}."
    less = points(max(protected[0], 0))
    return f"{text}; with {strategy_title(protect)} it lost **{less}**."


def weight(result: StudyResult) -> float:
    """Returns how much a study has to say: its largest gain or loss, a share of images."""
    gain, lost = result.gain("images", "finetune")[0], result.lost("finetune")
    return max(abs(gain or 0.0), lost[0] if lost else 0.0)


def saved(result: StudyResult) -> float:
    """Returns how much protection saved of the source, a share of images; 0 where unknown."""
    protect = result.config.protect
    plain, protected = result.lost("finetune"), result.lost(protect) if protect else None
    return plain[0] - protected[0] if plain and protected else 0.0


def legend(result: StudyResult) -> str:
    """Returns what the lines of the first chart are."""
    run = result.config.run
    if result.config.pretrained:
        return PRETRAINED + (", in smaller steps." if run.learning_rate is None else ".")
    if run.network.get("tune") != "head":
        return LEGEND
    return (
        f"{LEGEND} All of them see the images through the same frozen {run.model}: "
        "what is fresh are the layers on top."
    )


def protected_legend(protect: str) -> str:
    """Returns what the line is that the first chart does not have."""
    title = regime_title(protect)
    return f"◆ **{title}**: learning on from the source with a strategy that is to protect it."


def learning(result: StudyResult, axis: Axis) -> str:
    """Returns the sentence under the learning curves: all regimes at one point."""
    curves = {regime: result.curve(axis, regime) for regime in result.regimes[:3]}
    if not all(curves.values()):
        return "A point stands for networks that have learned; not every line has one yet."
    at = _typical_point(curves["scratch"])
    shares = [
        f"{regime_phrase(regime)} {percent(point.target[0])}"
        for regime, curve in curves.items()
        for point in curve
        if point.x == at.x
    ]
    begin = "From" if axis == "images" else "After"
    return f"{begin} {point_name(result, axis, at)}: {', '.join(shares)}."


def _typical_point(curve: list[Point]) -> Point:
    """Returns a point of few images or steps, but not of the fewest."""
    return curve[min(1, len(curve) - 1)] if curve[0].size is not None else curve[len(curve) // 2]


def about(result: StudyResult, axis: Axis) -> str:
    """Returns what points and bars of the curves are means of."""
    n, began = result.config.seeds, result.began
    several = f"Points are means over {plural(n, 'seed')}, bars their standard error."
    bars = several if n > 1 else "One seed: no error bars."
    each = "" if result.config.pretrained else " each"
    probes = f"on up to {began.probe_images:,} test images{each}"
    tested = "on all test images" if axis == "images" else probes
    return f"{bars} Tested {tested}. Data: {began.data}."


def forward(result: StudyResult, axis: Axis) -> str:
    """Returns the forward transfer of every regime, with its spread."""
    gains = []
    for regime in result.regimes[1:]:
        mean, sem, n = result.gain(axis, regime)
        if mean is not None:
            gains.append(f"{regime_phrase(regime)} {signed_tenths(mean)} {spread(sem, n)}")
    if not gains:
        return "Forward transfer takes at least one complete seed."
    return (
        f"**Forward transfer over {axis}**, the mean height over the curve from scratch in points: "
        f"{'; '.join(gains)}."
    )


def source(result: StudyResult, axis: Axis) -> str:
    """Returns the sentences under the source's curves."""
    plain, protect = result.curve(axis, "finetune"), result.config.protect
    if not plain:
        return "The source is tested after each target that is learned."
    last = plain[-1]
    text = (
        f"Before the target, the source was at {percent(_source_before(result, axis))}. "
        f"After {point_name(result, axis, last)} it is at "
        f"{percent(last.source[0] if last.source else None)} (n = {last.n})"
    )
    protected = result.curve(axis, protect) if protect else []
    if not protect or not protected:
        return f"{text}."
    end = protected[-1]
    return (
        f"{text}; with {strategy_title(protect)} at "
        f"**{percent(end.source[0] if end.source else None)}**, and the target at "
        f"{percent(end.target[0])} instead of {percent(last.target[0])}. Frozen features lose "
        "nothing. From scratch there is no source to lose, so it is left out."
    )


def _source_before(result: StudyResult, axis: Axis) -> float:
    shares = [share for (_, regime), share in result.source(axis).items() if regime == "finetune"]
    return sum(shares) / len(shares)
