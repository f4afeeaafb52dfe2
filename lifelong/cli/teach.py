"""Command `teach`: a class from a few pictures, taught to a copy of a run."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import rich_click as click

from .. import formatting
from ..runs import store as run_store
from ..storage import plain_files
from ..storage.progress import result_of
from . import interrupt, progress
from .options import json_option


@click.command()
@click.argument("run")
@click.argument(
    "images", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True
)
@click.option("--name", required=True, help="What the pictures show, such as heart.")
@click.option(
    "--strategy",
    default="replay",
    show_default=True,
    help="How to learn it: replay, analytic, finetune or ewc.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the copy.  [default: a new one beside the other runs]",
)
@json_option()
def teach(
    run: str, images: Sequence[Path], name: str, strategy: str, out: Path | None, as_json: bool
) -> int:
    """Teach a copy of RUN a new class from a few IMAGES of it, best 5 to 10.

    RUN is an id from `runs`, or the folder of a run; it stays as it is. The class is the copy's
    next task. Ctrl+C ends with status 130 and keeps nothing.
    """
    from ..teaching import teach as teaching  # loads torch

    with interrupt.interruptible() as stop:
        names = [file.name for file in images]
        original = run_store.named(run)
        files = [plain_files.read(image) for image in images]
        folder = result_of(teaching.create(original, name, files, strategy, out, names))
        try:
            config = run_store.history(folder).config
            task = config.of_task(config.tasks - 1)
            for _event in progress.with_bars(run_store.learn(folder, stop=stop), task):
                pass
        finally:
            finished = run_store.history(folder).finished
            if not finished:
                shutil.rmtree(folder)
        if not finished:
            raise KeyboardInterrupt
        report = teaching.report(folder)
    print(json.dumps(report) if as_json else _table(report))
    return 0


def _table(report: dict[str, Any]) -> str:
    shares = report["accuracy"]
    new = formatting.cell(shares["new"]) if report["test_pictures"] else "not measured"
    rows = {
        f"accuracy on {report['name']}": new,
        "mean accuracy on earlier tasks": f"{formatting.cell(shares['earlier_before'])} before, "
        f"{formatting.cell(shares['earlier_after'])} after",
        "seconds of training": f"{report['seconds']:.1f}",
    }
    lines = [f"{report['run']}: {report['original']} taught {report['name']}, {report['source']}"]
    lines += [f"{name:<32} {value}" for name, value in rows.items()]
    return "\n".join([*lines, *filter(None, [report["warning"]])])
