"""Sentences of the Your data page. Pure functions."""

import re
from pathlib import PurePath

from lifelong.api import own_data
from lifelong.formatting import plural

GIVE = (
    "A zip file with a folder of images for each class, parquet files with columns `image` and "
    "`label`, or images that are named after their class, such as `cat-1.png` and `dog-1.png`."
)
AFTER = (
    "The files are read and shown here first. Nothing is trained, and nothing is kept, before you "
    "say so."
)
READING = "Reading every image …"
NAME = "Letters a to z, digits and . _ -."
GROUPS = (
    "A network will learn these tasks one after the other. Drag a class to another task, or choose "
    "its task beside it."
)
NOT_A_NAME = re.compile(r"[^A-Za-z0-9._-]+")


def name_of(file: str, count: int) -> str:
    """Returns the name that a data set of these files is given at first.

    >>> name_of("My Pets (2).zip", 1), name_of("cat-1.png", 3), name_of("???.zip", 1)
    ('My-Pets-2', 'my-images', 'my-images')
    """
    stem = NOT_A_NAME.sub("-", PurePath(file).stem).strip("-._")[:50]
    return stem if stem and count == 1 else "my-images"


def about_name(public: bool) -> str:
    """Returns what a name may be made of, and who sees it. public: whether strangers are here."""
    if public:
        return f"{NAME} The data set is listed under it and a random number, for you alone."
    return f"{NAME} The data set is listed under it, for everybody here."


def several(count: int) -> str:
    """Returns what a data set came from that came in several files."""
    return f"{count} files"


def counts(each: own_data.FoundClass) -> str:
    """Returns the numbers of images of a class."""
    return f"{each.train:,} for training, {each.test:,} for testing"


def left_out(count: int) -> str:
    """Returns the heading of what does not fit.

    >>> left_out(1), left_out(2000)
    ('1 file or class is left out', '2,000 files or classes are left out')
    """
    if count == 1:
        return "1 file or class is left out"
    return f"{count:,} files or classes are left out"


def more(count: int) -> str:
    """Returns a sentence about misfits that are not named."""
    return f"And {count:,} more."


def alt(name: str, count: int) -> str:
    """Returns the words for example images of a class."""
    return f"{plural(count, 'example image')} of {name}"


def removed(name: str, runs: int) -> str:
    """Returns a sentence about a data set that was removed."""
    if not runs:
        return f"{name} is removed."
    stay = "The run" if runs == 1 else f"The {runs:,} runs"
    verb = "stays" if runs == 1 else "stay"
    return (
        f"{name} is removed. {stay} that learned from it {verb}, with curves and predictions; "
        "what needs its images will say that they are gone."
    )


def about_removal(name: str, runs: int) -> str:
    """Returns what removing a data set does, before it is done."""
    use = f" {plural(runs, 'run')} learned from it and will stay." if runs else ""
    return f"Its images are deleted for good.{use} This cannot be undone."
