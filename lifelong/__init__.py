"""Continual learning that can be seen, measured and felt: scenarios, strategies, metrics, runs on
disk.
"""

__version__ = "0.1.0"
