"""Command `space`: a folder that becomes a Hugging Face Space when it is pushed there."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import rich_click as click

from ..errors import LifelongError
from ..formatting import plural, size
from ..storage import shipped

ROOT = Path(__file__).parents[2]
FOLDERS = ("app", "lifelong")
FILES = ("requirements.txt", "LICENSE", "docs/glossary.md")  # the pages explain its terms
LEFT_OUT = ("__pycache__", "*.pyc", "*.pyi", ".DS_Store")
# Files that the Hub takes only by LFS: all that are not text.
BY_LFS = (".safetensors", ".npz", ".png")
SDKS = {"docker": ("Dockerfile",), "gradio": ("spaces/gradio/app.py",)}
CPU_INDEX = "--extra-index-url https://download.pytorch.org/whl/cpu"
TORCH = "torch=="  # PyPI's build needs gigabytes of CUDA


@click.command()
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--sdk",
    type=click.Choice(list(SDKS)),
    required=True,
    help="Docker: the app in an image of its own. Gradio: on the Hub's image for Gradio.",
)
def space(out: Path, sdk: str) -> None:
    """Assemble a Hugging Face Space in the folder OUT: the app with all that ships.

    Push OUT to a repository of a Space, with git-lfs or `hf upload`. It works in a checkout only:
    the package has no app.
    """
    write(out, sdk)
    parts: dict[str, int] = {}
    for path, nbytes in sizes(out):
        parts[path.parts[0]] = parts.get(path.parts[0], 0) + nbytes
    for name, nbytes in parts.items():
        print(f"{name:<24} {size(nbytes)}")
    count = sum(1 for _ in sizes(out))
    print(f"{out} has a {sdk} Space: {plural(count, 'file')}, {size(sum(parts.values()))}.")


def write(out: Path, sdk: str) -> None:
    """Writes the files of a Space to an empty folder.

    Raises LifelongError outside a checkout, for a folder that is not empty, and for one that cannot
    be written.
    """
    if not (ROOT / SDKS["gradio"][0]).is_file():
        raise LifelongError(
            "A Space is assembled from a checkout of the project, which has the app; this is the"
            " package alone. Clone the project and call it there."
        )
    for file in shipped.files():
        if not (shipped.FOLDER / file.path).is_file():
            raise LifelongError(f"checkpoints/{file.path} is missing; restore it from the project.")
    try:
        out.mkdir(parents=True, exist_ok=True)
        if any(out.iterdir()):
            raise LifelongError(f"The folder {out} was given, but it is not empty; give another.")
        _copy(out, sdk)
    except OSError as error:
        raise LifelongError(
            f"{out} could not be written ({error.strerror}); give another folder."
        ) from None


def _copy(out: Path, sdk: str) -> None:
    left_out = shutil.ignore_patterns(*LEFT_OUT)
    for name in FOLDERS:
        shutil.copytree(ROOT / name, out / name, ignore=left_out)
    (out / "docs").mkdir()
    for name in FILES:
        shutil.copyfile(ROOT / name, out / name)
    for name in (f"spaces/{sdk}/README.md", *SDKS[sdk]):
        shutil.copyfile(ROOT / name, out / Path(name).name)
    for file in shipped.files():
        target = out / "checkpoints" / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(shipped.FOLDER / file.path, target)
    if sdk == "gradio":  # where no Dockerfile says from which index
        lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
        own = [f"{line}+cpu" if line.startswith(TORCH) else line for line in lines]
        (out / "requirements.txt").write_text("\n".join([CPU_INDEX, *own, ""]), "utf-8")
    rules = [f"*{suffix} filter=lfs diff=lfs merge=lfs -text" for suffix in BY_LFS]
    (out / ".gitattributes").write_text("\n".join([*rules, ""]), "utf-8")


def sizes(folder: Path) -> Iterator[tuple[Path, int]]:
    """Yields each file of a folder, by its path within it, and its bytes."""
    for parent, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            path = Path(parent) / name
            yield path.relative_to(folder), path.stat().st_size
