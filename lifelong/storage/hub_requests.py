"""Hugging Face Hub: addresses of repositories, further attempts, and errors as sentences."""

import contextlib
import importlib.util
import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from ..errors import LifelongError
from . import downloads

T = TypeVar("T")
NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}"
ADDRESS = re.compile(rf"({NAME}/{NAME})(?:@([A-Za-z0-9][A-Za-z0-9._/-]{{0,199}}))?")
PREFIX = "https://huggingface.co/"  # of an address as a browser shows it
PAUSES = (1.0, 2.0, 4.0)  # seconds before each further attempt
PASSING = (408, 429, 500, 502, 503, 504)  # states of a server that pass


@dataclass(frozen=True)
class Address:
    """Address of a repository: `owner/name`, and the branch, tag or commit, if one was given."""

    repository: str
    revision: str | None = None

    def __str__(self) -> str:
        return f"{self.repository}@{self.revision}" if self.revision else self.repository


def parse_address(text: str) -> Address:
    """Returns the address that a person gave. Raises LifelongError for anything else.

    >>> parse_address("https://huggingface.co/ann/my-run/"), str(parse_address("ann/my-run@v1"))
    (Address(repository='ann/my-run', revision=None), 'ann/my-run@v1')
    """
    given = text.strip().removeprefix(PREFIX).rstrip("/")
    found = ADDRESS.fullmatch(given)
    if not found or ".." in given:
        raise LifelongError(
            f"{text.strip()[:80]!r} is no address on the Hub; expected owner/name or"
            " owner/name@revision."
        )
    return Address(found[1], found[2])


def endpoint() -> str:
    """Returns the address of the Hub: HF_ENDPOINT, by default https://huggingface.co."""
    return (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")


def require() -> None:
    """Raises LifelongError where huggingface_hub is missing."""
    if importlib.util.find_spec("huggingface_hub") is None:
        raise LifelongError(
            "huggingface_hub, which speaks to the Hub, is not installed; run: pip install"
            " huggingface_hub."
        )


def retried(work: Callable[[], T]) -> T:
    """Returns what work returns; repeats it while the server or the connection fails in passing."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError

    for pause in PAUSES:
        try:
            return work()
        except HfHubHTTPError as error:
            if error.response.status_code not in PASSING:
                raise
        except (httpx2.TransportError, RuntimeError) as error:
            if not _is_passing(error):
                raise
        time.sleep(pause)
    return work()


def _is_passing(error: BaseException) -> bool:
    """Returns whether an error is one of a connection, or was made from one by the library.

    Where none could be made there is no network, and will not be one in a second.
    """
    import httpx2

    unreachable = (httpx2.ConnectError, httpx2.ConnectTimeout)
    found = [each for each in (error, error.__cause__) if isinstance(each, httpx2.TransportError)]
    return bool(found) and not any(isinstance(each, unreachable) for each in found)


@contextlib.contextmanager
def sentences(address: Address, own_token: bool) -> Iterator[None]:
    """Turns every error of the Hub, of the library and of the network into one LifelongError."""
    require()
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled

    if downloads.offline():
        raise LifelongError("The Hub is not asked: LIFELONG_OFFLINE forbids it; unset it.")
    try:
        yield
    except LifelongError:
        raise
    except OfflineModeIsEnabled:
        raise LifelongError(
            "The Hub is not asked: HF_HUB_OFFLINE is set; unset it first."
        ) from None
    except HfHubHTTPError as error:
        raise LifelongError(_refusal(error, address, own_token)) from None
    except httpx2.HTTPError:
        raise LifelongError(
            f"The Hub at {endpoint()} cannot be reached; check the network and try again."
        ) from None
    except OSError as error:
        raise LifelongError(f"A file could not be written ({error.strerror}); make room.") from None
    except HFValidationError:
        raise LifelongError(
            f"{address} is no address on the Hub: it takes no two hyphens or dots in a row and no"
            " .git at the end."
        ) from None
    except RuntimeError:  # of the library's threads and of its compiled part
        raise LifelongError(
            f"The files of {address} could not be sent or fetched; check the network and try again."
        ) from None
    except (ValueError, KeyError, TypeError):
        raise LifelongError(
            f"The answer of {endpoint()} about {address} is none that the Hub gives; try again."
        ) from None


def _refusal(error: Any, address: Address, own_token: bool) -> str:
    """Returns a sentence about an answer of the Hub that is an error."""
    from huggingface_hub import errors

    status, log_in = error.response.status_code, ", or log in with `hf auth login`"
    match error:
        case errors.GatedRepoError():
            return f"{address.repository} is only for those who agree to its terms on the Hub."
        case errors.RepositoryNotFoundError():
            return (
                f"There is no repository {address.repository} on the Hub, or it is private; check"
                f" the name{log_in if own_token else ''}."
            )
        case errors.RevisionNotFoundError():
            return (
                f"{address.repository} has no revision {address.revision}; give a branch, a tag or"
                " a commit of it, or none for the newest."
            )
    if status in (401, 403):
        return (
            f"The Hub does not let you do this with {address.repository} (status {status}); log in"
            " with `hf auth login` and a token that may."
        )
    if status in PASSING:
        return f"The Hub is too busy or does not work (status {status}); try again in a while."
    return f"The Hub refused {address} (status {status}); try again, or look at it in a browser."
