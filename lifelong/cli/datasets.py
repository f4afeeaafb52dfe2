"""Command `datasets`: the list of data sets, and how one brings one's own."""

import json
from pathlib import Path
from typing import Any

import rich_click as click

from .. import datasets as data_sets
from .. import formatting
from ..datasets.base import DatasetInfo
from ..errors import LifelongError
from ..service import own_data
from ..service.own_data import Findings
from .options import completed, json_option

MOST_NAMED = 20  # misfits that are printed
own_names = completed(own_data.names)


@click.group(invoke_without_command=True)
@json_option("list")
@click.pass_context
def datasets(context: click.Context, as_json: bool) -> None:
    """List the data sets and their locations, or add, show and remove your own."""
    if context.invoked_subcommand is not None:
        return
    names = data_sets.names()
    if as_json:
        print(json.dumps(names))
        return
    for name in names:
        print(f"{name:<22} {data_sets.info(name).describe()}")


@datasets.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--name", help="Name of the data set.  [default: that of the folder or file]")
@click.option(
    "--tasks", help="Classes of each task, such as cat,dog/heart.  [default: even shares]"
)
@click.option("--dry-run", is_flag=True, help="Print what was found and store nothing.")
@json_option()
def add(path: Path, name: str | None, tasks: str | None, dry_run: bool, as_json: bool) -> None:
    """Add the images in PATH as a data set: a folder, a zip or a parquet file.

    A class is a folder of images, perhaps within train and test. Every image is read; files that do
    not fit are named and left out. Without test images every fifth of a class is one.
    """
    name = path.resolve().stem if name is None else name
    own_data.check_name(name)
    staged = own_data.stage_path(path)
    try:
        if not dry_run:
            own_data.keep(staged.id, name, path.name, _groups(tasks))
    finally:
        own_data.discard(staged.id)
    if as_json:
        print(json.dumps({"name": None if dry_run else name, **to_json(staged.findings)}))
        return
    _print(staged.findings)
    if not dry_run:
        print(f"Stored as {name}: python -m lifelong train --dataset {name}")


@datasets.command()
@click.argument("name", shell_complete=own_names)
@json_option()
def show(name: str, as_json: bool) -> None:
    """Show what there is in the data set NAME, and which files do not fit."""
    info = data_sets.info(name)
    if not info.spec.own:
        print(json.dumps({"name": name, "about": info.spec.about}) if as_json else _declared(info))
        return
    findings = own_data.find(name)
    if as_json:
        print(json.dumps({"name": name, **to_json(findings)}))
        return
    _print(findings)
    for number, group in enumerate(info.spec.groups, 1):
        print(f"task {number}: {', '.join(group)}")
    if info.problem:
        print(f"It cannot be used: {info.problem}")


def _declared(info: DatasetInfo) -> str:
    """Returns what is declared of a data set that nobody brought."""
    spec = info.spec
    return "\n".join(
        [f"{spec.title}: {spec.about}.", f"Classes: {', '.join(spec.classes)}.", info.describe()]
    )


@datasets.command()
@click.argument("name", shell_complete=own_names)
def remove(name: str) -> None:
    """Remove the data set NAME, which `add` or the app stored, for good; its runs stay."""
    count = own_data.remove(name)
    stay = f"; {formatting.plural(count, 'run')} of it stay, without images" if count else ""
    print(f"{name} is removed{stay}.")


def _groups(given: str | None) -> list[list[str]]:
    """Returns the classes of each task from text such as 'cat,dog/heart'."""
    if given is None:
        return []
    groups = [[name.strip() for name in group.split(",")] for group in given.split("/")]
    if not all(name for group in groups for name in group):
        raise LifelongError(
            f"tasks was given as '{given}'; expected names of classes with commas between them, "
            "and / between tasks."
        )
    return groups


def to_json(findings: Findings) -> dict[str, Any]:
    """Returns what was found as JSON values."""
    return {
        "classes": [
            {"name": each.name, "train": each.train, "test": each.test} for each in findings.classes
        ],
        "images": findings.images,
        "sizes": [{"width": w, "height": h, "images": n} for (w, h), n in findings.sizes],
        "grey": findings.grey,
        "bytes": findings.nbytes,
        "held_out": findings.held_out,
        "shape": list(findings.shape),
        "misfits": [{"where": each.where, "why": each.why} for each in findings.misfits],
        "misfits_in_all": findings.n_misfits,
    }


def _print(findings: Findings) -> None:
    """Prints what was found: classes, counts, sizes, and the first misfits."""
    for sentence in findings.describe():
        print(sentence)
    widest = max(len(each.name) for each in findings.classes)
    for each in findings.classes:
        print(f"  {each.name:<{widest}}  {each.train:>7,} training  {each.test:>7,} test")
    if findings.n_misfits:
        print(f"Left out, {findings.n_misfits:,}:")
    for misfit in findings.misfits[:MOST_NAMED]:
        print(f"  {misfit.sentence}")
    if findings.n_misfits > MOST_NAMED:
        print(f"  and {findings.n_misfits - MOST_NAMED:,} more")
