"""Download of a data set: archives with checksums, unpacked whole or not at all. No torch."""

import gzip
import os
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..events import Loading
from . import downloads
from .progress import Progress


@dataclass(frozen=True)
class Download:
    """Download of a data set.

    folder: of its files, under the download folder. addresses: of the archives, tried in this
    order.
    archives: names with checksums, "md5:..." or "sha256:..."; `*.gz`, `*.tar.gz` and `*.zip` are
    unpacked, others are files of the data set. nbytes: of all. members: names of the files that are
    unpacked from a zip file, without its folders.
    """

    folder: str
    addresses: tuple[str, ...]
    archives: tuple[tuple[str, str], ...]
    nbytes: int
    members: tuple[str, ...] = ()

    def fetch(self, title: str) -> Iterator[Loading]:
        """Downloads and unpacks all archives into the folder, whole or not at all.

        title: of the data set. Raises OSError if they cannot be downloaded or written.
        """
        folder = downloads.cache_folder() / self.folder
        folder.mkdir(parents=True, exist_ok=True)
        progress = Progress(f"Downloading {title}", "B", self.nbytes)
        yield from progress.at(0)
        with tempfile.TemporaryDirectory(dir=folder) as temporary:
            done = 0
            for name, checksum in self.archives:
                archive = Path(temporary) / name
                urls = [f"{address}{name}" for address in self.addresses]
                for count in downloads.fetch(urls, archive, checksum):
                    yield from progress.at(done + count)
                done += archive.stat().st_size
            yield from Progress(f"Unpacking {title}", "B", 0).at(0)
            unpacked = [
                file
                for name, _ in self.archives
                for file in _unpack(Path(temporary) / name, self.members)
            ]
            for file in unpacked:
                os.replace(file, folder / file.name)


def _unpack(archive: Path, members: tuple[str, ...]) -> list[Path]:
    """Unpacks an archive next to itself; returns the files. Raises OSError for a damaged one."""
    try:
        if archive.name.endswith(".tar.gz"):
            with tarfile.open(archive) as packed:
                packed.extractall(archive.parent, filter="data")
                return [archive.parent / member.name for member in packed if member.isfile()]
        if archive.suffix == ".zip":
            return _unpack_zip(archive, members)
        if archive.suffix != ".gz":
            return [archive]
        file = archive.with_suffix("")
        with gzip.open(archive) as packed, open(file, "wb") as out:
            shutil.copyfileobj(packed, out)
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error) as error:
        raise OSError(f"{archive.name} is damaged") from error
    return [file]


def _unpack_zip(archive: Path, members: tuple[str, ...]) -> list[Path]:
    """Unpacks the files of these names from a zip file, next to it, and what is packed in them."""
    with zipfile.ZipFile(archive) as packed:
        found = {name.rpartition("/")[2]: name for name in packed.namelist()}
        if missing := set(members) - found.keys():
            raise OSError(f"{archive.name} lacks {min(missing)}")
        for member in members:
            with packed.open(found[member]) as file, open(archive.parent / member, "wb") as out:
                shutil.copyfileobj(file, out)
    return [file for member in members for file in _unpack(archive.parent / member, ())]
