"""One small file a data set; each has a `load()` that returns a Dataset, and its CLASSES, which cost no loading."""

from functools import lru_cache

from .. import registry
from ..examples import Dataset


@lru_cache(maxsize=4)
def load(name: str) -> Dataset:
    """The data set of this name, kept in memory for the next caller."""
    return registry.module("datasets", name).load()
