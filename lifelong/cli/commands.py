"""Command line `python -m lifelong`: its commands, and the status and sentence of an error.

Exit status: 0 when the command did all it was to do; 2 after bad input, with one sentence on
standard error that says what to do; 130 after Ctrl+C or SIGTERM, with one sentence there, too.
"""

import sys
from pathlib import Path
from typing import Any

import rich_click as click

from ..errors import LifelongError
from . import interrupt
from .lazy import LazyGroup

COMPLETION = "_LIFELONG_COMPLETE"  # a shell asks for its script by this variable
# Commands by panel of the help, with module and function of each.
PANELS = {
    "Learn": {
        "train": "train.train",
        "compare": "train.compare",
        "sweep": "sweep.sweep",
        "tune": "tune.tune",
        "transfer": "transfer.transfer",
        "teach": "teach.teach",
    },
    "Look": {
        "runs": "runs.runs",
        "import": "import_results.import_results",
        "classify": "classify.classify",
        "plot": "plot.plot",
        "report": "plot.report",
        "export": "export.export",
    },
    "Share": {"app": "app.app", "push": "hub.push", "pull": "hub.pull", "space": "space.space"},
    "Check": {"verify": "verify.verify", "evaluate": "evaluate.evaluate"},
    "Know": {"strategies": "listings.strategies", "datasets": "datasets.datasets"},
    "Make": {"pretrain": "pretrain.pretrain", "bench": "bench.bench"},
}
COMMANDS = {name: path for panel in PANELS.values() for name, path in panel.items()}


def _with_panels(command: Any) -> Any:
    for name, panel in PANELS.items():
        command = click.command_panel(name, commands=list(panel))(command)
    return command


@_with_panels
@click.group(
    cls=LazyGroup,
    paths=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
def cli() -> None:
    """Learn tasks one after the other and see what is forgotten."""


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
