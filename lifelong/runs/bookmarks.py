"""Name and star that a person gave a run or a study, in a small file of its folder. No torch."""

import unicodedata
from pathlib import Path

import pydantic
from pydantic import BaseModel, ConfigDict, Field

from ..errors import LifelongError
from ..storage import atomic

FILE = "bookmark.json"
LONGEST_NAME = 60
# Unicode's categories of control, format, surrogate, private and unassigned characters and breaks.
UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
JOINER = "\u200d"  # within an emoji of several; the only invisible character that a name may have


class Bookmark(BaseModel):
    """Name and star of a run; an empty name for none. The id of the run stays as it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(default="", max_length=LONGEST_NAME)
    star: bool = False


def read(folder: Path) -> Bookmark:
    """Returns the bookmark of a run; an empty one where there is none that can be read."""
    try:
        bookmark = Bookmark.model_validate_json((folder / FILE).read_bytes())
        return bookmark if not bookmark.name or tidy_name(bookmark.name) == bookmark.name else NONE
    except (OSError, pydantic.ValidationError, LifelongError):
        return NONE  # a run is worth more than its name


NONE = Bookmark()


def write(folder: Path, bookmark: Bookmark) -> None:
    """Writes the bookmark of a run. Raises LifelongError if it cannot be written."""
    if bookmark == NONE:
        (folder / FILE).unlink(missing_ok=True)
    else:
        atomic.write_atomically(folder / FILE, bookmark.model_dump_json().encode())


def tidy_name(given: str) -> str:
    """Returns a name with single spaces between its words.

    Raises LifelongError for one that is empty, too long, or has characters that nobody sees.

    >>> tidy_name("  my   first run ")
    'my first run'
    """
    name = " ".join(filter(None, unicodedata.normalize("NFC", given).split(" ")))
    unseen = any(unicodedata.category(each) in UNSEEN for each in name.replace(JOINER, ""))
    if unseen or not 1 <= len(name) <= LONGEST_NAME:
        raise LifelongError(
            f"The name was given as {name[:LONGEST_NAME]!r}, {len(name)} characters; expected 1 to "
            f"{LONGEST_NAME}, all of which can be seen."
        )
    return name
