"""Names of the checkpoint files of a run."""

from pathlib import Path


def answering(folder: Path, after: int) -> Path:
    """The file with what `scores` needs after task `after`."""
    return folder / f"task-{after}.safetensors"


def learned(folder: Path, after: int) -> Path:
    """The file with what learning on needs after task `after`: what undo goes back to."""
    return folder / f"resume-{after}.safetensors"


def within(folder: Path) -> Path:
    """The file with what learning on needs, of a run that was stopped within a task."""
    return folder / "resume.safetensors"
