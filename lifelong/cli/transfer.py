"""Command `transfer`: a target from scratch, frozen and fine-tuned, from few and many images."""

import json
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import rich_click as click
from tqdm import tqdm

from ..errors import unknown_name
from ..events import Preparation
from ..transfer import config as study_config
from ..transfer import store as study_store
from ..transfer.events import StudyStopped
from ..transfer.presets import PRESETS
from ..transfer.results import StudyResult
from . import interrupt
from .options import json_option, parse_numbers, shared
from .progress import PreparationBars
from .setting_options import CommandWithSettings


@click.command(cls=CommandWithSettings)
@click.option("--pair", help=f"Source and target in one word: {', '.join(PRESETS)}.")
@shared("--dataset", help="The source, and the target too where none is given; see `datasets`.")
@shared(
    "--target", help="A second data set.  [default: the second half of the first one's classes]"
)
@shared(
    "--class-order",
    help="Classes in order of arrival, those of the target last.  [default: natural]",
)
@shared(
    "--task-sizes",
    help="Number of classes of source and target, such as 6,4.  [default: even shares]",
)
@click.option(
    "--images",
    "sizes",
    callback=parse_numbers,
    help="Target images a class; all there are come last.  [default: 1,5,20,100]",
)
@click.option(
    "--protect",
    default=study_config.DEFAULT_PROTECTOR,
    show_default=True,
    help="The strategy that protects the source beside plain fine-tuning.",
)
@click.option(
    "--pretrained",
    is_flag=True,
    help="The source is what the network's weights were learned from: whole networks, "
    "1, 5 and 20 images a class.",
)
@click.option(
    "--seeds",
    type=click.IntRange(1, 100),
    default=3,
    show_default=True,
    help="How often all of it is repeated, with seeds 0, 1, ...",
)
@shared("--model", "--recipe")
@shared(
    "--steps",
    help="Optimiser steps for source and target, whatever the images, in place of the recipe's.",
)
@shared("--learning-rate", "--precision", "--device")
@json_option()
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the study; given again, an unfinished one goes on.",
)
def transfer(as_json: bool, out: Path | None, pair: str | None, **given: Any) -> int:
    """Measure what a source is worth to learning a target, and what the source loses by it.

    The JSON object holds `study` (its id), `dataset`, `target`, `model`, `recipe`, `precision`,
    `protect`, `settings`, `seeds`, `finished`, `seconds` (on the clock), `source` (of the data, in
    words), `classes` and `chance` of source and target, `images_per_class` (null: all,
    `all_images_per_class` on average), `curves` and `forward_transfer`. Both of these are by
    `images` and by `steps`, then by regime: scratch, frozen, finetune and the protector.
    A curve is a list of points with `images_per_class` or `step`, `target`, `source` and `lost`
    (accuracy on either, and what the source had more before; mean and sem, shares in [0, 1]) and
    `n` (seeds). Forward transfer is the mean height of a target curve over that from scratch,
    images or steps counted in powers: `points`, `sem`, `n`, `by_seed`.

    With --pretrained (`pretrained` in the JSON object) there is no source to lose: the target is
    the whole data set, learned from few images by the network from random weights, by a new head on
    the pretrained network as it is, and by all of the pretrained network; `source`, `lost` and
    `protect` are null.

    Ctrl+C keeps the results so far and ends with status 130.
    """
    if pair is not None:
        if pair not in PRESETS:
            raise unknown_name("pair", pair, PRESETS)
        given |= PRESETS[pair].fields()
    given = {name: value for name, value in given.items() if value is not None}
    with interrupt.interruptible() as stop:
        folder = study_store.create(study_config.make(**given), out)
        _learn(folder, stop)
        result = study_store.result(folder)
        print(json.dumps(result.report(folder.name)) if as_json else _table(result, folder.name))
    return 0 if result.finished else interrupt.STATUS


def _learn(folder: Path, stop: Callable[[], bool]) -> None:
    """Learns a study, with a progress bar of its share on standard error."""
    form = "{desc}{percentage:3.0f}%|{bar}| {elapsed}<{remaining}"
    event = None
    share = tqdm(total=100, unit="%", bar_format=form)
    with share as bar, closing(PreparationBars()) as preparation:
        for event in study_store.learn(folder, stop):
            if isinstance(event, Preparation):
                preparation.show_preparation(event)
                continue
            preparation.close()
            bar.update(round(100 * study_store.result(folder).share) - bar.n)
    if isinstance(event, StudyStopped):
        print(f"Stopped; the results so far are in {folder.name}.", file=sys.stderr)


def _table(result: StudyResult, name: str) -> str:
    if not result.has_begun:
        return f"{name}: no result yet"
    sizes = ["all" if size is None else str(size) for size in result.began.sizes]
    gains = result.report(name)["forward_transfer"]
    lines = [
        f"{name}: {result.began.data}",
        "target accuracy in percent by target images a class, in brackets that of the source",
        f"{'':<22}"
        + "".join(f"{size:>16}" for size in sizes)
        + "   forward transfer in points, by images and by steps",
    ]
    for regime in result.regimes:
        cells = "".join(
            f"{100 * point.target[0]:8.2f}{_in_brackets(point.source)}"
            for point in result.curve("images", regime)
        )
        axes = () if regime == "scratch" else ("images", "steps")
        lines.append(
            f"{regime:<22}{cells}   {'   '.join(_gain(gains[axis][regime]) for axis in axes)}"
        )
    return "\n".join(lines)


def _in_brackets(source: tuple[float, float | None] | None) -> str:
    return f" ({100 * source[0]:5.2f})" if source else " " * 8


def _gain(gain: dict[str, Any]) -> str:
    """Returns forward transfer in points with its standard error and the number of seeds."""
    if gain["points"] is None:
        return "-"
    spread = f" ± {gain['sem']:.2f}" if gain["sem"] is not None else ""
    return f"{gain['points']:+.2f}{spread} (n = {gain['n']})"
