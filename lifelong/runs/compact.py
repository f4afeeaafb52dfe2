"""Compact checkpoints of a whole deep network: what differs from the backbone that it began with.

The change of each of the backbone's matrices is a product of two narrow ones, in bytes, see
`tensor_deltas.encode_within`: while a network learns a few tasks, its weights change along few
directions (Hu et al. 2022, LoRA). Everything else is in half precision, or in bytes with a scale
for each row.

The metadata of a file names the backbone, one of those that ship, and the SHA-256 of its file, and
has the accuracy of the encoded model: the record has that of the model that was trained.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from ..errors import LifelongError
from ..models.parts import weights
from ..storage import checksums, shipped, tensor_deltas, tensor_files
from ..storage.progress import result_of
from ..storage.tensor_metadata import opened, read_metadata

BACKBONE, SHA256, PREFIX = "backbone", "backbone_sha256", "backbone_prefix"  # in the metadata
ACCURACY = "accuracy"  # in the metadata, JSON
# Types of the parts of a tensor in a file; any for one that is whole.
PARTS = {
    frozenset({"left", "right", "scale"}): {"left": "I8", "right": "I8", "scale": "F32"},
    frozenset({"bytes", "row_scale"}): {"bytes": "I8", "row_scale": "F32"},
    frozenset({"added"}): {"added": "F16"},
    frozenset({"whole"}): {},
}
State = dict[str, Tensor]
Shapes = dict[str, torch.Size]


def encode(state: State, backbone: str, prefix: str, nbytes: int) -> State:
    """Returns the tensors of a compact file of a state for inference.

    backbone: the name of one that ships. prefix: what the names of its tensors begin with in the
    state. nbytes: of the changes of its matrices.
    """
    return tensor_deltas.encode_within(_backbone(backbone, prefix), state, nbytes)


def decode(encoded: State, backbone: str, prefix: str) -> State:
    """Returns the state that these tensors encode."""
    return tensor_deltas.decode(_backbone(backbone, prefix), encoded)


def pack(encoded: State, backbone: str, prefix: str, accuracy: Sequence[float] = ()) -> bytes:
    """Returns the content of a compact file with tensors of `encode`.

    accuracy: of the encoded state on each task so far, where it was measured.
    """
    metadata = {BACKBONE: backbone, SHA256: checksums.of_file(_file(backbone)), PREFIX: prefix}
    if accuracy:
        metadata[ACCURACY] = json.dumps(list(accuracy))
    return tensor_files.pack(encoded, metadata)


def read(file: Path) -> tuple[State, dict[str, str]]:
    """Returns the tensors and the metadata of a checkpoint; of a compact one the state that it
    encodes.

    Raises LifelongError as `tensor_files.read` and `shapes` do.
    """
    if BACKBONE not in read_metadata(file):
        return tensor_files.read(file)
    names = shapes(file)
    encoded, metadata = tensor_files.read(file)
    decoded = decode(encoded, metadata[BACKBONE], metadata.get(PREFIX, ""))
    return {name: decoded[name] for name in names}, metadata


def accuracy(file: Path) -> tuple[float, ...] | None:
    """Returns the accuracy of a compact checkpoint on each task so far, as it was measured.

    None for other checkpoints: that of theirs is in the record. Raises LifelongError as
    `read_metadata` does.
    """
    metadata = read_metadata(file)
    if BACKBONE not in metadata or ACCURACY not in metadata:
        return None
    try:
        return tuple(map(float, json.loads(metadata[ACCURACY])))
    except (ValueError, TypeError):
        raise _misfit(file) from None


def shapes(file: Path) -> Shapes:
    """Returns the shapes of the tensors of a checkpoint by name, of those that a compact one
    encodes, without reading any: what does not fit takes no memory.

    Raises LifelongError for a file that cannot be read, for a backbone that is missing or is
    another one, and for tensors that do not fit the backbone.
    """
    with opened(file, "pt") as f:
        found = {key: f.get_slice(key) for key in f.keys()}  # noqa: SIM118 - not a dict
        sizes = {key: torch.Size(part.get_shape()) for key, part in found.items()}
        types = {key: str(part.get_dtype()) for key, part in found.items()}
        metadata = f.metadata() or {}
    if BACKBONE not in metadata:
        return sizes
    _check_backbone(file, metadata)
    base = _backbone(metadata[BACKBONE], metadata.get(PREFIX, ""))
    parts: dict[str, Shapes] = {}
    for key, size in sizes.items():
        name, _, part = key.rpartition("/")
        parts.setdefault(name, {})[part] = size
    encoded = Shapes()
    for name, own in parts.items():
        wanted = PARTS.get(frozenset(own))
        if wanted is None or any(types[f"{name}/{part}"] != t for part, t in wanted.items()):
            raise _misfit(file)
        before = base[name].shape if name in base else None
        shape = _shape(own, before)
        if shape is None:
            raise _misfit(file)
        encoded[name] = shape
    return encoded


def _shape(parts: Shapes, before: torch.Size | None) -> torch.Size | None:
    """Returns the shape of the tensor that these parts encode, None where they do not fit."""
    if "whole" in parts:
        return parts["whole"]
    if "bytes" in parts:
        size = parts["bytes"]
        return size if len(size) == 2 and parts["row_scale"] == size[:1] else None
    if not before or "added" in parts:
        return before if parts.get("added") == before else None
    rank = parts["scale"].numel()
    rows, columns = before[0], before.numel() // before[0]
    wanted = torch.Size((rows, rank)), torch.Size((columns, rank)), torch.Size((rank,))
    fits = (parts["left"], parts["right"], parts["scale"]) == wanted
    return before if fits and 0 < rank <= min(rows, columns) else None


def _backbone(name: str, prefix: str) -> State:
    """Returns the tensors of a backbone that ships, by their names in a state."""
    loaded = weights.load(name, name)
    return {f"{prefix}{each}": tensor for each, tensor in loaded.tensors.items()} if loaded else {}


def _file(backbone: str) -> Path:
    return weights.SHIPPED / f"{backbone}.safetensors"


def _check_backbone(file: Path, metadata: dict[str, str]) -> None:
    name = metadata[BACKBONE]
    if name not in shipped.backbone_names():
        raise LifelongError(
            f"The checkpoint {file.parent.name}/{file.name} is the difference from a backbone"
            f" {name[:60]!r}, which does not ship with the project; learn the task again."
        )
    result_of(weights.fetch(name, name))
    if not _file(name).is_file():
        state = "which is missing"
    elif checksums.of_file(_file(name)) != metadata.get(SHA256):
        state = "but the one here is another"
    else:
        return
    raise LifelongError(
        f"The checkpoint {file.parent.name}/{file.name} is the difference from the backbone {name},"
        f" {state}; restore checkpoints/backbones/{name}.safetensors from the project."
    )


def _misfit(file: Path) -> LifelongError:
    return LifelongError(
        f"The checkpoint {file.parent.name}/{file.name} does not fit the backbone that it names;"
        " learn the task again or restore the file."
    )
