"""Command line `python -m lifelong`: its commands, and the status and sentence of an error.

Exit status: 0 when the command did all it was to do; 2 after bad input, with one sentence on
standard error that says what to do; 130 after Ctrl+C or SIGTERM, with one sentence there, too.
"""

import json
import sys
from pathlib import Path

import rich_click as click

from ..errors import LifelongError
from . import interrupt
from .app import app
from .datasets import datasets
from .evaluate import evaluate
from .export import export
from .hub import pull, push
from .import_results import import_results
from .listings import strategies
from .options import json_option, run_names, shared
from .plot import plot, report
from .pretrain import pretrain
from .runs import runs
from .space import space
from .sweep import sweep
from .teach import teach
from .train import compare, train
from .transfer import transfer
from .tune import tune
from .verify import verify

COMPLETION = "_LIFELONG_COMPLETE"  # a shell asks for its script by this variable


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.command_panel("Learn", commands=["train", "compare", "sweep", "tune", "transfer", "teach"])
@click.command_panel("Share", commands=["app", "push", "pull", "space"])
@click.command_panel("Look", commands=["runs", "import", "classify", "plot", "report", "export"])
@click.command_panel("Check", commands=["verify", "evaluate"])
@click.command_panel("Know", commands=["strategies", "datasets"])
@click.command_panel("Make", commands=["pretrain", "bench"])
def cli() -> None:
    """Learn tasks one after the other and see what is forgotten."""


@cli.command()
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


@cli.command()
@shared("--scenario")
@click.option(
    "--strategies", default="all", show_default=True, help="Names with commas between them, or all."
)
@json_option()
def bench(scenario: str, strategies: str, as_json: bool) -> None:
    """Measure the cost of a training step against that of its matrix products."""
    from ..training.benchmark import measure

    report = measure(scenario, [] if strategies == "all" else strategies.split(","))
    if as_json:
        print(json.dumps(report))
        return
    fisher = report["fisher_seconds"]
    print(f"threads {report['threads']}; exact Fisher of 12,000 images {fisher:.2f} s")
    for precision, costs in (("fp32", report), ("bf16", report["bf16"])):
        if costs is not None:
            print(f"{precision}: matrix products alone {costs['floor_ms']:.2f} ms a step")
            for name, row in costs["steps"].items():
                print(
                    f"{name:<22}{row['ms']:6.2f} ms  {row['to_floor']:5.2f} x floor"
                    f"  {row['to_finetune']:5.2f} x finetune"
                )


for command in (
    train,
    import_results,
    compare,
    teach,
    sweep,
    tune,
    export,
    plot,
    report,
    evaluate,
    verify,
    transfer,
    runs,
    strategies,
    datasets,
    pretrain,
    app,
    push,
    pull,
    space,
):
    cli.add_command(command)


def main() -> int:
    """Runs a command and returns its exit status."""
    if not sys.stdout.isatty():  # no boxes where it is piped
        click.rich_click.THEME = "plain-slim"
    try:
        # Under the name that was typed, so that a shell completes the words of `lifelong`.
        script = Path(sys.argv[0]).name
        name = script if script == "lifelong" else "python -m lifelong"
        return cli.main(prog_name=name, complete_var=COMPLETION, standalone_mode=False) or 0
    except SystemExit as end:  # the help, where no command was given
        return end.code if isinstance(end.code, int) else 2
    except click.ClickException as error:
        message, status = " ".join(error.format_message().split()), 2
    except LifelongError as error:
        message, status = str(error), 2
    except (click.Abort, KeyboardInterrupt):
        message, status = interrupt.SENTENCE, interrupt.STATUS
    print(message, file=sys.stderr)
    return status
