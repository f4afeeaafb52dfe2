"""Weights of a backbone: those that ship, torchvision's of ImageNet, or a file."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import torch
from torch import Tensor, nn

from ...errors import LifelongError
from ...storage import downloads, tensor_files
from ...storage import shipped as project
from ...storage.atomic import write_atomically
from ...storage.progress import Progress, Steps, result_of

SHIPPED = project.FOLDER / "backbones"


@dataclass(frozen=True)
class Weights:
    """Weights of a network without its classifier.

    stem: the first layers that they belong to. fingerprint: hash of the values. read: returns the
    tensors; is called when they are first needed.
    """

    description: str
    stem: str
    fingerprint: str
    read: Callable[[], dict[str, Tensor]]

    @cached_property
    def tensors(self) -> dict[str, Tensor]:
        """The weights by torchvision's names."""
        return self.read()

    def load_into(self, network: nn.Module, architecture: str) -> None:
        """Copies the weights into a network.

        Raises LifelongError naming the first tensor that does not fit.
        """
        expected = {
            name: tensor
            for name, tensor in network.state_dict().items()
            if tensor.is_floating_point()  # not the counters of batch norm
        }
        for name, tensor in expected.items():
            if name not in self.tensors:
                raise LifelongError(
                    f"The weights {self.description} have no {name}; they are not those of "
                    f"{architecture}."
                )
            if self.tensors[name].shape != tensor.shape:
                raise LifelongError(
                    f"In the weights {self.description} {name} is "
                    f"{tuple(self.tensors[name].shape)}, not {tuple(tensor.shape)}; "
                    f"use them with the stem '{self.stem}'."
                )
        network.load_state_dict({name: self.tensors[name] for name in expected}, strict=False)


def default_source(architecture: str) -> str:
    """Returns the source used by default: the weights that ship, or else ImageNet's."""
    here = (SHIPPED / f"{architecture}.safetensors").exists()
    return "shipped" if here or (project.has_address() and _shipped(architecture)) else "imagenet"


def _shipped(name: str) -> list[project.ShippedFile]:
    """Returns the file of weights that ship, if it is not on this machine."""
    return project.missing(f"backbones/{name}.safetensors")


def _shipped_name(architecture: str, source: str) -> str | None:
    """Returns the name of the backbone that a source means, None if it is none that ships."""
    if source == "shipped":
        return architecture
    return source if source in project.backbone_names() else None


def load(architecture: str, source: str) -> Weights | None:
    """Loads the weights of a source; None for 'none'.

    source: 'shipped', 'imagenet', 'none', the name of a backbone that ships or the path of a
    .safetensors file. Raises LifelongError if there are no such weights.
    """
    if source == "none":
        return None
    if source == "imagenet":
        return _imagenet(architecture)
    name = _shipped_name(architecture, source)
    file = SHIPPED / f"{name}.safetensors" if name else Path(source)
    if not file.is_file():
        raise _no_such_file(architecture, source)
    return _from_file(file, file.stat().st_mtime_ns)


def _no_such_file(architecture: str, source: str) -> LifelongError:
    if source == "shipped":
        shipped = ", ".join(f.stem for f in sorted(SHIPPED.glob("*.safetensors"))) or "none"
        return LifelongError(
            f"No backbone ships with the project for {architecture} (there are: {shipped}); "
            "choose the weights imagenet or none."
        )
    if source in project.backbone_names():
        return LifelongError(
            f"The backbone {source} is missing; restore checkpoints/backbones/{source}.safetensors"
            " from the project."
        )
    return LifelongError(
        f"The weights were given as '{source}', but there is no such file; give imagenet, shipped, "
        "none, the name of a backbone that ships or the path of a .safetensors file."
    )


@lru_cache(maxsize=2)
def _from_file(file: Path, _version: int) -> Weights:
    if file.suffix != ".safetensors":
        raise LifelongError(
            f"The weights were given as {file.name}; only .safetensors files are read, "
            "because others can run a program when opened."
        )
    metadata = tensor_files.read_metadata(file)
    description, stem = metadata.get("words", file.name), metadata.get("stem", "imagenet")
    return _weights(description, stem, file, lambda: tensor_files.read(file)[0])


def fetch(architecture: str, source: str) -> Steps[None]:
    """Downloads the weights of a source unless they are on this machine undamaged.

    Raises LifelongError if they cannot be downloaded.
    """
    name = _shipped_name(architecture, source)
    if name and _shipped(name):
        yield from project.fetch(f"backbones/{name}.safetensors")
    if source != "imagenet":
        return
    url, nbytes = _imagenet_download(architecture)
    file = _imagenet_file(url)
    if _is_intact(file, _checksum(url)):
        return
    state = "on this machine are damaged" if file.exists() else "are not on this machine"
    progress = Progress(f"Downloading the ImageNet weights of {architecture}", "B", nbytes)
    try:
        for done in downloads.fetch([url], file, _checksum(url)):
            yield from progress.at(done)
    except OSError:
        raise LifelongError(
            f"The ImageNet weights of {architecture} {state} and could not be downloaded; "
            "connect to the internet once, or choose the weights shipped, none or a file."
        ) from None


@lru_cache(maxsize=2)
def _imagenet(architecture: str) -> Weights:
    """Returns torchvision's weights; nothing in their file is run.

    Unless `fetch` was called before, they are downloaded behind a bar on standard error.
    """
    result_of(fetch(architecture, "imagenet"))
    url, _nbytes = _imagenet_download(architecture)
    file = _imagenet_file(url)

    def read() -> dict[str, Tensor]:
        return dict(torch.load(file, map_location="cpu", weights_only=True))

    return _weights(f"{architecture}, ImageNet", "imagenet", file, read)


def _imagenet_download(architecture: str) -> tuple[str, int]:
    """Returns the address and the bytes of torchvision's default weights of a network."""
    from ...numerics.torchvision_import import models

    default = models.get_model_weights(architecture).DEFAULT
    return default.url, int(default.meta["_file_size"] * 2**20)


def _imagenet_file(url: str) -> Path:
    return downloads.cache_folder() / "weights" / url.rpartition("/")[2]


def _checksum(url: str) -> str:
    """Returns the checksum in an address of torchvision: `resnet50-11ad3fa6.pth`."""
    return f"sha256:{url.rpartition('-')[2].removesuffix('.pth')}"


def _is_intact(file: Path, checksum: str) -> bool:
    try:
        status = file.stat()
    except OSError:
        return False
    return _has_checksum(file, checksum, (status.st_mtime_ns, status.st_size))


@lru_cache(maxsize=2)  # a file of 100 MB is read once a process
def _has_checksum(file: Path, checksum: str, _version: tuple[int, int]) -> bool:
    return downloads.has_checksum(file, checksum)


def _weights(
    description: str, stem: str, file: Path, read: Callable[[], dict[str, Tensor]]
) -> Weights:
    """Returns the weights of a file; their fingerprint is computed once for each version of it."""
    status = file.stat()
    version = f"{file.absolute()} {status.st_size} {status.st_mtime_ns}"
    key = hashlib.blake2b(version.encode(errors="surrogateescape"), digest_size=12).hexdigest()
    cached = downloads.cache_folder() / "fingerprints" / key
    with suppress(OSError):
        return Weights(description, stem, cached.read_text(), read)
    weights = Weights(description, stem, _fingerprint(read()), read)
    with suppress(OSError, LifelongError):  # a full disk loses nothing: it is computed again
        cached.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(cached, weights.fingerprint.encode())
    return weights


def _fingerprint(tensors: dict[str, Tensor]) -> str:
    digest = hashlib.blake2b(digest_size=8)
    for name in sorted(tensors):
        digest.update(name.encode())
        digest.update(tensors[name].detach().contiguous().flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()
