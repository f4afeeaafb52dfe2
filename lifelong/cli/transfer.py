"""`python -m lifelong transfer`: from scratch, frozen and fine-tuned, from few and from many images of the target."""

import json
import sys
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from ..errors import unknown_name
from ..events import ExtractingFeatures
from ..transfer import config as study_config
from ..transfer import store as study_store
from ..transfer.events import StudyStopped
from ..transfer.presets import PRESETS
from ..transfer.results import StudyResult
from .options import CommandWithSettings, parse_numbers
from .progress import interruptible


@click.command(cls=CommandWithSettings)
@click.option("--pair", help=f"Source and target in one word: {', '.join(PRESETS)}.")
@click.option(
    "--dataset",
    default="mnist",
    show_default=True,
    help="The source, and the target too where none is given; see `datasets`.",
)
@click.option(
    "--target", help="A second data set.  [default: the second half of the first one's classes]"
)
@click.option(
    "--class-order",
    callback=parse_numbers,
    help="Classes in order of arrival, those of the target last.  [default: natural]",
)
@click.option(
    "--task-sizes",
    callback=parse_numbers,
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
    default="lwf",
    show_default=True,
    help="The strategy that protects the source beside plain fine-tuning.",
)
@click.option(
    "--pretrained",
    is_flag=True,
    help="The source is what the network's weights were learned from: whole networks, 1, 5 and 20 images a class.",
)
@click.option(
    "--seeds",
    type=click.IntRange(1, 100),
    default=3,
    show_default=True,
    help="How often all of it is repeated, with seeds 0, 1, ...",
)
@click.option("--model", default="mlp", show_default=True, help="Network.")
@click.option(
    "--recipe",
    default="quick",
    show_default=True,
    help="quick (seconds) or paper (van de Ven et al. 2022).",
)
@click.option(
    "--steps",
    type=int,
    help="Optimiser steps for source and target, whatever the images, in place of the recipe's.",
)
@click.option("--learning-rate", type=float, help="Of the optimiser, in place of the recipe's.")
@click.option(
    "--precision",
    default="auto",
    show_default=True,
    help="Of matrix products while learning: auto, fp32 or bf16.",
)
@click.option(
    "--device",
    default="auto",
    show_default=True,
    help="What learns: auto, cpu or cuda; auto is a graphics card for a whole deep network, where there is one.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the study; given again, an unfinished one goes on.",
)
def transfer(as_json: bool, out: Path | None, pair: str | None, **given: Any) -> int:
    """What knowing the source is worth to learning the target, and what the source loses by it.

    The JSON object holds `study` (its id), `dataset`, `target`, `model`, `recipe`, `precision`, `protect`, `settings`, `seeds`,
    `finished`, `seconds` (on the clock), `source` (of the data, in words), `classes` and `chance` of source and target,
    `images_per_class` (null: all, `all_images_per_class` on average), `curves` and `forward_transfer`. Both of these are by `images`
    and by `steps`, then by way: scratch, frozen, finetune and the strategy that protects. A curve is a list of points with
    `images_per_class` or `step`, `target`, `source` and `lost` (accuracy on either, and what the source had more before; mean
    and sem, shares in [0, 1]) and `n` (seeds). Forward transfer is the mean height of a target curve over that from scratch,
    images or steps counted in powers: `points`, `sem`, `n`, `by_seed`.

    With --pretrained (`pretrained` in the JSON object) there is no source to lose: the target is the whole data set, learned from few
    images by the network from random weights, by a new head on the pretrained network as it is, and by all of the pretrained network;
    `source`, `lost` and `protect` are null.

    Ctrl+C keeps what was found and ends with status 130.
    """
    if pair is not None:
        if pair not in PRESETS:
            raise unknown_name("pair", pair, PRESETS)
        given |= PRESETS[pair].fields()
    given = {name: value for name, value in given.items() if value is not None}
    at = study_store.create(study_config.make(**given), out)
    with (
        interruptible() as stop,
        tqdm(
            total=100, unit="%", bar_format="{desc}{percentage:3.0f}%|{bar}| {elapsed}<{remaining}"
        ) as bar,
    ):
        for event in study_store.learn(at, stop):
            if isinstance(event, ExtractingFeatures):
                bar.set_description_str(
                    f"images through the backbone: {event.done:,} of {event.total:,}  "
                )
                continue
            found = study_store.result(at)
            bar.set_description_str("")
            bar.update(round(100 * found.share) - bar.n)
            if isinstance(event, StudyStopped):
                print(f"Stopped; what was found is kept in {at.name}.", file=sys.stderr)
    found = study_store.result(at)
    print(json.dumps(found.report(at.name)) if as_json else _table(found, at.name))
    return 0 if found.finished else 130


def _table(found: StudyResult, name: str) -> str:
    if not found.has_begun:
        return f"{name}: nothing found yet"
    sizes = ["all" if size is None else str(size) for size in found.began.sizes]
    lines = [
        f"{name}: {found.began.data}",
        "target accuracy in percent by target images a class, in brackets that of the source",
        f"{'':<22}"
        + "".join(f"{size:>16}" for size in sizes)
        + "   forward transfer in points, by images and by steps",
    ]
    for way in found.regimes:
        cells = "".join(
            f"{100 * point.target[0]:8.2f}{_in_brackets(point.source)}"
            for point in found.curve("images", way)
        )
        report = found.report(name)["forward_transfer"]
        gains = (
            [_points(report[axis][way]) for axis in ("images", "steps")] if way != "scratch" else []
        )
        lines.append(f"{way:<22}{cells}   {'   '.join(gains)}")
    return "\n".join(lines)


def _in_brackets(source: tuple[float, float | None] | None) -> str:
    return f" ({100 * source[0]:5.2f})" if source else " " * 8


def _points(told: dict[str, Any]) -> str:
    if told["points"] is None:
        return "-"
    spread = f" ± {told['sem']:.2f}" if told["sem"] is not None else ""
    return f"{told['points']:+.2f}{spread} (n = {told['n']})"
