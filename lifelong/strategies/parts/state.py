"""Saving and loading of a strategy: its full state, a smaller one for inference, and the bytes it
stores.
"""

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Self

import torch
from torch import Tensor

from ...data.scenarios import Task
from ...models.base import Network
from ...models.parts.optimizer import Adam
from ...settings import Configurable
from ...storage.tensor_files import add_prefix, strip_prefix


class Stored(ABC):
    """Stored value of several tensors. A strategy declares a field of it with
    `stored_value()`.
    """

    @abstractmethod
    def to(self, device: torch.device) -> Self:
        """Moves the tensors to a device and returns the value."""

    @abstractmethod
    def tensors(self) -> dict[str, Tensor]:
        """Returns the tensors by their names in checkpoints: "field.part", or "field." for one
        tensor.
        """

    @abstractmethod
    def load_tensors(self, tensors: dict[str, Tensor]) -> None:
        """Loads the tensors that `tensors` returned; others in the dict are ignored."""

    @abstractmethod
    def expected_storage(self, tasks: Sequence[Task]) -> int:
        """Returns the most bytes that the tensors will have when these tasks are learned."""

    @abstractmethod
    def storage(self) -> dict[str, int]:
        """Returns the bytes of the tensors by kind of information, such as "images" or "logits"."""


def stored_value() -> Any:
    """Declares a `Stored` value, made in `create_state`, that is saved with a run."""
    return dataclasses.field(init=False, repr=False, metadata={"stored_value": True})


class Stateful(Configurable):
    """Base class of strategies: the network, `stored` fields and auxiliary networks are their
    state.

    inference_fields: names of stored tensors and auxiliary networks that `scores` needs.
    parameter_vectors: numbers stored for each parameter of the network, at most.
    """

    inference_fields: ClassVar[tuple[str, ...]] = ()
    parameter_vectors: ClassVar[float] = 0
    network: Network
    optimizer: Adam
    generator: torch.Generator

    @property
    def device(self) -> torch.device:
        """The device of the network and of all stored tensors."""
        return self.network.flat.device

    def auxiliary_optimizers(self) -> dict[str, Adam]:
        """Returns the optimisers of networks that are trained beside the classifier, by name."""
        return {}

    def to_device(self) -> None:
        """Moves the stored fields to the network's device."""
        for name in (*self._stored_tensors(), *self._stored_values()):
            setattr(self, name, getattr(self, name).to(self.device))

    def state_dict(self) -> dict[str, Tensor]:
        """Returns everything that training needs to continue to the bit, as tensors by name."""
        auxiliary = {
            name: tensor
            for part, adam in self.auxiliary_optimizers().items()
            for name, tensor in add_prefix(f"part.{part}.adam", adam.state_dict()).items()
        }
        values: dict[str, Tensor] = {}
        for value in self._stored_values().values():
            values |= add_prefix("strategy", value.tensors())
        return {
            "network.flat": self.network.flat,
            **add_prefix("network.statistics", self.network.statistics()),
            "generator": self.generator.get_state(),
            **add_prefix("adam", self.optimizer.state_dict()),
            **auxiliary,
            **self._saved([*self._stored_tensors(), *self.auxiliary_optimizers()]),
            **values,
        }

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Loads a state of `state_dict`; the network must have the same shape."""
        self.network.flat.copy_(state["network.flat"])
        for name, tensor in self.network.statistics().items():
            tensor.copy_(state[f"network.statistics.{name}"])
        self.generator.set_state(state["generator"])
        self.optimizer.load_state_dict(strip_prefix("adam", state))
        for part, adam in self.auxiliary_optimizers().items():
            adam.load_state_dict(strip_prefix(f"part.{part}.adam", state))
        self._load([*self._stored_tensors(), *self.auxiliary_optimizers()], state)
        for value in self._stored_values().values():
            value.load_tensors(strip_prefix("strategy", state))
            value.to(self.device)

    def inference_state_dict(self) -> dict[str, Tensor]:
        """Returns the weights and the `inference_fields`, which `scores` needs, as tensors by
        name.
        """
        return add_prefix("network", self.network.weights()) | self._saved(self.inference_fields)

    def release_training_memory(self) -> None:
        """Frees what only training needs: gradients and averages, three times the weights."""
        for optimizer in (self.optimizer, *self.auxiliary_optimizers().values()):
            optimizer.release()

    def load_inference_state_dict(self, state: dict[str, Tensor]) -> None:
        """Loads a state of `inference_state_dict`.

        Raises KeyError or ValueError if it belongs to another model.
        """
        self.network.load_weights(strip_prefix("network", state))
        self._load(self.inference_fields, state)

    def expected_storage(self, tasks: Sequence[Task]) -> int:
        """Returns the most bytes that will be stored for earlier tasks, an estimate from above."""
        vectors = self.parameter_vectors * self.network.flat.nbytes
        values = sum(value.expected_storage(tasks) for value in self._stored_values().values())
        return int(vectors) + values + sum(self.storage(tasks[0]).values())

    def storage(self, task: Task) -> dict[str, int]:
        """Returns the bytes stored for earlier tasks once `task` is learned, by kind of
        information.

        The network that every strategy has is left out.
        """
        auxiliary = (adam.network.flat.nbytes for adam in self.auxiliary_optimizers().values())
        stored = {"weights": sum(auxiliary)}
        for value in self._stored_values().values():
            stored |= value.storage()
        for name, field in self._stored_tensors().items():
            kind = field.metadata["stored"]
            stored[kind] = stored.get(kind, 0) + getattr(self, name).nbytes
        return {kind: count for kind, count in stored.items() if count}

    def _stored_tensors(self) -> dict[str, dataclasses.Field]:
        return {f.name: f for f in dataclasses.fields(self) if "stored" in f.metadata}

    def _stored_values(self) -> dict[str, Stored]:
        return {
            f.name: getattr(self, f.name)
            for f in dataclasses.fields(self)
            if "stored_value" in f.metadata
        }

    def _saved(self, names: Iterable[str]) -> dict[str, Tensor]:
        """Returns stored tensors and the weights of auxiliary networks by their names in
        checkpoints.
        """
        auxiliary = self.auxiliary_optimizers()
        return {
            self._saved_name(name): auxiliary[name].network.flat
            if name in auxiliary
            else getattr(self, name)
            for name in names
        }

    def _load(self, names: Iterable[str], state: dict[str, Tensor]) -> None:
        auxiliary = self.auxiliary_optimizers()
        for name in names:
            tensor = state[self._saved_name(name)]
            if name in auxiliary:
                auxiliary[name].network.flat.copy_(tensor)
            else:
                setattr(self, name, tensor.to(self.device))

    def _saved_name(self, name: str) -> str:
        if name in self.auxiliary_optimizers():
            return f"part.{name}.flat"
        return f"strategy.{self._stored_tensors()[name].metadata['saved_as'] or name}."
