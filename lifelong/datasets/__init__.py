"""One small file a data set.

Each has a `load()` that returns a Dataset, its CLASSES, which cost no loading, and `here()`: whether it loads without a
download.
"""

from functools import lru_cache

from .. import registry
from ..examples import Dataset


@lru_cache(maxsize=4)
def load(name: str) -> Dataset:
    """The data set of this name, kept in memory for the next caller."""
    return registry.module("datasets", name).load()
