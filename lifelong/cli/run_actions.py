"""Commands of `runs`: what can be done with one of them."""

from collections.abc import Sequence
from pathlib import Path

import rich_click as click

from .. import formatting
from ..errors import LifelongError
from ..runs import archives, trash
from ..service import collection
from ..storage import plain_files


@click.command()
@click.argument("run")
@click.argument("name", required=False)
def rename(run: str, name: str | None) -> None:
    """Give RUN a NAME that is shown in its place; without one, take the name away."""
    tidy = collection.rename(run, name)
    print(f"{run} is now called {tidy}." if tidy else f"{run} has no name of its own any more.")


@click.command()
@click.argument("run")
@click.option("--off", is_flag=True, help="Take the star away.")
def star(run: str, off: bool) -> None:
    """Star RUN, so that it is easily found."""
    collection.set_star(run, not off)
    print(f"{run} has {'no' if off else 'a'} star.")


@click.command()
@click.argument("names", metavar="RUN...", nargs=-1, required=True)
def delete(names: Sequence[str]) -> None:
    """Delete each RUN; for a week `runs restore` brings it back."""
    for name in names:
        collection.delete(name)
        print(f"{name} is deleted. `runs restore {name}` brings it back for {trash.DAYS} days.")


@click.command()
@click.argument("run")
def restore(run: str) -> None:
    """Bring a deleted RUN back."""
    print(f"{collection.bring_back(run)} is back.")


@click.command("trash")
@click.option("--empty", is_flag=True, help="Remove all of it for good.")
def trash_command(empty: bool) -> None:
    """List the deleted runs, and how much room they take."""
    if empty:
        print(f"{formatting.plural(collection.empty_trash(), 'run')} removed for good.")
        return
    for deleted in collection.deleted():
        print(f"{deleted.id:<34} {formatting.size(deleted.nbytes)}")


@click.command()
@click.argument("run")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="File.  [default: RUN.zip]"
)
def export(run: str, out: Path | None) -> None:
    """Write RUN to a zip file, which `runs import` and the Runs page read."""
    content, file = collection.zipped(run), out or Path(f"{run}.zip")
    try:
        file.write_bytes(content)
    except OSError as error:
        raise LifelongError(
            f"{file.name} could not be written ({error.strerror}); give another with --out."
        ) from None
    print(f"{file} has {formatting.size(len(content))}.")


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_command(file: Path) -> None:
    """Take in a run from a zip FILE of `runs export`, the Runs page or a taught copy."""
    plain_files.check(file, archives.MOST_BYTES)
    with file.open("rb") as content:
        print(f"{collection.load_zip(content)} is here.")
