"""Command `classify`: what a run makes of a picture after every task."""

import json
from pathlib import Path

import rich_click as click

from .options import json_option, run_names


@click.command()
@click.argument("run", shell_complete=run_names)
@click.argument("image", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--after", type=int, help="Answers up to this task, counted from 0.  [default: the last]"
)
@click.option(
    "--task", type=int, help="The task the image belongs to, counted from 0.  [default: unknown]"
)
@json_option()
def classify(run: str, image: Path, after: int | None, task: int | None, as_json: bool) -> None:
    """Predict the class of IMAGE by the model of a run after every task.

    RUN is an id from `runs`, or the folder of a run.
    """
    from ..data.image_files import open_image
    from ..inference import predict
    from ..runs import store as run_store
    from ..storage import plain_files

    folder = run_store.named(run)
    report = predict.top5_json(folder, open_image(plain_files.read(image)), after, task)
    if as_json:
        print(json.dumps(report))
        return
    for answer in report["answers"]:
        top = ", ".join(f"{t['label']} {t['probability']:.1%}" for t in answer["top"][:3])
        print(f"after task {answer['after'] + 1}: {top}")
