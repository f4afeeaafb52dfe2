"""Names in the charts of a study: regimes, points, and a chart in words."""

from collections.abc import Sequence

from ..formatting import plural, whole_percent
from ..service.catalog import strategy_titles
from ..transfer.curves import Axis, Point
from ..transfer.results import StudyResult

REGIMES = {"scratch": "From scratch", "frozen": "Frozen", "finetune": "Fine-tuned"}


def regime_title(regime: str) -> str:
    """Returns the name of a regime: of its curve."""
    return REGIMES.get(regime) or f"With {strategy_titles().get(regime, regime)}"


def regime_phrase(regime: str) -> str:
    """Returns the name of a regime within a sentence."""
    title = regime_title(regime)
    return title[:1].lower() + title[1:]


def point_name(result: StudyResult, axis: Axis, point: Point) -> str:
    """Returns where a point is: '5 images a class', 'all images (5,881 a class)', 'step 20'."""
    if axis == "steps":
        return f"step {int(point.x):,}"
    if point.size is None:
        return f"all images ({round(result.began.images):,} a class)"
    return f"{plural(point.size, 'image')} a class"


def chart_description(
    result: StudyResult, axis: Axis, tested_on: str, ends: Sequence[tuple[str, float]]
) -> str:
    """Returns a chart in words. ends: each regime with the last accuracy of its curve."""
    over = "the number of target images" if axis == "images" else "steps of learning the target"
    shares = "; ".join(f"{regime_title(regime)}: {whole_percent(share)}" for regime, share in ends)
    end = f"{shares} at the end." if ends else "Nothing has been learned yet."
    return f"Accuracy on the {tested_on} over {over}, a line for each regime. {end}"
