"""Gives the readers thousands of broken files and counts what becomes of them.

    python -m benchmarks.fuzz [--pictures 5000] [--runs 2000] [--seed 0] [--out FILE]

Pictures of every format are changed at random (bytes, runs of bytes, cuts, sizes in their headers)
and opened as an upload is. Folders of a run are changed in one file or two (bytes, cuts, exchanged
files, values of the config and the record) and read by every reader of runs; each is also packed as
a zip file and loaded as on the Runs page. What counts: an answer that is right or a sentence
(LifelongError) is good; any other exception, more than MOST_SECONDS or MOST_BYTES for one file, a
checkpoint with other bytes that answers, or a file left behind by a refused one is bad. Prints one
JSON object with the number of each.
"""

import io
import json
import os
import random
import resource
import shutil
import tempfile
import time
import traceback
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import numpy as np
from PIL import Image

from lifelong import api
from lifelong import config as configs
from lifelong.data.image_files import open_image
from lifelong.errors import LifelongError
from lifelong.inference import predict
from lifelong.inference.preprocess import preprocess
from lifelong.runs import integrity
from lifelong.runs import store as run_store
from lifelong.service import collection

MOST_SECONDS, MOST_BYTES = 5.0, 1_000_000_000
KINDS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "ICO", "AVIF", "JPEG2000")
NUMBERS = (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", bytes(4))
ABSURD: tuple[Any, ...] = (
    10**9,
    -1,
    10**30,
    1e308,
    float("nan"),
    None,
    True,
    "",
    "<b>x</b>",
    "../../etc/passwd",
    "http://localhost/x",
    "/dev/zero",
    [],
    [[[[]]]],
    {"a": {"b": {}}},
    "x" * 100_000,
    "99.0",
)


@dataclass
class Figures:
    """Counts of what became of the files. bad: sentences about what should not have been."""

    counts: Counter[str] = field(default_factory=Counter)
    bad: list[str] = field(default_factory=list)
    slowest: float = 0.0
    slowest_of: str = ""

    def attempt(self, what: str, action: Callable[..., Any], *given: Any) -> Any:
        """Returns what a reader returns, None where it refuses; counts which, and what is bad."""
        began = time.perf_counter()
        try:
            found = action(*given)
            self.counts[f"{what} read"] += 1
        except LifelongError as error:
            found = None
            self.counts[f"{what} refused"] += 1
            if what in ("loaded run", "list"):
                self.bad.append(f"{what}: {str(error)[:200]}")
            if "\n" in str(error) or len(str(error)) > 700:
                self.bad.append(f"{what}: not one sentence: {str(error)[:200]!r}")
        except Exception as error:  # noqa: BLE001 - whatever it is, it is counted
            found = None
            where = traceback.extract_tb(error.__traceback__)[-1]
            at = f"{Path(where.filename).name}:{where.lineno}"
            self.bad.append(f"{what}: {type(error).__name__} at {at}: {str(error)[:120]}")
        took = time.perf_counter() - began
        if took > self.slowest:
            self.slowest, self.slowest_of = took, what
        if took > MOST_SECONDS:
            self.bad.append(f"{what}: took {took:.1f} s")
        return found


def pictures(dice: random.Random) -> dict[str, bytes]:
    """Returns a picture in each format that can be written here."""
    pixels = np.random.default_rng(dice.randrange(1000)).integers(0, 256, (60, 80, 3), np.uint8)
    found = {}
    for kind in KINDS:
        out = io.BytesIO()
        Image.fromarray(pixels).save(out, kind)
        found[kind] = out.getvalue()
    return found


def mutated(content: bytes, dice: random.Random) -> bytes:
    """Returns bytes with one to eight changes: a byte, a run, a cut, a repetition, a number."""
    data = bytearray(content)
    for _ in range(dice.randint(1, 8)):
        at = dice.randrange(min(len(data), dice.choice([40, 400, len(data)])) or 1)
        match dice.randrange(6):
            case 0 | 1 if data:
                data[min(at, len(data) - 1)] = dice.randrange(256)
            case 2:
                data[at : at + dice.randint(1, 64)] = dice.randbytes(dice.randint(0, 64))
            case 3:
                data[at : at + 4] = dice.choice(NUMBERS)
            case 4 if dice.random() < 0.3:
                del data[at:]
            case _:
                data[at:at] = data[at : at + dice.randint(1, 200)]
    return bytes(data)


def fuzz_pictures(count: int, dice: random.Random, figures: Figures) -> None:
    """Opens so many broken pictures, and preprocesses those that open."""
    whole = pictures(dice)
    for _ in range(count):
        kind = dice.choice(sorted(whole))
        image = figures.attempt("picture", open_image, mutated(whole[kind], dice))
        if image is not None:
            dataset, shape = dice.choice([("mnist", (1, 28, 28)), ("cifar10", (3, 32, 32))])
            figures.attempt("opened picture", preprocess, image, dataset, shape)
            if image.width * image.height > 50_000_000:
                figures.bad.append(f"a picture of {image.size} was opened")


def make_run(dice: random.Random) -> dict[str, bytes]:
    """Returns the files of a learned run by name."""
    name, scenario = dice.choice([("replay", "class"), ("ewc", "task"), ("ncm", "class")])
    given = {"dataset": "mnist-sample", "tasks": 2, "steps": 2, "network": {"units": 20}}
    folder = run_store.create(configs.make(strategy=name, scenario=scenario, **given))
    for _event in run_store.learn(folder):
        pass
    files = {file.name: file.read_bytes() for file in folder.iterdir() if file.name[0] != "."}
    shutil.rmtree(folder)
    return files


def broken(files: dict[str, bytes], others: dict[str, bytes], dice: random.Random) -> dict:
    """Returns the files of a run with one or two of them changed, exchanged or left out."""
    changed = dict(files)
    for _ in range(dice.randint(1, 2)):
        name = dice.choice(sorted(changed))
        match dice.randrange(5):
            case 0 if name.endswith(".safetensors"):
                changed[name] = dice.choice([others.get(name, b""), changed[name][:-1]])
            case 1 if len(changed) > 2:
                ending = name.rpartition(".")[2]
                changed[name] = changed[dice.choice([n for n in changed if n.endswith(ending)])]
            case 2 | 3 if name.endswith((".json", ".jsonl")):
                changed[name] = _with_absurd_value(changed[name], dice)
            case _:
                changed[name] = mutated(changed[name], dice)
    return changed


def _with_absurd_value(content: bytes, dice: random.Random) -> bytes:
    """Returns JSON lines with one value replaced."""
    try:
        if content.startswith(b"{\n"):
            lines = [json.loads(content)]
        else:
            lines = [json.loads(line) for line in content.splitlines()]
    except ValueError:
        return content[: dice.randrange(len(content) + 1)]
    event = dice.choice(lines)
    if isinstance(event, dict) and event:
        event[dice.choice(sorted(event))] = dice.choice(ABSURD)
    return b"\n".join(json.dumps(line).encode() for line in lines) + b"\n"


def fuzz_runs(count: int, dice: random.Random, figures: Figures) -> None:
    """Reads so many broken folders of runs, in place and as zip files."""
    kinds = [make_run(dice) for _ in range(4)]
    for at in range(count):
        files = changed = dice.choice(kinds)
        while changed == files:
            changed = broken(files, dice.choice(kinds), dice)
        folder = Path(os.environ["LIFELONG_RUNS"]) / f"fuzz-{at:04d}"
        folder.mkdir()
        for name, content in changed.items():
            (folder / name).write_bytes(content)
        _read(folder, files, changed, figures)
        shutil.rmtree(folder)
        _load(changed, figures)


def _read(folder: Path, files: dict, changed: dict, figures: Figures) -> None:
    figures.attempt("list", api.run_list)
    history = figures.attempt("record", run_store.history, folder)
    if history is None:
        return
    figures.attempt("report", history.report, folder.name)
    figures.attempt("position", api.resume_position, folder.name)
    figures.attempt("files", integrity.states, folder, history)
    if figures.attempt("learned", predict.history_of_learned, folder) is None:
        return
    record_is_own = changed["record.jsonl"] == files["record.jsonl"]
    for after in range(len(history.learned)):
        name = f"task-{after}.safetensors"
        model = figures.attempt("checkpoint", predict.load, folder, after)
        if model is not None and record_is_own and changed.get(name) != files.get(name):
            figures.bad.append(f"{name} with other bytes was accepted")


def _load(changed: dict[str, bytes], figures: Figures) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in changed.items():
            archive.writestr(name, content)
    home = Path(os.environ["LIFELONG_RUNS"])
    before = sorted(home.iterdir())
    taken = figures.attempt("zip file", collection.load_zip, packed)
    if taken is None and sorted(home.iterdir()) != before:
        figures.bad.append("a refused zip file left something behind")
    if taken is not None:
        figures.attempt("loaded run", lambda: api.history(taken).report(taken))
        shutil.rmtree(home / taken)


@click.command()
@click.option("--pictures", "count", default=5000, help="Broken pictures.")
@click.option("--runs", default=2000, help="Broken folders of runs.")
@click.option("--seed", default=0, help="Of the changes.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Keeps the figures.")
def main(count: int, runs: int, seed: int, out: Path | None) -> None:
    """Prints the figures."""
    began, dice, figures = time.perf_counter(), random.Random(seed), Figures()
    warnings.simplefilter("ignore")  # of Pillow, about what is damaged
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tempfile.TemporaryDirectory() as folder:
        os.environ["LIFELONG_RUNS"] = folder
        fuzz_runs(runs, dice, figures)
        fuzz_pictures(count, dice, figures)
    grown = 1000 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - used)
    if grown > MOST_BYTES:
        figures.bad.append(f"memory grew by {grown / 1e6:.0f} MB")
    report = {
        "seed": seed,
        "pictures": count,
        "runs": runs,
        "counts": dict(sorted(figures.counts.items())),
        "bad": len(figures.bad),
        "slowest_seconds": round(figures.slowest, 2),
        "slowest": figures.slowest_of,
        "memory_grew_megabytes": round(grown / 1e6),
        "seconds": round(time.perf_counter() - began, 1),
    }
    click.echo(json.dumps(report))
    for sentence, times in Counter(figures.bad).most_common(40):
        click.echo(f"{times} x {sentence}", err=True)
    if out:
        out.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
