"""Small stand-ins of data sets, on disk and as downloads, for every kind of source."""

import gzip
import hashlib
import io
import pickle
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from lifelong.datasets.base import DatasetSpec, Source
from lifelong.datasets.readers.folder import Folder
from lifelong.datasets.readers.idx import Idx
from lifelong.datasets.readers.matlab import MatlabFiles
from lifelong.datasets.readers.torchvision_batches import CIFAR10, TorchvisionBatches
from tests.sample_files import (
    four_files,
    image_bytes,
    image_folder,
    matlab_file,
    parquet,
    place_files,
    plain,
)

Put = Callable[[Path, DatasetSpec], object]  # writes a stand-in under a root


def batches(classes: tuple[str, ...], others: dict | None = None) -> dict[str, bytes]:
    """Returns the seven pickles of torchvision's CIFAR-10 with 20 + 10 images; others: replace some
    of what is pickled.

    Image k of a split is filled with k, its label is k modulo 10.
    """

    def part(first: int, count: int) -> dict:
        values = np.arange(first, first + count)
        pixels = np.repeat(values[:, None], 3072, 1).astype(np.uint8)
        return {"data": pixels, "labels": (values % 10).tolist()}

    contents = {f"data_batch_{k + 1}": part(4 * k, 4) for k in range(5)}
    contents |= {"test_batch": part(0, 10), "batches.meta": {"label_names": list(classes)}}
    return {name: pickle.dumps(content) for name, content in (contents | (others or {})).items()}


def fine_batches(classes: tuple[str, ...], others: dict | None = None) -> dict[str, bytes]:
    """Returns the three pickles of torchvision's CIFAR-100 with 200 + 100 images; others: replace
    some of what is pickled.

    Image k of a split is filled with k, its label is k modulo 100.
    """

    def part(count: int) -> dict:
        values = np.arange(count)
        pixels = np.repeat(values[:, None], 3072, 1).astype(np.uint8)
        labels = {"fine_labels": (values % 100).tolist(), "coarse_labels": [0] * count}
        return {"data": pixels} | labels

    meta = {"fine_label_names": list(classes), "coarse_label_names": ["all"]}
    contents = {"train": part(200), "test": part(100), "meta": meta}
    return {name: pickle.dumps(content) for name, content in (contents | (others or {})).items()}


def trust(monkeypatch, source: TorchvisionBatches, files: dict[str, bytes]) -> None:
    """Replaces the checksums of torchvision's data set by those of these files."""
    from lifelong.numerics.torchvision_import import datasets as vision

    known = getattr(vision, source.dataset)
    sums = {name: hashlib.md5(content).hexdigest() for name, content in files.items()}
    for split in ("train_list", "test_list"):
        listed = [[name, sums[name]] for name, _md5 in getattr(known, split) if name in sums]
        monkeypatch.setattr(known, split, listed)
    name = known.meta["filename"]
    monkeypatch.setattr(known, "meta", known.meta | {"md5": sums[name]})


def house_numbers(count: int, zipped: bool = True) -> bytes:
    """Returns a file of SVHN: image k is filled with k, its label is k modulo 10, 10 for a 0."""
    values = np.arange(count)
    images = np.broadcast_to(values, (32, 32, 3, count)).astype(np.uint8)
    labels = np.where(values % 10, values % 10, 10).astype(np.uint8)[:, None]
    return matlab_file({"X": images, "y": labels}, zipped)


def _pixels(spec: DatasetSpec, value: int) -> np.ndarray:
    channels, height, width = spec.shape
    return plain(value, (height, width) if channels == 1 else (height, width, channels))


def _parquet(root: Path, spec: DatasetSpec, folder: Folder) -> None:
    for split, each in (("train", 2), ("test", 1)):
        count = each * len(spec.classes)
        images = [image_bytes(_pixels(spec, k)) for k in range(count)]
        labels = [k % len(spec.classes) for k in range(count)]
        parquet(root / folder.name / f"{split}-00000-of-00001.parquet", images, labels)


def _images(root: Path, spec: DatasetSpec, folder: Folder) -> None:
    files = {
        f"{split}/{name.replace('/', ' ')}/{k}.png": image_bytes(_pixels(spec, label))
        for label, name in enumerate(spec.classes)
        for split, each in (("train", 2), ("test", 1))
        for k in range(each)
    }
    image_folder(root / folder.name, files)


def layouts(source: Source, spec: DatasetSpec, monkeypatch) -> dict[str, Put]:
    """Returns the functions that write a stand-in in each layout of a source."""

    def put_batches(root: Path, spec: DatasetSpec) -> None:
        files = (batches if source == CIFAR10 else fine_batches)(spec.classes)
        trust(monkeypatch, source, files)
        image_folder(root / source.folder, files)

    match source:
        case Idx(kin, prefixes, first):
            files = four_files(prefixes, len(spec.classes), first)
            return {
                "gzip": lambda root, spec: place_files(root, files, kin=kin),
                "plain": lambda root, spec: place_files(root, files, False, kin),
            }
        case MatlabFiles(folder, names):
            files = {
                name: house_numbers(count, zipped)
                for name, count, zipped in zip(names, (20, 10), (True, False))
            }
            return {"MATLAB": lambda root, spec: image_folder(root / folder, files)}
        case Folder():
            found: dict[str, Put] = {"parquet": lambda root, spec: _parquet(root, spec, source)}
            # A folder cannot be named 'T-shirt/top'.
            if not any("/" in name for name in spec.classes):
                found["images"] = lambda root, spec: _images(root, spec, source)
            return found
        case TorchvisionBatches():
            return {"batches": put_batches}
    return {}


def archives(root: Path, spec: DatasetSpec) -> dict[str, bytes]:
    """Returns the archives of a data set as they are downloaded, from a stand-in that lies in its
    plain layout.
    """
    folder = root / spec.download.folder
    packed = {}
    for name, _checksum in spec.download.archives:
        if name.endswith(".tar.gz"):
            out = io.BytesIO()
            with tarfile.open(fileobj=out, mode="w:gz") as tar:
                for file in sorted(folder.iterdir()):
                    tar.add(file, f"{folder.name}/{file.name}")
            packed[name] = out.getvalue()
        elif name.endswith(".zip"):
            out = io.BytesIO()
            with zipfile.ZipFile(out, "w") as archive:
                archive.writestr("gzip/others.gz", b"of no use here")
                for member in spec.download.members:
                    content = gzip.compress((folder / member.removesuffix(".gz")).read_bytes())
                    archive.writestr(f"gzip/{member}", content)
            packed[name] = out.getvalue()
        elif not name.endswith(".gz"):
            packed[name] = (folder / name).read_bytes()
        else:
            packed[name] = gzip.compress((folder / name.removesuffix(".gz")).read_bytes(), mtime=0)
    return packed


def with_download(
    spec: DatasetSpec, packed: dict[str, bytes], address: str, right: bool = True
) -> DatasetSpec:
    """Returns the declaration with these archives at an address; right: whether the last checksum
    fits.
    """
    sums = {name: hashlib.md5(content).hexdigest() for name, content in packed.items()}
    if not right:
        sums[next(reversed(sums))] = 32 * "0"
    download = replace(
        spec.download,
        addresses=(address,),
        archives=tuple((name, f"md5:{digest}") for name, digest in sums.items()),
        nbytes=sum(map(len, packed.values())),
    )
    return replace(spec, download=download)
