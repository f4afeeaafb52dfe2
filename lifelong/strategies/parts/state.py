"""What a strategy keeps, as tensors by name: to go on learning, to answer, and how many bytes of it are for earlier tasks."""

import dataclasses
from collections.abc import Iterable
from typing import ClassVar

import torch
from torch import Tensor

from ...data.examples import Examples
from ...data.scenarios import Task
from ...models.base import Network
from ...models.parts.optimizer import Adam
from ...settings import Configurable
from ...storage.tensor_files import add_prefix, strip_prefix


class Stateful(Configurable):
    """What is kept are the network, `stored()` fields, and networks trained beside it, all on the network's device."""

    inference_fields: ClassVar[
        tuple[str, ...]
    ] = ()  # stored fields and parts that `scores` needs beside the network
    network: Network
    optimizer: Adam
    generator: torch.Generator

    @property
    def device(self) -> torch.device:
        """Where the network is, and all that is kept."""
        return self.network.flat.device

    def auxiliary_optimizers(self) -> dict[str, Adam]:
        """The optimisers of networks that are trained beside the classifier, by name; made in `bind`."""
        return {}

    def to_device(self) -> None:
        """Takes the stored fields to the network's device."""
        for name in self._stored_fields():
            setattr(self, name, getattr(self, name).to(self.device))

    def state_dict(self) -> dict[str, Tensor]:
        """Everything that learning on needs, as tensors by name; `load_state` takes it back to the bit."""
        return {
            "network.flat": self.network.flat,
            **add_prefix("network.statistics", self.network.statistics()),
            "generator": self.generator.get_state(),
            **add_prefix("adam", self.optimizer.state_dict()),
            **{
                name: tensor
                for part, adam in self.auxiliary_optimizers().items()
                for name, tensor in add_prefix(f"part.{part}.adam", adam.state_dict()).items()
            },
            **self._kept([*self._stored_fields(), *self.auxiliary_optimizers()]),
        }

    def inference_state_dict(self) -> dict[str, Tensor]:
        """What `scores` needs, as tensors by name: the weights, and the stored fields and parts of `inference_fields`."""
        return add_prefix("network", self.network.weights()) | self._kept(self.inference_fields)

    def storage(self, task: Task) -> dict[str, int]:
        """Bytes kept for the sake of earlier tasks once `task` is learned, by kind; the network that everybody has is left out."""
        kept = {
            "weights": sum(
                adam.network.flat.nbytes for adam in self.auxiliary_optimizers().values()
            )
        }
        for name, field in self._stored_fields().items():
            kind = field.metadata["stored"]
            kept[kind] = kept.get(kind, 0) + sum(t.nbytes for t in self._tensors(name).values())
        return {kind: count for kind, count in kept.items() if count}

    def _stored_fields(self) -> dict[str, dataclasses.Field]:
        return {
            field.name: field for field in dataclasses.fields(self) if field.metadata.get("stored")
        }

    def _tensors(self, name: str) -> dict[str, Tensor]:
        value = getattr(self, name)
        return value.tensors() if self._stored_fields()[name].type is Examples else {"": value}

    def _kept(self, names: Iterable[str]) -> dict[str, Tensor]:
        """Stored fields and the weights of parts, by name."""
        tensors, parts = {}, self.auxiliary_optimizers()
        for name in names:
            if name in parts:
                tensors[f"part.{name}.flat"] = parts[name].network.flat
            else:
                tensors |= add_prefix(f"strategy.{name}", self._tensors(name))
        return tensors

    def _take_back(self, names: Iterable[str], state: dict[str, Tensor]) -> None:
        parts, fields = self.auxiliary_optimizers(), self._stored_fields()
        for name in names:
            if name in parts:
                parts[name].network.flat.copy_(state[f"part.{name}.flat"])
            else:
                own = {
                    part: tensor.to(self.device)
                    for part, tensor in strip_prefix(f"strategy.{name}", state).items()
                }
                setattr(self, name, Examples(**own) if fields[name].type is Examples else own[""])

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Goes back to a saved state; the network must have the same shape."""
        self.network.flat.copy_(state["network.flat"])
        for name, tensor in self.network.statistics().items():
            tensor.copy_(state[f"network.statistics.{name}"])
        self.generator.set_state(state["generator"])
        self.optimizer.load_state_dict(strip_prefix("adam", state))
        for part, adam in self.auxiliary_optimizers().items():
            adam.load_state_dict(strip_prefix(f"part.{part}.adam", state))
        self._take_back([*self._stored_fields(), *self.auxiliary_optimizers()], state)

    def load_inference_state_dict(self, state: dict[str, Tensor]) -> None:
        """Takes over what `scores` needs; raises KeyError or ValueError when it belongs to another model."""
        self.network.load_weights(strip_prefix("network", state))
        self._take_back(self.inference_fields, state)
