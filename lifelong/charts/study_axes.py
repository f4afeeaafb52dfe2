"""The x axis of the charts of a study: images of the target, or steps."""

from dataclasses import dataclass

import altair as alt

from ..transfer.curves import Axis
from ..transfer.results import StudyResult

STEPS = (1, 10, 100, 1000, 10_000, 100_000)


@dataclass(frozen=True)
class Ticks:
    """Values on the axis, their label as a Vega expression, its title, and where it ends."""

    values: tuple[float, ...]
    label: str
    title: str
    most: float


def ticks(result: StudyResult, axis: Axis) -> Ticks:
    """Returns the ticks of the axis over images or steps."""
    return _image_ticks(result) if axis == "images" else _step_ticks(result)


def _step_ticks(result: StudyResult) -> Ticks:
    most = max((probe.step for probe in result.probes), default=10)
    images = result.began.sizes[-1]
    learned = "all images of the target" if images is None else f"{images} images a class"
    values = tuple(step for step in STEPS if step <= most)
    title = f"step, while {learned} are learned"
    return Ticks(values, "format(datum.value, ',')", title, most)


def _image_ticks(result: StudyResult) -> Ticks:
    sizes, title = result.began.sizes, "target images a class"
    few = tuple(size for size in sizes if size is not None)
    if None not in sizes:
        return Ticks(few, "format(datum.value, ',')", title, few[-1])
    most = result.began.images
    every = f"datum.value > {max([*few, 0])} ? 'all, {round(most):,}'"
    return Ticks((*few, most), f"{every} : format(datum.value, ',')", title, most)


def x_axis(ticks: Ticks) -> alt.X:
    """Returns a logarithmic axis: every power of ten takes the same width."""
    axis = alt.Axis(
        values=list(ticks.values),
        labelExpr=ticks.label,
        title=ticks.title,
        grid=False,
        domain=False,
        ticks=False,
        labelOverlap=False,
        titlePadding=6,
    )
    # A scale needs some width, and a study may have one point only.
    first = ticks.values[0]
    least = first if first < ticks.most else ticks.most / 2
    scale = alt.Scale(type="log", domain=[least, ticks.most], nice=False)
    return alt.X("x:Q", scale=scale, axis=axis)
