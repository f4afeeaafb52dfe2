"""Any `torch.nn.Module` as a model: its output is the features, a linear head comes on top."""

import copy
import hashlib
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from ...errors import LifelongError
from ...numerics import seeds
from ..base import Body, Model, Network, Shape
from .seeded import global_generator


class ModuleBody(Body):
    """A module as the layers before the head: images uint8 (n, channels, height, width) -> float
    (n, width).

    It begins with the weights that it was given.
    """

    def __init__(self, module: nn.Module, shape: Shape) -> None:
        super().__init__()
        self.module = copy.deepcopy(module).eval()
        self.start = copy.deepcopy(self.module.state_dict())
        self.dropout = torch.Generator()
        self.width = self._features(torch.zeros(2, *shape, dtype=torch.uint8)).shape[1]

    def initialise(self, generator: torch.Generator) -> None:
        self.module.load_state_dict(self.start)

    def begin_step(self, seed: int, task: int, step: int) -> None:
        self.dropout = seeds.generator(seed, "dropout", task, step)
        self.train()

    def forward(self, images: Tensor) -> Tensor:
        if not self.training:
            return self._features(images)
        with global_generator(self.dropout, images.device):
            return self._features(images)

    def _features(self, images: Tensor) -> Tensor:
        try:
            output = self.module(images.float() / 255)
        except (RuntimeError, ValueError, IndexError, TypeError) as error:
            reason = " ".join(str(error).split())[:200]
            raise LifelongError(
                f"The module {type(self.module).__name__} does not take images of shape"
                f" {tuple(images.shape)} ({reason}); expected float (n, channels, height, width)."
            ) from error
        if not isinstance(output, Tensor) or output.dim() < 2 or len(output) != len(images):
            raise LifelongError(
                f"The module {type(self.module).__name__} returned no features; expected a tensor"
                f" with a row for each of the {len(images)} images."
            )
        return output.flatten(1).float()


@dataclass
class ModuleModel(Model):
    """Network made of a module; a class of its own for each, with the module as its attribute."""

    title = "A module of your own"
    summary = "Any network of torch up to its features, with a linear head."
    module: ClassVar[nn.Module]

    def network(self, shape: Shape, outputs: int, precision: str) -> Network:
        return Network(ModuleBody(self.module, shape), [], outputs)


def model_class_of(module: nn.Module) -> type[ModuleModel]:
    """Returns the model class of a module, the same for equal layers and weights."""
    digest = hashlib.blake2b(repr(module).encode(), digest_size=4)
    for name, tensor in module.state_dict().items():
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return type(
        f"{type(module).__name__}{digest.hexdigest().capitalize()}",
        (ModuleModel,),
        {"module": copy.deepcopy(module), "__module__": __name__, "__doc__": ModuleModel.__doc__},
    )
