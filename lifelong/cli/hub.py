"""Commands `push` and `pull`: a run to the Hugging Face Hub, and one from it."""

import json
import sys
from pathlib import Path

import rich_click as click

from ..errors import LifelongError
from ..formatting import plural, size
from ..runs import store as run_store
from ..service import hub_runs
from ..storage import hub_requests
from ..storage.progress import result_of
from .options import json_option, run_names


@click.command()
@click.argument("run", shell_complete=run_names)
@click.argument("repository", metavar="OWNER/NAME")
@click.option("--yes", is_flag=True, help="Upload. Without it, only list what would be sent.")
@click.option("--private", is_flag=True, help="Make the repository private, if it is new.")
@json_option()
def push(run: str, repository: str, yes: bool, private: bool, as_json: bool) -> None:
    """Upload RUN to the Hugging Face Hub, with a model card.

    Without --yes nothing is sent. With it, the repository is made if there is none, and what an
    earlier run left in it is replaced. Your token is that of `hf auth login`, or HF_TOKEN. Needs
    huggingface_hub: `pip install huggingface_hub`.
    """
    address = hub_requests.parse_address(repository)
    if address.revision:
        raise LifelongError(
            f"The repository was given as {address}; a run is sent to its main branch: give"
            f" {address.repository}."
        )
    hub_requests.require()
    from ..reports import model_card

    folder = run_store.named(run)
    history = run_store.history(folder)
    files = model_card.files(folder, address.repository)
    sizes = {
        name: content.stat().st_size if isinstance(content, Path) else len(content)
        for name, content in files.items()
    }
    target = f"{hub_requests.endpoint()}/{address.repository}"
    report = {"run": folder.name, "address": target, "files": sizes, "sent": yes}
    total = f"{plural(len(files), 'file')}, {size(sum(sizes.values()))}"
    if yes:
        print(f"Sending {total} to {target}.", file=sys.stderr)
        message = model_card.summary(history)
        report["commit"] = hub_runs.push(files, address.repository, message, private)
    if as_json:
        print(json.dumps(report))
    elif yes:
        print(f"{folder.name} is at {target}.")
    else:
        _show_plan(sizes, total, f"{target} ({'private' if private else 'public'} if it is new)")


def _show_plan(sizes: dict[str, int], total: str, target: str) -> None:
    for name, nbytes in sizes.items():
        print(f"{name:<24} {size(nbytes)}")
    if any(name.startswith("pictures-") for name in sizes):
        print("Among them are the pictures that a class was taught from.")
    print(f"{total} would be sent to {target}. Nothing was sent; add --yes to send them.")


@click.command()
@click.argument("address", metavar="OWNER/NAME[@REVISION]")
@json_option()
def pull(address: str, as_json: bool) -> None:
    """Load a run from the Hugging Face Hub.

    REVISION is a branch, a tag or a commit. The run is checked like one from a zip file before it
    is among yours. Needs huggingface_hub: `pip install huggingface_hub`.
    """
    run = result_of(hub_runs.pull(address))
    if as_json:
        print(json.dumps({"run": run, "source": hub_runs.source(run).model_dump()}))
        return
    print(f"{run} is here.")
