"""Names of the checkpoint files of a run."""

from pathlib import Path


def inference_file(folder: Path, after: int) -> Path:
    """Returns the file with the state for inference after task `after`."""
    return folder / f"task-{after}.safetensors"


def steps_file(folder: Path, task: int) -> Path:
    """Returns the file with the states for inference within task `task`, where they are saved."""
    return folder / f"steps-{task}.safetensors"


def tasks_with_steps(folder: Path, learned: int) -> tuple[int, ...]:
    """Returns those of the learned tasks that have checkpoints within."""
    return tuple(task for task in range(learned) if steps_file(folder, task).exists())


def resume_file(folder: Path, after: int) -> Path:
    """Returns the file with the state for resuming after task `after`: undo goes back to it."""
    return folder / f"resume-{after}.safetensors"


def interrupted_file(folder: Path) -> Path:
    """Returns the file with the state for resuming a run that was stopped within a task."""
    return folder / "resume.safetensors"


def summary_file(folder: Path) -> Path:
    """Returns the file with the part of a shipped run's state that its page shows; see
    `benchmarks/ship_summary.py`.
    """
    return folder / "summary.safetensors"


def pictures_file(folder: Path, task: int) -> Path:
    """Returns the file with the pictures of the class that a task of a copied run teaches."""
    return folder / f"pictures-{task}.safetensors"
