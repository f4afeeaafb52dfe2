"""Command `import`: results of other programs as runs."""

from pathlib import Path
from typing import Any

import rich_click as click
from click.core import ParameterSource

from ..formatting import plural
from .options import shared, strategy_names


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--program",
    type=click.Choice(["mammoth", "avalanche"]),
    help="Whose file it is.  [default: by the name of the file]",
)
@shared("--dataset", help="Name here of its data set, where the file does not say it.")
@shared("--scenario", help="Its scenario, where the file does not say it.")
@click.option(
    "--strategy",
    shell_complete=strategy_names,
    help="Name here of its method, where it is another one or the file does not say it.",
)
@click.option("--seed", type=int, help="Its seed, where the file does not say it.")
@click.pass_context
def import_results(context: click.Context, file: Path, program: str | None, **given: Any) -> None:
    """Make runs of results of other programs, to compare them with yours.

    FILE is a `logs.pyd` of Mammoth or an `eval_results.csv` of Avalanche's CSVLogger. These runs
    have accuracies and no checkpoints: they cannot be drawn on or go on learning.
    """
    from ..runs import other_programs

    for name in ("dataset", "scenario"):
        if context.get_parameter_source(name) is ParameterSource.DEFAULT:
            given[name] = None
    program = program or ("avalanche" if file.suffix == ".csv" else "mammoth")
    made = other_programs.import_runs(file, program, **given)
    print(f"{plural(len(made), 'run')} imported: {', '.join(folder.name for folder in made)}.")
