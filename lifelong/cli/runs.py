"""Command `runs`: the list of runs, and what can be done with one of them."""

import json

import rich_click as click

from .. import formatting
from ..runs import listing
from .lazy import LazyGroup
from .options import json_option

ACTIONS = {
    "rename": "run_actions.rename",
    "star": "run_actions.star",
    "delete": "run_actions.delete",
    "restore": "run_actions.restore",
    "trash": "run_actions.trash_command",
    "export": "run_actions.export",
    "import": "run_actions.import_command",
}


@click.group(cls=LazyGroup, paths=ACTIONS, invoke_without_command=True)
@json_option("list")
@click.pass_context
def runs(context: click.Context, as_json: bool) -> None:
    """List the runs on disk, or name, star, delete, export and import them.

    Yours come first, then those that came with the project. A RUN is an id from this list, or that
    of a transfer study.
    """
    if context.invoked_subcommand is not None:
        return
    rows = listing.run_rows()
    if as_json:
        print(json.dumps([row.to_json() for row in rows]))
        return
    for row in rows:
        print(
            f"{row.id:<34} {row.learned}/{row.tasks} tasks"
            f"  average accuracy {formatting.cell(row.average_accuracy)}"
            f"  forgetting {formatting.cell(row.forgetting)}"
            f"{'  shipped' if row.shipped else ''}{'  *' if row.star else ''}"
            f"{f'  {row.name}' if row.name else ''}"
        )
