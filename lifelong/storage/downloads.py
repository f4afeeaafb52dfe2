"""Downloads files over HTTP: checked, whole or not at all, with reports of progress."""

import os
import socket
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

TIMEOUT = 15  # seconds without an answer before a download is given up
CHUNK = 1 << 16  # bytes between two reports


class DownloadError(OSError):
    """No address delivered the file: no network, a refusal, a cut-off or a wrong checksum."""


def cache_folder() -> Path:
    """Returns the download folder: `$LIFELONG_CACHE`, by default `~/.cache/lifelong`."""
    return Path(os.environ.get("LIFELONG_CACHE") or Path.home() / ".cache" / "lifelong")


def offline() -> bool:
    """Returns whether LIFELONG_OFFLINE forbids downloads."""
    return bool(os.environ.get("LIFELONG_OFFLINE"))


@contextmanager
def patience(seconds: float = TIMEOUT) -> Iterator[None]:
    """Sets the process-wide timeout of sockets within it."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def fetch(
    addresses: Sequence[str],
    file: Path,
    checksum: str,
    report: Callable[[int], object] = lambda done: None,
) -> None:
    """Downloads a file from the first address that delivers it, whole or not at all.

    checksum: algorithm and digest, "md5:..." or "sha256:..."; a digest may be only the first
    digits, as in the names of torchvision's weights. report: is called with the bytes so far; an
    exception that it raises ends the download. Raises DownloadError, or OSError if the file cannot
    be written.
    """
    if offline():
        raise DownloadError("LIFELONG_OFFLINE forbids downloads")
    file.parent.mkdir(parents=True, exist_ok=True)
    for number, address in enumerate(addresses, 1):
        # Beside its final name, then renamed: half a download is never taken for the file.
        with tempfile.TemporaryDirectory(dir=file.parent) as beside:
            try:
                _fetch(address, Path(beside) / file.name, checksum, report)
            except DownloadError:
                if number == len(addresses):
                    raise
            else:
                os.replace(Path(beside) / file.name, file)
                return


def _fetch(address: str, file: Path, checksum: str, report: Callable[[int], object]) -> None:
    import pooch  # with requests it takes a third of a second to import, and is seldom needed
    import requests

    downloader = pooch.HTTPDownloader(
        progressbar=_Progress(report),
        chunk_size=CHUNK,
        timeout=TIMEOUT,
        headers={"Accept-Encoding": "identity"},  # the checksum is that of the file as it is stored
    )
    try:
        downloader(address, str(file), None)
    except requests.RequestException as error:
        raise DownloadError(f"{address} could not be downloaded: {error}") from error
    algorithm, _, digest = checksum.partition(":")
    if not pooch.file_hash(str(file), alg=algorithm).startswith(digest):
        raise DownloadError(f"{address} has another checksum than {checksum}")


class _Progress:
    """Progress bar as pooch calls it: reports the bytes so far, never more than there are."""

    def __init__(self, report: Callable[[int], object]) -> None:
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
