"""The command line: `python -m lifelong train | compare | transfer | classify | runs | strategies | datasets | bench | pretrain`."""

import json
import sys
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from .. import api
from .. import config as configs
from .. import datasets as data_sets
from ..errors import LifelongError
from ..events import Stopped
from ..runs import store as run_store
from ..runs.history import History
from .options import CommandWithNetwork, CommandWithSettings, run_options
from .pretrain import pretrain
from .progress import interruptible, with_progress_bar
from .transfer import transfer


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def cli() -> None:
    """Learn tasks one after the other and see what is forgotten."""


@cli.command(cls=CommandWithSettings)
@run_options
@click.option(
    "--strategy", default="finetune", show_default=True, help="How to learn; see `strategies`."
)
@click.option(
    "--seed",
    type=int,
    default=0,
    show_default=True,
    help="Seed of weights, image order and class order.",
)
@click.option("--half", is_flag=True, help="Keep the checkpoints in half precision.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the run; given again, an unfinished run goes on.",
)
def train(as_json: bool, out: Path | None, **given: Any) -> int:
    """Take one strategy through one scenario. Ctrl+C keeps what was learned and ends with status 130."""
    config = _config(**given)
    at = run_store.create(config, out)
    with interruptible() as stop:
        for event in with_progress_bar(run_store.learn(at, stop=stop), config):
            if isinstance(event, Stopped):
                print(
                    f"Stopped in task {event.task + 1}; what was learned is kept in {at.name}.",
                    file=sys.stderr,
                )
    story = run_store.history(at)
    _print_run(story, at.name, as_json)
    return 0 if story.finished else 130


@cli.command(cls=CommandWithNetwork)
@run_options
@click.option("--strategies", required=True, help="Names with commas between them, or all.")
@click.option(
    "--seeds",
    type=click.IntRange(1, 1000),
    default=1,
    show_default=True,
    help="Seeds 0, 1, ... each strategy is run with.",
)
def compare(strategies: str, seeds: int, as_json: bool, **given: Any) -> None:
    """Race strategies on the same images in the same order, side by side where there are cores; mean and standard error over the seeds."""
    from ..runs import comparison
    from ..training import experiment

    scenario = given["scenario"]
    names = (
        [card.name for card in api.strategies(scenario)]
        if strategies == "all"
        else [name.strip() for name in strategies.split(",")]
    )
    pairs = [(name, seed) for name in dict.fromkeys(names) for seed in range(seeds)]
    configurations = [
        experiment.resolve(_config(**given, strategy=name, seed=seed)) for name, seed in pairs
    ]
    bar = tqdm(comparison.race(configurations), total=len(configurations), unit="run")
    rows = comparison.rows(bar, configurations)
    if as_json:
        print(json.dumps(rows))
        return
    print(f"{'strategy':<22}{'n':>3}   average accuracy        forgetting   seconds   stores")
    for row in rows:
        mean, sem = row["mean"], row["sem"]
        print(
            f"{row['strategy']:<22}{row['n']:>3}   {_percent(mean['average_accuracy'])} ± {_percent(sem['average_accuracy'])}"
            f"   {_percent(mean['forgetting'])} ± {_percent(sem['forgetting'])}   {mean['seconds']:7.1f}   {api.stored(row['stored'])}"
        )


@cli.command()
@click.argument("run")
@click.argument("image", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--after", type=int, help="Answers up to this task, counted from 0.  [default: the last]"
)
@click.option(
    "--task", type=int, help="The task the image belongs to, counted from 0.  [default: not told]"
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def classify(run: str, image: Path, after: int | None, task: int | None, as_json: bool) -> None:
    """What a run's model made of IMAGE after every task. RUN is an id from `runs`, or the folder of a run."""
    from ..inference import predict

    at = Path(run) if (Path(run) / "config.json").is_file() else run_store.folder(run)
    told = predict.top5_json(at, api.open_image(image.read_bytes()), after, task)
    if as_json:
        print(json.dumps(told))
        return
    for answer in told["answers"]:
        top = ", ".join(f"{t['label']} {t['probability']:.1%}" for t in answer["top"][:3])
        print(f"after task {answer['after'] + 1}: {top}")


@cli.command(name="runs")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list and nothing else.")
def list_runs(as_json: bool) -> None:
    """Runs on disk: yours, then those that came with the project."""
    rows = api.run_list()
    if as_json:
        print(json.dumps(rows))
        return
    for row in rows:
        print(
            f"{row['id']:<34} {row['learned']}/{row['tasks']} tasks  average accuracy {_percent(row['average_accuracy'])}"
            f"  forgetting {_percent(row['forgetting'])}{'  shipped' if row['shipped'] else ''}"
        )


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list and nothing else.")
def strategies(as_json: bool) -> None:
    """Strategies and their settings, with the defaults of each scenario."""
    from ..service import catalog

    rows = catalog.strategy_rows()
    if as_json:
        print(json.dumps(rows))
        return
    for row in rows:
        print(
            f"{row['name']}  ({', '.join(row['scenarios'])})\n    {row['summary']}\n    {row['source']}"
        )
        for s in row["settings"]:
            defaults = ", ".join(
                f"{scenario} {value if isinstance(value, str) else f'{value:g}'}"
                for scenario, value in s["defaults"].items()
            )
            print(f"    --{s['name'].replace('_', '-')}: {s['help']} ({defaults})")


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list and nothing else.")
def datasets(as_json: bool) -> None:
    """Data sets, and where each was found."""
    names = api.datasets()
    print(
        json.dumps(names)
        if as_json
        else "\n".join(f"{name:<22} {data_sets.info(name).describe()}" for name in names)
    )


@cli.command()
@click.option(
    "--scenario",
    default=configs.DEFAULT_SCENARIO,
    show_default=True,
    help=" | ".join(configs.SCENARIOS),
)
@click.option(
    "--strategies", default="all", show_default=True, help="Names with commas between them, or all."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def bench(scenario: str, strategies: str, as_json: bool) -> None:
    """What a training step costs beside its matrix products."""
    from ..training.benchmark import measure

    told = measure(scenario, [] if strategies == "all" else strategies.split(","))
    if as_json:
        print(json.dumps(told))
        return
    print(
        f"threads {told['threads']}; exact Fisher of 12,000 images {told['fisher_seconds']:.2f} s"
    )
    for precision, part in (("fp32", told), ("bf16", told["bf16"])):
        if part is not None:
            print(f"{precision}: matrix products alone {part['floor_ms']:.2f} ms a step")
            for name, row in part["steps"].items():
                print(
                    f"{name:<22}{row['ms']:6.2f} ms  {row['to_floor']:5.2f} x floor  {row['to_finetune']:5.2f} x finetune"
                )


cli.add_command(pretrain)
cli.add_command(transfer)


def _print_run(story: History, run: str, as_json: bool) -> None:
    report = story.report(run)
    if as_json:
        print(json.dumps(report))
        return
    print(
        f"{run}: {report['source']}\naccuracy in percent, a row after each task, a column for each task"
    )
    for row in report["accuracy"]:
        print(" ".join(_percent(value) for value in row))
    for name in story.measures():
        if report[name] is not None:
            print(f"{name.replace('_', ' '):<30} {_percent(report[name])}")
    print(
        f"{'seconds of training':<30} {report['seconds']:6.1f}\nkeeps for earlier tasks: {api.stored(report['stored'])}"
    )


def _percent(share: float | None) -> str:
    return "     -" if share is None else f"{100 * share:6.2f}"


def _config(**given: Any) -> configs.RunConfig:
    if given["tasks"] is None and not given["task_sizes"]:
        given["tasks"] = min(
            configs.default_tasks(given["scenario"]), len(data_sets.classes(given["dataset"]))
        )
    return configs.make(**given)


def main() -> int:
    """Runs a command; bad input ends with status 2 and one sentence on standard error."""
    try:
        return cli.main(prog_name="python -m lifelong", standalone_mode=False) or 0
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message(), file=sys.stderr)
        return 2
    except click.ClickException as error:
        print(" ".join(error.format_message().split()), file=sys.stderr)
        return 2
    except LifelongError as error:
        print(error, file=sys.stderr)
        return 2
    except click.Abort:
        return 130
