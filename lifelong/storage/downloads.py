"""Downloads files over HTTP: checked, whole or not at all, as a stream of progress."""

import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path

from .progress import PERIOD

TIMEOUT = 15  # seconds without an answer before a connection is given up
CHUNK = 1 << 16  # bytes between two reports


class DownloadError(OSError):
    """Failure of a download: no network, an error of the server, a cut-off, a wrong checksum."""


def cache_folder() -> Path:
    """Returns the download folder: `$LIFELONG_CACHE`, by default `~/.cache/lifelong`."""
    return Path(os.environ.get("LIFELONG_CACHE") or Path.home() / ".cache" / "lifelong")


def offline() -> bool:
    """Returns whether LIFELONG_OFFLINE forbids downloads."""
    return bool(os.environ.get("LIFELONG_OFFLINE"))


def fetch(addresses: Sequence[str], file: Path, checksum: str) -> Iterator[int]:
    """Downloads a file from the first address that delivers it, whole or not at all.

    Yields the bytes so far, every PERIOD seconds even if the server is silent. Closing the iterator
    ends the download. checksum: algorithm and digest, "md5:..." or "sha256:..."; a digest may be
    only the first digits, as in the names of torchvision's weights. Raises DownloadError, or
    OSError if the file cannot be written.
    """
    if offline():
        raise DownloadError("LIFELONG_OFFLINE forbids downloads")
    file.parent.mkdir(parents=True, exist_ok=True)
    for number, address in enumerate(addresses, 1):
        try:
            yield from in_thread(partial(_fetch, address, file, checksum))
        except DownloadError:
            if number == len(addresses):
                raise
        else:
            return


def has_checksum(file: Path, checksum: str) -> bool:
    """Returns whether a file has this checksum, given as for `fetch`."""
    import pooch  # with requests it takes a third of a second to import, and is seldom needed

    algorithm, _, digest = checksum.partition(":")
    actual: str = pooch.file_hash(str(file), alg=algorithm)
    return actual.startswith(digest)


def _fetch(address: str, file: Path, checksum: str, report: Callable[[int], None]) -> None:
    """Downloads a file from one address and reports the bytes so far."""
    import pooch
    import requests

    downloader = pooch.HTTPDownloader(
        progressbar=_ProgressBar(report),
        chunk_size=CHUNK,
        timeout=TIMEOUT,
        headers={"Accept-Encoding": "identity"},  # the checksum is that of the file as it is stored
    )
    # Beside its final name, then renamed: half a download is never taken for the file.
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        partial_file = Path(folder) / file.name
        try:
            downloader(address, str(partial_file), None)
        except requests.RequestException as error:
            raise DownloadError(f"{address} could not be downloaded: {error}") from error
        if not has_checksum(partial_file, checksum):
            raise DownloadError(f"{address} has another checksum than {checksum}")
        os.replace(partial_file, file)


def in_thread(work: Callable[[Callable[[int], None]], None]) -> Iterator[int]:
    """Yields the latest number that work reports, every PERIOD seconds until it ends.

    Raises what it raises. Closing the iterator ends the work at its next report.
    """
    latest = 0
    cancelled = threading.Event()

    def report(number: int) -> None:
        nonlocal latest
        if cancelled.is_set():
            raise CancelledError
        latest = number

    pool = ThreadPoolExecutor(1, "download")
    future = pool.submit(work, report)
    try:
        while not future.done():
            wait([future], PERIOD)
            yield latest
        future.result()
    finally:
        cancelled.set()
        pool.shutdown(wait=False)


class _ProgressBar:
    """Progress bar as pooch calls it: reports the bytes so far, never more than there are."""

    def __init__(self, report: Callable[[int], None]) -> None:
        self.report = report
        self.total = self.done = 0

    def update(self, count: int) -> None:
        """Reports so many bytes more; pooch counts the last chunk as a full one."""
        self.done = min(self.done + count, self.total or self.done + count)
        self.report(self.done)

    def reset(self) -> None:
        """Begins to count anew, as pooch does at the end of a file before it reports the whole."""
        self.done = 0

    def close(self) -> None:
        """Ends the reports."""
