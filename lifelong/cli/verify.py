"""Command `verify`: the files of runs beside their checksums, their accuracies computed anew."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import rich_click as click

from ..errors import LifelongError
from ..formatting import percent, plural
from ..runs import checkpoints, integrity, listing
from ..runs import store as run_store
from ..runs.integrity import FileState
from ..storage import shipped
from .options import json_option, run_names

WRONG = (FileState.CHANGED, FileState.MISSING)


@dataclass
class Report:
    """Files and accuracies of a run as they were found.

    files: state by name. agree: tasks after which the checkpoint has the recorded accuracy, to the
    image. differ: sentences about the others. error: a sentence where it cannot be read.
    """

    run: str
    files: dict[str, FileState] = field(default_factory=dict)
    agree: list[int] = field(default_factory=list)
    differ: list[str] = field(default_factory=list)
    not_evaluated: list[str] = field(default_factory=list)
    error: str | None = None

    @property
    def is_good(self) -> bool:
        """True if nothing is wrong with what could be looked at."""
        return not (self.error or self.differ or set(self.files.values()) & set(WRONG))


@click.command()
@click.argument("runs", nargs=-1, shell_complete=run_names)
@click.option("--all", "every", is_flag=True, help="Verify all runs, and every file that ships.")
@click.option("--files-only", is_flag=True, help="Check the files, and evaluate nothing.")
@json_option("list")
def verify(runs: Sequence[str], every: bool, files_only: bool, as_json: bool) -> int:
    """Check that the files of RUNS are those that were saved, and evaluate every checkpoint.

    RUNS are ids from `runs`, or folders. The status is 2 where a file was changed, exchanged or is
    missing, or an accuracy is not the recorded one, to the image.
    """
    if bool(runs) == every:
        raise LifelongError("Give the runs to verify, or --all.")
    reports = []
    for folder in _trained_here() if every else map(run_store.named, runs):
        reports.append(_report(folder, files_only))
        if not as_json:
            print(_line(reports[-1], files_only))
    changed = shipped.changed_files() if every else []
    if as_json:
        print(json.dumps([asdict(report) for report in reports]))
    elif every:
        good = len(shipped.files()) - len(changed) - len(_missing())
        print(f"What ships: {plural(good, 'file')} intact", *map(_changed, changed), sep="; ")
    return 0 if all(report.is_good for report in reports) and not changed else 2


def _trained_here() -> list[Path]:
    """Returns the folders of all runs but those that have the results of another program."""
    rows = listing.run_rows()
    return [run_store.folder(row.id) for row in rows if row.error or not row.program]


def _missing() -> list[str]:
    return [file.path for file in shipped.files() if not (shipped.FOLDER / file.path).is_file()]


def _changed(path: str) -> str:
    return f"{path} was changed"


def _report(folder: Path, files_only: bool) -> Report:
    report = Report(folder.name)
    try:
        history = run_store.history(folder)
    except LifelongError as error:
        report.error = str(error)
        return report
    report.files = dict(integrity.states(folder, history))
    for after in range(0 if files_only else len(history.learned)):
        _evaluate(folder, after, report)
    return report


def _evaluate(folder: Path, after: int, report: Report) -> None:
    from ..inference import verification  # loads torch

    if report.files.get(checkpoints.inference_file(folder, after).name) in WRONG:
        return
    try:
        found = verification.verify(folder, after)
    except LifelongError as error:
        report.not_evaluated.append(str(error))
        return
    if found.agrees:
        report.agree.append(after)
    elif not found.same_images:
        report.not_evaluated.append("The images here are not those of the record.")
    else:
        then, now = (sum(row) / len(row) for row in (found.recorded, found.found))
        report.differ.append(
            f"after task {after + 1} the accuracy is {percent(now)} on average, not {percent(then)}"
        )


def _line(report: Report, files_only: bool) -> str:
    if report.error:
        return f"{report.run}: {report.error}"
    states = list(report.files.values())
    words = [f"{states.count(FileState.INTACT)} of {plural(len(states), 'file')} intact"]
    unknown = states.count(FileState.NOT_RECORDED)
    words += [f"{unknown} not recorded"] if unknown else []
    words += [f"{name} {state}" for name, state in report.files.items() if state in WRONG]
    if not files_only:
        words.append(f"{plural(len(report.agree), 'checkpoint')} with the recorded accuracy")
        words += [*report.differ, *dict.fromkeys(report.not_evaluated)]
    return f"{report.run}: {'; '.join(words)}"
