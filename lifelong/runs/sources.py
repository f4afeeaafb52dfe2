"""Source of a run that came from the Hugging Face Hub, in a small file of its folder. No torch.

It is not among the files that a run is exchanged with: only this machine knows where it fetched it.
"""

from pathlib import Path

import pydantic
from pydantic import BaseModel, ConfigDict

from ..storage import atomic, owners
from .folders import home

FILE = "source.json"


class Source(BaseModel):
    """Repository and commit that a run was fetched from. endpoint: address of the Hub."""

    model_config = ConfigDict(frozen=True)

    repository: str
    commit: str
    endpoint: str

    def __str__(self) -> str:
        return f"{self.repository}@{self.commit[:7]}"


def read(folder: Path) -> Source | None:
    """Returns the source of a run; None for one that was made here or has no readable one."""
    try:
        return Source.model_validate_json((folder / FILE).read_bytes())
    except (OSError, pydantic.ValidationError):
        return None


def write(folder: Path, source: Source) -> None:
    """Writes the source of a run. Raises LifelongError if it cannot be written."""
    atomic.write_atomically(folder / FILE, source.model_dump_json().encode())


def find(source: Source) -> str | None:
    """Returns the id of the run that came from this source, None where it is not here."""
    for folder in owners.listed(file.parent for file in home().glob(f"*/{FILE}")):
        if read(folder) == source:
            return folder.name
    return None
