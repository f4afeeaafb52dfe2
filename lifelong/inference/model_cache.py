"""Cache of the models that answer: the last ones used, up to a number of bytes."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable

from ..numerics import memory
from ..strategies.base import Strategy

MOST_MODELS = 64
# A whole ResNet-50 has 98 MB: those of three runs of five tasks side by side, and small ones.
MOST_BYTES = 1_600_000_000
LARGE = 20_000_000  # bytes


class ModelCache:
    """Strategies by key; the ones that were used longest ago go first.

    The one used last stays, however large. make: builds the strategy of a key; while it does, no
    other one is built, so that two requests never build the same one twice.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.most_bytes = most_bytes
        self._models: OrderedDict[Hashable, Strategy] = OrderedDict()
        self._lock, self._building = threading.Lock(), threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Strategy]) -> Strategy:
        """Returns the strategy of a key, built where it is not there."""
        found = self._found(key)
        if found is not None:
            return found
        with self._building:
            found = self._found(key)
            if found is None:
                found = make()
                self._add(key, found)
                if found.network.flat.nbytes > LARGE:  # its parts were made several times
                    memory.return_freed()
        return found

    @property
    def nbytes(self) -> int:
        """Bytes of the weights of all strategies in it."""
        return sum(model.network.flat.nbytes for model in self._models.values())

    def _found(self, key: Hashable) -> Strategy | None:
        with self._lock:
            found = self._models.get(key)
            if found is not None:
                self._models.move_to_end(key)
            return found

    def _add(self, key: Hashable, model: Strategy) -> None:
        with self._lock:
            self._models[key] = model
            while len(self._models) > 1 and (
                len(self._models) > MOST_MODELS or self.nbytes > self.most_bytes
            ):
                self._models.popitem(last=False)
