"""Runs from the Hugging Face Hub: as hostile as an upload, and read by the same reader.

The list of files is read first. Only files of a run are downloaded, of the commit that was listed,
and only if they are few and small enough.
"""

import threading
from collections.abc import Mapping
from pathlib import Path

from ..errors import LifelongError
from ..runs import archives, sources
from ..runs.folders import home
from ..runs.sources import Source
from ..storage import hub, hub_requests
from ..storage.hub import Content, ListedFile, Snapshot
from ..storage.hub_requests import Address
from ..storage.progress import Progress, Steps
from . import archive_checks, jobs
from .workshop import refusals, workshop

AT_ONCE = 2  # downloads, of all visitors; each may fill a disk and a line
_pulls = threading.BoundedSemaphore(AT_ONCE)


def pull(given: str, most_bytes: int = archives.MOST_BYTES, own_token: bool = True) -> Steps[str]:
    """Takes in the run at an address of the Hub, `owner/name[@revision]`; returns its id here.

    Yields the progress; closed before the end, it leaves nothing. most_bytes: of all files.
    own_token: whether the person who is logged in on this machine asks, not a visitor of a page.
    Raises LifelongError for an address, a repository, a revision or a run that does not fit, one
    that is here already, a Hub that cannot be reached, and while others are being loaded.
    """
    address = hub_requests.parse_address(given)
    with refusals(str(address)):
        if not _pulls.acquire(blocking=False):
            raise LifelongError(f"{AT_ONCE} others are being loaded; try again in a minute.")
        try:
            return (yield from _pull(address, most_bytes, own_token))
        finally:
            _pulls.release()


def _pull(address: Address, most_bytes: int, own_token: bool) -> Steps[str]:
    jobs.check_upload()
    yield from Progress("Asking the Hub", "B", 0).at(0)
    listing = hub.snapshot(address, own_token)
    source = Source(
        repository=address.repository, commit=listing.commit, endpoint=hub_requests.endpoint()
    )
    if (here := sources.find(source)) is not None:
        raise LifelongError(f"This version of it is here already, as {here}.")
    files = {each.path: each for each in listing.files if archives.is_file_of_run(each.path)}
    nbytes = {name: each.nbytes for name, each in files.items()}
    archives.check_list(nbytes, "The repository", most_bytes)
    name = address.repository.partition("/")[2]
    with workshop(name) as folder:
        archives.check_room(sum(nbytes.values()), folder)
        yield from _download(listing, list(files.values()), folder, own_token)
        run = archive_checks.take_in(folder, name)
    sources.write(home() / run, source)
    return run


def _download(
    listing: Snapshot, files: list[ListedFile], folder: Path, own_token: bool
) -> Steps[None]:
    total = sum(each.nbytes for each in files)
    progress, done = Progress(f"Downloading {listing.address}", "B", total), 0
    for listed in files:
        for count in hub.download(listing, listed, folder / listed.path, own_token):
            yield from progress.at(done + count)
        done += listed.nbytes
    yield from Progress("Checking the files", "B", 0).at(0)


def push(files: Mapping[str, Content], repository: str, message: str, private: bool) -> str:
    """Uploads the files of a run in one commit; returns the address of the commit.

    Files of a run that is in the repository already, and that this one does not have, are removed
    from it in the same commit: a mixture of two runs would be neither.
    """
    return hub.upload(
        repository,
        files,
        lambda name: archives.is_file_of_run(name) and name not in files,
        message,
        private=private or None,
    )


def source(run: str) -> Source:
    """Returns the source of a run that was pulled. Raises LifelongError for another run."""
    found = sources.read(home() / run)
    if found is None:
        raise LifelongError(f"The run {run[:80]} did not come from the Hub.")
    return found
