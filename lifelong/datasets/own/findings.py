"""Findings in the files that a person brings: classes, counts, sizes, and what does not fit.

Every picture is read as a whole before it is taken. Those that can be used are written to a folder
in the layout of an image folder, under names of this project's own.
"""

import io
import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import LifelongError
from ...formatting import size
from ..readers import decoding
from ..readers.decoding import Size
from ..readers.folder import MOST_CLASSES
from .layout import SPLITS, Misfit
from .pictures import LARGEST, MOST_BYTES, Found, Picture

# Of the formats that are read, those that an image folder has.
SUFFIXES = {
    **{"PNG": ".png", "JPEG": ".jpg", "WEBP": ".webp", "GIF": ".gif"},
    **{"BMP": ".bmp", "TIFF": ".tif", "PPM": ".ppm"},
}
MOST_MISFITS = 1000  # that are named; more are only counted
TEST_SHARE = 5  # without test images, one in so many of each class is one


@dataclass(frozen=True)
class FoundClass:
    """A class with its numbers of training and test images."""

    name: str
    train: int
    test: int


@dataclass(frozen=True)
class Findings:
    """Findings in what was given.

    sizes: (width, height) of images with their number, the most frequent first. grey: number of
    grey images. misfits: what is left out, the first of them; n_misfits: how many there are.
    held_out: whether test images were taken from those that were given. shape: (channels, height,
    width) of the images once they are loaded; cropped: whether they are brought to it.
    """

    classes: tuple[FoundClass, ...]
    sizes: tuple[tuple[Size, int], ...]
    grey: int
    nbytes: int
    misfits: tuple[Misfit, ...]
    n_misfits: int
    held_out: bool
    shape: tuple[int, int, int]
    cropped: bool

    @property
    def images(self) -> int:
        """Number of images that are taken."""
        return sum(each.train + each.test for each in self.classes)

    def describe(self) -> list[str]:
        """Returns what was found as sentences, without the classes."""
        train = sum(each.train for each in self.classes)
        split = f"{train:,} for training and {self.images - train:,} for testing"
        if self.held_out:
            split += f", every {TEST_SHARE}th of a class held out"
        grey = {0: "in colour", self.images: "grey"}.get(self.grey, f"{self.grey:,} of them grey")
        (width, height), most = self.sizes[0]
        sizes = f"all of {width} x {height} pixels"
        if len(self.sizes) > 1:
            sizes = f"of {len(self.sizes):,} sizes, most often {width} x {height} ({most:,})"
        _, high, wide = self.shape
        use = f"They are resized and cropped to {wide} x {high} when they are loaded."
        return [
            f"{_classes(len(self.classes))}, {self.images:,} images: {split}.",
            f"The images are {sizes}, {grey}; {size(self.nbytes)}.",
            use if self.cropped else "They are used as they are.",
        ]


@dataclass
class _Collected:
    """Findings so far, by class and split."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    sizes: dict[tuple[str, str], list[Size]] = field(default_factory=dict)
    grey: Counter[str] = field(default_factory=Counter)
    nbytes: Counter[str] = field(default_factory=Counter)
    misfits: list[Misfit] = field(default_factory=list)
    n_misfits: int = 0

    def leave_out(self, misfit: Misfit) -> None:
        """Notes what is left out."""
        self.n_misfits += 1
        if len(self.misfits) < MOST_MISFITS:
            self.misfits.append(misfit)


def sort_into(folder: Path | None, found: Iterable[Found]) -> Findings:
    """Writes all pictures that can be used to a folder and returns what was found.

    folder: None writes nothing. Without test images every fifth of each class is one. Raises
    LifelongError where fewer than two classes can be used, and for more than can be taken.
    """
    collected, splits = _Collected(), set()
    for each in found:
        if isinstance(each, Misfit):
            collected.leave_out(each)
        else:
            splits.add(each.slot.split)
            _take(folder, each, collected)
    complete = _complete(folder, collected)
    return _findings(collected, complete, held_out="" in splits)


def _take(folder: Path | None, picture: Picture, collected: _Collected) -> None:
    """Writes a picture that can be read, or notes why it cannot."""
    content, name = picture.read(), picture.slot.name
    if len(content) > LARGEST:
        collected.leave_out(Misfit(picture.where, f"has more than {size(LARGEST)}."))
        return
    try:
        facts = decoding.examine(picture.where, io.BytesIO(content))
    except LifelongError as error:
        collected.leave_out(Misfit(picture.where, str(error).removeprefix(f"{picture.where} ")))
        return
    if facts.format not in SUFFIXES:
        words = f"is {facts.format or 'of an unknown format'}; save it as PNG or JPEG."
        collected.leave_out(Misfit(picture.where, words))
        return
    of_class = collected.counts["train", name] + collected.counts["test", name]
    # The second of five: a class of two pictures has one to test with.
    split = picture.slot.split or ("test" if of_class % TEST_SHARE == 1 else "train")
    if not of_class and len({each for _, each in collected.counts}) >= MOST_CLASSES:
        raise LifelongError(f"There are more than {MOST_CLASSES:,} classes; give fewer.")
    collected.counts[split, name] += 1
    collected.sizes.setdefault((split, name), []).append(facts.size)
    collected.grey[name] += facts.grey
    collected.nbytes[name] += len(content)
    if collected.nbytes.total() > MOST_BYTES:
        raise LifelongError(f"The images have more than {size(MOST_BYTES)}; give fewer of them.")
    if folder is None:
        return
    target = folder / split / name
    target.mkdir(parents=True, exist_ok=True)
    (target / f"{of_class:06}{SUFFIXES[facts.format]}").write_bytes(content)


def _complete(folder: Path | None, collected: _Collected) -> list[str]:
    """Returns the classes with training and test images; removes the others."""
    names = sorted({name for _, name in collected.counts})
    complete = []
    for name in names:
        lacking = [split for split in SPLITS if not collected.counts[split, name]]
        if not lacking:
            complete.append(name)
            continue
        words = f"has no images in {lacking[0]}; each class needs some in train and in test."
        if collected.counts["train", name] == 1:
            words = "has one image; a class needs at least two, one of them to test with."
        collected.leave_out(Misfit(f"The class {name}", words))
        if folder is not None:
            for split in SPLITS:
                shutil.rmtree(folder / split / name, ignore_errors=True)
    if len(complete) < 2:
        raise LifelongError(_too_few(complete, collected))
    return complete


def _too_few(complete: list[str], collected: _Collected) -> str:
    """Returns why nothing can be made of what was given, one sentence."""
    number = _classes(len(complete)) if complete else "no class"
    example = f" ({collected.misfits[0].sentence.rstrip('.')})" if collected.misfits else ""
    return (
        f"There is {number} with images in it{example}; give at least two, such as folders of "
        "images named cat and dog."
    )


def _classes(count: int) -> str:
    return f"{count:,} class{'es' if count != 1 else ''}"


def _findings(collected: _Collected, names: list[str], held_out: bool) -> Findings:
    sizes = {
        split: [each for name in names for each in collected.sizes[split, name]] for split in SPLITS
    }
    grey = sum(collected.grey[name] for name in names)
    images = sum(map(len, sizes.values()))
    target = decoding.common_shape(sizes["train"], sizes["test"], grey == images)
    return Findings(
        classes=tuple(
            FoundClass(name, *(collected.counts[split, name] for split in SPLITS)) for name in names
        ),
        sizes=tuple(Counter(sizes["train"] + sizes["test"]).most_common()),
        grey=grey,
        nbytes=sum(collected.nbytes[name] for name in names),
        misfits=tuple(collected.misfits),
        n_misfits=collected.n_misfits,
        held_out=held_out,
        shape=target.shape,
        cropped=target.cropped,
    )
