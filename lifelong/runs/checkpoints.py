"""Names of the checkpoint files of a run."""

from pathlib import Path


def inference_file(folder: Path, after: int) -> Path:
    """The file with what `scores` needs after task `after`."""
    return folder / f"task-{after}.safetensors"


def resume_file(folder: Path, after: int) -> Path:
    """The file with what learning on needs after task `after`: what undo goes back to."""
    return folder / f"resume-{after}.safetensors"


def interrupted_file(folder: Path) -> Path:
    """The file with what learning on needs, of a run that was stopped within a task."""
    return folder / "resume.safetensors"
