"""Work on a cluster of machines by Ray, or on the cores of this one; survives workers that die.

Ray is an extra: `pip install lifelong[ray]`. A piece of work is a generator that runs on a worker
and whose values arrive here one by one. Where its worker dies, it is started anew, with what has
arrived until then.
"""

import os
import socket
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Any

import torch

from ..data.examples import Dataset
from ..errors import LifelongError
from ..models.parts.feature_cache import FeatureSet
from ..training.setup import Prepared

HERE = "here"  # address of a cluster of this machine's cores, started for the time of the work
CONNECT_SECONDS = 10
WAIT_SECONDS = 0.2  # between two looks at whether to stop
WAITING_FOR_EACH = 2  # pieces of work submitted for each that can run at once


@dataclass(frozen=True)
class Resources:
    """Resources of a piece of work. retries: times that it is started anew after a worker died."""

    cpus: float = 1
    gpus: float = 0
    retries: int = 3


@dataclass(frozen=True)
class Lost:
    """Piece of work that was given up. reason: why its last worker died."""

    reason: str


@contextmanager
def connected(address: str = HERE, cpus: int | None = None) -> Iterator[None]:
    """Within it, the cluster at an address takes work.

    address: host:port, or auto for the one that this machine is a part of. cpus: of a cluster that
    is started here. Raises LifelongError if Ray is not installed or there is no cluster.
    """
    ray = _ray()
    started = not ray.is_initialized()
    if started:
        _connect(ray, address, cpus)
    try:
        yield
    finally:
        if started:
            ray.shutdown()


def _connect(ray: Any, address: str, cpus: int | None) -> None:
    # No question to another host, no second copy of what workers print.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    given = {"num_cpus": cpus, "include_dashboard": False} if address == HERE else {}
    try:
        _check_reachable(address)
        ray.init(
            None if address == HERE else address,
            log_to_driver=False,
            logging_level="ERROR",
            runtime_env={"env_vars": _environment()},
            **given,
        )
    except (OSError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:160]
        raise LifelongError(
            f"No Ray cluster answers at {address} ({reason}); start one with `ray start --head`, "
            "set RAY_AUTH_MODE=token if it has a token, or leave the address out to use this "
            "machine."
        ) from None


def _check_reachable(address: str) -> None:
    """Raises OSError where nothing listens at a host:port: Ray would try for many minutes."""
    host, colon, port = address.rpartition(":")
    if colon and port.isdecimal() and "/" not in address:
        socket.create_connection((host, int(port)), timeout=CONNECT_SECONDS).close()


def _environment() -> dict[str, str]:
    """Returns the variables of this process that workers need, too."""
    return {name: os.environ[name] for name in ("LIFELONG_OFFLINE",) if name in os.environ}


def stream(
    work: Callable[..., Iterator[Any]],
    jobs: Mapping[str, Callable[[], tuple[Any, ...]]],
    resources: Resources,
    stop: Callable[[], bool],
) -> Iterator[tuple[str, Any]]:
    """Yields name and value of all that the work on each job yields, in order of arrival.

    jobs: by name, what makes the arguments of the work, once for each start. A job whose workers
    die more often than it is retried ends with a value `Lost`. When `stop` says yes, work ends.
    """
    ray = _ray()
    remote = ray.remote(work).options(
        num_cpus=resources.cpus, num_gpus=resources.gpus, max_retries=0, num_returns="streaming"
    )
    waiting = deque(jobs)
    running: dict[Any, str] = {}
    starts = dict.fromkeys(jobs, 0)
    while (waiting or running) and not stop():
        room = WAITING_FOR_EACH * at_once(resources) - len(running)
        for _ in range(min(max(room, 0), len(waiting))):
            name = waiting.popleft()
            starts[name] += 1
            running[remote.remote(*jobs[name]())] = name
        for values in ray.wait(list(running), timeout=WAIT_SECONDS)[0]:
            name = running[values]
            try:
                yield name, ray.get(next(values))
            except StopIteration:
                del running[values]
            except ray.exceptions.RayTaskError as error:
                raise error.as_instanceof_cause() from None
            except ray.exceptions.RayError as error:
                del running[values]
                if starts[name] <= resources.retries:
                    waiting.appendleft(name)
                else:
                    yield name, Lost(" ".join(str(error).split())[:160])
    for values in running:
        ray.cancel(values, force=True)


def at_once(resources: Resources) -> int:
    """Returns how many pieces of work the connected cluster can do at once, at least one."""
    total = _ray().cluster_resources()
    counts = [total.get("CPU", 0) // resources.cpus]
    if resources.gpus:
        counts.append(total.get("GPU", 0) // resources.gpus)
    return max(1, int(min(counts)))


def put(prepared: Prepared) -> Any:
    """Puts images and features into the cluster's memory, from which each machine gets them once.

    Returns the reference that `get_prepared` takes.
    """
    dataset, features = _as_arrays(prepared.dataset), prepared.features
    if features is None:
        return _ray().put((dataset, None, None))
    ranges = (features.low.numpy(), features.high.numpy())
    return _ray().put((dataset, _as_arrays(features.dataset), ranges))


def get_prepared(content: tuple[Any, Any, Any]) -> Prepared:
    """Returns images and features from what `put` took; the tensors share the cluster's memory."""
    dataset, of_features, ranges = content
    images = _from_arrays(dataset)
    if of_features is None:
        return Prepared(images, None)
    low, high = (torch.from_numpy(each.copy()) for each in ranges)
    return Prepared(images, FeatureSet(_from_arrays(of_features), low, high))


def _as_arrays(dataset: Dataset) -> dict[str, Any]:
    values = {each.name: getattr(dataset, each.name) for each in fields(Dataset)}
    arrays = {n: v.numpy() if isinstance(v, torch.Tensor) else v for n, v in values.items()}
    return {**arrays, "known_digest": dataset.digest}


def _from_arrays(values: dict[str, Any]) -> Dataset:
    tensors: dict[str, Any] = {
        n: torch.from_numpy(v) if n.endswith(("images", "labels")) else v for n, v in values.items()
    }
    return Dataset(**tensors)


def _ray() -> Any:
    try:
        import ray
    except ImportError:
        raise LifelongError(
            'Ray is not installed; run: pip install "ray>=2.50", or leave out --ray.'
        ) from None
    return ray
