"""Hugging Face Hub: the files of a repository listed, downloaded and uploaded.

Through `huggingface_hub`, which is imported where it is needed: it is an extra, and takes a third
of a second. Whatever the Hub or the network refuses becomes one LifelongError. A token comes only
from `hf auth login` or HF_TOKEN; nothing here takes one as an argument.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import LifelongError
from . import downloads
from .hub_requests import Address, endpoint, retried, sentences

if TYPE_CHECKING:
    from huggingface_hub import HfApi

Content = Path | bytes  # of a file to upload
COMMIT = re.compile(r"[0-9a-f]{40}")
DIGEST = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
TIMEOUT = 20  # seconds without an answer before a connection is given up
MOST_LISTED = 10_000  # files of a repository


@dataclass(frozen=True)
class ListedFile:
    """A file in a list of the Hub. digest: its SHA-256, or its SHA-1 as Git computes it."""

    path: str
    nbytes: int
    digest: str


@dataclass(frozen=True)
class Snapshot:
    """The files of a repository at one commit."""

    address: Address
    commit: str
    files: tuple[ListedFile, ...]


def snapshot(address: Address, own_token: bool = True) -> Snapshot:
    """Returns the files of a repository as they are listed at this moment.

    own_token: whether the person who is logged in asks, so that private repositories are seen.
    """
    with sentences(address, own_token):
        info = retried(
            lambda: _api().model_info(
                address.repository,
                revision=address.revision,
                files_metadata=True,
                timeout=TIMEOUT,
                token=None if own_token else False,
            )
        )
        listed = info.siblings or []
        if len(listed) > MOST_LISTED or not COMMIT.fullmatch(str(info.sha)):
            raise ValueError(f"{len(listed)} files at commit {info.sha}")
        return Snapshot(address, str(info.sha), tuple(_listed(each) for each in listed))


def _listed(sibling: Any) -> ListedFile:
    """Returns a file of a list. Raises ValueError for one without a size or a checksum."""
    digest = sibling.lfs["sha256"] if sibling.lfs else sibling.blob_id
    if not isinstance(sibling.size, int) or sibling.size < 0 or not DIGEST.fullmatch(digest or ""):
        raise ValueError(f"{sibling.rfilename} without size or checksum")
    return ListedFile(str(sibling.rfilename), sibling.size, digest)


def download(
    listing: Snapshot, listed: ListedFile, target: Path, own_token: bool = True
) -> Iterator[int]:
    """Downloads a listed file of the listed commit; yields the bytes so far.

    Not a byte more than was listed is written, and what arrives has the listed checksum. Closing
    the iterator ends the download.
    """

    def work(report: Callable[[int], None]) -> None:
        with sentences(listing.address, own_token):
            retried(lambda: _stream(listing, listed, target, own_token, report))

    yield from downloads.in_thread(work)


def _stream(
    listing: Snapshot,
    listed: ListedFile,
    target: Path,
    own_token: bool,
    report: Callable[[int], None],
) -> None:
    from huggingface_hub import get_session, hf_hub_url
    from huggingface_hub.utils import build_hf_headers, hf_raise_for_status

    url = hf_hub_url(
        listing.address.repository, listed.path, revision=listing.commit, endpoint=endpoint()
    )
    headers = build_hf_headers(token=None if own_token else False)
    headers["Accept-Encoding"] = "identity"  # the size is that of the file as it is stored
    digest, done = _digest_of(listed), 0
    with get_session().stream("GET", url, headers=headers, timeout=TIMEOUT) as response:
        hf_raise_for_status(response)
        with open(target, "wb") as out:
            for chunk in response.iter_bytes(downloads.CHUNK):
                done += len(chunk)
                if done > listed.nbytes:
                    break
                out.write(chunk)
                digest.update(chunk)
                report(done)
    if done != listed.nbytes or digest.hexdigest() != listed.digest:
        raise LifelongError(
            f"{listed.path} arrived as another file than {listing.address} lists; try it again."
        )


def _digest_of(listed: ListedFile) -> Any:
    """Returns the begun checksum of a file: SHA-256, or Git's SHA-1 of its size and content."""
    if len(listed.digest) == 64:
        return hashlib.sha256()
    return hashlib.sha1(b"blob %d\0" % listed.nbytes, usedforsecurity=False)


def upload(
    repository: str,
    files: Mapping[str, Content],
    is_stale: Callable[[str], bool],
    message: str,
    private: bool | None = None,
) -> str:
    """Uploads files in one commit, to a new repository where there is none; returns its address.

    is_stale: whether a file that is there is removed, by its name. private: of a new repository. An
    attempt is repeated without harm: what is there already is not sent again.
    """
    address = Address(repository)
    with sentences(address, own_token=True):
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete

        token = _own_token()
        retried(lambda: _api().create_repo(repository, exist_ok=True, private=private, token=token))
        stale = [each.path for each in snapshot(address).files if is_stale(each.path)]
        operations: list[CommitOperationAdd | CommitOperationDelete] = [
            *(CommitOperationAdd(name, content) for name, content in files.items()),
            *(CommitOperationDelete(name, is_folder=False) for name in stale),
        ]
        info = retried(
            lambda: _api().create_commit(
                repository, operations, commit_message=message, token=token
            )
        )
    return info.commit_url


def _own_token() -> str:
    from huggingface_hub import get_token

    token = get_token()
    if not token:
        raise LifelongError(
            "Uploading needs your token of the Hub; log in with `hf auth login`, or set HF_TOKEN."
        )
    return token


def _api() -> "HfApi":
    from huggingface_hub import HfApi

    return HfApi(endpoint=endpoint())
