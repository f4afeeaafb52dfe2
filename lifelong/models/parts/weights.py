"""Where a backbone's weights come from: those that ship with the project, torchvision's of
ImageNet, or a file of one's own.
"""

import contextlib
import hashlib
import sys
import time
from dataclasses import dataclass
from functools import lru_cache
from http.client import HTTPException
from pathlib import Path
from pickle import UnpicklingError

import torch
from torch import Tensor, nn

from ...errors import LifelongError
from ...storage import tensor_files
from ...storage.downloads import TIMEOUT, cache_folder, offline, patience

SHIPPED = Path(__file__).parents[3] / "checkpoints" / "backbones"


@dataclass(frozen=True)
class Weights:
    """tensors: by torchvision's names, without the classifier. stem: what they were made with.
    digest: tells them from others.
    """

    description: str
    stem: str
    fingerprint: str
    tensors: dict[str, Tensor]

    def load_into(self, network: nn.Module, architecture: str) -> None:
        """Takes them over; raises LifelongError naming the first tensor that does not fit."""
        own = {
            name: tensor
            for name, tensor in network.state_dict().items()
            if tensor.is_floating_point()
        }  # not the counters of batch norm
        for name, tensor in own.items():
            if name not in self.tensors:
                raise LifelongError(
                    f"The weights {self.description} have no {name}; they are not those of "
                    f"{architecture}."
                )
            if self.tensors[name].shape != tensor.shape:
                shapes = " and ".join(str(tuple(t.shape)) for t in (self.tensors[name], tensor))
                raise LifelongError(
                    f"In the weights {self.description} {name} is "
                    f"{shapes.replace(' and', ', not')}; use them with the stem "
                    f"'{self.stem}'."
                )
        network.load_state_dict({name: self.tensors[name] for name in own}, strict=False)


def default_source(architecture: str) -> str:
    """The source where none is given: the backbone that ships with the project, or else
    ImageNet.
    """
    return "shipped" if (SHIPPED / f"{architecture}.safetensors").exists() else "imagenet"


def load(architecture: str, source: str) -> Weights | None:
    """The weights of a source; None for 'none'. Raises LifelongError where they cannot be had."""
    if source == "none":
        return None
    if source == "imagenet":
        return _imagenet(architecture)
    file = SHIPPED / f"{architecture}.safetensors" if source == "shipped" else Path(source)
    if not file.is_file():
        there = ", ".join(f.stem for f in sorted(SHIPPED.glob("*.safetensors"))) or "none"
        raise LifelongError(
            f"No backbone ships with the project for {architecture} (there are: {there}); "
            "choose the weights imagenet or none."
            if source == "shipped"
            else f"The weights were given as '{source}', but there is no such file; give "
            "imagenet, shipped, none or the path of a .safetensors file."
        )
    return _from_file(file, file.stat().st_mtime_ns)


@lru_cache(maxsize=2)
def _from_file(file: Path, _version: int) -> Weights:
    if file.suffix != ".safetensors":
        raise LifelongError(
            f"The weights were given as {file.name}; only .safetensors files are read, "
            "because others can run a program when opened."
        )
    tensors, about = tensor_files.read(file)
    return Weights(
        about.get("words", file.name), about.get("stem", "imagenet"), _digest(tensors), tensors
    )


@lru_cache(maxsize=2)
def _imagenet(architecture: str) -> Weights:
    """Torchvision's weights, downloaded with its checksum and read without running anything that
    they hold.
    """
    from ...numerics.torchvision_import import models

    chosen = models.get_model_weights(architecture).DEFAULT
    file = _downloads() / chosen.url.rpartition("/")[2]
    there = file.exists()
    if offline() and not there:
        raise _offline(architecture)
    try:
        with (
            patience(),
            contextlib.redirect_stdout(sys.stderr),
        ):  # torch prints an address, and standard output belongs to --json
            tensors = chosen.get_state_dict(
                progress=True, check_hash=True, model_dir=str(file.parent), weights_only=True
            )
    except (OSError, RuntimeError, EOFError, HTTPException, UnpicklingError):
        if there:
            raise LifelongError(
                f"The ImageNet weights of {architecture} on this machine are damaged; "
                f"delete {file.name} in the download folder."
            ) from None
        raise _offline(architecture) from None
    return Weights(f"{architecture}, ImageNet", "imagenet", _digest(tensors), dict(tensors))


def _downloads() -> Path:
    return cache_folder() / "weights"


def download_progress(architecture: str) -> tuple[int, int] | None:
    """Bytes so far and bytes in all of ImageNet weights that are being downloaded; None where they
    are not.
    """
    parts = list(
        _downloads().glob("*.partial")
    )  # as torch.hub names them; asked first, because torchvision takes a second to import
    if not parts:
        return None
    from ...numerics.torchvision_import import models

    chosen = models.get_model_weights(architecture).DEFAULT
    name, total = chosen.url.rpartition("/")[2], int(chosen.meta["_file_size"] * 2**20)
    with contextlib.suppress(OSError):  # it ended while it was looked at
        seen = [part.stat() for part in parts if part.name.startswith(name)]
        growing = [
            stat.st_size for stat in seen if time.time() - stat.st_mtime < 2 * TIMEOUT
        ]  # others were cut off
        return (min(max(growing), total), total) if growing else None
    return None


def _offline(architecture: str) -> LifelongError:
    return LifelongError(
        f"The ImageNet weights of {architecture} are not on this machine and could not be "
        "downloaded; "
        "connect to the internet once, or choose the weights shipped, none or a file."
    )


def _digest(tensors: dict[str, Tensor]) -> str:
    seen = hashlib.blake2b(digest_size=8)
    for name in sorted(tensors):
        seen.update(name.encode())
        seen.update(tensors[name].detach().contiguous().flatten().view(torch.uint8).numpy().data)
    return seen.hexdigest()
